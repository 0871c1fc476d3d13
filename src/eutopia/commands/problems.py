"""`eutopia problems`: what keeps coming back behind a file of reports."""

from __future__ import annotations

import json
import time
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from eutopia.commands.duplicates import quality_rows, read_columns

if TYPE_CHECKING:
    from eutopia.core.listen.kept_links import KeptLinks
    from eutopia.core.records import Problem, ProblemType, Reports

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("reports", type=_FILE)
@click.option("--mapping", required=True, help="YAML file, or the name of one that ships.")
@click.option(
    "--pack",
    "packs",
    multiple=True,
    help="Packs with the problem types; the mapping's own by default.",
)
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Today; the last report's day.")
@click.option("--hour-value", help="Price of a resident's hour, like 15.00 USD.")
@click.option("--horizon", type=click.IntRange(1, 50), default=5, show_default=True)
@click.option("--discount", default="0.05", show_default=True, help="Rate a year, in real terms.")
@click.option(
    "--kept",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File of what was compared: read if it is there, so that only new and changed reports "
    "are compared, and written anew.",
)
@click.option("--weather", type=_FILE, help="Table of daily weather, weighed among the causes.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as one object.")
def problems(reports: Path, mapping: str, as_json: bool, **options: Any) -> None:
    """Find what keeps coming back in REPORTS: where, why, at what cost, whose it is.

    Without a register of assets only the reports speak; the demo and the site join it in.
    """
    from eutopia.core.diagnose.indicators import systemic_indicators
    from eutopia.core.diagnose.problems import find_problems
    from eutopia.core.diagnose.recurrence import count_recurrences
    from eutopia.core.kit.drift import find_drift
    from eutopia.core.kit.screening import screen_reports
    from eutopia.core.listen.duplicate_models import load_model, shipped_models
    from eutopia.core.listen.intake import join_types, load_mapping
    from eutopia.core.listen.kept_links import regroup_duplicates
    from eutopia.core.listen.weather import read_weather

    started = time.perf_counter()
    columns, rejected = read_columns(reports, mapping)
    if not len(columns):
        raise click.ClickException(f"{reports.name}: no usable report; --json lists the reasons")
    try:
        source = load_mapping(mapping)
        # Duplicates are sought among what makes problems: the joined types, by their own model.
        own, zone = source.joined or source.id, source.time_zone
        model = load_model(own if own in shipped_models() else "general")
        told, columns = columns, join_types(columns, source)
        as_of = options["as_of"].date() if options["as_of"] else _last_day(columns)
        types = _problem_types(mapping, options["packs"], as_of)
        regrouped = regroup_duplicates(columns, model=model, kept=_read_kept(options["kept"]))
        groups = regrouped.groups
        found = find_problems(
            columns, groups=groups, territory=_territory(mapping, types),
            interruptions=(), problem_types=types, as_of=as_of, settings=_settings(options),
            weather=read_weather(options["weather"])[0] if options["weather"] else (),
        )  # fmt: skip
        table = count_recurrences(columns, groups=groups)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    if options["kept"]:
        _write_kept(options["kept"], regrouped.kept)
    shown = {
        "problems": [_object(problem) for problem in found],
        "indicators": systemic_indicators(found, table=table, as_of=as_of).as_pairs(),
        "as_of": as_of.isoformat(),
        "reports": len(columns),
        "compared": regrouped.compared,
        "rejected": rejected,
        "quality": quality_rows((*screen_reports(told).notes, *find_drift(told, time_zone=zone))),
        "seconds": round(time.perf_counter() - started, 3),
    }
    if as_json:
        click.echo(json.dumps(shown, ensure_ascii=False, allow_nan=False))
    else:
        _print(found, shown)


def _read_kept(path: Path | None) -> KeptLinks | None:
    from zipfile import BadZipFile

    from eutopia.core.listen.kept_links import KeptLinks

    if path is None or not path.exists():
        return None
    try:
        return KeptLinks.from_bytes(path.read_bytes())
    except (ValueError, KeyError, OSError, BadZipFile):
        raise ValueError(
            f"{path.name}: not a file that --kept wrote; name another, or delete it"
        ) from None


def _write_kept(path: Path, kept: KeptLinks) -> None:
    partial = path.with_name(path.name + ".part")
    partial.write_bytes(kept.to_bytes())
    partial.replace(path)


def _last_day(columns: Reports) -> date:
    import numpy as np

    last = columns.opened[~np.isnat(columns.opened)].max()
    day: date = last.astype("datetime64[D]").astype(object)
    return day


def _problem_types(mapping: str, packs: tuple[str, ...], as_of: date) -> tuple[ProblemType, ...]:
    from eutopia.core.listen.intake import PACKS
    from eutopia.core.norms import load_norms

    if not packs:
        shipped = {p.stem: p.parents[1].name for p in PACKS.glob("*/mappings/*.yaml")}
        own = shipped.get(Path(mapping).stem)
        if own is None:
            raise ValueError("name the packs with the problem types: --pack ID")
        packs = (own,)
    return load_norms(packs).at(as_of).problem_types()


def _territory(mapping: str, types: tuple[ProblemType, ...]) -> Any:
    from eutopia.core.listen.intake import load_mapping
    from eutopia.core.records import Territory

    loaded = load_mapping(mapping)
    currency = types[0].response_cost.currency if types else "XXX"
    return Territory(loaded.id, loaded.title, loaded.time_zone, currency, False, ())


def _settings(options: dict[str, Any]) -> Any:
    from decimal import InvalidOperation

    from eutopia.core.diagnose.problems import ProblemSettings
    from eutopia.core.records import Money

    hour = None
    try:
        if options["hour_value"]:
            amount, currency = options["hour_value"].split()
            hour = Money(Decimal(amount), currency)
        rate = Decimal(options["discount"])
    except (ValueError, InvalidOperation):
        raise ValueError("give --hour-value like '15.00 USD' and --discount like 0.05") from None
    return ProblemSettings(hour_value=hour, horizon_years=options["horizon"], discount_rate=rate)


def _object(problem: Problem) -> dict[str, Any]:
    from dataclasses import asdict

    found = asdict(problem)
    for name in ("first_seen", "last_seen"):
        found[name] = found[name].isoformat()
    for name in ("lon", "lat"):
        found[name] = None if found[name] != found[name] else found[name]
    cost = problem.cost
    found["cost"] = {
        "repeats_per_year": cost.repeats_per_year,
        "horizon_years": cost.horizon_years,
        "discount_rate": str(cost.discount_rate),
        "currency": cost.total.currency,
        **{
            name: str(getattr(cost, name).amount)
            for name in ("response", "residents_time", "total", "low", "high")
        },
    }
    return found


def _print(found: tuple[Problem, ...], shown: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None)
    for title in ("id", "type", "place", "events", "a year", "cost", "80 %"):
        table.add_column(title, justify="left" if title in ("id", "type", "place") else "right")
    for p in found[:25]:
        cost = p.cost
        table.add_row(
            p.id, p.problem_type, p.place, str(p.events), f"{cost.repeats_per_year:.1f}",
            f"{cost.total.amount:,.0f} {cost.total.currency}",
            f"{cost.low.amount:,.0f}–{cost.high.amount:,.0f}",
        )  # fmt: skip
    console = Console(highlight=False)
    console.print(table)
    console.print(f"{len(found)} problems in {shown['reports']} reports, {shown['seconds']} s")
    for name, value in shown["indicators"].items():
        console.print(f"  {name}: {value}")
    for note in shown["quality"]:
        console.print(f"  {note['code']}: {note['count']} reports, {note['treatment']}")
