"""What changed between two editions of a pack?"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from typing import Any

from eutopia.core.norms.packs import Pack
from eutopia.core.norms.rows import Row
from eutopia.core.records.norms import Source


@dataclass(frozen=True, slots=True)
class Change:
    """One row that was added, removed or changed; `details` are triples of field, old and new."""

    kind: str
    table: str
    key: str
    valid_from: date | None
    details: tuple[tuple[str, str, str], ...] = ()


def pack_difference(old: Pack, new: Pack) -> tuple[Change, ...]:
    """Which rows were added, removed or changed?

    Notes
    -----
    Rows are matched by table, key and first day in force; where a row lies in the file does not
    matter. Order: by table as in the packs, then key.
    """
    before, after = _rows(old), _rows(new)
    changes = []
    for where in sorted(before.keys() | after.keys(), key=_order):
        table, key, since = where
        if where not in after:
            changes.append(Change("removed", table, key, since))
        elif where not in before:
            changes.append(Change("added", table, key, since))
        else:
            details = tuple(_details(before[where], after[where]))
            if details:
                changes.append(Change("changed", table, key, since, details))
    return tuple(changes)


def _order(where: tuple[str, str, date | None]) -> tuple[str, str, date]:
    return where[0], where[1], where[2] or date.min


def _rows(pack: Pack) -> dict[tuple[str, str, date | None], Row]:
    return {(row.table, row.key, row.valid_from): row for row in pack.rows}


def _details(old: Row, new: Row) -> list[tuple[str, str, str]]:
    details = []
    if old.valid_to != new.valid_to:
        details.append(("to", said(old.valid_to), said(new.valid_to)))
    for field in fields(old.record):
        before, after = (getattr(row.record, field.name) for row in (old, new))
        if _without_origin(before) != _without_origin(after) and field.name != "valid_to":
            details.append((field.name, said(before), said(after)))
    return details


def _without_origin(value: Any) -> Any:
    if isinstance(value, Source):
        return replace(value, origin="")
    if isinstance(value, tuple):
        return tuple(_without_origin(item) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        return tuple((f.name, _without_origin(getattr(value, f.name))) for f in fields(value))
    return value


def said(value: Any) -> str:
    """How is a value shown in one line?"""
    if value is None or value == ():
        return "-"
    if isinstance(value, tuple):
        return ", ".join(
            f"{item[0]}: {said(item[1])}"
            if isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str)
            else said(item)
            for item in value
        )
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Source):
        return f"{value.act}, {value.article} ({value.verification}) {value.url}".strip()
    if hasattr(value, "forms"):
        return "; ".join(f"{language}: {wording}" for language, wording in value.forms)
    if hasattr(value, "currency"):
        return f"{value.amount} {value.currency}"
    if is_dataclass(value) and not isinstance(value, type):
        shown = ((f.name, getattr(value, f.name)) for f in fields(value))
        return "{" + ", ".join(f"{n}: {said(v)}" for n, v in shown if v not in (None, ())) + "}"
    return str(value)
