"""How old, how high, how many dwellings and residents: the housing stock (arrays a building)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray

from eutopia.core.town.blocks import Layout
from eutopia.core.town.buildings import Lot

# Years in which a style was built: least, most likely, latest.
BUILT = {
    "old": (1852, 1895, 1932),
    "wing": (1870, 1910, 1960),
    "two-storey": (1938, 1952, 1961),
    "perimeter": (1936, 1957, 1976),
    "house": (1946, 1974, 2025),
    "school": (1936, 1968, 2012),
    "kindergarten": (1950, 1974, 2018),
    "shop": (1962, 1998, 2024),
    "hall": (1938, 1966, 2016),
    "shed": (1955, 1984, 2020),
}
# Blocks of a micro-district went up together, from the middle of the town outwards.
MICRO_YEARS = {"d09": (1959, 1984), "d05": (1966, 2022)}
# Storeys of slabs by the decade they were built in, as in the register of Vladivostok's houses:
# five storeys in the 1960s, five or nine in the 1970s, nine and more later.
SLAB_STOREYS = (
    (1971, (5, 5, 5, 5)),
    (1981, (5, 9, 9, 9)),
    (1992, (9, 9, 9, 10)),
    (2030, (9, 10, 12, 16)),
)
GROSS_PER_DWELLING = {"old": 120.0, "two-storey": 100.0, "perimeter": 130.0}


@dataclass(slots=True)
class Stock:
    """Columns, a row a building."""

    built: NDArray[np.int64]
    storeys: NDArray[np.int64]
    dwellings: NDArray[np.int64]
    residents: NDArray[np.int64]


def settle(layout: Layout, lots: list[Lot], *, residents: int, rng: Generator) -> Stock:
    """Give every building its years, storeys and dwellings; share out exactly all residents."""
    n = len(lots)
    built, storeys = np.zeros(n, dtype=np.int64), np.ones(n, dtype=np.int64)
    block_year = _block_years(layout, rng)
    draw = rng.random((n, 2))
    for i, lot in enumerate(lots):
        block = layout.blocks[lot.block]
        if lot.style in ("slab", "tower"):
            start = block_year[block.parent if block.parent >= 0 else lot.block]
            built[i] = start + int(draw[i, 0] * 4)
            storeys[i] = _slab_storeys(int(built[i]), lot.style, float(draw[i, 1]))
        else:
            low, mode, high = BUILT[lot.style]
            built[i] = int(_triangular(float(draw[i, 0]), low, mode, high))
            storeys[i] = _low_storeys(lot.style, float(draw[i, 1]))
    dwellings = _dwellings(lots, storeys)
    return Stock(built, storeys, dwellings, _share(lots, dwellings, residents, rng))


def _block_years(layout: Layout, rng: Generator) -> dict[int, int]:
    """Date every street block of the micro-districts: the farther out, the later."""
    far: dict[tuple[str, int], float] = {}
    for number, block in enumerate(layout.blocks):
        if block.kind == "micro":
            middle = block.ground.centroid
            key = (block.district, block.parent if block.parent >= 0 else number)
            far[key] = float(np.hypot(middle.x, middle.y))
    years = {}
    for district in sorted({d for d, _ in far}):
        first, last = MICRO_YEARS.get(district, (1965, 1990))
        keys = sorted((k for k in far if k[0] == district), key=lambda k: (far[k], k[1]))
        for rank, key in enumerate(keys):
            step = (rank + rng.uniform(-0.8, 0.8)) / max(len(keys) - 1, 1)
            years[key[1]] = first + round(float(np.clip(step, 0, 1)) * (last - first - 4))
    return years


def _triangular(u: float, low: float, mode: float, high: float) -> float:
    cut = (mode - low) / (high - low)
    if u < cut:
        return low + float(np.sqrt(u * (high - low) * (mode - low)))
    return high - float(np.sqrt((1 - u) * (high - low) * (high - mode)))


def _slab_storeys(year: int, style: str, u: float) -> int:
    for last, choices in SLAB_STOREYS:
        if year < last:
            level = choices[int(u * len(choices))]
            return max(level, 9) if style == "tower" else level
    return 9


def _low_storeys(style: str, u: float) -> int:
    if style == "house":
        return 1 if u < 0.72 else 2
    if style == "old":
        return 1 + int(u * 2.7)
    if style == "perimeter":
        return 3 + int(u > 0.15) + int(u > 0.4)
    if style == "two-storey":
        return 2 + int(u > 0.85)
    if style in ("school", "kindergarten"):
        return 2 + int(style == "school" and u > 0.5)
    return 1 + int(u > 0.8)


def _dwellings(lots: list[Lot], storeys: NDArray[np.int64]) -> NDArray[np.int64]:
    area = shapely.area(np.array([lot.footprint for lot in lots], dtype=object))
    style = [lot.style for lot in lots]
    per = np.array([GROSS_PER_DWELLING.get(s, 104.0) for s in style])
    count = np.maximum(np.round(area * storeys / per), 1).astype(np.int64)
    lived_in = np.array([lot.use == "residential" for lot in lots])
    one = np.array([s == "house" for s in style])
    count = np.where(one, 1, count)
    return np.where(lived_in, count, 0)


def _share(
    lots: list[Lot], dwellings: NDArray[np.int64], residents: int, rng: Generator
) -> NDArray[np.int64]:
    """Share out residents by dwellings; private houses hold larger households."""
    weight = dwellings * np.array([1.22 if lot.style == "house" else 1.0 for lot in lots])
    weight = weight * rng.uniform(0.9, 1.1, len(lots))
    ideal = residents * weight / weight.sum()
    whole: NDArray[np.int64] = np.floor(ideal).astype(np.int64)
    rest = residents - int(whole.sum())
    order = np.argsort(-(ideal - whole), kind="stable")
    whole[order[:rest]] += 1
    return whole
