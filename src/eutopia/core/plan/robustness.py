"""How sure is a programme over errors and weights, and what does each of its rules cost?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from math import inf, isfinite

import numpy as np
from numpy.random import Generator

from eutopia.core.kit.optimise import solve
from eutopia.core.kit.search import search
from eutopia.core.plan.model import build_model
from eutopia.core.plan.portfolio import choose_only
from eutopia.core.records.money import Money
from eutopia.core.records.programme import Candidate, PortfolioRules

CORE, OUTSIDE = 0.9, 0.1
NORMAL_80 = 1.2815515655446004
"""Half of an 80 % interval in standard deviations."""
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Robustness:
    """In which share of drawn worlds is a candidate chosen?

    `verdict`: core (90 % and more), outside (10 % and less), borderline.
    """

    candidate_id: str
    share: float
    verdict: str


@dataclass(frozen=True, slots=True)
class RuleCost:
    """What does one rule cost: how much more value without it, in currency?

    For a fund, `gain` is the value of one more unit of its money (in its best year).
    """

    rule: tuple[str, str]
    gain: float


def assess_robustness(
    candidates: Sequence[Candidate],
    *,
    rules: PortfolioRules,
    rng: Generator,
    samples: int = 40,
    weight_spread: float = 0.2,
    gap: float = 0.01,
    time_limit_s: float = 5.0,
) -> tuple[Robustness, ...]:
    """Which candidates would be chosen whatever the errors, which never, which by luck?

    Parameters
    ----------
    candidates
        With 80 % bounds of benefit and, where known, of cost.
    rules
        As in `choose_programme`.
    rng
        Source of the draws.
    samples
        Worlds drawn; each is solved anew.
    weight_spread
        Standard deviation of the logarithm of each side's weight.
    gap, time_limit_s
        For each solve.

    Returns
    -------
    tuple of Robustness
        One a candidate, in the order given. A world in which nothing can be chosen counts for none.

    Notes
    -----
    Each world is solved by the rules' own aim. Benefit and cost are drawn log-normal with the
    likely value as median and the geometric mean of the relative bounds as spread, independent of
    one another. With `samples` worlds a share is
    known to about 1 / sqrt(samples) (95 %).
    Source: Liesiö, Mild and Salo, "Robust portfolio modeling with incomplete cost information and
    project interdependencies", European Journal of Operational Research 190 (2008).
    """
    counts = np.zeros(len(candidates))
    position = {candidate.id: i for i, candidate in enumerate(candidates)}
    solved = 0
    for _ in range(samples):
        world = tuple(_drawn(candidate, rng) for candidate in candidates)
        weights = dict(rules.weights)
        sides = sorted({side for c in candidates for side, _ in c.sides})
        drawn = tuple(
            (
                side,
                weights.get(side, Decimal(1))
                * Decimal(f"{float(np.exp(rng.normal(0, weight_spread))):.6f}"),
            )
            for side in sides
        )
        choices = choose_only(
            world, rules=replace(rules, weights=drawn), gap=gap, time_limit_s=time_limit_s
        )
        if choices:
            solved += 1
            counts[[position[choice.candidate_id] for choice in choices]] += 1
    shares = counts / max(solved, 1)
    return tuple(
        Robustness(candidate.id, float(share), _verdict(float(share)))
        for candidate, share in zip(candidates, shares, strict=True)
    )


def _verdict(share: float) -> str:
    if share >= CORE:
        return "core"
    return "outside" if share <= OUTSIDE else "borderline"


def _drawn(candidate: Candidate, rng: Generator) -> Candidate:
    """The candidate in one world."""
    benefit = _factor(candidate.benefit, candidate.benefit_low, candidate.benefit_high, rng)
    low, high = candidate.cost_low, candidate.cost_high
    cost = candidate.cost.amount
    dear = _factor(
        cost, cost if low is None else low.amount, cost if high is None else high.amount, rng
    )
    money = Money((cost * dear).quantize(CENT), candidate.cost.currency)
    return replace(candidate, benefit=candidate.benefit * benefit, cost=money)


def _factor(likely: Decimal, low: Decimal, high: Decimal, rng: Generator) -> Decimal:
    draw = rng.normal()
    if likely <= 0 or high <= low:
        return Decimal(1)
    # A lower bound of nothing is taken as a tenth: the logarithm needs one.
    floor = max(low, likely / 10)
    spread = float((max(high, likely) / floor).ln()) / 2 / NORMAL_80
    return Decimal(f"{float(np.exp(spread * draw)):.6f}")


def cost_of_rules(
    candidates: Sequence[Candidate],
    *,
    rules: PortfolioRules,
    gap: float = 0.001,
    time_limit_s: float = 10.0,
) -> tuple[RuleCost, ...]:
    """What does each floor, limit, crew and pin cost in value, and what is more money worth?

    Parameters
    ----------
    candidates, rules
        As in `choose_programme`; the rules must not conflict.
    gap, time_limit_s
        For each solve; a cost below the gap times the value is not told from nothing.

    Returns
    -------
    tuple of RuleCost
        Dearest first; rules that cost nothing are left out. Funds come last.

    Notes
    -----
    One solve a rule, that rule dropped; by the total, whatever the aim. A fund's marginal value is
    its dual in the linear relaxation, the largest of its years.
    """
    base = best_total(candidates, rules=rules, gap=gap, time_limit_s=time_limit_s)
    if not isfinite(base):
        raise ValueError("the rules conflict: choose_programme tells which")
    gains = [
        RuleCost(
            rule, best_total(candidates, rules=freed, gap=gap, time_limit_s=time_limit_s) - base
        )
        for rule, freed in without_each(rules)
    ]
    return (*dearest_first(gains, base=base), *worth_of_money(candidates, rules=rules))


def best_total(
    candidates: Sequence[Candidate], *, rules: PortfolioRules, gap: float, time_limit_s: float
) -> float:
    """How much value, in currency, has the best programme by the total, whatever the aim?

    Minus infinity where none was found: the rules conflict, or the time was too short.
    """
    model = build_model(candidates, rules=rules)
    found = search(model.linear, gap=gap, time_limit_s=time_limit_s)
    return found.objective * model.value_unit if len(found.values) else -inf


def dearest_first(gains: Sequence[RuleCost], *, base: float) -> tuple[RuleCost, ...]:
    """Which rules cost anything, beside the value `base` of the best programme under all?"""
    told = (cost for cost in gains if cost.gain > 1e-9 * abs(base))
    return tuple(sorted(told, key=lambda cost: (-cost.gain, cost.rule)))


def without_each(rules: PortfolioRules) -> Iterator[tuple[tuple[str, str], PortfolioRules]]:
    """Every rule that can be dropped, and the rules without it."""
    for floor in rules.floors:
        rest = tuple(other for other in rules.floors if other != floor)
        yield ("floor", f"district:{floor[0]}"), replace(rules, floors=rest)
    for extra in rules.floor_rules:
        left = tuple(other for other in rules.floor_rules if other != extra)
        yield ("floor", f"{extra.scope}:{extra.key}"), replace(rules, floor_rules=left)
    if rules.upkeep_limit:
        yield ("upkeep", ""), replace(rules, upkeep_limit=())
    for crew in rules.crews:
        yield ("crew", crew[0]), replace(rules, crews=tuple(c for c in rules.crews if c != crew))
    for calendar in rules.crew_calendars:
        rest_ = tuple(c for c in rules.crew_calendars if c != calendar)
        yield ("season", calendar.group), replace(rules, crew_calendars=rest_)
    for closure in rules.closures:
        open_ = tuple(c for c in rules.closures if c != closure)
        yield ("closure", closure.place), replace(rules, closures=open_)
    for pin in rules.must_in:
        loose = tuple(p for p in rules.must_in if p != pin)
        yield ("must_in", pin[0]), replace(rules, must_in=loose)
    for id_ in rules.must:
        yield ("must", id_), replace(rules, must=tuple(i for i in rules.must if i != id_))
    for id_ in rules.must_not:
        free = tuple(i for i in rules.must_not if i != id_)
        yield ("must_not", id_), replace(rules, must_not=free)


def worth_of_money(
    candidates: Sequence[Candidate], *, rules: PortfolioRules
) -> tuple[RuleCost, ...]:
    """What value does one more unit of each fund's money bring, in its best year?"""
    model = build_model(candidates, rules=rules)
    carried = {fund.id for fund in rules.funds if fund.carry_over and fund.carry_limit is None}
    relaxed = solve(model.linear, relax=True)
    best: dict[str, float] = {}
    for (kind, key, _), dual in zip(model.labels, relaxed.duals.tolist(), strict=True):
        if kind == "fund":
            # Money that is carried over counts in every later row, so its duals add up.
            known = best.get(key, 0.0)
            best[key] = known + abs(dual) if key in carried else max(known, abs(dual))
    unit = model.value_unit / model.money_unit
    return tuple(RuleCost(("fund", key), dual * unit) for key, dual in sorted(best.items()))
