"""Reading by Open311 GeoReport v2: services (kinds of problems) and requests (reports), as JSON.

The municipality is the standard's `jurisdiction_id`; where it is left out, the first one is meant.
Filing by this standard is not offered: it asks for names that Eutopia does not take.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from django.http import HttpRequest, JsonResponse
from ninja import Router, Schema
from ninja.params.functions import Path, Query
from pydantic import AwareDatetime, Field

from eutopia.web.reports import selectors as reports
from eutopia.web.territory import selectors as territories

router = Router(tags=["Open311 GeoReport v2"])

_DAYS = 90
_MOST = 1_000
_ID = r"^\d{1,18}$"


class ServiceOut(Schema):
    """A kind of problem."""

    service_code: str
    service_name: str
    description: str
    metadata: bool
    type: str
    keywords: str
    group: str


class RequestOut(Schema):
    """A report."""

    service_request_id: str
    status: str
    status_notes: str
    service_name: str
    service_code: str
    description: str
    agency_responsible: str
    service_notice: str
    requested_datetime: datetime
    updated_datetime: datetime | None
    expected_datetime: datetime | None
    address: str
    lat: float | None
    long: float | None


class Error(Schema):
    """What the standard answers where something is wrong."""

    code: int
    description: str


REFUSALS: dict[int, Any] = {400: list[Error], 404: list[Error], 422: dict[str, Any]}


class RequestQuery(Schema):
    """Which reports; the standard's names."""

    jurisdiction_id: str = Field("", max_length=64)
    service_request_id: str = Field("", max_length=2_000, description="Several, by commas.")
    service_code: str = Field("", max_length=2_000)
    start_date: AwareDatetime | None = None
    end_date: AwareDatetime | None = None
    status: Literal["", "open", "closed"] = ""
    page: int = Field(1, ge=1, le=100_000)
    page_size: int = Field(100, ge=1, le=_MOST)


def _refuse(code: int, words: str) -> JsonResponse:
    return JsonResponse([{"code": code, "description": words}], status=code, safe=False)


def _town(code: str) -> territories.TerritoryView | None:
    return None if "\x00" in code else territories.territory(code or None)


@router.get("services.json", response={200: list[ServiceOut], **REFUSALS}, summary="Services")
def list_services(
    request: HttpRequest,  # noqa: ARG001
    jurisdiction_id: str = Query("", max_length=64),
) -> Any:
    """List the kinds of problems that may be reported."""
    town = _town(jurisdiction_id)
    if town is None:
        return _refuse(404, "jurisdiction_id is none of this installation")
    return [
        {
            "service_code": kind.code,
            "service_name": kind.title,
            "description": kind.title,
            "metadata": False,
            "type": "realtime",
            "keywords": "",
            "group": kind.group,
        }
        for kind in reports.problem_types(town.id)
    ]


@router.get("requests.json", response={200: list[RequestOut], **REFUSALS}, summary="Requests")
def list_requests(
    request: HttpRequest,  # noqa: ARG001
    wanted: RequestQuery = Query(...),  # noqa: B008
) -> Any:
    """List reports, the newest first: the last 90 days of data if no dates are given."""
    town = _town(wanted.jurisdiction_id)
    if town is None:
        return _refuse(404, "jurisdiction_id is none of this installation")
    if wanted.service_request_id:
        return _by_numbers(town, wanted.service_request_id)
    since, until = _span(town, wanted)
    chosen = reports.ReportFilter(
        problem_type=wanted.service_code.replace("\x00", ""),
        status=wanted.status,
        since=since,
        until=until,
    )
    page = reports.reports(town.id, chosen, page=wanted.page, size=wanted.page_size)
    if page.number != wanted.page:
        return []
    return _requests(town, [line.id for line in page.items])


def _span(town: territories.TerritoryView, wanted: RequestQuery) -> tuple[date, date]:
    until = town.as_of if wanted.end_date is None else wanted.end_date.astimezone(UTC).date()
    if wanted.start_date is not None:
        return wanted.start_date.astimezone(UTC).date(), until
    return max(date.min + timedelta(days=_DAYS), until) - timedelta(days=_DAYS), until


def _by_numbers(town: territories.TerritoryView, text: str) -> Any:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not all(part.isascii() and part.isdigit() and len(part) <= 18 for part in parts):
        return _refuse(400, "service_request_id takes numbers, with commas between them")
    return _requests(town, [int(part) for part in parts[:_MOST]])


@router.get(
    "requests/{service_request_id}.json",
    response={200: list[RequestOut], **REFUSALS},
    summary="One request",
)
def get_request(
    request: HttpRequest,  # noqa: ARG001
    service_request_id: str = Path(..., pattern=_ID),
    jurisdiction_id: str = Query("", max_length=64),
) -> Any:
    """Show one report."""
    town = _town(jurisdiction_id)
    if town is None:
        return _refuse(404, "jurisdiction_id is none of this installation")
    found = _requests(town, [int(service_request_id)])
    return found or _refuse(404, "service_request_id was not found")


def _requests(town: territories.TerritoryView, ids: list[int]) -> list[dict[str, Any]]:
    return [
        {
            "service_request_id": str(one.id),
            "status": "open" if one.closed is None else "closed",
            "status_notes": one.closing_note,
            "service_name": one.title,
            "service_code": one.problem_type,
            "description": one.text,
            "agency_responsible": one.organisation_name,
            "service_notice": "",
            "requested_datetime": one.opened,
            "updated_datetime": one.closed,
            "expected_datetime": one.due,
            "address": one.address,
            "lat": one.lat,
            "long": one.lon,
        }
        for one in reports.public_reports(town.id, ids)
    ]
