"""Rows that can't be used: which, for which field, why, and what would mend it."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from pathlib import Path

from eutopia.core.kit.spreadsheet import inert


class Said(str):
    """Words for people that name values: English as it stands, and all that a translator needs.

    Examples
    --------
    >>> words = Said("not %(currency)s, as here", currency="RUB")
    >>> words, words.pattern, words.values
    ('not RUB, as here', 'not %(currency)s, as here', {'currency': 'RUB'})
    """

    __slots__ = ("pattern", "values")
    pattern: str
    values: dict[str, object]

    def __new__(cls, pattern: str, **values: object) -> Said:
        made = super().__new__(cls, pattern % values if values else pattern)
        made.pattern, made.values = pattern, values
        return made


class CellFault(Exception):  # noqa: N818 - a verdict on a cell, not on the program.
    """A cell that can't be used: its field, what stands there, why not, and the mend."""

    def __init__(self, field: str, value: object, reason: Said, mend: Said) -> None:
        super().__init__(f"{field}: {reason}; {mend}")
        self.field, self.value, self.reason, self.mend = field, str(value)[:200], reason, mend

    def at(self, file: str, row: int) -> Rejection:
        """Which row does it set aside?"""
        return Rejection(file, row, self.field, self.value, self.reason, self.mend)


@dataclass(frozen=True, slots=True)
class Rejection:
    """Which row was set aside, for which field, why, and what would mend it?"""

    file: str
    row: int
    field: str
    value: str
    reason: Said
    mend: Said


def write_rejections(
    rejections: Iterable[Rejection], path: Path, *, words: Callable[[Said], str] = str
) -> int:
    """How many rows were set aside? They are written to `path` as CSV, whole or not at all.

    Parameters
    ----------
    rejections
        In any order; written as they come.
    path
        Written anew; left as it was when there is nothing to write.
    words
        Puts reason and mend into the reader's language; without it they are English.

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
            cells = (r.file, r.row, r.field, r.value, words(r.reason), words(r.mend))
            writer.writerow([inert(cell) for cell in cells])
            count += 1
    if count:
        partial.replace(path)
    else:
        partial.unlink()
    return count
