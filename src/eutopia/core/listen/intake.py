"""Reports from anybody's file, by a mapping: which column means what.

A mapping is data (YAML), so a town brings its export without Python. Rows that can't be used are
set aside with file, row, field, reason and mend; none is dropped in silence and none is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import yaml

from eutopia.core.listen.rejections import CellFault, Rejection, Said
from eutopia.core.listen.row_files import FORMATS, Row, file_format, rows_of
from eutopia.core.records import Report, Reports, Text

PACKS = Path(__file__).parents[2] / "packs"
ISO = "iso"
_TARGETS = (
    "id", "opened", "closed", "due", "problem_type", "lon", "lat", "text", "language", "address",
    "district", "organisation", "channel", "closing_note",
)  # fmt: skip
_TIMES = ("opened", "closed", "due")
_REQUIRED = ("id", "opened", "problem_type")
_NUMBERS = {
    "%Y": r"(?P<Y>\d{4})",
    "%m": r"(?P<m>\d\d)",
    "%d": r"(?P<d>\d\d)",
    "%H": r"(?P<H>\d\d)",
    "%I": r"(?P<I>0[1-9]|1[0-2])",
    "%M": r"(?P<M>\d\d)",
    "%S": r"(?P<S>[0-5]\d)",
    "%p": r"(?P<p>AM|PM)",
}
"""How the commonest directives of a time's pattern look."""


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
    required = ("id", "title", "source", "time_zone", "columns")
    check_keys(content, shape=ReportMapping, required=required, file=file)
    values: dict[str, Any] = dict(content)
    values["title"] = Text(tuple(content["title"].items()))
    values["columns"] = check_columns(
        content["columns"], known=_TARGETS, required=_REQUIRED, of="a report", file=file
    )
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


def check_keys(content: dict[str, Any], *, shape: type, required: Iterable[str], file: str) -> None:
    """Are the keys of a mapping the fields of `shape`, and are the required ones there?

    Raises
    ------
    MappingError
    """
    known = {f.name for f in fields(shape)}
    for key in content:
        if key not in known:
            raise MappingError(f"{file}: unknown key {key!r}; known are {', '.join(sorted(known))}")
    for key in required:
        if key not in content:
            raise MappingError(f"{file}: key {key!r} is missing; add it")


