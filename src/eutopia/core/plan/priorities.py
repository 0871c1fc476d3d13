"""One criterion after another: what the first asks for is kept when the next is served."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from eutopia.core.kit.optimise import INFINITY, Array, Progress, Row, extend
from eutopia.core.kit.search import search
from eutopia.core.plan.appraisal import discounted_value, net_cost, whole_life_cost
from eutopia.core.plan.fairness import FAIR, Prepared, with_fair_level
from eutopia.core.plan.model import PortfolioModel
from eutopia.core.records.programme import Candidate, PortfolioRules, Priority, Reason

SLACK = 1e-6


def with_priorities(
    model: PortfolioModel,
    *,
    rules: PortfolioRules,
    time_limit_s: float,
    gap: float,
    on_progress: Progress | None = None,
) -> Prepared:
    """Which model keeps what every criterion, in its order, can ask for?

    Parameters
    ----------
    model
        The portfolio model, its objective the total.
    rules
        With `priorities`.
    time_limit_s, gap
        For all criteria together; each is kept as far as it was found.
    on_progress
        As in `choose_programme`; stopping goes on with what was found.

    Notes
    -----
    Lexicographic: each criterion is made as large as possible under the rows that keep those
    before it, less the share it may give up. What is left is decided by the total.
    Source: Isermann, "Linear lexicographic optimization", OR Spektrum 4 (1982).
    """
    ready = Prepared(model)
    limit = time_limit_s / (len(rules.priorities) + 1)
    for priority in rules.priorities:
        terms = _terms(ready.model, priority.criterion, rules)
        if priority.criterion in FAIR:
            step = with_fair_level(
                ready.model,
                by=FAIR[priority.criterion],
                give=float(priority.give),
                time_limit_s=limit,
                gap=gap,
                on_progress=on_progress,
            )
        elif terms.any():
            step = _kept(ready.model, priority, terms, limit, gap, on_progress)
        else:
            continue  # Nobody adds anything to it: there is nothing to keep.
        finished = ready.finished and step.finished
        ready = replace(step, seconds=ready.seconds + step.seconds, finished=finished)
        if not len(ready.start):
            break
    return ready


def _kept(
    model: PortfolioModel,
    priority: Priority,
    terms: Array,
    time_limit_s: float,
    gap: float,
    on_progress: Progress | None,
) -> Prepared:
    largest = float(np.abs(terms).max())
    scaled = terms / largest * 1e3
    found = search(
        replace(model.linear, objective=scaled),
        time_limit_s=time_limit_s,
        gap=gap,
        on_progress=on_progress,
    )
    finished = found.status in ("optimal", "infeasible")
    if not len(found.values):
        return Prepared(model, found.seconds, finished=finished)
    level = found.objective - float(priority.give) * abs(found.objective)
    level -= SLACK * max(1.0, abs(level))
    columns = np.flatnonzero(scaled)
    row: Row = (columns.tolist(), scaled[columns].tolist(), level, INFINITY)
    best = found.objective * largest / 1e3
    note = Reason("priority_kept", (("criterion", priority.criterion), ("best", f"{best:.4f}")))
    return Prepared(
        replace(
            model,
            linear=extend(model.linear, rows=[row]),
            labels=(*model.labels, ("priority", priority.criterion, -1)),
            notes=(*model.notes, note),
        ),
        found.seconds,
        found.values,
        finished,
    )


def _terms(model: PortfolioModel, criterion: str, rules: PortfolioRules) -> Array:
    """What each column adds to a criterion that is a sum."""
    if criterion == "benefit":
        return model.linear.objective.copy()
    terms = np.zeros(model.linear.size[1])
    if criterion == "net":
        terms = model.linear.objective * model.value_unit
    for start in model.starts:
        candidate = model.candidates[start.candidate]
        terms[start.column] = _adds(candidate, criterion, rules, start.year)
    return terms


def _adds(candidate: Candidate, criterion: str, rules: PortfolioRules, year: int) -> float:
    if criterion == "people":
        return float(candidate.people_reached)
    if criterion == "cost":
        return -float(net_cost(candidate).amount)
    if criterion == "net":
        value = discounted_value(candidate, rules=rules, year=year)
        return float(value - whole_life_cost(candidate, rules=rules, year=year))
    return float(sum(steps for quality, steps in candidate.effects if quality == criterion))
