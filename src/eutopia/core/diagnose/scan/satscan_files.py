"""SaTScan's own parameter, case, control, population and coordinate files."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from eutopia.core.diagnose.scan.circles import sphere_points
from eutopia.core.diagnose.scan.satscan_parameters import (
    Parameters,
    ScanFileError,
    choice,
    end_of,
    moment_of,
    period_starts,
)
from eutopia.core.diagnose.scan.settings import OVERLAPS, ScanInput, ScanSettings

_MODELS = {0: "poisson", 1: "bernoulli", 2: "space_time_permutation"}
_KINDS = {1: "spatial", 3: "retrospective", 4: "prospective"}
_UNITS = {0: "day", 1: "year", 2: "month", 3: "day", 4: "day"}
_NO = ("", "n", "0", "false")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """How many cases or rows take no part, why, and which is the first."""

    reason: str
    count: int
    first: str


@dataclass(frozen=True, slots=True)
class ScanCase:
    """An analysis as SaTScan's files describe it.

    `names` holds the ids of each location: those at one point are one location. `centres` are the
    coordinates circles grow around. `starts` is the first day of each period (days since year 1;
    with `generic` time the number of the unit) and, last, the day after the study; `left_out` tells
    what takes no part.
    """

    data: ScanInput
    settings: ScanSettings
    names: tuple[tuple[str, ...], ...]
    centres: np.ndarray
    starts: tuple[int, ...]
    generic: bool
    left_out: tuple[LeftOut, ...]

    def period_dates(self, first: int, last: int) -> tuple[str, str]:
        """First and last day of a span of periods, ISO 8601 or the number of the unit."""
        ends = (self.starts[first], self.starts[last + 1] - 1)
        if self.generic:
            return str(ends[0]), str(ends[1])
        return date.fromordinal(ends[0]).isoformat(), date.fromordinal(ends[1]).isoformat()


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
    Only high rates and circles are scanned; a parameter that would change the result and is not
    followed is refused. Locations are ordered by their id as text, which decides ties as SaTScan
    does; ids at one point make one location. Periods are counted back from the end, what remains
    belongs to the first. A population is linear between its dates and constant beyond them, a date
    of a year alone is 1 July, of a month the 15th; covariates are indirectly standardised. The
    permutation model takes covariates and weekly trends as strata.
    """
    parameters = Parameters(path)
    _refuse_what_is_not_done(parameters)
    model = choice(parameters, "ModelType", _MODELS)
    kind = choice(parameters, "AnalysisType", _KINDS)
    if kind == "retrospective" and parameters.number("IncludeClusters", 0) == 1:
        kind = "prospective"  # Only clusters that are alive.
    generic = parameters.bounded("PrecisionCaseTimes", 3, least=0, most=4) == 4
    first, last = (
        moment_of(parameters.text(name), path.name, name, generic=generic)[0]
        for name in ("StartDate", "EndDate")
    )
    last = end_of(parameters.text("EndDate"), last, generic=generic)
    if last < first:
        raise ScanFileError(f"{path.name}: EndDate is before StartDate")
    unit = choice(parameters, "TimeAggregationUnits", _UNITS, default=3)
    length = int(parameters.bounded("TimeAggregationLength", 1, least=1, most=9_999))
    starts = (first, last + 1) if kind == "spatial" else period_starts(first, last, unit, length)
    names, coordinates, points = read_places(parameters)
    reader = _Rows(parameters, names, starts, generic=generic)
    where, when = reader.cases()
    data = ScanInput(
        tuple(ids[0] for ids in names), points, where, when, len(starts) - 1,
        centres=read_grid(parameters),
    )  # fmt: skip
    data = _with_expectation(data, model, reader)
    settings = ScanSettings(
        model=model,
        kind=kind,
        most_share=_share(parameters, "MaxSpatialSizeInPopulationAtRisk", 50, most=50),
        radius=_radius(parameters),
        longest=1 if kind == "spatial" else _longest(parameters, first, last, unit, length),
        shortest=max(1, math.ceil(parameters.number("MinimumTemporalClusterSize", 1) / length)),
        least_cases=int(parameters.number("MinimumCasesInHighRateClusters", 2)),
        by_period=model == "poisson" and parameters.number("TimeTrendAdjustmentType", 0) == 4,
        overlap=_overlap(parameters),
        replications=int(parameters.bounded("MonteCarloReps", 999, least=0, most=9_999_999)),
        early_stop=_early_stop(parameters),
    )
    centres = coordinates if data.centres is None else read_pairs(parameters, "GridFile")[1]
    parameters.refuse_misspelt()
    return ScanCase(
        data, settings, names, centres, starts, generic, tuple(reader.left_out.values())
    )


