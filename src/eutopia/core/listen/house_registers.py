"""Houses from a register of houses, by a mapping: which column means what.

A mapping is data (YAML). A house whose place is not known, or not to be believed, is kept without
a place and named; a row that can't be used is set aside with row, field, reason and mend.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from math import cos, hypot, radians
from pathlib import Path
from statistics import median
from typing import Any

from eutopia.core.listen.addresses import fold_address
from eutopia.core.listen.intake import MappingError, check_columns, check_keys, mapping_file
from eutopia.core.listen.rejections import CellFault, Rejection, Said
from eutopia.core.listen.row_files import FORMATS, Row, UnreadableFileError, file_format, rows_of
from eutopia.core.records import Text

_TARGETS = (
    "id", "address", "lon", "lat", "built", "storeys", "dwellings", "manager", "manager_ref",
)  # fmt: skip
_REQUIRED = ("id", "address")
_FACT_KINDS = ("words", "number", "day")
_OLDEST = 1000
_KM_PER_DEGREE = 111.2


@dataclass(frozen=True, slots=True)
class RegisterMapping:
    """Which column of a register of houses means what?

    `columns` pairs a field of `House` with the columns it may stand in: the first that says
    something counts. `facts` are triples of a code, its column and its kind (words, number, day).
    `nowhere` are points (longitude, latitude) by which the source says 'no place'; `bounds` (west,
    south, east, north; degrees) and `far_km` (from the middle of all houses) mark points that
    can't be right. `manager_pattern` finds the manager's number in `manager_ref`. `ignored` are
    columns known and not wanted; a column that is neither is an error.
    """

    id: str
    title: Text
    source: str
    columns: tuple[tuple[str, tuple[str, ...]], ...]
    format: str = ""
    delimiter: str | None = None
    language: str = "ru"
    missing: tuple[str, ...] = ("",)
    date_formats: tuple[str, ...] = ("%Y-%m-%d",)
    facts: tuple[tuple[str, str, str], ...] = ()
    nowhere: tuple[tuple[float, float], ...] = ()
    bounds: tuple[float, float, float, float] | None = None
    far_km: float | None = None
    manager_pattern: str = ""
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class House:
    """Which house, where, how old and large, kept by whom?

    `manager` is a code and a name, None where nobody is named. `place` is known or tells why not:
    no_coordinates, out_of_bounds, far_from_the_others.
    """

    id: str
    address: str
    lon: float | None = None
    lat: float | None = None
    built: int | None = None
    storeys: int | None = None
    dwellings: int = 0
    manager: tuple[str, str] | None = None
    facts: tuple[tuple[str, str], ...] = ()
    place: str = "known"


@dataclass(frozen=True, slots=True)
class HouseRegister:
    """Houses that can be used, rows set aside, and remarks on houses that are kept."""

    houses: tuple[House, ...]
    rejected: tuple[Rejection, ...]
    remarks: tuple[Rejection, ...]


def load_register_mapping(name: str | Path) -> RegisterMapping:
    """Which mapping of a register of houses is meant, by path or by the name of one that ships?

    Raises
    ------
    MappingError
        No such mapping; a key is unknown, missing or of the wrong kind.

    Examples
    --------
    >>> load_register_mapping("reforma-gkh").source
    'reforma-gkh'
    """
    content, file = mapping_file(name, folder="registers")
    if not isinstance(content, dict):
        raise MappingError(f"{file}: a mapping is a table; see docs/reference/imports.md")
    return _mapping(content, file)


def _mapping(content: dict[str, Any], file: str) -> RegisterMapping:
    required = ("id", "title", "source", "columns")
    check_keys(content, shape=RegisterMapping, required=required, file=file)
    values: dict[str, Any] = dict(content)
    values["title"] = Text(tuple(content["title"].items()))
    values["columns"] = check_columns(
        content["columns"], known=_TARGETS, required=_REQUIRED, of="a house", file=file
    )
    values["facts"] = tuple(_facts(content.get("facts") or {}, file))
    for key in ("missing", "date_formats", "ignored"):
        if key in content:
            values[key] = tuple(str(v) for v in content[key])
    try:
        values["nowhere"] = tuple((float(x), float(y)) for x, y in content.get("nowhere") or ())
        if content.get("bounds") is not None:
            west, south, east, north = (float(v) for v in content["bounds"])
            values["bounds"] = (west, south, east, north)
    except (TypeError, ValueError):
        raise MappingError(
            f"{file}: nowhere takes pairs of degrees, bounds takes west, south, east, north"
        ) from None
    if values.get("format") and values["format"] not in FORMATS:
        raise MappingError(f"{file}: format {values['format']!r} is none of {', '.join(FORMATS)}")
    return RegisterMapping(**values)


def _facts(table: dict[str, Any], file: str) -> Iterator[tuple[str, str, str]]:
    for code, told in table.items():
        column, kind = (told, "words") if isinstance(told, str) else tuple(told)
        if kind not in _FACT_KINDS:
            raise MappingError(
                f"{file}: facts: {code}: kind {kind!r} is none of {', '.join(_FACT_KINDS)}"
            )
        yield str(code), str(column), str(kind)


def read_houses(path: str | Path, *, mapping: RegisterMapping, as_of: date) -> HouseRegister:
    """Which houses does a register hold, which rows can't be used, what is doubtful, and why?

    Parameters
    ----------
    path
        CSV, JSON, JSON lines, GeoJSON (points) or Parquet; gzip is looked through.
    mapping
        What its columns mean.
    as_of
        Today: nothing was built later than next year.

    Raises
    ------
    UnreadableFileError
        The file as a whole can't be read, or breaks off in the middle.
    MappingError
        The file lacks a column that the mapping requires, or has one that it does not know.

    Notes
    -----
    Every row is a house or is set aside. Of rows with one id the first counts. A house without a
    place, with a point that other houses share, with an address that stands twice, or whose numbers
    contradict one another is kept and remarked on. O(n); 4,051 rows take about a second.
    """
    path = Path(path)
    reader = _Reader(mapping, as_of)
    found: dict[str, tuple[int, House]] = {}
    rejected: list[Rejection] = []
    remarks: list[Rejection] = []
    checked = False
    kind = mapping.format or file_format(path)
    for number, row in rows_of(path, kind=kind, delimiter=mapping.delimiter):
        if not checked and "*" not in row:
            _check_columns(row, mapping, path.name)
            checked = True
        try:
            house = reader.house(row)
            if house.id in found:
                raise CellFault(
                    "id",
                    house.id,
                    Said("the id stands already in row %(row)s", row=found[house.id][0]),
                    Said("keep one row an id"),
                )
        except CellFault as no:
            rejected.append(no.at(path.name, number))
            continue
        found[house.id] = (number, house)
        remarks += [Rejection(path.name, number, *one) for one in _contradictions(house)]
    if not found and not rejected:
        raise UnreadableFileError(f"{path.name}: it has no rows; is it the right file?")
    houses = _placed(list(found.values()), mapping)
    remarks += _remarks(houses, path.name)
    remarks.sort(key=lambda one: (one.row, one.field))
    return HouseRegister(tuple(h for _, h in houses), tuple(rejected), tuple(remarks))


def _check_columns(row: Row, mapping: RegisterMapping, file: str) -> None:
    for field, names in mapping.columns:
        if field in _REQUIRED and not any(name in row for name in names):
            raise MappingError(
                f"{file}: no column {' or '.join(names)} (for {field}); "
                f"the file has {', '.join(str(c) for c in row)}: mend `columns` in the mapping"
            )
    known = {name for _, names in mapping.columns for name in names} | set(mapping.ignored)
    known |= {column for _, column, _ in mapping.facts} | {"geometry.lon", "geometry.lat"}
    for name in row:
        if name not in known:
            raise MappingError(
                f"{file}: the mapping says nothing of column {name!r}: "
                "name it in `columns`, `facts` or `ignored`"
            )


class _Reader:
    """One mapping, prepared for many rows."""

    def __init__(self, mapping: RegisterMapping, as_of: date) -> None:
        self.mapping = mapping
        self.columns: Mapping[str, tuple[str, ...]] = dict(mapping.columns)
        self.missing = frozenset(mapping.missing) | {""}
        self.last_year = as_of.year + 1

    def house(self, row: Row) -> House:
        if "*" in row:
            raise CellFault(
                "*", row["*"], Said("the row is not of the file's shape"), Said("mend the row")
            )
        identity, address = self.words(row, "id"), self.words(row, "address")
        if not re.fullmatch(r"[^\s/\x00]{1,96}", identity):
            raise CellFault(
                "id",
                identity,
                Said("no id, or none in one word"),
                Said("give every house its own number"),
            )
        if not address:
            raise CellFault("address", "", Said("no address"), Said("give the address"))
        built = self.whole(row, "built")
        if built is not None and not _OLDEST <= built <= self.last_year:
            raise CellFault("built", built, Said("no year of building"), Said("write it like 1967"))
        lon, lat = self.degrees(row, "lon", 180), self.degrees(row, "lat", 90)
        return House(
            id=identity,
            address=address,
            lon=None if lat is None else lon,
            lat=None if lon is None else lat,
            built=built,
            storeys=self.whole(row, "storeys") or None,
            dwellings=self.whole(row, "dwellings") or 0,
            manager=self.manager(row),
            facts=tuple(self.facts(row)),
        )

    def said(self, row: Row, column: str) -> str:
        value = row.get(column)
        text = "" if value is None else str(value).replace("\x00", "").strip()
        return "" if text in self.missing else text

    def words(self, row: Row, field: str) -> str:
        told = (self.said(row, column) for column in self.columns.get(field, ()))
        return next((text for text in told if text), "")

    def whole(self, row: Row, field: str) -> int | None:
        text = self.words(row, field)
        return None if not text else int(self.number(text, field, whole=True))

    def number(self, text: str, field: str, *, whole: bool = False) -> str:
        plain = re.sub(r"[\s\u00a0\u202f]", "", text).replace(",", ".")
        if not re.fullmatch(r"\d{1,9}" if whole else r"\d{1,12}(\.\d{1,6})?", plain):
            raise CellFault(
                field,
                text,
                Said("not a whole number") if whole else Said("not a number"),
                Said("write digits"),
            )
        return plain

    def degrees(self, row: Row, field: str, most: int) -> float | None:
        text = self.words(row, field) or self.said(row, f"geometry.{field}")
        if not text:
            return None
        try:
            value = float(text.replace(",", "."))
        except ValueError:
            value = float("nan")
        if not -most <= value <= most:
            raise CellFault(
                field, text, Said("not degrees"), Said("write WGS 84 degrees, like 43.1430")
            )
        return value

    def manager(self, row: Row) -> tuple[str, str] | None:
        name, ref = self.words(row, "manager"), self.words(row, "manager_ref")
        if not name:
            return None
        pattern = self.mapping.manager_pattern
        number = re.search(pattern, ref) if pattern and ref else None
        key = number[1] if number else fold_address(name).replace(" ", "-")[:60]
        return f"{self.mapping.source}-{key}", name

    def facts(self, row: Row) -> Iterator[tuple[str, str]]:
        for code, column, kind in self.mapping.facts:
            text = self.said(row, column)
            if not text:
                continue
            if kind == "number":
                text = self.number(text, column)
            elif kind == "day":
                text = self.day(text, column).isoformat()
            yield code, text

    def day(self, text: str, field: str) -> date:
        for pattern in self.mapping.date_formats:
            try:
                return datetime.strptime(text, pattern).date()  # noqa: DTZ007 - a day has no zone.
            except ValueError:
                continue
        raise CellFault(
            field, text, Said("not a day in any of the mapping's date_formats"),
            Said("write it like %(example)s", example=self.mapping.date_formats[0]),
        )  # fmt: skip


def _contradictions(house: House) -> Iterator[tuple[str, str, Said, Said]]:
    """Numbers of a usable row that can't both be right: field, value, reason, mend."""
    told = dict(house.facts)
    for less, more in (
        ("storeys_least", "storeys_most"),
        ("dwellings_lived_in", "rooms_all"),
        ("area_lived_in_m2", "area_m2"),
    ):
        if less in told and more in told and float(told[less]) > float(told[more]):
            yield (
                less, told[less],
                Said("more than %(more)s, which is %(most)s: kept as they are",
                     more=more, most=told[more]),
                Said("ask the source which is right"),
            )  # fmt: skip


