"""Why is each candidate in or out, and at which price or effect would that change?"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_UP, Decimal

from eutopia.core.plan.appraisal import appraise, discounted_value, donated
from eutopia.core.plan.capacity import Start
from eutopia.core.plan.exchange import Exchange, Exchanges
from eutopia.core.plan.model import PortfolioModel
from eutopia.core.records.money import Money
from eutopia.core.records.programme import (
    Candidate,
    Choice,
    Explanation,
    PortfolioRules,
    Reason,
)

CENT = Decimal("0.01")
MOST_YEARS = 5
MANY_STARTS = 10_000
RULE_REASONS = {
    "upkeep": "upkeep_unfunded",
    "crew": "crew_full",
    "season": "crew_full",
    "closing": "closed_once",
    "priority": "priority",
    "floor": "floor_displaced",
    "fair": "floor_displaced",
    "excludes": "excluded_by",
    "requires": "requires_missing",
    "after": "precedence",
    "overlap": "counted_twice",
}


def explain_programme(
    model: PortfolioModel, choices: Sequence[Choice], *, rules: PortfolioRules
) -> tuple[Explanation, ...]:
    """Why is each candidate in or out, and what would change it?

    Parameters
    ----------
    model
        The model the programme was chosen by.
    choices
        The programme.
    rules
        Its rules.

    Returns
    -------
    tuple of Explanation
        One a candidate, in the candidates' order. `enters_at_benefit` and `enters_at_cost` are
        values at which it surely enters if all else stays (an exchange with named candidates that
        was checked against every rule); a better exchange may exist, so it may enter before. They
        are told for the objectives benefit and net; in others no exchange decides alone.
        `explain_exactly` finds the turning point itself.

    Notes
    -----
    Of the years it could start in (of more than five the first, middle and last; in
    programmes of more than 10,000 candidates x years the last), the one with the
    cheapest exchange is told. Linear in
    candidates x years x chosen candidates.
    """
    exchanges = Exchanges(model, choices, rules)
    year_of = {choice.candidate_id: choice.year for choice in choices}
    return tuple(
        _chosen(candidate, year_of[candidate.id], rules)
        if candidate.id in year_of
        else _left_out(i, candidate, exchanges, rules)
        for i, candidate in enumerate(model.candidates)
    )


def _chosen(candidate: Candidate, year: int, rules: PortfolioRules) -> Explanation:
    found = appraise(candidate, rules=rules, year=year)
    values = [("year", str(rules.first_year + year)), ("npv", str(found.npv.quantize(CENT)))]
    if found.ratio is not None:
        values.append(("ratio", str(found.ratio.quantize(CENT))))
    reasons = [Reason("chosen", tuple(values))]
    if candidate.mandate or candidate.id in rules.must:
        reasons.insert(0, Reason("mandated", (("pinned", str(candidate.id in rules.must)),)))
    return Explanation(candidate.id, True, tuple(reasons), found.value)


def _left_out(
    i: int, candidate: Candidate, exchanges: Exchanges, rules: PortfolioRules
) -> Explanation:
    model = exchanges.model
    year = min(max(candidate.not_before, 0), rules.years - 1)
    value = appraise(candidate, rules=rules, year=year).value
    refused = model.refused.get(candidate.id)
    if refused is not None:
        return Explanation(candidate.id, False, (refused,), value)
    starts = model.by_candidate[i]
    if max(model.linear.objective[s.column] for s in starts) <= 0:
        reason = Reason("no_benefit", (("benefit", str(candidate.benefit)),))
        return Explanation(candidate.id, False, (reason,), value)
    looked_at = _years(starts, few=len(model.starts) > MANY_STARTS)
    found = [e for e in (exchanges.enter(start) for start in looked_at) if e is not None]
    if not found:
        return Explanation(candidate.id, False, _stuck(i, candidate, exchanges), value)
    best = min(found, key=lambda e: (e.lost - e.gained, e.start.year))
    told = rules.objective in ("benefit", "net")
    return Explanation(
        candidate_id=candidate.id,
        chosen=False,
        reasons=_reasons(best, exchanges),
        value=value,
        # In other objectives an exchange that gains value need not be one that is made.
        enters_at_cost=_entry_cost(candidate, found, exchanges) if told else None,
        enters_at_benefit=_entry_benefit(candidate, found, exchanges) if told else None,
    )


def _years(starts: Sequence[Start], *, few: bool) -> Sequence[Start]:
    """The years looked at: all, or of many the first, the middle and the last."""
    if few:
        return starts[-1:]
    if len(starts) <= MOST_YEARS:
        return starts
    return starts[0], starts[len(starts) // 2], starts[-1]


def _reasons(best: Exchange, exchanges: Exchanges) -> tuple[Reason, ...]:
    candidates = exchanges.model.candidates
    out = tuple(candidates[i].id for i in best.out)
    year = ("year", str(exchanges.rules.first_year + best.start.year))
    reasons = _obstacles(best.missing, best.blocked, year, out)
    return reasons or (Reason("outweighed", (year,), out),)


def _obstacles(
    missing: float,
    blocked: Sequence[tuple[str, str]],
    year: tuple[str, str],
    out: tuple[str, ...],
) -> tuple[Reason, ...]:
    reasons = []
    if missing > 0:
        reasons.append(Reason("budget", (("missing", f"{missing:.2f}"), year), out))
    for kind, key in blocked:
        code = RULE_REASONS.get(kind)
        if code is not None:
            reasons.append(Reason(code, (("rule", key), year), out))
    # A rival that was chosen says more than the money it leaves.
    return tuple(sorted(reasons, key=lambda reason: reason.code != "excluded_by"))


def _stuck(i: int, candidate: Candidate, exchanges: Exchanges) -> tuple[Reason, ...]:
    """No exchange was found: say which rules stand in the way, in the year with the fewest."""
    candidates = exchanges.model.candidates
    built = {candidates[k].id for k in exchanges.years}
    missing = tuple(id_ for id_ in candidate.requires if id_ not in built)
    if missing:
        return (Reason("requires_missing", (), missing),)
    barred = tuple(
        candidates[k].id
        for k in exchanges.years
        if candidates[k].id in candidate.excludes or candidate.id in candidates[k].excludes
    )
    if barred:
        return (Reason("excluded_by", (), barred),)
    found = []
    for start in exchanges.model.by_candidate[i]:
        year = ("year", str(exchanges.rules.first_year + start.year))
        found.append(_obstacles(*exchanges.obstacles(start), year, ()))
    return min(found, key=len) or (Reason("outweighed"),)


def _entry_benefit(
    candidate: Candidate, found: Sequence[Exchange], exchanges: Exchanges
) -> Decimal:
    """Least yearly benefit at which an exchange brings as much as it loses."""
    rules, unit = exchanges.rules, exchanges.model.value_unit

    def more(exchange: Exchange) -> float:
        year = exchange.start.year
        one = discounted_value(candidate, rules=rules, year=year, benefit=Decimal(1))
        return (exchange.lost - exchange.gained) * unit / float(one)

    needed = max(0.0, min(more(exchange) for exchange in found))
    return (candidate.benefit + Decimal(needed)).quantize(CENT, ROUND_UP)


def _entry_cost(
    candidate: Candidate, found: Sequence[Exchange], exchanges: Exchanges
) -> Money | None:
    """Highest cost that the money of candidates bringing less than it would cover."""
    room = max(exchanges.room_below(e.start)[0] for e in found)
    if room <= 0:
        return None
    cost = (Decimal(room) + donated(candidate).amount).quantize(CENT, ROUND_DOWN)
    return Money(min(cost, candidate.cost.amount), candidate.cost.currency)
