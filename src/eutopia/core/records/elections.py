"""Participatory budgets: projects, ballots, outcomes."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction


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


@dataclass(frozen=True, slots=True)
class Election:
    """What was put to the vote, with how much money, and how did people vote?

    `vote_type`: approval, ordinal, cumulative, scoring, choose-1. `attributes` are the file's
    other fields, kept for export.
    """

    projects: tuple[BallotProject, ...]
    ballots: tuple[Ballot, ...]
    budget: Fraction
    vote_type: str = "approval"
    title: str = ""
    attributes: tuple[tuple[str, str], ...] = ()


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
