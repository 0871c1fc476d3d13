"""The scan as a whole: from cases and places to clusters with their chance."""

from __future__ import annotations

import contextlib
import math
import signal
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.random import SeedSequence
from numpy.typing import NDArray

from eutopia.core.diagnose.scan.circles import Circles, distances
from eutopia.core.diagnose.scan.cylinders import Best
from eutopia.core.diagnose.scan.settings import ScanInput, ScanSettings
from eutopia.core.diagnose.scan.studies import study_of

Floats = NDArray[np.float64]

_MOST_CLUSTERS = 500


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
    """Clusters, most likely first, and what the replications gave.

    `interrupted`: it was told to stop before the replications were done or the answer was clear; p
    is then by those that were made.
    """

    clusters: tuple[Cluster, ...]
    replications: int
    highest: tuple[float, ...]
    interrupted: bool = False


def scan(
    data: ScanInput,
    *,
    settings: ScanSettings,
    going_on: Callable[[int], bool] = lambda _: True,
) -> ScanResult:
    """Where, and since when, are there more cases than chance would have it?

    Parameters
    ----------
    data
        Cases, places, people at risk.
    settings
        Model, windows, replications.
    going_on
        Called with the number of replications made, first with 0 when the clusters are known;
        False ends the scan with what is found so far.

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
    study = study_of(data, settings)
    clusters = _apart(data, study.circles, study.observed(), settings.overlap)
    if not clusters:
        return ScanResult((), 0, ())
    highest, end = _replicate(study.highest_of, clusters[0].ratio, settings, going_on)
    told = _with_chances(clusters, highest, stopped=end == "clear")
    return ScanResult(told, len(highest), tuple(highest), end == "interrupted")


def _check(data: ScanInput, settings: ScanSettings) -> None:
    if len(data.case_location) < 2:
        raise ValueError(f"{len(data.case_location)} cases: at least two are needed")
    if settings.model != "space_time_permutation" and data.population is None:
        raise ValueError(f"the {settings.model} model needs a population by location")
    if settings.kind != "spatial" and not 1 <= settings.shortest <= settings.longest:
        raise ValueError(f"a span of {settings.shortest} to {settings.longest} is impossible")
    if settings.kind != "spatial" and settings.longest > data.periods:
        raise ValueError(f"a span of {settings.longest} in {data.periods} periods is impossible")
    if (
        len(data.case_period)
        and not 0 <= data.case_period.min() <= data.case_period.max() < data.periods
    ):
        raise ValueError("a case lies outside the study period")


def _apart(data: ScanInput, circles: Circles, best: Best, overlap: str) -> list[Cluster]:
    """The best cylinders of the centres, highest first, as far as their overlap is allowed."""
    # Of equal ratios the circle with fewer locations, then the centre that comes first.
    order = np.lexsort((np.arange(len(best.ratio)), best.members, -np.round(best.ratio, 9)))
    taken = np.zeros(len(data.location_ids), dtype=bool)
    clusters: list[Cluster] = []
    for k in order.tolist():
        if best.ratio[k] <= 1e-9:
            break
        members = circles.members(k, int(best.members[k]))
        at = int(circles.start[k]) + len(members) - 1
        radius = float(circles.distance[at])
        if overlap == "no_shared_location":
            if taken[members].any():
                continue
            taken[members] = True
        elif not _centres_apart(data, clusters, k, radius, overlap):
            continue
        clusters.append(
            Cluster(
                centre=k,
                members=tuple(int(m) for m in members),
                radius=radius,
                first=int(best.first[k]),
                last=int(best.last[k]),
                cases=int(best.cases[k]),
                expected=float(best.expected[k]),
                ratio=float(best.ratio[k]),
            )
        )
        if overlap != "any" and len(clusters) == _MOST_CLUSTERS:
            break
    return clusters


def _centres_apart(
    data: ScanInput, taken: list[Cluster], centre: int, radius: float, overlap: str
) -> bool:
    """Does a circle keep clear of the more likely ones, as far as centres go?"""
    if overlap == "any" or not taken:
        return True
    middles = data.points if data.centres is None else data.centres
    others = middles[[c.centre for c in taken]]
    gap = distances(others, middles[centre])
    in_more_likely = gap <= np.array([c.radius for c in taken])
    in_this = gap <= radius
    forbidden = {
        "no_centre_in_other": in_more_likely | in_this,
        "no_centre_in_more_likely": in_more_likely,
        "no_centre_in_less_likely": in_this,
        "no_pair_of_centres": in_more_likely & in_this,
    }[overlap]
    return not bool(forbidden.any())


def _replicate(
    highest_of: Callable[[SeedSequence, float], float],
    observed: float,
    settings: ScanSettings,
    going_on: Callable[[int], bool],
) -> tuple[list[float], Literal["all", "clear", "interrupted"]]:
    """Highest ratios of the replications, in their order, until enough reached the observed."""
    seeds = SeedSequence(settings.seed).spawn(settings.replications)
    found: list[float] = []
    reached = 0
    if not going_on(0):
        return found, "interrupted"
    with contextlib.closing(_in_order(highest_of, seeds, settings.workers)) as values:
        for value in values:
            found.append(value)
            reached += value >= observed - 1e-9
            if settings.early_stop is not None and reached >= settings.early_stop:
                return found, "clear" if len(found) < settings.replications else "all"
            if not going_on(len(found)) and len(found) < settings.replications:
                return found, "interrupted"
    return found, "all"


def _in_order(
    highest_of: Callable[[SeedSequence, float], float], seeds: list[SeedSequence], workers: int
) -> Generator[float]:
    """Run in one process, or in several; values come in the order of the seeds either way.

    The guess only speeds up: the value is the same with any guess.
    """
    lowest = math.inf
    if workers <= 1 or len(seeds) <= 1:
        for seed in seeds:
            value = highest_of(seed, _guess(lowest))
            lowest = min(lowest, value)
            yield value
        return
    from concurrent.futures import ProcessPoolExecutor

    lowest = highest_of(seeds[0], 0.0)
    yield lowest
    block = 16 * workers
    pool = ProcessPoolExecutor(workers, initializer=_Worker.take, initargs=(highest_of,))
    try:
        for start in range(1, len(seeds), block):
            part = seeds[start : start + block]
            values = []
            for value in pool.map(_Worker.work, part, [_guess(lowest)] * len(part), chunksize=2):
                values.append(value)
                yield value
            lowest = min(lowest, *values)
    finally:
        pool.shutdown(cancel_futures=True)


def _guess(lowest: float) -> float:
    """What the next replication most likely exceeds."""
    return lowest * 0.98 if lowest < math.inf else 0.0


class _Worker:
    """What a worker process keeps between replications: the study is sent to it once."""

    highest_of: Callable[[SeedSequence, float], float]

    @classmethod
    def take(cls, highest_of: Callable[[SeedSequence, float], float]) -> None:
        # Whoever started the scan decides what an interruption means.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        cls.highest_of = staticmethod(highest_of)

    @classmethod
    def work(cls, seed: SeedSequence, guess: float) -> float:
        return cls.highest_of(seed, guess)


def _with_chances(
    clusters: list[Cluster], highest: list[float], *, stopped: bool
) -> tuple[Cluster, ...]:
    if not highest:
        return tuple(clusters)
    values = np.array(highest)
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
