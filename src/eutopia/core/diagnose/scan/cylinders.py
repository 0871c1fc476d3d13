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
from eutopia.core.diagnose.scan.ratios import most_expected, poisson_ratio

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CylinderSpace:
    """All cylinders that are looked at.

    What is expected is a sum over parts (strata of cases, dates of population): in each the size of
    the circle times the size of the span. `circle_size` : shape (parts, places) goes with
    `circles.neighbour`: of the circle that ends with it. `time_sum` : shape (parts, periods + 1),
    cumulative size of time. `shortest` and `longest` bound the periods of a span. With `alive` only
    spans that last to the end are looked at (prospective).
    """

    circles: Circles
    circle_size: Floats
    time_sum: Floats
    total: float
    longest: int
    shortest: int = 1
    alive: bool = False
    least_cases: int = 2

    @property
    def periods(self) -> int:
        """Number of units of time watched."""
        return int(self.time_sum.shape[1]) - 1


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

    @classmethod
    def of_none(cls, centres: int) -> Best:
        """No cylinder yet around any centre."""
        counts = [np.zeros(centres, np.int64) for _ in range(4)]
        return cls(np.zeros(centres), counts[0], counts[1], counts[2], counts[3], np.zeros(centres))


@dataclass(frozen=True, slots=True)
class Entries:
    """Every case once for each centre whose circle it may enter, by centre.

    `case` is the row of the case, `place` the position in `circles.neighbour` of its location,
    `size` : shape (parts, entries) that circle's size.
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
    return Entries(centre.astype(np.int64), case, place, space.circle_size[:, place])


class CaseSpans:
    """All cylinders of a space, from case to case: for circles that hold few cases a span."""

    def __init__(self, space: CylinderSpace, location: Ints, locations: int) -> None:
        self.space, self.location = space, location
        self.entries = entries_of(space, location, locations)

    def best_by_centre(self, location: Ints, period: Ints, locations: int) -> Best:
        """The best cylinder of each centre."""
        return best_by_centre(self.space, self._entries(location, locations), period)

    def highest_ratio(self, location: Ints, period: Ints, locations: int, *, guess: float) -> float:
        """The highest ratio of any cylinder; a good guess only makes it faster."""
        entries = self._entries(location, locations)
        found = highest_ratio(self.space, entries, period, floor=guess)
        while found <= guess and guess > 0:
            # Nothing reached the guess: look again with a lower one, at last without.
            guess = guess * 0.85 if guess > 1 else 0.0
            found = highest_ratio(self.space, entries, period, floor=guess)
        return found

    def _entries(self, location: Ints, locations: int) -> Entries:
        # A permutation leaves the cases where they are.
        same = location is self.location
        return self.entries if same else entries_of(self.space, location, locations)


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
    best = Best.of_none(len(space.circles))
    line = _Line(space, entries, period)
    start = np.arange(len(line.when))
    for extra in range(space.least_cases - 1, len(start)):
        start = line.within(start, extra)
        if not len(start):
            break
        reach = poisson_ratio(
            np.full(len(start), extra + 1.0), line.least(start, extra), space.total
        )
        rows = start[reach > best.ratio[line.centre[start]] * (1 + 1e-12)]
        for cut in range(0, len(rows), 50_000):
            _improve(best, line, rows[cut : cut + 50_000], extra)
    return best


class _Line:
    """Entries by centre, then time: spans are from one to another further on.

    The bounds that sort out what is not worth computing are rough (single precision, a little too
    low); what is left is computed exactly.
    """

    def __init__(self, space: CylinderSpace, entries: Entries, period: Ints) -> None:
        self.space, self.entries = space, entries
        when = period[entries.case]
        taken: Ints | None = None
        if space.alive:
            taken = np.flatnonzero(when >= space.periods - space.longest)
            when = when[taken]
        self.centre = entries.centre if taken is None else entries.centre[taken]
        base = self.centre * (space.periods + space.longest)
        # One sort of numbers is faster than an order: the low bits say which entry it is. Entries
        # come by centre, so that the centres stay where they are.
        shift = max(1, len(when).bit_length())
        mixed = np.sort(((base + when) << shift) | np.arange(len(when)))
        order = mixed & ((1 << shift) - 1)
        self.moment: NDArray[np.signedinteger] = np.asarray(
            mixed >> shift, _small_type(base, space)
        )
        self.when = (mixed >> shift) - base
        self.order = order if taken is None else taken[order]
        self.size = entries.size.astype(np.float32)[:, self.order]
        self.opened = space.time_sum.astype(np.float32)[:, self.when]
        # A span that is alive lasts to the end, whatever its last case is.
        until = np.full_like(self.when, space.periods) if space.alive else self.when + 1
        self.closed = space.time_sum.astype(np.float32)[:, until]
        self.until = until
        self._sum, self._part, self._step = (np.empty(len(when), np.float32) for _ in range(3))

    def within(self, start: Ints, extra: int) -> Ints:
        """Those of `start` whose span over so many further cases is short enough."""
        start = start[: np.searchsorted(start, len(self.when) - extra)]
        short = self.moment[start + extra] - self.moment[start] < self.space.longest
        return start[short]

    def near(self, extra: int) -> NDArray[np.bool_]:
        """Which spans are short enough, of all?"""
        n = len(self.when) - extra
        near: NDArray[np.bool_] = self.moment[extra:] - self.moment[:n] < self.space.longest
        return near

    def least(self, start: Ints, extra: int) -> Floats:
        """Expectation in the smallest circle that holds both ends of the span, or a little less."""
        end = start + extra
        least = np.zeros(len(start), np.float32)
        for size, opened, closed in zip(self.size, self.opened, self.closed, strict=True):
            least += np.maximum(size[start], size[end]) * (closed[end] - opened[start])
        return least.astype(np.float64) * float(LOWER)

    def least_of_all(self, extra: int) -> NDArray[np.float32]:
        """The same for every start, by slices, in memory that is there already."""
        n = len(self.when) - extra
        total, part, step = self._sum[:n], self._part[:n], self._step[:n]
        total.fill(0.0)
        for size, opened, closed in zip(self.size, self.opened, self.closed, strict=True):
            np.maximum(size[:n], size[extra:], out=part)
            np.subtract(closed[extra:], opened[:n], out=step)
            part *= step
            total += part
        total *= LOWER
        return total

    def expected(self, rows: Ints, extra: int) -> Floats:
        """Expectation of the circles in which the 1st, 2nd … case of each span enters."""
        window = self.order[rows[:, None] + np.arange(extra + 1)]
        expected: Floats = np.zeros(window.shape)
        for size, time in zip(self.entries.size, self.space.time_sum, strict=True):
            span = time[self.until[rows + extra]] - time[self.when[rows]]
            # Sizes grow with the circle in every part alike.
            expected += np.sort(size[window], axis=1) * span[:, None]
        return expected


LOWER = np.float32(1 - 1e-5)


def _small_type(base: Ints, space: CylinderSpace) -> type[np.int32] | type[np.int64]:
    most = int(base[-1]) + space.periods if len(base) else 0
    return np.int32 if most < 2**31 - 1 else np.int64


def _improve(best: Best, line: _Line, rows: Ints, extra: int) -> None:
    """Compute the spans from some rows over `extra` further cases; keep each centre's best."""
    space = line.space
    place = np.sort(line.entries.place[line.order[rows[:, None] + np.arange(extra + 1)]], axis=1)
    expected = line.expected(rows, extra)
    count = np.broadcast_to(np.arange(1.0, extra + 2), expected.shape)
    ratio = poisson_ratio(count, expected, space.total)
    ratio[:, : space.least_cases - 1] = 0.0
    at = ratio.argmax(axis=1)
    row = np.arange(len(rows))
    top, last = ratio[row, at], place[row, at]
    centre = line.centre[rows]
    order = np.lexsort((line.when[rows], last, -top, centre))
    _, first = np.unique(centre[order], return_index=True)
    for r in order[first].tolist():
        k = int(centre[r])
        if top[r] > best.ratio[k] * (1 + 1e-12):
            best.ratio[k], best.cases[k] = top[r], at[r] + 1
            best.members[k] = last[r] - space.circles.start[k] + 1
            best.first[k], best.last[k] = line.when[rows[r]], line.until[rows[r] + extra] - 1
            best.expected[k] = expected[r, at[r]]


