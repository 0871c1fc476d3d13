"""Did it work? Events before and after a work, against similar places where nothing was done."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from eutopia.core.kit.spatial import LocalPlane
from eutopia.core.records import Measure, Outcome, Reports, Work

_Z = 1.959963984540054
"""Standard normal quantile of a two-sided 95 % interval."""
_MOST_EXAMINED = 500
"""Points looked at for one work's look-alikes, evenly from all: enough to find 25 of a kind."""
_Z80 = 1.2815515655446004
"""The same of an 80 % interval."""
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class OutcomeSettings:
    """How far around, how long before and after, against how many places?

    `radius_m` around the work's geometry; windows in days; `settle_days` after completion are left
    out of both windows (people still report what is being finished); below `enough_days` after the
    work the verdict is `too_early`. `comparisons` places with the most similar count before are
    taken, which is what guards against regression to the mean: a place chosen for works because of
    a bad year would have improved anyway, and so do its look-alikes.
    """

    radius_m: float = 60.0
    window_days: int = 365
    settle_days: int = 14
    enough_days: int = 120
    comparisons: int = 25


DEFAULT_SETTINGS = OutcomeSettings()


def compare_rates(
    subject: str,
    *,
    before: int,
    after: int,
    days_before: int,
    days_after: int,
    comparison_before: int,
    comparison_after: int,
    enough_days: int = DEFAULT_SETTINGS.enough_days,
) -> Outcome:
    """By which ratio did the event rate change, beyond what changed where nothing was done?

    Parameters
    ----------
    subject
        Id of the work or measure.
    before, after
        Events at the place in the two windows.
    days_before, days_after
        Lengths of the windows, days; the comparison places share them.
    comparison_before, comparison_after
        Events at all comparison places together.
    enough_days
        Fewer days after than this: `too_early`.

    Returns
    -------
    Outcome
        `ratio` = (after / before) / (comparison after / comparison before), with 0.5 added to each
        count, and its 95 % interval on the log scale. Below 1 is better.

    Raises
    ------
    ValueError
        A count is negative or a window is empty.

    Notes
    -----
    The ratio of two Poisson rates, twice: difference in differences on the log scale. Window
    lengths cancel, because the comparison places share them. Half an event is added to each count
    (Haldane), so that zeros give a finite, cautious answer. Counts that vary more than Poisson make
    the true interval wider: clustered events must be grouped first.

    Source: J. J. Gart and J. R. Zweifel, "On the bias of
    various estimators of the logit and its variance", Biometrika 54 (1967), for the half event.

    Examples
    --------
    Forty events a year became ten, while look-alikes stayed at 400:

    >>> o = compare_rates("w", before=40, after=10, days_before=365, days_after=365,
    ...                   comparison_before=400, comparison_after=400)
    >>> round(o.ratio, 2), o.verdict
    (0.26, 'better')
    """
    counts = (before, after, comparison_before, comparison_after)
    if min(counts) < 0 or min(days_before, days_after) < 0 or days_before == 0:
        raise ValueError("counts and windows can't be negative, and the window before not empty")
    b, a, cb, ca = (count + 0.5 for count in counts)
    log_ratio = math.log(a / b) - math.log(ca / cb)
    error = math.sqrt(1 / a + 1 / b + 1 / ca + 1 / cb)
    return _judged(
        Outcome(
            subject=subject,
            before=before,
            after=after,
            days_before=days_before,
            days_after=days_after,
            comparison_before=comparison_before,
            comparison_after=comparison_after,
            ratio=math.exp(log_ratio),
            low=math.exp(log_ratio - _Z * error),
            high=math.exp(log_ratio + _Z * error),
            verdict="unclear",
        ),
        enough_days,
    )


def _judged(outcome: Outcome, enough_days: int) -> Outcome:
    if outcome.days_after < enough_days:
        return replace(outcome, verdict="too_early")
    if outcome.high < 1:
        return replace(outcome, verdict="better")
    return replace(outcome, verdict="worse" if outcome.low > 1 else "unclear")


