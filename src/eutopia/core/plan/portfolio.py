"""What is built when, from whose money? The choice of a programme."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from eutopia.core.kit.optimise import LinearModel, Progress, Solution, relative_gap
from eutopia.core.kit.search import SMALL, search
from eutopia.core.plan.conflicts import find_conflicts
from eutopia.core.plan.explanation import explain_programme
from eutopia.core.plan.fairness import (
    FAIR,
    FIRST,
    LogGains,
    Prepared,
    with_fair_level,
    with_log_gains,
)
from eutopia.core.plan.keeping import Kept, keep_most, planned_before
from eutopia.core.plan.model import PortfolioModel, build_model
from eutopia.core.plan.payments import allocate_payments
from eutopia.core.plan.priorities import with_priorities
from eutopia.core.plan.verification import verify_programme
from eutopia.core.records.programme import (
    Candidate,
    Choice,
    Explanation,
    PortfolioRules,
    Programme,
    Reason,
)

NASH = {"nash": "district", "nash_sides": "side"}


def choose_programme(
    candidates: Sequence[Candidate],
    *,
    rules: PortfolioRules,
    time_limit_s: float = 60.0,
    gap: float = 0.001,
    on_progress: Progress | None = None,
    kept: Kept = (),
) -> Programme:
    """What is built when, from whose money, how near to the best possible, and why?

    Parameters
    ----------
    candidates
        Costed candidates, all money in one currency, ids distinct.
    rules
        Funds by year, limits, floors, pins.
    time_limit_s
        Seconds of solver time after which the best programme found is kept.
    gap
        Relative distance from the best possible at which the search may stop (0.001 is 0.1 %).
    on_progress
        Called with the value found, the bound (both in the objective's own unit; -inf and inf
        where there is none yet) and seconds while it runs; returning False stops the search and
        keeps the best found.
    kept
        Works planned before, by candidate and year offset: of programmes worth the same, but for a
        thousandth and within the gap, the one that keeps more of them (see `keep_most`).

    Returns
    -------
    Programme
        Choices by year, then id; an explanation for every candidate in the order given; the
        verdict of the independent verifier.

    Raises
    ------
    ValueError
        Candidates and rules do not fit together (see `rules.check_rules`).

    Notes
    -----
    A mixed-integer model solved by HiGHS; payments are then settled exactly in Decimal. The same
    input gives the same programme unless the time limit stops the search. Rules that cannot all
    hold give a programme with status `infeasible`, no choices and the conflict. Of the Nash
    objectives value and bound are the geometric mean of the gains, between 0 and 1.
    Source: Huangfu and Hall (2018), HiGHS.
    """
    model = build_model(candidates, rules=rules)
    found = _best(model, rules, time_limit_s, gap, on_progress, kept=kept)
    if found.choices is None:
        return _without_choices(found.model, found.solution, rules)
    return _told(found, candidates, rules)


@dataclass(frozen=True, slots=True)
class _Found:
    """What a search gave: choices that the verifier was shown, None where there are none."""

    model: PortfolioModel
    solution: Solution
    choices: tuple[Choice, ...] | None
    gains: LogGains | None


def _best(
    built: PortfolioModel,
    rules: PortfolioRules,
    time_limit_s: float,
    gap: float,
    on_progress: Progress | None,
    *,
    kept: Kept = (),
) -> _Found:
    """What is best by the rules' own aim?"""
    before = None if on_progress is None else _quietly(on_progress)
    ready = _prepared(built, rules, time_limit_s, gap, before)
    return _solve(ready, rules, time_limit_s, gap, on_progress, kept=kept)


def _told(found: _Found, candidates: Sequence[Candidate], rules: PortfolioRules) -> Programme:
    model, solution, choices = found.model, found.solution, found.choices or ()
    objective, bound = solution.objective * model.value_unit, solution.bound * model.value_unit
    if found.gains is not None:
        objective = found.gains.mean_of(solution.values)
        bound = max(objective, found.gains.mean(solution.bound))
    return Programme(
        choices=choices,
        explanations=explain_programme(model, choices, rules=rules),
        objective=objective,
        bound=bound,
        gap=relative_gap(objective, bound),
        seconds=solution.seconds,
        violations=verify_programme(choices, candidates, rules=rules),
        status="complete" if solution.status == "optimal" else "stopped",
        notes=model.notes,
    )


def _in_unit(tell: Progress, found: Callable[[float], float], before: float) -> Progress:
    """Tell the objective in its own unit, and the seconds spent before as well."""
    return lambda value, bound, seconds: tell(found(value), found(bound), before + seconds)


