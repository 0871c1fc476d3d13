"""How an outage is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class OutageView:
    """A service out or off its norm at a building."""

    id: int
    code: str
    service: str
    parameter: str
    measured: Decimal | None
    planned: bool
    started: datetime
    ended: datetime | None
    promised: datetime | None
    cause: str
    confirmed: bool
    notice_given: datetime | None
    organisation: str
    organisation_name: str
    phone: str
    buildings: int
    customers: int
