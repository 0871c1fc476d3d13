"""The scan as a whole: from cases and places to clusters with their chance."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.random import SeedSequence, default_rng
from numpy.typing import NDArray

from eutopia.core.diagnose.scan.circles import Circles, grow_circles
from eutopia.core.diagnose.scan.cylinders import (
    Best,
    CylinderSpace,
    Entries,
    best_by_centre,
    entries_of,
    highest_ratio,
)
from eutopia.core.diagnose.scan.ratios import bernoulli_ratio, poisson_ratio

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MODELS = ("space_time_permutation", "poisson", "bernoulli")
KINDS = ("retrospective", "prospective", "spatial")


@dataclass(frozen=True, slots=True)
class ScanInput:
    """What is scanned.

    `location_ids` in the order that decides ties; `points` : shape (locations, 2) on a plane or
    (locations, 3) on the sphere. `case_location` : shape (cases,), `case_period` likewise, 0 to
    `periods` - 1. `population` : shape (locations,): people at risk (Poisson: expected cases up to
    a factor) or cases and controls (Bernoulli); None for the permutation model. `stratum` by
    period (weekday or season): the permutation model then permutes within strata.
    """

    location_ids: tuple[str, ...]
    points: Floats
    case_location: Ints
    case_period: Ints
    periods: int
    population: Floats | None = None
    stratum: Ints | None = None


@dataclass(frozen=True, slots=True)
class ScanSettings:
    """By which model, over which windows, with how many replications?

    `most_share` of the population (of the cases in the permutation model) that a circle may hold;
    `radius` in km or plane units; `longest` span in periods. Replications end early once
    `early_stop` of them reached the observed ratio (None: never). `seed` makes the run repeatable;
    the result does not depend on `workers`.
    """

    model: str = "space_time_permutation"
    kind: str = "retrospective"
    most_share: float = 0.5
    radius: float | None = None
    longest: int = 1
    least_cases: int = 2
    replications: int = 999
    early_stop: int | None = 50
    seed: int = 1
    workers: int = 1

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise ValueError(f"model {self.model!r} is none of {', '.join(MODELS)}")
        if self.kind not in KINDS:
            raise ValueError(f"kind {self.kind!r} is none of {', '.join(KINDS)}")
        if self.model == "bernoulli" and self.kind != "spatial":
            raise ValueError("the Bernoulli model is purely spatial here")
        if self.model == "space_time_permutation" and self.kind == "spatial":
            raise ValueError("the permutation model needs time: retrospective or prospective")


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where, since when, how many against how many expected, and how likely by chance?

    `members` are positions of locations, nearest to the centre first; `p` is None where there were
    no replications; `p_gumbel` from the Gumbel law fitted to the replications' highest ratios.
    """

    centre: int
    members: tuple[int, ...]
    radius: float
    first: int
    last: int
    cases: int
    expected: float
    ratio: float
    p: float | None = None
    p_gumbel: float | None = None


@dataclass(frozen=True, slots=True)
class ScanResult:
    """Clusters, most likely first, and what the replications gave."""

    clusters: tuple[Cluster, ...]
    replications: int
    highest: tuple[float, ...]


def scan(data: ScanInput, *, settings: ScanSettings) -> ScanResult:
    """Where, and since when, are there more cases than chance would have it?

    Parameters
    ----------
    data
        Cases, places, people at risk.
    settings
        Model, windows, replications.

    Returns
    -------
    result
        Clusters that share no location, the most likely first; ties in the order of locations.

    Raises
    ------
    ValueError
        Fewer than two cases, a population that is missing or too small, or an impossible window.

    Notes
    -----
    Circles grow around every location; with time, they are cylinders over spans of whole periods.
    The ratio of the best cylinder of each centre is compared with the highest ratio in each
    replication (all cylinders looked at): p = (1 + replications at least as high) / (1 +
    replications). Stopped early, p = stop / replications run (Besag and Clifford 1991). The
    permutation model shuffles the times among the cases; Poisson draws places and times by
    expectation; Bernoulli draws who of the people is a case.

    Source: Kulldorff, M. (1997) as above; Kulldorff, M. et al. (2005), *A space-time permutation
    scan statistic for disease outbreak detection*, PLoS Medicine 2(3); Abrams, A. M. et al. (2010),
    *Gumbel based p-value approximations for spatial scan statistics*, Int. J. Health Geogr. 9.
    """
    _check(data, settings)
    study = (
        _SpatialStudy(data, settings) if settings.kind == "spatial" else _TimeStudy(data, settings)
    )
    clusters = _apart(study.circles, study.observed())
    if not clusters:
        return ScanResult((), 0, ())
    highest = _replicate(study.highest_of, clusters[0].ratio, settings)
    return ScanResult(_with_chances(clusters, highest, settings), len(highest), tuple(highest))


