"""What the interface for programs answers with."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Generic, TypeVar

from ninja import Schema

T = TypeVar("T")


class Fault(Schema):
    """Where a request is wrong, and how."""

    field: str
    message: str


class Refusal(Schema):
    """Why there is no answer."""

    detail: str
    faults: list[Fault] = []


class Listing(Schema, Generic[T]):
    """One page of a list."""

    items: list[T]
    page: int
    pages: int
    total: int
    size: int


class TerritoryOut(Schema):
    """A municipality."""

    code: str
    name: str
    synthetic: bool
    as_of: date
    time_zone: str
    currency: str
    bounds: tuple[float, float, float, float] | None
    packs: list[str]


class ReportOut(Schema):
    """A report, as in lists."""

    id: int
    number: str
    problem_type: str
    title: str
    opened: datetime
    closed: datetime | None
    due: datetime | None
    overdue: bool
    status: str
    district: str
    address: str
    words: str
    duplicates: int


class ReportDetail(Schema):
    """A report with everything public about it; its place is rounded to about 100 metres."""

    id: int
    number: str
    source: str
    problem_type: str
    title: str
    text: str
    language: str
    opened: datetime
    closed: datetime | None
    closing_note: str
    status: str
    district: str
    address: str
    lon: float | None
    lat: float | None
    organisation: str
    channel: str


class ProblemOut(Schema):
    """A problem. `cost_total` is the cost of going on as before over the horizon."""

    number: int
    label: str
    problem_type: str
    title: str
    place: str
    district: str
    reports: int
    events: int
    recurrences: int
    first_seen: date
    last_seen: date
    people_affected: int
    severity: float
    trend: float
    cost_total: Decimal
    owner: str
    state: str
    lon: float | None
    lat: float | None


class ReasonOut(Schema):
    """Why a candidate is in or out: a code with its numbers."""

    code: str
    values: dict[str, str]


class CandidateOut(Schema):
    """A work that the programme chose or refused."""

    id: int
    code: str
    title: str
    measure: str
    district: str
    cost: Decimal
    upkeep: Decimal
    benefit: Decimal
    value: Decimal
    people_reached: int
    chosen: bool
    year: int | None
    main_reason: ReasonOut | None
    gate: str
    origin: str


class FundOut(Schema):
    """Money of one fund in one year."""

    fund: str
    title: str
    year: int
    available: Decimal
    spent: Decimal


class ProgrammeOut(Schema):
    """A programme as a whole."""

    number: int
    state: str
    status: str
    created: datetime
    published: datetime | None
    currency: str
    first_year: int
    last_year: int
    chosen: int
    refused: int
    cost: Decimal
    value: Decimal
    objective: float
    bound: float
    gap: float
    violations: list[str]
    funds: list[FundOut]
