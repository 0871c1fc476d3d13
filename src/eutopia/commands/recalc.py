"""`eutopia recalc`: what is owed back in one case, line by line with its article."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from eutopia.core.norms import BUILT_IN, PackError, load_norms
from eutopia.core.records import Text


@click.command()
@click.argument(
    "case_file", metavar="CASE.yaml", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--pack",
    "packs",
    multiple=True,
    required=True,
    help="Pack of norms; may be given again, later wins.",
)
@click.option(
    "--root",
    "roots",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with packs of your own.",
)
@click.option(
    "--billing",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write the lines as CSV for a billing system.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def recalc(
    case_file: Path,
    packs: tuple[str, ...],
    roots: tuple[Path, ...],
    billing: Path | None,
    as_json: bool,
) -> None:
    """Compute what is owed back in a case: service, events with measured values, fee.

    Ends with status 1 when the case says what it expects and something else is found.
    """
    from eutopia.core.evaluate.cases import differences, read_cases, run_case

    try:
        norms = load_norms(packs, roots=(*roots, BUILT_IN))
        cases = read_cases(case_file)
        found = [(case, run_case(case, norms=norms)) for case in cases]
    except (PackError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    if billing is not None:
        from eutopia.core.evaluate.billing import write_billing

        with billing.open("w", encoding="utf-8", newline="") as file:
            write_billing((result for _, result in found), file)
    wrong = [said for case, result in found for said in differences(case, result)]
    if as_json:
        results = [{"case": case.name, **_plain(result)} for case, result in found]
        click.echo(
            json.dumps(
                results[0] if len(results) == 1 else results,
                ensure_ascii=False,
                indent=2,
                default=str,
            )
        )
    else:
        for case, result in found:
            _print(case.name, result, norms.at(case.charge.period).remedy_notes())
    for said in wrong:
        click.echo(said, err=True)
    if wrong:
        raise SystemExit(1)


def _plain(value: Any) -> Any:
    """Records as JSON: money as text, dates by `default=str`."""
    if hasattr(value, "currency"):
        return f"{value.amount} {value.currency}"
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, tuple) and all(isinstance(one, tuple) and len(one) == 2 for one in value):
        return {key: _plain(inner) for key, inner in value}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value


def _path(line: Any) -> str:
    """Path of a norm, broken at its dots: a narrow terminal would break it in its words."""
    return str(line.norm_path).replace(".", ".\n", 1).replace(".remedies.", ".\n")


def _when(supplied: str) -> str:
    """Local times; the month is in the title, the offset in the JSON, unless clocks change."""
    spans = [[datetime.fromisoformat(at) for at in one.split("/")] for one in supplied.split("; ")]
    same = len({at.utcoffset() for span in spans for at in span}) == 1
    shape = "%m-%d %H:%M" if same else "%m-%d %H:%M%z"
    return "\n".join(" to\n".join(at.strftime(shape) for at in span) for span in spans)


def _print(name: str, result: Any, explained: Mapping[str, Text]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    charge = result.charge
    fee = f"{charge.fee.amount} {charge.fee.currency}"
    title = f"{name or charge.service}\n{charge.service}, {charge.period:%Y-%m}, fee {fee}"
    table = Table(title=title, show_footer=True, box=SIMPLE_HEAD, show_lines=True)
    for column in ("norm", "when", "permitted", "excess", "percent", "amount"):
        table.add_column(column, overflow="fold")
    table.columns[0].footer = "owed back" + (" (cut to the fee)" if result.capped else "")
    table.columns[5].footer = f"{result.amount.amount} {result.amount.currency}"
    for line in result.lines:
        grade = " unverified" if line.verification == "C" else ""
        table.add_row(
            f"{_path(line)}\n{line.article} [{line.verification}{grade}]".replace("[", "\\["),
            _when(line.supplied),
            str(line.permitted),
            f"{line.excess} {line.unit}",
            str(line.percent),
            str(line.amount.amount),
        )
    for line in result.advisory:
        table.add_row(
            f"{_path(line)}\n{line.article} (advisory)",
            _when(line.supplied),
            "",
            f"{line.hours} h",
            f"{line.low} to {line.high}",
            f"{line.amount_low.amount} to {line.amount_high.amount}",
        )
    console = Console()
    console.print(table)
    notes = {
        line.article: explained[line.norm_path].to("en")
        for line in result.lines
        if line.norm_path in explained
    }
    for label, pairs in (
        ("set aside", result.set_aside),
        ("assumed", result.assumed),
        ("note", result.notes),
        ("why", notes.items()),
    ):
        for key, what in pairs:
            console.print(f"{label}: {key}: {what}", highlight=False, markup=False)
    console.print(f"norms: {result.edition}", highlight=False, markup=False)
