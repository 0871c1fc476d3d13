"""What pages get to see of problems."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from eutopia.web.reports.selectors import ReportLine


@dataclass(frozen=True, slots=True)
class ProblemFilter:
    """Which problems are wanted? Empty means all that the latest diagnosis finds."""

    problem_type: str = ""
    district: str = ""
    state: str = ""
    owner: str = ""
    order: str = "cost"
    """cost, recurrences, people, newest, severity."""


@dataclass(frozen=True, slots=True)
class ProblemLine:
    """A problem in a list. `label` reads P-12; money is of the territory's currency."""

    id: int
    number: int
    label: str
    problem_type: str
    title: str
    place: str
    district: str
    district_name: str
    reports: int
    events: int
    recurrences: int
    first_seen: date
    last_seen: date
    people_affected: int
    severity: float
    trend: float
    cost_total: Decimal
    """Cost of going on as before over the horizon, discounted."""
    owner: str
    owner_name: str
    state: str
    lon: float | None
    """None where its reports name no place, as is `lat`."""
    lat: float | None


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """What speaks for it. `kind`: reports, recurrence, cluster, condition, inspection,
    interruption."""

    kind: str
    weight: float
    measure: float
    unit: str
    subjects: int


@dataclass(frozen=True, slots=True)
class CauseView:
    """What may be behind it. `cause` is a code; `asset` the thing suspected, with its class."""

    cause: str
    likelihood: float
    asset: str
    asset_class: str
    installed: int | None
    condition: float | None


@dataclass(frozen=True, slots=True)
class CostView:
    """Cost of going on as before: total with an 80 % interval and its parts."""

    total: Decimal
    low: Decimal
    high: Decimal
    response: Decimal
    residents_time: Decimal
    repeats_per_year: float
    horizon_years: int
    discount_rate: Decimal
    currency: str
    given_back: Decimal | None
    """What outages take off the bills; None where no month was recalculated."""
    call_outs: Decimal | None
    """Crews sent to outages that nobody reported; None where nobody says what one costs."""


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One line of a problem's history. `others` are numbers of other problems; `role` is empty for
    the engine; `fields` are pairs of what was set right or seen, in words."""

    kind: str
    on: date
    others: tuple[int, ...]
    fields: tuple[tuple[str, str], ...]
    reason: str
    role: str


@dataclass(frozen=True, slots=True)
class InspectionView:
    """What somebody who went there saw: `cause` is a code, `condition` of the thing, of 100."""

    on: date
    confirmed: bool
    cause: str
    condition: float | None
    note: str


@dataclass(frozen=True, slots=True)
class ProblemView:
    """A problem, on its page."""

    line: ProblemLine
    current: bool
    merged_into: int | None
    """Number of the problem it was merged into."""
    radius_m: float
    evidence: tuple[EvidenceView, ...]
    causes: tuple[CauseView, ...]
    cost: CostView
    by_month: tuple[tuple[date, int], ...]
    """First day of the month, reports opened."""
    latest: tuple[ReportLine, ...]
    """The latest ten reports; the rest by `problem_reports`."""
    run_id: int
    certainty: float | None
    """Chance that staff who look confirm it, learned; None before enough was decided."""
    corrected: tuple[tuple[str, str], ...]
    """What people set right, by name, as it was given."""
    history: tuple[ChangeView, ...]
    """Oldest first."""
    inspections: tuple[InspectionView, ...]
    """Latest first."""


@dataclass(frozen=True, slots=True)
class ProblemFigures:
    """Key figures of the problems now known."""

    total: int
    confirmed: int
    cost_total: Decimal
    reports_covered: int
    by_type: tuple[tuple[str, str, int], ...]
    """Code, title, count; most frequent first."""
