"""Is the outcome proportional? Extended justified representation, plus, up to one project."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from eutopia.core.decide.votes import Votes, prepare
from eutopia.core.records import Election


@dataclass(frozen=True, slots=True)
class Neglected:
    """Which voters are left with too little although they agree on a project?

    `voters` voters all marked `project`, which is not funded; their equal share of the budget is
    `entitlement`. Each has funded projects for at most `satisfaction`, and even with `project`
    added would have less than the entitlement. `ballots` are positions in the election's ballots.
    """

    project: int
    voters: int
    entitlement: Fraction
    satisfaction: Fraction
    ballots: tuple[int, ...]


def neglected_groups(election: Election, selected: Sequence[int]) -> tuple[Neglected, ...]:
    """Which groups of voters show that the outcome is not EJR+ up to one project?

    A group that agrees on an unfunded project `c` is entitled to its equal share of the budget.
    The outcome satisfies EJR+ up to one if in each such group somebody has funded projects that
    with `c` are worth at least the share (worth: their cost).

    Parameters
    ----------
    election : Election
        Every mark counts as an approval.
    selected : sequence of int

    Returns
    -------
    tuple of Neglected
        Empty if the outcome satisfies the axiom; else one group, the most neglected, for each
        project that shows it does not.

    Notes
    -----
    Equal shares with satisfaction "cost" always satisfies it; greedy need not. Exact; O(m log m)
    for m marks.

    Source
    ------
    Brill, Peters, *Robust and Verifiable Proportionality Axioms for Multiwinner Voting* (EC 2023),
    section on participatory budgeting.
    """
    votes = prepare(election, satisfaction="cardinality")
    worth = _funded_cost(votes, selected)
    taken = set(selected)
    found = []
    for p, cost in enumerate(votes.cost):
        if p in taken or votes.heads[p + 1] == votes.heads[p]:
            continue
        rows = votes.backers[votes.supporters(p)]
        rows = rows[np.argsort(worth[rows], kind="stable")]
        group = _most_neglected(votes, worth, rows, cost)
        if group is None:
            continue
        members, voters = group
        found.append(
            Neglected(
                project=p,
                voters=voters,
                entitlement=election.budget * voters / votes.voters,
                satisfaction=Fraction(int(worth[members[-1]]), votes.money_unit),
                ballots=tuple(int(b) for b in members),
            )
        )
    return tuple(found)


def _funded_cost(votes: Votes, selected: Iterable[int]) -> NDArray[np.int64]:
    value = np.zeros(len(votes.cost), dtype=np.int64)
    for p in selected:
        value[p] = votes.cost[p]
    sums = np.concatenate(([0], np.cumsum(value[votes.marks])))
    worth: NDArray[np.int64] = sums[votes.starts[1:]] - sums[votes.starts[:-1]]
    return worth


def _most_neglected(
    votes: Votes, worth: NDArray[np.int64], rows: NDArray[np.int32], cost: int
) -> tuple[NDArray[np.int32], int] | None:
    """The first members of `rows` (poorest first) whose share exceeds all they have with `cost`."""
    best: tuple[int, int, int] | None = None
    together = 0
    for place, ballot in enumerate(rows.tolist()):
        together += int(votes.counts[ballot])
        gap = together * votes.budget - (int(worth[ballot]) + cost) * votes.voters
        if gap > 0 and (best is None or gap > best[0]):
            best = gap, place + 1, together
    return None if best is None else (rows[: best[1]], best[2])


def verify_neglected(election: Election, selected: Sequence[int], group: Neglected) -> bool:
    """Does the group really show that the outcome is not EJR+ up to one? Read from the ballots."""
    funded = set(selected)
    project = election.projects[group.project]
    ballots = [election.ballots[b] for b in group.ballots]
    if group.project in funded or not ballots or len(set(group.ballots)) != len(group.ballots):
        return False
    members = sum(b.count for b in ballots)
    everyone = sum(b.count for b in election.ballots)
    entitlement = election.budget * members / everyone
    return all(
        group.project in b.approvals
        and sum(election.projects[p].cost for p in b.approvals if p in funded) + project.cost
        < entitlement
        for b in ballots
    )
