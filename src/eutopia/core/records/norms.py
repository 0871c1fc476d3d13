"""What packs say: problem types, measures, heritage rules, calendars, deadlines, norm values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from typing import Any

from eutopia.core.records.money import Money
from eutopia.core.records.text import Text

QUALITIES = ("access", "safety", "greenery", "identity")
"""What works improve at a place beside the problems they answer."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where does a value come from, and how well is it verified?

    `verification` A: two independent sources; B: one source read; C: recalled or derived, shown
    as unverified. `origin` is where the pack's file and line are.
    """

    act: str
    article: str
    url: str
    verification: str
    edition: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class NormValue:
    """What does a norm say, in which unit, since when and until when?"""

    path: str
    value: Any
    """Decimal, int, str, bool or a nested tuple of pairs; never float."""
    unit: str
    description: Text
    valid_from: date | None
    valid_to: date | None
    source: Source


@dataclass(frozen=True, slots=True)
class ProblemType:
    """What kind of problem, whose is it by default, what does one visit cost?

    `asset_classes` are the classes whose wear may cause it; `service_level` is the path of its
    deadline; `resident_hours` the time one event takes from residents (assumed, said so).
    `service` is the communal service that fails where it is reported, empty where none does;
    `parameter` says how (see `Interruption`).
    """

    code: str
    title: Text
    group: str
    owner: str
    response_cost: Money
    resident_hours: Decimal
    severity: Decimal
    asset_classes: tuple[str, ...] = ()
    service_level: str = ""
    source: Source | None = None
    service: str = ""
    parameter: str = "continuity"


@dataclass(frozen=True, slots=True)
class Measure:
    """What can be done, at what price, for how long, with what effect?

    Costs are per `unit` at `price_date`; `effect` is the share of events of the problem types it
    `answers` that disappear, as (low, likely, high). `upkeep_share` is yearly upkeep as a share of
    the cost. `work_groups` are read by the heritage gate. `precedes` lists measures that must not
    come after this one at the same place (pipes before paving).
    """

    code: str
    title: Text
    unit: str
    cost_low: Money
    cost: Money
    cost_high: Money
    price_date: date
    life_years: int
    upkeep_share: Decimal
    effect: tuple[Decimal, Decimal, Decimal]
    answers: tuple[str, ...]
    asset_classes: tuple[str, ...]
    work_groups: tuple[str, ...]
    precedes: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    lead_years: int = 0
    season: tuple[int, int] = (1, 12)
    """First and last month in which it can be built."""
    benefits: tuple[tuple[str, Decimal], ...] = ()
    """Pairs of side (residents, business, municipality) and share of the benefit it sees."""
    improves: tuple[str, ...] = ()
    """Qualities of a place that it improves beside the problems it answers: access, safety,
    greenery, identity."""
    lifts: tuple[str, ...] = ()
    """Indicators of indices that it raises where they are low; those of indices that are not in
    force are never low."""
    crew_months: tuple[tuple[str, Decimal], ...] = ()
    """Pairs of work group and months of one crew that a unit takes; none where nobody knows."""
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class HeritageRule:
    """When works meet heritage, what follows?

    Empty tuples in the conditions mean 'any'. `outcome`: allow, allow_with_conditions,
    needs_approval, forbid.
    """

    id: str
    jurisdiction: str
    zone_kinds: tuple[str, ...]
    asset_statuses: tuple[str, ...]
    significances: tuple[str, ...]
    work_groups: tuple[str, ...]
    outcome: str
    legal_basis: str
    source: Source
    authority_role: str = ""
    documents: tuple[str, ...] = ()
    statutory_days: int | None = None
    conditions: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """On which days and hours does an office work?

    `hours` by weekday (Monday 0) are pairs of start and end, empty on days off; `exceptions` are
    holidays (empty hours), shortened and moved working days.
    """

    id: str
    title: Text
    hours: tuple[tuple[tuple[time, time], ...], ...]
    exceptions: tuple[tuple[date, tuple[tuple[time, time], ...]], ...] = ()
    covers: tuple[date, date] | None = None
    """Period for which the exceptions are complete; beyond it, a deadline says so."""
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """By when must what be done for a type of problem?

    `clock`: register, redirect, respond, call_back, inform, inspect, fence_off, temporary_fix or
    resolve. `amount` (0: at once) with `counting`:
    calendar_minutes, calendar_hours, working_hours, calendar_days or working_days. `starts`:
    registration, detection, end_of_snowfall or end_of_carriageway_work. `problem_type` may be `*`
    (every type). `conditions` are pairs of attribute and value that select the row (road category,
    street group); a value a|b means any of them.
    """

    path: str
    problem_type: str
    clock: str
    amount: int
    counting: str
    starts: str
    conditions: tuple[tuple[str, str], ...]
    source: Source


@dataclass(frozen=True, slots=True)
class PackEdition:
    """Which pack, which edition, from which files (digest)?"""

    id: str
    title: Text
    edition: str
    jurisdiction: str
    licence: str
    digest: str
    """SHA-256 over the pack's files, so that a decision can name exactly what it read."""
    description: Text = field(default_factory=lambda: Text.of(en=""))
