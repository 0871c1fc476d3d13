"""What pages read about a territory: its name, its parts, its map layers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

import shapely
from django.core.cache import cache
from django.db.models import Sum
from django.utils.translation import get_language

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

T = TypeVar("T")

Forms = Sequence[Sequence[str]]
"""Pairs of language and wording, the first being the fallback."""

_PLACES_KEPT_S = 600


def wording(forms: Forms | None, language: str | None = None) -> str:
    """Which wording of a name is for this reader?

    Parameters
    ----------
    forms
        Pairs of language code and wording; nothing gives an empty string.
    language
        Code; without it, the language of the request.

    Examples
    --------
    >>> wording([["en", "Old Town"], ["ru", "Старый город"]], "ru")
    'Старый город'
    >>> wording([["en", "Old Town"]], "ru")
    'Old Town'
    """
    if not forms:
        return ""
    wanted = (language or get_language() or "").split("-")[0]
    for code, words in forms:
        if code == wanted:
            return words
    return forms[0][1]


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list: `number` of `pages`, `total` rows in all, `size` a page."""

    items: tuple[T, ...]
    number: int
    pages: int
    total: int
    size: int

    @property
    def has_previous(self) -> bool:
        """Whether there is a page before."""
        return self.number > 1

    @property
    def has_next(self) -> bool:
        """Whether there is a page after."""
        return self.number < self.pages


