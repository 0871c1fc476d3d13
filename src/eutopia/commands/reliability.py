"""`eutopia reliability`: the indices of IEEE 1366 from a log of interruptions."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import IO, Any
from zoneinfo import ZoneInfo

import click

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument(
    "events", metavar="EVENTS.csv", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--customers-served", type=click.IntRange(min=1), required=True, help="Customers of the system."
)
@click.option("--time-zone", default="UTC", show_default=True, help="IANA name of the local time.")
@click.option(
    "--from", "first", type=_DAY, help="First day reported; the first in the file if not given."
)
@click.option(
    "--to", "last", type=_DAY, help="Last day reported; the last in the file if not given."
)
@click.option(
    "--start", "start_column", default="start", show_default=True, help="Column with the start."
)
@click.option("--end", "end_column", default="end", show_default=True, help="Column with the end.")
@click.option(
    "--customers",
    "customers_column",
    default="customers",
    show_default=True,
    help="Column with the customers hit.",
)
@click.option(
    "--momentary-minutes", default=5.0, show_default=True, help="Longest momentary interruption."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def reliability(
    events: Path,
    customers_served: int,
    time_zone: str,
    first: datetime | None,
    last: datetime | None,
    start_column: str,
    end_column: str,
    customers_column: str,
    momentary_minutes: float,
    as_json: bool,
) -> None:
    """Compute SAIDI, SAIFI, CAIDI, MAIFI and major event days (IEEE 1366).

    EVENTS.csv (or .csv.gz) has a row an interruption. Times are ISO 8601, or seconds or
    milliseconds since 1970; without an offset they are local. Rows that cannot be used are set
    aside and named.
    """
    from eutopia.core.evaluate import reliability as method

    try:
        zone = ZoneInfo(time_zone)
    except (KeyError, ValueError) as error:
        raise click.BadParameter(
            f"no time zone '{time_zone}'; use a name like Europe/Moscow"
        ) from error
    columns = (start_column, end_column, customers_column)
    found, rejected = _read(events, columns, zone)
    if not found:
        raise click.ClickException(
            f"{events}: no usable row; {len(rejected)} set aside: {rejected[:3]}"
        )
    outages = _outages(found)
    days = [
        datetime.fromtimestamp(at, zone).date()
        for at in (min(f[0] for f in found), max(f[0] for f in found))
    ]
    result = method.reliability(
        outages,
        customers_served=customers_served,
        first=first.date() if first else days[0],
        last=last.date() if last else days[1],
        time_zone=time_zone,
        momentary_minutes=momentary_minutes,
    )
    if as_json:
        plain = {**asdict(result), "rows": len(found), "set_aside": rejected}
        click.echo(json.dumps(plain, ensure_ascii=False, indent=2, default=str))
        return
    _print(result, len(found), rejected)


def _outages(found: list[tuple[int, int, int]]) -> Any:
    import numpy as np

    from eutopia.core.evaluate.reliability import Outages

    start, end, customers = np.array(found, np.int64).T
    return Outages(start, end, customers)


def _read(
    path: Path, columns: tuple[str, str, str], zone: ZoneInfo
) -> tuple[list[tuple[int, int, int]], list[dict[str, Any]]]:
    """Usable rows, and the others with row, field and reason."""
    usable: list[tuple[int, int, int]] = []
    rejected: list[dict[str, Any]] = []
    with _open(path) as file:
        reader = csv.DictReader(file)
        missing = [name for name in columns if name not in (reader.fieldnames or ())]
        if missing:
            there = ", ".join(reader.fieldnames or ())
            raise click.ClickException(
                f"{path}: no column {', '.join(missing)}; "
                f"name them with --start, --end, --customers. There: {there}"
            )
        for line, row in enumerate(reader, start=2):
            try:
                usable.append(_row(row, columns, zone))
            except _RowError as error:
                rejected.append({"row": line, "field": error.field, "reason": error.reason})
    return usable, rejected


def _open(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


class _RowError(ValueError):
    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field, self.reason = field, reason


def _row(
    row: Mapping[str, str | None], columns: tuple[str, str, str], zone: ZoneInfo
) -> tuple[int, int, int]:
    start, end = (_instant(row[name], name, zone) for name in columns[:2])
    text = (row[columns[2]] or "").strip()
    if not text.isdigit():
        raise _RowError(columns[2], f"'{text}' is not a number of customers")
    if end < start:
        raise _RowError(columns[1], "ends before it starts")
    if int(text) == 0:
        raise _RowError(columns[2], "no customers hit")
    return start, end, int(text)


def _instant(text: str | None, name: str, zone: ZoneInfo) -> int:
    text = (text or "").strip()
    if text.isdigit():
        # Milliseconds since 1970 have passed 10^11 in 1973; seconds reach it in 5138.
        return int(text) // 1000 if len(text) > 11 else int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise _RowError(name, f"'{text}' is not a time" if text else "empty") from error
    return int((moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp())


def _print(result: Any, rows: int, rejected: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(
        "",
        "SAIDI, min",
        "SAIFI",
        "CAIDI, min",
        "MAIFI",
        "ASAI, %",
        title=f"{result.first} to {result.last}, {result.customers_served} customers",
    )
    for name, one in (("all days", result.overall), ("without major event days", result.normal)):
        caidi = "-" if one.caidi is None else f"{one.caidi:.2f}"
        table.add_row(
            name,
            f"{one.saidi:.3f}",
            f"{one.saifi:.4f}",
            caidi,
            f"{one.maifi:.4f}",
            f"{100 * one.asai:.4f}",
        )
    console = Console()
    console.print(table)
    if result.threshold is not None:
        origin = "the period itself" if result.threshold_from_period else "history"
        console.print(
            f"Major event day above {result.threshold.minutes:.3f} min (2.5 beta, "
            f"{result.threshold.days} days of {origin}): {len(result.major_event_days)}"
        )
    for day, saidi in sorted(result.major_event_days, key=lambda pair: -pair[1])[:10]:
        console.print(f"  {day}: {saidi:.3f} min")
    console.print(f"{rows} rows used, {len(rejected)} set aside")
    for reason, count in _reasons(rejected):
        console.print(f"  {count}: {reason}")


def _reasons(rejected: list[dict[str, Any]]) -> Iterator[tuple[str, int]]:
    from collections import Counter

    yield from Counter(f"{one['field']}: {one['reason']}" for one in rejected).most_common(8)
