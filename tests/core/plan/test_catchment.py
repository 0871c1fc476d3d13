"""People within a walk: along the streets, by hand and against the circle."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from shapely.geometry import LineString, Point, box

from eutopia.core.plan.catchment import WalkingCatchment
from eutopia.core.records import Building, District, Street, Territory, Text

M = 1 / 111_320
"""A metre in degrees at the equator."""


def street(id_: str, *points: tuple[float, float]) -> Street:
    line = LineString([(x * M, y * M) for x, y in points])
    return Street(id_, Text.of(en=id_), line, "local", "A")


def home(id_: str, x: float, y: float, residents: int) -> Building:
    footprint = Point(x * M, y * M).buffer(2 * M)
    return Building(id_, Text.of(en=id_), footprint, "A", "residential", residents=residents)


def town(streets: tuple[Street, ...], buildings: tuple[Building, ...]) -> Territory:
    district = District("A", Text.of(en="A"), box(-0.1, -0.1, 0.1, 0.1), 100)
    return Territory("t", Text.of(en="t"), "UTC", "EUR", True, (district,),
                     streets=streets, buildings=buildings)  # fmt: skip


def test_a_river_is_walked_around() -> None:
    """Two banks 50 m apart, the only bridge 400 m off: near by the crow, far on foot."""
    banks = (
        street("north", (0, 50), (400, 50)),
        street("south", (0, 0), (400, 0)),
        street("bridge", (400, 0), (400, 50)),
    )
    homes = (home("n", 0, 50, 7), home("s", 10, 0, 5), home("b", 390, 0, 3))
    square = Point(0, 0)
    assert WalkingCatchment(town(banks, homes), metres=300).people([square]) == (5,)
    assert WalkingCatchment(town(banks, homes), metres=400).people([square]) == (8,)
    # Along one bank 400, over the bridge 50, back along the other 400.
    assert WalkingCatchment(town(banks, homes), metres=849).people([square]) == (8,)
    assert WalkingCatchment(town(banks, homes), metres=860).people([square]) == (15,)


def test_the_way_to_the_door_counts() -> None:
    """30 m along the street and 20 m to the door are 50 m."""
    here = town((street("s", (0, 0), (100, 0)),), (home("h", 30, 20, 4),))
    assert WalkingCatchment(here, metres=49).people([Point(0, 0)]) == (0,)
    assert WalkingCatchment(here, metres=51).people([Point(0, 0)]) == (4,)


def test_streets_that_cross_meet() -> None:
    """Two lines without a common vertex: the crossing is a junction."""
    here = town(
        (street("we", (-100, 0), (100, 0)), street("sn", (0, -100), (0, 100))),
        (home("h", 0, 80, 4),),
    )
    assert WalkingCatchment(here, metres=165).people([Point(80 * M, 0)]) == (4,)
    assert WalkingCatchment(here, metres=155).people([Point(80 * M, 0)]) == (0,)


def test_nothing_known_is_not_nobody() -> None:
    """Without streets or homes nothing can be said."""
    here = town((street("s", (0, 0), (100, 0)),), (home("h", 30, 20, 4),))
    assert WalkingCatchment(replace(here, streets=()), metres=300).people([Point(0, 0)]) == (None,)
    assert WalkingCatchment(replace(here, buildings=()), metres=9).people([Point(0, 0)]) == (None,)
    assert WalkingCatchment(here, metres=300).people([Point()]) == (None,)


@pytest.mark.parametrize("seed", range(5))
def test_never_more_than_the_circle_and_grows_with_the_walk(seed: int) -> None:
    """On a grid: on foot never more than as the crow flies, never fewer for a longer walk."""
    rng = np.random.default_rng(seed)
    grid = tuple(street(f"x{k}", (0, 100 * k), (500, 100 * k)) for k in range(6))
    grid += tuple(street(f"y{k}", (100 * k, 0), (100 * k, 500)) for k in range(6))
    at = rng.uniform(0, 500, (40, 2))
    homes = tuple(home(f"h{k}", x, y, 1) for k, (x, y) in enumerate(at))
    here = town(grid, homes)
    x, y = rng.uniform(0, 500, 2)
    before = 0
    for metres in (100, 250, 400, 1500):
        (found,) = WalkingCatchment(here, metres=metres).people([Point(x * M, y * M)])
        circle = int((np.hypot(at[:, 0] - x, at[:, 1] - y) <= metres * 1.01).sum())
        assert found is not None
        assert before <= found <= circle
        before = found
    assert before == 40
