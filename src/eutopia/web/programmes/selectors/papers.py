"""What a programme's passport needs: every work with its payers and reason, and what may fail."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Sum

from eutopia.web.problems.models import Problem
from eutopia.web.programmes.models import (
    CandidateProblem,
    FundYear,
    Payment,
    Programme,
    Verdict,
)
from eutopia.web.programmes.selectors.candidates import CORE, OUTSIDE, verdict_lines
from eutopia.web.programmes.selectors.views import CandidateLine
from eutopia.web.territory.selectors import wording
from eutopia.web.works.models import Measure

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class MeasureChoice:
    """A measure that staff can bring in: its unit and its price for one."""

    code: str
    title: str
    unit: str
    cost: Decimal


@dataclass(frozen=True, slots=True)
class PaidWork:
    """A chosen work with what each payer gives."""

    line: CandidateLine
    paid: tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True, slots=True)
class PassportView:
    """A programme as a project office is handed it.

    `approvals` and `benefit` are by year of building: works whose heritage approval must be in
    hand, and what is saved a year by what was built. `borderline` and `outside` count chosen
    works that errors of cost and effect could put out; None where that was not assessed.
    `assumed` counts chosen works, and `assumed_cost` their cost, whose price nobody verified.
    """

    number: int
    works: tuple[PaidWork, ...]
    refused: tuple[CandidateLine, ...]
    problems: int
    answered: int
    problem_cost: Decimal
    answered_cost: Decimal
    approvals: dict[int, int]
    yearly: Decimal | None
    """Benefit of one year once all is built; what works have in common once. None where the
    programme was stored before that was kept."""
    borderline: int | None
    outside: int | None
    assumed: int
    assumed_cost: Decimal
    gifts: Decimal
    """Money of donors that the works count on."""


def measure_choices(territory_id: int) -> tuple[MeasureChoice, ...]:
    """Which measures of the packs can be brought in by hand, by title?"""
    rows = Measure.objects.filter(territory_id=territory_id)
    found = [
        MeasureChoice(code, wording(title), unit, cost)
        for code, title, unit, cost in rows.values_list("code", "title", "unit", "cost")
    ]
    return tuple(sorted(found, key=lambda one: one.title.casefold()))


def passport(territory_id: int, number: int) -> PassportView | None:
    """What does the passport of a programme hold? None where there is no such programme."""
    row = Programme.objects.filter(territory_id=territory_id, number=number).first()
    if row is None:
        return None
    chosen = row.verdicts.filter(chosen=True)
    works = verdict_lines(territory_id, chosen.order_by("year", "-cost", "pk"))
    refused = verdict_lines(territory_id, row.verdicts.filter(chosen=False).order_by("-value"))
    paid, gifts = _paid(row)
    whole, answered = _problems(row)
    assumed, assumed_cost = _assumed(row)
    sure = row.assessment is not None and row.assessment.get("state") == "done"
    between = chosen.filter(robust_share__gt=OUTSIDE, robust_share__lt=CORE).count()
    return PassportView(
        number=row.number,
        works=tuple(PaidWork(line, tuple(paid[line.id])) for line in works),
        refused=refused,
        problems=whole[0],
        answered=answered[0],
        problem_cost=whole[1],
        answered_cost=answered[1],
        approvals=_approvals(row),
        yearly=Decimal(row.summary["yearly"]) if "yearly" in row.summary else None,
        borderline=between if sure else None,
        outside=chosen.filter(robust_share__lte=OUTSIDE).count() if sure else None,
        assumed=assumed,
        assumed_cost=assumed_cost,
        gifts=gifts,
    )


def _paid(row: Programme) -> tuple[dict[int, list[tuple[str, Decimal]]], Decimal]:
    titles = {
        fund: wording(title)
        for fund, title in FundYear.objects.filter(programme=row).values_list("fund", "title")
    }
    paid: dict[int, list[tuple[str, Decimal]]] = defaultdict(list)
    gifts = _NOTHING
    for candidate, fund, amount in (
        Payment.objects.filter(programme=row)
        .order_by("pk")
        .values_list("candidate_id", "fund", "amount")
    ):
        paid[candidate].append((titles.get(fund, fund), amount))
        gifts += _NOTHING if fund in titles else amount
    return paid, gifts


def _problems(row: Programme) -> tuple[tuple[int, Decimal], tuple[int, Decimal]]:
    """How many problems there are and what they cost, and of those the answered."""
    known = Problem.objects.filter(
        territory_id=row.territory_id, current=True, state__in=("found", "confirmed")
    )
    links = CandidateProblem.objects.filter(
        candidate__verdicts__programme=row, candidate__verdicts__chosen=True
    )

    def told(rows: Any) -> tuple[int, Decimal]:
        found = rows.aggregate(n=Count("pk"), cost=Sum("cost_total"))
        return found["n"], found["cost"] or _NOTHING

    return told(known), told(known.filter(pk__in=links.values("problem_id")))


def _approvals(row: Programme) -> dict[int, int]:
    rows = row.verdicts.filter(chosen=True, candidate__gate="needs_approval").order_by()
    return dict(rows.values_list("year").annotate(n=Count("pk")))


def _assumed(row: Programme) -> tuple[int, Decimal]:
    """How many chosen works have a price of verification C, and what do they cost?"""
    measures = Measure.objects.filter(territory_id=row.territory_id)
    grades = {
        code: (source or {}).get("verification", "")
        for code, source in measures.values_list("code", "source")
    }
    weak = [code for code, grade in grades.items() if grade == "C"]
    rows: Any = Verdict.objects.filter(programme=row, chosen=True, candidate__measure__in=weak)
    found = rows.aggregate(n=Count("pk"), cost=Sum("cost"))
    return found["n"], found["cost"] or _NOTHING
