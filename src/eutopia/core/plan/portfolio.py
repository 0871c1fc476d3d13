"""What is built when, from whose money? The choice of a programme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from eutopia.core.kit.optimise import LinearModel, Progress, Solution
from eutopia.core.kit.search import search
from eutopia.core.plan.conflicts import find_conflicts
from eutopia.core.plan.explanation import explain_programme
from eutopia.core.plan.fairness import FAIR, with_fair_level, with_log_gains
from eutopia.core.plan.model import PortfolioModel, build_model
from eutopia.core.plan.payments import allocate_payments
from eutopia.core.plan.verification import verify_programme
from eutopia.core.records.programme import (
    Candidate,
    Choice,
    Explanation,
    PortfolioRules,
    Programme,
    Reason,
)


def choose_programme(
    candidates: Sequence[Candidate],
    *,
    rules: PortfolioRules,
    time_limit_s: float = 60.0,
    gap: float = 0.001,
    on_progress: Progress | None = None,
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
        Called with value found, bound and seconds while it runs; returning False stops it.

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
    hold give a programme with status `infeasible`, no choices and the conflict.
    Source: Huangfu and Hall (2018), HiGHS.
    """
    model = build_model(candidates, rules=rules)
    spent = 0.0
    if rules.objective in FAIR:
        model, spent = with_fair_level(model, rules=rules, time_limit_s=time_limit_s / 2, gap=gap)
    solution, choices = _solve(model, rules, time_limit_s - spent, gap, on_progress)
    solution = replace(solution, seconds=solution.seconds + spent)
    if choices is None:
        return _without_choices(model, solution, rules)
    # A product of gains has no unit of money; every other objective is in currency.
    unit = 1.0 if rules.objective == "nash" else model.value_unit
    return Programme(
        choices=choices,
        explanations=explain_programme(model, choices, rules=rules),
        objective=solution.objective * unit,
        bound=solution.bound * unit,
        gap=solution.gap,
        seconds=solution.seconds,
        violations=verify_programme(choices, candidates, rules=rules),
        status="complete" if solution.status == "optimal" else "stopped",
        notes=model.notes,
    )


def _solve(
    model: PortfolioModel,
    rules: PortfolioRules,
    time_limit_s: float,
    gap: float,
    on_progress: Progress | None,
) -> tuple[Solution, tuple[Choice, ...] | None]:
    """Solve; where rounding in the solver overspends by a hair, solve again a hair tighter."""
    linear = with_log_gains(model) if rules.objective == "nash" else model.linear
    for shrink in (0.0, 1e-7, 1e-5):
        solution = search(
            _tightened(model, linear, shrink),
            time_limit_s=time_limit_s,
            gap=gap,
            on_progress=on_progress,
        )
        if solution.status in ("infeasible", "none", "unbounded"):
            return solution, None
        choices = allocate_payments(model.chosen(solution.values), model.candidates, rules=rules)
        if choices is not None and not verify_programme(choices, model.candidates, rules=rules):
            break
    return solution, choices


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