def _with_expectation(data: ScanInput, model: str, reader: _Rows) -> ScanInput:
    """People at risk, controls or strata, whichever the model asks for."""
    if model == "bernoulli":
        cases = np.bincount(data.case_location, minlength=len(data.location_ids))
        return replace(data, population=reader.controls() + cases)
    if model == "poisson":
        place, time = reader.population()
        return replace(data, population=place, population_time=time)
    return replace(data, stratum=reader.permutation_strata())


_NOT_DONE = {
    "ScanAreas": (("", "1"), "only high rates (1) are scanned"),
    "SpatialWindowShapeType": (("", "0"), "only circles (0) are scanned"),
    "IsotonicScan": (("", "0"), "only the standard scan (0) is done"),
    "MultipleCoordinatesType": (("", "0"), "one location an observation (0)"),
    "UseNeighborsFile": (_NO, "neighbours of one's own are not read"),
    "UseMetaLocationsFile": (_NO, "meta locations are not read"),
    "UseLocationsNetworkFile": (_NO, "networks are not read"),
    "UseMaxCirclePopulationFileOption": (_NO, "give the share of the population at risk"),
    "IncludePurelyTemporal": (_NO, "purely temporal clusters are not scanned"),
    "IncludePurelySpatial": (_NO, "purely spatial clusters: run AnalysisType=1 for them"),
    "RiskLimitHighClusters": (_NO, "clusters are not limited by risk"),
    "UseAdjustmentsByRRFile": (_NO, "known relative risks are not read"),
    "IterativeScan": (_NO, "the scan is not iterated"),
    "AdjustForEarlierAnalyses": (_NO, "earlier analyses are not adjusted for"),
    "UseReportOnlySmallerClusters": (_NO, "clusters are told whatever their size"),
    "SpatialAdjustmentType": (("", "0"), "no spatial adjustment (0)"),
    "TimeTrendAdjustmentType": (("", "0", "4"), "none (0) or by period (4)"),
    "IncludeClusters": (("", "0", "1"), "all (0) or alive (1)"),
    "CaseFile2": (("",), "one data set at a time"),
}


def _refuse_what_is_not_done(parameters: Parameters) -> None:
    """A parameter that would change the result and isn't followed is an error, not a silence."""
    for name, (known, words) in _NOT_DONE.items():
        value = parameters.text(name).lower()
        if value not in known:
            raise ScanFileError(f"{parameters.path.name}: {name}={value} is not done here: {words}")


def read_pairs(parameters: Parameters, name: str) -> tuple[tuple[str, ...], np.ndarray]:
    """First cells and pairs of numbers of a coordinates file; a grid file has the pairs alone."""
    labels, pairs = [], []
    skip = 0 if name == "GridFile" else 1
    sphere = _on_sphere(parameters)
    for number, cells in parameters.rows(name):
        where = f"{parameters.text(name)}, row {number}"
        try:
            pair = (float(cells[skip]), float(cells[skip + 1]))
        except (IndexError, ValueError):
            pair = (math.nan, math.nan)
        if not all(map(math.isfinite, pair)):
            told = "two coordinates" if name == "GridFile" else "location, then two coordinates"
            raise ScanFileError(f"{where}: give {told}")
        if sphere and (abs(pair[0]) > 90 or abs(pair[1]) > 180):
            raise ScanFileError(
                f"{where}: {pair[0]:g}, {pair[1]:g} is no latitude and longitude; plane "
                "coordinates are CoordinatesType=0"
            )
        pairs.append(pair)
        labels.append(cells[0])
    if not pairs:
        raise ScanFileError(f"{parameters.text(name)}: no row; give one for each location")
    return tuple(labels), np.array(pairs, dtype=np.float64)


