"""Every circle times every span, some centres at a time: for studies whose circles are full.

Where a span in a circle holds hundreds of cases, going from case to case takes their square and
more. Counts by cumulative sums take the circles times the spans, however many cases there are.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eutopia.core.diagnose.scan.circles import Circles
from eutopia.core.diagnose.scan.cylinders import LOWER, Best, CylinderSpace
from eutopia.core.diagnose.scan.ratios import most_expected, poisson_ratio
from eutopia.core.diagnose.scan.windows import spans

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Counts = NDArray[np.signedinteger[Any]]

CIRCLES = 8_000
"""Circles of a block: what is worked on stays in a processor's own memory."""
_ALIKE = 0.08
"""Spans whose size differs by less are screened by the least of them."""
_LOW = 2.0
"""Nearly every full circle has a span of so high a ratio."""
_GRID, _STEP = 0.02, 0.1
"""Of the logarithms of what is expected, and of the ratio that is to be beaten."""
_MOST_NEEDS = 60_000_000
"""Numbers that are kept between replications; spans are screened more roughly rather than more."""


class Blocks:
    """All cylinders of a space, a block of centres at a time; never all of them in memory.

    Notes
    -----
    How many cases a circle needs in a span, at least, to reach a ratio depends on the two sizes
    alone: it is looked up once for spans of about the same size and kept as long as the ratio to
    beat stays. A replication then takes a subtraction and a comparison for each cylinder; only
    what passes is computed.
    """

    def __init__(self, space: CylinderSpace) -> None:
        self.space = space
        self.parts = [_part(space, *ends) for ends in _cuts(space)]
        first, last = spans(space)
        time = space.time_sum[:, last + 1] - space.time_sum[:, first]
        some = time.sum(axis=0) > 0
        self.opened, self.closed, self.time = first[some], last[some] + 1, time[:, some]
        self.like, self.least_time = _alike(self.time, len(space.circles.neighbour))
        self._needs: dict[float, list[Counts]] = {}

    @staticmethod
    def cells(space: CylinderSpace) -> float:
        """How many cylinders are there?"""
        return float(len(space.circles.neighbour)) * len(spans(space)[0])

    def best_by_centre(self, location: Ints, period: Ints, locations: int) -> Best:
        """The best cylinder of each centre; ties as in `Windows`."""
        until = _until(location, period, locations, self.space.periods)
        found = [self._best_of(part, until) for part in self.parts]
        names = Best.__slots__
        return Best(*(np.concatenate([getattr(one, name) for one in found]) for name in names))

    def highest_ratio(self, location: Ints, period: Ints, locations: int, *, guess: float) -> float:
        """What is the highest ratio of any cylinder? A good guess only makes it faster.

        O(cylinders) for each time the guess is lowered.
        """
        until = _until(location, period, locations, self.space.periods)
        if guess <= 0 and len(self.parts) > 1:
            # With nothing to beat everything passes: a few centres give something to beat.
            guess = self._highest(until, self.parts[:1], 0.0)
        # A round number: what is needed for it serves the next replication too.
        step = math.floor(math.log(guess) / _STEP) if guess > 0 else 0
        for floor in (*(math.exp((step - k) * _STEP) for k in (0, 2, 4) if guess > 0), 0.0):
            found = self._highest(until, self.parts, floor)
            if found > floor:
                break
        return found

    def _best_of(self, part: CylinderSpace, until: Counts) -> Best:
        """The best of each centre of a block: what reaches a low ratio, or all if some do not."""
        start = part.circles.start
        for floor in (_LOW, 0.0):
            needed = self._needed(part, floor, int(until[-1].sum()))
            row, span, held, ratio = self._above(part, until, needed)
            centre = np.searchsorted(start, row, side="right") - 1
            top = np.zeros(len(part.circles))
            np.maximum.at(top, centre, ratio)
            if top.min() >= floor:
                break
        best = Best.of_none(len(top))
        best.ratio[:] = top
        # Of those that are equal but for rounding the smaller circle, then the earlier, shorter.
        equal = np.flatnonzero((ratio >= top[centre] * (1 - 1e-12)) & (ratio > 0))
        equal = equal[np.lexsort((span[equal], row[equal]))]
        found, at = np.unique(centre[equal], return_index=True)
        row, span = row[equal[at]], span[equal[at]]
        best.members[found] = row - start[found] + 1
        best.first[found], best.last[found] = self.opened[span], self.closed[span] - 1
        best.cases[found] = held[equal[at]]
        best.ratio[found] = ratio[equal[at]]
        best.expected[found] = (part.circle_size[:, row] * self.time[:, span]).sum(axis=0)
        return best

    def _above(
        self, part: CylinderSpace, until: Counts, needed: Counts
    ) -> tuple[Ints, Ints, Ints, Floats]:
        """Circles, spans, cases and ratios where there are as many cases as needed."""
        row, span, held = self._passing(_counts(part, until), needed)
        expected = (part.circle_size[:, row] * self.time[:, span]).sum(axis=0)
        return row, span, held, poisson_ratio(held.astype(np.float64), expected, self.space.total)

    def _highest(self, until: Counts, parts: Sequence[CylinderSpace], floor: float) -> float:
        most = int(until[-1].sum())
        kept = self._needs.pop(floor, [])
        while len(kept) < len(parts):
            kept.append(self._needed(parts[len(kept)], floor, most))
        if len(self._needs) > 1:
            self._needs.clear()
        self._needs[floor] = kept
        best = 0.0
        for part, needed in zip(parts, kept, strict=False):
            ratio = self._above(part, until, needed)[3]
            best = max(best, float(ratio.max(initial=0.0)))
        return best

    def _needed(self, part: CylinderSpace, ratio: float, most: int) -> Counts:
        """Cases without which a circle does not reach a ratio, by kind of span; never too many."""
        bound = np.maximum.accumulate(most_expected(most, ratio, self.space.total))
        # What is expected is taken a little too low, on a grid of logarithms that is looked up.
        with np.errstate(divide="ignore"):
            expected = self.least_time.T @ part.circle_size
            place = np.floor(np.log(expected, out=expected) / _GRID)
        lowest = float(place[np.isfinite(place)].min(initial=0.0))
        place = np.maximum(place - lowest, 0).astype(np.int32)
        grid = np.exp((np.arange(int(place.max(initial=0)) + 1) + lowest) * _GRID) * LOWER
        # Where nothing is expected no ratio is above nought, whatever it is held to need.
        needed = np.maximum(np.searchsorted(bound, grid), self.space.least_cases)
        table: Counts = needed.astype(_type_of(most))[place]
        return table

    def _passing(self, counts: Counts, needed: Counts) -> tuple[Ints, Ints, Ints]:
        """Circles and spans that hold as many cases as they need, and how many."""
        held = np.empty(counts.shape[1], dtype=counts.dtype)
        high = np.empty(counts.shape[1], dtype=np.bool_)
        rows, numbers, cases = [], [], []
        ends = zip(self.opened.tolist(), self.closed.tolist(), self.like.tolist(), strict=True)
        for number, (opened, closed, like) in enumerate(ends):
            np.subtract(counts[closed], counts[opened], out=held)
            np.greater_equal(held, needed[like], out=high)
            if np.count_nonzero(high):  # Sooner than any().
                row = np.flatnonzero(high)
                rows.append(row)
                numbers.append(np.full(len(row), number))
                cases.append(held[row])
        if not rows:
            nothing = np.empty(0, dtype=np.int64)
            return nothing, nothing, nothing
        return np.concatenate(rows), np.concatenate(numbers), np.concatenate(cases).astype(np.int64)


