"""Candidates in lists, on the map, on their page, with what a programme says of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import shapely
from django.db.models import F, QuerySet
from shapely.geometry.base import BaseGeometry

from eutopia.web.problems.selectors import OutageCostView, cost_of_outages, problem_lines
from eutopia.web.programmes.models import Candidate, FundYear, Programme, Turning, Verdict
from eutopia.web.programmes.selectors.views import (
    ApprovalView,
    CandidateFilter,
    CandidateLine,
    CandidateView,
    ChangeView,
    GapView,
    GateView,
    PaymentView,
    ReasonView,
    TurningView,
)
from eutopia.web.quality.selectors import indicator_titles
from eutopia.web.territory.models import HeritageAsset, ProtectionZone, Territory
from eutopia.web.territory.selectors import (
    Page,
    district_names,
    feature_collection,
    page_bounds,
    wording,
)
from eutopia.web.works.models import Measure

_ORDERS: dict[str, tuple[Any, ...]] = {
    "value": (F("chosen").desc(), F("value").desc(), F("pk").asc()),
    "cost": (F("cost").desc(), F("pk").asc()),
    "year": (F("year").asc(nulls_last=True), F("value").desc(), F("pk").asc()),
    "ratio": (F("ratio").desc(nulls_last=True), F("pk").asc()),
    "people": (F("candidate__people_reached").desc(), F("pk").asc()),
}
CORE, OUTSIDE = 0.9, 0.1
"""From and up to which share of drawn worlds a candidate is core, and outside."""
TELLING = ("benefit", "net")
"""Aims under which one price decides whether a candidate is in."""
SETTLED = ("heritage_forbidden", "pinned_out", "too_late", "conflict", "stopped")
"""Reasons that no price and no effect changes."""
ONE_NUMBER = Decimal("0.01")
"""Ends of a range that are so near to each other are told as one."""
_ROBUST = {
    "core": {"robust_share__gte": CORE},
    "borderline": {"robust_share__gt": OUTSIDE, "robust_share__lt": CORE},
    "outside": {"robust_share__lte": OUTSIDE},
}
_HEAVY = ("candidate__record", "candidate__geometry")


def chosen_programme(territory_id: int, number: int | None = None) -> Programme | None:
    """Which programme is meant: the one numbered, else the published, else the latest?"""
    rows = Programme.objects.filter(territory_id=territory_id)
    if number is not None:
        return rows.filter(number=number).first()
    return rows.filter(state="published").first() or rows.order_by("-number").first()


def candidates(
    territory_id: int,
    wanted: CandidateFilter,
    *,
    programme: int | None = None,
    page: int = 1,
    size: int = 25,
) -> Page[CandidateLine]:
    """Which candidates answer the filter, and what does the programme say of each?

    Six queries at most, whatever the size. Empty where there is no programme yet.
    """
    row = chosen_programme(territory_id, programme)
    rows = Verdict.objects.none() if row is None else _matching(row, wanted)
    total = rows.count()
    number, pages, cut = page_bounds(total, number=page, size=size)
    ordered = rows.order_by(*_ORDERS.get(wanted.order, _ORDERS["value"]))
    return Page(verdict_lines(territory_id, ordered[cut]), number, pages, total, size)


def _matching(programme: Programme, wanted: CandidateFilter) -> QuerySet[Verdict]:
    given = {
        "candidate__district": wanted.district,
        "candidate__measure": wanted.measure,
        "candidate__gate": wanted.gate,
        "candidate__origin": wanted.origin,
        "main_reason": wanted.reason,
        "year": wanted.year,
        "candidate__title__icontains": wanted.words,
    }
    rows = programme.verdicts.filter(**{name: value for name, value in given.items() if value})
    rows = rows.filter(**_ROBUST.get(wanted.robust, {}))
    return rows if wanted.chosen is None else rows.filter(chosen=wanted.chosen)


def verdict_lines(territory_id: int, rows: QuerySet[Verdict]) -> tuple[CandidateLine, ...]:
    """How do these verdicts read in a list? Three queries with reading the rows themselves."""
    told = list(rows.select_related("candidate").defer(*_HEAVY))
    names = district_names(territory_id)
    titles = _titles(
        territory_id,
        (code for v in told for reason in v.reasons[:1] for code in reason["candidate_ids"]),
    )
    return tuple(_line(v.candidate, v, names, titles) for v in told)


def _titles(territory_id: int, codes: Iterable[str]) -> dict[str, tuple[int, str]]:
    """Give id and title of candidates by code."""
    wanted = set(codes)
    if not wanted:
        return {}
    rows = Candidate.objects.filter(territory_id=territory_id, code__in=wanted)
    return {
        code: (pk, wording(title)) for code, pk, title in rows.values_list("code", "pk", "title")
    }


def _reason(stored: dict[str, Any], titles: dict[str, tuple[int, str]]) -> ReasonView:
    return ReasonView(
        code=stored["code"],
        values=dict(stored["values"]),
        candidates=tuple(titles[code] for code in stored["candidate_ids"] if code in titles),
    )


def _line(
    row: Candidate,
    verdict: Verdict | None,
    names: dict[str, str],
    titles: dict[str, tuple[int, str]],
) -> CandidateLine:
    reasons = [] if verdict is None else verdict.reasons
    return CandidateLine(
        id=row.pk,
        code=row.code,
        title=wording(row.title),
        measure=row.measure,
        district=row.district,
        district_name=names.get(row.district, row.district),
        cost=row.cost,
        upkeep=row.upkeep,
        benefit=row.benefit,
        value=row.benefit * 0 if verdict is None else verdict.value,
        people_reached=row.people_reached,
        chosen=verdict is not None and verdict.chosen,
        year=None if verdict is None else verdict.year,
        main_reason=_reason(reasons[0], titles) if reasons else None,
        gate=row.gate,
        origin=row.origin,
        mandate=row.mandate,
        ratio=None if verdict is None else verdict.ratio,
        robust="" if verdict is None else robustness(verdict.robust_share),
    )


def robustness(share: float | None) -> str:
    """What is a candidate over drawn worlds: core, borderline, outside; empty where unknown?"""
    if share is None:
        return ""
    return "core" if share >= CORE else "outside" if share <= OUTSIDE else "borderline"


def candidates_of_problem(
    territory_id: int, problem_id: int, *, programme: int | None = None
) -> tuple[CandidateLine, ...]:
    """Which measures were weighed against a problem, the chosen first?"""
    row = chosen_programme(territory_id, programme)
    if row is None:
        return ()
    rows = row.verdicts.filter(candidate__problem_links__problem_id=problem_id)
    return verdict_lines(territory_id, rows.order_by(*_ORDERS["value"]))


def funded_problems(territory_id: int, *, programme: int | None = None) -> frozenset[int]:
    """Which problems, by row, does a chosen measure of the programme answer?"""
    row = chosen_programme(territory_id, programme)
    if row is None:
        return frozenset()
    chosen = row.verdicts.filter(chosen=True)
    links = chosen.values_list("candidate__problem_links__problem_id", flat=True)
    return frozenset(pk for pk in links if pk is not None)


def candidate_lines(
    territory_id: int, codes: Sequence[str], *, programme: int | None = None
) -> tuple[CandidateLine, ...]:
    """How do the candidates with these codes read in a list, the chosen first?"""
    row = chosen_programme(territory_id, programme)
    if row is None:
        return ()
    rows = row.verdicts.filter(candidate__code__in=codes)
    return verdict_lines(territory_id, rows.order_by(*_ORDERS["value"]))


def candidate_id(territory_id: int, code: str) -> int | None:
    """Which number has the candidate with this code? None where there is none."""
    rows = Candidate.objects.filter(territory_id=territory_id, code=code)
    return rows.values_list("pk", flat=True).first()


def candidate_line(
    territory_id: int, candidate_id: int, *, programme: int | None = None
) -> CandidateLine | None:
    """How does one candidate read in a list? None where there is none such.

    One that the programme does not know (it was brought in later) reads without a verdict.
    """
    row = (
        Candidate.objects.filter(territory_id=territory_id, pk=candidate_id)
        .defer("record", "geometry")
        .first()
    )
    if row is None:
        return None
    chosen = chosen_programme(territory_id, programme)
    known = None if chosen is None else chosen.verdicts.filter(candidate=row)
    if known is not None and known.exists():
        return verdict_lines(territory_id, known)[0]
    return _line(row, None, district_names(territory_id), {})


def candidate(
    territory_id: int, candidate_id: int, *, programme: int | None = None
) -> CandidateView | None:
    """What is known of one candidate, and why is it in or out? None where there is none."""
    row = Candidate.objects.filter(territory_id=territory_id, pk=candidate_id).first()
    if row is None:
        return None
    chosen = chosen_programme(territory_id, programme)
    verdict = None if chosen is None else chosen.verdicts.filter(candidate=row).first()
    record: Any = row.record
    reasons = [] if verdict is None else verdict.reasons
    named = {code for reason in reasons for code in reason["candidate_ids"]}
    titles = _titles(territory_id, {*named, *record.after, *record.requires, *record.excludes})
    line = _line(row, verdict, district_names(territory_id), titles)
    links = list(row.problem_links.values_list("problem_id", flat=True))
    effect = _effect(territory_id, row.measure)
    shape: BaseGeometry = record.geometry
    place = shape.representative_point()

    def known(codes: Sequence[str]) -> tuple[tuple[int, str], ...]:
        return tuple(titles[code] for code in codes if code in titles)

    return CandidateView(
        line=line,
        quantity=row.quantity,
        unit=row.unit,
        life_years=row.life_years,
        benefit_low=row.benefit_low,
        benefit_high=row.benefit_high,
        sides=record.sides,
        co_funding=tuple((who, money.amount) for who, money in record.co_funding),
        currency=record.cost.currency,
        effect=effect,
        reasons=tuple(_reason(reason, titles) for reason in reasons),
        enters_at_cost=None if verdict is None else verdict.enters_at_cost,
        enters_at_benefit=None if verdict is None else verdict.enters_at_benefit,
        turning=_turning(verdict),
        may_turn=_may_turn(verdict, chosen),
        payments=_payments(chosen, row),
        gate=_gate(territory_id, record.gate),
        problems=problem_lines(territory_id, links),
        gaps=_gaps(territory_id, record),
        after=known(record.after),
        requires=known(record.requires),
        excludes=known(record.excludes),
        lon=place.x,
        lat=place.y,
        geometry=str(shapely.to_geojson(shape)),
        run_id=row.run_id,
        programme=None if chosen is None else chosen.number,
        npv=_npv(verdict),
        robust_share=None if verdict is None else verdict.robust_share,
        samples=((chosen and chosen.assessment) or {}).get("samples", 0),
        withdrawn=row.withdrawn,
        mandate_kind=row.mandate_kind,
        by_hand=row.request is not None,
        changes=_changes(row),
        spared=_spared(links, effect),
    )


def _spared(problem_ids: Sequence[int], effect: Any) -> OutageCostView | None:
    cost = cost_of_outages(problem_ids)
    if cost is None or effect is None:
        return None
    likely: Decimal = effect[1]
    return replace(cost, given_back=cost.given_back * likely, call_outs=cost.call_outs * likely)


def _gaps(territory_id: int, record: Any) -> tuple[GapView, ...]:
    if not record.gaps:
        return ()
    titles = indicator_titles(territory_id)
    found = []
    for gap in record.gaps:
        index, title, unit = titles.get(gap.indicator, ("", gap.indicator, ""))
        found.append(
            GapView(gap.indicator, index, title, unit, gap.value, gap.reference, gap.basis)
        )
    return tuple(found)


def _turning(verdict: Verdict | None) -> TurningView | None:
    row = None if verdict is None else Turning.objects.filter(verdict=verdict).first()
    if row is None:
        return None
    told: Any = row.found
    if told is None:
        return TurningView(None)
    cost, above = (
        None if money is None else money.amount
        for money in (told.enters_at_cost, told.stays_out_above_cost)
    )
    benefit, below = told.enters_at_benefit, told.stays_out_below_benefit
    if below and benefit and benefit - below <= ONE_NUMBER * benefit:
        below = None
    if cost is not None and above is not None and above - cost <= ONE_NUMBER * above:
        above = None
    return TurningView(row.run_id, told.holds, benefit, below or None, cost, above)


def _may_turn(verdict: Verdict | None, programme: Programme | None) -> bool:
    if verdict is None or programme is None or verdict.chosen:
        return False
    return programme.rules.objective in TELLING and verdict.main_reason not in SETTLED


def _npv(verdict: Verdict | None) -> tuple[Decimal, Decimal, Decimal] | None:
    if verdict is None or verdict.npv is None:
        return None
    low, high = verdict.npv_low, verdict.npv_high
    return (verdict.npv if low is None else low, verdict.npv, verdict.npv if high is None else high)


def _changes(row: Candidate) -> tuple[ChangeView, ...]:
    return tuple(
        ChangeView(
            kind=one.kind,
            at=one.at,
            by=one.by,
            reason=one.reason,
            facts=tuple(
                (name, str(one.before.get(name, "")), str(value))
                for name, value in one.after.items()
            ),
        )
        for one in row.changes.order_by("-pk")
    )


def _effect(territory_id: int, measure: str) -> Any:
    rows = Measure.objects.filter(territory_id=territory_id, code=measure)
    return rows.values_list("effect_low", "effect", "effect_high").first()


def _payments(programme: Programme | None, row: Candidate) -> tuple[PaymentView, ...]:
    if programme is None:
        return ()
    titles = {
        fund: wording(title)
        for fund, title in FundYear.objects.filter(programme=programme).values_list("fund", "title")
    }
    return tuple(
        PaymentView(fund, titles.get(fund, fund), amount)
        for fund, amount in row.payments.filter(programme=programme)
        .order_by("pk")
        .values_list("fund", "amount")
    )


def _gate(territory_id: int, told: Any) -> GateView:
    def named(model: Any, codes: Sequence[str]) -> tuple[tuple[str, str], ...]:
        rows = dict(
            model.objects.filter(territory_id=territory_id, code__in=codes).values_list(
                "code", "name"
            )
        )
        return tuple((code, wording(rows.get(code)) or code) for code in codes)

    return GateView(
        outcome=told.outcome,
        rule_ids=told.rule_ids,
        approvals=tuple(
            ApprovalView(
                authority_role=one.authority_role,
                documents=one.documents,
                statutory_days=one.statutory_days,
                rule_id=one.rule_id,
                legal_basis=one.legal_basis,
            )
            for one in told.approvals
        ),
        conditions=tuple(wording(text.forms) for text in told.conditions),
        heritage=named(HeritageAsset, told.heritage_ids),
        zones=named(ProtectionZone, told.zone_ids),
        unknown=told.unknown,
        edition=told.edition,
    )


def layer(territory_id: int, *, programme: int | None = None, year: int | None = None) -> str:
    """Where is what built when, as GeoJSON?

    Properties: `id`, `title`, `year`, `cost`, `chosen`, `measure`, `gate`. With a year, only what
    is built then; without, the refused too.
    """
    row = chosen_programme(territory_id, programme)
    if row is None:
        return feature_collection([], [])
    rows = row.verdicts.order_by("candidate__code")
    if year is not None:
        rows = rows.filter(year=year)
    table = list(
        rows.values_list(
            "candidate__geometry",
            "candidate_id",
            "candidate__title",
            "year",
            "cost",
            "chosen",
            "candidate__measure",
            "candidate__gate",
        )
    )
    names = ("id", "title", "year", "cost", "chosen", "measure", "gate")
    properties = []
    for _, pk, title, built, cost, chosen, measure, gate in table:
        values = (pk, wording(title), built, float(round(cost)), chosen, measure, gate)
        properties.append(dict(zip(names, values, strict=True)))
    return feature_collection([line[0] for line in table], properties)


def currency_of(territory_id: int) -> str:
    """In which money is everything of this territory?"""
    return Territory.objects.values_list("currency", flat=True).get(pk=territory_id)
