"""What pages read of reports: filters, words in two languages, bounded queries, no single place."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from eutopia.web.foundation.access import OPERATOR, Actor, Grant
from eutopia.web.reports import models, selectors
from eutopia.web.reports.selectors import ReportFilter
from eutopia.web.reports.services import find_groups, load_reports
from eutopia.web.territory.models import Territory
from eutopia.web.territory.selectors import place_words
from eutopia.web.territory.services import load_territory
from tests.web.towns import hamlet, hamlet_reports

pytestmark = pytest.mark.django_db

CLERK = Actor(7, "Clerk", (Grant("case_officer", "hamlet"), Grant("moderator", "hamlet")))


@pytest.fixture
def territory() -> Territory:
    row, _ = load_territory(OPERATOR, hamlet())
    load_reports(OPERATOR, row, hamlet_reports())
    find_groups(CLERK, row)
    return row


@pytest.mark.parametrize(
    ("wanted", "total"),
    [
        (ReportFilter(), 39),
        (ReportFilter(problem_type="pothole"), 14),
        (ReportFilter(district="east"), 1),
        (ReportFilter(status="open"), 5),
        (ReportFilter(status="closed_at_source"), 34),
        (ReportFilter(status="nonsense", order="nonsense"), 39),
        (ReportFilter(since=date(2025, 1, 10), until=date(2025, 1, 10)), 3),
        # Word forms: "фонари" finds "фонарь", "potholes" finds "pothole".
        (ReportFilter(words="фонари"), 25),
        (ReportFilter(words="potholes"), 13),
        (ReportFilter(words="фонарь -горит"), 0),
        (ReportFilter(words="R901"), 1),
        (ReportFilter(words="' OR 1=1 --"), 0),
    ],
)
def test_filters(territory: Territory, wanted: ReportFilter, total: int) -> None:
    """Each filter gives the reports it says; no word is taken for a command."""
    assert selectors.reports(territory.pk, wanted).total == total


@pytest.mark.parametrize("size", [5, 25])
def test_a_list_takes_five_queries(
    territory: Territory, size: int, django_assert_num_queries: Any
) -> None:
    """The number of queries does not grow with the page; names of places are kept."""
    place_words(territory.pk)
    with django_assert_num_queries(5):
        page = selectors.reports(territory.pk, ReportFilter(), size=size)
    assert len(page.items) == size


def test_pages_cover_the_list_once(territory: Territory) -> None:
    """Every report is on one page; a page beyond the last is the last."""
    seen = [
        line.id
        for number in range(1, 5)
        for line in selectors.reports(territory.pk, ReportFilter(), page=number, size=10).items
    ]
    assert len(seen) == len(set(seen)) == 39
    assert selectors.reports(territory.pk, ReportFilter(), page=99, size=10).number == 4


def test_one_report(territory: Territory, django_assert_max_num_queries: Any) -> None:
    """Its place is rounded, its deadline judged, its double beside it."""
    line = selectors.reports(territory.pk, ReportFilter(words="R003")).items[0]
    with django_assert_max_num_queries(11):
        view = selectors.report(territory.pk, line.id)
    assert view is not None
    assert (view.lon, view.lat) == (40.005, 55.005)
    assert "R900" in [r.number for r in view.same_event]
    assert view.next_statuses == ("confirmed", "accepted")
    assert selectors.report(territory.pk, 0) is None


def test_nobodys_place_is_on_the_map(territory: Territory) -> None:
    """The two lone potholes of the east are in no cell of their own."""
    layer = json.loads(selectors.cells_layer(territory.pk, ReportFilter()))
    counts = [f["properties"]["reports"] for f in layer["features"]]
    assert min(counts) >= 3
    assert sum(counts) in (37, 38)
    assert "40.019" not in json.dumps(layer)


def test_figures(territory: Territory) -> None:
    """Counts agree with the lists."""
    told = selectors.figures(territory.pk)
    assert (told.total, told.open) == (39, 5)
    assert told.overdue == selectors.reports(territory.pk, ReportFilter(status="overdue")).total
    grouped = models.Report.objects.filter(group__isnull=False).count()
    assert told.duplicates == grouped - models.DuplicateGroup.objects.count()
    assert sum(opened for _, opened, _ in told.by_month) == 39
    assert dict(told.by_status) == {"closed_at_source": 34, "received": 5}


def test_the_inbox(territory: Territory, django_assert_max_num_queries: Any) -> None:
    """New ones wait, the longest first; a provider sees their own only."""
    with django_assert_max_num_queries(6):
        page = selectors.inbox(territory.pk)
    assert page.total == 5
    assert page.items[0].opened == min(line.opened for line in page.items)
    assert selectors.inbox(territory.pk, organisations=("works",)).total == 3
    waiting = selectors.groups(territory.pk)
    assert selectors.inbox_counts(territory.pk)["groups"] == waiting.total > 0
    sizes = [group.size for group in waiting.items]
    assert sizes == sorted(sizes, reverse=True)
    with pytest.raises(KeyError):
        selectors.inbox(territory.pk, queue="nonsense")
