"""Participatory budgets: projects, ballots, outcomes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm
from typing import overload

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class BallotProject:
    """What can be voted for, at which cost (exact)?"""

    id: str
    cost: Fraction
    name: str = ""
    categories: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    selected: bool | None = None
    """Whether the official outcome had it, where the file says so."""
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Ballot:
    """What did `count` equal voters say?

    `approvals` are positions in the election's projects. `scores` go with them where the ballot
    gives points (cumulative, scoring) and are empty otherwise; in a ranking, order is preference.
    """

    approvals: tuple[int, ...]
    scores: tuple[Fraction, ...] = ()
    count: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class BallotBox(Sequence[Ballot]):
    """What did all voters say, as columns: equal ballots once, with how many cast them?

    Reads as a sequence of `Ballot`. Ballot `i` marks the projects
    `marks[starts[i]:starts[i + 1]]` with the points `scores[...] / score_unit` (no scores where
    the ballots give none). `counts[i]` voters cast it.

    Examples
    --------
    >>> box = BallotBox.of([Ballot(approvals=(0, 2), count=3), Ballot(approvals=())])
    >>> box[0]
    Ballot(approvals=(0, 2), scores=(), count=3)
    >>> len(box), box.voters
    (2, 4)
    """

    starts: NDArray[np.int64]
    marks: NDArray[np.int32]
    counts: NDArray[np.int64]
    scores: NDArray[np.int64]
    score_unit: int = 1

    def __len__(self) -> int:
        return len(self.counts)

    @property
    def voters(self) -> int:
        """How many voters cast the ballots?"""
        return int(self.counts.sum())

    @overload
    def __getitem__(self, index: int) -> Ballot: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Ballot, ...]: ...
    def __getitem__(self, index: int | slice) -> Ballot | tuple[Ballot, ...]:
        if isinstance(index, slice):
            return tuple(self[i] for i in range(*index.indices(len(self))))
        i = range(len(self))[index]
        cut = slice(int(self.starts[i]), int(self.starts[i + 1]))
        scores = (Fraction(s, self.score_unit) for s in self.scores[cut].tolist())
        return Ballot(tuple(self.marks[cut].tolist()), tuple(scores), int(self.counts[i]))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BallotBox):
            return NotImplemented
        return self.score_unit == other.score_unit and all(
            np.array_equal(getattr(self, name), getattr(other, name))
            for name in ("starts", "marks", "counts", "scores")
        )

    def __hash__(self) -> int:
        return hash((self.marks.tobytes(), self.counts.tobytes(), self.score_unit))

    @classmethod
    def of(cls, ballots: Iterable[Ballot]) -> BallotBox:
        """Turn single ballots into columns, in the order given; scores get a common unit."""
        rows = list(ballots)
        lengths = [len(b.approvals) for b in rows]
        scores = [s for b in rows for s in b.scores]
        if scores and len(scores) != sum(lengths):
            raise ValueError("a ballot has points for some of its projects only")
        unit = lcm(*(Fraction(s).denominator for s in scores))
        return cls(
            starts=np.concatenate(([0], np.cumsum(lengths))).astype(np.int64),
            marks=np.array([p for b in rows for p in b.approvals], dtype=np.int32),
            counts=np.array([b.count for b in rows], dtype=np.int64),
            scores=np.array([int(s * unit) for s in scores], dtype=np.int64),
            score_unit=unit,
        )


@dataclass(frozen=True, slots=True, eq=False)
class VoterColumns:
    """Which fields did the file give of each voter, and which ballot did each cast?

    Kept for export and for satisfaction by district or age band; the rules never read them.
    `ballot[i]` is the position of voter `i`'s ballot in the election's ballots; `values[c][i]` is
    what column `columns[c]` says of voter `i`.
    """

    columns: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]
    ballot: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.ballot)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, VoterColumns):
            return NotImplemented
        return (
            self.columns == other.columns
            and self.values == other.values
            and np.array_equal(self.ballot, other.ballot)
        )

    def __hash__(self) -> int:
        return hash((self.columns, self.ballot.tobytes()))

    def column(self, name: str) -> tuple[str, ...]:
        """What does column `name` say of each voter? KeyError where there is none."""
        if name not in self.columns:
            raise KeyError(name)
        return self.values[self.columns.index(name)]


@dataclass(frozen=True, slots=True)
class Election:
    """What was put to the vote, with how much money, and how did people vote?

    `vote_type`: approval, ordinal, cumulative, scoring, choose-1. `attributes` are the file's
    other fields, kept for export. `ballots` is any sequence of `Ballot`; files are read into a
    `BallotBox`, which the rules take without a copy.
    """

    projects: tuple[BallotProject, ...]
    ballots: Sequence[Ballot]
    budget: Fraction
    vote_type: str = "approval"
    title: str = ""
    attributes: tuple[tuple[str, str], ...] = ()
    voters: VoterColumns | None = None


@dataclass(frozen=True, slots=True)
class TallyStep:
    """Which project was chosen when, paid by how many voters, at which price a unit?"""

    project: int
    supporters: int
    price: Fraction | None
    """Money for a unit of satisfaction (rho) or the load reached; None where the rule has none."""
    tied_with: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Tally:
    """What was chosen, by which rule with which parameters, how were ties broken?"""

    rule: str
    parameters: tuple[tuple[str, str], ...]
    selected: tuple[int, ...]
    """Positions of the projects, in the order chosen."""
    cost: Fraction
    budget: Fraction
    steps: tuple[TallyStep, ...] = field(default=())
