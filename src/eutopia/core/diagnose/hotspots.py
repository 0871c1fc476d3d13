"""Where do events of a kind gather more than chance: at one asset, or at one place?"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eutopia.core.diagnose.events import Events, same_places
from eutopia.core.diagnose.surroundings import Surroundings
from eutopia.core.records.norms import ProblemType

Floats = NDArray[np.float64]
Positions = NDArray[np.intp]

NETWORK_CLASSES = ("water_main", "heat_main", "sewer", "power_line")
"""Classes whose failures are felt as problems of several types: these are counted together."""


@dataclass(frozen=True, slots=True)
class HotspotRules:
    """How near, how many, how improbable?

    An event belongs to the nearest asset within `asset_reach_m` (`network_reach_m` for networks),
    and to a place held together by steps of `step_m`, at most `extent_m` wide. A hotspot has
    `least_events` events over at least `least_span_days`. `false_share` bounds the share of
    hotspots expected by chance (Benjamini-Hochberg over all assets and places tried).
    """

    asset_reach_m: float = 30.0
    network_reach_m: float = 60.0
    step_m: float = 35.0
    extent_m: float = 90.0
    least_events: int = 4
    least_span_days: float = 30.0
    false_share: float = 0.05


@dataclass(frozen=True, slots=True)
class Hotspot:
    """Which events gather where, how many were expected, how improbable is that?

    `asset_class` and `asset` (position in its layer) are empty and -1 for a place. `p` is the
    chance of so many events or more were all alike; `llr` the log-likelihood ratio by which
    hotspots compete for events.
    """

    kind: int
    events: Positions
    expected: float
    p: float
    llr: float
    asset_class: str = ""
    asset: int = -1


@dataclass(frozen=True, slots=True)
class _Candidate:
    key: tuple[str, int, int]
    events: Positions
    kinds: NDArray[np.int32]
    expected: float


def find_hotspots(
    events: Events,
    addresses: NDArray[np.object_],
    problem_types: Sequence[ProblemType | None],
    surroundings: Surroundings,
    *,
    rules: HotspotRules,
) -> tuple[Hotspot, ...]:
    """Where do events of a type gather more than chance would have it?

    Parameters
    ----------
    events
        From `events_of`.
    addresses : shape (reports,)
        For events without a place to be believed.
    problem_types
        By the reports' type positions; None for a type that is no problem (a request for a
        service): its events are not looked at.
    surroundings
        The territory's assets.

    Returns
    -------
    hotspots
        Disjoint: each event is in at most one. Ordered by log-likelihood ratio, highest first.

    Notes
    -----
    Expected numbers come from all assets or places of the kind, in a way that a few bad ones don't
    disturb: from the numbers with one and with two events (Zelterman). Assets and places compete:
    the one with the highest log-likelihood ratio takes its events, the others are judged again by
    what is left. O(n log n).
    """
    candidates = list(_asset_candidates(events, problem_types, surroundings, rules))
    candidates += _place_candidates(events, addresses, problem_types, rules)
    tested = [c for c in candidates if len(c.events) >= rules.least_events]
    limit = _highest_p(tested, len(candidates), rules.false_share)
    return tuple(_share_out(events, tested, limit, rules))


def _asset_candidates(
    events: Events,
    problem_types: Sequence[ProblemType | None],
    surroundings: Surroundings,
    rules: HotspotRules,
) -> Iterator[_Candidate]:
    for name, layer in surroundings.layers.items():
        kinds = [
            k for k, t in enumerate(problem_types) if t is not None and name in t.asset_classes
        ]
        network = name in NETWORK_CLASSES
        reach = rules.network_reach_m if network else rules.asset_reach_m
        for pool in [kinds] if network and kinds else [[k] for k in kinds]:
            rows = np.flatnonzero(np.isin(events.problem_type, pool))
            near, _ = surroundings.nearest(name, events.x[rows], events.y[rows], within_m=reach)
            rows, near = rows[near >= 0], near[near >= 0]
            if not len(rows):
                continue
            size = layer.size / layer.size.mean()
            expected = _robust_rate(np.bincount(near, minlength=len(size))) * np.maximum(size, 0.25)
            for at, members in _by_label(near, rows):
                yield _Candidate(
                    (name, at, pool[0]), members, events.problem_type[members], float(expected[at])
                )


def _place_candidates(
    events: Events,
    addresses: NDArray[np.object_],
    problem_types: Sequence[ProblemType | None],
    rules: HotspotRules,
) -> Iterator[_Candidate]:
    place = same_places(events, addresses, within_m=rules.step_m, extent_m=rules.extent_m)
    count = np.bincount(place)
    kind_of = np.full(len(count), -1, dtype=np.int64)
    kind_of[place] = events.problem_type
    rate = np.zeros(len(problem_types) + 1)
    for k, problem_type in enumerate(problem_types):
        own = count[kind_of == k]
        if problem_type is not None and len(own):
            rate[k] = _robust_rate(own)
    for at, members in _by_label(place, np.arange(len(place))):
        k = int(kind_of[at])
        if k >= 0 and problem_types[k] is not None:
            yield _Candidate(("", at, k), members, events.problem_type[members], float(rate[k]))


def _robust_rate(counts: NDArray[np.integer]) -> float:
    """Mean events at a typical place, from those with one and with two; at least 0.05."""
    one, two = int((counts == 1).sum()), int((counts == 2).sum())
    return max(0.05, 2 * two / one if one else float(counts.mean()))


def _by_label(labels: NDArray[np.integer], rows: Positions) -> Iterator[tuple[int, Positions]]:
    order = np.argsort(labels, kind="stable")
    cuts = np.flatnonzero(np.diff(labels[order])) + 1
    for part in np.split(order, cuts):
        if len(part):
            yield int(labels[part[0]]), np.sort(rows[part])


def _tail(count: int, expected: float) -> float:
    from scipy.special import gammainc

    return float(gammainc(count, expected)) if count else 1.0


def _highest_p(tested: list[_Candidate], tried: int, false_share: float) -> float:
    """Benjamini-Hochberg: the largest p that still counts as found."""
    p = np.sort([_tail(len(c.events), c.expected) for c in tested])
    passing = np.flatnonzero(p <= false_share * np.arange(1, len(p) + 1) / max(tried, 1))
    return float(p[passing[-1]]) if len(passing) else -1.0


def _llr(count: int, expected: float) -> float:
    return count * float(np.log(count / expected)) - (count - expected) if count > expected else 0.0


def _share_out(
    events: Events, tested: list[_Candidate], limit: float, rules: HotspotRules
) -> Iterator[Hotspot]:
    free = np.ones(len(events), dtype=bool)
    heap = [(-_llr(len(c.events), c.expected), c.key, len(c.events), c) for c in tested]
    heapq.heapify(heap)
    while heap:
        _, key, count, candidate = heapq.heappop(heap)
        left = candidate.events[free[candidate.events]]
        if len(left) < rules.least_events:
            continue
        if len(left) < count:
            entry = (-_llr(len(left), candidate.expected), key, len(left), candidate)
            heapq.heappush(heap, entry)
            continue
        p = _tail(len(left), candidate.expected)
        opened = events.opened[left]
        if p > limit or opened[-1] - opened[0] < rules.least_span_days:
            continue
        free[left] = False
        kinds, numbers = np.unique(events.problem_type[left], return_counts=True)
        yield Hotspot(
            kind=int(kinds[np.argmax(numbers)]),
            events=left,
            expected=candidate.expected,
            p=p,
            llr=_llr(len(left), candidate.expected),
            asset_class=key[0],
            asset=key[1] if key[0] else -1,
        )
