"""At exactly which benefit or cost would one candidate enter? Found by solving again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, ROUND_UP, Decimal

from eutopia.core.kit.optimise import Solution, solve
from eutopia.core.kit.search import search
from eutopia.core.plan.appraisal import discounted_value
from eutopia.core.plan.explanation import CENT
from eutopia.core.plan.model import PortfolioModel, build_model
from eutopia.core.records.money import Money
from eutopia.core.records.programme import (
    Candidate,
    PortfolioRules,
    Programme,
    TurningPoint,
)

TELLING = ("benefit", "net")
"""Objectives in which one price decides whether a candidate is in."""
MOST_STEPS = 12
FAR = 10.0**6
"""A benefit that many times what is needed ends the search: no effect helps."""
NEARLY = 1e-9
"""Values so near to each other, relative, are the same."""


def explain_exactly(
    candidate_id: str,
    candidates: Sequence[Candidate],
    *,
    rules: PortfolioRules,
    value: float | None = None,
    gap: float = 0.0,
    time_limit_s: float = 30.0,
) -> TurningPoint:
    """At exactly which benefit and cost would one candidate be in?

    Parameters
    ----------
    candidate_id
        The candidate asked about.
    candidates, rules
        As in `choose_programme`.
    value
        What the programme that leaves it out is worth (`Programme.objective`), in currency; left
        out, the best is looked for first.
    gap, time_limit_s
        For each of the solves. With a gap of 0 and time enough the two ends of each range meet.

    Raises
    ------
    ValueError
        No such candidate, the rules conflict, or the objective is neither benefit nor net.

    Notes
    -----
    With V* the value to be reached and V(b) the best value of programmes that hold the candidate at
    benefit b, V is convex and piecewise linear in b, so Newton's steps from above reach V(b) = V*
    in a few solves; the bound of each tells from where on none can reach it. In the cost V is a
    falling step function, so its turning point is found by halving, to a ten-thousandth of the
    cost or twice the gap; the relaxation alone settles most of what is too dear.
    """
    one = next((c for c in candidates if c.id == candidate_id), None)
    if one is None:
        raise ValueError(f"{candidate_id} is no candidate")
    if rules.objective not in TELLING:
        raise ValueError(f"no turning points where the objective is {rules.objective}")
    model = build_model(candidates, rules=rules)
    if candidate_id in model.refused:
        return TurningPoint(candidate_id, holds=False)
    if value is None:
        best = search(model.linear, gap=gap, time_limit_s=time_limit_s)
        if not len(best.values):
            raise ValueError("the rules conflict: choose_programme tells which")
        value = best.objective * model.value_unit
    trial = _Trial(one, tuple(candidates), rules, value, gap, time_limit_s)
    low, high = trial.benefits()
    if high is not None and high <= one.benefit:
        # As it is, it costs nothing to hold it.
        return TurningPoint(candidate_id, True, one.benefit, None, one.cost, None)
    inside, outside = trial.costs()
    return TurningPoint(candidate_id, False, high, low, inside, outside)


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
    if rules.objective not in TELLING or not programme.choices:
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


@dataclass(frozen=True, slots=True)
class _Held:
    """A programme that holds the candidate: its value, no other's can be more, when it starts."""

    value: float
    bound: float
    year: int


