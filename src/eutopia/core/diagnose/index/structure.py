"""What an index is made of: indicators in a tree, and a table of units by indicators."""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_MISSING = frozenset({"", "NA", "NaN", "nan", "null"})


class IndexTableError(ValueError):
    """A table of the index can't be used: says which file, row and column, and the mend."""


@dataclass(frozen=True, slots=True)
class Node:
    """Which indicator or aggregate, under which parent, with which weight and direction?

    `level` 1 is an indicator; aggregates stand above. `direction` 1: more is better, -1: less is.
    `denominator` is the code of the column it is divided by. `parent` is empty at the top.
    """

    code: str
    name: str
    level: int
    parent: str
    direction: int = 1
    weight: float = 1.0
    denominator: str = ""
    unit: str = ""
    target: float | None = None


@dataclass(frozen=True, slots=True)
class IndexTable:
    """Which values have the units (towns, districts) in each indicator?

    `values` has shape (units, indicators), NaN where missing, columns as `indicators`;
    `denominators` likewise for columns that others are divided by. `groups` are pairs of a
    grouping's name and the group of each unit.
    """

    units: tuple[str, ...]
    names: tuple[str, ...]
    indicators: tuple[Node, ...]
    aggregates: tuple[Node, ...]
    values: Floats
    denominators: tuple[tuple[str, Floats], ...] = ()
    groups: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def children(self, code: str) -> tuple[Node, ...]:
        """Which nodes stand right below an aggregate, in the table's order?"""
        return tuple(n for n in (*self.indicators, *self.aggregates) if n.parent == code)

    def levels(self) -> tuple[tuple[Node, ...], ...]:
        """The aggregates, lowest level first."""
        return tuple(
            tuple(n for n in self.aggregates if n.level == level)
            for level in sorted({n.level for n in self.aggregates})
        )


def read_index_table(data: Path, meta: Path) -> IndexTable:
    """Which index do two tables describe: the units' values and the indicators' metadata?

    Parameters
    ----------
    data
        CSV, a row a unit: `uCode`, `uName` (optional), a column an indicator, a denominator or a
        grouping (COINr's iData).
    meta
        CSV, a row a column of `data` or an aggregate: `Level`, `iCode`, `iName`, `Direction`,
        `Weight`, `Unit`, `Target`, `Denominator`, `Parent`, `Type` (Indicator, Aggregate,
        Denominator, Group, Other; COINr's iMeta).

    Raises
    ------
    IndexTableError
        A column is missing, a code is not unique, a parent or denominator is unknown, a cell is no
        number.

    Notes
    -----
    `NA` and empty cells are missing. O(units * indicators).
    """
    columns = _rows(meta, required=("iCode", "Level", "Type"))
    nodes = [_node(row, meta.name) for row in columns]
    kinds = {row["iCode"]: row["Type"] for row in columns}
    if len(kinds) != len(columns):
        repeated, _ = Counter(row["iCode"] for row in columns).most_common(1)[0]
        raise IndexTableError(f"{meta.name}: iCode {repeated!r} stands twice; rename one")
    _check_tree(nodes, kinds, meta.name)
    rows = _rows(data, required=("uCode",))
    _check_units(rows, data.name)

    def of(kind: str) -> tuple[Node, ...]:
        return tuple(n for n in nodes if kinds[n.code] == kind)

    indicators = of("Indicator")
    if not indicators or not of("Aggregate"):
        raise IndexTableError(
            f"{meta.name}: an index needs rows of Type Indicator and of Type Aggregate; add them"
        )
    return IndexTable(
        units=tuple(row["uCode"] for row in rows),
        names=tuple(row.get("uName", row["uCode"]) for row in rows),
        indicators=indicators,
        aggregates=of("Aggregate"),
        values=np.column_stack([_numbers(rows, n.code, data.name) for n in indicators]),
        denominators=tuple((n.code, _numbers(rows, n.code, data.name)) for n in of("Denominator")),
        groups=tuple((n.code, _words(rows, n.code, data.name)) for n in of("Group")),
    )


