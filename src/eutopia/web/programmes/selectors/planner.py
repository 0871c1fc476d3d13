"""What the planner's page reads: the rules being edited, the search that runs, works in time."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from eutopia.web.programmes.models import Candidate, Programme, Solving
from eutopia.web.territory.selectors import district_names, districts, wording

SIDES = ("residents", "business", "municipality")
OBJECTIVES = (
    "benefit", "net", "fair_districts", "fair_sides", "nash", "nash_sides", "lexicographic",
)  # fmt: skip
CRITERIA = (
    "people", "safety", "access", "greenery", "identity", "fair_districts", "fair_sides", "net",
)  # fmt: skip
"""What may come first, second and third in the aim `lexicographic`; the total comes last."""
_ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class FundRow:
    """One fund's money, by year."""

    code: str
    title: str
    carry_over: bool
    by_year: tuple[tuple[int, Decimal], ...]


@dataclass(frozen=True, slots=True)
class RulesView:
    """Rules as they can be edited. `draft`: somebody is editing them and has not solved yet."""

    draft: bool
    title: str
    objective: str
    priorities: tuple[tuple[str, Decimal], ...]
    """Criterion and what it may give up, in per cent."""
    mandates: str
    weights: tuple[tuple[str, Decimal], ...]
    funds: tuple[FundRow, ...]
    upkeep: tuple[tuple[int, Decimal], ...]
    floors: tuple[tuple[str, str, Decimal], ...]
    """District, its name and its least share in per cent; 0 where it has none."""
    crews: tuple[tuple[str, int], ...]
    must: tuple[tuple[int, str], ...]
    must_not: tuple[tuple[int, str], ...]
    changed: tuple[str, ...]
    """What differs from the programme's own rules: objective, weights, funds, upkeep, floors,
    mandates, pins."""

    @property
    def pins(self) -> dict[int, str]:
        """Candidate's number and what it is pinned to."""
        return {pk: "must" for pk, _ in self.must} | {pk: "must_not" for pk, _ in self.must_not}


@dataclass(frozen=True, slots=True)
class SolvingView:
    """How far is a search? `reached`: what was found, as a share of the best possible."""

    id: int
    state: str
    based_on: int
    seconds: float | None
    gap: float | None
    best: float | None
    bound: float | None
    reached: float | None
    time_limit_s: float
    stopping: bool
    programme: int | None
    fault: str

    @property
    def over(self) -> bool:
        """Whether nothing more comes of it."""
        return self.state in ("done", "failed")


@dataclass(frozen=True, slots=True)
class BarRow:
    """A work in time: its year, and the months of it in which such works can go on."""

    id: int
    title: str
    district_name: str
    measure: str
    year: int
    first_month: int
    last_month: int
    cost: Decimal
    gate: str


def rules_of(territory_id: int, number: int, account: int | None) -> RulesView | None:
    """Under which rules is a programme, as this account is editing them? None: no such one."""
    row = Programme.objects.filter(territory_id=territory_id, number=number).first()
    if row is None:
        return None
    draft = Solving.objects.filter(based_on=row, account=account, state="draft").first()
    rules: Any = row.rules if draft is None else draft.rules
    years = range(rules.first_year, rules.first_year + rules.years)
    weights, floors = dict(rules.weights), dict(rules.floors)
    must, must_not = _named(territory_id, rules.must), _named(territory_id, rules.must_not)
    return RulesView(
        draft=draft is not None,
        title="" if draft is None else wording(draft.title),
        objective=rules.objective,
        priorities=tuple((one.criterion, one.give * 100) for one in rules.priorities),
        mandates=rules.mandates,
        weights=tuple((side, weights.get(side, _ONE)) for side in SIDES),
        funds=tuple(
            FundRow(
                fund.id,
                wording(fund.title.forms),
                fund.carry_over,
                tuple(
                    (year, money.amount) for year, money in zip(years, fund.by_year, strict=True)
                ),
            )
            for fund in rules.funds
        ),
        upkeep=tuple(
            (year, money.amount) for year, money in zip(years, rules.upkeep_limit, strict=False)
        ),
        floors=tuple(
            (one.code, one.name, floors.get(one.code, Decimal(0)) * 100)
            for one in districts(territory_id)
        ),
        crews=rules.crews,
        must=must,
        must_not=must_not,
        changed=() if draft is None else _changed(row.rules, rules),
    )


