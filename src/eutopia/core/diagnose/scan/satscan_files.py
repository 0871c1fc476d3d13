"""SaTScan's own parameter, case, control, population and coordinate files."""

from __future__ import annotations

import configparser
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from eutopia.core.diagnose.scan.analysis import ScanInput, ScanSettings
from eutopia.core.diagnose.scan.circles import sphere_points

_MODELS = {0: "poisson", 1: "bernoulli", 2: "space_time_permutation"}
_KINDS = {1: "spatial", 3: "retrospective", 4: "prospective"}
_UNITS = {0: "none", 1: "year", 2: "month", 3: "day", 4: "generic"}


class ScanFileError(ValueError):
    """A file can't be used: says which file, row and field, and the mend."""


@dataclass(frozen=True, slots=True)
class ScanCase:
    """An analysis as SaTScan's files describe it.

    `starts` holds the first day of each period and, last, the day after the study; `left_out`
    pairs what was left out with how many rows.
    """

    data: ScanInput
    settings: ScanSettings
    coordinates: np.ndarray
    starts: tuple[date, ...]
    left_out: tuple[tuple[str, int], ...]

    def period_dates(self, first: int, last: int) -> tuple[date, date]:
        """First and last day of a span of periods."""
        return self.starts[first], self.starts[last + 1] - timedelta(days=1)


def read_scan_case(path: Path) -> ScanCase:
    """Which analysis does a SaTScan parameter file (.prm) describe, on which data?

    Parameters
    ----------
    path
        The parameter file; the files it names are looked for beside it.

    Raises
    ------
    ScanFileError
        A file is missing, a row is not of its shape, or the analysis is none of: space-time
        permutation, discrete Poisson (space-time or purely spatial), Bernoulli (purely spatial).

    Notes
    -----
    Only high rates and circles are scanned. Locations are ordered by their id as text, which
    decides ties as SaTScan does.
    """
    parameters = _Parameters(path)
    model = _choice(parameters, "ModelType", _MODELS)
    kind = _choice(parameters, "AnalysisType", _KINDS)
    if parameters.number("ScanAreas", 1) != 1:
        raise ScanFileError(f"{path.name}: ScanAreas: only high rates (1) are scanned")
    first, last = _day(parameters.text("StartDate"), path), _day(parameters.text("EndDate"), path)
    unit = _UNITS.get(int(parameters.number("TimeAggregationUnits", 3)), "day")
    length = max(1, int(parameters.number("TimeAggregationLength", 1)))
    starts = (
        _periods(first, last, unit, length)
        if kind != "spatial"
        else (first, last + timedelta(days=1))
    )
    ids, coordinates, points = _places(parameters)
    position = {name: k for k, name in enumerate(ids)}
    reader = _Rows(parameters, position, starts)
    where, when = reader.cases()
    population: np.ndarray | None = None
    if model == "bernoulli":
        cases = np.bincount(where, minlength=len(ids)).astype(np.float64)
        population = reader.controls() + cases
    elif model == "poisson":
        population = reader.population(where)
    data = ScanInput(ids, points, where, when, len(starts) - 1, population)
    settings = ScanSettings(
        model=model,
        kind=kind,
        most_share=parameters.number("MaxSpatialSizeInPopulationAtRisk", 50) / 100,
        radius=_radius(parameters),
        longest=_longest(parameters, len(starts) - 1),
        least_cases=int(parameters.number("MinimumCasesInHighRateClusters", 2)),
        replications=int(parameters.number("MonteCarloReps", 999)),
        early_stop=_early_stop(parameters),
    )
    return ScanCase(data, settings, coordinates, starts, tuple(reader.left_out.items()))