def highest_ratio(space: CylinderSpace, entries: Entries, period: Ints, *, floor: float) -> float:
    """What is the highest ratio of any cylinder, if it is above `floor`? Else `floor` or less.

    The spans and circles that can't reach the best found so far are not computed: with c cases a
    ratio above b needs an expectation below a bound that is looked up. O(entries log entries) plus
    the little that remains.
    """
    line = _Line(space, entries, period)
    start: Ints | None = None
    best, bound = floor, most_expected(64, floor, space.total)
    for extra in range(space.least_cases - 1, len(line.when)):
        if extra + 1 >= len(bound):
            bound = most_expected(2 * len(bound), best, space.total)
        if start is None:
            near = line.near(extra)
            rows = np.flatnonzero(near & (line.least_of_all(extra) <= bound[extra + 1]))
            if np.count_nonzero(near) < 0.4 * len(near):
                start = np.flatnonzero(near)  # From here on a list is shorter than a slice.
        else:
            start = line.within(start, extra)
            if not len(start):
                break
            rows = start[line.least(start, extra) <= bound[extra + 1]]
        for cut in range(0, len(rows), 50_000):
            found = _best_of_spans(line, rows[cut : cut + 50_000], extra, bound)
            if found > best:
                best, bound = found, most_expected(len(bound), found, space.total)
    return best


def _best_of_spans(line: _Line, rows: Ints, extra: int, bound: Floats) -> float:
    """Circles in the order in which the cases of a span enter: the k-th holds k cases."""
    least = line.space.least_cases
    expected = line.expected(rows, extra)[:, least - 1 :]
    row, at = np.nonzero(expected <= bound[None, least : extra + 2])
    if not len(row):
        return 0.0
    count = (at + least).astype(np.float64)
    return float(poisson_ratio(count, expected[row, at], line.space.total).max())
