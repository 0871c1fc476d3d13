"""Phragmén's rule: money flows to all voters at the same pace, and groups buy when they can."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from heapq import heapify, heappop, heappush

import numpy as np
from numpy.typing import NDArray

from eutopia.core.decide.votes import (
    MOST_TIED,
    Votes,
    clones_after,
    next_clones,
    prepare,
    rank_ties,
)
from eutopia.core.kit.exact import EPSILON, ExactChain, round_down, round_up
from eutopia.core.records import Election, Tally, TallyStep


def phragmen(
    election: Election,
    *,
    overshoot: str = "stop",
    max_load: Fraction | None = None,
    ties: str = "id",
    seed: str = "",
) -> Tally:
    """Which projects are bought when every voter earns money at the same pace?

    As soon as the supporters of a project have its cost together they buy it and are left with
    nothing. The time at which that happens is the load of its supporters.

    Parameters
    ----------
    election : Election
        Every mark counts as an approval.
    overshoot : {"stop", "skip"}
        "stop" (sequential Phragmén): end as soon as a project that is due, or tied with one, would
        exceed the budget. "skip" (budgeted): leave out what does not fit and go on until nothing
        does.
    max_load : Fraction, optional
        End before any voter's load exceeds this much money.
    ties, seed : str
        Who goes first where loads are exactly equal (see `votes.rank_ties`).

    Returns
    -------
    Tally
        The price of a step is the load reached, exactly (None for projects nobody supports, which
        come last).

    Notes
    -----
    Nothing is decided by floats: they rule out by proven bounds, fractions decide. Memory is
    linear in the number of marks.

    Source
    ------
    Los, Christoff, Grossi, *Proportional Budget Allocations: Towards a Systematization*
    (IJCAI 2022).

    Examples
    --------
    >>> from eutopia.core.records import Ballot, BallotProject
    >>> projects = tuple(BallotProject(i, Fraction(c)) for i, c in [("a", 60), ("b", 30)])
    >>> ballots = (Ballot((0,), count=6), Ballot((1,), count=4))
    >>> [(s.project, s.price) for s in phragmen(Election(projects, ballots, Fraction(100))).steps]
    [(1, Fraction(15, 2)), (0, Fraction(10, 1))]
    """
    if overshoot not in ("stop", "skip"):
        raise ValueError(f"overshoot {overshoot!r}: give stop or skip")
    votes = prepare(election, satisfaction="cardinality")
    ranks = rank_ties(election, ties=ties, seed=seed)
    limit = None if max_load is None else max_load * votes.money_unit
    steps = _Loading.start(votes, ranks).run(overshoot == "skip", limit)
    selected = tuple(s.project for s in steps)
    parameters = {"overshoot": overshoot, "ties": ties}
    if max_load is not None:
        parameters["max_load"] = str(max_load)
    if ties == "lot":
        parameters["seed"] = seed
    return Tally(
        rule="phragmen",
        parameters=tuple(parameters.items()),
        selected=selected,
        cost=sum((election.projects[p].cost for p in selected), Fraction(0)),
        budget=election.budget,
        steps=tuple(steps),
    )


_Entry = tuple[float, Fraction | float, int, int]
# constant, positions, coefficients, divisor: see `ExactChain`
_Form = tuple[int, list[int], list[int], int]


@dataclass(slots=True)
class _Loading:
    """Loads of the ballots. Each ballot's load is that of the last project it paid for."""

    votes: Votes
    ranks: Sequence[int]
    chain: ExactChain
    last: NDArray[np.int64]
    """Position in the chain of each ballot's load, -1 where it is zero."""
    load: NDArray[np.float64]
    entries: list[_Entry]
    after: dict[int, int]
    """The clone that waits behind each project."""
    support: list[int]
    worst: float = 0.0
    """No load errs by more than this part of it."""

    @classmethod
    def start(cls, votes: Votes, ranks: Sequence[int]) -> _Loading:
        ballots = len(votes.counts)
        support = [votes.support(p) for p in range(len(votes.cost))]
        entries: list[_Entry] = []
        first, after = next_clones(votes, ranks)
        for p in first:
            cost = votes.cost[p]
            if support[p] and cost <= votes.budget:
                load = Fraction(cost, support[p])
                entries.append((round_down(load), load, ranks[p], p))
        heapify(entries)
        zero = np.zeros(ballots)
        last = np.full(ballots, -1, dtype=np.int64)
        return cls(votes, ranks, ExactChain(), last, zero, entries, after, support)

    def run(self, skip: bool, limit: Fraction | None) -> list[TallyStep]:
        bought: list[tuple[int, int, list[int]]] = []
        room = self.votes.budget
        stopped = False
        while self.entries and not stopped:
            if skip:
                self._drop_unaffordable(room)
            found = self._leader()
            if found is None:
                break
            load, project, form = found
            tied = self._tied_with(project, load, room if skip else None)
            over = any(self.votes.cost[p] > room for p in [project, *tied])
            stopped = over or (limit is not None and load > limit)
            if not stopped:
                bought.append((project, self._pay(project, form), tied))
                if project in self.after:
                    clone = self.after[project]
                    heappush(self.entries, (round_down(load), load, self.ranks[clone], clone))
                room -= self.votes.cost[project]
        steps = [self._step(*b) for b in bought]
        if not stopped and limit is None:
            steps += self._unsupported(room, skip)
        return steps

    def _step(self, project: int, position: int, tied: list[int]) -> TallyStep:
        price = self.chain.value(position) / self.votes.money_unit
        ordered = tuple(sorted(tied, key=self.ranks.__getitem__))
        return TallyStep(project, self.support[project], price, ordered[:MOST_TIED])

    def _unsupported(self, room: int, skip: bool) -> list[TallyStep]:
        """Nobody waits for these: all are tied, at no load that is ever reached."""
        votes = self.votes
        rest = [p for p, s in enumerate(self.support) if not s and votes.cost[p] <= votes.budget]
        rest.sort(key=self.ranks.__getitem__)
        steps = []
        for place, p in enumerate(rest):
            waiting = rest[place:]
            if not skip and any(votes.cost[q] > room for q in waiting):
                break
            if votes.cost[p] <= room:
                room -= votes.cost[p]
                steps.append(TallyStep(p, 0, None, tuple(waiting[1 : 1 + MOST_TIED])))
        return steps

    def _drop_unaffordable(self, room: int) -> None:
        if any(self.votes.cost[entry[3]] > room for entry in self.entries):
            self.entries = [e for e in self.entries if self.votes.cost[e[3]] <= room]
            heapify(self.entries)

    def _pay(self, project: int, form: _Form) -> int:
        rows = self.votes.backers[self.votes.supporters(project)]
        position = self.chain.append(*form)
        self.last[rows] = position
        middle = self.chain.middle[position]
        self.load[rows] = middle
        if middle > 0:
            self.worst = max(self.worst, self.chain.radius[position] / middle + EPSILON)
        return position

    def _leader(self) -> tuple[Fraction, int, _Form] | None:
        """Which project is due next for certain? The first of the tied by rank."""
        ready: dict[int, _Form] = {}
        while self.entries:
            low, known, rank, p = self.entries[0]
            if p in ready:
                heappop(self.entries)
                assert isinstance(known, Fraction)  # noqa: S101 - only exact loads are ready
                return known, p, ready[p]
            better = self._lower_bound(p)
            rivals = self.entries[1:3]
            if better > low and rivals and better > min(rivals)[0]:
                heappop(self.entries)
                heappush(self.entries, (better, better, rank, p))
                continue
            ready[p] = self._form(p)
            exact = self.chain.combine(*ready[p])
            heappop(self.entries)
            heappush(self.entries, (round_down(exact), exact, rank, p))
        return None

    def _lower_bound(self, project: int) -> float:
        rows = self.votes.backers[self.votes.supporters(project)]
        counts = self.votes.counts[rows].astype(np.float64)
        total = float(counts @ self.load[rows])
        error = total * (self.worst + (len(rows) + 8) * EPSILON)
        need = float(self.votes.cost[project]) * (1 - EPSILON) + (total - error)
        return need / self.support[project] * (1 - 4 * EPSILON)

    def _form(self, project: int) -> _Form:
        rows = self.votes.backers[self.votes.supporters(project)]
        last = self.last[rows]
        paid = last >= 0
        sums = np.bincount(last[paid], weights=self.votes.counts[rows][paid])
        used = np.flatnonzero(sums)
        coefficients = [-int(s) for s in sums[used]]
        return self.votes.cost[project], used.tolist(), coefficients, self.support[project]

    def _tied_with(self, project: int, load: Fraction, room: int | None) -> list[int]:
        """Which other projects are due at exactly this load? They stay in the queue."""
        tied = clones_after(self.after, project)
        kept: list[_Entry] = []
        top = round_up(load)
        # All ties are looked for: one that does not fit ends the rule.
        while self.entries and self.entries[0][0] <= top:
            low, known, rank, p = heappop(self.entries)
            better = self._lower_bound(p) if known <= load else low
            if known > load or better > top:
                kept.append((low, known, rank, p) if known > load else (better, better, rank, p))
                continue
            exact = self.chain.combine(*self._form(p))
            kept.append((round_down(exact), exact, rank, p))
            if exact == load and (room is None or self.votes.cost[p] <= room):
                tied += [p, *clones_after(self.after, p)]
        for entry in kept:
            heappush(self.entries, entry)
        return tied
