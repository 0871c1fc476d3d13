"""Metres, neighbours and groups against brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from eutopia.core.kit import spatial
from eutopia.core.kit.spatial import (
    LocalPlane,
    as_one_number,
    bounded_components,
    connected,
    neighbour_pairs,
)


def test_distances_on_the_plane_are_those_on_the_ellipsoid() -> None:
    """Within a town, plane and geodesic distance differ by a centimetre in a kilometre."""
    plane = LocalPlane(lon=131.9, lat=43.1)
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(131.8, 132.0, 200), rng.uniform(43.0, 43.2, 200)
    x, y = plane.forward(lon, lat)
    _, _, true = Geod(ellps="WGS84").inv(lon[:-1], lat[:-1], lon[1:], lat[1:])
    assert np.allclose(np.hypot(np.diff(x), np.diff(y)), true, rtol=1e-5)
    assert np.allclose(plane.inverse(x, y), (lon, lat))


def test_a_missing_place_stays_missing() -> None:
    x, y = LocalPlane(0, 0).forward(np.array([np.nan, 0.0]), np.array([0.0, 0.0]))
    assert np.isnan([x[0], y[0]]).all()
    assert (x[1], y[1]) == (0, 0)


def _brute(x, y, t, within, span):
    return {
        (i, j)
        for i in range(len(x))
        for j in range(len(x))
        if (t[i], i) < (t[j], j)
        and np.hypot(x[i] - x[j], y[i] - y[j]) <= within
        and t[j] - t[i] <= span
    }


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000), st.integers(2, 60), st.sampled_from([7, 13, 50_000]))
def test_neighbour_pairs_are_all_and_only_the_near_ones(seed: int, n: int, block: int) -> None:
    """Against every pair looked at, with blocks so small that most pairs cross them."""
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, 12, n).astype(float), rng.integers(0, 12, n).astype(float)
    t = rng.integers(0, 9, n).astype(float)
    kept = spatial._PAIR_BLOCK
    spatial._PAIR_BLOCK = block
    try:
        found = [
            (int(a), int(b))
            for i, j in neighbour_pairs(x, y, t, within=3.0, span=2.0)
            for a, b in zip(i, j, strict=True)
        ]
    finally:
        spatial._PAIR_BLOCK = kept
    assert len(found) == len(set(found))
    assert set(found) == _brute(x, y, t, 3.0, 2.0)


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.integers(-(2**40), 2**40)] * 3), max_size=30))
def test_one_number_orders_as_the_rows_do(rows: list[tuple[int, int, int]]) -> None:
    """However far apart: equal rows have one number, and a later row a greater one."""
    columns = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    numbers = as_one_number(*columns).tolist()
    rank = {row: k for k, row in enumerate(sorted(set(rows)))}
    order = {number: k for k, number in enumerate(sorted(set(numbers)))}
    assert [order[n] for n in numbers] == [rank[row] for row in rows]


def test_reach_must_be_above_zero() -> None:
    with pytest.raises(ValueError, match="above zero"):
        list(neighbour_pairs(np.zeros(2), np.zeros(2), np.zeros(2), within=0, span=1))


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 40))
def test_without_limits_groups_are_the_connected_parts(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    i, j = rng.integers(0, n, n), rng.integers(0, n, n)
    x = rng.uniform(0, 100, n)
    labels, _ = bounded_components((i, j), rng.uniform(size=n), (x,), (np.inf,))
    assert labels.tolist() == connected(n, i, j).tolist()


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 40))
def test_no_group_outgrows_its_limit(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.uniform(0, 200, n)
    x[rng.uniform(size=n) < 0.2] = np.nan
    i, j = rng.integers(0, n, 3 * n), rng.integers(0, n, 3 * n)
    labels, _ = bounded_components((i, j), rng.uniform(size=3 * n), (x,), (50.0,))
    for label in set(labels.tolist()):
        own = x[labels == label]
        own = own[np.isfinite(own)]
        assert not len(own) or own.max() - own.min() <= 50.0


def test_the_weakest_link_holds_the_group() -> None:
    i, j = np.array([0, 1, 0]), np.array([1, 2, 2])
    labels, weakest = bounded_components(
        (i, j), np.array([0.9, 0.6, 0.7]), (np.zeros(4),), (np.inf,)
    )
    # 0-1 and 0-2 suffice; the link 1-2 is not needed.
    assert labels.tolist() == [0, 0, 0, 1]
    assert weakest.tolist() == [0.7, 0.7, 0.7, np.inf]


def link_by_link(
    links: tuple[np.ndarray, np.ndarray],
    strength: np.ndarray,
    boxes: tuple[np.ndarray, ...],
    limits: tuple[float, ...],
) -> tuple[list[frozenset[int]], list[float]]:
    """Kruskal's order as it is defined: groups as sets, every link tried."""
    groups = [frozenset([k]) for k in range(len(boxes[0]))]
    weakest = [np.inf] * len(groups)
    for at in np.argsort(-strength, kind="stable").tolist():
        a, b = int(links[0][at]), int(links[1][at])
        both = groups[a] | groups[b]
        wide = (np.array([box[k] for k in both]) for box in boxes)
        known = [w[~np.isnan(w)] for w in wide]
        if groups[a] == groups[b] or any(
            len(w) and np.ptp(w) > limit for w, limit in zip(known, limits, strict=True)
        ):
            continue
        least = min(weakest[a], weakest[b], float(strength[at]))
        for k in both:
            groups[k], weakest[k] = both, least
    return groups, weakest


@given(st.integers(0, 2**32 - 1))
def test_groups_are_those_of_trying_link_after_link(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(1, 15)), int(rng.integers(0, 30))
    links = rng.integers(0, n, m), rng.integers(0, n, m)
    strength = np.round(rng.uniform(size=m), 1)
    x, y = rng.uniform(0, 100, n), rng.uniform(0, 100, n)
    x[rng.uniform(size=n) < 0.2] = np.nan
    labels, weakest = bounded_components(links, strength, (x, y), (50.0, 70.0))
    groups, least = link_by_link(links, strength, (x, y), (50.0, 70.0))
    assert [frozenset(np.flatnonzero(labels == label).tolist()) for label in labels] == groups
    assert weakest.tolist() == least
