"""Objects of heritage in the historic core and the zones around them (metres)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.random import Generator
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from eutopia.core.records.text import Text
from eutopia.core.town.blocks import Layout
from eutopia.core.town.buildings import Lot
from eutopia.core.town.site import Site

BUFFERS = {"monument": 100.0, "ensemble": 150.0}
"""Metres of the buffer zone inside a settlement (the pack of heritage rules names the article)."""

_NAMES = (
    ("Merchants' Rows", "Торговые ряды", "ensemble", "federal"),
    ("Old Town Hall", "Старая ратуша", "monument", "regional"),
    ("Fire Tower", "Пожарная каланча", "monument", "regional"),
    ("Granary on the River", "Береговой амбар", "monument", "local"),
    ("Grain Merchant's House", "Дом хлеботорговца", "monument", "regional"),
    ("Chime Tower", "Башня с курантами", "monument", "federal"),
    ("Manor with a Garden", "Усадьба с садом", "ensemble", "regional"),
    ("First Gymnasium", "Первая гимназия", "monument", "regional"),
    ("Salt Warehouse", "Соляной склад", "monument", "local"),
    ("Weighing House", "Дом весовщика", "monument", "local"),
    ("Apothecary's House", "Дом аптекаря", "monument", "regional"),
    ("Bathhouse", "Торговые бани", "monument", "local"),
    ("Theatre", "Городской театр", "monument", "federal"),
    ("Post Station", "Почтовая станция", "monument", "regional"),
    ("House with a Mezzanine", "Дом с мезонином", "monument", "local"),
    ("House with Carved Frames", "Дом с резными наличниками", "monument", "local"),
    ("House with Lions", "Дом со львами", "monument", "regional"),
    ("Craftsmen's School", "Ремесленное училище", "monument", "local"),
    ("Water Tower", "Водонапорная башня", "monument", "local"),
    ("Tannery Yard", "Двор кожевенного завода", "ensemble", "local"),
)
STATUSES = ("registered", "registered", "registered", "identified", "having_signs")


@dataclass(slots=True)
class Kept:
    """An object of heritage in the plane."""

    id: str
    name: Text
    kind: str
    significance: str
    status: str
    shape: BaseGeometry


@dataclass(slots=True)
class Zone:
    """A protection zone in the plane; shape None is an unknown extent."""

    id: str
    kind: str
    shape: BaseGeometry | None
    of: str | None
    name: Text


def place_heritage(
    site: Site, layout: Layout, lots: list[Lot], *, rng: Generator
) -> tuple[list[Kept], list[Zone]]:
    """Choose old houses of the core as heritage; draw their zones."""
    old = [
        i
        for i, lot in enumerate(lots)
        if layout.blocks[lot.block].kind == "core" and lot.style == "old"
    ]
    middle = Point(*site.centre)
    old.sort(key=lambda i: (lots[i].footprint.distance(middle), i))
    wanted = max(min(len(old) // 8, 64), min(len(old), 6))
    near = old[: wanted // 2]
    rest = [old[wanted // 2 :][k] for k in rng.permutation(len(old) - wanted // 2)]
    kept = []
    for number, i in enumerate(near + rest[: wanted - len(near)]):
        kept.append(_object(number, lots, i, rng))
    ruin = _mound(site)
    kept.append(ruin)
    return kept, _zones(site, kept)


def _object(number: int, lots: list[Lot], i: int, rng: Generator) -> Kept:
    shape: BaseGeometry = lots[i].footprint
    if number < len(_NAMES):
        en, ru, kind, significance = _NAMES[number]
        status = STATUSES[0]
    else:
        n = number - len(_NAMES) + 1
        en, ru = f"Townhouse No. {n}", f"Жилой дом № {n} старой застройки"
        kind, significance = "monument", ("local", "regional", "local")[n % 3]
        status = STATUSES[int(rng.integers(0, len(STATUSES)))]
    if kind == "ensemble":
        shape = shape.buffer(22.0, join_style="mitre")
    return Kept(f"h{number + 1:03d}", Text.of(en=en, ru=ru), kind, significance, status, shape)


def _mound(site: Site) -> Kept:
    """An archaeological site by the river: it has no buffer zone."""
    x = site.centre[0] + 900.0 * site.scale
    coords = np.asarray(site.river_line.coords)
    y = float(np.interp(x, coords[:, 0], coords[:, 1])) + 95.0 * max(site.scale, 0.5)
    shape = Point(x, y).buffer(38.0 * max(site.scale, 0.5)).intersection(site.outline)
    name = Text.of(en="Old Settlement Mound", ru="Городище «Старое»")
    return Kept("h900", name, "archaeological_site", "federal", "registered", shape)


def _zones(site: Site, kept: list[Kept]) -> list[Zone]:
    zones = [
        Zone(
            f"z-{k.id}",
            "buffer_zone",
            k.shape.buffer(BUFFERS[k.kind], quad_segs=6).intersection(site.outline),
            k.id,
            Text.of(en=f"Buffer zone: {k.name.to('en')}", ru=f"Защитная зона: {k.name.to('ru')}"),
        )
        for k in kept
        if k.kind in BUFFERS and k.status == "registered"
    ]
    square = Point(*site.centre)
    core = [k.shape for k in kept if k.kind in BUFFERS]
    hull = unary_union(core).convex_hull
    guard = hull.intersection(square.buffer(230.0 * max(site.scale, 0.5)))
    wider = hull.buffer(120.0 * max(site.scale, 0.5)).intersection(site.outline)
    bank = site.river_line.buffer(150.0 * max(site.scale, 0.5)).difference(site.river)
    bank = bank.intersection(square.buffer(1000.0 * site.scale)).intersection(site.outline)
    zones += [
        Zone(
            "z-guard",
            "guard_zone",
            guard,
            None,
            Text.of(en="Guard zone of the core", ru="Охранная зона исторического центра"),
        ),
        Zone(
            "z-regulated",
            "regulated_development_zone",
            wider.difference(guard),
            None,
            Text.of(
                en="Regulated development zone",
                ru="Зона регулирования застройки и хозяйственной деятельности",
            ),
        ),
        Zone(
            "z-landscape",
            "protected_natural_landscape_zone",
            bank,
            None,
            Text.of(en="Protected river landscape", ru="Зона охраняемого природного ландшафта"),
        ),
        Zone(
            "z-unknown",
            "guard_zone",
            None,
            "h900",
            Text.of(
                en="Guard zone of the Old Settlement Mound (extent unknown)",
                ru="Охранная зона городища (границы не установлены)",
            ),
        ),
    ]
    return [z for z in zones if z.shape is None or not shapely.is_empty(z.shape)]
