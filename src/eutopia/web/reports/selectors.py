"""What pages read about reports. Nothing here gives the place of one report beyond 100 metres."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from eutopia.web.territory.selectors import Page

STATUSES = (
    "received",
    "accepted",
    "scheduled",
    "answered",
    "declined",
    "done",
    "confirmed",
    "closed_at_source",
)
"""In the order of their way; `closed_at_source` is a closure told by the source, unproved."""


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
    """A suggested group of duplicates, for the desk."""

    id: int
    first: ReportLine
    size: int
    score: float
    state: str


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


def reports(
    territory_id: int, wanted: ReportFilter, *, page: int = 1, size: int = 25
) -> Page[ReportLine]:
    """Which reports answer the filter? At most five queries, whatever the size."""
    raise NotImplementedError


def report(territory_id: int, report_id: int) -> ReportView | None:
    """What is known of one report? None where there is no such report."""
    raise NotImplementedError


def problem_types(territory_id: int) -> tuple[TypeView, ...]:
    """Which kinds of problems are reported, how often?"""
    raise NotImplementedError


def type_titles(territory_id: int) -> dict[str, str]:
    """What is each kind of problem called, by code?"""
    raise NotImplementedError


def figures(territory_id: int) -> ReportFigures:
    """How many reports, how many in time, how many still open?"""
    raise NotImplementedError


def cells_layer(territory_id: int, wanted: ReportFilter) -> str:
    """How many reports lie in each H3 cell (resolution 9), as GeoJSON hexagons?

    Properties: `cell`, `reports`, `open`. Cells with fewer than three reports are merged into
    their parent cell, so that no single household shows.
    """
    raise NotImplementedError


def monthly_counts(report_ids: list[int]) -> tuple[tuple[date, int], ...]:
    """How many of these reports were opened in each month (gaps filled with 0)?"""
    raise NotImplementedError


def report_lines(territory_id: int, report_ids: list[int]) -> tuple[ReportLine, ...]:
    """How do these reports read in a list, newest first?"""
    raise NotImplementedError


def inbox(
    territory_id: int,
    *,
    organisations: tuple[str, ...] | None = None,
    queue: str = "new",
    page: int = 1,
    size: int = 50,
) -> Page[ReportLine]:
    """What waits for staff?

    Parameters
    ----------
    organisations
        Codes of organisations a provider or contractor may see; None for all.
    queue
        `new` (received), `overdue` (open past the deadline, the longest overdue first),
        `due_soon` (within two days of the territory's day), `working` (accepted or scheduled).
    """
    raise NotImplementedError


def inbox_counts(
    territory_id: int, *, organisations: tuple[str, ...] | None = None
) -> dict[str, int]:
    """How many wait in each queue: new, overdue, due_soon, working, groups?"""
    raise NotImplementedError


def groups(
    territory_id: int, *, state: str = "suggested", page: int = 1, size: int = 50
) -> Page[GroupLine]:
    """Which groups of duplicates wait for a decision, the largest first?"""
    raise NotImplementedError


def group_reports(territory_id: int, group_id: int) -> tuple[ReportLine, ...]:
    """Which reports are in a group, the earliest first?"""
    raise NotImplementedError


def imports(territory_id: int) -> tuple[ImportLine, ...]:
    """Which files were read, the latest first?"""
    raise NotImplementedError