def check_columns(
    table: dict[str, Any], *, known: Iterable[str], required: Iterable[str], of: str, file: str
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Which columns may each field of a record (`of`: a report, a house) stand in?

    Raises
    ------
    MappingError
        A field is not known, or a required one is missing.
    """
    for field in table:
        if field not in known:
            raise MappingError(
                f"{file}: columns: {field!r} is no field of {of}; known are {', '.join(known)}"
            )
    for field in required:
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
                raise CellFault(
                    "id",
                    report.id,
                    Said("the id stands already in row %(row)s", row=seen[report.id]),
                    Said("keep one row an id"),
                )
        except CellFault as refused:
            yield refused.at(path.name, number)
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
        self.clocks = {pattern: _clock(pattern) for pattern in mapping.time_formats}

    def report(self, row: Row) -> Report:
        if "*" in row:
            raise CellFault(
                "*", row["*"], Said("the row is not of the file's shape"), Said("mend the row")
            )
        identity = self.first(row, "id")
        if not identity:
            raise CellFault("id", "", Said("no id"), Said("give every row its own number"))
        opened = self.time(row, "opened")
        if opened is None:
            raise CellFault(
                "opened", "", Said("no time of opening"), Said("give the time it was reported")
            )
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
                return self.clocks[pattern](value)
            except ValueError:
                continue
        raise CellFault(
            field, value, Said("not a time in any of the mapping's formats"),
            Said("write it like 2026-03-01T14:30 or add its pattern to time_formats"),
        )  # fmt: skip

    def closed(self, row: Row, opened: datetime) -> datetime | None:
        closed = self.time(row, "closed")
        if closed is None or closed >= opened:
            return closed
        if opened - closed <= timedelta(seconds=self.mapping.skew_seconds):
            return opened
        raise CellFault(
            "closed",
            closed.isoformat(),
            Said("closed before it was opened (%(opened)s)", opened=opened.isoformat()),
            Said("mend one of the times; check the time zone of the source"),
        )

    def place(self, row: Row) -> tuple[float | None, float | None]:
        found: list[float] = []
        for field in ("lon", "lat"):
            value = next(self.values(row, field), None)
            if value is None:
                return None, None
            try:
                found.append(float(str(value).replace(",", ".")))
            except ValueError:
                raise CellFault(
                    field,
                    value,
                    Said("not a number of degrees"),
                    Said("write degrees, like 71.0589"),
                ) from None
        lon, lat = found
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            raise CellFault(
                "lon, lat",
                f"{lon}, {lat}",
                Said("not degrees of longitude and latitude"),
                Said(
                    "give WGS 84 degrees; are the two swapped, or are these metres of a projection?"
                ),
            )
        west, south, east, north = self.mapping.bounds or (-180.0, -90.0, 180.0, 90.0)
        inside = west <= lon <= east and south <= lat <= north
        return (lon, lat) if inside and (lon, lat) != (0.0, 0.0) else (None, None)

    def problem_type(self, row: Row) -> str:
        word = self.first(row, "problem_type")
        if not word:
            raise CellFault(
                "problem_type", "", Said("no kind of problem"), Said("give every row a kind")
            )
        code = self.types.get(word) or self.mapping.other_type or code_of(word)
        if self.known_types and code not in self.known_types:
            raise CellFault(
                "problem_type",
                word,
                Said("%(code)s is no problem type of this territory", code=code),
                Said("add it to `types` in the mapping or to the problem types of a pack"),
            )
        return code


def _clock(pattern: str) -> Callable[[str], datetime]:
    """Reads times of one pattern, as strptime does.

    That takes half of the time of reading a file, so a pattern of numbers alone is read by an
    expression; what does not fit is left to strptime to read or refuse.
    """

    def slowly(value: str) -> datetime:
        return datetime.strptime(value, pattern)  # noqa: DTZ007 - the reader adds the zone

    parts = re.split("(%.)", pattern)
    named = parts[1::2]
    once = len(set(named)) == len(named) and not {"%H", "%I"} <= set(named)
    if not (once and {"%Y", "%m", "%d"} <= set(named) <= set(_NUMBERS)):
        return slowly
    shape = re.compile(
        "".join(_NUMBERS[p] if k % 2 else re.escape(p) for k, p in enumerate(parts)), re.ASCII
    )

    def read(value: str) -> datetime:
        found = shape.fullmatch(value)
        if found is None:
            return slowly(value)
        told = found.groupdict(0)
        hour = int(told.get("H", 0))
        if "I" in told:
            hour = int(told["I"]) % 12 + 12 * (told.get("p") == "PM")
        day = datetime(int(told["Y"]), int(told["m"]), int(told["d"]))  # noqa: DTZ001 - as above
        return day.replace(hour=hour, minute=int(told.get("M", 0)), second=int(told.get("S", 0)))

    return read


def join_types(reports: Reports, mapping: ReportMapping) -> Reports:
    """The reports with the source's words joined into problem types: only these make a problem.

    Of a mapping that names no other by which to join them they are left as they are.
    """
    if not mapping.joined:
        return reports
    into = {code_of(word): code for word, code in load_mapping(mapping.joined).types}
    types = [into.get(code, code) for code in reports.problem_types]
    codes = tuple(sorted(set(types)))
    position = np.array([*map(codes.index, types), -1], dtype=np.int32)
    return replace(reports, problem_type=position[reports.problem_type], problem_types=codes)


def code_of(word: str) -> str:
    """Which code do the source's own words make?

    Examples
    --------
    >>> code_of("Request for Snow Plowing (Emergency Responder)")
    'request_for_snow_plowing_emergency_responder'
    """
    return re.sub(r"\W+", "_", word.strip().lower()).strip("_")
