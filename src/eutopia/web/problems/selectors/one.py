"""One problem on its page."""

from __future__ import annotations

import math

from django.db.models import Q

from eutopia.web.problems.models import Cause, Inspection, Problem
from eutopia.web.problems.selectors.lists import lines, matching
from eutopia.web.problems.selectors.views import (
    CauseView,
    ChangeView,
    CostView,
    EvidenceView,
    InspectionView,
    ProblemFilter,
    ProblemLine,
    ProblemView,
)
from eutopia.web.reports.selectors import ReportLine, monthly_counts, report_lines, type_titles
from eutopia.web.territory.models import Asset, Territory
from eutopia.web.territory.selectors import Page, organisation_names, page_bounds

_LATEST = 10


def problem(territory_id: int, number: int) -> ProblemView | None:
    """What is known of one problem? None where there is no such number."""
    row = (
        Problem.objects.filter(territory_id=territory_id, number=number)
        .select_related("merged_into")
        .prefetch_related("evidence", "causes", "changes")
        .defer("merged_into__record")
        .first()
    )
    if row is None:
        return None
    ids = _report_ids(row)
    (line,) = lines(territory_id, [row])
    return ProblemView(
        line=line,
        current=row.current,
        merged_into=row.merged_into.number if row.merged_into is not None else None,
        radius_m=row.radius_m,
        evidence=tuple(
            EvidenceView(e.kind, e.weight, e.measure, e.unit, len(e.subject_ids))
            for e in sorted(row.evidence.all(), key=lambda e: (-e.weight, e.pk))
        ),
        causes=_causes(territory_id, list(row.causes.all())),
        cost=_cost(row, Territory.objects.get(pk=territory_id).currency),
        by_month=monthly_counts(territory_id, ids),
        latest=report_lines(territory_id, ids[:_LATEST]),
        run_id=row.run_id,
        certainty=row.certainty,
        corrected=tuple((name, str(value)) for name, value in sorted(row.corrected.items())),
        history=_history(row),
        inspections=_inspections(row),
    )


def _history(row: Problem) -> tuple[ChangeView, ...]:
    names = type_titles(row.territory_id) | organisation_names(row.territory_id)
    return tuple(
        ChangeView(
            kind=one.kind,
            on=one.on,
            others=tuple(one.others),
            fields=tuple(
                (name, names.get(str(value), str(value)))
                for name, value in one.fields.items()
                if value not in ("", None, True)
            ),
            reason=one.reason,
            role=one.role,
        )
        for one in row.changes.all()
    )


def _inspections(row: Problem) -> tuple[InspectionView, ...]:
    codes = [c for e in row.evidence.all() if e.kind == "inspection" for c in e.subject_ids]
    told = Inspection.objects.filter(territory_id=row.territory_id).filter(
        Q(code__in=codes) | Q(code__startswith=f"P{row.number}-")
    )
    return tuple(
        InspectionView(one.on, one.confirmed, one.cause, one.condition, one.note)
        for one in told.order_by("-on", "-pk")
    )


def neighbours(
    territory_id: int, number: int, *, within_m: float = 400.0
) -> tuple[ProblemLine, ...]:
    """Which problems lie nearest and might be the same one? At most eight, the nearest first."""
    row = Problem.objects.filter(territory_id=territory_id, number=number).defer("record").first()
    if row is None or row.lon is None or row.lat is None:
        return ()
    lon, lat = row.lon, row.lat
    high = within_m / 111_320
    wide = high / max(math.cos(math.radians(lat)), 0.05)
    near = matching(territory_id, ProblemFilter()).filter(
        lon__range=(lon - wide, lon + wide), lat__range=(lat - high, lat + high)
    )
    others = near.exclude(pk=row.pk)

    def far(line: ProblemLine) -> float:
        return math.hypot((line.lon or 0) - lon, ((line.lat or 0) - lat) * wide / high)

    return tuple(sorted(lines(territory_id, others), key=lambda line: (far(line), line.number))[:8])


def _report_ids(row: Problem) -> list[int]:
    links = row.report_links.order_by("-report__opened", "-report_id")
    return list(links.values_list("report_id", flat=True))


def _causes(territory_id: int, rows: list[Cause]) -> tuple[CauseView, ...]:
    codes = [row.asset for row in rows if row.asset]
    assets = {
        code: (kind, installed, condition)
        for code, kind, installed, condition in Asset.objects.filter(
            territory_id=territory_id, code__in=codes
        ).values_list("code", "asset_class", "installed", "condition")
    }
    unknown = ("", None, None)
    return tuple(
        CauseView(row.cause, row.likelihood, row.asset, *assets.get(row.asset, unknown))
        for row in sorted(rows, key=lambda row: (-row.likelihood, row.pk))
    )


def _cost(row: Problem, currency: str) -> CostView:
    told = row.record.cost
    return CostView(
        total=row.cost_total,
        low=row.cost_low,
        high=row.cost_high,
        response=row.cost_response,
        residents_time=row.cost_residents,
        repeats_per_year=row.repeats_per_year,
        horizon_years=row.horizon_years,
        discount_rate=row.discount_rate,
        currency=currency,
        given_back=None if told.given_back is None else told.given_back.amount,
        call_outs=None if told.call_outs is None else told.call_outs.amount,
    )


def problem_reports(
    territory_id: int, number: int, *, page: int = 1, size: int = 25
) -> Page[ReportLine]:
    """Which reports speak for a problem, the newest first? None for an unknown number."""
    row = Problem.objects.filter(territory_id=territory_id, number=number).defer("record").first()
    ids = _report_ids(row) if row is not None else []
    at, pages, cut = page_bounds(len(ids), number=page, size=size)
    return Page(report_lines(territory_id, ids[cut]), at, pages, len(ids), size)
