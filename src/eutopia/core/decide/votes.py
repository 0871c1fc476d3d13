"""The ballots of an election as arrays, the way the counting rules read them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from eutopia.core.kit.exact import common_scale
from eutopia.core.records import BallotBox, Election

SATISFACTIONS = ("cost", "cardinality", "score")
TIE_RULES = ("id", "min-cost", "max-cost", "approvals", "file-order", "lot")
# So many tied projects are named in a step at most.
MOST_TIED = 20
# Sums of counts and points stay exact as doubles below this.
_LARGEST = 2**53


@dataclass(frozen=True, slots=True)
class Votes:
    """Who marked what, with which weight, by ballot and by project?

    `counts[i]` voters cast ballot `i`. Ballot `i` marks the projects
    `marks[starts[i]:starts[i + 1]]`; project `p` is marked by the ballots
    `backers[heads[p]:heads[p + 1]]`. `points` and `weights` go with `marks` and `backers`: whole
    numbers, None where every mark weighs one. A voter's satisfaction from a funded project is
    `weight * value[p]`. Only marks of positive satisfaction are here. Money is whole:
    `cost[p] / money_unit`.
    """

    satisfaction: str
    voters: int
    counts: NDArray[np.int64]
    starts: NDArray[np.int64]
    marks: NDArray[np.int32]
    points: NDArray[np.int64] | None
    heads: NDArray[np.int64]
    backers: NDArray[np.int32]
    weights: NDArray[np.int64] | None
    value: tuple[Fraction, ...]
    cost: tuple[int, ...]
    budget: int
    money_unit: int
    worth: tuple[float, ...]
    """`value` as doubles."""
    totals: tuple[Fraction, ...]
    """Satisfaction of all voters together with each project, negative points included."""

    def finer(self, factor: int) -> Votes:
        """The same votes with money counted in units `factor` times smaller."""
        return replace(
            self,
            cost=tuple(c * factor for c in self.cost),
            budget=self.budget * factor,
            money_unit=self.money_unit * factor,
        )

    def supporters(self, project: int) -> slice:
        """Where in `backers` are the supporters of `project`?"""
        return slice(int(self.heads[project]), int(self.heads[project + 1]))

    def support(self, project: int) -> int:
        """How many voters support `project`?"""
        return int(self.counts[self.backers[self.supporters(project)]].sum())


def prepare(election: Election, *, satisfaction: str = "cost") -> Votes:
    """How satisfied would each voter be with each project, as arrays the rules can count?

    Parameters
    ----------
    election : Election
    satisfaction : {"cost", "cardinality", "score"}
        A funded project on a voter's ballot gives: its cost; one; or the points given to it. For a
        ranking the points are Borda's (projects ranked below it on that ballot), for approvals one.

    Raises
    ------
    ValueError
        Where the satisfaction is unknown or the points are too many to sum exactly.

    Notes
    -----
    Marks that give no satisfaction (no points, last of a ranking, a project that costs nothing
    under "cost") do not count as support. Time and memory are linear in the number of marks.
    """
    if satisfaction not in SATISFACTIONS:
        raise ValueError(f"satisfaction {satisfaction!r}: give one of {', '.join(SATISFACTIONS)}")
    box = election.ballots
    if not isinstance(box, BallotBox):
        box = BallotBox.of(box)
    money_unit = common_scale([election.budget, *(p.cost for p in election.projects)])
    cost = tuple(int(p.cost * money_unit) for p in election.projects)
    points, unit = _points(box, election.vote_type, satisfaction)
    value = _value(cost, satisfaction, money_unit, unit)
    sums = _sums(box, points, len(cost))
    totals = tuple(int(s) * v for s, v in zip(sums, value, strict=True))
    starts, marks, points = _positive(box, points, np.array([v > 0 for v in value], dtype=bool))
    heads, backers, order = _by_project(starts, marks, len(cost))
    return Votes(
        satisfaction=satisfaction,
        voters=box.voters,
        counts=box.counts,
        starts=starts,
        marks=marks,
        points=points,
        heads=heads,
        backers=backers,
        weights=None if points is None else points[order],
        value=value,
        worth=tuple(map(float, value)),
        cost=cost,
        budget=int(election.budget * money_unit),
        money_unit=money_unit,
        totals=totals,
    )


def _points(
    box: BallotBox, vote_type: str, satisfaction: str
) -> tuple[NDArray[np.int64] | None, int]:
    if satisfaction != "score":
        return None, 1
    if vote_type == "ordinal":
        lengths = np.diff(box.starts)
        ends = np.repeat(box.starts[1:], lengths)
        return ends - np.arange(len(box.marks), dtype=np.int64) - 1, 1
    if len(box.scores) == 0:
        return None, 1
    return box.scores, box.score_unit


def _value(
    cost: tuple[int, ...], satisfaction: str, money_unit: int, unit: int
) -> tuple[Fraction, ...]:
    if satisfaction == "cost":
        return tuple(Fraction(c, money_unit) for c in cost)
    return (Fraction(1, unit),) * len(cost)


def _sums(box: BallotBox, points: NDArray[np.int64] | None, projects: int) -> NDArray[np.float64]:
    weights = np.repeat(box.counts, np.diff(box.starts)).astype(np.float64)
    if points is not None:
        weights *= points
    if float(np.abs(weights).sum()) >= _LARGEST:
        raise ValueError("the points add up to more than 2**53: give them with fewer decimals")
    return np.bincount(box.marks, weights=weights, minlength=projects).astype(np.float64)


def _positive(
    box: BallotBox, points: NDArray[np.int64] | None, worth: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64] | None]:
    keep = None if bool(worth.all()) else worth[box.marks]
    if points is not None and not bool((points > 0).all()):
        keep = (points > 0) if keep is None else keep & (points > 0)
    if keep is None:
        return box.starts, box.marks, points
    kept = np.concatenate(([0], np.cumsum(keep)))
    return kept[box.starts], box.marks[keep], None if points is None else points[keep]


def _by_project(
    starts: NDArray[np.int64], marks: NDArray[np.int32], projects: int
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.intp]]:
    # Small integers sort by radix, several times faster.
    narrow = marks.astype(np.int16) if projects < 2**15 else marks
    order = np.argsort(narrow, kind="stable")
    ballots = np.repeat(np.arange(len(starts) - 1, dtype=np.int32), np.diff(starts))
    heads = np.concatenate(([0], np.cumsum(np.bincount(marks, minlength=projects))))
    return heads.astype(np.int64), ballots[order], order


def next_clones(
    votes: Votes, ranks: Sequence[int], group: Sequence[str] | None = None
) -> tuple[list[int], dict[int, int]]:
    """Which projects are first among their clones, and which clone comes after each?

    Clones have the same supporters with the same weights and the same cost, so they are tied as
    long as they wait. Rules look at the first and bring in the next when it is taken. Clones are of
    one `group`, where groups are given.
    """
    after: dict[int, int] = {}
    first: list[int] = []
    last: dict[tuple[bytes, bytes, int, str], int] = {}
    for p in sorted(range(len(votes.cost)), key=ranks.__getitem__):
        part = votes.supporters(p)
        weights = b"" if votes.weights is None else votes.weights[part].tobytes()
        name = "" if group is None else group[p]
        key = (votes.backers[part].tobytes(), weights, votes.cost[p], name)
        if key in last:
            after[last[key]] = p
        else:
            first.append(p)
        last[key] = p
    return first, after


def clones_after(after: Mapping[int, int], project: int) -> list[int]:
    """The clones waiting behind `project`, `MOST_TIED` at most."""
    waiting: list[int] = []
    while project in after and len(waiting) < MOST_TIED:
        project = after[project]
        waiting.append(project)
    return waiting


def rank_ties(election: Election, *, ties: str = "id", seed: str = "") -> tuple[int, ...]:
    """Who goes first where projects are exactly tied: the rank of each project, 0 first?

    Parameters
    ----------
    election : Election
    ties : {"id", "min-cost", "max-cost", "approvals", "file-order", "lot"}
        By the project's id compared character by character (the default); cheaper, dearer or more
        marked project first; the order of the file; or a lot: SHA-256 of the published `seed` and
        the id, smaller first. What is still tied goes by id.
    seed : str
        The published words of the lot.

    Examples
    --------
    >>> from fractions import Fraction
    >>> from eutopia.core.records import BallotProject
    >>> projects = (BallotProject("b", Fraction(1)), BallotProject("a", Fraction(2)))
    >>> rank_ties(Election(projects, (), Fraction(9)), ties="id")
    (1, 0)
    """
    if ties not in TIE_RULES:
        raise ValueError(f"ties {ties!r}: give one of {', '.join(TIE_RULES)}")
    projects = election.projects
    first: list[Fraction | int | str] = [0] * len(projects)
    if ties in ("min-cost", "max-cost"):
        first = [p.cost if ties == "min-cost" else -p.cost for p in projects]
    elif ties == "approvals":
        box = election.ballots
        box = box if isinstance(box, BallotBox) else BallotBox.of(box)
        first = [-int(s) for s in _sums(box, None, len(projects))]
    elif ties == "lot":
        first = [hashlib.sha256(f"{seed}\n{p.id}".encode()).hexdigest() for p in projects]
    elif ties == "file-order":
        first = list(range(len(projects)))
    # One kind of key per rule, so the tuples compare.
    order = sorted(range(len(projects)), key=lambda p: (first[p], projects[p].id))
    ranks = [0] * len(projects)
    for rank, p in enumerate(order):
        ranks[p] = rank
    return tuple(ranks)
