"""Reading statistics that people enter: from a table, row by row, what cannot be used set aside."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from eutopia.core.records import Statistic

COLUMNS = ("indicator", "district", "day", "value", "source")
LARGEST = Decimal(10) ** 15


class FiguresError(ValueError):
    """The table cannot be read as a whole: columns are `lacking`; nothing of it is used."""

    def __init__(self, lacking: Sequence[str]) -> None:
        self.lacking = tuple(lacking)
        super().__init__(f"no column {', '.join(self.lacking)}; the heading is {','.join(COLUMNS)}")


@dataclass(frozen=True, slots=True)
class RejectedFigure:
    """Which row was set aside, for which field, and what stood there?

    `fault`: unknown_indicator, unknown_district, bad_day, future_day, bad_number, no_source, twice.
    """

    row: int
    field: str
    fault: str
    given: str


@dataclass(frozen=True, slots=True)
class Figures:
    """What could be used and what was set aside?"""

    usable: tuple[Statistic, ...]
    rejected: tuple[RejectedFigure, ...]


def read_figures(
    text: str, *, indicators: Collection[str], districts: Collection[str], as_of: date
) -> Figures:
    """Which figures does a table give?

    Parameters
    ----------
    text
        CSV with a heading: `COLUMNS` in any order, separated by comma or semicolon. `district` is a
        code, empty for the municipality as a whole; `day` like 2025-12-31, or a year (its last
        day); a number may have a decimal comma and spaces between thousands.
    indicators
        Codes that may be entered.
    as_of
        No figure is of a later day.

    Raises
    ------
    FiguresError
        A column is missing.

    Examples
    --------
    >>> told = read_figures(
    ...     "indicator;district;day;value;source\\nx.1;;2025;12,5;yearbook",
    ...     indicators={"x.1"}, districts=(), as_of=date(2026, 6, 30))
    >>> float(told.usable[0].value), told.usable[0].as_of.isoformat()
    (12.5, '2025-12-31')
    """
    heading = text.lstrip("\ufeff").partition("\n")[0]
    separator = ";" if heading.count(";") > heading.count(",") else ","
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=separator)
    names = [name.strip().lower() for name in reader.fieldnames or ()]
    lacking = [name for name in COLUMNS if name not in names]
    if lacking:
        raise FiguresError(lacking)
    reader.fieldnames = names
    usable: dict[tuple[str, str, date], Statistic] = {}
    rejected: list[RejectedFigure] = []
    for number, row in enumerate(reader, start=2):
        cells = {name: (row.get(name) or "").strip() for name in COLUMNS}
        if not any(cells.values()):
            continue
        read = read_figure(cells, indicators=indicators, districts=districts, as_of=as_of)
        if isinstance(read, Statistic):
            key = (read.indicator, read.unit, read.as_of)
            if key not in usable:
                usable[key] = read
                continue
            read = ("indicator", "twice")
        rejected.append(RejectedFigure(number, *read, cells[read[0]]))
    return Figures(tuple(usable.values()), tuple(rejected))


def read_figure(
    cells: dict[str, str],
    *,
    indicators: Collection[str],
    districts: Collection[str],
    as_of: date,
) -> Statistic | tuple[str, str]:
    """Which figure do the cells of one row give, or which field is at fault, and how?"""
    if cells["indicator"] not in indicators:
        return "indicator", "unknown_indicator"
    if cells["district"] and cells["district"] not in districts:
        return "district", "unknown_district"
    try:
        text = cells["day"]
        day = date(int(text), 12, 31) if len(text) == 4 else date.fromisoformat(text)
    except ValueError:
        return "day", "bad_day"
    if day > as_of:
        return "day", "future_day"
    try:
        value = Decimal("".join(cells["value"].split()).replace(",", "."))
    except InvalidOperation:
        return "value", "bad_number"
    if not value.is_finite() or abs(value) >= LARGEST:
        return "value", "bad_number"
    if not cells["source"]:
        return "source", "no_source"
    return Statistic(
        cells["indicator"], cells["district"], day, round(value, 8), cells["source"][:300]
    )
