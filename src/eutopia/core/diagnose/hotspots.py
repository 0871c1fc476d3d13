"""Where do events of a kind gather more than is usual: at one asset, or at one place?"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray

from eutopia.core.diagnose.events import Events, same_places
from eutopia.core.diagnose.expectation import (
    AROUND,
    Expectation,
    Habits,
    cell_keys,
    expected_counts,
    local_rates,
)
from eutopia.core.diagnose.surroundings import AssetLayer, Surroundings
from eutopia.core.kit.spatial import bounded_components, neighbour_pairs
from eutopia.core.records.norms import ProblemType

Floats = NDArray[np.float64]
Positions = NDArray[np.intp]

NETWORK_CLASSES = ("water_main", "heat_main", "sewer", "power_line")
"""Classes whose failures are felt as problems of several types: these are counted together."""


@dataclass(frozen=True, slots=True)
class HotspotRules:
    """How near, how many, how improbable?

    An event belongs to the nearest asset within `asset_reach_m` (`network_reach_m` for networks);
    point assets within `step_m` of each other are one unit, as are events of a kind away from any
    asset, at most `extent_m` wide. A hotspot has `least_events` events over at least
    `least_span_days`. `false_share` bounds the share of hotspots expected by chance
    (Benjamini-Hochberg over all units, those without events too).
    """

    asset_reach_m: float = 35.0
    network_reach_m: float = 60.0
    step_m: float = 20.0
    extent_m: float = 50.0
    least_events: int = 6
    least_span_days: float = 30.0
    false_share: float = 0.10


@dataclass(frozen=True, slots=True)
class Hotspot:
    """Which events gather where, how many were expected, how improbable is that?

    `asset_class` and `asset` (position in its layer) are empty and -1 for a place. `p` is the
    chance of so many events or more at a usual unit; `llr` the log-likelihood ratio by which
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
class _Units:
    """Things or places of one kind, all alike but for size: what a count is compared among."""

    name: str
    x: Floats
    y: Floats
    size: Floats
    member: NDArray[np.int64]
    """Unit of each event in `rows`."""
    rows: Positions
    nearest: NDArray[np.int64]
    """Position in its layer of the asset nearest to each event, -1 away from any."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    key: tuple[str, int, int]
    events: Positions
    nearest: NDArray[np.int64]
    means: tuple[tuple[Expectation, int], ...]

    @property
    def expected(self) -> float:
        return sum(float(e.mean[u]) for e, u in self.means)

    def chance(self, count: int) -> float:
        """Chance of so many; kinds felt together are added and spread like the widest of them."""
        spread = max(e.spread for e, _ in self.means)
        return Expectation(np.array([self.expected]), spread).chance(0, count)


_Part: TypeAlias = tuple[Expectation, int, Positions, NDArray[np.int64]]


def find_hotspots(
    events: Events,
    addresses: NDArray[np.object_],
    problem_types: Sequence[ProblemType | None],
    surroundings: Surroundings,
    *,
    rules: HotspotRules,
) -> tuple[Hotspot, ...]:
    """Where do events of a type gather more than is usual for such a place?

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
    A count is compared with what is usual for a unit of that kind (`expected_counts`): the asset
    and its like that never failed, the size, the neighbourhood's rate and habit of reporting.
    Assets and places compete: the one with the highest log-likelihood ratio takes its events, the
    others are judged again by what is left. O(n log n).
    """
    candidates, tried = _candidates(events, addresses, problem_types, surroundings, rules)
    limit = _highest_p(events, candidates, tried, rules.false_share)
    return tuple(_share_out(events, candidates, limit, rules))


def _candidates(
    events: Events,
    addresses: NDArray[np.object_],
    problem_types: Sequence[ProblemType | None],
    surroundings: Surroundings,
    rules: HotspotRules,
) -> tuple[list[_Candidate], int]:
    placed = np.flatnonzero(np.isfinite(events.x))
    habits = Habits(events.x[placed], events.y[placed], events.problem_type[placed])
    place = same_places(events, addresses, within_m=rules.step_m, extent_m=rules.extent_m)
    zeros = _Everywhere(events.x[placed], events.y[placed], side=rules.extent_m)
    pooled: dict[tuple[str, int, int], list[_Part]] = {}
    tried = 0
    for kind, problem_type in enumerate(problem_types):
        rows = np.flatnonzero(events.problem_type == kind)
        if problem_type is None or not len(rows):
            continue
        related = _related(kind, problem_types)
        for units in _unit_systems(events, rows, place, zeros, problem_type, surroundings, rules):
            new = _episodes(units.member, events.opened[units.rows])
            counts: Floats = np.bincount(units.member, new, len(units.x)).astype(np.float64)
            local = local_rates(units.x, units.y, counts, units.size)
            habit = habits.at(units.x, units.y, related)
            usual = expected_counts(counts, units.size, habit, local)
            tried += len(counts)
            together = units.name in NETWORK_CLASSES
            least = 1 if together else rules.least_events
            for unit, at in _by_label(units.member, least=least):
                pool = -1 if together else kind
                part = (usual, unit, units.rows[at], units.nearest[at])
                pooled.setdefault((units.name, unit, pool), []).append(part)
    return list(_enough(pooled, rules.least_events)), tried


def _enough(pooled: dict[tuple[str, int, int], list[_Part]], least: int) -> Iterator[_Candidate]:
    """Candidates of the units with enough events, kinds that are felt together put together."""
    for key, parts in pooled.items():
        rows = np.concatenate([part[2] for part in parts])
        if len(rows) >= least:
            order = np.argsort(rows)
            nearest = np.concatenate([part[3] for part in parts])[order]
            means = tuple((part[0], part[1]) for part in parts)
            yield _Candidate(key, rows[order], nearest, means)


def _related(kind: int, problem_types: Sequence[ProblemType | None]) -> list[int]:
    """Kinds that may have one and the same cause: they share a class of assets."""
    own = problem_types[kind]
    classes = set(own.asset_classes) if own is not None else set()
    return [
        k
        for k, other in enumerate(problem_types)
        if k == kind or (other is not None and classes & set(other.asset_classes))
    ]


class _Everywhere:
    """Places where anything at all was reported, one a cell: most of them without a given kind."""

    def __init__(self, x: Floats, y: Floats, *, side: float) -> None:
        self.side = side
        self.keys, first = np.unique(cell_keys(x, y, side=side), return_index=True)
        self.x, self.y = x[first], y[first]

    def away_from(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Those of which none of the points is within a side."""
        own, away = cell_keys(x, y, side=self.side), np.ones(len(self.keys), dtype=bool)
        for step in AROUND:
            at = np.minimum(np.searchsorted(self.keys, own + step), len(self.keys) - 1)
            near = self.keys[at] == own + step
            near &= np.hypot(self.x[at] - x, self.y[at] - y) <= self.side
            away[at[near]] = False
        return self.x[away], self.y[away]


