"""Reading what cities publish: GeoJSON layers and JSON tables, gzipped or not, all or nothing."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry


class MissingFileError(FileNotFoundError):
    """A file that the town needs is not in the folder: says which, and where to get it."""


def path_of(folder: Path, name: str) -> Path:
    """Where is the file, under its plain name or with `.gz`?

    Raises
    ------
    MissingFileError
        Neither is there.
    """
    for candidate in (folder / name, folder / f"{name}.gz"):
        if candidate.is_file():
            return candidate
    raise MissingFileError(
        f"{folder / name}: no such file (nor {name}.gz); "
        "docs/howto/real-data.md tells where the public gets it"
    )


def load_json(path: Path) -> Any:
    """What does a JSON file hold? Raises ValueError naming the file when it is broken."""
    raw = path.read_bytes()
    try:
        return json.loads(gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw)
    except (OSError, EOFError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path.name}: not readable as JSON ({error}); fetch it again") from error


def features(folder: Path, layer: str) -> Iterator[tuple[dict[str, Any], BaseGeometry]]:
    """Which features does a GeoJSON layer hold? Pairs of properties and valid geometry.

    Features without geometry are left out; holes of less than four points (slips of digitising)
    are closed; invalid polygons are made valid.
    """
    for feature in load_json(path_of(folder, layer))["features"]:
        if not (feature.get("geometry") or {}).get("coordinates"):
            continue
        geometry = shape(_without_slips(feature["geometry"]))
        if geometry.is_empty:
            continue
        yield feature["properties"], geometry if geometry.is_valid else shapely.make_valid(geometry)


def _without_slips(geometry: dict[str, Any]) -> dict[str, Any]:
    if geometry["type"] == "Polygon":
        outer, *holes = geometry["coordinates"]
        return {"type": "Polygon", "coordinates": [outer, *(h for h in holes if len(h) >= 4)]}
    return geometry


def district_of(
    points: Sequence[BaseGeometry], boundaries: Sequence[BaseGeometry], codes: Sequence[str]
) -> list[str]:
    """In which district does each point lie? Empty where in none; the first of several.

    Complexity O(n log n) by an STR tree over the points.
    """
    found = [""] * len(points)
    # A tree prepares the shapes it is asked about: few large ones, not the many points.
    areas, rows = shapely.STRtree(points).query(boundaries, predicate="intersects")
    for area, row in sorted(zip(areas.tolist(), rows.tolist(), strict=True), reverse=True):
        found[row] = codes[area]
    return found