def _check(data: ScanInput, settings: ScanSettings) -> None:
    if len(data.case_location) < 2:
        raise ValueError(f"{len(data.case_location)} cases: at least two are needed")
    if settings.model != "space_time_permutation" and data.population is None:
        raise ValueError(f"the {settings.model} model needs a population by location")
    if settings.kind != "spatial" and not 1 <= settings.longest <= data.periods:
        raise ValueError(f"a span of {settings.longest} in {data.periods} periods is impossible")
    if (
        len(data.case_period)
        and not 0 <= data.case_period.min() <= data.case_period.max() < data.periods
    ):
        raise ValueError("a case lies outside the study period")


class _TimeStudy:
    """Cylinders over space and time."""

    def __init__(self, data: ScanInput, settings: ScanSettings) -> None:
        self.data, self.settings = data, settings
        n = len(data.location_ids)
        cases = np.bincount(data.case_location, minlength=n).astype(np.float64)
        total = float(len(data.case_location))
        if settings.model == "poisson" and data.population is not None:
            self.weight = data.population * (total / data.population.sum())
            time = np.full(data.periods, total / data.periods)
        else:
            self.weight = cases
            time = np.bincount(data.case_period, minlength=data.periods).astype(np.float64)
        self.circles = grow_circles(
            data.points,
            self.weight,
            most_weight=settings.most_share * total,
            radius=settings.radius,
        )
        sums = np.cumsum(self.weight[self.circles.neighbour])
        start = self.circles.start[:-1]
        base = np.where(start > 0, sums[np.maximum(start, 1) - 1], 0.0)
        size = sums - np.repeat(base, np.diff(self.circles.start))
        self.space = CylinderSpace(
            circles=self.circles,
            circle_size=size,
            time_sum=np.concatenate(([0.0], np.cumsum(time))),
            total=total,
            longest=settings.longest,
            alive=settings.kind == "prospective",
            least_cases=settings.least_cases,
        )
        self.entries = entries_of(self.space, data.case_location, n)

    def observed(self) -> Best:
        return best_by_centre(self.space, self.entries, self.data.case_period)

    def highest_of(self, seed: SeedSequence, guess: float) -> float:
        rng = default_rng(seed)
        entries, period = self._draw(rng)
        found = highest_ratio(self.space, entries, period, floor=guess)
        # Nothing reached the guess: look again without it.
        return found if found > guess else highest_ratio(self.space, entries, period, floor=0.0)

    def _draw(self, rng: np.random.Generator) -> tuple[Entries, Ints]:
        data = self.data
        if self.settings.model == "poisson":
            share = self.weight / self.weight.sum()
            where = rng.choice(len(share), size=len(data.case_location), p=share)
            when = rng.integers(0, data.periods, len(where))
            return entries_of(self.space, where.astype(np.int64), len(share)), when
        period = data.case_period
        if data.stratum is None:
            return self.entries, rng.permutation(period)
        drawn = period.copy()
        of_case = data.stratum[period]
        for stratum in np.unique(of_case):
            rows = np.flatnonzero(of_case == stratum)
            drawn[rows] = rng.permutation(period[rows])
        return self.entries, drawn


class _SpatialStudy:
    """Circles alone: Bernoulli or Poisson."""

    def __init__(self, data: ScanInput, settings: ScanSettings) -> None:
        if data.population is None:
            raise ValueError("a purely spatial scan needs a population by location")
        self.data, self.settings = data, settings
        self.bernoulli = settings.model == "bernoulli"
        self.cases = np.bincount(data.case_location, minlength=len(data.location_ids))
        self.total = float(self.cases.sum())
        people = data.population
        if self.bernoulli and (people < self.cases).any():
            raise ValueError("a location has more cases than people: controls are missing")
        self.weight = people if self.bernoulli else people * (self.total / people.sum())
        self.circles = grow_circles(
            data.points,
            self.weight,
            most_weight=settings.most_share * float(self.weight.sum()),
            radius=settings.radius,
        )
        self.size = self._circle_sums(self.weight[None, :])[0]

    def _circle_sums(self, rows: Floats) -> Floats:
        """Sum over each circle, for each row of values by location."""
        sums = np.cumsum(rows[:, self.circles.neighbour], axis=1)
        start = self.circles.start[:-1]
        before = np.where(start > 0, sums[:, np.maximum(start, 1) - 1], 0.0)
        result: Floats = sums - np.repeat(before, np.diff(self.circles.start), axis=1)
        return result

    def _ratios(self, cases: Floats) -> Floats:
        inside = np.round(self._circle_sums(cases))
        if self.bernoulli:
            people = float(self.weight.sum())
            ratio = bernoulli_ratio(inside, self.size[None, :], self.total, people)
        else:
            ratio = poisson_ratio(inside, np.broadcast_to(self.size, inside.shape), self.total)
        return np.where(inside >= self.settings.least_cases, ratio, 0.0)

    def observed(self) -> Best:
        ratio = self._ratios(self.cases[None, :].astype(np.float64))[0]
        inside = np.round(self._circle_sums(self.cases[None, :].astype(np.float64))[0])
        start = self.circles.start
        top = np.array(
            [start[k] + np.argmax(ratio[start[k] : start[k + 1]]) for k in range(len(self.circles))]
        )
        expected = self.size if not self.bernoulli else self.size * self.total / self.weight.sum()
        zero = np.zeros(len(top), dtype=np.int64)
        return Best(
            ratio=ratio[top],
            members=top - start[:-1] + 1,
            first=zero,
            last=zero + self.data.periods - 1,
            cases=inside[top].astype(np.int64),
            expected=expected[top],
        )

    def highest_of(self, seed: SeedSequence, _guess: float) -> float:
        rng = default_rng(seed)
        if self.bernoulli:
            people = np.round(self.weight).astype(np.int64)
            drawn = rng.multivariate_hypergeometric(people, int(self.total))
        else:
            drawn = rng.multinomial(int(self.total), self.weight / self.weight.sum())
        return float(self._ratios(drawn[None, :].astype(np.float64)).max(initial=0.0))