def _placed(houses: list[tuple[int, House]], mapping: RegisterMapping) -> list[tuple[int, House]]:
    """Take away the places that can't be right, and say of each why."""
    west, south, east, north = mapping.bounds or (-180.0, -90.0, 180.0, 90.0)
    seen: list[tuple[int, House]] = []
    for number, one in houses:
        if one.lon is None or one.lat is None or (one.lon, one.lat) in mapping.nowhere:
            seen.append((number, replace(one, lon=None, lat=None, place="no_coordinates")))
        elif not (west <= one.lon <= east and south <= one.lat <= north):
            seen.append((number, replace(one, lon=None, lat=None, place="out_of_bounds")))
        else:
            seen.append((number, one))
    spots = [(h.lon, h.lat) for _, h in seen if h.lon is not None and h.lat is not None]
    if mapping.far_km is None or not spots:
        return seen
    mid_lon, mid_lat = median(x for x, _ in spots), median(y for _, y in spots)
    narrow = cos(radians(mid_lat))

    def far(one: House) -> bool:
        if one.lon is None or one.lat is None or mapping.far_km is None:
            return False
        away = hypot((one.lon - mid_lon) * narrow, one.lat - mid_lat) * _KM_PER_DEGREE
        return away > mapping.far_km

    return [
        (number, replace(one, lon=None, lat=None, place="far_from_the_others") if far(one) else one)
        for number, one in seen
    ]