def _unit_systems(
    events: Events,
    rows: Positions,
    place: NDArray[np.int32],
    zeros: _Everywhere,
    problem_type: ProblemType,
    surroundings: Surroundings,
    rules: HotspotRules,
) -> Iterator[_Units]:
    """The assets of each class the type belongs to, then places away from any of them."""
    away = np.ones(len(rows), dtype=bool)
    registered = any(name in surroundings.layers for name in problem_type.asset_classes)
    for name in problem_type.asset_classes:
        layer = surroundings.layers.get(name)
        if layer is None:
            continue
        reach = rules.network_reach_m if name in NETWORK_CLASSES else rules.asset_reach_m
        near, _ = surroundings.nearest(name, events.x[rows], events.y[rows], within_m=reach)
        here = near >= 0
        away &= ~here
        if here.any():
            yield _asset_units(layer, near[here].astype(np.int64), rows[here], rules)
    if away.any():
        # Where the register has the class, a place without one is no place at which none failed.
        yield _place_units(events, rows[away], place, None if registered else zeros)


def _asset_units(
    layer: AssetLayer, near: NDArray[np.int64], rows: Positions, rules: HotspotRules
) -> _Units:
    x, y = layer.middle[:, 0], layer.middle[:, 1]
    if (shapely.get_dimensions(layer.geometry) == 1).any():
        return _Units(layer.asset_class, x, y, layer.size / 20, near, rows, near)
    site = _sites(x, y, rules)
    number = np.bincount(site).astype(np.float64)
    return _Units(
        layer.asset_class,
        np.bincount(site, x) / number,
        np.bincount(site, y) / number,
        number,
        site[near].astype(np.int64),
        rows,
        near,
    )


