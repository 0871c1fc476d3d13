"""One run of the method of equal shares: voters with equal purses buy projects together.

Floats with proven error bounds rule out what cannot be chosen; fractions decide what is chosen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import inf

import numpy as np
from numpy.typing import NDArray

from eutopia.core.decide.limits import Limits, Spending
from eutopia.core.decide.votes import Votes
from eutopia.core.kit.exact import EPSILON, ExactChain

Floats = NDArray[np.float64]
Rows = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Purchase:
    """Which project was bought, at which payment for one point of weight, by how many voters?

    `payment` is a position in the run's chain (money scaled as in the run). `emptied` of the
    `voters` gave all they had left. `by_all`: voters who had not marked the project paid too.
    """

    project: int
    payment: int
    voters: int
    emptied: int
    tied: tuple[int, ...]
    by_all: bool = False


@dataclass(frozen=True, slots=True)
class Backing:
    """A project's supporters who were not broke after `falls` purchases that emptied purses.

    `counts` are their voters as doubles, `weights` what their marks weigh (None: one each),
    `people` the voters together and `power` the same weighed, both not rounded below 2**53.
    """

    rows: Rows
    counts: Floats
    weights: NDArray[np.int64] | None
    people: float
    power: float
    falls: int = 0

    @classmethod
    def of(
        cls, votes: Votes, rows: Rows, weights: NDArray[np.int64] | None, falls: int = 0
    ) -> Backing:
        """Gather what a run asks of these supporters again and again."""
        counts = votes.counts[rows].astype(np.float64)
        people = float(counts.sum())
        power = people if weights is None else float((counts * weights).sum())
        return cls(rows, counts, weights, people, power, falls)


def first_backing(votes: Votes) -> tuple[Backing, ...]:
    """Who supports each project, before anybody paid? The same for all runs of an election."""
    parts = [votes.supporters(p) for p in range(len(votes.cost))]
    return tuple(
        Backing.of(
            votes, votes.backers[part], None if votes.weights is None else votes.weights[part]
        )
        for part in parts
    )


@dataclass(slots=True)
class Sharing:
    """The state of one run: what each ballot's voters have left, and how sure we are of it.

    Money is scaled by `Votes.money_unit` times the number of voters, so that an equal share of the
    budget is whole. `money[i]` is within `radius` of what each voter of ballot `i` has;
    `broke[i]` says, exactly, that it is nothing.
    """

    votes: Votes
    purse: int
    money: Floats
    radius: float
    broke: NDArray[np.bool_]
    untouched: NDArray[np.bool_]
    chain: ExactChain
    bought: NDArray[np.int64]
    """For each project the position of its payment in the chain, -1 where not bought."""
    backings: list[Backing]
    """For each project its supporters, as far as they were looked at."""
    falls: int = 0
    """How many purchases emptied somebody's purse."""
    ranks: Sequence[int] = ()
    purchases: list[Purchase] = field(default_factory=list)
    paid_at: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, dtype=np.int32))
    """How many purchases had been made when each ballot last paid."""
    after: Mapping[int, int] = field(default_factory=dict)
    """The clone that waits behind each project (see `votes.next_clones`)."""
    spending: Spending | None = None
    """Limits of groups of projects, where there are any."""
    shared: list[int] = field(default_factory=list)
    """Payments that every ballot not broke has made, whatever it marks."""

    @classmethod
    def start(
        cls,
        votes: Votes,
        purse: int,
        limits: Limits | None = None,
        backings: Sequence[Backing] | None = None,
    ) -> Sharing:
        """Give each voter `purse` units of scaled money; `backings` as `first_backing` has them."""
        spending = None
        if limits is not None:
            spending = Spending(limits, votes.cost, votes.budget, votes.money_unit)
        ballots = len(votes.counts)
        return cls(
            votes=votes,
            purse=purse,
            money=np.full(ballots, float(purse)),
            radius=EPSILON * purse,
            broke=np.zeros(ballots, dtype=bool) if purse > 0 else np.ones(ballots, dtype=bool),
            untouched=np.ones(ballots, dtype=bool),
            chain=ExactChain(),
            bought=np.full(len(votes.cost), -1, dtype=np.int64),
            paid_at=np.zeros(ballots, dtype=np.int32),
            spending=spending,
            backings=list(first_backing(votes) if backings is None else backings),
            falls=int(purse <= 0),
        )

    def replay(self, step: Purchase) -> None:
        """Buy what an earlier run with the same purse bought next."""
        payment = self.lower_bound(step.project, 0.0)
        offer = self.exact_payment(step.project, payment)
        if offer is None:
            raise ValueError("the run is not of this purse")
        self.buy(step.project, offer, step.tied)

    def allows(self, project: int) -> bool:
        """Do the limits leave room for the project?"""
        return self.spending is None or self.spending.fits(project)

    def price(self, project: int) -> int:
        """What does the project cost, in the run's scaled money?"""
        return self.votes.cost[project] * self.votes.voters

    # -- what a project's supporters have and weigh ------------------------------------------

    def backing(self, project: int) -> Backing:
        """Who of the project's supporters is not broke?"""
        known = self.backings[project]
        if known.falls == self.falls:
            return known
        left = ~self.broke[known.rows]
        if left.all():
            found = replace(known, falls=self.falls)
        else:
            weights = None if known.weights is None else known.weights[left]
            found = Backing.of(self.votes, known.rows[left], weights, self.falls)
        self.backings[project] = found
        return found

    def lower_bound(self, project: int, floor: float) -> float:
        """Below which payment a point can the project surely not be bought (inf: not at all)?

        For any set of supporters taken to give their all, `(price - all they have) / weight of the
        others` is a lower bound. So the set may be guessed with floats, starting from those who
        cannot pay `floor`; only its sum must err on the safe side.
        """
        backing = self.backing(project)
        rows, counts, weights = backing.rows, backing.counts, backing.weights
        if len(rows) == 0 or not self.allows(project):
            return inf
        money = self.money[rows]
        slack = backing.people * self.radius
        price = float(self.price(project)) * (1 - EPSILON)
        rounding = 1 + (len(rows) + 8) * EPSILON
        if float(counts.dot(money)) * rounding + slack < price:
            return inf
        each = money if weights is None else money / weights
        power = counts if weights is None else counts * weights
        best = floor
        poor = np.flatnonzero(each < best)
        everyone = backing.power * rounding
        for _ in range(8):
            power_rich, have = everyone, 0.0
            if len(poor):
                power_rich = everyone - float(power[poor].sum()) * (2 - rounding)
                have = float(counts[poor].dot(money[poor])) * rounding + slack
            if power_rich <= 0.5:
                break
            guess = (price - have) / power_rich * (1 - 4 * EPSILON)
            if guess <= best:
                break
            best = guess
            more = np.flatnonzero(each < best)
            if len(more) == len(poor):
                break
            poor = more
        return best

    def exact_payment(self, project: int, floor: float) -> Offer | None:
        """At which payment a point can the project be bought, exactly, and who gives all?"""
        backing = self.backing(project)
        share = 1.0 if backing.weights is None else backing.weights.astype(np.float64)
        poor = self.money[backing.rows] + self.radius < floor * share * (1 - 4 * EPSILON)
        return self.settle(project, backing.rows, backing.weights, poor)

    def settle(
        self,
        project: int,
        rows: Rows,
        weights: NDArray[np.int64] | None,
        poor: NDArray[np.bool_],
    ) -> Offer | None:
        """At which payment do `rows` pay the price together, if the `poor` surely give all?"""
        money = self.money[rows]
        share = 1.0 if weights is None else weights.astype(np.float64)
        exhausted = np.zeros(len(rows), dtype=bool)
        while True:
            offer = self._offer(project, rows, weights, poor)
            if offer is None:
                return None
            middle, radius = self.chain.enclose(*offer.form)
            need = middle * share
            doubt = radius * share + self.radius + 4 * EPSILON * need
            surely = ~poor & (money < need - doubt)
            if not surely.any():
                near = np.flatnonzero(~poor & (money <= need + doubt))
                exhausted[:] = False
                if len(near) == 0:
                    return offer.closing(rows, weights, poor)
                short, exhausted[near] = self._compare(offer, rows[near], weights, near)
                surely[near[short]] = True
                if not short.any():
                    return offer.closing(rows, weights, poor | exhausted)
            poor = poor | surely

    def _offer(
        self, project: int, rows: Rows, weights: NDArray[np.int64] | None, poor: NDArray[np.bool_]
    ) -> Offer | None:
        counts = self.votes.counts[rows]
        power = counts if weights is None else counts * weights
        rich_power = int(power[~poor].sum())
        if rich_power == 0:
            return None
        givers = rows[poor]
        constant = self.price(project) - int(counts[poor].sum()) * self.purse
        positions, coefficients = self._spent(givers)
        form = (constant, positions, [-c for c in coefficients], rich_power)
        return Offer(form, self.chain)

    def _spent(self, givers: Rows) -> tuple[list[int], list[int]]:
        """How much of each earlier payment did these ballots' voters (none broke) pay together?"""
        together = int(self.votes.counts[givers].sum()) if self.shared else 0
        givers = givers[~self.untouched[givers]]
        if len(givers) == 0 or together == 0 < len(self.shared):
            return [], []
        votes = self.votes
        first = votes.starts[givers]
        lengths = votes.starts[givers + 1] - first
        ends = np.cumsum(lengths)
        places = np.arange(int(ends[-1])) + np.repeat(first - ends + lengths, lengths)
        positions = self.bought[votes.marks[places]]
        paid = positions >= 0
        power = np.repeat(votes.counts[givers], lengths).astype(np.float64)
        if votes.points is not None:
            power *= votes.points[places]
        sums = np.bincount(positions[paid], weights=power[paid], minlength=len(self.chain))
        used = np.flatnonzero(sums)
        coefficients = [int(s) for s in sums[used]] + [together] * len(self.shared)
        return used.tolist() + self.shared, coefficients

    def left(self, ballot: int) -> Fraction:
        """What does each voter of `ballot` have left, exactly, in scaled money?"""
        if self.broke[ballot]:
            return Fraction(0)
        positions, coefficients = self.history(ballot)
        return self.chain.combine(self.purse, positions, coefficients)

    def history(self, ballot: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Which payments has the ballot (not broke) made, at which weights?"""
        votes = self.votes
        cut = slice(int(votes.starts[ballot]), int(votes.starts[ballot + 1]))
        positions = self.bought[votes.marks[cut]]
        paid = positions >= 0
        kept = (*positions[paid].tolist(), *self.shared)
        if votes.points is None:
            return kept, (1,) * len(kept)
        return kept, (*votes.points[cut][paid].tolist(), *(1 for _ in self.shared))

    def _compare(
        self,
        offer: Offer,
        rows: Rows,
        weights: NDArray[np.int64] | None,
        places: NDArray[np.intp],
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Who of the doubtful has too little for the offer, who has just enough?"""
        payment = offer.value()
        known: dict[tuple[tuple[int, ...], tuple[int, ...]], Fraction] = {}
        short = np.zeros(len(rows), dtype=bool)
        just = np.zeros(len(rows), dtype=bool)
        for k, ballot in enumerate(rows.tolist()):
            history = self.history(ballot)
            if history not in known:
                known[history] = self.chain.combine(self.purse, *history)
            weight = 1 if weights is None else int(weights[places[k]])
            need = payment * weight
            short[k] = known[history] < need
            just[k] = known[history] == need
        return short, just

    # -- buying --------------------------------------------------------------------------------

    def buy(self, project: int, offer: Offer, tied: Sequence[int]) -> None:
        """Let the supporters pay: `offer` a point, or all they have."""
        rows, empties, weights = offer.rows, offer.empties, offer.weights
        position = self.chain.append(*offer.form)
        payers = rows[~empties]
        payment = self.chain.middle[position]
        if weights is None:
            self.money[payers] -= payment
        else:
            self.money[payers] -= payment * weights[~empties]
        self.money[rows[empties]] = 0.0
        if empties.any():
            self.broke[rows[empties]] = True
            self.falls += 1
        self.untouched[rows] = False
        self.paid_at[rows] = len(self.purchases) + 1
        if self.spending is not None:
            self.spending.take(project)
        if offer.by_all:
            self.shared.append(position)
        else:
            self.bought[project] = position
        # Each subtraction errs by the payment's own error and three roundings of the purse.
        relative = self.chain.radius[position] / payment if payment > 0 else 0.0
        self.radius += (relative + 4 * EPSILON) * self.purse
        voters = int(self.votes.counts[rows].sum())
        emptied = int(self.votes.counts[rows[empties]].sum())
        step = Purchase(project, position, voters, emptied, tuple(tied), offer.by_all)
        self.purchases.append(step)


@dataclass(slots=True)
class Offer:
    """A payment a point at which supporters buy a project: `(constant - ...) / divisor`."""

    form: tuple[int, list[int], list[int], int]
    chain: ExactChain
    rows: Rows = field(default_factory=lambda: np.zeros(0, dtype=np.int32))
    empties: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=bool))
    weights: NDArray[np.int64] | None = None
    known: Fraction | None = None
    by_all: bool = False

    def value(self) -> Fraction:
        if self.known is None:
            constant, positions, coefficients, divisor = self.form
            self.known = self.chain.combine(constant, positions, coefficients, divisor)
        return self.known

    def closing(
        self, rows: Rows, weights: NDArray[np.int64] | None, empties: NDArray[np.bool_]
    ) -> Offer:
        self.rows, self.weights, self.empties = rows, weights, empties
        return self