def _on_sphere(parameters: Parameters) -> bool:
    return parameters.number("CoordinatesType", 1) == 1


def read_places(
    parameters: Parameters,
) -> tuple[tuple[tuple[str, ...], ...], np.ndarray, np.ndarray]:
    """Ids, coordinates and points of the locations; ids at one point make one location."""
    labels, pairs = read_pairs(parameters, "CoordinatesFile")
    at: dict[str, tuple[float, float]] = {}
    for label, pair in zip(labels, pairs.tolist(), strict=True):
        if at.setdefault(label, tuple(pair)) != tuple(pair):
            raise ScanFileError(
                f"{parameters.text('CoordinatesFile')}: location {label} has two places; keep one"
            )
    together: dict[tuple[float, float], list[str]] = {}
    for label in sorted(at):
        together.setdefault(at[label], []).append(label)
    names = tuple(tuple(ids) for ids in together.values())
    coordinates = np.array(list(together), dtype=np.float64).reshape(-1, 2)
    return names, coordinates, _points(parameters, coordinates)


def _points(parameters: Parameters, coordinates: np.ndarray) -> np.ndarray:
    if _on_sphere(parameters):
        return sphere_points(coordinates[:, 0], coordinates[:, 1])
    return coordinates


def read_grid(parameters: Parameters) -> np.ndarray | None:
    """Points circles grow around, if a grid file is used."""
    if parameters.text("UseGridFile").lower() in _NO:
        return None
    return _points(parameters, read_pairs(parameters, "GridFile")[1])


