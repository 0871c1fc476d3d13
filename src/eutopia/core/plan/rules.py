"""The rules of a programme, read: who may pay, what keeps out, what excludes what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from eutopia.core.plan.appraisal import net_cost
from eutopia.core.records.norms import QUALITIES
from eutopia.core.records.programme import (
    Bundle,
    Candidate,
    Floor,
    Fund,
    PortfolioRules,
    Reason,
)

OBJECTIVES = (
    "benefit",
    "net",
    "fair_districts",
    "fair_sides",
    "nash",
    "nash_sides",
    "lexicographic",
)
CRITERIA = ("benefit", "net", "people", "cost", *QUALITIES, "fair_districts", "fair_sides")


def check_rules(candidates: Sequence[Candidate], rules: PortfolioRules) -> None:
    """Do the candidates and rules fit together? Raises ValueError that says what does not."""
    ids = [candidate.id for candidate in candidates]
    if len(set(ids)) < len(ids):
        twice = sorted({i for i in ids if ids.count(i) > 1})[:5] if len(ids) < 20_000 else ["…"]
        raise ValueError(f"candidate ids occur twice: {', '.join(twice)}; give each its own")
    if rules.years < 1:
        raise ValueError("the programme needs at least one year")
    if rules.objective not in OBJECTIVES:
        raise ValueError(f"objective {rules.objective!r} is none of {', '.join(OBJECTIVES)}")
    for fund in rules.funds:
        if len(fund.by_year) != rules.years:
            raise ValueError(
                f"fund {fund.id} has {len(fund.by_year)} years, the programme {rules.years}; "
                "give one amount a year"
            )
    currencies = {c.cost.currency for c in candidates} | {c.upkeep.currency for c in candidates}
    currencies |= {m.currency for fund in rules.funds for m in fund.by_year}
    currencies |= {m.currency for m in rules.upkeep_limit}
    if len(currencies) > 1:
        raise ValueError(f"one programme, one currency: found {', '.join(sorted(currencies))}")
    pinned = {*rules.must, *rules.must_not, *(id_ for id_, _ in rules.must_in)}
    unknown = sorted(pinned - set(ids))
    if unknown:
        raise ValueError(f"pinned candidates are not there: {', '.join(unknown[:5])}")
    _check_order(rules)


def _check_order(rules: PortfolioRules) -> None:
    """Do the priorities, calendars and closures mean something?"""
    if (rules.objective == "lexicographic") != bool(rules.priorities):
        raise ValueError("priorities and the objective lexicographic go together; give both")
    for priority in rules.priorities:
        if priority.criterion not in CRITERIA:
            raise ValueError(f"priority {priority.criterion!r} is none of {', '.join(CRITERIA)}")
        if not 0 <= priority.give < 1:
            raise ValueError(f"priority {priority.criterion} gives {priority.give}; write 0 to 1")
    for calendar in rules.crew_calendars:
        if len(calendar.by_month) != 12 or min(calendar.by_month) < 0:
            raise ValueError(
                f"crews for {calendar.group}: {len(calendar.by_month)} months; "
                "give twelve numbers of 0 or more from January"
            )
    for closure in rules.closures:
        if closure.most_years < 0 or not all(0 <= year < rules.years for year in closure.years):
            raise ValueError(f"closing of {closure.place}: years are 0 to {rules.years - 1}")


def payers_of(candidate: Candidate, funds: Sequence[Fund]) -> tuple[str, ...]:
    """Which funds may pay for a candidate?"""
    return tuple(
        fund.id
        for fund in funds
        if (not candidate.funds or fund.id in candidate.funds)
        and (not fund.restricted_to or candidate.measure in fund.restricted_to)
        and (not fund.districts or candidate.district in fund.districts)
        and (fund.needs_gift is None or _gift_share(candidate, fund) >= fund.needs_gift)
    )


def _gift_share(candidate: Candidate, fund: Fund) -> Decimal:
    """The part of the cost that donors give in the kinds this fund counts."""
    if candidate.cost.amount <= 0:
        return Decimal(1)
    kinds = dict(candidate.gift_kinds)
    given = sum(
        (
            gift.amount
            for donor, gift in candidate.co_funding
            if kinds.get(donor, "cash") in fund.gifts_counted
        ),
        Decimal(0),
    )
    return given / candidate.cost.amount


def most_paid(fund: Fund, need: Decimal) -> Decimal:
    """The most a fund pays of what a candidate needs from all funds."""
    most = need if fund.max_share is None else need * fund.max_share
    return most if fund.most_each is None else min(most, fund.most_each.amount)


def has_cap(fund: Fund) -> bool:
    """Does the fund pay for a part of each candidate only?"""
    return fund.max_share is not None or fund.most_each is not None


def building_months(candidate: Candidate, year: int) -> tuple[int, int] | None:
    """From which to which month of a year offset can it be built? None where not that year."""
    first, last = candidate.season
    if first > last:
        first, last = 1, 12  # A season over the new year leaves every month open.
    first = max(first, candidate.ready_month - 12 * year + 1)
    return (first, last) if first <= last else None


def open_years(candidate: Candidate, rules: PortfolioRules) -> tuple[int, ...]:
    """In which year offsets can it start, lead times and seasons considered?"""
    return tuple(
        year
        for year in range(max(candidate.not_before, 0), rules.years)
        if building_months(candidate, year) is not None
    )


def upkeep_limit(rules: PortfolioRules, year: int) -> Decimal | None:
    """What upkeep can the operating budget take on in a year? The last limit given holds on."""
    if not rules.upkeep_limit:
        return None
    return rules.upkeep_limit[min(year, len(rules.upkeep_limit) - 1)].amount


def bundle_bearers(
    candidates: Sequence[Candidate], bundles: Sequence[Bundle]
) -> dict[str, tuple[Bundle, int, Decimal]]:
    """Whose payment does each bundle's saving lower, and by how much?

    The dearest candidate of the bundle; a saving above what is left for the funds to pay for it is
    cut to that. Bundles that name an unknown candidate are left out.
    """
    position = {candidate.id: i for i, candidate in enumerate(candidates)}
    left = {i: net_cost(candidate).amount for i, candidate in enumerate(candidates)}
    bearers = {}
    for bundle in bundles:
        if not all(id_ in position for id_ in bundle.candidate_ids):
            continue
        bearer = max((position[id_] for id_ in bundle.candidate_ids), key=lambda i: (left[i], -i))
        saving = min(bundle.saving.amount, left[bearer])
        left[bearer] -= saving
        bearers[bundle.id] = (bundle, bearer, saving)
    return bearers


def all_floors(rules: PortfolioRules) -> tuple[Floor, ...]:
    """All floors, the simple ones by district first."""
    simple = tuple(Floor(scope="district", key=key, share=share) for key, share in rules.floors)
    return simple + rules.floor_rules


def in_scope(candidate: Candidate, floor: Floor) -> bool:
    """Does money spent on this candidate count towards the floor?"""
    if floor.scope == "district":
        return candidate.district == floor.key
    if floor.scope == "measure":
        return candidate.measure == floor.key
    return floor.key in candidate.groups


def cannot_start(candidate: Candidate, rules: PortfolioRules) -> Reason | None:
    """What keeps a candidate out whatever the money? None where nothing does."""
    if candidate.id in rules.must_not:
        return Reason("pinned_out")
    if candidate.gate.outcome == "forbid":
        return Reason("heritage_forbidden", (("rules", ", ".join(candidate.gate.rule_ids)),))
    if not candidate.upkeep_funded:
        return Reason("upkeep_unfunded", (("upkeep", str(candidate.upkeep.amount)),))
    if not open_years(candidate, rules):
        code = "heritage_lead_time" if candidate.gate.approvals else "too_late"
        first = max(candidate.not_before, candidate.ready_month // 12, rules.years)
        return Reason(code, (("first_year", str(rules.first_year + first)),))
    if net_cost(candidate).amount > 0 and not payers_of(candidate, rules.funds):
        return Reason("budget", (("fund", ""), ("missing", str(net_cost(candidate).amount))))
    return None


def exclusion_cliques(candidates: Sequence[Candidate]) -> tuple[tuple[int, ...], ...]:
    """Which groups of candidates (by position) exclude one another, every pair covered?

    Notes
    -----
    Greedy edge clique cover: few long rows make the relaxation tighter than a row a pair.
    """
    position = {candidate.id: i for i, candidate in enumerate(candidates)}
    near: dict[int, set[int]] = defaultdict(set)
    for i, candidate in enumerate(candidates):
        for other in candidate.excludes:
            j = position.get(other)
            if j is not None and j != i:
                near[i].add(j)
                near[j].add(i)
    covered: set[tuple[int, int]] = set()
    cliques = []
    for i in sorted(near):
        for j in sorted(near[i]):
            if j < i or (i, j) in covered:
                continue
            clique = [i, j]
            for k in sorted(near[i] & near[j]):
                if all(k in near[member] for member in clique):
                    clique.append(k)
            clique.sort()
            covered.update((a, b) for a in clique for b in clique if a < b)
            cliques.append(tuple(clique))
    return tuple(cliques)
