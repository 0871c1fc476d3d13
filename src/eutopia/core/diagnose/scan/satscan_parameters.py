"""SaTScan's parameter file: its values, the files it names, its dates and periods."""

from __future__ import annotations

import configparser
from datetime import date
from difflib import get_close_matches
from pathlib import Path


class ScanFileError(ValueError):
    """A file can't be used: says which file, row and field, and the mend."""


class Parameters:
    """An ini file without regard to sections: names are unique in SaTScan's."""

    def __init__(self, path: Path) -> None:
        self.path = path
        parser = configparser.ConfigParser(
            interpolation=None, strict=False, comment_prefixes=(";",)
        )
        parser.optionxform = str  # type: ignore[assignment, method-assign]
        try:
            parser.read_string(_words(path))
        except configparser.MissingSectionHeaderError as error:
            raise ScanFileError(
                f"{path.name}, row {error.lineno}: not a SaTScan parameter file: it begins with a "
                "section like [Input]"
            ) from None
        except (OSError, configparser.Error) as error:
            told = " ".join(str(error).split())
            raise ScanFileError(f"{path.name}: not a SaTScan parameter file: {told}") from error
        self.values = {
            name: value.strip()
            for section in parser.sections()
            for name, value in parser[section].items()
        }
        self.asked: set[str] = set()

    def refuse_misspelt(self) -> None:
        """A name that nothing asked for and that is nearly one that is missing is an error."""
        for name in self.values.keys() - self.asked:
            meant = get_close_matches(name, self.asked - self.values.keys(), n=1, cutoff=0.9)
            if meant:
                raise ScanFileError(f"{self.path.name}: {name} is unknown; is {meant[0]} meant?")

    def text(self, name: str) -> str:
        self.asked.add(name)
        return self.values.get(name, "")

    def number(self, name: str, default: float) -> float:
        value = self.text(name)
        if not value:
            return default
        try:
            return float(value)
        except ValueError:
            raise ScanFileError(f"{self.path.name}: {name}={value}: give a number") from None

    def bounded(self, name: str, default: float, *, least: float, most: float) -> float:
        """A number within bounds, or the default."""
        value = self.number(name, default)
        if not least <= value <= most:
            raise ScanFileError(
                f"{self.path.name}: {name}={self.text(name)}: give {least:g} to {most:g}"
            )
        return value

    def file(self, name: str) -> Path | None:
        """The file named, beside the parameter file or at its own path."""
        value = self.text(name).strip('"')
        if not value:
            return None
        beside = self.path.parent / value.replace("\\", "/")
        for candidate in (beside, self.path.parent / Path(value.replace("\\", "/")).name):
            if candidate.is_file():
                return candidate
        raise ScanFileError(f"{self.path.name}: {name}={value}: no such file beside it")

    def rows(self, name: str) -> list[tuple[int, list[str]]]:
        """Numbered rows of the file named, split at blanks or commas."""
        path = self.file(name)
        if path is None:
            raise ScanFileError(f"{self.path.name}: {name} names no file")
        rows = []
        for number, line in enumerate(_words(path).splitlines(), start=1):
            cells = line.replace(",", " ").replace('"', "").split()
            if cells:
                rows.append((number, cells))
        return rows


def _words(path: Path) -> str:
    """What a file says, in UTF-8, UTF-16 with its mark, or else Latin-1."""
    raw = path.read_bytes()
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def choice(parameters: Parameters, name: str, known: dict[int, str], default: int = -1) -> str:
    code = parameters.number(name, default)
    if code not in known:
        told = ", ".join(f"{k} ({v})" for k, v in known.items())
        raise ScanFileError(
            f"{parameters.path.name}: {name}={parameters.text(name)} is not done here; "
            f"known: {told}"
        )
    return known[int(code)]


def moment_of(text: str, file: str, field: str, *, generic: bool) -> tuple[int, str]:
    """Day since year 1 and precision of a date like 2001/11/24, 11/24/2001, 2001/11 or 2001."""
    parts = text.strip().replace("-", "/").replace(".", "/").split("/")
    try:
        numbers = [int(p) for p in parts]
        if generic:
            return numbers[0], "generic"
        if len(numbers) == 3 and numbers[2] > 31:
            numbers = [numbers[2], numbers[0], numbers[1]]  # Month, day, year.
        if len(numbers) == 2 and numbers[1] > 12:
            numbers = [numbers[1], numbers[0]]
        numbers[0] = _whole_year(numbers[0])
        precision = ("year", "month", "day")[len(numbers) - 1]
        return date(*[*numbers, 1, 1][:3]).toordinal(), precision
    except (ValueError, TypeError, IndexError):
        raise ScanFileError(f"{file}: {field}: {text!r} is not a date like 2001/11/24") from None


def _whole_year(year: int) -> int:
    return year + (1900 if year >= 40 else 2000) if 0 <= year < 100 else year


def end_of(text: str, day: int, *, generic: bool) -> int:
    """Last day of a year or month that is given alone."""
    parts = text.replace("-", "/").count("/")
    if generic or parts >= 2:
        return day
    start = date.fromordinal(day)
    months = start.year * 12 + start.month - 1 + (1 if parts == 1 else 12)
    return date(months // 12, months % 12 + 1, 1).toordinal() - 1


def period_starts(first: int, last: int, unit: str, length: int) -> tuple[int, ...]:
    """First days of the periods, counted back from the end; what remains goes to the first."""
    starts = [last + 1]
    step = 1
    while True:
        start = _before(last + 1, unit, length * step)
        if start <= first:
            break
        starts.append(start)
        step += 1
    if start < first and len(starts) > 1:
        starts.pop()
    return (first, *reversed(starts))


def _before(day: int, unit: str, length: int) -> int:
    if unit == "day":
        return day - length
    at = date.fromordinal(day)
    months = at.year * 12 + at.month - 1 - length * (12 if unit == "year" else 1)
    year, index = divmod(months, 12)
    for back in range(4):
        try:
            return date(year, index + 1, at.day - back).toordinal()
        except ValueError:
            continue
    raise AssertionError("a month has at least 28 days")
