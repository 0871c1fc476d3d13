"""A territory's rows as the core's record."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import shapely
from django.db.models import BinaryField
from django.db.models.functions import Cast

from eutopia.core.records import (
    Asset,
    Building,
    District,
    HeritageAsset,
    Organisation,
    ProtectionZone,
    PublicSpace,
    Street,
    Territory,
    Text,
)
from eutopia.web.territory import models


def text(stored: Any) -> Text | None:
    """Turn stored pairs of language and wording into the core's text."""
    return Text(tuple((code, words) for code, words in stored)) if stored else None


def _table(model: Any, territory_id: int, *columns: str) -> tuple[Any, list[tuple[Any, ...]]]:
    """Shapes and the other columns, by code. All shapes are read at once: one by one takes long."""
    rows = list(
        model.objects.filter(territory_id=territory_id)
        .order_by("code")
        .values_list(Cast("geometry", BinaryField()), "code", *columns)
    )
    written = [None if row[0] is None else bytes(row[0]) for row in rows]
    return shapely.from_wkb(np.array(written, dtype=object)), [row[1:] for row in rows]


def territory(territory_id: int, *, parts: frozenset[str] | None = None) -> Territory:
    """What is known of this municipality, as the core's methods take it?

    Parameters
    ----------
    parts
        Names of the record's tuples that are wanted (`districts`, `streets`, `spaces`,
        `buildings`, `assets`, `heritage`, `zones`, `organisations`, `water`); None for all.

    Notes
    -----
    Ordered by code, so that equal tables give equal records.
    """
    row = models.Territory.objects.get(pk=territory_id)
    read: dict[str, Callable[[int], Iterable[Any]]] = {
        "districts": _districts,
        "streets": _streets,
        "spaces": _spaces,
        "buildings": _buildings,
        "assets": _assets,
        "heritage": _heritage,
        "zones": _zones,
        "organisations": _organisations,
        "water": _water,
    }
    wanted: dict[str, Any] = {
        name: tuple(reader(territory_id)) if parts is None or name in parts else ()
        for name, reader in read.items()
    }
    name = text(row.name)
    return Territory(
        id=row.code,
        name=name if name is not None else Text.of(en=row.code),
        time_zone=row.time_zone,
        currency=row.currency,
        synthetic=row.synthetic,
        sources=tuple((what, where) for what, where in row.sources),
        **wanted,
    )


def _districts(territory_id: int) -> list[District]:
    shapes, rows = _table(models.District, territory_id, "name", "population")
    return [
        District(id=r[0], name=_name(r[1], r[0]), boundary=shape, population=r[2])
        for shape, r in zip(shapes, rows, strict=True)
    ]


def _name(stored: Any, code: str) -> Text:
    return text(stored) or Text.of(en=code)


def _streets(territory_id: int) -> list[Street]:
    shapes, rows = _table(models.Street, territory_id, "name", "street_class", "district")
    return [
        Street(id=r[0], name=_name(r[1], r[0]), line=shape, street_class=r[2], district=r[3])
        for shape, r in zip(shapes, rows, strict=True)
    ]


def _spaces(territory_id: int) -> list[PublicSpace]:
    shapes, rows = _table(models.PublicSpace, territory_id, "name", "space_type", "district")
    return [
        PublicSpace(id=r[0], name=_name(r[1], r[0]), boundary=shape, space_type=r[2], district=r[3])
        for shape, r in zip(shapes, rows, strict=True)
    ]


def _buildings(territory_id: int) -> list[Building]:
    columns = (
        "district",
        "use",
        "built",
        "storeys",
        "dwellings",
        "residents",
        "housing_manager",
        "street",
        "space",
    )
    shapes, rows = _table(models.Building, territory_id, "address", *columns)
    return [
        Building(
            id=r[0],
            address=_name(r[1], r[0]),
            footprint=shape,
            **dict(zip(columns, r[2:], strict=True)),
        )
        for shape, r in zip(shapes, rows, strict=True)
        # A house whose place the register does not know is on the pages only.
        if shape is not None
    ]


def _assets(territory_id: int) -> list[Asset]:
    columns = ("asset_class", "district", "installed", "condition", "street", "space")
    shapes, rows = _table(models.Asset, territory_id, *columns, "attributes")
    return [
        Asset(
            id=r[0],
            geometry=shape,
            attributes=tuple((key, value) for key, value in r[-1]),
            **dict(zip(columns, r[1:-1], strict=True)),
        )
        for shape, r in zip(shapes, rows, strict=True)
    ]


def _heritage(territory_id: int) -> list[HeritageAsset]:
    columns = ("kind", "significance", "status", "register_ref")
    shapes, rows = _table(models.HeritageAsset, territory_id, "name", *columns)
    return [
        HeritageAsset(
            id=r[0],
            name=_name(r[1], r[0]),
            geometry=shape,
            **dict(zip(columns, r[2:], strict=True)),
        )
        for shape, r in zip(shapes, rows, strict=True)
    ]


def _zones(territory_id: int) -> list[ProtectionZone]:
    columns = ("kind", "heritage_asset", "valid_from", "valid_to")
    shapes, rows = _table(models.ProtectionZone, territory_id, "name", *columns)
    return [
        ProtectionZone(
            id=r[0], name=text(r[1]), boundary=shape, **dict(zip(columns, r[2:], strict=True))
        )
        for shape, r in zip(shapes, rows, strict=True)
    ]


def _organisations(territory_id: int) -> list[Organisation]:
    columns = ("name", "kind", "services", "district", "phone")
    shapes, rows = _table(models.Organisation, territory_id, *columns)
    return [
        Organisation(
            id=r[0],
            name=_name(r[1], r[0]),
            kind=r[2],
            services=tuple(r[3]),
            district=r[4],
            location=shape,
            phone=r[5],
        )
        for shape, r in zip(shapes, rows, strict=True)
    ]


def _water(territory_id: int) -> list[Any]:
    shapes, _ = _table(models.WaterBody, territory_id)
    return list(shapes)