def measure_outcomes(
    works: Sequence[Work],
    events: Reports,
    *,
    measures: Mapping[str, Measure],
    as_of: date,
    settings: OutcomeSettings = DEFAULT_SETTINGS,
) -> tuple[Outcome, ...]:
    """For each finished work: did the events it was meant to stop become fewer there?

    Parameters
    ----------
    works
        Works done; those unfinished, or of a measure not in `measures`, are passed over.
    events
        One row an event: reports less duplicates (the first of each group).
    measures
        By code; `answers` names the problem types that count.
    as_of
        Last day known.
    settings
        Radius, windows, comparison places.

    Returns
    -------
    tuple of Outcome
        One a work, in the order given.

    Notes
    -----
    Places without coordinates can't count anywhere. Comparison places are points of earlier events
    of the same types (500 of them, evenly by position in `events`), at least three radii from every
    work of a measure that answers them, taken in the order of how near their count before is to the
    place's; ties by position. Complexity O(w n) for w works over n events of their types.

    Examples
    --------
    >>> measure_outcomes([], Reports.from_rows([]), measures={}, as_of=date(2026, 1, 1))
    ()
    """
    known = np.flatnonzero(np.isfinite(events.lon) & np.isfinite(events.lat))
    plane = LocalPlane.around(events.lon[known], events.lat[known])
    x, y = plane.forward(events.lon[known], events.lat[known])
    days = events.opened[known].astype("datetime64[D]")
    kinds = np.array(events.problem_types, dtype=object)[events.problem_type[known]]
    finished = [w for w in works if w.finished is not None and w.measure in measures]
    sites = [plane.flatten(work.geometry) for work in finished]
    places: dict[tuple[str, ...], _Places] = {}
    for answers in {measures[work.measure].answers for work in finished}:
        mine = np.isin(kinds, answers)
        rivals = [
            s
            for w, s in zip(finished, sites, strict=True)
            if set(measures[w.measure].answers) & set(answers)
        ]
        points = np.column_stack([x[mine], y[mine]])
        places[answers] = _Places(points, days[mine], rivals, settings)
    return tuple(
        places[measures[work.measure].answers].outcome(work, site, as_of)
        for work, site in zip(finished, sites, strict=True)
    )


class _Places:
    """Events of the same problem types, ready to be counted around any point."""

    def __init__(
        self,
        points: Floats,
        days: NDArray[np.datetime64],
        treated: Sequence[BaseGeometry],
        settings: OutcomeSettings,
    ) -> None:
        self.points, self.days, self.settings = points, days, settings
        self.shapes = np.array(shapely.points(points), dtype=object).reshape(-1)
        self.treated = shapely.STRtree(treated)

    def outcome(self, work: Work, site: BaseGeometry, as_of: date) -> Outcome:
        s = self.settings
        quiet = timedelta(days=s.settle_days)
        before_end = work.started - quiet
        after_start = (work.finished or as_of) + quiet
        days_after = max(0, min(s.window_days, (as_of - after_start).days))
        windows = (
            (before_end - timedelta(days=s.window_days), before_end),
            (after_start, after_start + timedelta(days=days_after)),
        )
        first, second = (self.within(window) for window in windows)
        shapely.prepare(site)
        near = shapely.dwithin(site, self.shapes, s.radius_m)
        own = [int(np.count_nonzero(window & near)) for window in (first, second)]
        others = self.comparison(own[0], first)
        rest = self.around(others, (first, second)).sum(axis=0) if len(others) else np.zeros(2)
        return compare_rates(
            work.id,
            before=own[0],
            after=own[1],
            days_before=s.window_days,
            days_after=days_after,
            comparison_before=int(rest[0]),
            comparison_after=int(rest[1]),
            enough_days=s.enough_days,
        )

    def within(self, window: tuple[date, date]) -> NDArray[np.bool_]:
        start, end = (np.datetime64(day, "D") for day in window)
        inside: NDArray[np.bool_] = (self.days >= start) & (self.days < end)
        return inside

    def around(self, centres: Floats, windows: tuple[NDArray[np.bool_], ...]) -> Floats:
        from scipy.spatial import cKDTree

        counts = np.zeros((len(centres), len(windows)))
        for column, window in enumerate(windows):
            if window.any():
                counts[:, column] = cKDTree(self.points[window]).query_ball_point(
                    centres, self.settings.radius_m, return_length=True
                )
        return counts

    def comparison(self, before: int, first: NDArray[np.bool_]) -> Floats:
        """Untreated places, most alike before first, and no two sharing an event."""
        if not first.any():
            return np.empty((0, 2))
        apart = 3 * self.settings.radius_m
        touched, _ = self.treated.query(self.shapes[first], predicate="dwithin", distance=apart)
        untouched = np.ones(int(first.sum()), dtype=bool)
        untouched[touched] = False
        free = self.points[first][untouched]
        if not len(free):
            return free
        if len(free) > _MOST_EXAMINED:
            free = free[np.linspace(0, len(free) - 1, _MOST_EXAMINED).astype(np.intp)]
        counts = self.around(free, (first,))[:, 0]
        order = np.argsort(np.abs(counts - before), kind="stable")
        taken: list[int] = []
        for row in order.tolist():
            if len(taken) == self.settings.comparisons:
                break
            if all(math.dist(free[row], free[other]) > apart for other in taken):
                taken.append(row)
        return free[taken]


