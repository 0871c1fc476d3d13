"""How good must a communal service be, and what follows when it is not? One shape for all laws."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal

from eutopia.core.records.money import Money
from eutopia.core.records.norms import Source
from eutopia.core.records.text import Text


@dataclass(frozen=True, slots=True)
class Condition:
    """Which circumstance must be how?

    `op` is one of = != < <= > >= in; `values` holds one value, or several for `in`.
    """

    variable: str
    op: str
    values: tuple[Decimal | str, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """Between which bounds must the measured value lie? None means no bound."""

    name: str
    low: Decimal | None
    high: Decimal | None
    when: tuple[Condition, ...]
    source: Source


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far below and above the bounds may it go?"""

    name: str
    below: Decimal
    above: Decimal
    when: tuple[Condition, ...]
    source: Source


@dataclass(frozen=True, slots=True)
class Permitted:
    """How long may it be out?

    `scope`: single (each time), period_total (all of a billing period). `hours` None means that
    another act (`refers_to`) sets it. `apart` rows judge an event alone: its hours do not count
    towards the period's total.
    """

    name: str
    scope: str
    hours: Decimal | None
    when: tuple[Condition, ...]
    source: Source
    apart: bool = False
    refers_to: str = ""


@dataclass(frozen=True, slots=True)
class Remedy:
    """What follows, computed how?

    Kinds, with the fields each reads:

    * percent_per_hours: `percent` of the fee for each `per_hours` of excess;
    * percent_per_degree_hour: `percent` for each unit of deviation and hour;
    * percent_per_step_hour: `percent` for each whole `step` of deviation and hour;
    * zero_per_day: the fee of every day touched;
    * percent_of_time: `percent` of the fee for the share of time;
    * tariff_substitution: those hours at the tariff of service `tariff`;
    * fixed_sum_stepped: `amount`, then `further` for every `per_hours` more, up to `cap`;
    * fixed_sum_count: `amount` when `events` of at least `min_hours` meet within `window_days`,
      or within a year from `year_start`; at most `max_per_year`;
    * range_advisory: from `percent` to `percent_high` for the share of time.

    `hours_counted` and `degrees_counted`: exact, whole (begun ones do not count) or started.
    `note` explains to whom it is owed what may puzzle in it.
    """

    name: str
    kind: str
    when: tuple[Condition, ...]
    source: Source
    percent: Decimal = Decimal(0)
    percent_high: Decimal = Decimal(0)
    per_hours: Decimal = Decimal(1)
    step: Decimal = Decimal(0)
    hours_counted: str = "exact"
    degrees_counted: str = "exact"
    tariff: str = ""
    amount: Money | None = None
    further: Money | None = None
    cap: Money | None = None
    events: int = 0
    min_hours: Decimal = Decimal(0)
    window_days: int = 0
    year_start: tuple[int, int] = (1, 1)
    max_per_year: int = 0
    automatic: bool = False
    claim_days: int | None = None
    note: Text | None = None


@dataclass(frozen=True, slots=True)
class ServiceNorm:
    """How good must one parameter of a service be, and what follows when it is not?

    `charge` is the charge that is reduced (the service's own, or the rent). `parameters` are those
    of interruptions it judges. With `targets` it judges a measured value, without them the event
    itself is the breach. `bands` name hours of the local day for conditions on `time_of_day`.
    `assume` are circumstances taken for granted when nobody gives them. Of several targets,
    tolerances or permitted lengths whose conditions hold, the one with most conditions counts,
    then the first.
    """

    path: str
    service: str
    charge: str
    parameters: tuple[str, ...]
    unit: str
    description: Text
    source: Source
    valid_from: date | None = None
    valid_to: date | None = None
    when: tuple[Condition, ...] = ()
    assume: tuple[tuple[str, str], ...] = ()
    bands: tuple[tuple[str, time, time], ...] = ()
    targets: tuple[Target, ...] = ()
    tolerances: tuple[Tolerance, ...] = ()
    permitted: tuple[Permitted, ...] = ()
    remedies: tuple[Remedy, ...] = ()
