"""Does a programme keep every rule? Read afresh from the rules, without the solver's model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from eutopia.core.records.programme import Candidate, Choice, Floor, Fund, PortfolioRules

NOTHING = Decimal(0)


def verify_programme(
    choices: Sequence[Choice], candidates: Sequence[Candidate], *, rules: PortfolioRules
) -> tuple[str, ...]:
    """Which rules does a programme break?

    Parameters
    ----------
    choices
        What is built when, paid by whom.
    candidates
        All candidates, chosen or not.
    rules
        Funds, limits, floors, pins.

    Returns
    -------
    tuple of str
        One sentence a breach, beginning with the kind of rule; empty means sound.

    Notes
    -----
    Sums are exact in Decimal; nothing is tolerated, save that a floor may be missed by one unit
    of currency in a million of what it asks (the solver's own tolerance). A floor on money spent
    asks for at most half of what its candidates could take (see `Floor`). Shares no code with the
    model that is solved. Linear in choices times rules.

    Examples
    --------
    >>> verify_programme((), (), rules=PortfolioRules(
    ...     first_year=2027, years=1, funds=(), upkeep_limit=(), discount_rate=Decimal("0.05")))
    ()
    """
    known = {candidate.id: candidate for candidate in candidates}
    built: dict[str, int] = {}
    breaches = []
    for choice in choices:
        if choice.candidate_id not in known:
            breaches.append(f"unknown: {choice.candidate_id} is no candidate")
        elif choice.candidate_id in built:
            breaches.append(f"once: {choice.candidate_id} is chosen twice")
        else:
            built[choice.candidate_id] = choice.year
    if breaches:
        return tuple(breaches)
    checks = (
        _entry(built, known, rules),
        _pins(built, known, rules),
        _links(built, known),
        _payments(choices, known, rules),
        _funds(choices, rules),
        _upkeep(built, known, rules),
        _crews(built, known, rules),
        _months(built, known, rules),
        _closures(built, known, rules),
        _floors(choices, known, rules),
    )
    return tuple(breach for check in checks for breach in check)


def _entry(
    built: Mapping[str, int], known: Mapping[str, Candidate], rules: PortfolioRules
) -> Iterator[str]:
    for id_, year in built.items():
        candidate = known[id_]
        if not 0 <= year < rules.years:
            yield f"year: {id_} is built in year {year}, outside the programme"
        if year < candidate.not_before:
            yield f"lead_time: {id_} is built in year {year}, before {candidate.not_before}"
        if candidate.gate.outcome == "forbid":
            yield f"gate: {id_} is forbidden by {', '.join(candidate.gate.rule_ids)}"
        if not candidate.upkeep_funded:
            yield f"upkeep: nobody funds the upkeep of {id_}"
        if id_ in rules.must_not:
            yield f"must_not: {id_} was pinned out"
        if _window(candidate, year) is None:
            yield f"lead_time: {id_} has no month in {rules.first_year + year} to be built in"


def _window(candidate: Candidate, year: int) -> tuple[int, int] | None:
    """Months of a year, 1 to 12, in which it can be built."""
    begin, end = candidate.season if candidate.season[0] <= candidate.season[1] else (1, 12)
    months = [m for m in range(begin, end + 1) if 12 * year + m > candidate.ready_month]
    return (months[0], months[-1]) if months else None


def _pins(
    built: Mapping[str, int], known: Mapping[str, Candidate], rules: PortfolioRules
) -> Iterator[str]:
    for id_ in rules.must:
        if id_ not in built:
            yield f"must: {id_} was pinned in"
    for id_, when in rules.must_in:
        if built.get(id_) != when:
            yield f"must_in: {id_} was pinned to {rules.first_year + when}"
    if rules.mandates == "hard":
        yield from _mandates(built, known, rules)


def _mandates(
    built: Mapping[str, int], known: Mapping[str, Candidate], rules: PortfolioRules
) -> Iterator[str]:
    for candidate in known.values():
        if not (candidate.mandate and _open(candidate, rules)):
            continue
        if candidate.id not in built:
            yield f"mandate: {candidate.id} has a mandate and is not built"
        elif rules.mandate_within and candidate.id not in rules.must:
            years = range(max(candidate.not_before, 0), rules.years)
            first = [year for year in years if _window(candidate, year)][: rules.mandate_within]
            if built[candidate.id] not in first:
                yield f"mandate: {candidate.id} waits longer than {rules.mandate_within} years"


def _payable(candidate: Candidate, rules: PortfolioRules) -> bool:
    given = sum((gift.amount for _, gift in candidate.co_funding), NOTHING)
    return given >= candidate.cost.amount or any(
        _may_pay(fund_id, candidate, rules) for fund_id in (fund.id for fund in rules.funds)
    )


def _links(built: Mapping[str, int], known: Mapping[str, Candidate]) -> Iterator[str]:
    for id_, year in built.items():
        for other in known[id_].after:
            if built.get(other, year) > year:
                yield f"after: {id_} is built in year {year}, {other} only in {built[other]}"
        for other in known[id_].requires:
            if other not in built or built[other] > year:
                yield f"requires: {id_} is built without {other}"
        for other in known[id_].excludes:
            if other in built and other != id_:
                yield f"excludes: {id_} and {other} are both built"


def _may_pay(fund_id: str, candidate: Candidate, rules: PortfolioRules) -> bool:
    for fund in rules.funds:
        if fund.id == fund_id:
            return (
                (not candidate.funds or fund_id in candidate.funds)
                and (not fund.restricted_to or candidate.measure in fund.restricted_to)
                and (not fund.districts or candidate.district in fund.districts)
                and _gives_enough(candidate, fund)
            )
    return False


def _gives_enough(candidate: Candidate, fund: Fund) -> bool:
    if fund.needs_gift is None:
        return True
    kinds = {donor: "cash" for donor, _ in candidate.co_funding} | dict(candidate.gift_kinds)
    counted = [m.amount for donor, m in candidate.co_funding if kinds[donor] in fund.gifts_counted]
    return sum(counted, NOTHING) >= fund.needs_gift * candidate.cost.amount


def _payments(
    choices: Sequence[Choice], known: Mapping[str, Candidate], rules: PortfolioRules
) -> Iterator[str]:
    year_of = {choice.candidate_id: choice.year for choice in choices}
    saved, due = NOTHING, NOTHING
    for bundle in rules.bundles:
        years = {year_of.get(id_) for id_ in bundle.candidate_ids}
        if len(years) == 1 and None not in years:
            saved += bundle.saving.amount
    bundled = {id_ for bundle in rules.bundles for id_ in bundle.candidate_ids}
    for choice in choices:
        candidate = known[choice.candidate_id]
        cost = candidate.cost.amount
        total = sum((money.amount for _, money in choice.paid), NOTHING)
        due += cost - total
        if total > cost or (total < cost and choice.candidate_id not in bundled):
            yield f"paid: {choice.candidate_id} costs {cost}, {total} is paid"
        yield from _payers(choice, candidate, rules)
    if due > saved:
        yield f"bundle: {due} is left unpaid, bundles save {saved}"


def _payers(choice: Choice, candidate: Candidate, rules: PortfolioRules) -> Iterator[str]:
    funds = {fund.id: fund for fund in rules.funds}
    donors: dict[str, Decimal] = defaultdict(Decimal)
    for donor, gift in candidate.co_funding:
        donors[donor] += gift.amount
    from_funds = sum((m.amount for payer, m in choice.paid if payer not in donors), NOTHING)
    for payer, money in choice.paid:
        if money.currency != candidate.cost.currency or money.amount < 0:
            yield f"paid: {payer} pays {money.amount} {money.currency} for {candidate.id}"
        if payer in donors:
            if money.amount > donors[payer]:
                yield f"donor: {payer} offers {donors[payer]}, is to pay {money.amount}"
        elif not _may_pay(payer, candidate, rules):
            yield f"fund: {payer} may not pay for {candidate.id}"
        else:
            share, most = funds[payer].max_share, funds[payer].most_each
            if share is not None and money.amount > share * from_funds:
                yield f"share: {payer} pays more than {share} of {candidate.id}"
            if most is not None and money.amount > most.amount:
                yield f"share: {payer} pays more than {most.amount} for {candidate.id}"


def _funds(choices: Sequence[Choice], rules: PortfolioRules) -> Iterator[str]:
    for fund in rules.funds:
        spent = [NOTHING] * rules.years
        for choice in choices:
            if 0 <= choice.year < rules.years:
                for payer, money in choice.paid:
                    if payer == fund.id:
                        spent[choice.year] += money.amount
        left = NOTHING
        for year, budget in enumerate(fund.by_year):
            if not fund.carry_over:
                left = NOTHING
            elif fund.carry_limit is not None:
                left = min(left, fund.carry_limit.amount)
            left += budget.amount - spent[year]
            if left < 0:
                yield f"fund: {fund.id} lacks {-left} in {rules.first_year + year}"


def _upkeep(
    built: Mapping[str, int], known: Mapping[str, Candidate], rules: PortfolioRules
) -> Iterator[str]:
    if not rules.upkeep_limit:
        return
    ends = [year + known[id_].life_years for id_, year in built.items()]
    for year in range(1, max(ends, default=0) + 1):
        need = sum(
            (
                known[id_].upkeep.amount
                for id_, start in built.items()
                if start < year <= start + known[id_].life_years
            ),
            NOTHING,
        )
        limit = rules.upkeep_limit[min(year, len(rules.upkeep_limit) - 1)].amount
        if need > limit:
            yield f"upkeep: {need} is needed in {rules.first_year + year}, {limit} is there"


def _crews(
    built: Mapping[str, int], known: Mapping[str, Candidate], rules: PortfolioRules
) -> Iterator[str]:
    for group, most in rules.crews:
        for year in range(rules.years):
            at_work = [
                id_
                for id_, start in built.items()
                if start == year and group in (known[id_].measure, *known[id_].work_groups)
            ]
            if len(at_work) > most:
                yield f"crew: {len(at_work)} need {group} in {rules.first_year + year}, {most} can"


def _months(
    built: Mapping[str, int], known: Mapping[str, Candidate], rules: PortfolioRules
) -> Iterator[str]:
    """No stretch of months may have to hold more work than its crews can do."""
    stretches = [(a, b) for a in range(1, 13) for b in range(a, 13)]
    for calendar in rules.crew_calendars:
        for year in range(rules.years):
            works = [
                (_window(known[id_], year) or (1, 12), amount)
                for id_, start in built.items()
                if start == year
                for group, amount in known[id_].crew_months
                if group == calendar.group
            ]
            for a, b in stretches:
                need = sum((w for (first, last), w in works if a <= first and last <= b), NOTHING)
                able = sum(calendar.by_month[a - 1 : b], NOTHING)
                if need > able:
                    when = f"months {a} to {b} of {rules.first_year + year}"
                    yield f"season: {need} crew-months of {calendar.group} in {when}, {able} can"


def _closures(
    built: Mapping[str, int], known: Mapping[str, Candidate], rules: PortfolioRules
) -> Iterator[str]:
    for closure in rules.closures:
        years = {year for id_, year in built.items() if closure.place in known[id_].closes}
        if len(years) > closure.most_years:
            yield f"closure: {closure.place} is closed in {len(years)} years"
        if closure.years and years - set(closure.years):
            yield f"closure: {closure.place} is closed in a year it may not be"


def _floors(
    choices: Sequence[Choice], known: Mapping[str, Candidate], rules: PortfolioRules
) -> Iterator[str]:
    floors = [Floor(scope="district", key=key, share=share) for key, share in rules.floors]
    for floor in (*floors, *rules.floor_rules):
        first, last = floor.years or (0, rules.years - 1)
        there, everywhere = NOTHING, NOTHING
        for choice in choices:
            if not first <= choice.year <= last:
                continue
            candidate = known[choice.candidate_id]
            given = sum((gift.amount for _, gift in candidate.co_funding), NOTHING)
            spent = max(NOTHING, candidate.cost.amount - given)
            everywhere += spent
            if _counts(candidate, floor):
                there += spent
        budget = sum((m.amount for f in rules.funds for m in f.by_year[first : last + 1]), NOTHING)
        able = [c for c in known.values() if _counts(c, floor) and _open(c, rules, last=last)]
        asked = floor.share * (budget if floor.of == "budget" else everywhere)
        if floor.of == "spent":
            asked = min(asked, everywhere * _can_take(able) / 2 / max(budget, Decimal(1)))
        if able and there < asked - asked / 1_000_000:
            yield f"floor: {floor.scope} {floor.key} gets {there}, {asked} is asked"


def _can_take(able: Sequence[Candidate]) -> Decimal:
    """Each candidate's cost to the funds, shared with those it cannot be built beside."""
    ids = {candidate.id for candidate in able}
    rivals: dict[str, set[str]] = {id_: set() for id_ in ids}
    for candidate in able:
        for other in ids & set(candidate.excludes) - {candidate.id}:
            rivals[candidate.id].add(other)
            rivals[other].add(candidate.id)
    total = NOTHING
    for candidate in able:
        given = sum((gift.amount for _, gift in candidate.co_funding), NOTHING)
        left = max(NOTHING, candidate.cost.amount - given)
        total += left / (1 + len(rivals[candidate.id]))
    return total


def _open(candidate: Candidate, rules: PortfolioRules, *, last: int | None = None) -> bool:
    """May it start at all, by the last year of a floor or of the programme?"""
    end = rules.years - 1 if last is None else last
    return (
        candidate.gate.outcome != "forbid"
        and candidate.upkeep_funded
        and candidate.id not in rules.must_not
        and any(_window(candidate, y) for y in range(max(candidate.not_before, 0), end + 1))
        and _payable(candidate, rules)
    )


def _counts(candidate: Candidate, floor: Floor) -> bool:
    if floor.scope == "district":
        return candidate.district == floor.key
    if floor.scope == "measure":
        return candidate.measure == floor.key
    return floor.key in candidate.groups
