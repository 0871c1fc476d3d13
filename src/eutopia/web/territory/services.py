"""Writing a territory and what stands on it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import h3
import shapely
from django.db import models, transaction
from shapely.geometry.base import BaseGeometry

from eutopia.core.records import Territory as TerritoryRecord
from eutopia.core.records import Text
from eutopia.core.records import Town as TownRecord
from eutopia.web.foundation.located import CELL_RESOLUTION
from eutopia.web.territory.merging import Merged, merge_rows
from eutopia.web.territory.models import (
    Asset,
    Building,
    District,
    HeritageAsset,
    Organisation,
    ProtectionZone,
    PublicSpace,
    Street,
    Territory,
    WaterBody,
)

PLACE_COLUMNS = ("geometry", "west", "south", "east", "north", "cell")
KEY = ("territory_id", "code")


def forms(text: Text | None) -> str | None:
    """How is a name stored: pairs of language and wording, as JSON?"""
    return None if text is None else json.dumps(text.forms, ensure_ascii=False)


def place_rows(shapes: Sequence[BaseGeometry | None]) -> list[tuple[Any, ...]]:
    """Which values do the columns `PLACE_COLUMNS` take for each shape?

    Parameters
    ----------
    shapes
        Length n, degrees; None where no place is known.

    Notes
    -----
    The same values as the foundation's `place_columns` gives one by one, in bulk.
    """
    if not shapes:
        return []
    array = shapely.force_2d(shapes)
    blobs = shapely.to_wkb(array, output_dimension=2, byte_order=1, flavor="iso")
    boxes = shapely.bounds(array).tolist()
    kinds = shapely.get_type_id(array)
    points = shapely.point_on_surface(array)
    lines = kinds == 1
    points[lines] = shapely.line_interpolate_point(array[lines], 0.5, normalized=True)
    # A point's surface point is itself, so only lines need their own rule.
    xs, ys = shapely.get_x(points).tolist(), shapely.get_y(points).tolist()
    return [
        (None,) * 6
        if blob is None
        else (blob, *box, h3.str_to_int(h3.latlng_to_cell(y, x, CELL_RESOLUTION)))
        for blob, box, x, y in zip(blobs, boxes, xs, ys, strict=True)
    ]


@transaction.atomic
def load_territory(town: TownRecord) -> tuple[int, Merged]:
    """Which territory is this now, and what of its register is new or has changed?

    Parameters
    ----------
    town
        Its territory, packs and day are stored; its reports, works and the rest are not.

    Returns
    -------
    tuple
        The territory's id and the count of rows read, added and changed.

    Notes
    -----
    Rows are known by the source's code, so loading again changes nothing. What the source no
    longer names stays: a register forgets by an explicit act only.
    """
    record = town.territory
    row, _ = Territory.objects.update_or_create(
        code=record.id, defaults=_territory_values(record, town)
    )
    done = Merged(0, 0, 0)
    for model, columns, rows in _tables(record, row.pk):
        done += merge_rows(model, ("territory_id", "code", *columns), rows, key=KEY)
    return row.pk, done


def _territory_values(record: TerritoryRecord, town: TownRecord) -> dict[str, Any]:
    shapes = [d.boundary for d in record.districts]
    west, south, east, north = (
        shapely.total_bounds(shapes).tolist() if shapes else (None, None, None, None)
    )
    return {
        "name": [list(pair) for pair in record.name.forms],
        "time_zone": record.time_zone,
        "currency": record.currency,
        "synthetic": record.synthetic,
        "as_of": town.as_of,
        "packs": list(town.packs),
        "sources": [list(pair) for pair in record.sources],
        "west": west,
        "south": south,
        "east": east,
        "north": north,
    }


def _rows(
    territory_id: int, things: Sequence[Any], shape: str, *columns: str
) -> Iterator[tuple[Any, ...]]:
    places = place_rows([getattr(thing, shape) for thing in things])
    for thing, place in zip(things, places, strict=True):
        values = [_stored(getattr(thing, column)) for column in columns]
        yield (territory_id, thing.id, *place, *values)


def _stored(value: Any) -> Any:
    if isinstance(value, Text):
        return forms(value)
    if isinstance(value, tuple):
        return json.dumps(value, ensure_ascii=False)
    return value


def _tables(
    record: TerritoryRecord, territory_id: int
) -> Iterator[tuple[type[models.Model], tuple[str, ...], Iterator[tuple[Any, ...]]]]:
    plan: tuple[tuple[type[models.Model], Sequence[Any], str, tuple[str, ...]], ...] = (
        (District, record.districts, "boundary", ("name", "population")),
        (Street, record.streets, "line", ("name", "street_class", "district")),
        (PublicSpace, record.spaces, "boundary", ("name", "space_type", "district")),
        (
            Building,
            record.buildings,
            "footprint",
            (
                "address",
                "district",
                "use",
                "built",
                "storeys",
                "dwellings",
                "residents",
                "housing_manager",
                "street",
                "space",
            ),
        ),
        (
            Asset,
            record.assets,
            "geometry",
            (
                "asset_class",
                "district",
                "installed",
                "condition",
                "street",
                "space",
                "attributes",
            ),
        ),
        (
            HeritageAsset,
            record.heritage,
            "geometry",
            ("name", "kind", "significance", "status", "register_ref"),
        ),
        (
            ProtectionZone,
            record.zones,
            "boundary",
            ("name", "kind", "heritage_asset", "valid_from", "valid_to"),
        ),
        (
            Organisation,
            record.organisations,
            "location",
            ("name", "kind", "services", "district"),
        ),
    )
    for model, things, shape, columns in plan:
        yield model, (*PLACE_COLUMNS, *columns), _rows(territory_id, things, shape, *columns)
    water = place_rows(record.water)
    yield (
        WaterBody,
        PLACE_COLUMNS,
        ((territory_id, f"water-{i}", *place) for i, place in enumerate(water, start=1)),
    )
