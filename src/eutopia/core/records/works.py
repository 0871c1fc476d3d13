"""Works done and what they changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from shapely.geometry.base import BaseGeometry

from eutopia.core.records.money import Money


@dataclass(frozen=True, slots=True)
class Work:
    """What was built where, when, by whom, for how much, and until when is it under warranty?"""

    id: str
    measure: str
    geometry: BaseGeometry
    district: str
    started: date
    finished: date | None
    cost: Money
    contractor: str = ""
    asset_ids: tuple[str, ...] = ()
    warranty_until: date | None = None
    candidate_id: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Did it work: events before and after, against places where nothing was done?

    `ratio` is the rate after over before, divided by the same ratio at comparison places
    (difference in differences on the log scale); `low` and `high` bound it (95 %). Below 1 is
    better.
    """

    subject: str
    """Work or measure."""
    before: int
    after: int
    days_before: int
    days_after: int
    comparison_before: int
    comparison_after: int
    ratio: float
    low: float
    high: float
    verdict: str
    """better, worse, unclear, too_early."""
