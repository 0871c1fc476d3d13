"""The maps of the pages: which layers, which marks, what a script may add."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from eutopia.web.portal import figures, town_map
from eutopia.web.portal.kept import kept
from eutopia.web.portal.town_map import Bounds, Frame, Label, Patch, Spot
from eutopia.web.territory import selectors as territories
from eutopia.web.territory.selectors import TerritoryView

WIDTH, HEIGHT = 800, 600
FINE = 5
"""The base picture has so many units where the page's map has one."""
LAYERS = ("water", "spaces", "streets", "buildings", "zones", "districts")
TOWN_LAYERS = ("water", "spaces", "streets", "zones", "districts")
_NOTHING = SafeString("")
_PROBE = 987654321
_DOT = 4.0
"""Units: a mark smaller than this is not seen."""
WORLD: Bounds = (-180.0, -60.0, 180.0, 75.0)


@dataclass(frozen=True, slots=True)
class LegendItem:
    """One line of a map's legend: a step of the colour scale or a kind of mark."""

    words: str
    step: int = 0
    kind: str = ""


@dataclass(frozen=True, slots=True)
class TownMap:
    """A map as the template `parts/map.html` shows it."""

    title: str
    frame: Frame
    spec: str
    base_href: str = ""
    base: SafeString = _NOTHING
    patches: tuple[Patch, ...] = ()
    spots: tuple[Spot, ...] = ()
    labels: tuple[Label, ...] = ()
    legend: tuple[LegendItem, ...] = ()
    list_href: str = ""
    extent: SafeString = _NOTHING
    eager: bool = False
    pick: bool = False


def _spec(bounds: Bounds, overlay: dict[str, Any] | None, **more: Any) -> str:
    """What the script needs to make a map live, as JSON safe inside a page."""
    text = json.dumps(
        {
            "bounds": [bounds[:2], bounds[2:]],
            "tiles": settings.EUTOPIA_TILE_URL,
            "layers": {name: reverse("portal:layer", args=[name]) for name in LAYERS},
            "overlay": overlay,
            **more,
        },
        ensure_ascii=False,
    )
    return text.replace("<", "\\u003c")


def _bounds(town: TerritoryView) -> Bounds:
    return town.bounds or WORLD


def town_frame(town: TerritoryView) -> Frame:
    """Which frame shows the whole town?"""
    return Frame.around(_bounds(town), width=WIDTH, height=HEIGHT)


def base_picture(town: TerritoryView) -> str:
    """What is the file with the town's picture? Drawn once a day of the data, then kept."""
    key = f"town-picture-{town.id}-{town.as_of:%Y%m%d}"
    found: str | None = cache.get(key)
    if found is None:
        frame = Frame.around(_bounds(town), width=WIDTH * FINE, height=HEIGHT * FINE)
        layers = {name: territories.layer(town.id, name) for name in TOWN_LAYERS}
        found = town_map.picture_file(layers, frame, stroke=_stroke(frame))
        cache.set(key, found, 24 * 3600)
    return found


def _stroke(frame: Frame) -> float:
    """How wide are streets drawn: eight metres, and never thinner than can be seen?"""
    units_a_metre = frame.scale / town_map.METRES_A_DEGREE
    return max(0.8 * frame.width / (WIDTH * FINE), units_a_metre * 8 / 7)


def _base_href(town: TerritoryView) -> str:
    return f"{reverse('portal:picture')}?v={town.id}-{town.as_of:%Y%m%d}"


def whole_town(
    town: TerritoryView,
    *,
    title: str,
    overlay: dict[str, Any] | None = None,
    patches: tuple[Patch, ...] = (),
    spots: tuple[Spot, ...] = (),
    legend: tuple[LegendItem, ...] = (),
    list_href: str = "",
    eager: bool = False,
    **more: Any,
) -> TownMap:
    """What is the map of the whole town with these marks?"""
    frame = town_frame(town)
    return TownMap(
        title=title,
        frame=frame,
        spec=_spec(_bounds(town), overlay, **more),
        base_href=_base_href(town),
        patches=patches,
        spots=spots,
        labels=_labels(town, frame),
        legend=legend,
        list_href=list_href,
        eager=eager,
        pick="pick" in more,
    )


def _labels(town: TerritoryView, frame: Frame) -> tuple[Label, ...]:
    def make() -> tuple[Label, ...]:
        return town_map.labels(territories.layer(town.id, "districts"), frame)

    return kept("labels", town, make, seconds=3600)