def page_bounds(total: int, *, number: int, size: int) -> tuple[int, int, slice]:
    """Which page is really meant: its number within bounds, how many there are, which rows?

    Examples
    --------
    >>> page_bounds(95, number=9, size=20)
    (5, 5, slice(80, 100, None))
    >>> page_bounds(0, number=1, size=20)
    (1, 1, slice(0, 20, None))
    """
    pages = max(1, -(-total // size))
    number = min(max(1, number), pages)
    return number, pages, slice((number - 1) * size, number * size)


@dataclass(frozen=True, slots=True)
class TerritoryView:
    """A municipality, as every page's head shows it."""

    id: int
    code: str
    name: str
    synthetic: bool
    """True: say on every page that this town is invented."""
    as_of: date
    time_zone: str
    currency: str
    bounds: tuple[float, float, float, float] | None
    """West, south, east, north in degrees: where the map opens."""
    packs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DistrictView:
    """A district, as filters and tables show it."""

    code: str
    name: str
    population: int


@dataclass(frozen=True, slots=True)
class SourceView:
    """What of the data comes from where."""

    what: str
    where: str


@dataclass(frozen=True, slots=True)
class StockView:
    """How much of everything the territory has."""

    population: int
    districts: int
    streets: int
    spaces: int
    buildings: int
    assets: int
    heritage: int
    zones: int


LAYERS = ("districts", "streets", "water", "spaces", "buildings", "heritage", "zones")
"""Map layers that `layer` gives."""


def _view(row: Territory) -> TerritoryView:
    bounds = None
    if row.west is not None and row.south is not None and row.east is not None:
        bounds = (row.west, row.south, row.east, row.north or row.south)
    return TerritoryView(
        id=row.pk,
        code=row.code,
        name=wording(row.name),
        synthetic=row.synthetic,
        as_of=row.as_of,
        time_zone=row.time_zone,
        currency=row.currency,
        bounds=bounds,
        packs=tuple(row.packs),
    )


def territories() -> tuple[TerritoryView, ...]:
    """Which municipalities does this installation hold?"""
    return tuple(_view(row) for row in Territory.objects.all())


def territory(code: str | None = None) -> TerritoryView | None:
    """Which municipality has this code, or is shown first where none is named?

    None where there is no such municipality (or none at all yet).
    """
    rows = Territory.objects.all() if code is None else Territory.objects.filter(code=code)
    row = rows.order_by("pk").first()
    return None if row is None else _view(row)


def districts(territory_id: int) -> tuple[DistrictView, ...]:
    """Which districts are there, by name?"""
    rows = District.objects.filter(territory_id=territory_id).values_list(
        "code", "name", "population"
    )
    found = [DistrictView(code, wording(name), people) for code, name, people in rows]
    return tuple(sorted(found, key=lambda d: (d.name.casefold(), d.code)))


def building_codes(territory_id: int, district: str) -> tuple[str, ...]:
    """Which buildings stand in a district?"""
    rows = Building.objects.filter(territory_id=territory_id, district=district)
    return tuple(rows.values_list("code", flat=True))


def district_names(territory_id: int) -> dict[str, str]:
    """What is each district called, by code?"""
    return {d.code: d.name for d in districts(territory_id)}


def place_words(territory_id: int) -> Callable[[str], str]:
    """How does a place of the register (a house, a street, a yard) read in the reader's language?

    Words that the register does not know stay as they are. The register is read anew every ten
    minutes.
    """
    key = f"place-words-{territory_id}-{get_language()}"
    known: dict[str, str] | None = cache.get(key)
    if known is None:
        houses, streets, spaces = (
            model.objects.filter(territory_id=territory_id)
            .order_by()
            .values_list(column, flat=True)
            for model, column in ((Building, "address"), (Street, "name"), (PublicSpace, "name"))
        )
        names = houses.union(streets, spaces, all=True)
        known = {form: wording(forms) for forms in names for _, form in forms or ()}
        cache.set(key, known, _PLACES_KEPT_S)
    return lambda words: known.get(words, words)


def organisation_names(territory_id: int, *, without: Iterable[str] = ()) -> dict[str, str]:
    """What is each organisation called, by code? Some kinds (business …) may be left out."""
    rows = Organisation.objects.filter(territory_id=territory_id).exclude(kind__in=without)
    return {code: wording(name) for code, name in rows.values_list("code", "name")}


def sources(territory_id: int) -> tuple[SourceView, ...]:
    """Where does the data come from, what of it is real and what assumed?"""
    row = Territory.objects.get(pk=territory_id)
    return tuple(SourceView(what, where) for what, where in row.sources)


def stock(territory_id: int) -> StockView:
    """How much of everything does the territory have?"""

    def count(model: Any) -> int:
        return int(model.objects.filter(territory_id=territory_id).count())

    people = District.objects.filter(territory_id=territory_id).aggregate(n=Sum("population"))["n"]
    return StockView(
        population=people or 0,
        districts=count(District),
        streets=count(Street),
        spaces=count(PublicSpace),
        buildings=count(Building),
        assets=count(Asset),
        heritage=count(HeritageAsset),
        zones=count(ProtectionZone),
    )


_LAYER_ROWS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "districts": (District, ("name", "population")),
    "streets": (Street, ("name", "street_class")),
    "water": (WaterBody, ()),
    "spaces": (PublicSpace, ("name", "space_type")),
    "buildings": (Building, ("address", "use", "built", "storeys")),
    "heritage": (HeritageAsset, ("name", "kind", "significance", "status")),
    "zones": (ProtectionZone, ("name", "kind")),
}
_NAMED = frozenset({"name", "address"})


def layer(
    territory_id: int,
    name: str,
    *,
    bounds: tuple[float, float, float, float] | None = None,
    limit: int = 20_000,
) -> str:
    """What does one layer of the map hold, as a GeoJSON FeatureCollection?

    Parameters
    ----------
    name
        One of `LAYERS`.
    bounds
        West, south, east, north in degrees: only what touches this box.

    Raises
    ------
    KeyError
        No such layer.

    Notes
    -----
    Coordinates have six decimals (11 cm). Properties are names in the reader's language and the
    codes of the columns. Ordered by code; at most `limit` features.
    """
    model, columns = _LAYER_ROWS[name]
    rows = model.objects.filter(territory_id=territory_id, geometry__isnull=False)
    if bounds is not None:
        rows = rows.in_box(*bounds)
    table = list(rows.order_by("code").values_list("geometry", "code", *columns)[:limit])
    shapes = [row[0] for row in table]
    properties = []
    for row in table:
        values: dict[str, Any] = {"code": row[1]}
        for column, value in zip(columns, row[2:], strict=True):
            values["name" if column in _NAMED else column] = (
                wording(value) if column in _NAMED else value
            )
        properties.append(values)
    return feature_collection(shapes, properties)


def feature_collection(shapes: Sequence[Any], properties: Sequence[dict[str, Any]]) -> str:
    """How do shapes with their properties read as GeoJSON?

    Parameters
    ----------
    shapes
        Shapely geometries, length n.
    properties
        One dictionary a shape, length n.

    Notes
    -----
    Written as text at once: shapely writes the geometry, so nothing is parsed twice.
    """
    if not len(shapes):
        return '{"type":"FeatureCollection","features":[]}'
    rounded = shapely.to_geojson(shapely.transform(shapes, lambda xy: xy.round(6)))
    features = ",".join(
        f'{{"type":"Feature","geometry":{geometry},"properties":'
        f"{json.dumps(values, ensure_ascii=False, separators=(',', ':'))}}}"
        for geometry, values in zip(rounded, properties, strict=True)
    )
    return f'{{"type":"FeatureCollection","features":[{features}]}}'


def street_names(territory_id: int) -> tuple[str, ...]:
    """What are the streets called, each name once, in the alphabet's order?"""
    rows = Street.objects.filter(territory_id=territory_id).values_list("name", flat=True)
    return tuple(sorted({wording(name) for name in rows if name}, key=str.casefold))
