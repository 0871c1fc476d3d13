"""By when, counted how, under which norm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Deadline:
    """By when must it be done, and how was that counted?

    `due` is aware, in the territory's time zone. `calendar_complete` False means the calendar's
    holidays are not known for the whole span, so the date is provisional.
    """

    clock: str
    due: datetime
    service_level: str
    counting: str
    calendar: str
    calendar_complete: bool
