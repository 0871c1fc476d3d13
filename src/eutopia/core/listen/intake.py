"""Reports from anybody's file, by a mapping: which column means what.

A mapping is data (YAML), so a town brings its export without Python. Rows that can't be used are
set aside with file, row, field, reason and mend; none is dropped in silence and none is guessed.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from eutopia.core.kit.spreadsheet import inert
from eutopia.core.listen.row_files import FORMATS, Row, file_format, rows_of
from eutopia.core.records import Report, Text

PACKS = Path(__file__).parents[2] / "packs"
ISO = "iso"
_TARGETS = (
    "id", "opened", "closed", "due", "problem_type", "lon", "lat", "text", "language", "address",
    "district", "organisation", "channel", "closing_note",
)  # fmt: skip
_TIMES = ("opened", "closed", "due")
_REQUIRED = ("id", "opened", "problem_type")


class MappingError(ValueError):
    """The mapping can't be used: says which file, which key, and the mend."""


@dataclass(frozen=True, slots=True)
class ReportMapping:
    """Which column of a source means what?

    `columns` pairs a field of `Report` with the columns it is made of: the first non-empty one
    counts, except for text and address, which are joined. `time_formats` are tried in order; `iso`
    stands for ISO 8601. Local times without an offset are read in `time_zone`; in the repeated
    hour of autumn the first one is meant. `types` pairs the source's words with codes;
    `other_type` is the code of all others, empty to make a code of the source's own words.
    `joined` names the mapping by which the same source's words become the problem types of its
    pack, where this one keeps them apart.
    `bounds` (west, south, east, north; degrees) marks points that can't be right: they are read as
    'no place'. `skew_seconds` is how much earlier than the opening a closing may be stamped.
    """

    id: str
    title: Text
    source: str
    time_zone: str
    columns: tuple[tuple[str, tuple[str, ...]], ...]
    format: str = ""
    delimiter: str | None = None
    language: str = ""
    time_formats: tuple[str, ...] = (ISO,)
    types: tuple[tuple[str, str], ...] = ()
    other_type: str = ""
    joined: str = ""
    districts: tuple[tuple[str, str], ...] = ()
    bounds: tuple[float, float, float, float] | None = None
    missing: tuple[str, ...] = ("",)
    skew_seconds: int = 300


@dataclass(frozen=True, slots=True)
class Rejection:
    """Which row was set aside, for which field, why, and what would mend it?"""

    file: str
    row: int
    field: str
    value: str
    reason: str
    mend: str


class _RefusedError(Exception):
    def __init__(self, field: str, value: object, reason: str, mend: str) -> None:
        super().__init__(reason)
        self.field, self.value, self.reason, self.mend = field, str(value), reason, mend


def load_mapping(name: str | Path) -> ReportMapping:
    """Which mapping is meant by a path or by the name of one that ships?

    Parameters
    ----------
    name
        Path of a YAML file, or the name of a mapping inside a pack (`boston-311`).

    Raises
    ------
    MappingError
        No such mapping; a key is unknown, missing or of the wrong kind.

    Notes
    -----
    The keys are the fields of `ReportMapping`; `columns` is a table from field to column or list of
    columns, `types` and `districts` are tables from the source's word to a code.

    Examples
    --------
    >>> load_mapping("boston-311").time_zone
    'America/New_York'
    """
    return _mapping(*mapping_file(name, folder="mappings"))


def mapping_file(name: str | Path, *, folder: str) -> tuple[object, str]:
    """What does the file of a mapping hold, and what is it called?

    Parameters
    ----------
    name
        Path of a YAML file, or the name of one that ships.
    folder
        Folder of the packs in which those that ship stand.

    Raises
    ------
    MappingError
        No such mapping, or not YAML.
    """
    path = Path(name)
    if not path.is_file():
        shipped = {p.stem: p for p in sorted(PACKS.glob(f"*/{folder}/*.yaml"))}
        if str(name) not in shipped:
            raise MappingError(
                f"{name}: no such file, and no mapping of that name ships "
                f"(there are {', '.join(shipped)})"
            )
        path = shipped[str(name)]
    try:
        return yaml.safe_load(path.read_text("utf-8")), path.name
    except yaml.YAMLError as error:
        raise MappingError(f"{path.name}: not YAML: {error}") from error


def _mapping(content: object, file: str) -> ReportMapping:
    if not isinstance(content, dict):
        raise MappingError(f"{file}: a mapping is a table of keys; see docs/howto/import.md")
    _check_keys(content, file)
    values: dict[str, Any] = dict(content)
    values["title"] = Text(tuple(content["title"].items()))
    values["columns"] = _columns(content["columns"], file)
    for key in ("types", "districts"):
        values[key] = tuple((str(k), str(v)) for k, v in content.get(key, {}).items())
    for key in ("time_formats", "missing"):
        if key in content:
            values[key] = tuple(str(v) for v in content[key])
    if content.get("bounds") is not None:
        values["bounds"] = tuple(float(v) for v in content["bounds"])
    if values.get("format") and values["format"] not in FORMATS:
        raise MappingError(f"{file}: format {values['format']!r} is none of {', '.join(FORMATS)}")
    try:
        ZoneInfo(values["time_zone"])
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise MappingError(
            f"{file}: time_zone {values['time_zone']!r} is no IANA name, like Europe/Paris"
        ) from error
    return ReportMapping(**values)


