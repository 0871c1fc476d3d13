"""Which outages speak for a problem, which problems stand behind outages?"""

from __future__ import annotations

from collections.abc import Collection

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
