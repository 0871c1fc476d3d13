"""A case of planning written as a file, so that two versions can be compared line by line."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from eutopia.core.plan.case_rows import GIFT_KINDS
from eutopia.core.plan.cases import CASE_REQUIRED, PlanCase
from eutopia.core.plan.rules import all_floors
from eutopia.core.records.programme import Bundle, Candidate, Closure, Floor, Fund


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
        "must_in": dict(rules.must_in),
        "priorities": [{"criterion": p.criterion, "give": str(p.give)} for p in rules.priorities],
        "crew_calendars": {
            c.group: [str(crews) for crews in c.by_month] for c in rules.crew_calendars
        },
        "closures": [_plain_closure(closure) for closure in rules.closures],
        "quality_values": {quality: str(price) for quality, price in rules.quality_values},
        "mandates": rules.mandates,
        "mandate_weight": str(rules.mandate_weight),
        "mandate_within": rules.mandate_within,
        "gap": str(Decimal(str(case.gap))),
        "time_limit_s": str(Decimal(str(case.time_limit_s))),
    }
    lines = [f"{key}: {_flow(value)}" for key, value in head.items() if value not in ({}, [], "")]
    for key, rows in (
        ("floors", [_plain_floor(floor) for floor in all_floors(rules)]),
        ("bundles", [_plain_bundle(bundle) for bundle in rules.bundles]),
        ("funds", [_plain_fund(fund) for fund in rules.funds]),
        ("candidates", [_plain_candidate(candidate) for candidate in case.candidates]),
    ):
        if rows or key in CASE_REQUIRED:
            lines += [f"{key}:", *(f"  - {_flow(row)}" for row in rows)] if rows else [f"{key}: []"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _flow(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _plain_floor(floor: Floor) -> dict[str, Any]:
    row = {"scope": floor.scope, "key": floor.key, "share": str(floor.share), "of": floor.of}
    return row if floor.years is None else {**row, "years": list(floor.years)}


def _plain_closure(closure: Closure) -> dict[str, Any]:
    row: dict[str, Any] = {"place": closure.place, "most_years": closure.most_years}
    return {**row, "years": list(closure.years)} if closure.years else row


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
        "max_share": None if fund.max_share is None else str(fund.max_share),
        "most_each": None if fund.most_each is None else str(fund.most_each.amount),
        "districts": list(fund.districts),
        "needs_gift": None if fund.needs_gift is None else str(fund.needs_gift),
        "gifts_counted": list(fund.gifts_counted),
        "carry_limit": None if fund.carry_limit is None else str(fund.carry_limit.amount),
        "kind": fund.kind,
        "side": fund.side,
    }
    plain = {"kind": "cash", "gifts_counted": list(GIFT_KINDS)}
    return _without_plain(row, plain)


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
        "soft_mandate": c.soft_mandate,
        "upkeep_funded": c.upkeep_funded,
        "work_groups": list(c.work_groups),
        "groups": list(c.groups),
        "place": c.place,
        "season": list(c.season),
        "ready_month": c.ready_month,
        "crew_months": {group: str(months) for group, months in c.crew_months},
        "closes": list(c.closes),
        "gift_kinds": dict(c.gift_kinds),
        "effects": {quality: str(steps) for quality, steps in c.effects},
        "sources": list(c.sources),
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
    plain = {
        "mandate": False,
        "soft_mandate": False,
        "upkeep_funded": True,
        "not_before": 0,
        "gate": "allow",
        "season": [1, 12],
        "ready_month": 0,
    }
    return _without_plain(row, plain)


def _without_plain(row: dict[str, Any], plain: dict[str, Any]) -> dict[str, Any]:
    """The row without what need not be said: what is empty or as it would be anyway."""
    return {
        key: value
        for key, value in row.items()
        if value not in (None, [], {}, "") and (key not in plain or plain[key] != value)
    }
