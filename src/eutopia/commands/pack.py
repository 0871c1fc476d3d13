"""`eutopia pack`: check, show and compare packs of norms."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from eutopia.core.norms import (
    BUILT_IN,
    Pack,
    PackError,
    load_norms,
    pack_folder,
    pack_ids,
    read_pack,
)
from eutopia.core.norms.difference import pack_difference, said

_ROOT = click.option(
    "--root",
    "roots",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with packs of your own; looked through before the built-in ones.",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def pack() -> None:
    """Norms as data: check, show and compare packs."""


@pack.command()
@click.argument("packs", nargs=-1, metavar="[PATH|ID]...")
@_ROOT
@_JSON
def check(packs: tuple[str, ...], roots: tuple[Path, ...], as_json: bool) -> None:
    """Read packs whole and name every fault by file, line, field and mend.

    Without an argument every pack known is checked. Ends with status 1 when there is a fault.
    """
    where = (*roots, BUILT_IN)
    read: list[Pack] = []
    faults: list[str] = []
    for name in packs or pack_ids(roots=where):
        try:
            read.append(read_pack(_folder(name, where)))
        except PackError as error:
            faults += [str(fault) for fault in error.faults]
    if as_json:
        click.echo(_json({"packs": [_summary(one) for one in read], "faults": faults}))
    else:
        _print_summaries(read)
        for fault in faults:
            click.echo(fault, err=True)
        click.echo(f"{len(read)} packs read, {len(faults)} faults")
    if faults:
        raise SystemExit(1)


@pack.command()
@click.argument("pack_id", metavar="PATH|ID")
@click.argument("path", required=False, default="")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Day; today when not given.")
@click.option("--language", default="en", show_default=True, help="Language of descriptions.")
@_ROOT
@_JSON
def show(
    pack_id: str,
    path: str,
    as_of: datetime | None,
    language: str,
    roots: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Show what a pack says on a day: all of it, or what starts with PATH."""
    day = as_of.date() if as_of else date.today()  # noqa: DTZ011 -- the user's own day
    where = (*roots, BUILT_IN)
    try:
        folder = _folder(pack_id, where)
        norms = load_norms([folder.name], roots=(folder.parent,)).at(day)
    except PackError as error:
        raise click.ClickException(str(error)) from error
    rows = [
        row
        for table in norms.tables
        for row in norms.rows(table)
        if row.key.startswith(path) or row.table == path
    ]
    if not rows:
        raise click.ClickException(
            f"nothing under '{path}' in {pack_id} on {day}; see `pack show {pack_id}`"
        )
    if as_json:
        click.echo(_json([_row(row, language) for row in rows]))
    else:
        _print_rows(f"{norms.edition}, {day}", [_row(row, language) for row in rows])


@pack.command()
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@_ROOT
@_JSON
def diff(old: str, new: str, roots: tuple[Path, ...], as_json: bool) -> None:
    """Show which rows were added, removed or changed between two packs or editions."""
    where = (*roots, BUILT_IN)
    try:
        packs = [read_pack(_folder(name, where)) for name in (old, new)]
    except PackError as error:
        raise click.ClickException(str(error)) from error
    changes = pack_difference(*packs)
    if as_json:
        click.echo(
            _json(
                [
                    {
                        "change": change.kind,
                        "table": change.table,
                        "key": change.key,
                        "from": change.valid_from,
                        "fields": [
                            dict(zip(("field", "old", "new"), d, strict=True))
                            for d in change.details
                        ],
                    }
                    for change in changes
                ]
            )
        )
        return
    sign = {"added": "+", "removed": "-", "changed": "~"}
    for change in changes:
        since = f" from {change.valid_from}" if change.valid_from else ""
        click.echo(f"{sign[change.kind]} {change.table} {change.key}{since}")
        for name, before, after in change.details:
            click.echo(f"    {name}: {before} -> {after}")
    counts = Counter(change.kind for change in changes)
    click.echo(", ".join(f"{counts[kind]} {kind}" for kind in sign))


def _folder(name: str, roots: tuple[Path, ...]) -> Path:
    path = Path(name)
    if path.is_dir() and ("/" in name or (path / "pack.yaml").is_file()):
        return path.resolve()
    return pack_folder(name, roots=roots)


def _grades(one: Pack) -> Counter[str]:
    grades: Counter[str] = Counter()
    for row in one.rows:
        source = getattr(row.record, "source", None)
        if source is not None:
            grades[source.verification] += 1
    return grades


def _summary(one: Pack) -> dict[str, Any]:
    return {
        "id": one.edition.id,
        "edition": one.edition.edition,
        "jurisdiction": one.edition.jurisdiction,
        "digest": one.edition.digest,
        "rows": dict(Counter(row.table for row in one.rows)),
        "grades": dict(sorted(_grades(one).items())),
    }


def _row(row: Any, language: str) -> dict[str, Any]:
    record = row.record
    words = getattr(record, "description", None) or getattr(record, "title", None)
    source = getattr(record, "source", None)
    skipped = {"path", "code", "id", "source", "description", "title", "valid_from", "valid_to"}
    shown = (
        {"value": record.value, "unit": record.unit}
        if row.table == "params"
        else {
            name: value
            for name in record.__dataclass_fields__
            if name not in skipped and (value := getattr(record, name)) not in ((), None, "")
        }
    )
    return {
        "table": row.table,
        "key": row.key,
        "says": {name: said(value) for name, value in shown.items()},
        "words": words.to(language) if words else "",
        "from": row.valid_from,
        "to": row.valid_to,
        "act": source.act if source else "",
        "article": source.article if source else "",
        "url": source.url if source else "",
        "verification": source.verification if source else "",
        "origin": row.origin,
    }


def _print_summaries(read: list[Pack]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(caption="A: two sources, B: one source, C: unverified")
    for column in ("pack", "edition", "rows", "A", "B", "C", "digest"):
        table.add_column(column, overflow="fold")
    for one in read:
        summary = _summary(one)
        rows = ", ".join(f"{count} {name}" for name, count in summary["rows"].items())
        grades = [str(summary["grades"].get(grade, 0)) for grade in "ABC"]
        table.add_row(one.edition.id, one.edition.edition, rows, *grades, one.edition.digest[:12])
    if read:
        Console().print(table)


def _print_rows(title: str, rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, show_lines=True)
    for column in ("what", "says", "in force", "source"):
        table.add_column(column, overflow="fold")
    for row in rows:
        says = row["says"]
        value = (
            f"{says['value']} {says['unit']}"
            if row["table"] == "params"
            else "\n".join(f"{name}: {text}" for name, text in says.items())
        )
        force = f"{row['from'] or '...'} to {row['to'] or '...'}"
        grade = row["verification"] + (" (unverified)" if row["verification"] == "C" else "")
        table.add_row(
            f"[bold]{row['key']}[/bold]\n{row['words']}".strip(),
            value,
            force,
            f"{row['article'] or row['act']} [{grade}]".replace("[", "\\["),
        )
    Console().print(table)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)