class _Trial:
    """Best programmes that hold one candidate, at other benefits and costs."""

    def __init__(
        self,
        candidate: Candidate,
        candidates: tuple[Candidate, ...],
        rules: PortfolioRules,
        value: float,
        gap: float,
        time_limit_s: float,
    ) -> None:
        self.candidate, self.candidates = candidate, candidates
        self.rules = replace(rules, must=(*rules.must, candidate.id))
        self.value, self.gap, self.time_limit_s = value, gap, time_limit_s
        self.enough = value - NEARLY * abs(value)

    def model(self, changed: Candidate) -> PortfolioModel:
        trial = tuple(changed if c.id == changed.id else c for c in self.candidates)
        return build_model(trial, rules=self.rules)

    def held(self, changed: Candidate) -> _Held | None:
        """The best programme found that holds it; None where none was."""
        model = self.model(changed)
        found = search(model.linear, gap=self.gap, time_limit_s=self.time_limit_s)
        if not len(found.values):
            return None
        year = model.chosen(found.values)[self.candidates.index(self.candidate)]
        unit = model.value_unit
        return _Held(found.objective * unit, found.bound * unit, year)

    def slope(self, year: int) -> float:
        """What one more of yearly benefit is worth, where it is built in a year."""
        one = discounted_value(self.candidate, rules=self.rules, year=year, benefit=Decimal(1))
        return float(one)

    def benefits(self) -> tuple[Decimal | None, Decimal | None]:
        """Below which yearly benefit is it surely out, from which on is it in?"""
        slopes = [self.slope(year) for year in range(self.rules.years)]
        benefit, low, high = float(self.candidate.benefit), 0.0, FAR * FAR
        found = self.held(self.candidate)
        for trials in range(MOST_STEPS):
            if found is None:
                return None, None
            if not trials and found.value >= self.enough:
                return None, self.candidate.benefit
            lacking = self.value - found.bound
            slope = max(slopes) if lacking > 0 else min(slopes)
            low = max(low, benefit + lacking / slope)
            step = (self.value - found.value) / self.slope(found.year)
            high = min(high, benefit + step)
            if high > FAR * max(float(self.candidate.benefit), 1.0):
                return None, None
            # From above each step goes down; where none does, nothing better is found.
            if abs(step) <= benefit * 1e-7 or (trials and step > 0):
                break
            changed = Decimal(high).quantize(CENT, ROUND_UP)
            benefit = float(changed)
            found = self.held(replace(self.candidate, benefit=changed))
        told = Decimal(max(high, 0.0)).quantize(CENT, ROUND_UP)
        return min(Decimal(low).quantize(CENT, ROUND_DOWN), told), told

    def costs(self) -> tuple[Money | None, Money | None]:
        """Up to which cost is it in, above which is it surely out?"""
        cost, currency = self.candidate.cost.amount, self.candidate.cost.currency
        near = max(CENT, cost * Decimal(max(1e-4, 2 * self.gap)))
        inside, outside = Decimal(-1), cost
        open_low, open_high = cost, Decimal(0)
        asked = Decimal(0)
        while True:
            verdict = self.verdict(asked)
            if verdict is True:
                inside = asked
            elif verdict is False:
                outside = asked
            else:
                open_low, open_high = min(open_low, asked), max(open_high, asked)
            # What could not be told parts the range: then its two ends are looked for.
            above, below = max(inside, open_high), min(outside, open_low)
            if outside <= 0 or (inside < 0 and below <= 0):
                break
            if below - inside > near:
                asked = _middle(inside, below)
            elif outside - above > near:
                asked = _middle(above, outside)
            else:
                break
        return (
            None if inside < 0 else Money(inside, currency),
            None if outside <= 0 else Money(outside, currency),
        )

    def verdict(self, cost: Decimal) -> bool | None:
        """Is it in at this cost? None where that was not found in the time given."""
        money = Money(cost, self.candidate.cost.currency)
        model = self.model(replace(self.candidate, cost=money))
        unit = model.value_unit
        relaxed = solve(model.linear, relax=True)
        if relaxed.status != "optimal" or relaxed.objective * unit < self.enough:
            return False

        def open_(best: float, bound: float, _seconds: float) -> bool:
            return best * unit < self.enough <= bound * unit

        found: Solution = search(
            model.linear, gap=self.gap, time_limit_s=self.time_limit_s, on_progress=open_
        )
        if len(found.values) and found.objective * unit >= self.enough:
            return True
        surely = found.status == "infeasible" or found.bound * unit < self.enough
        return False if surely else None


def _middle(low: Decimal, high: Decimal) -> Decimal:
    return ((max(low, Decimal(0)) + high) / 2).quantize(CENT, ROUND_DOWN)