class _Rows:
    """Case, control and population rows, checked; what can't be used is counted by reason."""

    def __init__(
        self,
        parameters: Parameters,
        names: tuple[tuple[str, ...], ...],
        starts: tuple[int, ...],
        *,
        generic: bool,
    ) -> None:
        self.parameters, self.starts, self.generic = parameters, starts, generic
        self.position = {label: k for k, ids in enumerate(names) for label in ids}
        self.locations = len(names)
        self.left_out: dict[str, LeftOut] = {}
        self.timed = int(parameters.number("PrecisionCaseTimes", 3)) != 0
        self.covariates: list[tuple[str, ...]] = []
        self.days: list[int] = []
        self.where: list[int] = []
        self.row_of_case: list[int] = []

    def _skip(self, reason: str, count: int, where: str) -> None:
        known = self.left_out.get(reason, LeftOut(reason, 0, where))
        self.left_out[reason] = replace(known, count=known.count + count)

    def _at(self, name: str, number: int, location: str, count: int) -> int | None:
        """Position of a location; None where it has no coordinates and may be left out."""
        at = self.position.get(location)
        if at is None:
            where = f"{self.parameters.text(name)}, row {number}"
            # Strict is what SaTScan does where it is not told otherwise; here it must be asked for.
            if self.parameters.text("GeographicalCoordinatesCheckType") == "0":
                raise ScanFileError(
                    f"{where}: location {location} is not in "
                    f"{self.parameters.text('CoordinatesFile')}; add it there, or give "
                    "GeographicalCoordinatesCheckType=1 to leave such rows out"
                )
            self._skip("no coordinates", count, f"{where}: {location}")
        return at

    def _count(self, name: str, number: int, cells: list[str]) -> int:
        try:
            count = float(cells[1])
        except (IndexError, ValueError):
            count = math.nan
        if not (count >= 0 and count.is_integer()):
            file = self.parameters.text(name)
            raise ScanFileError(f"{file}, row {number}: give location, then a count of 0 or more")
        return int(count)

    def _day(self, name: str, number: int, text: str) -> tuple[int, str]:
        file = self.parameters.text(name)
        return moment_of(text, f"{file}, row {number}", "time", generic=self.generic)

    def cases(self) -> tuple[np.ndarray, np.ndarray]:
        """Location and period of each case."""
        where, when = self.where, list[int]()
        starts = np.array(self.starts)
        for number, cells in self.parameters.rows("CaseFile"):
            count = self._count("CaseFile", number, cells)
            at = self._at("CaseFile", number, cells[0], count)
            if at is None:
                continue
            period, day = 0, self.starts[0]
            if self.timed:
                day = self._day_of_case(number, cells)
                period = int(np.searchsorted(starts, day, side="right")) - 1
                if not 0 <= period < len(starts) - 1:
                    self._outside(number, cells[2], count)
                    continue
            where.extend([at] * count)
            when.extend([period] * count)
            self.days.extend([day] * count)
            self.row_of_case.extend([number] * count)
            self.covariates.extend([tuple(cells[3 if self.timed else 2 :])] * count)
        if len(where) < 2:
            told = "; ".join(f"{one.reason}: {one.count}" for one in self.left_out.values())
            raise ScanFileError(
                f"{self.parameters.text('CaseFile')}: {len(where)} cases can be used"
                f"{f' ({told})' if told else ''}; at least two are needed"
            )
        return np.array(where, dtype=np.int64), np.array(when, dtype=np.int64)

    def _day_of_case(self, number: int, cells: list[str]) -> int:
        if len(cells) < 3:
            file = self.parameters.text("CaseFile")
            raise ScanFileError(f"{file}, row {number}: the date is missing")
        return self._day("CaseFile", number, cells[2])[0]

    def _outside(self, number: int, day: str, count: int) -> None:
        where = f"{self.parameters.text('CaseFile')}, row {number}"
        if self.parameters.text("StudyPeriodCheckType") == "0":
            raise ScanFileError(
                f"{where}: {day} lies outside StartDate to EndDate; correct it, or give "
                "StudyPeriodCheckType=1 to leave such rows out"
            )
        self._skip("outside the study period", count, f"{where}: {day}")

    def permutation_strata(self) -> np.ndarray | None:
        """Strata of the permutation model: covariates, and the weekday where that is asked for."""
        weekly = self.parameters.text("AdjustForWeeklyTrends").lower() not in _NO
        labels = [
            (*covariates, str(day % 7) if weekly else "")
            for covariates, day in zip(self.covariates, self.days, strict=True)
        ]
        number = {label: k for k, label in enumerate(sorted(set(labels)))}
        return np.array([number[v] for v in labels]) if len(number) > 1 else None

    def controls(self) -> np.ndarray:
        """Controls by location."""
        total = np.zeros(self.locations)
        for number, cells in self.parameters.rows("ControlFile"):
            count = self._count("ControlFile", number, cells)
            at = self._at("ControlFile", number, cells[0], count)
            if at is not None:
                total[at] += count
        return total

    def population(self) -> tuple[np.ndarray, np.ndarray]:
        """Expected cases: by date of population and location; how much each date counts when."""
        rows, days = self._population_rows()
        dates = np.array(sorted(days))
        cuts = np.array(self.starts, dtype=np.float64)
        share = hat_integrals(dates.astype(np.float64), cuts) / (cuts[-1] - cuts[0])
        strata = sorted({covariates for _, covariates, _, _ in rows})
        people = np.zeros((len(strata), len(dates), self.locations))
        for at, covariates, its_days, count in rows:
            for day in its_days:
                people[strata.index(covariates), np.searchsorted(dates, day), at] += count
        expected = np.zeros((len(dates), self.locations))
        for covariates, table in zip(strata, people, strict=True):
            # With one stratum its covariates don't matter.
            cases = sum(len(strata) == 1 or c == covariates for c in self.covariates)
            mean = float((share.sum(axis=1) @ table).sum())
            if mean > 0:
                expected += table * (cases / mean)
        self._refuse_without_people(strata, share.sum(axis=1) @ expected)
        return expected, share

    def _refuse_without_people(self, strata: list[tuple[str, ...]], expected: np.ndarray) -> None:
        """Each case is of somebody who is in the population file, at a place where somebody is."""
        cases, people = (self.parameters.text(name) for name in ("CaseFile", "PopulationFile"))
        if not expected.sum() > 0:
            raise ScanFileError(f"{people}: nobody is at risk anywhere; give the people there are")
        for number, at, covariates in zip(
            self.row_of_case, self.where, self.covariates, strict=True
        ):
            if len(strata) > 1 and covariates not in strata:
                raise ScanFileError(
                    f"{cases}, row {number}: the population file has no {' '.join(covariates)} "
                    f"among its covariates; add their population to {people}"
                )
            if not expected[at] > 0:
                raise ScanFileError(
                    f"{cases}, row {number}: there are cases where nobody is at risk; give the "
                    f"population of the location in {people}"
                )

    def _population_rows(
        self,
    ) -> tuple[list[tuple[int, tuple[str, ...], tuple[int, ...], float]], set[int]]:
        rows: list[tuple[int, tuple[str, ...], tuple[int, ...], float]] = []
        days: set[int] = set()
        for number, cells in self.parameters.rows("PopulationFile"):
            try:
                count = float(cells[2])
                day, precision = self._day("PopulationFile", number, cells[1])
            except (IndexError, ValueError) as error:
                file = self.parameters.text("PopulationFile")
                raise ScanFileError(
                    f"{file}, row {number}: give location, year, population"
                ) from error
            if not 0 <= count < math.inf:
                file = self.parameters.text("PopulationFile")
                raise ScanFileError(f"{file}, row {number}: a population of {count} is impossible")
            if precision == "year":
                day = date.fromordinal(day).replace(month=7, day=1).toordinal()
            elif precision == "month":
                day += 14
            # A population of a day is that of the whole day.
            its_days = (day, day + 1) if precision == "day" else (day,)
            days.update(its_days)
            at = self._at("PopulationFile", number, cells[0], 1)
            if at is not None:
                rows.append((at, tuple(cells[3:]), its_days, count))
        return rows, days


