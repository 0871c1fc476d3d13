"""The book of those who go and look: what the town's inspectors saw, mostly rightly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
from numpy.random import Generator

from eutopia.core.records.problems import CAUSES, Inspection
from eutopia.core.records.territory import Asset
from eutopia.core.town.truth import HiddenProblem, TrueEvent

SHARE = 0.15
"""Share of the problems that are active to which somebody went; assumed, like those below."""
_SEEN, _RIGHT = 0.9, 0.9
_IN_VAIN = 0.2


def inspect(
    hidden: Sequence[HiddenProblem],
    events: Sequence[TrueEvent],
    assets: Sequence[Asset],
    *,
    as_of: date,
    rng: Generator,
) -> tuple[Inspection, ...]:
    """What did inspectors see in the last year, where they went to what failed often?

    Nine in ten problems visited are seen, and nine in ten causes named are right; one visit in five
    is to a place where something happened once, and nothing is seen.
    """
    active = [h for h in hidden if h.active_to >= as_of and h.active_from < as_of]
    if not active or not events:
        return ()
    condition = {a.id: a.condition for a in assets}
    weight = np.array([h.rate for h in active])
    count = max(round(SHARE * len(active)), 1)
    chosen = rng.choice(len(active), size=count, replace=False, p=weight / weight.sum())
    visits = [_visit(active[int(k)], condition, as_of=as_of, rng=rng) for k in chosen]
    alone = [e for e in events if e.hidden_problem is None and e.interruption is None]
    for k in rng.integers(0, max(len(alone), 1), size=round(_IN_VAIN * count) if alone else 0):
        one = alone[int(k)]
        visits.append(
            Inspection(
                "", as_of - timedelta(days=int(rng.integers(5, 360))), False, one.problem_type,
                lon=one.lon, lat=one.lat,
            )
        )  # fmt: skip
    visits.sort(key=lambda v: (v.day, v.problem_type, v.asset_id or "", v.lon or 0.0))
    return tuple(replace(v, id=f"v{n + 1:04d}") for n, v in enumerate(visits))


def _visit(
    problem: HiddenProblem, condition: dict[str, float | None], *, as_of: date, rng: Generator
) -> Inspection:
    days = min((as_of - problem.active_from).days, 360)
    day = as_of - timedelta(days=int(rng.integers(1, max(days, 2))))
    seen = bool(rng.random() < _SEEN)
    cause = problem.cause if rng.random() < _RIGHT else str(rng.choice(CAUSES))
    known = condition.get(problem.asset_id or "")
    judged = None if known is None else float(np.clip(round(known + rng.normal(0, 5)), 0, 100))
    return Inspection(
        id="",
        day=day,
        confirmed=seen,
        problem_type=problem.problem_type,
        cause=cause if seen else "",
        asset_id=problem.asset_id,
        condition=judged,
        lon=None if problem.asset_id else problem.lon,
        lat=None if problem.asset_id else problem.lat,
    )
