"""One problem on its page."""

from __future__ import annotations

from eutopia.web.problems.models import Cause, Problem
from eutopia.web.problems.selectors.lists import lines
from eutopia.web.problems.selectors.views import CauseView, CostView, EvidenceView, ProblemView
from eutopia.web.reports.selectors import ReportLine, monthly_counts, report_lines
from eutopia.web.territory.models import Asset, Territory
from eutopia.web.territory.selectors import Page, page_bounds

_LATEST = 10


def problem(territory_id: int, number: int) -> ProblemView | None:
    """What is known of one problem? None where there is no such number."""
    row = (
        Problem.objects.filter(territory_id=territory_id, number=number)
        .select_related("merged_into")
        .prefetch_related("evidence", "causes")
        .defer("record", "merged_into__record")
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
    )


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
    )


def problem_reports(
    territory_id: int, number: int, *, page: int = 1, size: int = 25
) -> Page[ReportLine]:
    """Which reports speak for a problem, the newest first? None for an unknown number."""
    row = Problem.objects.filter(territory_id=territory_id, number=number).defer("record").first()
    ids = _report_ids(row) if row is not None else []
    at, pages, cut = page_bounds(len(ids), number=page, size=size)
    return Page(report_lines(territory_id, ids[cut]), at, pages, len(ids), size)
