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
    pressure, voltage or removal; `measured` in the parameter's unit, None for continuity.
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

    `excess` in `unit` (hours, degree-hours, days); `percent` of the fee in all; `amount` rounded
    to the minor unit, half up.
    """

    norm_path: str
    article: str
    verification: str
    interruption_ids: tuple[str, ...]
    supplied: str
    """In words a lawyer reads: what happened, in numbers."""
    permitted: Decimal
    excess: Decimal
    unit: str
    percent: Decimal
    amount: Money


@dataclass(frozen=True, slots=True)
class Recalculation:
    """What is owed back for one dwelling, service and period, and why?

    `amount` is the sum of the lines, never above the fee. `set_aside` names events that could not
    be used and why.
    """

    charge: Charge
    lines: tuple[ReductionLine, ...]
    amount: Money
    capped: bool
    set_aside: tuple[tuple[str, str], ...]
    edition: str
