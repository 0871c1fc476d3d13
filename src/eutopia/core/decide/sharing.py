"""One run of the method of equal shares: voters with equal purses buy projects together.

Floats with proven error bounds rule out what cannot be chosen; fractions decide where bounds touch.
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
from eutopia.core.kit.exact import EPSILON, ExactChain, Form

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]


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

    `counts` are their voters, `weights` what their marks weigh (None: one each), `powers` both
    together, all as doubles; `people` and `power` are the sums, not rounded below 2**53.
    """

    rows: Rows
    counts: Floats
    weights: Floats | None
    powers: Floats
    people: float
    power: float
    falls: int = 0

    @classmethod
    def of(cls, votes: Votes, rows: Rows, weights: Floats | None, falls: int = 0) -> Backing:
        """Gather what a run asks of these supporters again and again."""
        counts = votes.counts[rows].astype(np.float64)
        powers = counts if weights is None else counts * weights
        people = float(counts.sum())
        power = people if weights is None else float(powers.sum())
        return cls(rows, counts, weights, powers, people, power, falls)


def first_backing(votes: Votes) -> tuple[Backing, ...]:
    """Who supports each project, before anybody paid? The same for all runs of an election."""
    weights = None if votes.weights is None else votes.weights.astype(np.float64)
    # Numpy indexes with whole words two to three times faster than with narrower ones.
    backers = votes.backers.astype(np.intp)
    parts = [votes.supporters(p) for p in range(len(votes.cost))]
    return tuple(
        Backing.of(votes, backers[part], None if weights is None else weights[part])
        for part in parts
    )


