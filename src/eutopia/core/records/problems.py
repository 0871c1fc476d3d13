"""The central record: what many reports, inspections and outages have in common."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from eutopia.core.records.money import Money

CAUSES = (
    "worn_asset", "poor_repair", "network_failure", "drainage", "behaviour", "weather",
    "works_nearby", "unknown",
)  # fmt: skip
"""Codes of causes, in the order in which they are weighed."""


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """Which reports tell of one and the same event?

    `score` is the weakest link that holds the group together, 0 to 1; 1 for a lone report.
    `first` is the earliest report: the others are its duplicates.
    """

    report_ids: tuple[str, ...]
    first: str
    score: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for the problem, and how strongly?

    `kind`: reports, recurrence, cluster, condition, inspection, interruption. `weight` 0 to 1.
    `subject_ids` are the reports, assets or interruptions meant. `measure` is the number behind
    it (count, ratio, condition), `unit` its unit.
    """

    kind: str
    weight: float
    subject_ids: tuple[str, ...]
    measure: float
    unit: str


@dataclass(frozen=True, slots=True)
class CauseHypothesis:
    """What may be behind it, how likely (0 to 1; those of one problem sum to at most 1)?

    `cause` is one of :data:`CAUSES`.
    """

    cause: str
    likelihood: float
    asset_id: str | None = None


@dataclass(frozen=True, slots=True)
class CostOfInaction:
    """What does going on as before cost over the horizon, discounted, with an 80 % interval?

    `repeats_per_year` is the expected number of events; `response` is the municipality's money,
    `residents_time` the residents' hours priced; `given_back` what outages take off the bills,
    `call_outs` the crews sent to outages that nobody reported. `total` is all of it, `low` and
    `high` bound it.
    """

    repeats_per_year: float
    horizon_years: int
    discount_rate: Decimal
    response: Money
    residents_time: Money
    total: Money
    low: Money
    high: Money
    given_back: Money | None = None
    """None: no month was recalculated."""
    call_outs: Money | None = None
    """None: nobody says what sending a crew costs."""

    @property
    def outages(self) -> Money:
        """What outages cost besides their repair."""
        known = (one for one in (self.given_back, self.call_outs) if one is not None)
        return sum(known, Money.zero(self.total.currency))


@dataclass(frozen=True, slots=True)
class Problem:
    """What keeps coming back, where, why, at what cost, and whose is it?

    `severity` runs 0 to 1. `trend` is the relative change of the event rate a year (0.1 = +10 %).
    `radius_m` is the extent around (`lon`, `lat`).
    """

    id: str
    problem_type: str
    lon: float
    lat: float
    radius_m: float
    district: str
    place: str
    """Words for the place in the sources' language: a street, a yard, an address."""
    report_ids: tuple[str, ...]
    events: int
    """Reports less duplicates."""
    recurrences: int
    """Events that followed a closure at the same place within the recurrence window."""
    first_seen: date
    last_seen: date
    people_affected: int
    severity: float
    trend: float
    evidence: tuple[Evidence, ...]
    causes: tuple[CauseHypothesis, ...]
    cost: CostOfInaction
    owner: str
    """Organisation suggested."""
    asset_ids: tuple[str, ...] = ()
    by_signs: tuple[CauseHypothesis, ...] = ()
    """All causes as the signs alone weigh them, before anything was learned from people."""
    certainty: float | None = None
    """Chance that staff who look will confirm it; None before they decided on enough problems."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What did somebody who went there see?

    `confirmed` says that the problem was seen; `cause` is one of :data:`CAUSES`, empty where none
    was found; `condition` is the asset's, 0 to 100. It belongs to problems at `asset_id`, or of
    `problem_type` at the point.
    """

    id: str
    day: date
    confirmed: bool
    problem_type: str = ""
    cause: str = ""
    asset_id: str | None = None
    condition: float | None = None
    lon: float | None = None
    lat: float | None = None


@dataclass(frozen=True, slots=True)
class WeatherDay:
    """How was the weather on a day? None where it was not measured.

    `low_c` and `high_c` in degrees, `rain_mm` of water, `wind_ms` the strongest gust.
    """

    day: date
    low_c: float | None = None
    high_c: float | None = None
    rain_mm: float | None = None
    wind_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Ruling:
    """What did staff decide on the extent of a problem?

    `kind`: together (these reports speak for one problem) or apart (they are a problem of their
    own). The latest of two that contradict each other holds.
    """

    kind: str
    report_ids: tuple[str, ...]
