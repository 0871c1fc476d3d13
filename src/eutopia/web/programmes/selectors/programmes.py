"""Programmes: on their page, among their variants, against each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Count, OuterRef, Q, Subquery, Sum

from eutopia.web.programmes.models import Candidate, Payment, Pin, Programme, Verdict
from eutopia.web.programmes.selectors.candidates import (
    chosen_programme,
    currency_of,
    robustness,
    verdict_lines,
)
from eutopia.web.programmes.selectors.views import (
    AimView,
    ConflictView,
    Difference,
    FundBar,
    ProgrammeLine,
    ProgrammeView,
    YearView,
)
from eutopia.web.territory.selectors import district_names, wording
from eutopia.web.works.selectors import measure_titles

_NOTHING = Decimal(0)


def programmes(territory_id: int) -> tuple[ProgrammeLine, ...]:
    """Which programmes were computed, the latest first? One query."""
    rows = (
        Programme.objects.filter(territory_id=territory_id)
        .annotate(
            n=Count("verdicts", filter=Q(verdicts__chosen=True)),
            money=Sum("verdicts__cost", filter=Q(verdicts__chosen=True)),
            people=Sum("verdicts__candidate__people_reached", filter=Q(verdicts__chosen=True)),
            pinned=Subquery(_pin_counts().values("n")),
        )
        .select_related("based_on")
        .defer("rules", "summary", "based_on__rules", "based_on__summary")
        .order_by("-number")
    )
    return tuple(
        ProgrammeLine(
            id=row.pk,
            number=row.number,
            state=row.state,
            created=row.created,
            based_on=None if row.based_on is None else row.based_on.number,
            chosen=row.n,
            cost=row.money or _NOTHING,
            objective=row.objective,
            gap=row.gap,
            pins=row.pinned or 0,
            sound=not row.violations and row.status != "infeasible",
            title=wording(row.title),
            people=row.people or 0,
            published=row.published,
        )
        for row in rows
    )


def adopted_unassessed() -> tuple[tuple[int, str], ...]:
    """Which adopted programmes has nobody assessed, and whose are they (the town's code)?"""
    rows = Programme.objects.filter(state="published", assessment__isnull=True).order_by("pk")
    return tuple(rows.values_list("pk", "territory__code"))


def _pin_counts() -> Any:
    pins = Pin.objects.filter(programme=OuterRef("pk")).order_by().values("programme")
    return pins.annotate(n=Count("pk"))


def programme(territory_id: int, number: int | None = None) -> ProgrammeView | None:
    """What is in a programme: the one numbered, else the published, else the latest?"""
    row = chosen_programme(territory_id, number)
    if row is None:
        return None
    chosen = row.verdicts.filter(chosen=True)
    told = chosen.aggregate(
        n=Count("pk"), cost=Sum("cost"), people=Sum("candidate__people_reached")
    )
    must, must_not = _pins(row)
    names = district_names(territory_id)
    if any(floor.scope == "measure" for floor in row.rules.floor_rules):
        names = {**names, **measure_titles(territory_id)}
    notes = _notes(row)
    return ProgrammeView(
        id=row.pk,
        number=row.number,
        state=row.state,
        created=row.created,
        published=row.published,
        currency=currency_of(territory_id),
        first_year=row.first_year,
        last_year=row.first_year + row.years - 1,
        years=_years(row),
        funds=_funds(row),
        chosen=told["n"],
        refused=row.verdicts.filter(chosen=False).count(),
        cost=told["cost"] or _NOTHING,
        value=Decimal(row.summary.get("value", 0)),
        people_reached=told["people"] or 0,
        objective=row.objective,
        bound=row.bound,
        gap=row.gap,
        seconds=row.seconds,
        violations=tuple(row.violations),
        status=row.status,
        conflicts=tuple(_conflict(one) for one in row.conflicts),
        title=wording(row.title),
        reason=row.reason,
        amends=None if row.amends is None else row.amends.number,
        based_on=None if row.based_on is None else row.based_on.number,
        objective_kind=row.rules.objective,
        assessment=(row.assessment or {}).get("state", ""),
        samples=(row.assessment or {}).get("samples", 0),
        worlds=_worlds(row),
        aims=_aims(row),
        rule_costs=_rule_costs(row, names),
        sure=_sure(row),
        assessed_run=row.assessed_id,
        refusals=_refusals(row),
        by_district=_by_district(row, names),
        floors=tuple((code, names.get(code, code), share) for code, share in row.rules.floors),
        lowered=_lowered(notes, names),
        fair_levels=_fair_levels(notes),
        discount_rate=row.rules.discount_rate,
        weights=row.rules.weights,
        must=must,
        must_not=must_not,
        run_id=row.run_id,
    )


def _notes(row: Programme) -> list[tuple[str, dict[str, str]]]:
    """What the core noted about the rules: code and values."""
    return [(note["code"], dict(note["values"])) for note in row.summary.get("notes", ())]


def _lowered(
    notes: Sequence[tuple[str, dict[str, str]]], names: dict[str, str]
) -> tuple[tuple[str, Decimal, Decimal], ...]:
    return tuple(
        (names.get(one["key"], one["key"]), Decimal(one["asked"]), Decimal(one["share"]))
        for code, one in notes
        if code in ("floor_lowered", "floor_without_candidates")
    )


def _fair_levels(
    notes: Sequence[tuple[str, dict[str, str]]],
) -> tuple[tuple[str, Decimal, Decimal], ...]:
    return tuple(
        (one["by"], Decimal(one["level"]), Decimal(one["best"]))
        for code, one in notes
        if code == "fair_level"
    )


def _rule_costs(row: Programme, names: dict[str, str]) -> tuple[tuple[str, str, Decimal], ...]:
    told = (row.assessment or {}).get("rules", ())
    funds = {fund.id: wording(fund.title.forms) for fund in row.rules.funds}
    pinned = [key for kind, key, _ in told if kind.startswith("must")]
    rows = Candidate.objects.filter(territory_id=row.territory_id, code__in=pinned)
    titles = {code: wording(title) for code, title in rows.values_list("code", "title")}

    def name(kind: str, key: str) -> str:
        if kind == "floor":
            key = key.partition(":")[2]
            return names.get(key, key)
        return funds.get(key) or titles.get(key) or key

    return tuple((kind, name(kind, key), Decimal(str(gain))) for kind, key, gain in told)


def _worlds(row: Programme) -> int:
    study = (row.assessment or {}).get("study")
    return 0 if study is None else study["value"]["worlds"]


def _aims(row: Programme) -> tuple[AimView, ...]:
    told = (row.assessment or {}).get("aims", ())
    most = max((value for objective, value, _, _ in told if objective == "benefit"), default=0.0)
    return tuple(
        AimView(
            objective=objective,
            value=Decimal(str(round(value, 2))),
            loss=max(0.0, 1 - value / most) if most > 0 else 0.0,
            districts=districts,
            sides=sides,
        )
        for objective, value, districts, sides in told
    )


def _sure(row: Programme) -> tuple[tuple[str, int], ...]:
    if (row.assessment or {}).get("state") != "done":
        return ()
    kinds = {"core": 0, "borderline": 0, "outside": 0}
    shares = row.verdicts.filter(robust_share__isnull=False).order_by()
    for share, n in shares.values_list("robust_share").annotate(n=Count("pk")):
        kinds[robustness(share)] += n
    return tuple(kinds.items())


def _conflict(stored: dict[str, Any]) -> ConflictView:
    return ConflictView(
        rules=tuple((kind, key) for kind, key in stored["rules"]),
        ways_out=tuple(
            (*one["rule"], Decimal(one["amount"]), one["unit"]) for one in stored["relaxations"]
        ),
        words=wording(stored.get("words")),
        ways=tuple(wording(way) for way in stored.get("ways", ())),
    )


def _years(row: Programme) -> tuple[YearView, ...]:
    chosen = row.verdicts.filter(chosen=True).order_by()
    by_year = {
        year: (n, cost)
        for year, n, cost in chosen.values_list("year").annotate(n=Count("pk"), money=Sum("cost"))
    }
    # Upkeep falls due from the year after building, for as long as the thing lives: as planned.
    kept_up = list(
        chosen.values_list("year", "candidate__life_years").annotate(keep=Sum("candidate__upkeep"))
    )
    limits = row.rules.upkeep_limit
    found = []
    for offset in range(row.years):
        year = row.first_year + offset
        n, cost = by_year.get(year, (0, _NOTHING))
        kept = sum(
            (keep for built, life, keep in kept_up if built < year <= built + life), _NOTHING
        )
        limit = limits[min(offset, len(limits) - 1)].amount if limits else None
        found.append(YearView(year, n, cost, kept, limit))
    return tuple(found)


def _funds(row: Programme) -> tuple[FundBar, ...]:
    spent: dict[tuple[str, int], Decimal] = {
        (fund, year): amount
        for fund, year, amount in Payment.objects.filter(programme=row)
        .order_by()
        .values_list("fund", "year")
        .annotate(total=Sum("amount"))
    }
    carried = {fund.id: fund for fund in row.rules.funds if fund.carry_over}
    came: dict[str, Decimal] = {}
    bars = []
    for one in row.fund_years.order_by("fund", "year"):
        used = spent.pop((one.fund, one.year), _NOTHING)
        left = one.available + came.get(one.fund, _NOTHING) - used
        bars.append(FundBar(one.fund, wording(one.title), one.year, one.available, used, left))
        if one.fund in carried:
            limit = carried[one.fund].carry_limit
            came[one.fund] = left if limit is None else min(left, limit.amount)
    # What is left was given by others for one candidate only: there is as much as is spent.
    bars += [
        FundBar(fund, fund, year, money, money, _NOTHING)
        for (fund, year), money in sorted(spent.items())
    ]
    return tuple(bars)


def _refusals(row: Programme) -> tuple[tuple[str, int, Decimal], ...]:
    counted = (
        row.verdicts.filter(chosen=False)
        .order_by()
        .values_list("main_reason")
        .annotate(n=Count("pk"), money=Sum("cost"))
    )
    return tuple(sorted(counted, key=lambda told: (-told[1], told[0])))


def _by_district(
    row: Programme, names: dict[str, str]
) -> tuple[tuple[str, str, Decimal, int], ...]:
    counted = (
        row.verdicts.filter(chosen=True)
        .order_by()
        .values_list("candidate__district")
        .annotate(money=Sum("cost"), n=Count("pk"))
    )
    return tuple(
        (code, names.get(code, code), money, n)
        for code, money, n in sorted(counted, key=lambda told: (-told[1], told[0]))
    )


def _pins(row: Programme) -> tuple[Any, Any]:
    must, must_not = set(row.rules.must), set(row.rules.must_not)
    found = Candidate.objects.filter(territory_id=row.territory_id, code__in=must | must_not)
    table = list(found.order_by("code").values_list("code", "pk", "title"))
    inside = tuple((pk, wording(title)) for code, pk, title in table if code in must)
    outside = tuple((pk, wording(title)) for code, pk, title in table if code in must_not)
    return inside, outside


def upkeep_by_year(territory_id: int) -> tuple[YearView, ...]:
    """What does the programme add to the yearly upkeep, against what the budget takes on?"""
    row = chosen_programme(territory_id)
    return () if row is None else _years(row)


def compare(territory_id: int, first: int, second: int) -> tuple[Difference, ...]:
    """What does the programme numbered `second` do otherwise than `first`?

    Raises
    ------
    LookupError
        One of them does not exist.
    """
    one, other = (chosen_programme(territory_id, number) for number in (first, second))
    if one is None or other is None:
        raise LookupError(f"no programmes {first} and {second}")
    years: dict[int, list[int | None]] = defaultdict(lambda: [None, None])
    for side, row in enumerate((one, other)):
        for candidate_id, year in row.verdicts.filter(chosen=True).values_list(
            "candidate_id", "year"
        ):
            years[candidate_id][side] = year
    moved = [pk for pk, (before, after) in years.items() if before != after]
    rows = Verdict.objects.filter(programme=other, candidate_id__in=moved)
    lines = verdict_lines(territory_id, rows.order_by("-value", "pk"))
    return tuple(Difference(line, *years[line.id]) for line in lines)
