"""The rows of a case file: candidates, funds, floors and the other rules, each value checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TypeVar

from shapely.geometry import Point

from eutopia.core.norms import PackError, fields
from eutopia.core.norms.documents import Entry, Fault
from eutopia.core.plan.heritage import OUTCOMES
from eutopia.core.plan.rules import CRITERIA
from eutopia.core.records.money import Money
from eutopia.core.records.norms import QUALITIES
from eutopia.core.records.programme import (
    Bundle,
    Candidate,
    Closure,
    CrewCalendar,
    Floor,
    Fund,
    GateDecision,
    Priority,
)
from eutopia.core.records.text import Text

Row = TypeVar("Row")
CANDIDATE_REQUIRED = ("id", "cost", "benefit")
CANDIDATE_OPTIONAL = (
    *("title", "district", "measure", "cost_low", "cost_high", "upkeep", "life_years"),
    *("benefit_low", "benefit_high", "sides", "not_before", "after", "requires", "excludes"),
    *("overlaps", "funds", "co_funding", "gift_kinds", "mandate", "soft_mandate", "work_groups"),
    "upkeep_funded",
    *("groups", "place", "people_reached", "problems", "origin", "sources", "point", "quantity"),
    *("unit", "gate", "gate_rules", "season", "ready_month", "crew_months", "closes", "effects"),
)
FUND_OPTIONAL = (
    *("title", "carry_over", "carry_limit", "restricted_to", "districts", "max_share"),
    *("most_each", "needs_gift", "gifts_counted", "kind", "side"),
)
PINS = ("pin", "pinned", "must", "must_not", "must_in")
GIFT_KINDS = ("cash", "in_kind", "labour")
SIDES = ("residents", "business", "municipality", "state")
MOST_FAULTS = 20
NEVER_NEGATIVE = "write 0 or more"


def each(entry: Entry | None, read: Callable[[Entry], Row]) -> tuple[Row, ...]:
    """Read every row of a list; all faults are told together, not only the first."""
    found: list[Row] = []
    faults: list[Fault] = []
    for item in items(entry):
        try:
            found.append(read(item))
        except PackError as error:
            faults += error.faults
    if faults:
        raise PackError(*faults[:MOST_FAULTS])
    return tuple(found)


def items(entry: Entry | None) -> list[Entry]:
    """The entries of a list that may be left out."""
    return [] if entry is None else list(entry.items())


def pairs(entry: Entry | None) -> list[tuple[str, Entry]]:
    """The entries of a mapping that may be left out."""
    return [] if entry is None else list(entry.pairs())


def codes(entry: Entry | None) -> tuple[str, ...]:
    """A list of codes that may be left out."""
    return () if entry is None else fields.codes(entry)


def choice(entry: Entry | None, options: tuple[str, ...]) -> str:
    """One of the options, the first where it is left out."""
    return options[0] if entry is None else fields.choice(entry, options)


def decimal(entry: Entry | None, default: str) -> Decimal:
    """A number that may be left out."""
    return Decimal(default) if entry is None else fields.decimal(entry)


def at_least(entry: Entry | None, least: str, default: str) -> Decimal:
    """A number that may be left out and is not below the least."""
    found = decimal(entry, default)
    if entry is not None and found < Decimal(least):
        raise entry.fault(f"{found} is below {least}", f"write {least} or more")
    return found


def share(entry: Entry) -> Decimal:
    """A share from 0 to 1."""
    found = fields.decimal(entry)
    if not 0 <= found <= 1:
        raise entry.fault(f"{found} is no share", 'write a share from 0 to 1, like "0.25"')
    return found


def whole(entry: Entry | None, least: int, default: int) -> int:
    """A whole number that may be left out and is not below the least."""
    if entry is None:
        return default
    found = fields.integer(entry)
    if found < least:
        raise entry.fault(f"{found} is below {least}", f"write {least} or more")
    return found


def boolean(entry: Entry | None, *, default: bool) -> bool:
    """True or false, which may be left out."""
    return default if entry is None else fields.boolean(entry)


def amount(entry: Entry, currency: str) -> Money:
    """Money of 0 or more in the case's currency."""
    found = fields.decimal(entry)
    if found < 0:
        raise entry.fault(f"{found} is negative", NEVER_NEGATIVE)
    return Money(found, currency)


def amounts(entry: Entry | None, currency: str) -> tuple[Money, ...]:
    """A list of money that may be left out."""
    return tuple(amount(item, currency) for item in items(entry))


def _maybe(found: Mapping[str, Entry], key: str, currency: str) -> Money | None:
    return amount(found[key], currency) if key in found else None


def _text(entry: Entry | None, default: str) -> Text:
    if entry is None:
        return Text.of(en=default)
    return fields.text(entry) if entry.is_mapping else Text.of(en=entry.text)


