"""Communal services: interruptions, tariffs, what is owed back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from eutopia.core.records.money import Money
from eutopia.core.records.text import Text


@dataclass(frozen=True, slots=True)
class Interruption:
    """Which service was out or off its norm, for which buildings, from when to when?

    Times are aware, UTC; `ended` None means it goes on. `parameter` is continuity, temperature,
    pressure, voltage, composition or removal; `measured` in the parameter's unit, None for
    continuity. `conditions` are pairs of circumstance and value that norms ask for (indoor_C,
    accident_on_dead_end_main, weather_category ...). `promised` is when it is said to end.
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
    promised: datetime | None = None


@dataclass(frozen=True, slots=True)
class Signal:
    """Who says that a service is out or off its norm, where, from when to when?

    `source` is report, call, dispatcher, meter or provider. Residents (report, call) tell of a
    moment: they know neither an end nor whether it was planned (`planned` None). Times are aware;
    `ended` None from the others means that it goes on. `conditions` as of an `Interruption`.
    """

    id: str
    source: str
    service: str
    started: datetime
    ended: datetime | None = None
    building_ids: tuple[str, ...] = ()
    organisation: str = ""
    planned: bool | None = None
    parameter: str = "continuity"
    measured: Decimal | None = None
    asset_id: str | None = None
    cause: str = ""
    promised: datetime | None = None
    notice_given: datetime | None = None
    customers: int = 0
    conditions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Connection:
    """Who serves a building with a service, through which part of the network, up to where?

    `provider` answers to the residents, `supplier` for the network before the `boundary` (a code:
    outer_wall, building_meter, dwelling, site).
    """

    building: str
    service: str
    provider: str
    supplier: str
    asset_id: str | None = None
    boundary: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Tariff:
    """What does a unit of a service cost, from which day to which (both included)?"""

    service: str
    provider: str
    since: date
    until: date | None
    price: Money
    unit: str
    act: str = ""


@dataclass(frozen=True, slots=True)
class Crew:
    """Which crew goes out, for whom, for which services?"""

    id: str
    name: Text
    organisation: str
    services: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """What was said on the telephone to the dispatcher, about which building, when?

    Nobody's name is in it: `dwelling` is a number. `answered` None means that it still rings.
    """

    id: str
    received: datetime
    building: str
    service: str
    words: str = ""
    dwelling: str = ""
    answered: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What did a meter say when? `at` is aware."""

    at: datetime
    value: Decimal


@dataclass(frozen=True, slots=True)
class Meter:
    """Which meter measures which parameter of which service, for which buildings?"""

    id: str
    service: str
    parameter: str
    organisation: str
    building_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UtilityRegister:
    """What is known of how a territory is served, and what its dispatcher and meters say?"""

    connections: tuple[Connection, ...] = ()
    tariffs: tuple[Tariff, ...] = ()
    crews: tuple[Crew, ...] = ()
    calls: tuple[Call, ...] = ()
    meters: tuple[Meter, ...] = ()
    readings: tuple[tuple[str, tuple[Reading, ...]], ...] = ()
    """Pairs of a meter and what it said."""


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


@dataclass(frozen=True, slots=True)
class OutageLosses:
    """What have outages cost besides their repair: money given back, crews sent out?

    `given_back` are sums by the outages on which they rest together (a norm adds up the hours of a
    month), over the `months` charged. `call_out` is what sending a crew once costs, None where
    nobody says; `call_outs` are pairs of an outage and how often a crew was seen to go.
    """

    given_back: tuple[tuple[tuple[str, ...], Money], ...] = ()
    months: int = 0
    call_out: Money | None = None
    call_outs: tuple[tuple[str, int], ...] = ()
