"""`eutopia scan`: clusters in space and time, from SaTScan's files or from reports."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import asdict, replace
from difflib import get_close_matches
from math import nan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from eutopia.commands.duplicates import quality_rows, read_columns
from eutopia.commands.watched import Watched

if TYPE_CHECKING:
    import numpy as np

    from eutopia.core.diagnose.scan.analysis import ScanResult
    from eutopia.core.diagnose.scan.settings import ScanInput, ScanSettings
    from eutopia.core.records import Reports

_CROWDED = 40
"""Cases in a circle over a span, on average, from which on a scan takes minutes."""
_WIDTH = 110
"""Letters that a table of clusters takes."""
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", type=_FILE)
@click.option("--replications", type=click.IntRange(0), help="999, or what the file says.")
@click.option("--all-replications", is_flag=True, help="Don't stop when the answer is clear.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--workers", type=click.IntRange(1), help="Processes; as many as processors.")
@click.option("--lon", help="Column of the longitude (reports).")
@click.option("--lat", help="Column of the latitude.")
@click.option("--time", "time_column", help="Column of the time.")
@click.option("--time-format", help="Like %m/%d/%Y; ISO 8601 by default.")
@click.option("--time-zone", default="UTC", show_default=True)
@click.option("--mapping", help="Read the reports by a mapping instead of by columns.")
@click.option("--problem-type", help="Code of the type to scan, with --mapping.")
@click.option("--where", multiple=True, metavar="COLUMN=VALUE", help="Only such rows.")
@click.option(
    "--radius-km", type=click.FloatRange(0, min_open=True), default=1.0, show_default=True
)
@click.option("--longest-days", type=click.IntRange(1), default=14, show_default=True)
@click.option("--prospective", is_flag=True, help="Only clusters that last to the last day.")
@click.option("--by-weekday", is_flag=True, help="Adjust for weekdays that differ by place.")
@click.option("--by-season", is_flag=True, help="Adjust for seasons that differ by place.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as one object.")
def scan(file: Path, as_json: bool, **options: Any) -> None:
    """Find clusters: FILE is SaTScan's parameters (.prm), or reports.

    Of reports (CSV, gzipped or not) name the columns with --lon, --lat and --time, or give a
    --mapping; the space-time permutation model then needs no population. What was left out, a
    default coordinate say, is told with the reason.
    """
    started = time.perf_counter()
    try:
        if file.suffix.lower() == ".prm":
            found = _of_parameters(file, options)
        else:
            found = _of_reports(file, options)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    found["seconds"] = round(time.perf_counter() - started, 3)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, allow_nan=False))
    else:
        _print(found)


def _of_parameters(file: Path, options: dict[str, Any]) -> dict[str, Any]:
    from eutopia.core.diagnose.scan.satscan_files import read_scan_case

    case = read_scan_case(file)
    settings = replace(case.settings, seed=options["seed"], workers=_workers(options))
    if options["replications"] is not None:
        settings = replace(settings, replications=options["replications"])
    if options["all_replications"]:
        settings = replace(settings, early_stop=None)
    if len(case.data.case_location) * len(case.data.location_ids) < 200_000:
        settings = replace(settings, workers=1)  # Starting processes would take longer.
    result = _watched(case.data, settings)
    spans = [case.period_dates(c.first, c.last) for c in result.clusters]
    found = _object(result, case.names, case.centres, spans)
    found["left_out"] = [asdict(one) for one in case.left_out]
    found["coordinates"] = "degrees" if case.data.points.shape[1] == 3 else "plane"
    return found


def _of_reports(file: Path, options: dict[str, Any]) -> dict[str, Any]:
    from eutopia.core.diagnose.scan.reports import left_out, reports_to_scan
    from eutopia.core.diagnose.scan.settings import ScanSettings
    from eutopia.core.kit.drift import find_drift
    from eutopia.core.kit.screening import screen_reports

    reports, rejected, zone = _read(file, options)
    kind = (options["problem_type"] if options["mapping"] else "case") or ""
    _refuse_nothing(file, reports, kind, rejected, options["where"])
    screening = screen_reports(reports)
    ready = reports_to_scan(
        reports,
        problem_type=kind,
        time_zone=zone,
        screening=screening,
        by_weekday=options["by_weekday"],
        by_season=options["by_season"],
    )
    replications = options["replications"]
    settings = ScanSettings(
        kind="prospective" if options["prospective"] else "retrospective",
        radius=options["radius_km"],
        longest=min(options["longest_days"], ready.data.periods),
        replications=999 if replications is None else replications,
        early_stop=None if options["all_replications"] else 50,
        seed=options["seed"],
        workers=_workers(options),
    )
    _warn_of_crowds(ready.data, radius_km=options["radius_km"], longest=settings.longest)
    result = _watched(ready.data, settings)
    spans = [
        (ready.day(c.first).isoformat(), ready.day(c.last).isoformat()) for c in result.clusters
    ]
    names = tuple((name,) for name in ready.data.location_ids)
    found = _object(result, names, ready.coordinates, spans)
    found["cases"] = len(ready.rows)
    found["left_out"] = quality_rows(left_out(reports, screening, problem_type=kind))
    found["rejected"] = rejected
    found["quality"] = quality_rows(find_drift(reports, time_zone=zone))
    return found


def _refuse_nothing(
    file: Path,
    reports: Reports,
    kind: str,
    rejected: list[dict[str, object]],
    where: tuple[str, ...],
) -> None:
    """Say why there is nothing to scan: no usable row, or none of what was asked for."""
    if not len(reports):
        why = f"row {rejected[0]['row']}: {rejected[0]['reason']}" if rejected else "no rows"
        raise click.ClickException(f"{file.name}: no row can be used ({why})")
    if not kind or kind in reports.problem_types:
        return
    if where:
        raise click.ClickException(
            f"{file.name}: none of {len(reports)} rows has {' and '.join(where)}; write the value "
            "as it stands in the file"
        )
    known = sorted(reports.problem_types)
    near = get_close_matches(kind, known, n=5, cutoff=0.4) or known[:5]
    raise click.ClickException(
        f"{file.name}: no report is of type {kind}; there are {len(known)} types, "
        f"{', '.join(near)} among them"
    )


def _watched(data: ScanInput, settings: ScanSettings) -> ScanResult:
    """Scan; on a terminal show how far it is. Ctrl-C ends it with what is found so far."""
    from eutopia.core.diagnose.scan.analysis import scan as run

    started = time.monotonic()
    with Watched(shown=sys.stderr.isatty()) as watched:

        def going_on(made: int) -> bool:
            seconds = time.monotonic() - started
            words = f"{seconds:6.1f} s  {made} of {settings.replications} replications"
            return watched.show(f"{words}; Ctrl-C keeps what is found", seconds)

        return run(data, settings=settings, going_on=going_on)


def _warn_of_crowds(data: ScanInput, *, radius_km: float, longest: int) -> None:
    """Say beforehand where circles are so full that a scan takes very long, and what helps."""
    from scipy.spatial import cKDTree

    tree = cKDTree(data.points[data.case_location])
    inside = tree.query_ball_point(data.points, radius_km, return_length=True).mean()
    together = inside * min(1.0, longest / data.periods)
    if together > _CROWDED:
        click.echo(
            f"a circle holds {together:.0f} cases a span on average: a replication takes about a "
            "second. Sooner: one kind (--where, --problem-type), a smaller --radius-km or "
            "--longest-days",
            err=True,
        )


def _read(file: Path, options: dict[str, Any]) -> tuple[Reports, list[dict[str, object]], str]:
    if options["mapping"]:
        from eutopia.core.listen.intake import load_mapping

        if options["where"]:
            raise click.UsageError("--where goes with --lon, --lat and --time")
        reports, rejected = read_columns(file, options["mapping"])
        return reports, rejected, load_mapping(options["mapping"]).time_zone
    if not all(options[name] for name in ("lon", "lat", "time_column")):
        raise click.UsageError("name the columns: --lon, --lat and --time, or give a --mapping")
    return (*_read_by_columns(file, options), options["time_zone"])


def _read_by_columns(
    file: Path, options: dict[str, Any]
) -> tuple[Reports, list[dict[str, object]]]:
    """Read three columns and filters; rows that can't be used come back with their reason."""
    from datetime import UTC
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    from eutopia.core.listen.row_files import file_format, rows_of
    from eutopia.core.records import Report, Reports

    wanted = [pair.partition("=")[::2] for pair in options["where"]]
    try:
        zone = ZoneInfo(options["time_zone"])
    except (ZoneInfoNotFoundError, ValueError):
        raise click.UsageError(f"--time-zone {options['time_zone']}: no IANA name") from None
    rows, rejected = [], []
    columns = [options["lon"], options["lat"], options["time_column"], *(c for c, _ in wanted)]
    for number, row in rows_of(file, kind=file_format(file), delimiter=None):
        missing = [c for c in columns if c not in row]
        if missing:
            raise click.ClickException(
                f"{file.name}: no column {missing[0]}; it has {', '.join(row)}"
            )
        asked = all(str(row[c]) == value for c, value in wanted)
        try:
            moment = _moment(str(row[options["time_column"]]), options["time_format"])
            place = [_degrees(row[options[name]]) for name in ("lon", "lat")]
        except ValueError as error:
            rejected.append({"file": file.name, "row": number, "reason": str(error)})
            continue
        moment = moment.replace(tzinfo=zone) if moment.tzinfo is None else moment
        here = None not in place
        rows.append(
            Report(
                str(number),
                moment.astimezone(UTC),
                "case" if asked else "other",
                place[0] if here else None,
                place[1] if here else None,
            )
        )
    return Reports.from_rows(rows), rejected


