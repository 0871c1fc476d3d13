"""What pages get to see of reports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class ReportFilter:
    """Which reports are wanted? Empty means all.

    `status` is a status or `open`, `closed`, `overdue`. `words` is searched in Russian and English
    word forms. Dates are of opening, both included.
    """

    problem_type: str = ""
    district: str = ""
    status: str = ""
    organisation: str = ""
    since: date | None = None
    until: date | None = None
    words: str = ""
    order: str = "newest"
    """newest, oldest, due."""


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A report in a list."""

    id: int
    number: str
    problem_type: str
    title: str
    """What kind of problem, in the reader's language."""
    opened: datetime
    closed: datetime | None
    due: datetime | None
    overdue: bool
    """Past its deadline: when it was closed, or on the territory's day if still open."""
    status: str
    district: str
    district_name: str
    address: str
    words: str
    """First 160 characters of what was said."""
    duplicates: int
    """How many reports tell of the same event, itself included; 1 for a lone one."""


@dataclass(frozen=True, slots=True)
class DeadlineView:
    """By when, and how that was counted."""

    due: datetime
    service_level: str
    """Path of the norm, for the link to where it is written."""
    clock: str
    counting: str
    calendar: str
    provisional: bool
    """True: the calendar's holidays are not yet known for the whole span."""
    met: bool | None
    """None while it runs."""


@dataclass(frozen=True, slots=True)
class StatusStep:
    """One step of a report's way."""

    before: str
    after: str
    at: datetime
    role: str
    note: str
    evidence: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ReportView:
    """One report, on its page."""

    id: int
    number: str
    source: str
    problem_type: str
    title: str
    text: str
    """Redacted: fit for everybody."""
    language: str
    opened: datetime
    closed: datetime | None
    closing_note: str
    status: str
    next_statuses: tuple[str, ...]
    district: str
    district_name: str
    address: str
    lon: float | None
    """Rounded to 100 metres or so (three decimals), as is `lat`."""
    lat: float | None
    organisation: str
    organisation_name: str
    channel: str
    deadline: DeadlineView | None
    source_due: datetime | None
    steps: tuple[StatusStep, ...]
    group_id: int | None
    group_state: str
    same_event: tuple[ReportLine, ...]
    """Other reports of the same event (at most 20), first the earliest."""


@dataclass(frozen=True, slots=True)
class TypeView:
    """A kind of problem, for filters; `count` reports of it."""

    code: str
    title: str
    group: str
    count: int


@dataclass(frozen=True, slots=True)
class ReportFigures:
    """Key figures of the reports."""

    total: int
    open: int
    overdue: int
    closed_in_time: int
    closed_with_deadline: int
    duplicates: int
    """Reports that tell of an event already reported."""
    first: date | None
    last: date | None
    by_month: tuple[tuple[date, int, int], ...]
    """First day of the month, opened, closed in that month; the last 36 months."""
    by_status: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class GroupLine:
    """A group of duplicates, for the desk; `score` 1 where people put it together."""

    id: int
    first: ReportLine
    size: int
    score: float
    state: str
    reason: str
    """Of the decision, where people gave one."""


@dataclass(frozen=True, slots=True)
class ImportLine:
    """One file read."""

    file_name: str
    source: str
    started: datetime
    seconds: float
    read: int
    added: int
    changed: int
    rejected: int


@dataclass(frozen=True, slots=True)
class PublicReport:
    """A report as programs get it: redacted, its place rounded to three decimals."""

    id: int
    problem_type: str
    title: str
    text: str
    opened: datetime
    closed: datetime | None
    due: datetime | None
    closing_note: str
    address: str
    organisation_name: str
    lon: float | None
    lat: float | None