def _apart(circles: Circles, best: Best) -> list[Cluster]:
    """The best cylinders of the centres, highest first, those that touch a better one left out."""
    # Of equal ratios the circle with fewer locations, then the centre that comes first.
    order = np.lexsort((np.arange(len(best.ratio)), best.members, -np.round(best.ratio, 9)))
    taken = np.zeros(len(best.ratio), dtype=bool)
    clusters = []
    for k in order.tolist():
        if best.ratio[k] <= 1e-9:
            break
        members = circles.members(k, int(best.members[k]))
        if taken[members].any():
            continue
        taken[members] = True
        at = int(circles.start[k]) + len(members) - 1
        clusters.append(
            Cluster(
                centre=k,
                members=tuple(int(m) for m in members),
                radius=float(circles.distance[at]),
                first=int(best.first[k]),
                last=int(best.last[k]),
                cases=int(best.cases[k]),
                expected=float(best.expected[k]),
                ratio=float(best.ratio[k]),
            )
        )
    return clusters


def _replicate(
    highest_of: Callable[[SeedSequence, float], float], observed: float, settings: ScanSettings
) -> list[float]:
    """Highest ratios of the replications, in their order, until enough reached the observed."""
    seeds = SeedSequence(settings.seed).spawn(settings.replications)
    found: list[float] = []
    reached = 0
    for value in _in_order(highest_of, seeds, settings.workers):
        found.append(value)
        reached += value >= observed - 1e-9
        if settings.early_stop is not None and reached >= settings.early_stop:
            break
    return found


def _in_order(
    highest_of: Callable[[SeedSequence, float], float], seeds: list[SeedSequence], workers: int
) -> Iterator[float]:
    """Run in one process, or in several; values come in the order of the seeds either way.

    The guess only speeds up: the value is the same with any guess.
    """
    if workers <= 1:
        guess = 0.0
        for k, seed in enumerate(seeds):
            value = highest_of(seed, guess)
            guess = value * 0.8 if k == 0 else min(guess, value * 0.95)
            yield value
        return
    from concurrent.futures import ProcessPoolExecutor

    first = highest_of(seeds[0], 0.0)
    yield first
    block = 16 * workers
    with ProcessPoolExecutor(workers, initializer=_Worker.take, initargs=(highest_of,)) as pool:
        for start in range(1, len(seeds), block):
            part = seeds[start : start + block]
            yield from pool.map(_Worker.work, part, [first * 0.75] * len(part), chunksize=8)


class _Worker:
    """What a worker process keeps between replications: the study is sent to it once."""

    highest_of: Callable[[SeedSequence, float], float]

    @classmethod
    def take(cls, highest_of: Callable[[SeedSequence, float], float]) -> None:
        cls.highest_of = staticmethod(highest_of)

    @classmethod
    def work(cls, seed: SeedSequence, guess: float) -> float:
        return cls.highest_of(seed, guess)


def _with_chances(
    clusters: list[Cluster], highest: list[float], settings: ScanSettings
) -> tuple[Cluster, ...]:
    from dataclasses import replace

    if not highest:
        return tuple(clusters)
    values = np.array(highest)
    stopped = len(values) < settings.replications
    location, scale = _gumbel(values)
    result: list[Cluster] = []
    for cluster in clusters:
        reached = int((values >= cluster.ratio - 1e-9).sum())
        p = reached / len(values) if stopped else (1 + reached) / (1 + len(values))
        gumbel = -math.expm1(-math.exp(-(cluster.ratio - location) / scale)) if scale else None
        result.append(replace(cluster, p=p, p_gumbel=gumbel))
    # What every replication reaches is no cluster; the first is shown whatever it is worth.
    return tuple(result[:1] + [c for c in result[1:] if c.p is None or c.p < 1.0])


def _gumbel(values: Floats) -> tuple[float, float]:
    """Location and scale by the method of moments."""
    if len(values) < 2 or float(values.std()) == 0.0:
        return 0.0, 0.0
    scale = float(values.std(ddof=1)) * math.sqrt(6) / math.pi
    return float(values.mean()) - 0.5772156649015329 * scale, scale