def _moment(text: str, pattern: str | None) -> Any:
    from datetime import datetime

    if pattern:
        return datetime.strptime(text.strip(), pattern)  # noqa: DTZ007 - the zone is added after
    for known in (None, "%m/%d/%Y %I:%M:%S %p", "%Y/%m/%d", "%d.%m.%Y %H:%M", "%d.%m.%Y"):
        try:
            if known is None:
                return datetime.fromisoformat(text.strip())
            return datetime.strptime(text.strip(), known)  # noqa: DTZ007 - the zone is added after
        except ValueError:
            continue
    raise ValueError(f"{text!r} is no time: write it like 2026-03-01T14:30 or give --time-format")


def _degrees(cell: object) -> float | None:
    text = str(cell or "").strip().replace(",", ".")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = nan
    if not abs(value) <= 180:
        raise ValueError(f"{text!r} is not a number of degrees")
    return value


def _workers(options: dict[str, Any]) -> int:
    return options["workers"] or min(8, os.cpu_count() or 1)


def _object(
    result: ScanResult,
    names: tuple[tuple[str, ...], ...],
    centres: np.ndarray,
    spans: list[tuple[str, str]],
) -> dict[str, Any]:
    return {
        "clusters": [
            {
                "location_ids": [name for m in cluster.members for name in names[m]],
                "centre": centres[cluster.centre].tolist(),
                "radius_km": round(cluster.radius, 6),
                "start": start,
                "end": end,
                "cases": cluster.cases,
                "expected": cluster.expected,
                "llr": cluster.ratio,
                "p": cluster.p,
                "p_gumbel": cluster.p_gumbel,
            }
            for cluster, (start, end) in zip(result.clusters, spans, strict=True)
        ],
        "replications": result.replications,
        "interrupted": result.interrupted,
    }


