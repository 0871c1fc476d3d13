"""Municipalities, their reports, problems and programme."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.errors import HttpError
from ninja.params.functions import Path, Query
from pydantic import Field

from eutopia.web.api.schemas import (
    CandidateOut,
    Listing,
    ProblemOut,
    ProgrammeOut,
    Refusal,
    ReportDetail,
    ReportOut,
    TerritoryOut,
)
from eutopia.web.problems import selectors as problems
from eutopia.web.programmes import selectors as programmes
from eutopia.web.reports import selectors as reports
from eutopia.web.territory import selectors as territories

router = Router(tags=["municipality"])

Town = Path(..., description="Code of the municipality.", max_length=64)
_TOO_LARGE = 2**63 - 1

Number = Path(..., ge=0, le=_TOO_LARGE)
REFUSALS: dict[int, Any] = {400: Refusal, 404: Refusal, 422: Refusal}


class Paging(Schema):
    """Which page of how many rows."""

    page: int = Field(1, ge=1, le=1_000_000)
    size: int = Field(50, ge=1, le=500)


class ReportQuery(Paging):
    """Which reports. Empty means all."""

    problem_type: str = Field("", max_length=96)
    district: str = Field("", max_length=96)
    status: str = Field("", max_length=32, description="A status, or open, closed, overdue.")
    since: date | None = None
    until: date | None = None
    words: str = Field("", max_length=200)
    order: Literal["newest", "oldest", "due"] = "newest"


class ProblemQuery(Paging):
    """Which problems. Empty means all that the latest diagnosis finds."""

    problem_type: str = Field("", max_length=96)
    district: str = Field("", max_length=96)
    state: Literal["", "found", "confirmed", "rejected", "merged"] = ""
    order: Literal["cost", "recurrences", "people", "newest", "severity"] = "cost"


class CandidateQuery(Paging):
    """Which candidates of the programme."""

    district: str = Field("", max_length=96)
    measure: str = Field("", max_length=96)
    year: int | None = Field(None, ge=1900, le=2200)
    chosen: bool | None = None
    order: Literal["value", "cost", "year"] = "value"


def town_or_404(code: str) -> territories.TerritoryView:
    """Which municipality is meant? Answers 404 where there is none of this code."""
    found = None if "\x00" in code else territories.territory(code)
    if found is None:
        raise HttpError(404, "There is no such municipality here.")
    return found


def clean(words: str) -> str:
    """Take out the zero byte, which no text in the database holds."""
    return words.replace("\x00", "")


def _listing(page: territories.Page[Any]) -> dict[str, Any]:
    return {
        "items": list(page.items),
        "page": page.number,
        "pages": page.pages,
        "total": page.total,
        "size": page.size,
    }


@router.get("territories", response=list[TerritoryOut], summary="Municipalities")
def list_territories(request: HttpRequest) -> Any:  # noqa: ARG001
    """List the municipalities of this installation."""
    return list(territories.territories())


@router.get(
    "territories/{town}/reports", response={200: Listing[ReportOut], **REFUSALS}, summary="Reports"
)
def list_reports(
    request: HttpRequest,  # noqa: ARG001
    town: str = Town,
    wanted: ReportQuery = Query(...),  # noqa: B008
) -> Any:
    """List reports by a filter; words are searched in Russian and English word forms."""
    found = town_or_404(town)
    chosen = reports.ReportFilter(
        problem_type=clean(wanted.problem_type),
        district=clean(wanted.district),
        status=clean(wanted.status),
        since=wanted.since,
        until=wanted.until,
        words=clean(wanted.words),
        order=wanted.order,
    )
    return _listing(reports.reports(found.id, chosen, page=wanted.page, size=wanted.size))


@router.get(
    "territories/{town}/reports/{report_id}",
    response={200: ReportDetail, **REFUSALS},
    summary="One report",
)
def get_report(request: HttpRequest, town: str = Town, report_id: int = Number) -> Any:  # noqa: ARG001
    """Show one report, redacted, its place rounded."""
    found = reports.report(town_or_404(town).id, report_id)
    if found is None:
        raise HttpError(404, "There is no such report.")
    return found


@router.get(
    "territories/{town}/problems",
    response={200: Listing[ProblemOut], **REFUSALS},
    summary="Problems",
)
def list_problems(
    request: HttpRequest,  # noqa: ARG001
    town: str = Town,
    wanted: ProblemQuery = Query(...),  # noqa: B008
) -> Any:
    """List problems by a filter."""
    chosen = problems.ProblemFilter(
        problem_type=clean(wanted.problem_type),
        district=clean(wanted.district),
        state=wanted.state,
        order=wanted.order,
    )
    found = town_or_404(town)
    return _listing(problems.problems(found.id, chosen, page=wanted.page, size=wanted.size))


@router.get(
    "territories/{town}/problems/{number}",
    response={200: ProblemOut, **REFUSALS},
    summary="One problem",
)
def get_problem(request: HttpRequest, town: str = Town, number: int = Number) -> Any:  # noqa: ARG001
    """Show one problem by its number."""
    number = min(number, 2**31 - 1)
    found = problems.problem_line(town_or_404(town).id, number)
    if found is None:
        raise HttpError(404, "There is no such problem.")
    return found


@router.get(
    "territories/{town}/programme", response={200: ProgrammeOut, **REFUSALS}, summary="Programme"
)
def get_programme(request: HttpRequest, town: str = Town) -> Any:  # noqa: ARG001
    """Show the published programme, or the latest draft where none is published."""
    found = programmes.programme(town_or_404(town).id)
    if found is None:
        raise HttpError(404, "There is no programme yet.")
    return found


@router.get(
    "territories/{town}/programme/candidates",
    response={200: Listing[CandidateOut], **REFUSALS},
    summary="Candidates of the programme",
)
def list_candidates(
    request: HttpRequest,  # noqa: ARG001
    town: str = Town,
    wanted: CandidateQuery = Query(...),  # noqa: B008
) -> Any:
    """List what the programme chose and refused, each with the reason."""
    chosen = programmes.CandidateFilter(
        district=clean(wanted.district),
        measure=clean(wanted.measure),
        year=wanted.year,
        chosen=wanted.chosen,
        order=wanted.order,
    )
    found = town_or_404(town)
    return _listing(programmes.candidates(found.id, chosen, page=wanted.page, size=wanted.size))
