"""Rows of a file, one at a time, whatever its format: CSV, JSON, JSON lines, GeoJSON, Parquet.

Nothing here knows what a report is; `intake` gives the rows their meaning.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

Row = dict[str, Any]
"""Column to value. GeoJSON adds `geometry.lon` and `geometry.lat` to a feature's properties."""

FORMATS = ("csv", "json", "jsonl", "geojson", "parquet")
_SUFFIXES = {
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".geojson": "geojson",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_PARQUET_BATCH = 20_000


class UnreadableFileError(ValueError):
    """The file as a whole can't be read: says which file, where in it, and what to do."""


def file_format(path: Path) -> str:
    """Which format does the name tell?

    Parameters
    ----------
    path
        File name; a `.gz` after the format's own suffix is looked through.

    Raises
    ------
    UnreadableFileError
        The suffix is not known.

    Examples
    --------
    >>> file_format(Path("reports-2015.csv.gz"))
    'csv'
    """
    suffixes = [s.lower() for s in path.suffixes]
    if suffixes and suffixes[-1] == ".gz":
        suffixes.pop()
    if suffixes and suffixes[-1] in _SUFFIXES:
        return _SUFFIXES[suffixes[-1]]
    raise UnreadableFileError(
        f"{path.name}: the format can't be told from the name; "
        f"rename it to end in {', '.join(sorted(_SUFFIXES))} or set `format` in the mapping"
    )


def rows_of(path: Path, *, kind: str, delimiter: str | None = None) -> Iterator[tuple[int, Row]]:
    """Which rows does the file hold, numbered as an editor numbers them?

    Parameters
    ----------
    path
        The file; gzip is recognised by its first bytes, not by its name.
    kind
        One of `FORMATS`.
    delimiter
        For CSV; guessed from the header among comma, semicolon and tab when not given.

    Yields
    ------
    tuple of int and dict
        CSV rows carry the line on which the row ends; other formats the 1-based position.

    Raises
    ------
    UnreadableFileError
        The file is missing, cut off, not UTF-8, or not of its format.

    Notes
    -----
    Streams: memory does not grow with the file, except for Parquet, which DuckDB reads in row
    groups.
    """
    readers: dict[str, Callable[[Path], Iterator[tuple[int, Row]]]] = {
        "csv": lambda p: _csv_rows(p, delimiter),
        "json": lambda p: _json_rows(p, "item"),
        "jsonl": _json_lines,
        "geojson": _geojson_rows,
        "parquet": _parquet_rows,
    }
    if kind not in readers:
        raise UnreadableFileError(f"{path.name}: format {kind!r} is none of {', '.join(FORMATS)}")
    if not path.is_file():
        raise UnreadableFileError(f"{path}: no such file; give the path of the file to import")
    yield from readers[kind](path)


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        try:
            yield gzip.GzipFile(fileobj=raw) if packed else raw  # type: ignore[misc]
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise UnreadableFileError(
                f"{path.name}: the gzip file is cut off or damaged ({error}); fetch it again"
            ) from error
        except UnicodeDecodeError as error:
            raise UnreadableFileError(
                f"{path.name}: not UTF-8 at byte {error.start}; save the file as UTF-8"
            ) from error


@contextmanager
def _opened_text(path: Path) -> Iterator[IO[str]]:
    with _opened(path) as raw, io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as text:
        yield text


def _csv_rows(path: Path, delimiter: str | None) -> Iterator[tuple[int, Row]]:
    with _opened_text(path) as text:
        header = text.readline()
        if not header.strip():
            raise UnreadableFileError(
                f"{path.name}: line 1: no header; the first line names columns"
            )
        mark = delimiter or max(",;\t", key=header.count)
        columns = next(csv.reader([header], delimiter=mark))
        repeated = sorted({c for c in columns if columns.count(c) > 1})
        if repeated:
            raise UnreadableFileError(
                f"{path.name}: line 1: column {repeated[0]!r} stands twice; rename one"
            )
        reader = csv.reader(text, delimiter=mark)
        try:
            for values in reader:
                if not values:
                    continue
                row: Row = dict(zip(columns, values, strict=False))
                if len(values) != len(columns):
                    row["*"] = f"{len(values)} values for {len(columns)} columns"
                yield reader.line_num + 1, row
        except csv.Error as error:
            raise UnreadableFileError(
                f"{path.name}: line {reader.line_num + 1}: {error}; check the quotes"
            ) from error


def _json_rows(path: Path, prefix: str) -> Iterator[tuple[int, Row]]:
    import ijson

    with _opened(path) as raw:
        try:
            for number, item in enumerate(ijson.items(raw, prefix, use_float=True), start=1):
                yield number, item if isinstance(item, dict) else {"*": "not an object"}
        except ijson.JSONError as error:
            raise UnreadableFileError(
                f"{path.name}: not JSON from here on ({error}); is the file complete?"
            ) from error


def _json_lines(path: Path) -> Iterator[tuple[int, Row]]:
    with _opened_text(path) as text:
        for number, line in enumerate(text, start=1):
            if not line.strip():
                continue
            try:
                item = json.loads(line)
            except json.JSONDecodeError as error:
                item = {"*": f"not JSON ({error.msg} at column {error.colno})"}
            yield number, item if isinstance(item, dict) else {"*": "not an object"}


def _geojson_rows(path: Path) -> Iterator[tuple[int, Row]]:
    for number, feature in _json_rows(path, "features.item"):
        row: Row = dict(feature.get("properties") or {})
        geometry = feature.get("geometry")
        if isinstance(geometry, dict) and geometry.get("type") == "Point":
            coordinates = geometry.get("coordinates") or [None, None]
            row["geometry.lon"], row["geometry.lat"] = coordinates[0], coordinates[1]
        elif geometry is not None:
            kind = geometry.get("type") if isinstance(geometry, dict) else type(geometry).__name__
            row["*"] = f"geometry is {kind}, a report needs a Point"
        if "id" in feature:
            row.setdefault("id", feature["id"])
        yield number, row


def _parquet_rows(path: Path) -> Iterator[tuple[int, Row]]:
    import duckdb

    with duckdb.connect() as connection:
        try:
            found = connection.execute("SELECT * FROM read_parquet(?)", [str(path)])
            columns = [column[0] for column in found.description or []]
            number = 0
            while batch := found.fetchmany(_PARQUET_BATCH):
                for values in batch:
                    number += 1
                    yield number, dict(zip(columns, values, strict=True))
        except duckdb.Error as error:
            raise UnreadableFileError(f"{path.name}: not readable as Parquet ({error})") from error
