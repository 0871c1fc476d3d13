"""What pages read about works and what they changed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, F, QuerySet, Sum

from eutopia.web.territory.models import Territory
from eutopia.web.territory.selectors import (
    Page,
    district_names,
    feature_collection,
    organisation_names,
    page_bounds,
    wording,
)
from eutopia.web.works.models import Measure, Outcome, Work

VERDICTS = ("better", "worse", "unclear", "too_early")


@dataclass(frozen=True, slots=True)
class OutcomeView:
    """Whether it worked. `ratio` below 1 is better; `low` and `high` bound it (95 %).

    `verdict`: better, worse, unclear, too_early.
    """

    before: int
    after: int
    days_before: int
    days_after: int
    comparison_before: int
    comparison_after: int
    ratio: float | None
    low: float | None
    high: float | None
    verdict: str
    run_id: int


@dataclass(frozen=True, slots=True)
class WorkView:
    """A work."""

    id: int
    code: str
    measure: str
    title: str
    district: str
    district_name: str
    started: date
    finished: date | None
    cost: Decimal
    currency: str
    contractor: str
    contractor_name: str
    warranty_until: date | None
    under_warranty: bool
    candidate: str
    """Code of the candidate it realises, where known."""
    lon: float | None
    lat: float | None
    outcome: OutcomeView | None


@dataclass(frozen=True, slots=True)
class MeasureOutcome:
    """What a measure changed, all its works together."""

    measure: str
    title: str
    works: int
    outcome: OutcomeView


def measure_titles(territory_id: int) -> dict[str, str]:
    """What is each measure called, by code?"""
    rows = Measure.objects.filter(territory_id=territory_id).values_list("code", "title")
    return {code: wording(title) for code, title in rows}


def works(
    territory_id: int,
    *,
    measure: str = "",
    verdict: str = "",
    district: str = "",
    page: int = 1,
    size: int = 25,
) -> Page[WorkView]:
    """Which works were done, the latest first? Six queries, whatever the size."""
    rows = Work.objects.filter(territory_id=territory_id)
    if measure:
        rows = rows.filter(measure=measure)
    if verdict:
        rows = rows.filter(outcome__verdict=verdict)
    if district:
        rows = rows.filter(district=district)
    total = rows.count()
    number, pages, cut = page_bounds(total, number=page, size=size)
    return Page(_views(territory_id, rows.order_by(*_LATEST)[cut]), number, pages, total, size)


_LATEST = (F("finished").desc(nulls_first=True), "-started", "code")


def _views(territory_id: int, rows: QuerySet[Work]) -> tuple[WorkView, ...]:
    titles = measure_titles(territory_id)
    districts = district_names(territory_id)
    firms = organisation_names(territory_id)
    as_of = Territory.objects.values_list("as_of", flat=True).get(pk=territory_id)
    return tuple(
        WorkView(
            id=row.pk,
            code=row.code,
            measure=row.measure,
            title=titles.get(row.measure, row.measure),
            district=row.district,
            district_name=districts.get(row.district, row.district),
            started=row.started,
            finished=row.finished,
            cost=row.cost,
            currency=row.currency,
            contractor=row.contractor,
            contractor_name=firms.get(row.contractor, row.contractor),
            warranty_until=row.warranty_until,
            under_warranty=row.warranty_until is not None and row.warranty_until >= as_of,
            candidate=row.candidate,
            lon=None if row.west is None or row.east is None else (row.west + row.east) / 2,
            lat=None if row.south is None or row.north is None else (row.south + row.north) / 2,
            outcome=_outcome(getattr(row, "outcome", None)),
        )
        for row in rows.select_related("outcome").defer("geometry")
    )


def _outcome(row: Outcome | None) -> OutcomeView | None:
    if row is None:
        return None
    return OutcomeView(
        before=row.before,
        after=row.after,
        days_before=row.days_before,
        days_after=row.days_after,
        comparison_before=row.comparison_before,
        comparison_after=row.comparison_after,
        ratio=row.ratio,
        low=row.low,
        high=row.high,
        verdict=row.verdict,
        run_id=row.run_id,
    )


def work(territory_id: int, work_id: int) -> WorkView | None:
    """What is known of one work? None where there is no such work."""
    found = _views(territory_id, Work.objects.filter(territory_id=territory_id, pk=work_id))
    return found[0] if found else None


def works_of_candidates(territory_id: int, codes: Sequence[str]) -> tuple[WorkView, ...]:
    """Which works realise these candidates (by code), the latest first?"""
    wanted = [code for code in codes if code]
    rows = Work.objects.filter(territory_id=territory_id, candidate__in=wanted)
    return _views(territory_id, rows.order_by(*_LATEST)) if wanted else ()


def works_near(
    territory_id: int, *, lon: float, lat: float, radius_m: float = 60.0
) -> tuple[WorkView, ...]:
    """Which works were done at a place, the latest first?

    Notes
    -----
    Works whose box meets a square of twice the radius around the place: near enough to say that
    something was done there, not a measurement.
    """
    north = radius_m / _METRES_A_DEGREE
    east = north / max(0.01, math.cos(math.radians(lat)))
    rows = Work.objects.in_box(lon - east, lat - north, lon + east, lat + north)
    return _views(territory_id, rows.filter(territory_id=territory_id).order_by(*_LATEST))


_METRES_A_DEGREE = 111_195.0


def measure_outcomes(territory_id: int) -> tuple[MeasureOutcome, ...]:
    """What did each measure change, the most effective first?"""
    titles = measure_titles(territory_id)
    rows = list(Outcome.objects.filter(territory_id=territory_id, work=None))
    counts = dict(
        Outcome.objects.filter(territory_id=territory_id, work__isnull=False)
        .order_by()
        .values_list("measure")
        .annotate(n=Count("pk"))
    )
    found = []
    for row in sorted(rows, key=lambda r: (r.ratio is None, r.ratio, r.measure)):
        told = _outcome(row)
        if told is not None:
            title = titles.get(row.measure, row.measure)
            found.append(MeasureOutcome(row.measure, title, counts.get(row.measure, 0), told))
    return tuple(found)


def work_figures(territory_id: int) -> tuple[int, int]:
    """How many works were done, how many of them are under warranty?"""
    as_of = Territory.objects.values_list("as_of", flat=True).get(pk=territory_id)
    rows = Work.objects.filter(territory_id=territory_id)
    return rows.count(), rows.filter(warranty_until__gte=as_of).count()


def work_money(territory_id: int) -> Decimal:
    """How much was spent on works in all?"""
    total = Work.objects.filter(territory_id=territory_id).aggregate(total=Sum("cost"))["total"]
    return total or Decimal(0)


def verdict_counts(territory_id: int) -> dict[str, int]:
    """How many works made things better, worse, or cannot be told yet?"""
    rows = Outcome.objects.filter(territory_id=territory_id, work__isnull=False)
    counts = dict(rows.order_by().values_list("verdict").annotate(n=Count("pk")))
    return {verdict: counts.get(verdict, 0) for verdict in VERDICTS}


def layer(territory_id: int) -> str:
    """Where were works done, as GeoJSON?

    Properties: `id`, `title`, `finished`, `verdict` (empty where not measured).
    """
    titles = measure_titles(territory_id)
    rows = Work.objects.filter(territory_id=territory_id).order_by("code")
    table = list(rows.values_list("geometry", "pk", "measure", "finished", "outcome__verdict"))
    return feature_collection(
        [row[0] for row in table],
        [
            {
                "id": pk,
                "title": titles.get(measure, measure),
                "finished": None if finished is None else finished.isoformat(),
                "verdict": verdict or "",
            }
            for _, pk, measure, finished, verdict in table
        ],
    )
