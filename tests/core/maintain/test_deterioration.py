"""Wear and forecasts: golden rows, properties, and a real pair of pavement surveys."""

from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point

from eutopia.core.maintain.deterioration import (
    apparent_age,
    estimate_transitions,
    forecast_register,
    forecast_states,
    linear_wear,
)
from eutopia.core.records import Asset

HERE = Point(0, 0)
LIVES = {"bench": 20.0}


def asset(installed: int | None, condition: float | None, kind: str = "bench") -> Asset:
    return Asset("a", kind, HERE, "d", installed, condition)


@pytest.mark.parametrize(
    ("age", "life", "wear"),
    [
        (0, 20, 0.0),
        (5, 20, 25.0),
        (20, 20, 100.0),
        (35, 20, 100.0),  # worn out is worn out
        (-1, 20, 0.0),  # to be built next year
    ],
)
def test_linear_wear(age: float, life: float, wear: float) -> None:
    """The planning rule of the wear tables."""
    assert linear_wear(age=age, life=life) == wear


@given(st.floats(0, 100), st.floats(1, 200))
def test_apparent_age_and_wear_are_inverse(condition: float, life: float) -> None:
    """A thing of condition c looks as old as a thing that has worn to 100 - c."""
    age = apparent_age(condition=condition, life=life)

    assert linear_wear(age=age, life=life) == pytest.approx(100 - condition, abs=1e-9)


def test_an_inspection_beats_the_age() -> None:
    """Thirty years old but inspected at 80: looks four years old, so 16 remain of 20."""
    now, later = forecast_register(
        [asset(1996, 80.0)], lives=LIVES, inspected=2026, years=[2026, 2042]
    )

    assert (now.mean_condition, now.worn_out) == (80.0, 0)
    assert (later.mean_condition, later.worn_out) == (0.0, 1)


def test_what_is_not_known_is_counted_and_not_guessed() -> None:
    """A bench with neither year nor condition, and a tree, whose life nobody verified."""
    bench, tree = forecast_register(
        [asset(None, None), asset(2026, None), asset(2000, 50.0, "tree")],
        lives=LIVES, inspected=2026, years=[2026],
    )  # fmt: skip

    assert (bench.assets, bench.known, bench.mean_condition) == (2, 1, 100.0)
    assert (tree.assets, tree.known, tree.mean_condition) == (1, 0, None)


@given(
    st.lists(st.tuples(st.integers(1950, 2026), st.none() | st.floats(0, 100)), max_size=20),
    st.integers(0, 60),
)
def test_nothing_gets_better_by_waiting(rows: list[tuple[int, float | None]], ahead: int) -> None:
    """Without renewal, condition never rises and the worn-out never become fewer."""
    register = [asset(installed, condition) for installed, condition in rows]
    found = forecast_register(
        register, lives=LIVES, inspected=2026, years=[2026, 2026 + ahead, 2027 + ahead]
    )
    conditions = [f.mean_condition for f in found if f.mean_condition is not None]

    assert all(a + 1e-9 >= b for a, b in pairwise(conditions))
    assert sorted(f.worn_out for f in found) == [f.worn_out for f in found]


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=60), st.integers(0, 12))
def test_shares_stay_shares(moves: list[tuple[int, int]], cycles: int) -> None:
    """Rows of the estimate and of the forecast sum to 1; wear never goes up the scale."""
    matrix = estimate_transitions([a for a, _ in moves], [b for _, b in moves], states=5)
    shares = forecast_states([0.2] * 5, matrix, cycles=cycles)

    assert np.allclose(matrix.sum(axis=1), 1)
    assert np.allclose(np.tril(matrix, -1), 0)
    assert np.allclose(shares.sum(axis=1), 1)
    assert (np.diff(shares[:, 4]) >= -1e-12).all()


def test_the_estimate_comes_back_from_what_it_makes() -> None:
    """50,000 simulated segments with P = 0.8 to stay: estimated within 0.01."""
    rng = np.random.default_rng(3)
    truth = np.array([[0.8, 0.2, 0.0], [0.0, 0.8, 0.2], [0.0, 0.0, 1.0]])
    before = rng.integers(0, 3, 50_000)
    after = np.array([rng.choice(3, p=truth[s]) for s in before])

    assert np.abs(estimate_transitions(before, after, states=3) - truth).max() < 0.01


@pytest.mark.parametrize("bad", [{"before": [0], "after": []}, {"before": [5], "after": [5]}])
def test_bad_states_are_refused(bad: dict[str, list[int]]) -> None:
    """Named rather than clipped."""
    with pytest.raises(ValueError, match=r"equal length|outside"):
        estimate_transitions(**bad, states=5)


@pytest.mark.real
def test_somerville_streets_wear_downwards(real_data: Path) -> None:
    """Two real pavement surveys of Somerville: 565 segments in both, OCI in five states of 20.

    Golden: shares that stayed, best to worst state. Segments that became better were repaired.
    """

    def surveyed(name: str) -> dict[str, float]:
        with (real_data / "somerville" / name).open(encoding="utf-8-sig") as file:
            return {r["ID"]: float(r["OCI"]) for r in csv.DictReader(file) if r.get("OCI")}

    first, second = surveyed("PCI.csv"), surveyed("2015_Data.csv")
    both = sorted(first.keys() & second.keys())
    state = [[min(4, int((100 - survey[i]) // 20)) for i in both] for survey in (first, second)]
    matrix = estimate_transitions(*state, states=5)

    assert len(both) == 565
    assert np.diag(matrix).round(2).tolist() == [0.66, 0.34, 0.51, 0.86, 1.0]
