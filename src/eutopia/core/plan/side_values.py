"""What is a programme worth to each side, by kind of work, and which one would a side like most?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from eutopia.core.plan.appraisal import (
    counted_twice,
    discounted_value,
    overlapping_pairs,
)
from eutopia.core.plan.payments import allocate_payments
from eutopia.core.plan.portfolio import choose_only
from eutopia.core.plan.verification import verify_programme
from eutopia.core.records.programme import Candidate, Choice, PortfolioRules

Values = Mapping[tuple[str, str], Decimal]
"""By side and criterion."""

_NOTHING = Decimal(0)


def side_values(
    choices: Sequence[Choice],
    candidates: Sequence[Candidate],
    *,
    rules: PortfolioRules,
    criteria: Mapping[str, str],
) -> dict[tuple[str, str], Decimal]:
    """What is a programme worth to each side, by criterion?

    Parameters
    ----------
    choices
        Of a programme: candidates and the year offsets they are built in.
    candidates, rules
        What it was chosen from and by. Weights of sides are left aside.
    criteria
        Criterion by candidate id; candidates without one are left out.

    Returns
    -------
    dict
        Discounted value (currency) by side and criterion. All together are the programme's value.

    Notes
    -----
    A candidate's value goes to the sides by their shares of its benefit. What two have in common
    comes once: half of it is taken off each.
    """
    plain = replace(rules, weights=())
    known = {candidate.id: candidate for candidate in candidates}
    worth = {
        choice.candidate_id: discounted_value(
            known[choice.candidate_id], rules=plain, year=choice.year
        )
        for choice in choices
    }
    years = {choice.candidate_id: choice.year for choice in choices}
    for (i, j), benefit in overlapping_pairs(candidates).items():
        pair = (candidates[i], candidates[j])
        if all(one.id in years for one in pair):
            year = max(years[one.id] for one in pair)
            common = counted_twice(pair, benefit, rules=plain, year=year)
            for one in pair:
                worth[one.id] -= common / 2
    found: dict[tuple[str, str], Decimal] = {}
    for id_, value in worth.items():
        criterion = criteria.get(id_)
        if criterion is not None:
            for side, share in _shares(known[id_]):
                key = side, criterion
                found[key] = found.get(key, _NOTHING) + value * share
    return found


def _shares(candidate: Candidate) -> tuple[tuple[str, Decimal], ...]:
    total = sum((share for _, share in candidate.sides), _NOTHING)
    if total <= 0:
        return ()
    return tuple((side, share / total) for side, share in candidate.sides)


def favourite(
    candidates: Sequence[Candidate],
    *,
    rules: PortfolioRules,
    criteria: Mapping[str, str],
    rates: Values,
    rest: Decimal = _NOTHING,
    time_limit_s: float = 10.0,
    gap: float = 0.01,
) -> tuple[Choice, ...]:
    """Which programme is best, if value counts so much by side and criterion?

    Parameters
    ----------
    criteria
        As in `side_values`.
    rates
        What a currency unit of value counts, by side and criterion (a side's utility of it).
    rest
        What a unit of value that has no criterion counts.
    time_limit_s, gap
        As in `choose_programme`.

    Notes
    -----
    Funds, limits, floors, mandates and pins hold as they are; the objective alone is other: the
    candidates' benefits are multiplied by their rates. Empty where no programme was found.
    """
    scaled = tuple(_scaled(one, criteria, rates, rest) for one in candidates)
    plain = replace(rules, weights=(), objective="benefit", priorities=(), quality_values=())
    return choose_only(scaled, rules=plain, time_limit_s=time_limit_s, gap=gap)


def keeps_rules(
    choices: Sequence[Choice], candidates: Sequence[Candidate], *, rules: PortfolioRules
) -> bool:
    """Whether a programme chosen under other rules keeps these: its money too is found anew."""
    place = {one.id: position for position, one in enumerate(candidates)}
    if not all(one.candidate_id in place for one in choices):
        return False
    years = {place[one.candidate_id]: one.year for one in choices}
    paid = allocate_payments(years, candidates, rules=rules)
    return paid is not None and not verify_programme(paid, candidates, rules=rules)


def _scaled(
    candidate: Candidate, criteria: Mapping[str, str], rates: Values, rest: Decimal
) -> Candidate:
    criterion = criteria.get(candidate.id)
    rate = rest
    if criterion is not None:
        rate = sum(
            (share * rates.get((side, criterion), _NOTHING) for side, share in _shares(candidate)),
            _NOTHING,
        )
    return replace(
        candidate,
        benefit=candidate.benefit * rate,
        benefit_low=candidate.benefit_low * rate,
        benefit_high=candidate.benefit_high * rate,
        effects=(),
        overlaps=tuple((other, amount * rate) for other, amount in candidate.overlaps),
    )