_NO_PLACE = {
    "no_coordinates": Said("no coordinates: the house is kept without a place"),
    "out_of_bounds": Said("its point lies outside the bounds: the house is kept without a place"),
    "far_from_the_others": Said(
        "its point lies far from all others: the house is kept without a place"
    ),
}


def _remarks(houses: list[tuple[int, House]], file: str) -> Iterator[Rejection]:
    points = Counter((h.lon, h.lat) for _, h in houses)
    folded = [fold_address(h.address) for _, h in houses]
    addresses = Counter(folded)
    for (number, one), address in zip(houses, folded, strict=True):
        if one.place != "known":
            yield Rejection(
                file,
                number,
                "lon, lat",
                one.address,
                _NO_PLACE[one.place],
                Said("give WGS 84 degrees"),
            )
        elif points[one.lon, one.lat] > 1:
            yield Rejection(
                file,
                number,
                "lon, lat",
                f"{one.lon}, {one.lat}",
                Said(
                    "houses at this one point: %(houses)s; the place is doubtful",
                    houses=points[one.lon, one.lat],
                ),
                Said("give each house its own point"),
            )
        twice = addresses[address]
        if twice > 1:
            yield Rejection(
                file,
                number,
                "address",
                one.address,
                Said("houses with this address: %(houses)s; all kept", houses=twice),
                Said("is it one house twice? Then keep one"),
            )
