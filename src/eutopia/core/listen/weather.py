"""A table of days as a weather service or the municipality's own station writes it."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from pathlib import Path

from eutopia.core.listen.row_files import Row, UnreadableFileError, file_format, rows_of
from eutopia.core.records.problems import WeatherDay

COLUMNS = {
    "date": ("date", "day", "time"),
    "temperature": ("temperature", "tavg", "temp"),
    "low": ("low", "tmin"),
    "high": ("high", "tmax"),
    "precipitation": ("precipitation", "prcp", "rain"),
    "wind": ("wind", "wpgt", "gust"),
}
"""What is read, and the names that a column may bear: ours and those of Meteostat's tables."""
_BOUNDS = {
    "temperature": (-90.0, 60.0, "degrees Celsius"),
    "low": (-90.0, 60.0, "degrees Celsius"),
    "high": (-90.0, 60.0, "degrees Celsius"),
    "precipitation": (0.0, 2000.0, "millimetres of water a day"),
    "wind": (0.0, 120.0, "metres a second, the strongest gust"),
}


def read_weather(path: Path) -> tuple[tuple[WeatherDay, ...], tuple[str, ...]]:
    """Which weather does a file tell of, day by day?

    Parameters
    ----------
    path
        CSV, JSON or Parquet, gzipped or not, with a column of ISO dates and one at least of
        :data:`COLUMNS` besides; an empty field was not measured. One `temperature` stands for the
        lowest and the highest.

    Returns
    -------
    days
        In the order of time.
    passed_over
        Columns that say nothing here.

    Raises
    ------
    UnreadableFileError
        No such columns, a date that is none or is given twice, a number that is none or cannot be
        so: the message names file, row, field and mend. Nothing is read by halves.
    """
    days: dict[date, WeatherDay] = {}
    names: dict[str, str] = {}
    passed_over: tuple[str, ...] = ()
    for at, row in rows_of(path, kind=file_format(path)):
        if not names:
            names = _names(path, row)
            passed_over = tuple(sorted(set(map(str, row)) - set(names.values())))
        day = _day(path, at, row, names)
        if day.day in days:
            raise UnreadableFileError(
                f"{path.name}, row {at}, {names['date']}: {day.day} is given twice; keep one"
            )
        days[day.day] = day
    if not days:
        raise UnreadableFileError(f"{path.name}: no row; give a header and a row a day")
    return tuple(days[day] for day in sorted(days)), passed_over


def _names(path: Path, row: Row) -> dict[str, str]:
    """The file's own name of each column that is there."""
    given = {str(name).strip().lower(): str(name) for name in reversed(list(row))}
    found = {
        ours: next(given[one] for one in theirs if one in given)
        for ours, theirs in COLUMNS.items()
        if any(one in given for one in theirs)
    }
    if "date" not in found or len(found) < 2:
        raise UnreadableFileError(
            f"{path.name}: a column date and one at least of "
            f"{', '.join(list(COLUMNS)[1:])} are needed; there are: {', '.join(map(str, row))}"
        )
    return found


def _day(path: Path, at: int, row: Row, names: dict[str, str]) -> WeatherDay:
    def wrong(field: str, words: str) -> UnreadableFileError:
        value = row.get(names[field])
        return UnreadableFileError(f"{path.name}, row {at}, {names[field]}: {value!r} {words}")

    try:
        day = date.fromisoformat(str(row.get(names["date"], "")).strip()[:10])
    except ValueError:
        raise wrong("date", "is no date: write it like 2026-01-31") from None
    told = {f: _number(row.get(names[f]), f, wrong) for f in _BOUNDS if f in names}
    mean = told.get("temperature")
    low, high = (mean if told.get(n) is None else told[n] for n in ("low", "high"))
    if low is not None and high is not None and low > high:
        raise wrong("low" if "low" in names else "high", "is lower than the lowest: swap them")
    return WeatherDay(day, low, high, told.get("precipitation"), told.get("wind"))


def _number(
    value: object, field: str, wrong: Callable[[str, str], UnreadableFileError]
) -> float | None:
    words = str(value if value is not None else "").strip().replace(",", ".")
    least, most, unit = _BOUNDS[field]
    if not words:
        return None
    try:
        number = float(words)
    except ValueError:
        raise wrong(field, f"is no number: give {unit}") from None
    if math.isnan(number):
        return None
    if not least <= number <= most:
        raise wrong(field, f"cannot be: give {unit}, {least:g} to {most:g}")
    return number
