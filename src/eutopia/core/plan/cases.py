"""A case of planning as a file: candidates and rules, read with every fault named by line.

The format is in `docs/reference/plan-case.md`; JSON is YAML too.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from eutopia.core.norms import PackError, fields
from eutopia.core.norms.documents import Entry, Fault, read_document
from eutopia.core.plan.case_rows import (
    MOST_FAULTS,
    amounts,
    at_least,
    choice,
    codes,
    each,
    items,
    pairs,
    quality_prices,
    read_bundle,
    read_calendar,
    read_candidate,
    read_closure,
    read_floor,
    read_fund,
    read_priority,
    whole,
)
from eutopia.core.plan.rules import OBJECTIVES, check_rules
from eutopia.core.records.money import CURRENCIES
from eutopia.core.records.programme import Candidate, PortfolioRules

CASE_REQUIRED = ("currency", "first_year", "years", "discount_rate", "funds", "candidates")
CASE_OPTIONAL = (
    *("name", "note", "objective", "priorities", "weights", "quality_values", "upkeep_limit"),
    *("floors", "crews", "crew_calendars", "closures", "bundles", "must", "must_not", "must_in"),
    *("mandates", "mandate_weight", "mandate_within", "gap", "time_limit_s"),
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
        Unknown or missing keys, values that cannot be meant, ids that refer to nothing; each with
        file, line, field and mend, all of one part of the file together (at most 20).
    """
    document = read_document(path)
    found = document.fields(CASE_REQUIRED, CASE_OPTIONAL)
    currency = _currency(found["currency"])
    candidates = each(found["candidates"], lambda entry: read_candidate(entry, currency))
    rules = _rules(found, currency)
    _check_references(found, candidates, rules)
    try:
        check_rules(candidates, rules)
    except ValueError as error:
        raise document.fault(str(error), "mend the rules") from error
    return PlanCase(
        name=found["name"].text if "name" in found else path.stem,
        candidates=candidates,
        rules=rules,
        gap=float(at_least(found.get("gap"), "0", "0.001")),
        time_limit_s=float(at_least(found.get("time_limit_s"), "0.01", "60")),
        note=found["note"].text if "note" in found else "",
    )


def _currency(entry: Entry) -> str:
    code = entry.text
    if code not in CURRENCIES:
        mend = "write its code of ISO 4217, like 'RUB' or 'EUR'"
        raise entry.fault(f"'{code}' is no currency", mend)
    return code


def _rules(found: Mapping[str, Entry], currency: str) -> PortfolioRules:
    years = whole(found["years"], 1, 1)
    return PortfolioRules(
        first_year=fields.integer(found["first_year"]),
        years=years,
        funds=each(found["funds"], lambda entry: read_fund(entry, currency, years)),
        upkeep_limit=amounts(found.get("upkeep_limit"), currency),
        discount_rate=at_least(found["discount_rate"], "0", "0"),
        crews=tuple((k, whole(v, 0, 0)) for k, v in pairs(found.get("crews"))),
        crew_calendars=tuple(
            read_calendar(group, entry) for group, entry in pairs(found.get("crew_calendars"))
        ),
        closures=each(found.get("closures"), lambda entry: read_closure(entry, years)),
        weights=tuple((k, at_least(v, "0", "0")) for k, v in pairs(found.get("weights"))),
        quality_values=quality_prices(found.get("quality_values")),
        must=codes(found.get("must")),
        must_not=codes(found.get("must_not")),
        must_in=tuple((id_, _year(year, years)) for id_, year in pairs(found.get("must_in"))),
        floor_rules=each(found.get("floors"), lambda entry: read_floor(entry, years)),
        bundles=each(found.get("bundles"), lambda entry: read_bundle(entry, currency)),
        mandates=choice(found.get("mandates"), ("hard", "soft")),
        mandate_weight=at_least(found.get("mandate_weight"), "0", "1.5"),
        mandate_within=whole(found.get("mandate_within"), 0, 0),
        objective=choice(found.get("objective"), OBJECTIVES),
        priorities=each(found.get("priorities"), read_priority),
    )


def _year(entry: Entry, years: int) -> int:
    year = whole(entry, 0, 0)
    if year >= years:
        raise entry.fault(f"{year} is after the last year", f"write 0 to {years - 1}")
    return year


def _check_references(
    found: Mapping[str, Entry], candidates: Sequence[Candidate], rules: PortfolioRules
) -> None:
    """Ids are given once, and everything that is named is there."""
    known = {candidate.id for candidate in candidates}
    funds = {fund.id for fund in rules.funds}
    faults: list[Fault] = []

    def check(entry: Entry, who: str, named: Iterable[str], there: set[str], what: str) -> None:
        for name in named:
            if name not in there:
                near = difflib.get_close_matches(name, sorted(there), n=1)
                mend = f"did you mean '{near[0]}'?" if near else "mend the id, or leave it out"
                told = f"{who} names '{name}', no {what} has this id"
                faults.extend(entry.fault(told, mend).faults)

    faults += _twice(items(found["candidates"]), [candidate.id for candidate in candidates])
    faults += _twice(items(found["funds"]), [fund.id for fund in rules.funds])
    for row, candidate in zip(items(found["candidates"]), candidates, strict=True):
        others = (*candidate.after, *candidate.requires, *candidate.excludes)
        overlapping = tuple(other for other, _ in candidate.overlaps)
        check(row, f"'{candidate.id}'", (*others, *overlapping), known, "candidate")
        check(row, f"'{candidate.id}'", candidate.funds, funds, "fund")
        for donor in sorted({donor for donor, _ in candidate.co_funding} & funds):
            told = f"'{donor}' is a fund and a donor of '{candidate.id}'"
            faults += row.fault(told, "give the donor another name").faults
    for key in ("must", "must_not", "must_in"):
        named = getattr(rules, key)
        ids = named if key != "must_in" else tuple(id_ for id_, _ in named)
        if key in found:
            check(found[key], key, ids, known, "candidate")
    for row, bundle in zip(items(found.get("bundles")), rules.bundles, strict=True):
        check(row, f"bundle '{bundle.id}'", bundle.candidate_ids, known, "candidate")
    if faults:
        raise PackError(*faults[:MOST_FAULTS])


def _twice(rows: Sequence[Entry], ids: Sequence[str]) -> list[Fault]:
    seen: set[str] = set()
    faults: list[Fault] = []
    for row, id_ in zip(rows, ids, strict=True):
        if id_ in seen:
            faults += row.fault(f"id '{id_}' is given twice", "give each its own").faults
        seen.add(id_)
    return faults