class _Parameters:
    """An ini file without regard to sections: names are unique in SaTScan's."""

    def __init__(self, path: Path) -> None:
        self.path = path
        parser = configparser.ConfigParser(
            interpolation=None, strict=False, comment_prefixes=(";",)
        )
        parser.optionxform = str  # type: ignore[assignment, method-assign]
        try:
            parser.read_string(path.read_text("utf-8-sig"))
        except (OSError, UnicodeDecodeError, configparser.Error) as error:
            raise ScanFileError(f"{path.name}: not a SaTScan parameter file: {error}") from error
        self.values = {
            name: value.strip()
            for section in parser.sections()
            for name, value in parser[section].items()
        }

    def text(self, name: str) -> str:
        return self.values.get(name, "")

    def number(self, name: str, default: float) -> float:
        value = self.text(name)
        if not value:
            return default
        try:
            return float(value)
        except ValueError:
            raise ScanFileError(f"{self.path.name}: {name}={value}: give a number") from None

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
        for number, line in enumerate(path.read_text("utf-8-sig").splitlines(), start=1):
            cells = line.replace(",", " ").replace('"', "").split()
            if cells:
                rows.append((number, cells))
        return rows


def _choice(parameters: _Parameters, name: str, known: dict[int, str]) -> str:
    code = int(parameters.number(name, -1))
    if code not in known:
        told = ", ".join(f"{k} ({v})" for k, v in known.items())
        raise ScanFileError(
            f"{parameters.path.name}: {name}={code} is not done here; known: {told}"
        )
    return known[code]


def _day(text: str, path: Path) -> date:
    parts = text.replace("-", "/").split("/")
    try:
        numbers = [int(p) for p in parts]
        return date(*[*numbers, 1, 1][:3])
    except (ValueError, TypeError):
        raise ScanFileError(f"{path.name}: {text!r} is not a date like 2001/11/24") from None


def _periods(first: date, last: date, unit: str, length: int) -> tuple[date, ...]:
    """First days of the periods, counted back from the end as SaTScan does; then the day after."""
    end = last + timedelta(days=1)
    starts = [end]
    while starts[-1] > first:
        starts.append(max(first, _before(starts[-1], unit, length)))
    return tuple(reversed(starts))


def _before(day: date, unit: str, length: int) -> date:
    if unit == "month":
        month = day.year * 12 + day.month - 1 - length
        year, index = divmod(month, 12)
        for back in range(4):
            try:
                return date(year, index + 1, day.day - back)
            except ValueError:
                continue
    if unit == "year":
        return date(day.year - length, day.month, min(day.day, 28) if day.month == 2 else day.day)
    return day - timedelta(days=length)


def _places(parameters: _Parameters) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    sphere = int(parameters.number("CoordinatesType", 1)) == 1
    found: dict[str, tuple[float, float]] = {}
    for number, cells in parameters.rows("CoordinatesFile"):
        try:
            found[cells[0]] = (float(cells[1]), float(cells[2]))
        except (IndexError, ValueError):
            name = parameters.text("CoordinatesFile")
            raise ScanFileError(
                f"{name}, row {number}: give location, then two coordinates"
            ) from None
    ids = tuple(sorted(found))
    coordinates = np.array([found[i] for i in ids], dtype=np.float64)
    points = sphere_points(coordinates[:, 0], coordinates[:, 1]) if sphere else coordinates
    return ids, coordinates, points


