"""What pages read about communal services."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from eutopia.web.territory.selectors import Page


@dataclass(frozen=True, slots=True)
class InterruptionView:
    """A service out or off its norm."""

    id: int
    code: str
    service: str
    organisation: str
    organisation_name: str
    started: datetime
    ended: datetime | None
    hours: float | None
    planned: bool
    parameter: str
    measured: Decimal | None
    cause: str
    buildings: int
    customers: int
    notice_given: datetime | None


@dataclass(frozen=True, slots=True)
class LineView:
    """How much is taken off for what, by which article."""

    norm_path: str
    article: str
    verification: str
    interruptions: tuple[InterruptionView, ...]
    supplied: str
    permitted: Decimal
    excess: Decimal
    unit: str
    percent: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class ChargeView:
    """A month's charge for a service and what is owed back of it."""

    id: int
    dwelling: str
    address: str
    service: str
    period: date
    fee: Decimal
    currency: str
    owed: Decimal
    """0.00 where nothing is owed."""
    capped: bool
    lines: tuple[LineView, ...]
    set_aside: tuple[tuple[str, str], ...]
    """Interruption code and why it could not be used."""
    edition: str
    run_id: int | None
    """None: not recalculated yet."""


@dataclass(frozen=True, slots=True)
class PeriodView:
    """One month of one service, all dwellings together."""

    period: date
    service: str
    charges: int
    recalculated: int
    reduced: int
    """Dwellings that get something back."""
    fees: Decimal
    owed: Decimal
    currency: str


def interruptions(
    territory_id: int,
    *,
    service: str = "",
    building: str = "",
    ongoing: bool | None = None,
    page: int = 1,
    size: int = 25,
) -> Page[InterruptionView]:
    """Which interruptions were there, the latest first?"""
    raise NotImplementedError


def services(territory_id: int) -> tuple[tuple[str, int], ...]:
    """Which services were interrupted, how often?"""
    raise NotImplementedError


def periods(territory_id: int) -> tuple[PeriodView, ...]:
    """What was charged and is owed back in each month, by service?"""
    raise NotImplementedError


def dwellings(
    territory_id: int, period: date, *, service: str = "", page: int = 1, size: int = 25
) -> Page[ChargeView]:
    """Which dwellings get something back for a month, the most first (without lines)?"""
    raise NotImplementedError


def dwelling(territory_id: int, code: str) -> tuple[ChargeView, ...]:
    """What was charged to a dwelling and what is owed back, with every line?"""
    raise NotImplementedError
