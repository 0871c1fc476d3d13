"""Dense groups and local concentration against brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eutopia.core.kit.density import dense_groups, local_concentration, near_pairs


def textbook(x, y, t, within: float, span: float, least: int) -> np.ndarray:
    """ST-DBSCAN as it is written: from each core in turn, outwards."""
    near = np.hypot(x[:, None] - x, y[:, None] - y) <= within
    near &= np.abs(t[:, None] - t) <= span
    core = near.sum(axis=1) >= least
    label, group = np.full(len(x), -1), 0
    for seed in range(len(x)):
        if label[seed] != -1 or not core[seed]:
            continue
        label[seed], waiting = group, [seed]
        while waiting:
            point = waiting.pop()
            for other in np.flatnonzero(near[point]) if core[point] else ():
                if label[other] == -1:
                    label[other] = group
                    waiting.append(other)
        group += 1
    return label


@settings(deadline=None, max_examples=60)
@given(
    st.integers(0, 10_000), st.integers(1, 90), st.sampled_from([3.0, 9.0, 25.0]), st.integers(1, 6)
)
def test_groups_are_those_of_the_textbook(seed: int, n: int, within: float, least: int) -> None:
    """Whole numbers, so that many points lie exactly at the reach."""
    rng = np.random.default_rng(seed)
    x, y, t = (rng.uniform(-30, 30, n).round() for _ in range(3))
    found = dense_groups(x, y, t, within=within, span=7.0, least=least)
    assert found.tolist() == textbook(x, y, t, within, 7.0, least).tolist()


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(2, 90))
def test_concentration_is_the_formula(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(0, 60, (2, n)).round()
    value = rng.poisson(2, n).astype(float)
    weight = (np.hypot(x[:, None] - x, y[:, None] - y) <= 9).sum(axis=1)
    inside = (np.hypot(x[:, None] - x, y[:, None] - y) <= 9) @ value
    spread = value.std() * np.sqrt(np.maximum(n * weight - weight**2, 0) / (n - 1))
    hand = np.divide(inside - weight * value.mean(), spread, out=np.zeros(n), where=spread > 0)
    assert local_concentration(x, y, value, within=9.0) == pytest.approx(hand)


def test_every_near_pair_comes_once() -> None:
    rng = np.random.default_rng(5)
    x, y, t = rng.uniform(0, 500, (3, 400))
    found = [(int(a), int(b)) for i, j in near_pairs(x, y, t, within=40, span=60)
             for a, b in zip(i, j, strict=True)]  # fmt: skip
    assert len({frozenset(pair) for pair in found}) == len(found)
    near = (np.hypot(x[:, None] - x, y[:, None] - y) <= 40) & (np.abs(t[:, None] - t) <= 60)
    assert len(found) == (near.sum() - len(x)) // 2


def test_what_has_no_place_is_refused() -> None:
    bad = np.array([0.0, np.nan])
    with pytest.raises(ValueError, match="finite"):
        dense_groups(bad, np.zeros(2), np.zeros(2), within=1, span=1, least=1)
    with pytest.raises(ValueError, match="above zero"):
        local_concentration(np.zeros(2), np.zeros(2), np.zeros(2), within=0)


def test_none_and_one_have_no_group() -> None:
    none = np.empty(0)
    assert dense_groups(none, none, none, within=1, span=1, least=1).tolist() == []
    assert local_concentration(none, none, none, within=1).tolist() == []
    one = np.zeros(1)
    assert dense_groups(one, one, one, within=1, span=1, least=2).tolist() == [-1]