class _Rows:
    """Case, control and population rows, checked; what can't be used is counted by reason."""

    def __init__(
        self, parameters: _Parameters, position: dict[str, int], starts: tuple[date, ...]
    ) -> None:
        self.parameters, self.position, self.starts = parameters, position, starts
        self.left_out: dict[str, int] = {}
        self.timed = int(parameters.number("PrecisionCaseTimes", 3)) != 0
        self.strata: list[tuple[str, ...]] = []

    def _skip(self, reason: str, count: int) -> None:
        self.left_out[reason] = self.left_out.get(reason, 0) + count

    def _count(self, name: str, number: int, cells: list[str]) -> int:
        try:
            count = int(float(cells[1]))
        except (IndexError, ValueError):
            count = -1
        if count < 0:
            file = self.parameters.text(name)
            raise ScanFileError(f"{file}, row {number}: give location, then a count of 0 or more")
        return count

    def cases(self) -> tuple[np.ndarray, np.ndarray]:
        where: list[int] = []
        when: list[int] = []
        starts = np.array(self.starts, dtype="datetime64[D]")
        for number, cells in self.parameters.rows("CaseFile"):
            count = self._count("CaseFile", number, cells)
            at = self.position.get(cells[0])
            if at is None:
                self._skip("no coordinates", count)
                continue
            period = 0
            if self.timed:
                if len(cells) < 3:
                    file = self.parameters.text("CaseFile")
                    raise ScanFileError(f"{file}, row {number}: the date is missing")
                day = np.datetime64(_day(cells[2], self.parameters.path), "D")
                period = int(np.searchsorted(starts, day, side="right")) - 1
                if not 0 <= period < len(starts) - 1:
                    self._skip("outside the study period", count)
                    continue
            where.extend([at] * count)
            when.extend([period] * count)
            self.strata.extend([tuple(cells[3 if self.timed else 2 :])] * count)
        if len(self.starts) == 2:
            when = [0] * len(when)
        return np.array(where, dtype=np.int64), np.array(when, dtype=np.int64)

    def controls(self) -> np.ndarray:
        total = np.zeros(len(self.position))
        for number, cells in self.parameters.rows("ControlFile"):
            count = self._count("ControlFile", number, cells)
            at = self.position.get(cells[0])
            if at is None:
                self._skip("no coordinates", count)
            else:
                total[at] += count
        return total

    def population(self, where: np.ndarray) -> np.ndarray:
        """Expected cases by location: people, or with covariates indirectly standardised."""
        people: dict[tuple[int, tuple[str, ...]], list[tuple[date, float]]] = {}
        for number, cells in self.parameters.rows("PopulationFile"):
            at = self.position.get(cells[0])
            try:
                day, count = _day(cells[1], self.parameters.path), float(cells[2])
            except (IndexError, ValueError):
                file = self.parameters.text("PopulationFile")
                raise ScanFileError(
                    f"{file}, row {number}: give location, year, population"
                ) from None
            if at is None:
                self._skip("no coordinates", 1)
                continue
            people.setdefault((at, tuple(cells[3:])), []).append((day, count))
        first, last = self.starts[0], self.starts[-1]
        by_stratum: dict[tuple[str, ...], np.ndarray] = {}
        for (at, stratum), rows in people.items():
            total = by_stratum.setdefault(stratum, np.zeros(len(self.position)))
            total[at] += _mean_population(rows, first, last)
        expected = np.zeros(len(self.position))
        for stratum, total in by_stratum.items():
            cases = (
                sum(1 for s in self.strata if s == stratum) if len(by_stratum) > 1 else len(where)
            )
            if total.sum() > 0:
                expected += total * (cases / total.sum())
        return expected


def _mean_population(rows: list[tuple[date, float]], first: date, last: date) -> float:
    """Mean over the study period, linear between the dates given, constant outside."""
    rows = sorted(rows)
    at = np.linspace(first.toordinal(), last.toordinal(), 400)
    return float(np.interp(at, [d.toordinal() for d, _ in rows], [n for _, n in rows]).mean())


def _radius(parameters: _Parameters) -> float | None:
    if parameters.text("UseDistanceFromCenterOption").lower() in ("y", "1", "true"):
        return parameters.number("MaxSpatialSizeInDistanceFromCenter", 1)
    return None


def _longest(parameters: _Parameters, periods: int) -> int:
    size = parameters.number("MaxTemporalSize", 50)
    if int(parameters.number("MaxTemporalSizeInterpretation", 0)) == 0:
        return max(1, int(periods * size / 100))
    length = max(1, int(parameters.number("TimeAggregationLength", 1)))
    return max(1, min(periods, int(size // length)))


def _early_stop(parameters: _Parameters) -> int | None:
    # 0 is SaTScan's default combination, 2 the sequential Monte Carlo.
    if int(parameters.number("PValueReportType", 0)) in (0, 2):
        return int(parameters.number("EarlyTerminationThreshold", 50))
    return None
