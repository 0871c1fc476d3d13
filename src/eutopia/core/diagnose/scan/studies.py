"""What a replication needs: circles and expectations once, then draw and look again."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.random import Generator, SeedSequence, default_rng
from numpy.typing import NDArray

from eutopia.core.diagnose.scan.blocks import Blocks
from eutopia.core.diagnose.scan.circles import Circles, grow_circles
from eutopia.core.diagnose.scan.cylinders import (
    Best,
    CaseSpans,
    CylinderSpace,
)
from eutopia.core.diagnose.scan.ratios import bernoulli_ratio, poisson_ratio
from eutopia.core.diagnose.scan.settings import ScanInput, ScanSettings
from eutopia.core.diagnose.scan.windows import MOST_CELLS, Windows

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Study(Protocol):
    """Circles and how to scan them: what was observed, and one replication."""

    circles: Circles

    def observed(self) -> Best:
        """The best cylinder of each centre."""
        ...

    def highest_of(self, seed: SeedSequence, guess: float) -> float:
        """The highest ratio of a replication; a good guess only makes it faster."""
        ...


def study_of(data: ScanInput, settings: ScanSettings) -> Study:
    """Spatial or over time?"""
    return SpatialStudy(data, settings) if settings.kind == "spatial" else TimeStudy(data, settings)


class Kernel(Protocol):
    """A way to look at all cylinders. All find the same."""

    def best_by_centre(self, location: Ints, period: Ints, locations: int) -> Best:
        """The best cylinder of each centre."""
        ...

    def highest_ratio(self, location: Ints, period: Ints, locations: int, *, guess: float) -> float:
        """The highest ratio of any cylinder; a good guess only makes it faster."""
        ...


class TimeStudy:
    """Cylinders over space and time: permutation or Poisson."""

    def __init__(self, data: ScanInput, settings: ScanSettings) -> None:
        self.data, self.settings = data, settings
        self.total = float(len(data.case_location))
        self.place, self.time = expected_parts(data, settings)
        weight = self.place.T @ self.time.sum(axis=1)
        self.circles = _grown(data, settings, weight)
        self.space = CylinderSpace(
            circles=self.circles,
            circle_size=self.circles.sums(self.place),
            time_sum=np.concatenate((np.zeros((len(self.time), 1)), self.time.cumsum(axis=1)), 1),
            total=self.total,
            longest=settings.longest,
            shortest=settings.shortest,
            alive=settings.kind == "prospective",
            least_cases=settings.least_cases,
        )
        self.kernel = kernel_for(self.space, data.case_location, len(data.location_ids))

    def observed(self) -> Best:
        """The best cylinder of each centre."""
        data = self.data
        n = len(data.location_ids)
        return self.kernel.best_by_centre(data.case_location, data.case_period, n)

    def highest_of(self, seed: SeedSequence, guess: float) -> float:
        """The highest ratio of a replication; a good guess only makes it faster."""
        where, when = self.draw(default_rng(seed))
        return self.kernel.highest_ratio(where, when, len(self.data.location_ids), guess=guess)

    def draw(self, rng: Generator) -> tuple[Ints, Ints]:
        """Locations and periods of the cases as chance would have them."""
        data = self.data
        if self.settings.model == "poisson":
            return self._draw_poisson(rng)
        if data.stratum is None:
            return data.case_location, rng.permutation(data.case_period)
        drawn = data.case_period.copy()
        for stratum in np.unique(data.stratum):
            rows = np.flatnonzero(data.stratum == stratum)
            drawn[rows] = rng.permutation(data.case_period[rows])
        return data.case_location, drawn

    def _draw_poisson(self, rng: Generator) -> tuple[Ints, Ints]:
        number = len(self.data.case_location)
        periods = self.data.periods
        mass = self.place.sum(axis=1)[:, None] * self.time
        if self.settings.by_period:
            when = self.data.case_period  # Each period keeps its cases; the places are drawn.
        else:
            share = mass.sum(axis=0)
            when = rng.choice(periods, size=number, p=share / share.sum())
        part = np.zeros(number, dtype=np.int64)
        if len(mass) > 1:
            steps = np.cumsum(mass, axis=0)[:, when]
            part = (rng.uniform(size=number) * steps[-1] >= steps).sum(axis=0)
        where = np.empty(number, dtype=np.int64)
        for k in np.unique(part):
            rows = np.flatnonzero(part == k)
            place = self.place[k] / self.place[k].sum()
            where[rows] = rng.choice(len(place), size=len(rows), p=place)
        return where, when.astype(np.int64)


def expected_parts(data: ScanInput, settings: ScanSettings) -> tuple[Floats, Floats]:
    """Expected cases as a sum over parts, location times period: (parts, n), (parts, periods)."""
    n, number = len(data.location_ids), len(data.case_location)
    if settings.model == "poisson":
        if data.population is None:
            raise ValueError("the poisson model needs a population by location")
        place = np.atleast_2d(data.population).astype(np.float64)
        time = data.population_time
        if time is None:
            time = np.full((1, data.periods), 1.0)
        if settings.by_period:
            expected = place.sum(axis=1) @ time
            cases = np.bincount(data.case_period, minlength=data.periods)
            if ((expected <= 0) & (cases > 0)).any():
                raise ValueError("a period has cases but no population")
            time = time * np.divide(
                cases, expected, where=expected > 0, out=np.zeros_like(expected)
            )
        return place, time * (number / float(place.sum(axis=1) @ time.sum(axis=1)))
    stratum = data.stratum if data.stratum is not None else np.zeros(number, dtype=np.int64)
    _, stratum = np.unique(stratum, return_inverse=True)
    parts = int(stratum.max()) + 1
    cases = np.bincount(stratum * n + data.case_location, minlength=parts * n)
    when = np.bincount(stratum * data.periods + data.case_period, minlength=parts * data.periods)
    by_time: Floats = when.reshape(parts, data.periods).astype(np.float64)
    by_place: Floats = cases.reshape(parts, n).astype(np.float64)
    return by_place, by_time / by_time.sum(axis=1, keepdims=True)


def _grown(data: ScanInput, settings: ScanSettings, weight: Floats) -> Circles:
    """Circles up to the share of the weight, or of another weight that is given for it."""
    by = weight if data.circle_weight is None else data.circle_weight
    return grow_circles(
        data.points,
        by,
        most_weight=settings.most_share * float(by.sum()),
        radius=settings.radius,
        centres=data.centres,
    )


def kernel_for(space: CylinderSpace, location: Ints, locations: int) -> Kernel:
    """What is soonest: a table of all cylinders, from case to case, or a block at a time?

    Notes
    -----
    From case to case takes the square of the cases that a circle holds, where it holds many their
    cube.
    """
    cells = Blocks.cells(space)
    cases = np.bincount(location, minlength=locations).astype(np.float64)
    last = space.circles.start[1:][np.diff(space.circles.start) > 0] - 1
    inside = space.circles.sums(cases[None, :])[0, last]
    share = min(1.0, space.longest / space.periods)
    few = cells < 20_000 + 5 * float((inside**2).sum()) * share
    if cells <= MOST_CELLS and (few or space.shortest > 1):
        return Windows(space)
    if space.shortest > 1 or cells < float((inside**3).sum()) * share**2:
        return Blocks(space)
    return CaseSpans(space, location, locations)


class SpatialStudy:
    """Circles alone: Bernoulli or Poisson."""

    def __init__(self, data: ScanInput, settings: ScanSettings) -> None:
        if data.population is None:
            raise ValueError("a purely spatial scan needs a population by location")
        self.data, self.settings = data, settings
        self.bernoulli = settings.model == "bernoulli"
        self.cases = np.bincount(data.case_location, minlength=len(data.location_ids))
        self.total = float(self.cases.sum())
        if self.bernoulli:
            self.weight = np.atleast_2d(data.population)[0].astype(np.float64)
            if (self.weight < self.cases).any():
                raise ValueError("a location has more cases than people: controls are missing")
        else:
            place, time = expected_parts(data, settings)
            self.weight = place.T @ time.sum(axis=1)
        self.circles = _grown(data, settings, self.weight)
        self.size = self.circles.sums(self.weight[None, :])[0]

    def _ratios(self, cases: NDArray[np.int64]) -> tuple[Floats, Floats]:
        inside = np.rint(self.circles.sums(cases[None, :].astype(np.float64))[0])
        if self.bernoulli:
            people = float(self.weight.sum())
            ratio = bernoulli_ratio(inside, self.size, self.total, people)
        else:
            ratio = poisson_ratio(inside, self.size, self.total)
        return np.where(inside >= self.settings.least_cases, ratio, 0.0), inside

    def observed(self) -> Best:
        """The best circle of each centre."""
        ratio, inside = self._ratios(self.cases)
        start = self.circles.start
        best = Best.of_none(len(self.circles))
        for k in range(len(self.circles)):
            part = ratio[start[k] : start[k + 1]]
            if not part.size or part.max() <= 0:
                continue
            at = int(np.argmax(part >= part.max() * (1 - 1e-12)))
            best.ratio[k], best.members[k] = part[at], at + 1
            best.last[k] = self.data.periods - 1
            best.cases[k] = inside[start[k] + at]
            best.expected[k] = self.size[start[k] + at]
        if self.bernoulli:
            best.expected[:] *= self.total / self.weight.sum()
        return best

    def highest_of(self, seed: SeedSequence, _guess: float) -> float:
        """The highest ratio of a replication."""
        rng = default_rng(seed)
        if self.bernoulli:
            people = np.rint(self.weight).astype(np.int64)
            drawn = rng.multivariate_hypergeometric(people, int(self.total))
        else:
            drawn = rng.multinomial(int(self.total), self.weight / self.weight.sum())
        return float(self._ratios(drawn)[0].max(initial=0.0))