def hat_integrals(dates: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    """How much does the value at each date count in each interval between cuts?

    The curve through the values is linear between dates and constant beyond them; shape (dates,
    intervals), in days.

    Examples
    --------
    >>> hat_integrals(np.array([0.0, 10.0]), np.array([0.0, 5.0, 20.0]))
    array([[ 3.75,  1.25],
           [ 1.25, 13.75]])
    """
    knots = np.unique(np.concatenate((dates, cuts)))
    values = np.array([np.interp(knots, dates, row) for row in np.eye(len(dates))])
    steps = np.diff(knots) * (values[:, 1:] + values[:, :-1]) / 2
    until = np.concatenate((np.zeros((len(dates), 1)), steps.cumsum(axis=1)), axis=1)
    at = np.searchsorted(knots, cuts)
    result: np.ndarray = np.diff(until[:, at], axis=1)
    return result


def _radius(parameters: Parameters) -> float | None:
    if parameters.text("UseDistanceFromCenterOption").lower() in ("y", "1", "true"):
        return parameters.number("MaxSpatialSizeInDistanceFromCenter", 1)
    return None


def _longest(parameters: Parameters, first: int, last: int, unit: str, length: int) -> int:
    if int(parameters.number("MaxTemporalSizeInterpretation", 0)) == 0:
        units = len(period_starts(first, last, unit, 1)) - 1
        size = math.floor(units * _share(parameters, "MaxTemporalSize", 50, most=90) + 1e-9)
    else:
        size = int(parameters.bounded("MaxTemporalSize", 50, least=1, most=math.inf))
    return max(1, min(len(period_starts(first, last, unit, length)) - 1, size // length))


def _share(parameters: Parameters, name: str, default: float, *, most: float) -> float:
    """A percentage above 0 as a share."""
    size = parameters.number(name, default)
    if not 0 < size <= most:
        raise ScanFileError(
            f"{parameters.path.name}: {name}={parameters.text(name)}: give a percentage above 0, "
            f"{most:g} at most"
        )
    return size / 100


def _overlap(parameters: Parameters) -> str:
    code = int(parameters.number("CriteriaForReportingSecondaryClusters", 0))
    if not 0 <= code < len(OVERLAPS):
        raise ScanFileError(
            f"{parameters.path.name}: CriteriaForReportingSecondaryClusters={code}: give 0 to 5"
        )
    return OVERLAPS[code]


def _early_stop(parameters: Parameters) -> int | None:
    # 0 is SaTScan's default combination, 2 the sequential Monte Carlo.
    if int(parameters.number("PValueReportType", 0)) in (0, 2):
        return int(parameters.number("EarlyTerminationThreshold", 50))
    return None
