"""How old is each asset and in what condition: service lives and wear (arrays an asset)."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from eutopia.core.town.networks import MATERIALS, choose_materials

# Service lives in years. Grade B values from public tables of useful lives: street lights 20 to
# 25 (Westfield, Whittlesea), seats 20, litter bins taken shorter than the 50 of Whittlesea (steel
# urns), playgrounds 15, asphalt 18 to 25 (Toronto), asphalt footpath 20 and kerb 40 (Bundaberg,
# Westfield), signals 35, shelters 20, bike racks 25. Grade C (assumed): signs, drains, manholes,
# hydrants, container sites, sports grounds; trees have no verified life.
LIVES = {
    "lighting_point": 25,
    "bench": 20,
    "litter_bin": 15,
    "playground": 15,
    "sports_ground": 20,
    "road_section": 22,
    "footway": 22,
    "ramp": 40,
    "road_sign": 12,
    "traffic_signal": 35,
    "storm_drain": 50,
    "manhole": 50,
    "hydrant": 45,
    "bus_stop": 20,
    "bike_rack": 25,
    "container_site": 20,
    "tree": 80,
}
OLDEST = 1925


def age_assets(
    asset_class: list[str],
    kinds: list[str],
    districts: list[str],
    *,
    year: int,
    rng: Generator,
) -> tuple[NDArray[np.int64], NDArray[np.float64], list[str]]:
    """Draw year of installation, condition (NaN: not inspected) and material of every asset.

    Districts differ in how well they were kept: the same class is older in the neglected ones.
    Wear follows age over life; at the end of its life a thing stands at about 25 of 100.
    """
    n = len(asset_class)
    network = np.array([c in MATERIALS for c in asset_class])
    neglect = {d: float(rng.uniform(0.75, 1.25)) for d in sorted(set(districts))}
    factor = np.array([neglect[d] for d in districts])
    life = np.array([LIVES.get(c, 40) for c in asset_class], dtype=np.float64)
    # Beta(1.5, 1.6) over 1.35 lives: most are in mid-life, some have outlived it.
    age = rng.beta(1.5, 1.6, n) * 1.35 * life * factor
    pipes = np.flatnonzero(network)
    first = {"core": 52.0, "grid": 50.0, "micro": 36.0, "private": 33.0, "industrial": 45.0}
    laid = np.array([first[kinds[i]] for i in pipes])
    age[pipes] = np.clip(
        rng.normal(laid, 13.0) * np.where(rng.random(len(pipes)) < 0.3, 0.25, 1), 0, 95
    )
    installed = np.maximum(np.floor(year - age), OLDEST).astype(np.int64)
    names = [asset_class[i] for i in pipes]
    made, lives = choose_materials(names, [kinds[i] for i in pipes], installed[pipes], rng)
    life[pipes] = lives
    wear = (year - installed) / life
    condition = 100.0 - 75.0 * np.power(wear, 1.25) + rng.normal(0.0, 7.0, n)
    condition = np.round(np.clip(condition, 2.0, 100.0))
    condition[rng.random(n) < 0.08] = np.nan
    material = [""] * n
    for i, m in zip(pipes.tolist(), made, strict=True):
        material[i] = m
    return installed, condition, material