def _sites(x: Floats, y: Floats, rules: HotspotRules) -> NDArray[np.int32]:
    """Which things stand so near that a report can't tell them apart (the heads of a signal)?"""
    pairs = list(neighbour_pairs(x, y, np.zeros(len(x)), within=rules.step_m, span=1.0))
    if not pairs:
        return np.arange(len(x), dtype=np.int32)
    i, j = (np.concatenate([pair[k] for pair in pairs]) for k in (0, 1))
    near = -np.hypot(x[i] - x[j], y[i] - y[j])
    return bounded_components((i, j), near, (x, y), (rules.extent_m, rules.extent_m))[0]


def _place_units(
    events: Events, rows: Positions, place: NDArray[np.int32], zeros: _Everywhere | None
) -> _Units:
    _, member = np.unique(place[rows], return_inverse=True)
    number = np.bincount(member)
    known = np.isfinite(events.x[rows])
    count = np.maximum(np.bincount(member[known], minlength=len(number)), 1)
    x = np.bincount(member[known], events.x[rows][known], len(number)) / count
    y = np.bincount(member[known], events.y[rows][known], len(number)) / count
    if zeros is not None and len(zeros.keys):
        empty = zeros.away_from(x, y)
        x, y = np.concatenate((x, empty[0])), np.concatenate((y, empty[1]))
    nowhere = np.full(len(rows), -1, dtype=np.int64)
    return _Units("", x, y, np.ones(len(x)), member.astype(np.int64), rows, nowhere)


def _by_label(labels: NDArray[np.integer], *, least: int) -> Iterator[tuple[int, Positions]]:
    """Each label that so many positions bear, with these, ascending."""
    order = np.argsort(labels, kind="stable")
    number = np.bincount(labels)
    stop = np.cumsum(number)
    for label in np.flatnonzero(number >= least).tolist():
        yield label, order[stop[label] - number[label] : stop[label]]


def _episodes(unit: NDArray[np.int64], opened: Floats) -> Floats:
    """Which events begin an episode at their unit: the first in more than a day? 1 or 0."""
    order = np.lexsort((opened, unit))
    later = (np.diff(unit[order]) == 0) & (np.diff(opened[order]) <= 1.0)
    new = np.ones(len(unit))
    new[order[1:][later]] = 0.0
    return new


def _episode_count(opened: Floats) -> int:
    return 1 + int((np.diff(np.sort(opened)) > 1.0).sum()) if len(opened) else 0


def _highest_p(
    events: Events, candidates: list[_Candidate], tried: int, false_share: float
) -> float:
    """Benjamini-Hochberg: the largest p that still counts as found."""
    p = np.sort([c.chance(_episode_count(events.opened[c.events])) for c in candidates])
    passing = np.flatnonzero(p <= false_share * np.arange(1, len(p) + 1) / max(tried, 1))
    return float(p[passing[-1]]) if len(passing) else -1.0


def _llr(count: int, expected: float) -> float:
    return count * float(np.log(count / expected)) - (count - expected) if count > expected else 0.0


def _share_out(
    events: Events, candidates: list[_Candidate], limit: float, rules: HotspotRules
) -> Iterator[Hotspot]:
    free = np.ones(len(events), dtype=bool)
    heap = []
    for c in candidates:
        n = _episode_count(events.opened[c.events])
        heap.append((-_llr(n, c.expected), c.key, n, c))
    heapq.heapify(heap)
    while heap:
        _, key, count, candidate = heapq.heappop(heap)
        still = free[candidate.events]
        left = candidate.events[still]
        number = _episode_count(events.opened[left])
        if number < rules.least_events:
            continue
        if number < count:
            rank = -_llr(number, candidate.expected)
            heapq.heappush(heap, (rank, key, number, candidate))
            continue
        p = candidate.chance(number)
        opened = events.opened[left]
        if p > limit or opened[-1] - opened[0] < rules.least_span_days:
            continue
        free[left] = False
        yield _hotspot(events, candidate, still, p)


def _hotspot(events: Events, candidate: _Candidate, still: NDArray[np.bool_], p: float) -> Hotspot:
    left, nearest = candidate.events[still], candidate.nearest[still]
    kinds, numbers = np.unique(events.problem_type[left], return_counts=True)
    return Hotspot(
        kind=int(kinds[np.argmax(numbers)]),
        events=left,
        expected=candidate.expected,
        p=p,
        llr=_llr(_episode_count(events.opened[left]), candidate.expected),
        asset_class=candidate.key[0],
        asset=int(np.argmax(np.bincount(nearest))) if candidate.key[0] else -1,
    )