def _check_units(rows: list[dict[str, str]], file: str) -> None:
    if not rows:
        raise IndexTableError(f"{file}: no row below the heading; add a row for each unit")
    code, times = Counter(row["uCode"] for row in rows).most_common(1)[0]
    if times > 1:
        raise IndexTableError(
            f"{file}: uCode {code!r} stands {times} times; keep one row a unit (one point in time)"
        )


def _words(rows: list[dict[str, str]], code: str, file: str) -> tuple[str, ...]:
    if code not in rows[0]:
        raise IndexTableError(f"{file}: no column {code!r}, which the metadata name; add it")
    return tuple(row[code] or "" for row in rows)


def _rows(path: Path, *, required: Sequence[str]) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        lacking = [name for name in required if name not in (reader.fieldnames or ())]
        if lacking:
            raise IndexTableError(f"{path.name}: no column {lacking[0]!r}; add it")
        return list(reader)


def _node(row: dict[str, str], file: str) -> Node:
    def number(column: str, default: float) -> float:
        text = (row.get(column) or "").strip()
        try:
            return default if text in _MISSING else float(text)
        except ValueError:
            raise IndexTableError(
                f"{file}: {row['iCode']}: {column} {text!r} is no number; write one or NA"
            ) from None

    def word(column: str) -> str:
        text = (row.get(column) or "").strip()
        return "" if text in _MISSING else text

    target = number("Target", math.nan)
    return Node(
        code=row["iCode"],
        name=word("iName") or row["iCode"],
        level=int(number("Level", 0)),
        parent=word("Parent"),
        direction=int(number("Direction", 1)),
        weight=number("Weight", 1.0),
        denominator=word("Denominator"),
        unit=word("Unit"),
        target=None if math.isnan(target) else target,
    )


_KINDS = ("Indicator", "Aggregate", "Denominator", "Group", "Other")


def _check_tree(nodes: list[Node], kinds: dict[str, str], file: str) -> None:
    level = {node.code: node.level for node in nodes}
    tops = [n.code for n in nodes if kinds[n.code] == "Aggregate" and not n.parent]
    if len(tops) > 1:
        raise IndexTableError(
            f"{file}: {', '.join(tops)} all stand at the top; give all but one a Parent"
        )
    for node in nodes:
        if kinds[node.code] not in _KINDS:
            raise IndexTableError(
                f"{file}: {node.code}: Type {kinds[node.code]!r} is none of {', '.join(_KINDS)}"
            )
        if level.get(node.parent, node.level + 1) <= node.level:
            raise IndexTableError(
                f"{file}: {node.code}: its parent {node.parent!r} must stand at a higher Level"
            )
        if node.parent and kinds.get(node.parent) != "Aggregate":
            raise IndexTableError(
                f"{file}: {node.code}: parent {node.parent!r} is no Aggregate of this file; add it"
            )
        if node.denominator and kinds.get(node.denominator) != "Denominator":
            raise IndexTableError(
                f"{file}: {node.code}: denominator {node.denominator!r} is no Denominator; add it"
            )
        if node.direction not in (-1, 1):
            raise IndexTableError(f"{file}: {node.code}: direction is 1 or -1")
        if kinds[node.code] == "Indicator" and node.level != 1:
            raise IndexTableError(f"{file}: {node.code}: an indicator stands at level 1")


def _numbers(rows: list[dict[str, str]], code: str, file: str) -> Floats:
    column = np.empty(len(rows))
    for i, row in enumerate(rows):
        text = row.get(code)
        if text is None:
            raise IndexTableError(f"{file}: no column {code!r}, which the metadata name; add it")
        try:
            column[i] = math.nan if text.strip() in _MISSING else float(text)
        except ValueError:
            column[i] = math.inf
        if math.isinf(column[i]):
            raise IndexTableError(
                f"{file}: row {i + 2}, {code}: {text!r} is no number; write one or NA"
            )
    return column