def _cuts(space: CylinderSpace) -> Iterator[tuple[int, int]]:
    """First centre of each block and of the next; a block has one at least."""
    start = space.circles.start
    first = 0
    while first < len(space.circles):
        room = int(start[first]) + CIRCLES
        last = max(first + 1, int(np.searchsorted(start, room, side="right")) - 1)
        yield first, last
        first = last


def _part(space: CylinderSpace, first: int, last: int) -> CylinderSpace:
    circles = space.circles
    rows = slice(int(circles.start[first]), int(circles.start[last]))
    return replace(
        space,
        circles=Circles(
            circles.start[first : last + 1] - circles.start[first],
            circles.neighbour[rows],
            circles.distance[rows],
        ),
        circle_size=space.circle_size[:, rows],
    )


def _alike(time: Floats, circles: int) -> tuple[Ints, Floats]:
    """Which spans are of about one size, and the least of each kind by part."""
    size = np.log(time.sum(axis=0))
    step = _ALIKE
    while True:
        kinds, like = np.unique(np.floor(size / step), return_inverse=True)
        if len(kinds) * circles <= _MOST_NEEDS or len(kinds) == 1:
            break
        step *= 2
    least = np.full((len(time), len(kinds)), np.inf)
    for part, row in zip(time, least, strict=True):
        np.minimum.at(row, like, part)
    return like, least


def _until(location: Ints, period: Ints, locations: int, periods: int) -> Counts:
    """Cases of each location before each period; shape (periods + 1, locations)."""
    cells = np.bincount(period * locations + location, minlength=locations * periods)
    until = np.zeros((periods + 1, locations), dtype=_type_of(len(location)))
    np.cumsum(cells.reshape(periods, locations), axis=0, out=until[1:])
    return until


def _counts(part: CylinderSpace, until: Counts) -> Counts:
    """Cases of each circle before each period."""
    start = part.circles.start
    counts = until.take(part.circles.neighbour, axis=1)
    np.cumsum(counts, axis=1, out=counts)
    # Each centre begins anew.
    before = counts[:, np.maximum(start[:-1], 1) - 1] * (start[:-1] > 0)
    counts -= np.repeat(before.astype(counts.dtype), np.diff(start), axis=1)
    return counts


def _type_of(most: int) -> type[np.int16] | type[np.int32]:
    # A sum over the circles of several centres may run over: the differences come out right.
    return np.int16 if most < 2**15 else np.int32