def read_fund(entry: Entry, currency: str, years: int) -> Fund:
    """Which fund is this row?"""
    found = entry.fields(("id", "by_year"), FUND_OPTIONAL)
    by_year = amounts(found["by_year"], currency)
    if len(by_year) != years:
        raise found["by_year"].fault(f"{len(by_year)} amounts", f"give {years}, one a year")
    id_ = fields.code(found["id"])
    counted = codes(found.get("gifts_counted")) or GIFT_KINDS
    for kind in counted:
        if kind not in GIFT_KINDS:
            raise found["gifts_counted"].fault(f"'{kind}' is no kind", _one_of(GIFT_KINDS))
    carry_over = boolean(found.get("carry_over"), default=False)
    if "carry_limit" in found and not carry_over:
        raise found["carry_limit"].fault("nothing is carried over", "write carry_over: true")
    return Fund(
        id=id_,
        title=_text(found.get("title"), id_),
        by_year=by_year,
        carry_over=carry_over,
        carry_limit=_maybe(found, "carry_limit", currency),
        restricted_to=codes(found.get("restricted_to")),
        districts=codes(found.get("districts")),
        max_share=share(found["max_share"]) if "max_share" in found else None,
        most_each=_maybe(found, "most_each", currency),
        needs_gift=share(found["needs_gift"]) if "needs_gift" in found else None,
        gifts_counted=counted,
        kind=choice(found.get("kind"), GIFT_KINDS),
        side=choice(found["side"], SIDES) if "side" in found else "",
    )


def _one_of(options: tuple[str, ...]) -> str:
    return f"choose one of: {', '.join(options)}"


def read_floor(entry: Entry, years: int) -> Floor:
    """Which floor is this row?"""
    found = entry.fields(("scope", "key", "share"), ("of", "years"))
    period = None
    if "years" in found:
        given = [fields.integer(item) for item in found["years"].items()]
        if len(given) != 2 or not 0 <= given[0] <= given[1] < years:
            raise found["years"].fault(
                f"{given} is no period", f"write first and last year from 0 to {years - 1}"
            )
        period = (given[0], given[1])
    return Floor(
        scope=fields.choice(found["scope"], ("district", "measure", "group")),
        key=found["key"].text,
        share=share(found["share"]),
        of=choice(found.get("of"), ("spent", "budget")),
        years=period,
    )


def read_bundle(entry: Entry, currency: str) -> Bundle:
    """Which bundle is this row?"""
    found = entry.fields(("id", "candidates", "saving"))
    members = fields.codes(found["candidates"])
    if len(set(members)) < 2:
        raise found["candidates"].fault("a bundle of less than two", "name at least two")
    return Bundle(fields.code(found["id"]), members, amount(found["saving"], currency))


def read_closure(entry: Entry, years: int) -> Closure:
    """Which closing of a street is this row?"""
    found = entry.fields(("place",), ("most_years", "years"))
    given = tuple(fields.integer(item) for item in items(found.get("years")))
    if any(not 0 <= year < years for year in given):
        raise found["years"].fault(f"{list(given)} are not all years", f"from 0 to {years - 1}")
    return Closure(found["place"].text, whole(found.get("most_years"), 0, 1), given)


def read_priority(entry: Entry) -> Priority:
    """Which criterion is this row?"""
    found = entry.fields(("criterion",), ("give",))
    given = share(found["give"]) if "give" in found else Decimal(0)
    return Priority(fields.choice(found["criterion"], CRITERIA), given)


def read_calendar(group: str, entry: Entry) -> CrewCalendar:
    """How many crews in each month, from twelve numbers or one for every month?"""
    given = tuple(at_least(item, "0", "0") for item in items(entry) if entry.is_list)
    if len(given) != 12:
        raise entry.fault(f"{len(given)} months", "give twelve numbers, January first")
    return CrewCalendar(group, given)


