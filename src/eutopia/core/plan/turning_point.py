"""At exactly which benefit or cost would one candidate enter? Found by solving again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import ROUND_DOWN, ROUND_UP, Decimal

from eutopia.core.kit.optimise import solve
from eutopia.core.kit.search import search
from eutopia.core.plan.appraisal import discounted_value
from eutopia.core.plan.explanation import CENT, explain_programme
from eutopia.core.plan.model import build_model
from eutopia.core.plan.payments import allocate_payments
from eutopia.core.records.money import Money
from eutopia.core.records.programme import Candidate, Explanation, PortfolioRules, Programme

MOST_STEPS = 12
FAR = Decimal(10) ** 6
"""A benefit that many times what is needed ends the search: no effect helps."""


def explain_exactly(
    candidate_id: str,
    candidates: Sequence[Candidate],
    *,
    rules: PortfolioRules,
    gap: float = 0.0,
    time_limit_s: float = 30.0,
) -> Explanation:
    """Why is one candidate in or out, and exactly where does that turn?

    Parameters
    ----------
    candidate_id
        The candidate asked about.
    candidates, rules
        As in `choose_programme`.
    gap, time_limit_s
        For each of the solves; with a gap above 0 the turning points are that uncertain.

    Returns
    -------
    Explanation
        As in `Programme.explanations`, with `enters_at_benefit` the least yearly benefit and
        `enters_at_cost` the highest cost at which a best programme holds it, None if none does.

    Raises
    ------
    ValueError
        No such candidate, the rules conflict, or the objective is neither benefit nor net.

    Notes
    -----
    With V* the best value and V(b) the best value of programmes that hold the candidate at
    benefit b, V is convex and piecewise linear in b, so Newton's steps from above reach V(b) = V*
    in a few solves. In the cost it is a falling step function, so its turning point is found by
    halving, to a ten-thousandth of the cost.
    """
    chosen_one = next((c for c in candidates if c.id == candidate_id), None)
    if chosen_one is None:
        raise ValueError(f"{candidate_id} is no candidate")
    if rules.objective not in ("benefit", "net"):
        raise ValueError(f"no turning points where the objective is {rules.objective}")
    model = build_model(candidates, rules=rules)
    best = search(model.linear, gap=gap, time_limit_s=time_limit_s)
    choices = (
        allocate_payments(model.chosen(best.values), candidates, rules=rules)
        if len(best.values)
        else None
    )
    if choices is None:
        raise ValueError("the rules conflict: choose_programme tells which")
    explained = {e.candidate_id: e for e in explain_programme(model, choices, rules=rules)}[
        candidate_id
    ]
    if explained.chosen or candidate_id in model.refused:
        return explained
    trial = _Trial(chosen_one, tuple(candidates), rules, gap, time_limit_s)
    value = best.objective * model.value_unit
    return replace(
        explained,
        enters_at_benefit=trial.benefit_for(value),
        enters_at_cost=trial.cost_for(value),
    )


def least_benefits(
    programme: Programme, candidates: Sequence[Candidate], *, rules: PortfolioRules
) -> dict[str, Decimal]:
    """Below which yearly benefit does surely no best programme hold what was left out?

    Parameters
    ----------
    programme
        What `choose_programme` gave for these candidates and rules; none of it needs to be best.
    candidates, rules
        As in `choose_programme`.

    Returns
    -------
    dict
        Yearly benefit, rounded down, by id of those left out though they could start. The turning
        point of `explain_exactly` lies between it and `enters_at_benefit`. Empty where the
        objective is neither benefit nor net, or nothing was chosen.

    Notes
    -----
    One linear relaxation for all: held in a year, a candidate leaves at most the relaxation's
    value less its reduced cost, so its benefit must make up what then lacks to the programme.
    Source: reduced-cost bounds in Nemhauser and Wolsey, *Integer and Combinatorial Optimization*
    (1988), II.5.
    """
    if rules.objective not in ("benefit", "net") or not programme.choices:
        return {}
    model = build_model(candidates, rules=rules)
    relaxed = solve(model.linear, relax=True)
    if relaxed.status != "optimal":
        return {}
    chosen = {choice.candidate_id for choice in programme.choices}
    slack = relaxed.objective - programme.objective / model.value_unit
    found = {}
    for i, starts in model.by_candidate.items():
        candidate = model.candidates[i]
        if candidate.id in chosen:
            continue
        lacking = []
        for start in starts:
            one = discounted_value(candidate, rules=rules, year=start.year, benefit=Decimal(1))
            lacks = -float(relaxed.reduced[start.column]) - slack
            lacking.append(lacks * model.value_unit / float(one))
        more = Decimal(max(0.0, min(lacking) * (1 - 1e-9) - 1e-6))
        found[candidate.id] = (candidate.benefit + more).quantize(CENT, ROUND_DOWN)
    return found


class _Trial:
    """Best programmes that hold one candidate, at other benefits and costs."""

    def __init__(
        self,
        candidate: Candidate,
        candidates: tuple[Candidate, ...],
        rules: PortfolioRules,
        gap: float,
        time_limit_s: float,
    ) -> None:
        self.candidate, self.candidates = candidate, candidates
        self.rules = replace(rules, must=(*rules.must, candidate.id))
        self.gap, self.time_limit_s = gap, time_limit_s

    def best(self, changed: Candidate) -> tuple[float, int] | None:
        """Value and the year it is built in, None where no programme can hold it."""
        trial = tuple(changed if c.id == changed.id else c for c in self.candidates)
        model = build_model(trial, rules=self.rules)
        found = search(model.linear, gap=self.gap, time_limit_s=self.time_limit_s)
        if found.status in ("infeasible", "none"):
            return None
        position = trial.index(changed)
        return found.objective * model.value_unit, model.chosen(found.values)[position]

    def benefit_for(self, value: float) -> Decimal | None:
        """Least yearly benefit at which holding it costs nothing."""
        benefit = max(self.candidate.benefit, CENT)
        for _ in range(MOST_STEPS):
            found = self.best(replace(self.candidate, benefit=benefit))
            if found is None:
                return None
            reached, year = found
            slope = float(
                discounted_value(self.candidate, rules=self.rules, year=year, benefit=Decimal(1))
            )
            step = (value - reached) / slope
            if abs(step) <= float(benefit) * 1e-7:
                break
            benefit += Decimal(step)
            if benefit > FAR * max(self.candidate.benefit, Decimal(1)):
                return None
        return max(benefit, Decimal(0)).quantize(CENT, ROUND_UP)

    def cost_for(self, value: float) -> Money | None:
        """Highest cost at which holding it costs nothing."""
        enough = value * (1 - max(self.gap, 1e-9))

        def holds(cost: Decimal) -> bool:
            money = Money(cost, self.candidate.cost.currency)
            found = self.best(replace(self.candidate, cost=money))
            return found is not None and found[0] >= enough

        low, high = Decimal(0), self.candidate.cost.amount
        if not holds(low):
            return None
        while high - low > max(CENT, self.candidate.cost.amount / 10_000):
            middle = ((low + high) / 2).quantize(CENT, ROUND_DOWN)
            if holds(middle):
                low = middle
            else:
                high = middle
        return Money(low, self.candidate.cost.currency)
