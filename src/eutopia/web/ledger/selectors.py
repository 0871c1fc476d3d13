"""What pages read about promises and computations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from eutopia.web.territory.selectors import Page


@dataclass(frozen=True, slots=True)
class EditionView:
    """A pack a computation read."""

    id: str
    edition: str
    digest: str


@dataclass(frozen=True, slots=True)
class RunView:
    """How a result was computed: enough to do it again."""

    id: int
    method: str
    """Path of the core's function, `module:function`."""
    parameters: tuple[tuple[str, str], ...]
    editions: tuple[EditionView, ...]
    seed: int | None
    input_digest: str
    output_digest: str
    as_of: date
    started: datetime
    seconds: float
    software: str


@dataclass(frozen=True, slots=True)
class PromiseView:
    """What was promised and what became of it.

    `kind`: work, vote, deadline, warranty. `state`: made, kept, late, broken, withdrawn.
    `subject_kind` and `subject_id` say what it is about (candidate, ballot_project, work).
    """

    id: int
    kind: str
    title: str
    district: str
    made: date
    due: date | None
    amount: Decimal | None
    state: str
    since: date
    evidence: tuple[tuple[str, str], ...]
    subject_kind: str
    subject_id: int
    history: tuple[tuple[str, date], ...]


@dataclass(frozen=True, slots=True)
class PromiseFigures:
    """How many promises, in which state."""

    made: int
    kept: int
    late: int
    broken: int
    withdrawn: int
    amount: Decimal


def run(run_id: int) -> RunView | None:
    """How was a result computed?"""
    raise NotImplementedError


def runs(territory_id: int, *, page: int = 1, size: int = 50) -> Page[RunView]:
    """Which computations were made, the latest first?"""
    raise NotImplementedError


def promises(
    territory_id: int, *, kind: str = "", state: str = "", page: int = 1, size: int = 25
) -> Page[PromiseView]:
    """What was promised, the next due first?"""
    raise NotImplementedError


def promise_figures(territory_id: int) -> PromiseFigures:
    """How many promises were made, kept, broken?"""
    raise NotImplementedError


def promises_about(
    territory_id: int, subject_kind: str, subject_id: int
) -> tuple[PromiseView, ...]:
    """What was promised about one thing?"""
    raise NotImplementedError
