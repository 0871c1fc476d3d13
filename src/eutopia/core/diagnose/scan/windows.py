"""Every circle times every span, in one table: for few locations and periods.

Where counties are watched by years, a span holds many cases and a table of all cylinders is small:
counts come by cumulative sums, and what a ratio needs of the expectation is computed once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eutopia.core.diagnose.scan.cylinders import Best, CylinderSpace

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_CELLS = 3_000_000
"""A table of so many cylinders takes some 100 MB."""


class Windows:
    """All cylinders of a space that is small enough.

    Parameters
    ----------
    space
        Circles, spans, expectations.

    Notes
    -----
    A replication takes O(cylinders), without a logarithm. Spans come by their end, then the
    shortest first: of equal ratios the smaller circle, then the earlier, shorter span is taken.
    """

    def __init__(self, space: CylinderSpace) -> None:
        from scipy.special import xlogy

        self.space = space
        self.first, self.last = spans(space)
        # Spans that last to the end need few of the periods' sums.
        self.moments = np.unique(np.concatenate((self.first, self.last + 1)))
        self.expected: Floats = np.zeros((len(space.circles.neighbour), len(self.first)))
        for size, time in zip(space.circle_size, space.time_sum, strict=True):
            self.expected += size[:, None] * (time[self.last + 1] - time[self.first])[None, :]
        inside = np.where(self.expected > 0, self.expected, 1.0)
        outside = space.total - self.expected
        self.log_inside = np.log(inside)
        self.log_outside = np.log(np.where(outside > 0, outside, 1.0))
        counts = np.arange(int(space.total) + 1, dtype=np.float64)
        self.weight: Floats = np.asarray(xlogy(counts, counts), dtype=np.float64)

    def ratios(self, location: Ints, period: Ints, locations: int) -> tuple[Floats, Ints]:
        """Log-likelihood ratio and count of each cylinder; shape (places, spans)."""
        space = self.space
        cell = location * space.periods + period
        table = np.bincount(cell, minlength=locations * space.periods)
        until = np.zeros((space.periods + 1, locations))
        until[1:] = table.reshape(locations, space.periods).T.cumsum(axis=0)
        sums = space.circles.sums(until[self.moments]).T
        begin = np.searchsorted(self.moments, self.first)
        end = np.searchsorted(self.moments, self.last + 1)
        count = np.rint(sums[:, end] - sums[:, begin]).astype(np.int64)
        rest = int(space.total) - count
        ratio: Floats = self.weight[count] + self.weight[rest]
        ratio -= count * self.log_inside
        ratio -= rest * self.log_outside
        high = (count >= space.least_cases) & (count > self.expected) & (self.expected > 0)
        return np.where(high, ratio, 0.0), count

    def highest_ratio(self, location: Ints, period: Ints, locations: int, *, guess: float) -> float:  # noqa: ARG002
        """The highest ratio of any cylinder; a guess does not help here."""
        return float(self.ratios(location, period, locations)[0].max(initial=0.0))

    def best_by_centre(self, location: Ints, period: Ints, locations: int) -> Best:
        """The best cylinder of each centre."""
        ratio, count = self.ratios(location, period, locations)
        start = self.space.circles.start
        best = Best.of_none(len(self.space.circles))
        for k in range(len(best.ratio)):
            part = ratio[start[k] : start[k + 1]]
            if not part.size or part.max() <= 0:
                continue
            # The first of those that are equal but for rounding.
            i, j = divmod(int(np.argmax(part >= part.max() * (1 - 1e-12))), part.shape[1])
            best.ratio[k], best.members[k] = part[i, j], i + 1
            best.first[k], best.last[k] = self.first[j], self.last[j]
            best.cases[k] = count[start[k] + i, j]
            best.expected[k] = self.expected[start[k] + i, j]
        return best


def spans(space: CylinderSpace) -> tuple[Ints, Ints]:
    """First and last period of every span looked at."""
    first, last = [], []
    ends = [space.periods - 1] if space.alive else range(space.periods)
    for end in ends:
        starts = range(end - space.shortest + 1, max(end - space.longest, -1), -1)
        first.extend([s for s in starts if s >= 0])
        last.extend([end] * len([s for s in starts if s >= 0]))
    return np.array(first, dtype=np.int64), np.array(last, dtype=np.int64)
