"""Pipes and wires along the streets, with material, diameter and manholes (metres)."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from eutopia.core.town.furnishing import Register, Where, cut_line, points
from eutopia.core.town.streets import NamedStreet, along_street

# Class, metres off the street's axis, length of a section, kinds of district served, materials
# with the first year each was laid and its service life (domain notes: steel and iron wear in
# decades, plastic outlasts them).
NETWORKS: tuple[tuple[str, float, float, tuple[str, ...]], ...] = (
    ("water_main", 4.0, 170.0, ("core", "grid", "micro", "private", "industrial")),
    ("sewer", -3.0, 170.0, ("core", "grid", "micro", "industrial")),
    ("heat_main", 6.0, 150.0, ("core", "grid", "micro", "industrial")),
    ("gas_main", -5.5, 210.0, ("core", "grid", "micro", "private", "industrial")),
    ("power_line", 7.5, 150.0, ("core", "grid", "micro", "private", "industrial")),
)
MATERIALS: dict[str, tuple[tuple[str, int, int, int], ...]] = {
    # material: first year, last year, service life
    "water_main": (
        ("cast_iron", 1925, 1988, 60),
        ("steel", 1955, 1999, 30),
        ("plastic", 1996, 2100, 70),
    ),
    "sewer": (
        ("ceramic", 1930, 1985, 60),
        ("cast_iron", 1940, 1998, 40),
        ("plastic", 1996, 2100, 60),
    ),
    "heat_main": (("steel", 1950, 2008, 25), ("preinsulated_steel", 2002, 2100, 30)),
    "gas_main": (("steel", 1960, 2003, 40), ("plastic", 1998, 2100, 50)),
    "power_line": (
        ("overhead", 1950, 2010, 30),
        ("insulated_overhead", 2008, 2100, 35),
        ("cable", 1955, 2100, 35),
    ),
}
DIAMETERS = {"arterial": 300, "collector": 200, "local": 100, "driveway": 100}


def lay_networks(
    streets: list[NamedStreet], register: Register, kinds: dict[str, str], rng: Generator
) -> None:
    """Lay mains, sewers, heat and gas pipes and power lines along streets; manholes over sewers."""
    for number, street in enumerate(streets):
        if street.street_class == "footway":
            continue
        kind = kinds[street.district]
        where = Where(street.district, kind, street=number)
        for asset_class, offset, target, served in NETWORKS:
            if kind not in served or (
                asset_class == "gas_main" and street.street_class == "driveway"
            ):
                continue
            sections = [s for p in street.pieces for s in cut_line(p, target)]
            moved = shapely.offset_curve(np.array(sections, dtype=object), offset)
            pipes: list[BaseGeometry] = [
                p for p in moved.tolist() if p.geom_type == "LineString" and p.length > 5.0
            ]
            diameter = (("diameter_mm", str(DIAMETERS[street.street_class])),)
            if asset_class == "power_line":
                diameter = (("voltage_kv", "10" if street.street_class == "arterial" else "0.4"),)
            register.add(asset_class, pipes, where, attributes=diameter)
        if kind != "private":
            covers = along_street(street, 46.0, -3.0, float(rng.uniform(5.0, 40.0)))
            register.add("manhole", points(covers), where)


def choose_materials(
    asset_class: list[str], kinds: list[str], installed: NDArray[np.int64], rng: Generator
) -> tuple[list[str], NDArray[np.int64]]:
    """Choose what each network section is made of by its year; return materials and lives."""
    draw = rng.random(len(asset_class))
    chosen, lives = [], np.zeros(len(asset_class), dtype=np.int64)
    for i, name in enumerate(asset_class):
        year = int(installed[i])
        rows = [m for m in MATERIALS[name] if m[1] <= year <= m[2]] or [MATERIALS[name][0]]
        if name == "power_line":
            rows = [m for m in rows if (m[0] == "cable") == (kinds[i] != "private")] or rows
        row = rows[int(draw[i] * len(rows))]
        chosen.append(row[0])
        lives[i] = row[3]
    return chosen, lives
