"""A case of planning as a file: candidates and rules, read with every fault named by line.

The format is in `docs/reference/plan-case.md`; JSON is YAML too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from shapely.geometry import Point

from eutopia.core.norms import fields
from eutopia.core.norms.documents import Entry, read_document
from eutopia.core.plan.heritage import OUTCOMES
from eutopia.core.plan.rules import OBJECTIVES
from eutopia.core.records.money import Money
from eutopia.core.records.programme import (
    Bundle,
    Candidate,
    Floor,
    Fund,
    GateDecision,
    PortfolioRules,
)
from eutopia.core.records.text import Text

CASE_REQUIRED = ("currency", "first_year", "years", "discount_rate", "funds", "candidates")
CASE_OPTIONAL = (
    "name",
    "note",
    "objective",
    "weights",
    "upkeep_limit",
    "floors",
    "crews",
    "bundles",
    "must",
    "must_not",
    "mandates",
    "mandate_weight",
    "gap",
    "time_limit_s",
)
CANDIDATE_REQUIRED = ("id", "cost", "benefit")
CANDIDATE_OPTIONAL = (
    "title",
    "district",
    "measure",
    "cost_low",
    "cost_high",
    "upkeep",
    "life_years",
    "benefit_low",
    "benefit_high",
    "sides",
    "not_before",
    "after",
    "requires",
    "excludes",
    "overlaps",
    "funds",
    "co_funding",
    "mandate",
    "upkeep_funded",
    "work_groups",
    "groups",
    "place",
    "people_reached",
    "problems",
    "origin",
    "point",
    "quantity",
    "unit",
    "gate",
    "gate_rules",
)


@dataclass(frozen=True, slots=True)
class PlanCase:
    """One case: what may be built, under which rules, how long to search."""

    name: str
    candidates: tuple[Candidate, ...]
    rules: PortfolioRules
    gap: float = 0.001
    time_limit_s: float = 60.0
    note: str = ""


def read_case(path: Path) -> PlanCase:
    """Which candidates and rules does a case file hold?

    Raises
    ------
    PackError
        An unknown or missing key, a value that cannot be meant, an id that refers to nothing; each
        with file, line, field and mend.
    """
    found = read_document(path).fields(CASE_REQUIRED, CASE_OPTIONAL)
    currency = fields.code(found["currency"])
    candidates = tuple(_candidate(entry, currency) for entry in found["candidates"].items())
    _check_references(found["candidates"], candidates)
    years = fields.integer(found["years"])
    rules = PortfolioRules(
        first_year=fields.integer(found["first_year"]),
        years=years,
        funds=tuple(_fund(entry, currency, years) for entry in found["funds"].items()),
        upkeep_limit=_amounts(found.get("upkeep_limit"), currency),
        discount_rate=fields.decimal(found["discount_rate"]),
        crews=tuple((k, fields.integer(v)) for k, v in _pairs(found.get("crews"))),
        weights=tuple((k, fields.decimal(v)) for k, v in _pairs(found.get("weights"))),
        must=_codes(found.get("must")),
        must_not=_codes(found.get("must_not")),
        floor_rules=tuple(_floor(entry) for entry in _items(found.get("floors"))),
        bundles=tuple(_bundle(entry, currency) for entry in _items(found.get("bundles"))),
        mandates=_choice(found.get("mandates"), ("hard", "soft")),
        mandate_weight=_decimal(found.get("mandate_weight"), "1.5"),
        objective=_choice(found.get("objective"), OBJECTIVES),
    )
    return PlanCase(
        name=found["name"].text if "name" in found else path.stem,
        candidates=candidates,
        rules=rules,
        gap=float(_decimal(found.get("gap"), "0.001")),
        time_limit_s=float(_decimal(found.get("time_limit_s"), "60")),
        note=found["note"].text if "note" in found else "",
    )


def _items(entry: Entry | None) -> list[Entry]:
    return [] if entry is None else list(entry.items())


def _pairs(entry: Entry | None) -> list[tuple[str, Entry]]:
    return [] if entry is None else list(entry.pairs())


def _codes(entry: Entry | None) -> tuple[str, ...]:
    return () if entry is None else fields.codes(entry)


def _choice(entry: Entry | None, options: tuple[str, ...]) -> str:
    return options[0] if entry is None else fields.choice(entry, options)


def _decimal(entry: Entry | None, default: str) -> Decimal:
    return Decimal(default) if entry is None else fields.decimal(entry)


def _integer(entry: Entry | None, default: int) -> int:
    return default if entry is None else fields.integer(entry)


def _boolean(entry: Entry | None, *, default: bool) -> bool:
    return default if entry is None else fields.boolean(entry)


def _amount(entry: Entry, currency: str) -> Money:
    amount = fields.decimal(entry)
    if amount < 0:
        raise entry.fault(f"{amount} is negative", "write 0 or more")
    return Money(amount, currency)


def _amounts(entry: Entry | None, currency: str) -> tuple[Money, ...]:
    return tuple(_amount(item, currency) for item in _items(entry))


def _text(entry: Entry | None, default: str) -> Text:
    if entry is None:
        return Text.of(en=default)
    return fields.text(entry) if entry.is_mapping else Text.of(en=entry.text)


def _fund(entry: Entry, currency: str, years: int) -> Fund:
    found = entry.fields(("id", "by_year"), ("title", "carry_over", "restricted_to", "max_share"))
    by_year = _amounts(found["by_year"], currency)
    if len(by_year) != years:
        raise found["by_year"].fault(f"{len(by_year)} amounts", f"give {years}, one a year")
    id_ = fields.code(found["id"])
    return Fund(
        id=id_,
        title=_text(found.get("title"), id_),
        by_year=by_year,
        carry_over=_boolean(found.get("carry_over"), default=False),
        restricted_to=_codes(found.get("restricted_to")),
        max_share=_decimal(found["max_share"], "1") if "max_share" in found else None,
    )


def _floor(entry: Entry) -> Floor:
    found = entry.fields(("scope", "key", "share"), ("of", "years"))
    years = None
    if "years" in found:
        first, last = [fields.integer(item) for item in found["years"].items()]
        years = (first, last)
    return Floor(
        scope=fields.choice(found["scope"], ("district", "measure", "group")),
        key=found["key"].text,
        share=fields.decimal(found["share"]),
        of=_choice(found.get("of"), ("spent", "budget")),
        years=years,
    )


def _bundle(entry: Entry, currency: str) -> Bundle:
    found = entry.fields(("id", "candidates", "saving"))
    return Bundle(
        id=fields.code(found["id"]),
        candidate_ids=fields.codes(found["candidates"]),
        saving=_amount(found["saving"], currency),
    )


def _candidate(entry: Entry, currency: str) -> Candidate:
    found = entry.fields(CANDIDATE_REQUIRED, CANDIDATE_OPTIONAL)
    id_ = fields.code(found["id"])
    benefit = fields.decimal(found["benefit"])
    point = [float(fields.decimal(item)) for item in _items(found.get("point"))]
    return Candidate(
        id=id_,
        measure=found["measure"].text if "measure" in found else "",
        title=_text(found.get("title"), id_),
        district=found["district"].text if "district" in found else "",
        geometry=Point(point) if len(point) == 2 else Point(),
        quantity=_decimal(found.get("quantity"), "1"),
        unit=found["unit"].text if "unit" in found else "place",
        cost=_amount(found["cost"], currency),
        upkeep=_amount(found["upkeep"], currency) if "upkeep" in found else Money.zero(currency),
        life_years=_integer(found.get("life_years"), 20),
        benefit=benefit,
        benefit_low=_decimal(found.get("benefit_low"), str(benefit)),
        benefit_high=_decimal(found.get("benefit_high"), str(benefit)),
        sides=tuple((side, fields.decimal(share)) for side, share in _pairs(found.get("sides"))),
        problem_ids=_codes(found.get("problems")),
        people_reached=_integer(found.get("people_reached"), 0),
        gate=_gate(found),
        not_before=_integer(found.get("not_before"), 0),
        after=_codes(found.get("after")),
        requires=_codes(found.get("requires")),
        excludes=_codes(found.get("excludes")),
        overlaps=tuple((k, fields.decimal(v)) for k, v in _pairs(found.get("overlaps"))),
        funds=_codes(found.get("funds")),
        co_funding=tuple((d, _amount(m, currency)) for d, m in _pairs(found.get("co_funding"))),
        origin=found["origin"].text if "origin" in found else "proposal",
        mandate=_boolean(found.get("mandate"), default=False),
        upkeep_funded=_boolean(found.get("upkeep_funded"), default=True),
        work_groups=_codes(found.get("work_groups")),
        place=found["place"].text if "place" in found else "",
        cost_low=_amount(found["cost_low"], currency) if "cost_low" in found else None,
        cost_high=_amount(found["cost_high"], currency) if "cost_high" in found else None,
        groups=_codes(found.get("groups")),
    )


def _gate(found: Mapping[str, Entry]) -> GateDecision:
    outcome = fields.choice(found["gate"], OUTCOMES) if "gate" in found else OUTCOMES[0]
    return GateDecision(outcome, _codes(found.get("gate_rules")), (), (), (), (), (), "case")


def _check_references(entry: Entry, candidates: Sequence[Candidate]) -> None:
    """Ids are given once, and what is after, required or excluded is there."""
    known: set[str] = set()
    rows = list(entry.items())
    for row, candidate in zip(rows, candidates, strict=True):
        if candidate.id in known:
            raise row.fault(f"id '{candidate.id}' is given twice", "give each candidate its own")
        known.add(candidate.id)
    for row, candidate in zip(rows, candidates, strict=True):
        for other in (*candidate.after, *candidate.requires, *candidate.excludes):
            if other not in known:
                raise row.fault(f"'{candidate.id}' names '{other}'", "no candidate has this id")


def write_case(case: PlanCase, path: Path) -> None:
    """Write a case file, one candidate a line, so that two versions can be compared.

    Notes
    -----
    `read_case` gives the same candidates and rules back, save geometry (a point is kept) and the
    details of the gate (its outcome and rule ids are kept).
    """
    rules = case.rules
    currency = rules.funds[0].by_year[0].currency if rules.funds else "XXX"
    head: dict[str, Any] = {
        "name": case.name,
        "note": case.note,
        "currency": currency,
        "first_year": rules.first_year,
        "years": rules.years,
        "discount_rate": str(rules.discount_rate),
        "objective": rules.objective,
        "weights": {side: str(weight) for side, weight in rules.weights},
        "upkeep_limit": [str(money.amount) for money in rules.upkeep_limit],
        "crews": dict(rules.crews),
        "must": list(rules.must),
        "must_not": list(rules.must_not),
        "mandates": rules.mandates,
        "mandate_weight": str(rules.mandate_weight),
        "gap": str(Decimal(str(case.gap))),
        "time_limit_s": str(Decimal(str(case.time_limit_s))),
    }
    lines = [f"{key}: {_flow(value)}" for key, value in head.items() if value not in ({}, [], "")]
    for key, rows in (
        ("floors", [_plain_floor(floor) for floor in _floors(rules)]),
        ("bundles", [_plain_bundle(bundle) for bundle in rules.bundles]),
        ("funds", [_plain_fund(fund) for fund in rules.funds]),
        ("candidates", [_plain_candidate(candidate) for candidate in case.candidates]),
    ):
        if rows or key in CASE_REQUIRED:
            lines += [f"{key}:", *(f"  - {_flow(row)}" for row in rows)] if rows else [f"{key}: []"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _flow(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _floors(rules: PortfolioRules) -> tuple[Floor, ...]:
    simple = tuple(Floor("district", key, share) for key, share in rules.floors)
    return simple + rules.floor_rules


def _plain_floor(floor: Floor) -> dict[str, Any]:
    row = {"scope": floor.scope, "key": floor.key, "share": str(floor.share), "of": floor.of}
    return row if floor.years is None else {**row, "years": list(floor.years)}


def _plain_bundle(bundle: Bundle) -> dict[str, Any]:
    return {
        "id": bundle.id,
        "candidates": list(bundle.candidate_ids),
        "saving": str(bundle.saving.amount),
    }


def _plain_fund(fund: Fund) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": fund.id,
        "title": dict(fund.title.forms),
        "by_year": [str(money.amount) for money in fund.by_year],
        "carry_over": fund.carry_over,
        "restricted_to": list(fund.restricted_to),
    }
    return row if fund.max_share is None else {**row, "max_share": str(fund.max_share)}


def _plain_candidate(c: Candidate) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": c.id,
        "title": dict(c.title.forms),
        "measure": c.measure,
        "district": c.district,
        "cost": str(c.cost.amount),
        "cost_low": None if c.cost_low is None else str(c.cost_low.amount),
        "cost_high": None if c.cost_high is None else str(c.cost_high.amount),
        "upkeep": str(c.upkeep.amount),
        "life_years": c.life_years,
        "benefit": str(c.benefit),
        "benefit_low": str(c.benefit_low),
        "benefit_high": str(c.benefit_high),
        "sides": {side: str(share) for side, share in c.sides},
        "not_before": c.not_before,
        "after": list(c.after),
        "requires": list(c.requires),
        "excludes": list(c.excludes),
        "overlaps": {other: str(benefit) for other, benefit in c.overlaps},
        "funds": list(c.funds),
        "co_funding": {donor: str(gift.amount) for donor, gift in c.co_funding},
        "mandate": c.mandate,
        "upkeep_funded": c.upkeep_funded,
        "work_groups": list(c.work_groups),
        "groups": list(c.groups),
        "place": c.place,
        "people_reached": c.people_reached,
        "problems": list(c.problem_ids),
        "origin": c.origin,
        "quantity": str(c.quantity),
        "unit": c.unit,
        "gate": c.gate.outcome,
        "gate_rules": list(c.gate.rule_ids),
    }
    if not c.geometry.is_empty:
        middle = c.geometry.representative_point()
        row["point"] = [f"{middle.x:.6f}", f"{middle.y:.6f}"]
    plain = {"mandate": False, "upkeep_funded": True, "not_before": 0, "gate": "allow"}
    return {
        key: value
        for key, value in row.items()
        if value not in (None, [], {}, "") and plain.get(key) != value
    }
