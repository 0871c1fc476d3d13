"""The best cylinder around every centre, and the best of all for replications.

A cylinder is a circle of locations over a span of time. For a given number of cases in a circle
the tightest span has the smallest expectation and so the highest ratio: only spans that begin and
end with a case need be looked at. With the cases around a centre in the order of time, the span
from the i-th to the j-th holds j - i + 1 of them, and each circle as many of these as its locations
have: sorting them by the circle they enter gives all counts at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eutopia.core.diagnose.scan.circles import Circles
from eutopia.core.diagnose.scan.ratios import poisson_ratio

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CylinderSpace:
    """All cylinders that are looked at.

    Expectation of a cylinder = `circle_size` of its circle times `time_size` of its span over
    `total`. `circle_size` goes with `circles.neighbour`: of the circle that ends with it.
    `time_sum` : shape (periods + 1,), cumulative size of time. `longest` is the number of periods a
    span may have. With `alive` only spans that last to the end are looked at (prospective).
    """

    circles: Circles
    circle_size: Floats
    time_sum: Floats
    total: float
    longest: int
    alive: bool = False
    least_cases: int = 2

    @property
    def periods(self) -> int:
        """Number of units of time watched."""
        return len(self.time_sum) - 1


@dataclass(frozen=True, slots=True)
class Best:
    """The best cylinder of each centre: ratio (0 for none), circle, span, counts; shape (n,)."""

    ratio: Floats
    members: Ints
    """How many locations the circle has."""
    first: Ints
    last: Ints
    cases: Ints
    expected: Floats


@dataclass(frozen=True, slots=True)
class Entries:
    """Every case once for each centre whose circle it may enter, by centre.

    `case` is the row of the case, `place` the position in `circles.neighbour` of its location,
    `size` that circle's size.
    """

    centre: Ints
    case: Ints
    place: Ints
    size: Floats


def entries_of(space: CylinderSpace, case_location: Ints, locations: int) -> Entries:
    """Which cases can enter the circle of which centre?"""
    order = np.argsort(case_location, kind="stable")
    number = np.bincount(case_location, minlength=locations)
    start = np.concatenate(([0], np.cumsum(number)))
    neighbour = space.circles.neighbour
    times = number[neighbour]
    place = np.repeat(np.arange(len(neighbour)), times)
    offset = np.arange(len(place)) - np.repeat(np.cumsum(times) - times, times)
    case = order[start[neighbour[place]] + offset]
    lengths = np.diff(space.circles.start)
    centre = np.repeat(np.arange(len(lengths)), lengths)[place]
    return Entries(centre.astype(np.int64), case, place, space.circle_size[place])


def best_by_centre(space: CylinderSpace, entries: Entries, period: Ints) -> Best:
    """Which cylinder around each centre has the highest ratio? Ties: the smaller circle, earlier.

    Parameters
    ----------
    period : shape (cases,)
        Unit of time of each case, 0 to periods - 1.

    Notes
    -----
    A span is computed only where its count could beat the best of its centre so far.
    O(entries x cases in a span).
    """
    n = len(space.circles)
    best = Best(
        np.zeros(n), np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64),
        np.zeros(n, np.int64), np.zeros(n),
    )  # fmt: skip
    order = np.lexsort((entries.place, period[entries.case], entries.centre))
    when = period[entries.case][order]
    if not space.alive:
        _best_of_spans_by_centre(space, best, when, entries, order)
        return best
    bounds = np.searchsorted(entries.centre[order], np.arange(n + 1))
    for k in range(n):
        cut = slice(int(bounds[k]), int(bounds[k + 1]))
        if cut.stop > cut.start:
            _best_of_centre(space, best, k, when[cut], entries.place[order][cut])
    return best


def _best_of_centre(space: CylinderSpace, best: Best, k: int, when: Ints, place: Ints) -> None:
    """Fill in row k: all spans that last to the end, all circles, by cumulative counts."""
    first_place = int(space.circles.start[k])
    ring = place - first_place
    rings = int(ring.max()) + 1
    days = np.unique(when)
    table = np.zeros((rings, len(days) + 1), dtype=np.int64)
    np.add.at(table, (ring, np.searchsorted(days, when) + 1), 1)
    table = table.cumsum(axis=0).cumsum(axis=1)
    size = space.circle_size[first_place : first_place + rings]
    last = space.periods - 1
    a0 = int(np.searchsorted(days, last - space.longest + 1))
    if a0 == len(days):
        return
    count = table[:, -1, None] - table[:, a0:-1]
    span = space.time_sum[last + 1] - space.time_sum[days[a0:]]
    expected = size[:, None] * span[None, :] / space.total
    ratio = poisson_ratio(count.astype(np.float64), expected, space.total)
    ratio[count < space.least_cases] = 0.0
    i, j = divmod(int(np.argmax(ratio)), ratio.shape[1])
    if ratio[i, j] > 0:
        best.ratio[k], best.members[k] = ratio[i, j], i + 1
        best.first[k], best.last[k] = days[a0 + j], last
        best.cases[k], best.expected[k] = count[i, j], expected[i, j]


def _best_of_spans_by_centre(
    space: CylinderSpace, best: Best, when: Ints, entries: Entries, order: Ints
) -> None:
    centre, size, place = entries.centre[order], entries.size[order], entries.place[order]
    start = np.arange(len(when))
    for extra in range(space.least_cases - 1, len(when)):
        start = start[start < len(when) - extra]
        end = start + extra
        start = start[(centre[end] == centre[start]) & (when[end] - when[start] < space.longest)]
        if not len(start):
            break
        end = start + extra
        span = space.time_sum[when[end] + 1] - space.time_sum[when[start]]
        least = np.maximum(size[start], size[end]) * span / space.total
        reach = poisson_ratio(np.full(len(start), extra + 1.0), least, space.total)
        rows = start[reach > best.ratio[centre[start]] * (1 + 1e-12)]
        for cut in range(0, len(rows), 50_000):
            _improve(space, best, rows[cut : cut + 50_000], extra, (when, centre, size, place))


def _improve(
    space: CylinderSpace,
    best: Best,
    rows: Ints,
    extra: int,
    columns: tuple[Ints, Ints, Floats, Ints],
) -> None:
    """Compute the spans from `rows` over `extra` further cases; keep each centre's best."""
    when, centre, size, place = columns
    window = rows[:, None] + np.arange(extra + 1)
    by_place = np.take_along_axis(window, np.argsort(place[window], axis=1, kind="stable"), axis=1)
    span = space.time_sum[when[rows + extra] + 1] - space.time_sum[when[rows]]
    expected = size[by_place] * span[:, None] / space.total
    count = np.broadcast_to(np.arange(1.0, extra + 2), expected.shape)
    ratio = poisson_ratio(count, expected, space.total)
    ratio[:, : space.least_cases - 1] = 0.0
    at = ratio.argmax(axis=1)
    line = np.arange(len(rows))
    top = ratio[line, at]
    last = by_place[line, at]
    order = np.lexsort((when[rows], place[last], -top, centre[rows]))
    _, first = np.unique(centre[rows][order], return_index=True)
    for r in order[first].tolist():
        k = int(centre[rows[r]])
        if top[r] > best.ratio[k] * (1 + 1e-12):
            best.ratio[k], best.cases[k] = top[r], at[r] + 1
            best.members[k] = place[last[r]] - space.circles.start[k] + 1
            best.first[k], best.last[k] = when[rows[r]], when[rows[r] + extra]
            best.expected[k] = expected[r, at[r]]


