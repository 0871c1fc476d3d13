"""Which outages speak for a problem, which problems stand behind outages?"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from eutopia.web.problems.models import Evidence, Problem
from eutopia.web.problems.selectors.lists import lines
from eutopia.web.problems.selectors.views import ProblemLine

_KIND = "interruption"


def outages_of_problem(territory_id: int, number: int) -> tuple[str, ...]:
    """Codes of the outages that speak for a problem."""
    rows = Evidence.objects.filter(
        problem__territory_id=territory_id, problem__number=number, kind=_KIND
    )
    return tuple(code for ids in rows.values_list("subject_ids", flat=True) for code in ids)


@dataclass(frozen=True, slots=True)
class OutageCostView:
    """What the outages behind problems cost over the horizon, besides their repair."""

    given_back: Decimal
    call_outs: Decimal
    horizon_years: int


def cost_of_outages(problem_ids: Collection[int]) -> OutageCostView | None:
    """What do the outages behind these problems (rows) cost together? None where nothing."""
    costs = [
        record.cost
        for record in Problem.objects.filter(pk__in=problem_ids).values_list("record", flat=True)
    ]
    back, sent = (
        sum((part.amount for part in parts if part is not None), Decimal(0))
        for parts in ([c.given_back for c in costs], [c.call_outs for c in costs])
    )
    if not back and not sent:
        return None
    return OutageCostView(back, sent, max(cost.horizon_years for cost in costs))


def problems_behind(territory_id: int, codes: Collection[str]) -> tuple[ProblemLine, ...]:
    """Which current problems have any of these outages for evidence, the costliest first?"""
    rows = Evidence.objects.filter(
        problem__territory_id=territory_id,
        problem__current=True,
        problem__merged_into__isnull=True,
        kind=_KIND,
        subject_ids__has_any_keys=list(codes),
    )
    found = Problem.objects.filter(pk__in=rows.values("problem_id")).exclude(state="rejected")
    return lines(territory_id, found.defer("record").order_by("-cost_total", "number"))
