"""What pages read about the state of what the municipality keeps."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class ClassCondition:
    """How the things of one class stand now."""

    asset_class: str
    assets: int
    inspected: int
    """How many have a condition on record."""
    mean_condition: float | None
    bands: tuple[int, int, int, int]
    """How many inspected are at 0-25, 25-50, 50-75, 75-100."""
    mean_age: float | None
    life_years: float | None
    worn_out: int
    """How many are at or past the end of their service life."""
    forecast: tuple[tuple[int, float | None, int], ...]
    """Year, mean condition, worn out, if nothing is renewed."""


@dataclass(frozen=True, slots=True)
class UpkeepView:
    """Whether everything built can be kept."""

    classes: tuple[ClassCondition, ...]
    run_id: int | None


@dataclass(frozen=True, slots=True)
class UpkeepBalance:
    """Yearly upkeep the published programme adds, against what the budget takes on."""

    year: int
    added: Decimal
    limit: Decimal
    unfunded: Decimal
    """Zero in a sound programme."""


def condition(territory_id: int) -> UpkeepView:
    """In what condition are the things, by class, and where do they go?"""
    raise NotImplementedError