def close_up(
    town: TerritoryView,
    *,
    title: str,
    lon: float,
    lat: float,
    radius_m: float,
    shape: str = "",
    show_extent: bool = True,
) -> TownMap:
    """What is the map of one place, with its extent or its shape (a GeoJSON geometry)?"""
    reach = max(150.0, radius_m * 1.8)
    geometry = json.loads(shape) if shape else None
    if geometry:
        reach = max(reach, _reach(geometry, lon, lat) * 1.25)
    bounds = town_map.box_around(lon, lat, reach)
    frame = Frame.around(bounds, width=WIDTH, height=HEIGHT, margin=0)
    seen = town_map.box_around(lon, lat, reach * WIDTH / HEIGHT)
    layers = {name: territories.layer(town.id, name, bounds=seen) for name in LAYERS}
    if not any('"Feature"' in layers[name] for name in ("streets", "buildings", "spaces")):
        # Nothing is known of the place itself: show where in the town it lies.
        x, y = town_frame(town).place(lon, lat)
        return whole_town(town, title=title, spots=(Spot(x, y, 10, title),))
    patches: tuple[Patch, ...] = ()
    overlay = {"type": "Point", "coordinates": [lon, lat]}
    if geometry and geometry["type"] not in ("Point", "MultiPoint"):
        d = town_map.path(geometry, frame)
        patches = (Patch(d=d, title=title, line="Line" in geometry["type"]),)
        overlay = geometry
    x, y = frame.place(lon, lat)
    units = frame.scale / town_map.METRES_A_DEGREE / _squeeze(lat)
    extent = _NOTHING
    if show_extent and not patches:
        extent = town_map.circle(x, y, max(9.0, radius_m * units), title)
    feature = {"type": "Feature", "geometry": overlay, "properties": {"title": title}}
    data = {"type": "FeatureCollection", "features": [feature]}
    return TownMap(
        title=title,
        frame=frame,
        spec=_spec(bounds, {"kind": "shapes", "data": data, "tone": "lead"}),
        base=town_map.picture(layers, frame, stroke=_stroke(frame)),
        patches=patches,
        extent=extent,
    )


def _squeeze(lat: float) -> float:
    """How many metres is a degree of longitude here, as a share of one at the equator?"""
    box = town_map.box_around(0.0, lat, town_map.METRES_A_DEGREE)
    return 1 / box[2]


def _reach(geometry: dict[str, Any], lon: float, lat: float) -> float:
    """How far from the point does the shape reach, in metres, roughly?"""
    points = [p for line, _closed in town_map.lines(geometry) for p in line]
    if not points:
        return 0.0
    across = max(abs(p[0] - lon) for p in points) * _squeeze(lat)
    up = max(abs(p[1] - lat) for p in points)
    return float(max(across, up) * town_map.METRES_A_DEGREE)


def report_cells(town: TerritoryView, layer: str, *, url: str, **more: Any) -> TownMap:
    """What is the map of where reports come from, in cells that hide every household?"""
    frame = town_frame(town)
    counts = [f["properties"]["reports"] for f in json.loads(layer)["features"]]
    steps = town_map.steps_of(counts)
    first = 6 - len(steps)
    ends = [*(s - 1 for s in steps[1:]), *([max(counts)] if counts else [])]
    legend = tuple(
        LegendItem(_range(low, high), step=first + i)
        for i, (low, high) in enumerate(zip(steps, ends, strict=True))
    )
    return whole_town(
        town,
        title=_("Map: reports by cell"),
        overlay={
            "kind": "cells",
            "url": url,
            "steps": steps,
            "words": _("Reports in this cell: {n}"),
        },
        patches=town_map.cells(layer, frame, _cell_words),
        legend=legend,
        **more,
    )


def _range(low: int, high: int) -> str:
    if high <= low:
        return figures.count(low)
    return f"{figures.count(low)}–{figures.count(high)}"


def _cell_words(p: dict[str, Any]) -> str:
    return ngettext("%(n)s report", "%(n)s reports", p["reports"]) % {
        "n": figures.count(p["reports"])
    }


def point_map(
    town: TerritoryView,
    layer: str,
    *,
    title: str,
    url: str,
    key: str,
    page: str,
    size: str = "",
    top: float = 0,
    metres: str = "",
    tones: tuple[str, dict[str, str]] = ("", {}),
    words: Callable[[dict[str, Any]], str],
    pattern: str = "",
    **more: Any,
) -> TownMap:
    """What is the map of things that have a place and a page?

    Parameters
    ----------
    key, page
        The property that identifies a thing and the name of its page's address; where the
        address needs more than that, `pattern` is the address with KEY in the property's place.
    size, top
        The property that sizes the mark and its greatest value.
    metres
        The property that is the thing's radius in metres, instead: the mark is a circle to the
        map's own scale, and a dot where that would be too small to be seen.
    tones
        A property and the tone of each of its values: lead, river, soft, or warm where empty.
    """
    frame = town_frame(town)
    bounds = _bounds(town)
    units = frame.scale / town_map.METRES_A_DEGREE / _squeeze((bounds[1] + bounds[3]) / 2)

    def radius(p: dict[str, Any]) -> float:
        if metres:
            return max(_DOT, float(p[metres]) * units)
        if not size or not top:
            return 7.0
        share = max(0.0, min(1.0, float(p.get(size) or 0) / top))
        return 4.0 + 12.0 * math.sqrt(share)

    if page:
        pattern = reverse(page, args=[_PROBE]).replace(str(_PROBE), "KEY")
    return whole_town(
        town,
        title=title,
        overlay={
            "kind": "points",
            "url": url,
            "key": key,
            "href": pattern,
            "size": size,
            "top": top,
            "metres": metres,
            "tones": tones if tones[0] else None,
        },
        spots=town_map.spots(
            layer,
            frame,
            radius=radius,
            words=words,
            href=lambda p: pattern.replace("KEY", str(p[key])) if pattern else "",
            kind=lambda p: _tone(p, tones),
        ),
        **more,
    )


def _tone(properties: dict[str, Any], tones: tuple[str, dict[str, str]]) -> str:
    """Which tone has a mark? Values are compared as JSON writes them."""
    name, table = tones
    if not name:
        return ""
    value = properties.get(name)
    return table.get(json.dumps(value) if isinstance(value, bool) else str(value), "soft")
