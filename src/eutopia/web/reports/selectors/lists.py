"""Reports in lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.postgres.search import SearchQuery
from django.db.models import Count, F, Q, QuerySet

from eutopia.web.reports.models import ProblemType, Report
from eutopia.web.reports.selectors.views import ReportFilter, ReportLine, TypeView
from eutopia.web.reports.workflow import STATUSES
from eutopia.web.territory.models import Territory
from eutopia.web.territory.selectors import (
    Page,
    district_names,
    page_bounds,
    place_words,
    wording,
)

_EXCERPT = 160
_ORDERS = {
    "newest": (F("opened").desc(), F("id").desc()),
    "oldest": (F("opened").asc(), F("id").asc()),
    "due": (F("due").asc(nulls_last=True), F("id").asc()),
}


def present_moment(territory_id: int) -> datetime:
    """What time is it in the territory's data: the end of its day, aware?"""
    row = Territory.objects.only("as_of", "time_zone").get(pk=territory_id)
    midnight = datetime.combine(
        row.as_of + timedelta(days=1), time.min, tzinfo=ZoneInfo(row.time_zone)
    )
    return midnight - timedelta(seconds=1)


def overdue(now: datetime) -> Q:
    """Which reports have passed their deadline: closed after it, or open beyond it?"""
    return Q(closed__gt=F("due")) | Q(closed__isnull=True, due__lt=now)


def matching(territory_id: int, wanted: ReportFilter, now: datetime) -> QuerySet[Report]:
    """Which rows answer the filter, in no order?"""
    rows = Report.objects.filter(territory_id=territory_id)
    for name in ("problem_type", "district", "organisation"):
        if value := getattr(wanted, name):
            rows = rows.filter(**{name: value})
    rows = _of_status(rows, wanted.status, now)
    if wanted.since is not None:
        rows = rows.filter(opened__gte=datetime.combine(wanted.since, time.min, now.tzinfo))
    if wanted.until is not None:
        end = datetime.combine(wanted.until + timedelta(days=1), time.min, now.tzinfo)
        rows = rows.filter(opened__lt=end)
    if words := wanted.words.strip():
        # PostgreSQL's Russian configuration stems words in Latin letters as English.
        query = SearchQuery(words, config="russian", search_type="websearch")
        kinds = _kinds_called(territory_id, words)
        rows = rows.filter(Q(search=query) | Q(number=words) | Q(problem_type__in=kinds))
    return rows


def _kinds_called(territory_id: int, words: str) -> list[str]:
    """Codes of the kinds of problems whose title, in any language, holds these words."""
    titles = ProblemType.objects.filter(territory_id=territory_id).values_list("code", "title")
    wanted = words.casefold()
    return [code for code, forms in titles if any(wanted in form.casefold() for _, form in forms)]


def _of_status(rows: QuerySet[Report], status: str, now: datetime) -> QuerySet[Report]:
    if status == "open":
        return rows.filter(closed__isnull=True)
    if status == "closed":
        return rows.filter(closed__isnull=False)
    if status == "overdue":
        return rows.filter(overdue(now))
    if status in STATUSES:
        return rows.filter(status=status)
    return rows


def reports(
    territory_id: int, wanted: ReportFilter, *, page: int = 1, size: int = 25
) -> Page[ReportLine]:
    """Which reports answer the filter? Five queries, whatever the size.

    Notes
    -----
    An unknown status or order in the filter means all and newest.
    """
    now = present_moment(territory_id)
    rows = matching(territory_id, wanted, now)
    ordered = rows.order_by(*_ORDERS.get(wanted.order, _ORDERS["newest"]))
    return paged(territory_id, ordered, now, page=page, size=size)


def paged(
    territory_id: int, rows: QuerySet[Report], now: datetime, *, page: int, size: int
) -> Page[ReportLine]:
    """Which lines are on a page of these ordered rows?"""
    total = rows.count()
    number, pages, cut = page_bounds(total, number=page, size=size)
    return Page(lines(territory_id, rows[cut], now), number, pages, total, size)


def lines(territory_id: int, rows: Iterable[Report], now: datetime) -> tuple[ReportLine, ...]:
    """How do these rows read in a list? Three queries with reading the rows themselves."""
    titles = type_titles(territory_id)
    names = district_names(territory_id)
    said = place_words(territory_id)
    chosen = rows.select_related("group") if isinstance(rows, QuerySet) else rows
    return tuple(_line(row, titles, names, said, now) for row in chosen)


def _line(
    row: Report,
    titles: dict[str, str],
    names: dict[str, str],
    said: Callable[[str], str],
    now: datetime,
) -> ReportLine:
    group = row.group if row.group_id is not None else None
    return ReportLine(
        id=row.pk,
        number=row.number,
        problem_type=row.problem_type,
        title=titles.get(row.problem_type, row.problem_type),
        opened=row.opened,
        closed=row.closed,
        due=row.due,
        overdue=row.due is not None and (row.closed or now) > row.due,
        status=row.status,
        district=row.district,
        district_name=names.get(row.district, row.district),
        address=said(row.address),
        words=_excerpt(row.text),
        duplicates=1 if group is None or group.state == "rejected" else group.size,
    )


def _excerpt(text: str) -> str:
    if len(text) <= _EXCERPT:
        return text
    return text[:_EXCERPT].rsplit(" ", 1)[0] + "…"


def report_lines(territory_id: int, report_ids: Sequence[int]) -> tuple[ReportLine, ...]:
    """How do these reports read in a list, newest first?"""
    rows: Any = Report.objects.filter(territory_id=territory_id, pk__in=report_ids)
    return lines(territory_id, rows.order_by("-opened", "-id"), present_moment(territory_id))


def ids_by_number(territory_id: int, numbers: Sequence[str]) -> dict[str, list[int]]:
    """Which reports bear these numbers, in the order given? Sources may give one number twice."""
    found: dict[str, list[int]] = {number: [] for number in numbers}
    rows = Report.objects.filter(territory_id=territory_id, number__in=numbers)
    for pk, number in rows.order_by("pk").values_list("pk", "number"):
        found[number].append(pk)
    return found


def type_titles(territory_id: int) -> dict[str, str]:
    """What is each kind of problem called, by code?"""
    rows = ProblemType.objects.filter(territory_id=territory_id).values_list("code", "title")
    return {code: wording(title) for code, title in rows}


def problem_types(territory_id: int) -> tuple[TypeView, ...]:
    """Which kinds of problems are there, how often are they reported?"""
    counts = dict(
        Report.objects.filter(territory_id=territory_id)
        .order_by()
        .values_list("problem_type")
        .annotate(n=Count("pk"))
    )
    rows = ProblemType.objects.filter(territory_id=territory_id)
    found = [
        TypeView(row.code, wording(row.title), row.group, counts.get(row.code, 0)) for row in rows
    ]
    return tuple(sorted(found, key=lambda t: (t.title.casefold(), t.code)))


def public_rows(territory_id: int) -> Iterator[tuple[Any, ...]]:
    """What of each report is for everybody to take away, by number of source?

    Number, source, kind, opened, closed, due, status, district, address, place rounded to three
    decimals, redacted text. Read as they are needed.
    """
    rows = Report.objects.filter(territory_id=territory_id).order_by("source", "number")
    for *told, lon, lat, text in rows.values_list(
        "number",
        "source",
        "problem_type",
        "opened",
        "closed",
        "due",
        "status",
        "district",
        "address",
        "lon",
        "lat",
        "text",
    ).iterator(chunk_size=2_000):
        place = (None, None) if lon is None or lat is None else (round(lon, 3), round(lat, 3))
        yield (*told, *place, text)