def _print(found: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    unit = "" if found.get("coordinates") == "plane" else " km"
    # Of reports a location is a point: the centre and the number of points tell more.
    where = ("centre", "points") if "rejected" in found else ("locations",)
    shown = Table(box=None)
    for title in ("LLR", "p", "cases", "expected", "from", "to", f"radius{unit}", *where):
        shown.add_column(title, justify="left" if title == "locations" else "right")
    for c in found["clusters"][:20]:
        p = "" if c["p"] is None else f"{c['p']:.3f}"
        shown.add_row(f"{c['llr']:.3f}", p, str(c["cases"]), f"{c['expected']:.2f}", c["start"],
                      c["end"], f"{c['radius_km']:.2f}", *_where(c, where))  # fmt: skip
    # Days and places are told whole: a narrow terminal folds the lines itself.
    console = Console(highlight=False, width=max(Console().width, _WIDTH))
    console.print(shown)
    ended = ", stopped before its end" if found["interrupted"] else ""
    console.print(f"{found['replications']} replications, {found['seconds']} s{ended}")
    for note in found["left_out"]:
        first = f" (first {note['first']})" if "first" in note else ""
        console.print(f"left out: {note.get('reason') or note.get('code')}: {note['count']}{first}")
    for note in found.get("quality", ()):
        console.print(f"to be looked at: {note['code']}: {note['count']} reports")
    if rejected := found.get("rejected"):
        first = rejected[0]
        console.print(f"rejected: {len(rejected)} rows (row {first['row']}: {first['reason']} …)")


def _where(cluster: dict[str, Any], titles: tuple[str, ...]) -> tuple[str, ...]:
    ids = cluster["location_ids"]
    if titles == ("locations",):
        return (", ".join(ids[:4]) + (" …" if len(ids) > 4 else ""),)
    return ", ".join(f"{value:.5f}" for value in cluster["centre"]), str(len(ids))