@dataclass(slots=True)
class Sharing:
    """The state of one run: what each ballot's voters have left, and how sure we are of it.

    Money is scaled by `Votes.money_unit` times the number of voters, so that an equal share of the
    budget is whole. `money[i]` is within `doubt[i]`, and so within `radius`, of what each voter of
    ballot `i` has; `broke[i]` says, exactly, that it is nothing.
    """

    votes: Votes
    purse: int
    money: Floats
    doubt: Floats
    radius: float
    broke: NDArray[np.bool_]
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
            doubt=np.full(ballots, EPSILON * purse),
            radius=EPSILON * purse,
            broke=np.zeros(ballots, dtype=bool) if purse > 0 else np.ones(ballots, dtype=bool),
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
        # Those broke since the supporters were last looked at only make the bound looser.
        backing = self.backings[project]
        if len(backing.rows) == 0 or not self.allows(project):
            return inf
        money = self.money.take(backing.rows)
        slack = backing.people * self.radius
        price = float(self.price(project)) * (1 - EPSILON)
        rounding = 1 + (len(money) + 8) * EPSILON
        if float(backing.counts.dot(money)) * rounding + slack < price:
            return inf
        wealth = backing.counts * money
        each = money if backing.weights is None else money / backing.weights
        best, poor, poorer = floor, np.empty(len(money)), -1.0
        for _ in range(8):
            np.less(each, best, out=poor)
            power_poor = float(backing.powers.dot(poor))
            power_rich = (backing.power - power_poor) * rounding
            if power_poor == poorer or power_rich <= 0.5:
                break
            poorer = power_poor
            have = float(wealth.dot(poor)) * rounding + slack
            guess = (price - have) / power_rich * (1 - 4 * EPSILON)
            if guess <= best:
                break
            best = guess
        return best

    def exact_payment(self, project: int, floor: float) -> Offer | None:
        """At which payment a point can the project be bought, exactly, and who gives all?"""
        backing = self.backing(project)
        floor *= 1 - 4 * EPSILON
        least = floor if backing.weights is None else floor * backing.weights
        return self.settle(project, backing, self.money[backing.rows] + self.radius < least)

    def settle(self, project: int, backing: Backing, poor: NDArray[np.bool_]) -> Offer | None:
        """At which payment do supporters pay the price together, if the `poor` surely give all?

        None of the supporters is broke.
        """
        money, doubts = self.money[backing.rows], self.doubt[backing.rows]
        share = 1.0 if backing.weights is None else backing.weights
        while True:
            offer = self._offer(project, backing, poor, money, doubts)
            if offer is None:
                return None
            need = offer.middle * share
            doubt = offer.radius * share + doubts + 4 * EPSILON * need
            surely = ~poor & (money < need - doubt)
            if not surely.any():
                near = np.flatnonzero(~poor & (money <= need + doubt))
                if len(near) == 0:
                    return offer
                short, just = self._compare(offer, near)
                if not short.any():
                    offer.empties = poor.copy()
                    offer.empties[near[just]] = True
                    return offer
                surely[near[short]] = True
            poor = poor | surely

    def _offer(
        self,
        project: int,
        backing: Backing,
        poor: NDArray[np.bool_],
        money: Floats,
        doubts: Floats,
    ) -> Offer | None:
        """The payment where just the `poor` give all, in floats; its formula is put off."""
        counts = backing.counts[poor]
        rich = backing.power - float(backing.powers[poor].sum())
        if rich == 0:
            return None
        price = self.price(project)
        have = float(counts.dot(money[poor]))
        unsure = float(counts.dot(doubts[poor])) * (1 + (len(counts) + 8) * EPSILON)
        middle = (float(price) - have) / rich
        rounding = (len(counts) + 8) * EPSILON * have + EPSILON * float(price)
        radius = (unsure + rounding) / rich * (1 + 8 * EPSILON) + 4 * EPSILON * abs(middle)
        formula = Formula(
            self.votes,
            self.bought,
            self.shared,
            self.purse,
            len(self.purchases),
            price,
            backing.rows[poor],
            int(rich),
        )
        return Offer(middle, radius, formula, self.chain, backing, poor)

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
        self, offer: Offer, places: NDArray[np.intp]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Who of the doubtful has too little for the offer, who has just enough?"""
        payment = offer.value()
        rows, weights = offer.backing.rows[places], offer.backing.weights
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
        backing, empties = offer.backing, offer.empties
        rows, weights = backing.rows, backing.weights
        position = self.chain.enclosed(offer.middle, offer.radius, offer.formula, offer.known)
        payment, radius = self.chain.middle[position], self.chain.radius[position]
        # Each subtraction errs by the payment's own error and three roundings of the purse.
        error = radius + 4 * EPSILON * self.purse
        emptied = 0
        if empties.any():
            broke = rows[empties]
            self.money[broke] = self.doubt[broke] = 0.0
            self.broke[broke] = True
            self.falls += 1
            emptied = int(backing.counts[empties].sum())
            rows = rows[~empties]
            weights = None if weights is None else weights[~empties]
        if weights is None:
            self.money[rows] -= payment
            self.doubt[rows] += error
        else:
            self.money[rows] -= payment * weights
            self.doubt[rows] += error * weights
        self.paid_at[backing.rows] = len(self.purchases) + 1
        if self.spending is not None:
            self.spending.take(project)
        if offer.by_all:
            self.shared.append(position)
        else:
            self.bought[project] = position
        relative = radius / payment if payment > 0 else 0.0
        self.radius += (relative + 4 * EPSILON) * self.purse
        people = int(backing.people)
        step = Purchase(project, position, people, emptied, tuple(tied), offer.by_all)
        self.purchases.append(step)


@dataclass(frozen=True, slots=True)
class Formula:
    """How a payment follows from earlier ones, worked out where floats do not decide.

    At `moment` (so many purchases were made) the `givers`, none of them broke, give all they have
    for the `price`; the rest is borne by `divisor` marks' weight.
    """

    votes: Votes
    bought: NDArray[np.int64]
    shared: Sequence[int]
    purse: int
    moment: int
    price: int
    givers: Rows
    divisor: int

    def __call__(self) -> Form:
        """The formula, as `ExactChain` takes it."""
        together = int(self.votes.counts[self.givers].sum())
        positions, coefficients = self._spent()
        shared = [s for s in self.shared if s < self.moment]
        positions += shared
        coefficients += [together] * len(shared)
        return (
            self.price - together * self.purse,
            positions,
            [-c for c in coefficients],
            self.divisor,
        )

    def _spent(self) -> tuple[list[int], list[int]]:
        """How much of each earlier payment did the givers pay together, for what they marked?"""
        votes, givers = self.votes, self.givers
        if self.moment == 0 or len(givers) == 0:
            return [], []
        first = votes.starts[givers]
        lengths = votes.starts[givers + 1] - first
        ends = np.cumsum(lengths)
        places = np.arange(int(ends[-1])) + np.repeat(first - ends + lengths, lengths)
        positions = self.bought[votes.marks[places]]
        paid = (positions >= 0) & (positions < self.moment)
        power = np.repeat(votes.counts[givers], lengths).astype(np.float64)
        if votes.points is not None:
            power *= votes.points[places]
        sums = np.bincount(positions[paid], weights=power[paid], minlength=self.moment)
        used = np.flatnonzero(sums)
        return used.tolist(), [int(s) for s in sums[used]]


@dataclass(slots=True)
class Offer:
    """A payment a point at which supporters buy a project, within `radius` of `middle`.

    `empties` says who of the `backing` gives all.
    """

    middle: float
    radius: float
    formula: Formula
    chain: ExactChain
    backing: Backing
    empties: NDArray[np.bool_]
    known: Fraction | None = None
    by_all: bool = False

    def value(self) -> Fraction:
        """The payment, exactly."""
        if self.known is None:
            self.known = self.chain.combine(*self.formula())
        return self.known
