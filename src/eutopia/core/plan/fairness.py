"""Objectives that look at who gains: the worst-off first, or the product of gains."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import exp, log

import numpy as np

from eutopia.core.kit.optimise import INFINITY, Array, LinearModel, Progress, Row, extend, solve
from eutopia.core.kit.search import search
from eutopia.core.plan.model import PortfolioModel
from eutopia.core.records.programme import Reason

FAIR = {"fair_districts": "district", "fair_sides": "side"}
SLACK = 1e-6
TANGENTS = (0.01, 0.02, 0.04, 0.07, 0.11, 0.16, 0.22, 0.3, 0.4, 0.5, 0.62, 0.75, 0.88, 1.0)
"""Shares at which the logarithm is touched: between them it is overrated by 4 % at most."""
LEAST = 0.0036
"""The gain that none counts as, in a product: where the first tangent meets nothing."""
CUTS = 2
"""How often the logarithm is touched anew where the relaxation came to lie."""
TIE = 1e-3
"""What the total weighs in a product of gains."""
FIRST = 0.02
"""Gap of the total that a search for something fair begins with."""
PATIENCE = 1.0
"""Share of the best possible level that may be missing when all its time is over; before, less."""
LEVEL_GAPS, LEVEL_SHARE = 4, 0.02
"""Levels within so many gaps of the best possible, and within this share of it, count as the
best: the last hundredth of a level often costs several of the total, as the works of a small
district come in wholes."""
Terms = dict[int, float]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A model that keeps what was found in `seconds`, and a solution of it to begin with.

    `start` is empty where none was found; not `finished` where the time ended it, so that another
    machine may find another level.
    """

    model: PortfolioModel
    seconds: float = 0.0
    start: Array = field(default_factory=lambda: np.zeros(0))
    finished: bool = True


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
        For finding the level; levels within four gaps of the best possible, and 2 %, count as
        best, and as time goes by what is further off is near enough.
    give
        Share of the level that may be given up for what comes after.

    Returns
    -------
    Prepared
        The model with a row a group (label `fair`) and a note that tells the level kept and the
        best possible.

    Notes
    -----
    Lexicographic: first the smallest gain of any group, as a share of what that group could get
    without limits, is made as large as possible; then, that level kept, the total. The level that
    counts as best is asked for outright first: often that holds. Of a level that falls short of
    it as much is given up again.
    Source: Rawls' maximin as in Ogryczak et al., "Fair optimization and networks: a survey",
    Journal of Applied Mathematics (2014).
    """
    groups = gains_by_group(model, by=by)
    if not groups:
        return Prepared(model)
    levelled = _levelled(model, groups)
    relaxed = solve(levelled, relax=True, time_limit_s=time_limit_s)
    best, spent = relaxed.objective, relaxed.seconds
    enough = best * (1 - _near(gap))
    if gap > 0:
        likely = _keeping(model, groups, by, enough * (1 - give) - SLACK, best)
        soon = search(likely.linear, soon=True, gap=max(gap, FIRST), time_limit_s=time_limit_s)
        spent += soon.seconds
        if len(soon.values):
            return Prepared(likely, spent, soon.values)

    def told(value: float, bound: float, seconds: float) -> bool:
        going = on_progress is None or on_progress(value, bound, seconds)
        missing = max(_near(gap), PATIENCE * seconds / time_limit_s)
        return going and (gap == 0 or value < best * (1 - missing))

    left = time_limit_s - spent
    found = search(levelled, time_limit_s=left, gap=max(gap, 1e-4), on_progress=told)
    spent += found.seconds
    if found.status == "infeasible":
        return Prepared(model, spent)
    if not len(found.values):
        return Prepared(_keeping(model, groups, by, 0.0, min(best, 1.0)), spent, finished=False)
    values = found.values[:-1]
    level = min(_gain(terms, values) for terms in groups.values())
    finished = found.status == "optimal" or level >= enough
    # The last hundredth of a level, of the best found too, costs several of the total.
    level = enough if level >= enough else level * (1 - _near(gap))
    kept = _keeping(model, groups, by, level * (1 - give) - SLACK, min(found.bound, best, 1.0))
    return Prepared(kept, spent, values, finished)


def _near(gap: float) -> float:
    """The share of the best possible level that is not asked for."""
    return min(LEVEL_GAPS * gap, LEVEL_SHARE)


def _levelled(model: PortfolioModel, groups: Mapping[str, Terms]) -> LinearModel:
    """The smallest gain of any group as the objective."""
    n = model.linear.size[1]
    rows: list[Row] = [
        ([*terms, n], [*terms.values(), -1.0], 0.0, INFINITY) for terms in groups.values()
    ]
    return extend(model.linear, columns=[(1.0, 0.0, 1.0)], rows=rows, objective=np.zeros(n))


def _keeping(
    model: PortfolioModel, groups: Mapping[str, Terms], by: str, level: float, best: float
) -> PortfolioModel:
    """The model in which every group gains at least so much."""
    level = max(0.0, level)
    kept: list[Row] = [
        (list(terms), list(terms.values()), level, INFINITY) for terms in groups.values()
    ]
    note = Reason("fair_level", (("by", by), ("level", f"{level:.4f}"), ("best", f"{best:.4f}")))
    return replace(
        model,
        linear=extend(model.linear, rows=kept),
        labels=(*model.labels, *(("fair", group, -1) for group in groups)),
        notes=(*model.notes, note),
    )


def _gain(terms: Terms, values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    return float(sum(entry * values[column] for column, entry in terms.items()))


@dataclass(frozen=True, slots=True)
class LogGains:
    """A model of the product of gains, and how its objective is read.

    `linear` maximises `shift` and the logarithms of the groups' gains, added up.
    """

    linear: LinearModel
    groups: Mapping[str, Terms]
    shift: float

    def mean(self, value: float) -> float:
        """Which geometric mean of the gains (0 to 1) does a value of the objective stand for?"""
        return exp(min(0.0, (value - self.shift) / len(self.groups)))

    def mean_of(self, values: Array) -> float:
        """The geometric mean of the gains in a solution; none counts as less than `LEAST`."""
        return float(np.exp(np.log(np.maximum(self._reached(values), LEAST)).mean()))

    def start(self, values: Array) -> Array:
        """The solution of this model that a solution of the portfolio model is."""
        reached = self._reached(values)
        return np.concatenate([values, reached, np.log(np.maximum(reached, LEAST)), [1.0]])

    def _reached(self, values: Array) -> Array:
        return np.array([_gain(terms, values) for terms in self.groups.values()])


def with_log_gains(model: PortfolioModel, *, by: str = "district") -> LogGains | None:
    """Which model makes the product of the districts' (or the sides') gains largest?

    Parameters
    ----------
    model
        The portfolio model.
    by
        district or side.

    Returns
    -------
    LogGains or None
        None where nobody can gain.

    Notes
    -----
    The sum of logarithms of each group's gain (as a share of all it could get), each replaced
    by the least of its tangents: at `TANGENTS`, and at the gains of the relaxation, where the
    best programmes lie. A thousandth of the total decides between equals. A group that gets
    nothing counts as if it got 0.4 % at the tangent nearest to nothing. The objective is shifted
    so that its relative gap is that of the gains' geometric mean: near 1 a logarithm is near 0,
    and a share of that says nothing.
    Source: Nash (1950); Caragiannis et al., "The unreasonable fairness of maximum Nash welfare",
    ACM Transactions on Economics and Computation 7 (2019); Kelley, "The cutting-plane method for
    solving convex programs", Journal of the SIAM 8 (1960).
    """
    groups = gains_by_group(model, by=by)
    if not groups:
        return None
    n, m = model.linear.size[1], len(groups)
    total = max(float(np.abs(model.linear.objective).sum()), 1e-9)
    # A column for each gain, so that only one row of it is long, and one for its logarithm.
    linear = extend(
        model.linear,
        columns=[(0.0, 0.0, INFINITY)] * m + [(1.0, -INFINITY, 0.0)] * m,
        rows=[
            ([*terms, n + k], [*terms.values(), -1.0], 0.0, 0.0)
            for k, terms in enumerate(groups.values())
        ]
        + [_tangent(n + k, m, share) for k in range(m) for share in TANGENTS],
        objective=model.linear.objective * (TIE / total),
    )
    relaxed = solve(linear, relax=True)
    for _ in range(CUTS):
        if relaxed.status != "optimal":
            break
        reached = np.maximum(relaxed.values[n : n + m], TANGENTS[0]).tolist()
        linear = extend(linear, rows=[_tangent(n + k, m, a) for k, a in enumerate(reached)])
        relaxed = solve(linear, relax=True)
    shift = m - (relaxed.objective if relaxed.status == "optimal" else 0.0)
    return LogGains(extend(linear, columns=[(shift, 1.0, 1.0)]), groups, shift)


def _tangent(gain: int, m: int, share: float) -> Row:
    """u <= log(a) + (gain - a) / a, the logarithm's column m after the gain's."""
    return [gain, gain + m], [-1.0 / share, 1.0], -INFINITY, log(share) - 1.0