def _check_keys(content: dict[str, Any], file: str) -> None:
    known = {f.name for f in fields(ReportMapping)}
    for key in content:
        if key not in known:
            raise MappingError(f"{file}: unknown key {key!r}; known are {', '.join(sorted(known))}")
    for key in ("id", "title", "source", "time_zone", "columns"):
        if key not in content:
            raise MappingError(f"{file}: key {key!r} is missing; add it")


def _columns(table: dict[str, Any], file: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    for field in table:
        if field not in _TARGETS:
            raise MappingError(
                f"{file}: columns: {field!r} is no field of a report; "
                f"known are {', '.join(_TARGETS)}"
            )
    for field in _REQUIRED:
        if field not in table:
            raise MappingError(f"{file}: columns: {field!r} is missing; name its column")
    return tuple(
        (field, tuple(names) if isinstance(names, list) else (str(names),))
        for field, names in table.items()
    )


def read_reports(
    path: str | Path, *, mapping: ReportMapping, known_types: Iterable[str] = ()
) -> Iterator[Report | Rejection]:
    """Which reports does the file hold, and which rows can't be used, and why?

    Parameters
    ----------
    path
        CSV, JSON (an array), JSON lines, GeoJSON (points) or Parquet; gzip is looked through.
    mapping
        What its columns mean.
    known_types
        Codes of the territory's problem types; when given, a row of another type is set aside.

    Yields
    ------
    Report or Rejection
        In file order, one a row.

    Raises
    ------
    UnreadableFileError
        The file as a whole can't be read, or breaks off in the middle.
    MappingError
        The file lacks a column that the mapping requires.

    Notes
    -----
    Streams in O(1) memory but for the set of ids seen (a repeated id is set aside). A point outside
    `bounds`, at (0, 0), or with only one coordinate is read as 'no place': the report counts, its
    place does not. 111,229 rows of CSV take about 5 s on one core.

    Examples
    --------
    >>> import tempfile
    >>> mapping = load_mapping("boston-311")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "r.csv"
    ...     head = "CASE_ENQUIRY_ID,OPEN_DT,CLOSED_DT,TARGET_DT,TYPE,LATITUDE,LONGITUDE"
    ...     _ = file.write_text(head + "\\n1,soon,,,Rodent Activity,42.3,-71.1\\n")
    ...     [r.reason for r in read_reports(file, mapping=mapping)]
    ["not a time in any of the mapping's formats"]
    """
    path = Path(path)
    reader = _Reader(mapping, frozenset(known_types))
    seen: dict[str, int] = {}
    checked = False
    for number, row in rows_of(
        path, kind=mapping.format or file_format(path), delimiter=mapping.delimiter
    ):
        if not checked and "*" not in row:
            _require_columns(row, mapping, path.name)
            checked = True
        try:
            report = reader.report(row)
            if report.id in seen:
                raise _RefusedError(
                    "id", report.id, f"the id stands already in row {seen[report.id]}",
                    "keep one row an id",
                )  # fmt: skip
        except _RefusedError as refused:
            yield Rejection(
                path.name, number, refused.field, refused.value, refused.reason, refused.mend
            )
            continue
        seen[report.id] = number
        yield report


def _require_columns(row: Row, mapping: ReportMapping, file: str) -> None:
    for field, names in mapping.columns:
        if field in _REQUIRED and not any(name in row for name in names):
            raise MappingError(
                f"{file}: no column {' or '.join(names)} (for {field}); "
                f"the file has {', '.join(str(c) for c in row)}: mend `columns` in the mapping"
            )


class _Reader:
    """One mapping, prepared for many rows."""

    def __init__(self, mapping: ReportMapping, known_types: frozenset[str]) -> None:
        self.mapping = mapping
        self.columns = dict(mapping.columns)
        self.types = dict(mapping.types)
        self.districts = dict(mapping.districts)
        self.missing = frozenset(mapping.missing) | {""}
        self.zone = ZoneInfo(mapping.time_zone)
        self.known_types = known_types

    def report(self, row: Row) -> Report:
        if "*" in row:
            raise _RefusedError("*", row["*"], "the row is not of the file's shape", "mend the row")
        identity = self.first(row, "id")
        if not identity:
            raise _RefusedError("id", "", "no id", "give every row its own number")
        opened = self.time(row, "opened")
        if opened is None:
            raise _RefusedError("opened", "", "no time of opening", "give the time it was reported")
        lon, lat = self.place(row)
        language = self.first(row, "language") or self.mapping.language
        district = self.first(row, "district")
        return Report(
            id=identity,
            opened=opened,
            problem_type=self.problem_type(row),
            lon=lon,
            lat=lat,
            closed=self.closed(row, opened),
            due=self.time(row, "due"),
            text=self.joined(row, "text"),
            language=language,
            address=self.joined(row, "address"),
            district=self.districts.get(district, district),
            organisation=self.first(row, "organisation"),
            channel=self.first(row, "channel"),
            closing_note=self.joined(row, "closing_note"),
            source=self.mapping.source,
        )

    def values(self, row: Row, field: str) -> Iterator[Any]:
        for name in self.columns.get(field, ()):
            value = row.get(name)
            if value is not None and (
                not isinstance(value, str) or value.strip() not in self.missing
            ):
                yield value

    def first(self, row: Row, field: str) -> str:
        return str(next(self.values(row, field), "")).strip()

    def joined(self, row: Row, field: str) -> str:
        return ", ".join(str(value).strip() for value in self.values(row, field))

    def time(self, row: Row, field: str) -> datetime | None:
        value = next(self.values(row, field), None)
        if value is None:
            return None
        moment = value if isinstance(value, datetime) else self.parsed(str(value).strip(), field)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self.zone)
        return moment.astimezone(UTC)

    def parsed(self, value: str, field: str) -> datetime:
        for pattern in self.mapping.time_formats:
            try:
                if pattern == ISO:
                    return datetime.fromisoformat(value)
                return datetime.strptime(value, pattern)  # noqa: DTZ007 - the zone is added above
            except ValueError:
                continue
        raise _RefusedError(
            field, value, "not a time in any of the mapping's formats",
            "write it like 2026-03-01T14:30 or add its pattern to time_formats",
        )  # fmt: skip

    def closed(self, row: Row, opened: datetime) -> datetime | None:
        closed = self.time(row, "closed")
        if closed is None or closed >= opened:
            return closed
        if opened - closed <= timedelta(seconds=self.mapping.skew_seconds):
            return opened
        raise _RefusedError(
            "closed", closed.isoformat(), f"closed before it was opened ({opened.isoformat()})",
            "mend one of the times; check the time zone of the source",
        )  # fmt: skip

    def place(self, row: Row) -> tuple[float | None, float | None]:
        found: list[float] = []
        for field in ("lon", "lat"):
            value = next(self.values(row, field), None)
            if value is None:
                return None, None
            try:
                found.append(float(str(value).replace(",", ".")))
            except ValueError:
                raise _RefusedError(
                    field, value, "not a number of degrees", "write degrees, like 71.0589"
                ) from None
        lon, lat = found
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            raise _RefusedError(
                "lon, lat", f"{lon}, {lat}", "not degrees of longitude and latitude",
                "give WGS 84 degrees; are the two swapped, or are these metres of a projection?",
            )  # fmt: skip
        west, south, east, north = self.mapping.bounds or (-180.0, -90.0, 180.0, 90.0)
        inside = west <= lon <= east and south <= lat <= north
        return (lon, lat) if inside and (lon, lat) != (0.0, 0.0) else (None, None)

    def problem_type(self, row: Row) -> str:
        word = self.first(row, "problem_type")
        if not word:
            raise _RefusedError("problem_type", "", "no kind of problem", "give every row a kind")
        code = self.types.get(word) or self.mapping.other_type or code_of(word)
        if self.known_types and code not in self.known_types:
            raise _RefusedError(
                "problem_type", word, f"{code} is no problem type of this territory",
                "add it to `types` in the mapping or to the problem types of a pack",
            )  # fmt: skip
        return code


def code_of(word: str) -> str:
    """Which code do the source's own words make?

    Examples
    --------
    >>> code_of("Request for Snow Plowing (Emergency Responder)")
    'request_for_snow_plowing_emergency_responder'
    """
    return re.sub(r"\W+", "_", word.strip().lower()).strip("_")


def write_rejections(rejections: Iterable[Rejection], path: Path) -> int:
    """How many rows were set aside? They are written to `path` as CSV, whole or not at all.

    Parameters
    ----------
    rejections
        In any order; written as they come.
    path
        Written anew; left as it was when there is nothing to write.

    Notes
    -----
    Cells that a spreadsheet would take for a formula are prefixed with an apostrophe.
    """
    count = 0
    partial = path.with_name(path.name + ".part")
    with partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([f.name for f in fields(Rejection)])
        for r in rejections:
            cells = (r.file, r.row, r.field, r.value, r.reason, r.mend)
            writer.writerow([inert(cell) for cell in cells])
            count += 1
    if count:
        partial.replace(path)
    else:
        partial.unlink()
    return count