def read_candidate(entry: Entry, currency: str) -> Candidate:
    """Which candidate is this row?"""
    for key, pin in entry.pairs():
        if key in PINS:
            mend = "write the candidate's id under 'must', 'must_not' or 'must_in' of the case"
            raise pin.fault(f"'{key}' is no key of a candidate", mend)
    found = entry.fields(CANDIDATE_REQUIRED, CANDIDATE_OPTIONAL)
    id_ = fields.code(found["id"])
    low, benefit, high = _benefit(found)
    cost = amount(found["cost"], currency)
    return Candidate(
        id=id_,
        measure=found["measure"].text if "measure" in found else "",
        title=_text(found.get("title"), id_),
        district=found["district"].text if "district" in found else "",
        geometry=_point(found.get("point")),
        quantity=decimal(found.get("quantity"), "1"),
        unit=found["unit"].text if "unit" in found else "place",
        cost=cost,
        upkeep=amount(found["upkeep"], currency) if "upkeep" in found else Money.zero(currency),
        life_years=whole(found.get("life_years"), 1, 20),
        benefit=benefit,
        benefit_low=low,
        benefit_high=high,
        sides=tuple((side, at_least(part, "0", "0")) for side, part in pairs(found.get("sides"))),
        problem_ids=codes(found.get("problems")),
        people_reached=whole(found.get("people_reached"), 0, 0),
        gate=_gate(found),
        not_before=whole(found.get("not_before"), 0, 0),
        after=codes(found.get("after")),
        requires=codes(found.get("requires")),
        excludes=codes(found.get("excludes")),
        overlaps=tuple((k, at_least(v, "0", "0")) for k, v in pairs(found.get("overlaps"))),
        funds=codes(found.get("funds")),
        co_funding=tuple((d, amount(m, currency)) for d, m in pairs(found.get("co_funding"))),
        origin=found["origin"].text if "origin" in found else "proposal",
        mandate=boolean(found.get("mandate"), default=False),
        soft_mandate=boolean(found.get("soft_mandate"), default=False),
        upkeep_funded=boolean(found.get("upkeep_funded"), default=True),
        work_groups=codes(found.get("work_groups")),
        place=found["place"].text if "place" in found else "",
        cost_low=_bound(found, "cost_low", cost),
        cost_high=_bound(found, "cost_high", cost),
        groups=codes(found.get("groups")),
        season=_season(found.get("season")),
        ready_month=whole(found.get("ready_month"), 0, 0),
        crew_months=tuple(
            (group, at_least(months, "0", "0")) for group, months in pairs(found.get("crew_months"))
        ),
        closes=codes(found.get("closes")),
        gift_kinds=_gift_kinds(found),
        effects=tuple(
            (_quality(quality, steps), fields.decimal(steps))
            for quality, steps in pairs(found.get("effects"))
        ),
        sources=codes(found.get("sources")),
    )


def _benefit(found: Mapping[str, Entry]) -> tuple[Decimal, Decimal, Decimal]:
    benefit = fields.decimal(found["benefit"])
    low = decimal(found.get("benefit_low"), str(benefit))
    high = decimal(found.get("benefit_high"), str(benefit))
    if not low <= benefit <= high:
        raise found["benefit"].fault(
            f"{benefit} is not between {low} and {high}", "mend benefit_low or benefit_high"
        )
    return low, benefit, high


def _bound(found: Mapping[str, Entry], key: str, cost: Money) -> Money | None:
    if key not in found:
        return None
    bound = amount(found[key], cost.currency)
    if bound > cost if key == "cost_low" else bound < cost:
        raise found[key].fault(f"{bound.amount} against a cost of {cost.amount}", f"mend {key}")
    return bound


def _point(entry: Entry | None) -> Point:
    point = [float(fields.decimal(item)) for item in items(entry)]
    if entry is not None and len(point) != 2:
        raise entry.fault(f"{len(point)} numbers", "write longitude and latitude")
    return Point(point) if point else Point()


def _season(entry: Entry | None) -> tuple[int, int]:
    if entry is None:
        return 1, 12
    months = [fields.integer(item) for item in entry.items()]
    if len(months) != 2 or not 1 <= months[0] <= months[1] <= 12:
        raise entry.fault(f"{months} is no season", "write first and last month, like [4, 10]")
    return months[0], months[1]


def _quality(quality: str, entry: Entry) -> str:
    if quality not in QUALITIES:
        raise entry.fault(f"'{quality}' is no quality", _one_of(QUALITIES))
    return quality


def _gift_kinds(found: Mapping[str, Entry]) -> tuple[tuple[str, str], ...]:
    donors = {donor for donor, _ in pairs(found.get("co_funding"))}
    kinds = []
    for donor, kind in pairs(found.get("gift_kinds")):
        if donor not in donors:
            raise kind.fault(f"'{donor}' gives nothing", "name a donor of co_funding")
        kinds.append((donor, fields.choice(kind, GIFT_KINDS)))
    return tuple(kinds)


def _gate(found: Mapping[str, Entry]) -> GateDecision:
    outcome = fields.choice(found["gate"], OUTCOMES) if "gate" in found else OUTCOMES[0]
    return GateDecision(outcome, codes(found.get("gate_rules")), (), (), (), (), (), "case")


def quality_prices(entry: Entry | None) -> tuple[tuple[str, Decimal], ...]:
    """What a step of each quality is worth."""
    return tuple((_quality(key, price), fields.decimal(price)) for key, price in pairs(entry))
