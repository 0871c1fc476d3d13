"""Two programmes side by side: what each brings, and what changes for whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from eutopia.core.plan.appraisal import counted_twice, discounted_value, overlapping_pairs
from eutopia.core.records.programme import Candidate, PortfolioRules, Programme

Sums = tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """What does a programme come to? Money in currency; pairs are ordered by key.

    `value` is the benefit over all lives, discounted and weighed; `yearly` that of one year once
    everything is built; `upkeep` the yearly upkeep then; `left` the cost of candidates not
    chosen (the backlog); `people` counts people reached once a candidate, so a person may count
    more than once. Benefit that several have in common counts once.
    """

    value: Decimal
    yearly: Decimal
    cost: Decimal
    upkeep: Decimal
    people: int
    chosen: int
    left: Decimal
    by_fund: Sums
    by_year: Sums
    by_district: Sums
    by_side: Sums


@dataclass(frozen=True, slots=True)
class Difference:
    """What changes from one programme to another?

    Triples of `moved` are candidate, year before and year after (offsets). `broken` are promises:
    candidates of the first programme that are out of the second or come later.
    """

    entered: tuple[str, ...]
    left: tuple[str, ...]
    moved: tuple[tuple[str, int, int], ...]
    broken: tuple[str, ...]
    value: Decimal
    cost: Decimal
    by_district: Sums


def summarise(
    programme: Programme, candidates: Sequence[Candidate], *, rules: PortfolioRules
) -> Summary:
    """What does a programme come to: money, people, districts, sides, backlog?

    Parameters
    ----------
    programme
        A chosen programme.
    candidates, rules
        What it was chosen from and by.
    """
    known = {candidate.id: candidate for candidate in candidates}
    by_fund, by_year = defaultdict[str, Decimal](Decimal), defaultdict[str, Decimal](Decimal)
    by_district, by_side = defaultdict[str, Decimal](Decimal), defaultdict[str, Decimal](Decimal)
    value = upkeep = cost = Decimal(0)
    for choice in programme.choices:
        candidate = known[choice.candidate_id]
        worth = discounted_value(candidate, rules=rules, year=choice.year)
        value, upkeep = value + worth, upkeep + candidate.upkeep.amount
        total = sum((share for _, share in candidate.sides), Decimal(0))
        for side, share in candidate.sides:
            by_side[side] += worth * share / total if total else Decimal(0)
        for payer, money in choice.paid:
            by_fund[payer] += money.amount
            by_year[str(rules.first_year + choice.year)] += money.amount
            by_district[candidate.district] += money.amount
            cost += money.amount
    chosen = {choice.candidate_id for choice in programme.choices}
    twice, yearly_twice = _counted_twice(programme, candidates, rules)
    net = value - twice
    if value > 0:
        by_side = defaultdict(Decimal, {side: v * net / value for side, v in by_side.items()})
    return Summary(
        value=net,
        yearly=sum((known[id_].benefit for id_ in chosen), Decimal(0)) - yearly_twice,
        cost=cost,
        upkeep=upkeep,
        people=sum(known[id_].people_reached for id_ in chosen),
        chosen=len(chosen),
        left=sum((c.cost.amount for c in candidates if c.id not in chosen), Decimal(0)),
        by_fund=tuple(sorted(by_fund.items())),
        by_year=tuple(sorted(by_year.items())),
        by_district=tuple(sorted(by_district.items())),
        by_side=tuple(sorted(by_side.items())),
    )


def _counted_twice(
    programme: Programme, candidates: Sequence[Candidate], rules: PortfolioRules
) -> tuple[Decimal, Decimal]:
    """What chosen candidates have in common and comes only once: over their lives, and a year."""
    years = {choice.candidate_id: choice.year for choice in programme.choices}
    total = yearly = Decimal(0)
    for (i, j), benefit in overlapping_pairs(candidates).items():
        pair = (candidates[i], candidates[j])
        if all(candidate.id in years for candidate in pair):
            year = max(years[candidate.id] for candidate in pair)
            total += counted_twice(pair, benefit, rules=rules, year=year)
            yearly += benefit
    return total, yearly


def compare(
    before: Programme,
    after: Programme,
    candidates: Sequence[Candidate],
    *,
    rules: PortfolioRules,
) -> Difference:
    """What changes from one programme to another, and which promises does that break?

    Parameters
    ----------
    before, after
        Two programmes over the same candidates and years; the first may be frozen and published.
    candidates, rules
        What they were chosen from; values are told by these rules.

    Examples
    --------
    See `docs/methods/portfolio.md`.
    """
    old = {choice.candidate_id: choice.year for choice in before.choices}
    new = {choice.candidate_id: choice.year for choice in after.choices}
    one = summarise(before, candidates, rules=rules)
    two = summarise(after, candidates, rules=rules)
    districts = defaultdict[str, Decimal](Decimal, two.by_district)
    for district, amount in one.by_district:
        districts[district] -= amount
    moved = tuple(
        (id_, old[id_], new[id_]) for id_ in sorted(old) if new.get(id_, old[id_]) != old[id_]
    )
    gone = tuple(sorted(set(old) - set(new)))
    return Difference(
        entered=tuple(sorted(set(new) - set(old))),
        left=gone,
        moved=moved,
        broken=tuple(sorted({*gone, *(id_ for id_, then, now in moved if now > then)})),
        value=two.value - one.value,
        cost=two.cost - one.cost,
        by_district=tuple(sorted((d, amount) for d, amount in districts.items() if amount)),
    )
