"""The maximin support rule: keep the heaviest load any voter must carry as light as possible."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from heapq import heapify, heappop, heappush

from eutopia.core.decide.votes import MOST_TIED, Votes, prepare, rank_ties
from eutopia.core.kit.flow import heaviest_share
from eutopia.core.records import Election, Tally, TallyStep


def maximin_support(election: Election, *, ties: str = "id", seed: str = "") -> Tally:
    """Which projects spread their costs most evenly over the voters who want them?

    Projects are added one after another. The costs of those chosen may be divided among their
    supporters in any way; the next project is the one with which the largest sum that falls to a
    voter can be kept smallest.

    Parameters
    ----------
    election : Election
        Every mark counts as an approval.
    ties, seed : str
        Who goes first among equals (see `votes.rank_ties`).

    Returns
    -------
    Tally
        The price of a step is that largest sum, exactly (None for projects nobody supports, which
        come last).

    Notes
    -----
    Exact: the largest sum is the greatest cost of a set of projects per voter supporting any of
    them, found by maximum flows in whole numbers. A project's bound only rises, so only projects
    that lead are looked at again. Much slower than the other rules: thousands of distinct ballots
    take seconds.

    Source
    ------
    Sánchez-Fernández et al., *The maximin support method* (Mathematical Programming 2024); for
    costs as in pabutools.

    Examples
    --------
    >>> from eutopia.core.records import Ballot, BallotProject
    >>> projects = tuple(BallotProject(i, Fraction(c)) for i, c in [("a", 60), ("b", 30)])
    >>> ballots = (Ballot((0,), count=6), Ballot((1,), count=4))
    >>> maximin_support(Election(projects, ballots, Fraction(100))).selected
    (1, 0)
    """
    votes = prepare(election, satisfaction="cardinality")
    ranks = rank_ties(election, ties=ties, seed=seed)
    steps = _steps(votes, ranks)
    selected = tuple(s.project for s in steps)
    parameters = {"ties": ties} | ({"seed": seed} if ties == "lot" else {})
    return Tally(
        rule="maximin-support",
        parameters=tuple(parameters.items()),
        selected=selected,
        cost=sum((election.projects[p].cost for p in selected), Fraction(0)),
        budget=election.budget,
        steps=tuple(steps),
    )


def _steps(votes: Votes, ranks: Sequence[int]) -> list[TallyStep]:
    support = [votes.support(p) for p in range(len(votes.cost))]
    waiting = [
        (Fraction(c, support[p]), ranks[p], p) for p, c in enumerate(votes.cost) if support[p]
    ]
    heapify(waiting)
    room = votes.budget
    steps: list[TallyStep] = []
    while waiting:
        chosen = [s.project for s in steps]
        fresh: set[int] = set()
        found = None
        while waiting:
            load, rank, p = heappop(waiting)
            if votes.cost[p] > room:
                continue
            if p in fresh:
                found = load, p
                break
            fresh.add(p)
            heappush(waiting, (max(load, load_with(votes, [*chosen, p])), rank, p))
        if found is None:
            break
        load, p = found
        tied = _tied(votes, chosen, waiting, fresh, load, room)
        room -= votes.cost[p]
        steps.append(TallyStep(p, support[p], load / votes.money_unit, tied))
    rest = sorted((p for p in range(len(support)) if not support[p]), key=ranks.__getitem__)
    for place, p in enumerate(rest):
        if votes.cost[p] <= room:
            room -= votes.cost[p]
            tied = tuple(q for q in rest[place + 1 :][:MOST_TIED] if votes.cost[q] <= room)
            steps.append(TallyStep(p, 0, None, tied))
    return steps


def _tied(
    votes: Votes,
    chosen: list[int],
    waiting: list[tuple[Fraction, int, int]],
    fresh: set[int],
    load: Fraction,
    room: int,
) -> tuple[int, ...]:
    tied: list[int] = []
    for bound, _, p in sorted(waiting):
        if bound > load or len(tied) == MOST_TIED:
            break
        if votes.cost[p] <= room and (p in fresh or load_with(votes, [*chosen, p]) == load):
            tied.append(p)
    return tuple(tied)


def load_with(votes: Votes, projects: Iterable[int]) -> Fraction:
    """What is the least largest sum a voter must carry if these projects are funded?

    In units of `votes.money_unit`. Each project must have a supporter.
    """
    members = list(projects)
    sets: dict[int, list[int]] = {}
    for place, p in enumerate(members):
        for ballot in votes.backers[votes.supporters(p)].tolist():
            sets.setdefault(ballot, []).append(place)
    groups: dict[tuple[int, ...], int] = {}
    for ballot, marks in sets.items():
        key = tuple(marks)
        groups[key] = groups.get(key, 0) + int(votes.counts[ballot])
    return heaviest_share([votes.cost[p] for p in members], groups)