def highest_ratio(space: CylinderSpace, entries: Entries, period: Ints, *, floor: float) -> float:
    """What is the highest ratio of any cylinder, if it is above `floor`? Else `floor` or less.

    The spans and circles that can't reach the best found so far are not computed: with c cases a
    ratio above b needs an expectation below a bound that is looked up. O(entries log entries) plus
    the little that remains.
    """
    when = period[entries.case]
    key = (entries.centre * space.periods + when) * (len(entries.size) + 1) + np.arange(len(when))
    order = np.argsort(key)
    when, size, centre = when[order], entries.size[order], entries.centre[order]
    return (
        _highest_alive(space, when, size, centre, floor)
        if space.alive
        else _highest_any(space, when, size, centre, floor)
    )


def _highest_any(
    space: CylinderSpace, when: Ints, size: Floats, centre: Ints, floor: float
) -> float:
    best = floor
    n = len(when)
    # Centre and time in one number: a span within the longest stays within its centre.
    moment = (centre * (space.periods + space.longest) + when).astype(np.int32)
    when, reach = when.astype(np.int32), np.int32(space.longest)
    start = np.arange(n, dtype=np.int32)
    for extra in range(space.least_cases - 1, n):
        start = start[: np.searchsorted(start, n - extra)]
        start = start[moment[start + np.int32(extra)] - moment[start] < reach]
        if not len(start):
            break
        end = start + extra
        span = space.time_sum[when[end] + 1] - space.time_sum[when[start]]
        least = np.maximum(size[start], size[end]) * span
        hopeful = least <= _most_expected(extra + 1, best, space.total) * space.total
        if hopeful.any():
            rows = start[hopeful]
            sizes = size[rows[:, None] + np.arange(extra + 1)]
            best = max(best, _best_of_spans(space, np.sort(sizes, axis=1), span[hopeful]))
    return best


def _best_of_spans(space: CylinderSpace, sizes: Floats, span: Floats) -> float:
    """Circles in the order in which the cases of a span enter: the k-th holds k cases."""
    count = np.arange(1, sizes.shape[1] + 1, dtype=np.float64)
    expected = sizes * span[:, None] / space.total
    keep = slice(space.least_cases - 1, None)
    ratio = poisson_ratio(
        np.broadcast_to(count, expected.shape)[:, keep], expected[:, keep], space.total
    )
    return float(ratio.max(initial=0.0))


def _most_expected(count: int, ratio: float, total: float) -> float:
    """Below which expectation do so many cases have at least the ratio? By bisection."""
    low, high = 0.0, float(count)
    for _ in range(40):
        middle = (low + high) / 2
        value = count * np.log(count / middle)
        if count < total:
            value += (total - count) * np.log((total - count) / (total - middle))
        low, high = (middle, high) if value >= ratio else (low, middle)
    return high


def _highest_alive(
    space: CylinderSpace, when: Ints, size: Floats, centre: Ints, floor: float
) -> float:
    """Spans that last to the end: from each case on, all later cases of the centre are in."""
    best = floor
    late = when >= space.periods - space.longest
    when, size, centre = when[late], size[late], centre[late]
    if not len(when):
        return best
    cuts = np.flatnonzero(np.diff(centre)) + 1
    for part in np.split(np.arange(len(when)), cuts):
        if len(part) < space.least_cases:
            continue
        for i in range(len(part) - space.least_cases + 1):
            if i and when[part[i]] == when[part[i - 1]]:
                continue
            span = space.time_sum[-1] - space.time_sum[when[part[i]]]
            sizes = np.sort(size[part[i:]])[None, :]
            best = max(best, _best_of_spans(space, sizes, np.array([span])))
    return best
