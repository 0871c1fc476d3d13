"""Communal services: interruptions, tariffs, what is owed back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from eutopia.core.records.money import Money


@dataclass(frozen=True, slots=True)
class Interruption:
    """Which service was out or off its norm, for which buildings, from when to when?

    Times are aware, UTC; `ended` None means it goes on. `parameter` is continuity, temperature,
    pressure, voltage, composition or removal; `measured` in the parameter's unit, None for
    continuity. `conditions` are pairs of circumstance and value that norms ask for (indoor_C,
    accident_on_dead_end_main, weather_category ...).
    """

    id: str
    service: str
    organisation: str
    started: datetime
    ended: datetime | None
    planned: bool
    parameter: str = "continuity"
    measured: Decimal | None = None
    cause: str = ""
    asset_id: str | None = None
    building_ids: tuple[str, ...] = ()
    customers: int = 0
    notice_given: datetime | None = None
    conditions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Charge:
    """What was charged to a dwelling for a service in a billing period (a calendar month)?"""

    dwelling: str
    service: str
    period: date
    """First day of the month."""
    fee: Money
    volume: Decimal | None = None
    tariff: Money | None = None


@dataclass(frozen=True, slots=True)
class ReductionLine:
    """How much is taken off for what, by which article, on what evidence?

    `excess` in `unit` (hours, degree-hours, days ...); `percent` of the fee in all (0 for fixed
    sums); `amount` rounded to the minor unit, half up.
    """

    norm_path: str
    article: str
    verification: str
    interruption_ids: tuple[str, ...]
    supplied: str
    """When it happened: ISO 8601 intervals of local time."""
    permitted: Decimal
    excess: Decimal
    unit: str
    percent: Decimal
    amount: Money


@dataclass(frozen=True, slots=True)
class AdvisoryLine:
    """Which range have courts or guides given, where the norm sets no value of its own?

    `low` and `high` are percent of the base for the time it lasted, `amount_low` and `amount_high`
    the sums they come to; none of it is part of a recalculation's amount.
    """

    norm_path: str
    article: str
    verification: str
    interruption_ids: tuple[str, ...]
    supplied: str
    hours: Decimal
    low: Decimal
    high: Decimal
    amount_low: Money
    amount_high: Money


@dataclass(frozen=True, slots=True)
class Recalculation:
    """What is owed back for one dwelling, service and period, and why?

    `amount` is the sum of the lines. What is taken off the fee never exceeds it (`capped` says
    that it would have); fixed sums are paid on top. `set_aside` names events that could not be
    used and why (pairs of event id and code); `notes` names what was done with others (merged,
    still going on); `assumed` are circumstances taken for granted because nobody gave them.
    """

    charge: Charge
    lines: tuple[ReductionLine, ...]
    amount: Money
    capped: bool
    set_aside: tuple[tuple[str, str], ...]
    edition: str
    advisory: tuple[AdvisoryLine, ...] = ()
    assumed: tuple[tuple[str, str], ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
