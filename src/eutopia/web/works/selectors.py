"""What pages read about works and what they changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from eutopia.web.territory.selectors import Page


@dataclass(frozen=True, slots=True)
class OutcomeView:
    """Whether it worked. `ratio` below 1 is better; `low` and `high` bound it (95 %).

    `verdict`: better, worse, unclear, too_early.
    """

    before: int
    after: int
    days_before: int
    days_after: int
    comparison_before: int
    comparison_after: int
    ratio: float | None
    low: float | None
    high: float | None
    verdict: str
    run_id: int


@dataclass(frozen=True, slots=True)
class WorkView:
    """A work."""

    id: int
    code: str
    measure: str
    title: str
    district: str
    district_name: str
    started: date
    finished: date | None
    cost: Decimal
    currency: str
    contractor: str
    contractor_name: str
    warranty_until: date | None
    under_warranty: bool
    candidate: str
    """Code of the candidate it realises, where known."""
    lon: float | None
    lat: float | None
    outcome: OutcomeView | None


@dataclass(frozen=True, slots=True)
class MeasureOutcome:
    """What a measure changed, all its works together."""

    measure: str
    title: str
    works: int
    outcome: OutcomeView


def works(
    territory_id: int, *, measure: str = "", verdict: str = "", page: int = 1, size: int = 25
) -> Page[WorkView]:
    """Which works were done, the latest first?"""
    raise NotImplementedError


def work(territory_id: int, work_id: int) -> WorkView | None:
    """What is known of one work?"""
    raise NotImplementedError


def works_of_candidate(territory_id: int, code: str) -> tuple[WorkView, ...]:
    """Which works realise a candidate?"""
    raise NotImplementedError


def works_near(
    territory_id: int, *, lon: float, lat: float, radius_m: float = 60.0
) -> tuple[WorkView, ...]:
    """Which works were done at a place?"""
    raise NotImplementedError


def measure_outcomes(territory_id: int) -> tuple[MeasureOutcome, ...]:
    """What did each measure change, the most effective first?"""
    raise NotImplementedError


def verdict_counts(territory_id: int) -> dict[str, int]:
    """How many works made things better, worse, or cannot be told yet?"""
    raise NotImplementedError


def layer(territory_id: int) -> str:
    """Where were works done, as GeoJSON? Properties: `id`, `title`, `finished`, `verdict`."""
    raise NotImplementedError
