"""Composite indices: what a pack asks for, what was found, what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from eutopia.core.records.norms import Source
from eutopia.core.records.text import Text

SCORINGS = ("minmax", "quantile_bins", "fixed_bands", "none")
DIRECTIONS = ("higher", "lower", "none")
AGGREGATIONS = ("arithmetic", "geometric", "harmonic")

MEASURES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "open_ground_share": ("spaces", "built_within_m", "street_widths"),
        "residents_near_spaces": ("spaces", "within_m"),
        "residents_near_assets": ("assets", "within_m"),
        "street_length_near_assets": ("assets", "streets", "within_m"),
        "space_per_resident": ("spaces", "square_metres", "residents"),
        "heritage_per_hectare": (),
        "assets_per_hectare": ("assets",),
        "asset_condition": ("assets",),
        "reports_per_1000": ("days",),
        "days_to_close": ("days",),
        "outages_per_home": ("service", "days"),
        "hours_per_outage": ("service", "days"),
        "outage_hours_per_home": ("service", "days"),
    }
)
"""Measures of the register and of what was reported that a pack may name, with the parameters that
each needs; `core.diagnose.index.measures` computes them."""


@dataclass(frozen=True, slots=True)
class Heading:
    """Which row or column of an index's matrix (a kind of space, a criterion)?"""

    code: str
    title: Text


@dataclass(frozen=True, slots=True)
class SettlementGroup:
    """Which settlements may be compared with each other?

    By residents (`residents_from` inside, `residents_to` outside; None has no bound) and climate.
    Groups are rows of their own, never a product of bands and climates.
    """

    code: str
    title: Text
    residents_from: int
    residents_to: int | None
    climate: str
    source: Source


@dataclass(frozen=True, slots=True)
class CompositeIndex:
    """Which index, of which rows and columns, scored and put together how?

    `scoring`: minmax, quantile_bins, fixed_bands, or none (values are shown, nothing is judged).
    `points` is the most one indicator can bring. `aggregation`: arithmetic, geometric or harmonic
    mean of points; `through` rows: first within each row, then over the rows; empty: over all
    indicators at once. `favourable_share` of all points and more is called favourable, None where
    the method knows no such mark.
    """

    code: str
    title: Text
    description: Text
    rows: tuple[Heading, ...]
    columns: tuple[Heading, ...]
    scoring: str
    points: int
    aggregation: str
    through: str
    favourable_share: Decimal | None
    groups: tuple[SettlementGroup, ...]
    source: Source


@dataclass(frozen=True, slots=True)
class IndexIndicator:
    """Which indicator of which index, computed or entered, in which direction better?

    `direction` higher, lower, or none (not judged). `measure` names one of the declared measures
    of the register with its `parameters`; empty: a statistic that is entered. `bands` are pairs of
    lower bound and points for `fixed_bands`, rising.
    """

    code: str
    index: str
    number: str
    row: str
    column: str
    title: Text
    unit: Text
    direction: str
    formula: Text
    measure: str
    parameters: tuple[tuple[str, Any], ...]
    bands: tuple[tuple[Decimal, Decimal], ...]
    weight: Decimal
    source: Source
    note: Text | None = None


@dataclass(frozen=True, slots=True)
class Statistic:
    """Which figure was entered for which unit, of which day, from where?

    `unit` is a district's code, empty for the municipality as a whole.
    """

    indicator: str
    unit: str
    as_of: date
    value: Decimal
    source: str


@dataclass(frozen=True, slots=True)
class IndicatorValue:
    """What is known of an indicator in a unit, from where, and how many points does it bring?

    `origin`: measured (from register and reports), entered, or missing. `as_of` of an entered
    figure is its own day. `points` None: not scored.
    """

    indicator: str
    unit: str
    value: float | None
    origin: str
    as_of: date | None = None
    points: float | None = None


@dataclass(frozen=True, slots=True)
class PartScore:
    """Which part of the points that were possible did a row or column bring? None: none known."""

    code: str
    known: int
    of: int
    share: float | None


@dataclass(frozen=True, slots=True)
class UnitScore:
    """How does a unit stand in the index, and how sure is that?

    `points` are those of the `known` of `of` indicators, out of `possible`; `share` (0 to 1) is the
    aggregated share of points. `rank` 1 is the best, 0 not ranked; `low`, `median` and `high` are
    the 5th, 50th and 95th percentile of the rank over other reasonable choices.
    """

    unit: str
    known: int
    of: int
    points: float | None
    possible: float
    share: float | None
    rank: int
    low: float | None
    median: float | None
    high: float | None
    rows: tuple[PartScore, ...]
    columns: tuple[PartScore, ...]


@dataclass(frozen=True, slots=True)
class Assessment:
    """What did an index say of a municipality (unit empty) and its districts?

    `alpha` is Cronbach's over the scored indicators known everywhere; None where undefined.
    """

    index: str
    values: tuple[IndicatorValue, ...]
    scores: tuple[UnitScore, ...]
    alpha: float | None
    replicates: int


@dataclass(frozen=True, slots=True)
class AssessedIndex:
    """Which index, made of what, said what?"""

    index: CompositeIndex
    indicators: tuple[IndexIndicator, ...]
    assessment: Assessment
