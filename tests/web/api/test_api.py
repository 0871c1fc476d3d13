"""The interface for programs: whole, public, bounded, and true to its own schema."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from eutopia.web.foundation.access import OPERATOR
from eutopia.web.reports.models import Report
from eutopia.web.reports.services import load_reports
from eutopia.web.territory.services import load_territory
from tests.web.towns import hamlet, hamlet_reports

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> None:
    row, _ = load_territory(OPERATOR, hamlet())
    load_reports(OPERATOR, row, hamlet_reports())


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("v1/territories", 200),
        ("v1/territories/hamlet/reports", 200),
        ("v1/territories/hamlet/reports?size=0", 422),
        ("v1/territories/hamlet/reports?since=yesterday", 422),
        ("v1/territories/nowhere/reports", 404),
        ("v1/territories/%00/reports", 404),
        ("v1/territories/hamlet/reports?words=%00", 200),
        ("v1/territories/hamlet/reports/0", 404),
        ("v1/territories/hamlet/reports/99999999999999999999", 422),
        ("v1/territories/hamlet/problems", 200),
        ("v1/territories/hamlet/problems/99999999999", 404),
        ("v1/territories/hamlet/programme", 404),
        ("v1/territories/hamlet/programme/candidates", 200),
        ("v1/territories/hamlet/layers/districts.geojson", 200),
        ("v1/territories/hamlet/layers/reports.geojson", 200),
        ("v1/territories/hamlet/layers/programme.geojson?year=2027", 200),
        ("v1/territories/hamlet/layers/ballot.geojson", 200),
        ("v1/territories/hamlet/layers/secrets.geojson", 422),
        ("v1/territories/hamlet/layers/streets.geojson?bbox=1,2,3", 400),
        ("v1/territories/hamlet/layers/streets.geojson?bbox=nan,0,1,1", 400),
        ("v1/territories/hamlet/layers/streets.geojson?bbox=40,55,40.01,55.01", 200),
        ("open311/v2/services.json", 200),
        ("open311/v2/services.json?jurisdiction_id=nowhere", 404),
        ("open311/v2/requests.json?jurisdiction_id=hamlet", 200),
        ("open311/v2/requests.json?start_date=2025-01-01T00:00:00Z", 200),
        ("open311/v2/requests.json?service_request_id=1;DROP", 400),
        ("open311/v2/requests/0.json", 404),
        ("openapi.json", 200),
    ],
)
def test_answers(town: None, client: Client, path: str, status: int) -> None:
    """Each address answers as it says, and always with JSON."""
    answer = client.get(f"/api/{path}")
    assert answer.status_code == status
    json.loads(answer.content)


def test_every_status_is_declared(client: Client) -> None:
    """The schema names 200, 400, 404 and 422 wherever they may come."""
    schema = client.get("/api/openapi.json").json()
    feeds = {path for path, methods in schema["paths"].items() if set(methods) == {"post"}}
    assert {path.rpartition("/")[2] for path in feeds} == {"readings", "interruptions"}
    for path, methods in schema["paths"].items():
        if path in feeds:
            told = {"200", "400", "401", "404", "422", "429"}
            assert told <= set(methods["post"]["responses"]), path
            continue
        assert set(methods) == {"get"}
        if "{" in path or "open311" in path:
            assert {"200", "400", "404", "422"} <= set(methods["get"]["responses"]), path


def test_requests_are_reports(town: None, client: Client) -> None:
    """One request is the report it names, rounded and redacted."""
    row = Report.objects.get(number="R901")
    (told,) = client.get(f"/api/open311/v2/requests/{row.pk}.json").json()
    assert told["service_code"] == "pothole"
    assert told["lat"] == round(row.lat or 0, 3)
    assert "912" not in told["description"]
    assert told["status"] == "open"


def test_pages_of_requests_end(town: None, client: Client) -> None:
    """A page beyond the last is empty, not the last again."""
    query = "start_date=2025-01-01T00:00:00Z&page_size=20"
    seen: list[Any] = []
    for page in range(1, 5):
        seen += client.get(f"/api/open311/v2/requests.json?{query}&page={page}").json()
    ids = [one["service_request_id"] for one in seen]
    assert len(ids) == len(set(ids)) == Report.objects.count()


def test_lists_take_few_queries(
    town: None, client: Client, django_assert_max_num_queries: Any
) -> None:
    """The number of queries does not grow with the page; names of places are kept."""
    client.get("/api/v1/territories/hamlet/reports?size=1")
    with django_assert_max_num_queries(6):
        client.get("/api/v1/territories/hamlet/reports?size=39")
