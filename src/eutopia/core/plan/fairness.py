"""Objectives that look at who gains: the worst-off first, or the product of gains."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from math import log

import numpy as np

from eutopia.core.kit.optimise import INFINITY, Array, LinearModel, Progress, Row, extend
from eutopia.core.kit.search import search
from eutopia.core.plan.model import PortfolioModel
from eutopia.core.records.programme import Reason

FAIR = {"fair_districts": "district", "fair_sides": "side"}
SLACK = 1e-6
TANGENTS = (0.01, 0.02, 0.04, 0.07, 0.11, 0.16, 0.22, 0.3, 0.4, 0.5, 0.62, 0.75, 0.88, 1.0)
"""Shares at which the logarithm is touched: between them it is overrated by 4 % at most."""
Terms = dict[int, float]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A model that keeps what was found in `seconds`, and a solution of it to begin with.

    `start` is empty where none was found.
    """

    model: PortfolioModel
    seconds: float = 0.0
    start: Array = field(default_factory=lambda: np.zeros(0))


def gains_by_group(model: PortfolioModel, *, by: str) -> dict[str, Terms]:
    """How much does each start bring each group, as a share of all the group could get?

    Parameters
    ----------
    model
        The portfolio model.
    by
        district, or side (residents, business, municipality by their shares of the benefit).

    Returns
    -------
    dict
        For each group, entries by column; a group's entries over the best year of each of its
        candidates add up to 1. Groups that can get nothing, and candidates without a district,
        are left out.
    """
    objective = model.linear.objective
    terms: dict[str, Terms] = defaultdict(dict)
    best: dict[str, float] = defaultdict(float)
    for i, starts in model.by_candidate.items():
        candidate = model.candidates[i]
        shares = {candidate.district: 1.0} if by == "district" else _shares(candidate.sides)
        for group, share in shares.items():
            worth = [max(0.0, float(objective[s.column])) * share for s in starts]
            if group and max(worth) > 0:
                best[group] += max(worth)
                terms[group].update({s.column: w for s, w in zip(starts, worth, strict=True)})
    return {
        group: {column: entry / best[group] for column, entry in row.items()}
        for group, row in sorted(terms.items())
    }


def _shares(sides: tuple[tuple[str, object], ...]) -> dict[str, float]:
    amounts = {side: float(str(share)) for side, share in sides}
    total = sum(amounts.values())
    return {side: amount / total for side, amount in amounts.items()} if total > 0 else {}


def with_fair_level(
    model: PortfolioModel,
    *,
    by: str,
    time_limit_s: float,
    gap: float,
    give: float = 0.0,
    on_progress: Progress | None = None,
) -> Prepared:
    """Which level can every group reach, and what model asks for it?

    Parameters
    ----------
    model
        The portfolio model, its objective the total.
    by
        district or side.
    time_limit_s, gap, on_progress
        For finding the level.
    give
        Share of the level that may be given up for what comes after.

    Returns
    -------
    Prepared
        The model with a row a group (label `fair`) and a note that tells the level.

    Notes
    -----
    Lexicographic: first the smallest gain of any group, as a share of what that group could get
    without limits, is made as large as possible; then, that level kept, the total. A level that
    was found only within the gap is kept as found.
    Source: Rawls' maximin as in Ogryczak et al., "Fair optimization and networks: a survey",
    Journal of Applied Mathematics (2014).
    """
    groups = gains_by_group(model, by=by)
    n = model.linear.size[1]
    rows: list[Row] = [
        ([*terms, n], [*terms.values(), -1.0], 0.0, INFINITY) for terms in groups.values()
    ]
    levelled = extend(model.linear, columns=[(1.0, 0.0, 1.0)], rows=rows, objective=np.zeros(n))
    found = search(levelled, time_limit_s=time_limit_s, gap=max(gap, 1e-4), on_progress=on_progress)
    if not len(found.values) or not groups:
        return Prepared(model, found.seconds)
    level = min(_gain(terms, found.values) for terms in groups.values())
    kept_level = max(0.0, level * (1 - give) - SLACK)
    kept: list[Row] = [
        (list(terms), list(terms.values()), kept_level, INFINITY) for terms in groups.values()
    ]
    note = Reason("fair_level", (("by", by), ("level", f"{level:.4f}")))
    prepared = replace(
        model,
        linear=extend(model.linear, rows=kept),
        labels=(*model.labels, *(("fair", group, -1) for group in groups)),
        notes=(*model.notes, note),
    )
    return Prepared(prepared, found.seconds, found.values[:n])


def _gain(terms: Terms, values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    return float(sum(entry * values[column] for column, entry in terms.items()))


def with_log_gains(model: PortfolioModel, *, by: str = "district") -> LinearModel:
    """Which model makes the product of the districts' (or the sides') gains largest?

    Parameters
    ----------
    model
        The portfolio model.
    by
        district or side.

    Notes
    -----
    The sum of logarithms of each group's gain (as a share of all it could get), each replaced
    by the least of its tangents; a thousandth of the total decides between equals. A group
    that gets nothing counts as if it got 0.4 % at the tangent nearest to nothing.
    Source: Nash (1950); Caragiannis et al., "The unreasonable fairness of maximum Nash welfare",
    ACM Transactions on Economics and Computation 7 (2019).
    """
    groups = gains_by_group(model, by=by)
    n = model.linear.size[1]
    rows: list[Row] = []
    for k, terms in enumerate(groups.values()):
        for share in TANGENTS:
            # u <= log(a) + (gain - a) / a
            columns = [*terms, n + k]
            entries = [*(-entry / share for entry in terms.values()), 1.0]
            rows.append((columns, entries, -INFINITY, log(share) - 1.0))
    total = max(float(np.abs(model.linear.objective).sum()), 1e-9)
    return extend(
        model.linear,
        columns=[(1.0, -INFINITY, 0.0) for _ in groups],
        rows=rows,
        objective=model.linear.objective * (1e-3 / total),
    )