def pool_outcomes(outcomes: Sequence[Outcome], *, subject: str) -> Outcome:
    """What do all works of one measure say together?

    Parameters
    ----------
    outcomes
        Of single works; those judged too early are left out.
    subject
        Id of the measure.

    Raises
    ------
    ValueError
        Nothing to pool.

    Notes
    -----
    Log ratios weighted by inverse variance, with the between-work variance of DerSimonian and Laird
    added (random effects), so that works which differ make the interval wider. O(n).

    Source: R. DerSimonian and N. Laird, "Meta-analysis in clinical trials", Controlled Clinical
    Trials 7 (1986).

    Examples
    --------
    >>> one = compare_rates("w", before=40, after=10, days_before=365, days_after=365,
    ...                     comparison_before=400, comparison_after=400)
    >>> pooled = pool_outcomes([one, one], subject="lamp")
    >>> pooled.before, round(pooled.ratio, 2), pooled.low > one.low
    (80, 0.26, True)
    """
    used = [o for o in outcomes if o.verdict != "too_early"]
    if not used:
        raise ValueError(f"{subject}: no work is old enough to judge; wait or widen the window")
    logs = np.log([o.ratio for o in used])
    variances = ((np.log([o.high for o in used]) - logs) / _Z) ** 2
    weights = 1 / variances
    mean = float((weights * logs).sum() / weights.sum())
    spread = float((weights * (logs - mean) ** 2).sum())
    slack = float(weights.sum() - (weights**2).sum() / weights.sum())
    between = max(0.0, (spread - (len(used) - 1)) / slack) if slack > 0 else 0.0
    weights = 1 / (variances + between)
    mean = float((weights * logs).sum() / weights.sum())
    error = 1 / math.sqrt(float(weights.sum()))
    return _judged(
        Outcome(
            subject=subject,
            before=sum(o.before for o in used),
            after=sum(o.after for o in used),
            days_before=sum(o.days_before for o in used),
            days_after=sum(o.days_after for o in used),
            comparison_before=sum(o.comparison_before for o in used),
            comparison_after=sum(o.comparison_after for o in used),
            ratio=math.exp(mean),
            low=math.exp(mean - _Z * error),
            high=math.exp(mean + _Z * error),
            verdict="unclear",
        ),
        0,
    )


def learn_effect(
    prior: tuple[Decimal, Decimal, Decimal], pooled: Outcome
) -> tuple[Decimal, Decimal, Decimal]:
    """What is the measure's effect now that its works were measured?

    Parameters
    ----------
    prior
        Share of events that disappears: low, likely, high (80 % interval), each below 1.
    pooled
        Result of `pool_outcomes`.

    Returns
    -------
    tuple of Decimal
        Low, likely, high of the updated belief, rounded to three places half even; a measure that
        makes things worse gets a negative effect.

    Notes
    -----
    Both are normal on the scale of log(1 - effect): the belief is their precision-weighted mean.
    Asymmetric priors are taken by their mean half-width on that scale.

    Examples
    --------
    >>> weak = compare_rates("m", before=40, after=38, days_before=365, days_after=365,
    ...                      comparison_before=400, comparison_after=400)
    >>> learn_effect((Decimal("0.5"), Decimal("0.7"), Decimal("0.85")), weak)
    (Decimal('0.013'), Decimal('0.246'), Decimal('0.425'))
    """
    if not all(share < 1 for share in prior):
        raise ValueError("an effect is a share of events below 1")
    low, likely, high = (math.log(1 - float(share)) for share in prior)
    prior_error = max((low - high) / 2 / _Z80, 1e-6)
    found = math.log(pooled.ratio)
    error = (math.log(pooled.high) - found) / _Z
    precision = 1 / prior_error**2 + 1 / error**2
    mean = (likely / prior_error**2 + found / error**2) / precision
    half = _Z80 / math.sqrt(precision)
    effects = (1 - math.exp(mean + half), 1 - math.exp(mean), 1 - math.exp(mean - half))
    first, second, third = (Decimal(repr(e)).quantize(Decimal("0.001")) for e in effects)
    return first, second, third
