"""What pages read about votes."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class ElectionLine:
    """A vote in a list."""

    id: int
    code: str
    title: str
    voters: int
    projects: int
    budget: Fraction
    counted: bool


@dataclass(frozen=True, slots=True)
class ProjectView:
    """What could be voted for, and which rules chose it."""

    id: int
    position: int
    code: str
    name: str
    cost: Fraction
    votes: int
    """Voters who approved it or gave it points."""
    categories: tuple[str, ...]
    lon: float | None
    lat: float | None
    chosen_by: tuple[str, ...]
    """Names of the rules, as in `TallyView.rule`."""
    official: bool | None
    """Whether the official outcome had it, where the source says so."""
    candidate: str
    """Code of the programme's candidate it became."""


@dataclass(frozen=True, slots=True)
class StepView:
    """One choice of a rule."""

    position: int
    project: ProjectView
    supporters: int | None
    price: Fraction | None
    """Money for a unit of satisfaction, or the load reached."""
    tied_with: tuple[str, ...]
    """Names of the projects the tie was with."""
    spent: Fraction
    """Money spent up to and with this step."""


@dataclass(frozen=True, slots=True)
class TallyView:
    """What a rule chose, step by step."""

    id: int
    rule: str
    parameters: tuple[tuple[str, str], ...]
    binding: bool
    cost: Fraction
    budget: Fraction
    selected: int
    voters_with_a_win: int
    """Voters of whose approved projects at least one was chosen."""
    mean_share: Fraction
    """Mean share of a voter's approved projects that was chosen."""
    steps: tuple[StepView, ...]
    run_id: int


@dataclass(frozen=True, slots=True)
class ElectionView:
    """A vote, on its page."""

    line: ElectionLine
    vote_type: str
    attributes: tuple[tuple[str, str], ...]
    projects: tuple[ProjectView, ...]
    binding: TallyView | None
    tallies: tuple[TallyView, ...]
    """Every rule counted, the binding one first: the comparison."""


@dataclass(frozen=True, slots=True)
class VoteLink:
    """The vote behind a candidate: for the chain."""

    election: ElectionLine
    project: ProjectView
    won: bool


def elections(territory_id: int) -> tuple[ElectionLine, ...]:
    """Which votes were held?"""
    raise NotImplementedError


def election(territory_id: int, code: str) -> ElectionView | None:
    """What was put to the vote and what did each rule choose?"""
    raise NotImplementedError


def vote_of_candidate(territory_id: int, code: str) -> VoteLink | None:
    """Which vote stands behind the candidate with this code?"""
    raise NotImplementedError


def layer(territory_id: int, election: str) -> str:
    """Where are the projects put to the vote, as GeoJSON points?

    Properties: `code`, `name`, `cost`, `votes`, `won`.
    """
    raise NotImplementedError
