"""The greedy rule: most satisfaction for a unit of money first, as long as it fits."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import islice

from eutopia.core.decide.limits import Limits, Spending, no_limits
from eutopia.core.decide.votes import MOST_TIED, Votes, prepare, rank_ties
from eutopia.core.records import Election, Tally, TallyStep


def greedy(
    election: Election,
    *,
    satisfaction: str = "cost",
    ties: str = "id",
    seed: str = "",
    overshoot: str = "skip",
    threshold: int = 0,
    limits: Limits | None = None,
) -> Tally:
    """Which projects does counting one after another choose, best first?

    Projects are taken in the order of all voters' satisfaction a unit of cost (under "cost": the
    number of votes), each that still fits.

    Parameters
    ----------
    election : Election
    satisfaction : {"cost", "cardinality", "score"}
    ties, seed : str
        Who goes first among equals (see `votes.rank_ties`).
    overshoot : {"skip", "stop"}
        Pass over a project that does not fit any more, or end there.
    threshold : int
        Projects with fewer supporters are left out.
    limits : Limits, optional
        At most and at least so much for groups of projects; what does not fit is passed over.

    Notes
    -----
    Projects nobody supports come last and are taken if they fit, as in pabutools. Exact. Sorting:
    O(m log m) for m projects.

    Examples
    --------
    >>> from eutopia.core.records import Ballot, BallotProject
    >>> projects = tuple(BallotProject(i, Fraction(c)) for i, c in [("a", 60), ("b", 50)])
    >>> ballots = (Ballot((0,), count=6), Ballot((1,), count=4))
    >>> greedy(Election(projects, ballots, Fraction(100))).selected
    (0,)
    """
    if overshoot not in ("skip", "stop"):
        raise ValueError(f"overshoot {overshoot!r}: give skip or stop")
    votes = prepare(election, satisfaction=satisfaction)
    ranks = rank_ties(election, ties=ties, seed=seed)
    keys = densities(votes)
    steps: list[TallyStep] = []
    spending = Spending(limits or no_limits(votes), votes.cost, votes.budget, votes.money_unit)
    order = [p for p in greedy_order(votes, ranks) if votes.support(p) >= threshold]
    for place, p in enumerate(order):
        if not spending.fits(p):
            if overshoot == "stop":
                break
            continue
        tied = _tied_after(order, place, keys, spending)
        spending.take(p)
        steps.append(TallyStep(p, votes.support(p), None, tied))
    parameters = {"satisfaction": satisfaction, "ties": ties, "overshoot": overshoot}
    if ties == "lot":
        parameters["seed"] = seed
    if threshold:
        parameters["threshold"] = str(threshold)
    return Tally(
        rule="greedy",
        parameters=tuple(parameters.items()),
        selected=tuple(s.project for s in steps),
        cost=sum((election.projects[s.project].cost for s in steps), Fraction(0)),
        budget=election.budget,
        steps=tuple(steps),
    )


def densities(votes: Votes) -> tuple[tuple[int, Fraction], ...]:
    """How much satisfaction does a unit of each project's cost give? Larger is better.

    A pair, so that projects that cost nothing and satisfy someone come before all others.
    """
    return tuple(
        (0, Fraction(0)) if total <= 0 else (1, Fraction(0)) if cost == 0 else (0, total / cost)
        for total, cost in zip(votes.totals, votes.cost, strict=True)
    )


def greedy_order(votes: Votes, ranks: Sequence[int]) -> list[int]:
    """In which order does the greedy rule look at the projects?"""
    keys = densities(votes)
    by_rank = sorted(range(len(votes.cost)), key=ranks.__getitem__)
    return sorted(by_rank, key=keys.__getitem__, reverse=True)


def _tied_after(
    order: Sequence[int],
    place: int,
    keys: Sequence[tuple[int, Fraction]],
    spending: Spending,
) -> tuple[int, ...]:
    """Which later projects that still fit are exactly as good? `MOST_TIED` of them at most."""
    tied: list[int] = []
    for p in islice(order, place + 1, None):
        if keys[p] != keys[order[place]] or len(tied) == MOST_TIED:
            break
        if spending.fits(p):
            tied.append(p)
    return tuple(tied)