def _named(territory_id: int, codes: tuple[str, ...]) -> tuple[tuple[int, str], ...]:
    rows = Candidate.objects.filter(territory_id=territory_id, code__in=codes).order_by("code")
    return tuple((pk, wording(title)) for pk, title in rows.values_list("pk", "title"))


def _changed(before: Any, after: Any) -> tuple[str, ...]:
    found = []
    if (before.objective, before.priorities) != (after.objective, after.priorities):
        found.append("objective")
    if {side: w for side, w in before.weights if w != 1} != {
        side: w for side, w in after.weights if w != 1
    }:
        found.append("weights")
    for name, field in (
        ("funds", "funds"),
        ("upkeep", "upkeep_limit"),
        ("mandates", "mandates"),
    ):
        if getattr(before, field) != getattr(after, field):
            found.append(name)
    if dict(before.floors) != dict(after.floors):
        found.append("floors")
    if (set(before.must), set(before.must_not)) != (set(after.must), set(after.must_not)):
        found.append("pins")
    return tuple(found)


def solving(territory_id: int, solving_id: int) -> SolvingView | None:
    """How far is one search? None where there is none such."""
    row = (
        Solving.objects.filter(territory_id=territory_id, pk=solving_id)
        .exclude(state="draft")
        .select_related("based_on", "programme")
        .defer("rules", "based_on__rules", "programme__rules")
        .first()
    )
    return None if row is None else _solving(row)


def solvings_running(territory_id: int) -> tuple[SolvingView, ...]:
    """Which searches wait or run in this municipality, the latest first?"""
    rows = Solving.objects.filter(territory_id=territory_id, state__in=("waiting", "running"))
    found = rows.select_related("based_on").defer("rules", "based_on__rules").order_by("-pk")
    return tuple(_solving(row) for row in found)


def _solving(row: Solving) -> SolvingView:
    reached = None
    if row.best is not None and row.bound:
        reached = min(1.0, row.best / row.bound)
    return SolvingView(
        id=row.pk,
        state=row.state,
        based_on=row.based_on.number,
        seconds=row.seconds,
        gap=row.gap,
        best=row.best,
        bound=row.bound,
        reached=reached,
        time_limit_s=row.time_limit_s,
        stopping=row.stop,
        programme=None if row.programme is None else row.programme.number,
        fault=row.fault,
    )


def bar_rows(
    territory_id: int, number: int, *, district: str = "", year: int | None = None, most: int = 24
) -> tuple[BarRow, ...]:
    """Which works stand where in time, the dearest, in the order of their years?

    Parameters
    ----------
    most
        So many at most: a chart of hundreds of rows is read by nobody.
    """
    row = Programme.objects.filter(territory_id=territory_id, number=number).first()
    if row is None:
        return ()
    rows = row.verdicts.filter(chosen=True)
    if district:
        rows = rows.filter(candidate__district=district)
    if year is not None:
        rows = rows.filter(year=year)
    names = district_names(territory_id)
    table: list[Any] = list(
        rows.order_by("-cost", "candidate__code").values_list(
            "candidate_id",
            "candidate__title",
            "candidate__district",
            "candidate__measure",
            "year",
            "cost",
            "candidate__gate",
            "candidate__record",
        )[:most]
    )
    found = []
    for pk, title, place, measure, when, cost, gate, record in table:
        first, last = getattr(record, "season", (1, 12))
        # A season over the new year leaves every month open.
        months = (first, last) if first <= last else (1, 12)
        found.append(
            BarRow(pk, wording(title), names.get(place, place), measure, when, *months, cost, gate)
        )
    return tuple(sorted(found, key=lambda one: (one.year, one.first_month, -one.cost, one.id)))