def _quietly(tell: Progress) -> Progress:
    """While something else than the objective is looked for there is no value of it to tell."""
    return lambda _, __, seconds: tell(float("-inf"), float("inf"), seconds)


def _prepared(
    model: PortfolioModel,
    rules: PortfolioRules,
    time_limit_s: float,
    gap: float,
    on_progress: Progress | None,
) -> Prepared:
    """The model with what comes before the total: a fair level, or the criteria in their order."""
    if rules.objective in FAIR:
        return with_fair_level(
            model,
            by=FAIR[rules.objective],
            time_limit_s=time_limit_s / 2,
            gap=gap,
            on_progress=on_progress,
        )
    if rules.objective == "lexicographic":
        return with_priorities(
            model, rules=rules, time_limit_s=time_limit_s, gap=gap, on_progress=on_progress
        )
    return Prepared(model)


def _solve(
    ready: Prepared,
    rules: PortfolioRules,
    time_limit_s: float,
    gap: float,
    on_progress: Progress | None,
    *,
    kept: Kept,
) -> _Found:
    """Solve; where rounding in the solver overspends by a hair, solve again a hair tighter."""
    model, by = ready.model, NASH.get(rules.objective)
    gains = None if by is None else with_log_gains(model, by=by)
    linear = model.linear if gains is None else gains.linear
    # A product of gains has no unit of money; every other objective is in currency.
    unit = (lambda value: value * model.value_unit) if gains is None else gains.mean
    told = None if on_progress is None else _in_unit(on_progress, unit, ready.seconds)
    start = ready.start if len(ready.start) else None
    spent = ready.seconds
    if gains is not None and int(model.linear.integer.sum()) > SMALL:
        # A good total is a good beginning for a fair one, where that takes long.
        first = search(model.linear, time_limit_s=time_limit_s / 4, gap=max(gap, FIRST))
        start = gains.start(first.values) if len(first.values) else None
        spent += first.seconds
    # A product of gains is nearly flat: what was good before leads its search astray.
    near = planned_before(model, linear.size[1], kept) if gains is None else None
    choices = None
    for shrink in (0.0, 1e-7, 1e-5):
        solution = search(
            _tightened(model, linear, shrink),
            time_limit_s=max(time_limit_s - spent, time_limit_s / 4),
            gap=gap,
            start=start,
            near=near,
            on_progress=told,
        )
        if solution.status in ("infeasible", "none", "unbounded"):
            choices = None
            break
        solution = keep_most(
            model, linear, solution, kept=kept, gap=gap, time_limit_s=time_limit_s / 20
        )
        choices = allocate_payments(model.chosen(solution.values), model.candidates, rules=rules)
        if choices is not None and not verify_programme(choices, model.candidates, rules=rules):
            break
    status = solution.status if ready.finished or choices is None else "stopped"
    solution = replace(solution, seconds=solution.seconds + spent, status=status)
    return _Found(model, solution, choices, gains)


def _tightened(model: PortfolioModel, linear: LinearModel, shrink: float) -> LinearModel:
    if not shrink:
        return linear
    upper = linear.row_upper.copy()
    for row, (kind, _, _) in enumerate(model.labels):
        if kind in ("fund", "upkeep"):
            upper[row] *= 1 - shrink
    return replace(linear, row_upper=upper)


def _without_choices(model: PortfolioModel, solution: Solution, rules: PortfolioRules) -> Programme:
    status = "infeasible" if solution.status == "infeasible" else "stopped"
    why = Reason("conflict" if status == "infeasible" else "stopped")
    return Programme(
        choices=(),
        explanations=tuple(
            Explanation(c.id, False, (model.refused.get(c.id, why),), Decimal(0))
            for c in model.candidates
        ),
        objective=0.0,
        bound=0.0 if status == "infeasible" else solution.bound * model.value_unit,
        gap=float("inf"),
        seconds=solution.seconds,
        violations=(),
        status=status,
        conflicts=find_conflicts(model, rules=rules) if status == "infeasible" else (),
        notes=model.notes,
    )


def choose_only(
    candidates: Sequence[Candidate],
    *,
    rules: PortfolioRules,
    time_limit_s: float = 60.0,
    gap: float = 0.001,
) -> tuple[Choice, ...]:
    """What is built when, from whose money, without the reasons? Empty where nothing can be.

    Notes
    -----
    As `choose_programme`, three to five times as fast: for looking at many programmes of which one
    will be explained. What it gives is verified too.
    """
    model = build_model(candidates, rules=rules)
    choices = _best(model, rules, time_limit_s, gap, None).choices
    if choices is None or verify_programme(choices, candidates, rules=rules):
        return ()
    return choices
