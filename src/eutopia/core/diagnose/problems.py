"""Which systemic problems lie behind the reports?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from eutopia.core.diagnose.hotspots import (
    find_hotspots,
)
from eutopia.core.diagnose.losses import Losses
from eutopia.core.diagnose.recurrence import RecurrenceTable, count_recurrences, end_of_day
from eutopia.core.diagnose.rulings import obey
from eutopia.core.diagnose.study import ProblemSettings, Study
from eutopia.core.diagnose.surroundings import Surroundings
from eutopia.core.diagnose.witnesses import Witnesses
from eutopia.core.records.clusters import Cluster
from eutopia.core.records.norms import ProblemType
from eutopia.core.records.problems import (
    DuplicateGroup,
    Inspection,
    Problem,
    Ruling,
    WeatherDay,
)
from eutopia.core.records.reports import Reports
from eutopia.core.records.territory import Territory
from eutopia.core.records.utilities import Interruption, OutageLosses
from eutopia.core.records.works import Work

__all__ = ["DEFAULT_SETTINGS", "ProblemSettings", "find_problems"]

DEFAULT_SETTINGS = ProblemSettings()
NO_LOSSES = OutageLosses()


def find_problems(
    reports: Reports,
    *,
    groups: Sequence[DuplicateGroup],
    territory: Territory,
    interruptions: Sequence[Interruption],
    problem_types: Sequence[ProblemType],
    as_of: date,
    works: Sequence[Work] = (),
    inspections: Sequence[Inspection] = (),
    clusters: Sequence[Cluster] = (),
    weather: Sequence[WeatherDay] = (),
    rulings: Sequence[Ruling] = (),
    losses: OutageLosses = NO_LOSSES,
    table: RecurrenceTable | None = None,
    settings: ProblemSettings = DEFAULT_SETTINGS,
) -> tuple[Problem, ...]:
    """What keeps coming back, where, why, at what cost, and whose is it?

    Parameters
    ----------
    reports
        In any order; those opened after `as_of` are not looked at.
    groups
        Duplicates among them, from `group_duplicates`.
    territory
        Its assets, buildings, streets, districts and organisations.
    interruptions
        Of communal services; unplanned ones on an asset, or of its network in the houses beside
        it, speak for its failure, and their houses are affected.
    problem_types
        Those in force; a report whose type is not among them (a request) is no evidence.
    as_of
        Today.
    works
        Done: an event right after works nearby may be their doing.
    inspections
        Who went there and saw what: evidence, and a word on the cause.
    clusters
        From a scan: one of chance 5 % at most that shares three reports with a problem is
        evidence.
    weather
        A record of days, in any order: events that fall on or after hard days speak for weather.
    rulings
        Staff's word on which reports are one problem and which are apart; the latest last.
    losses
        What the interruptions cost besides their repair: part of the cost of going on as before.
    table
        The recurrence counted over these very reports and groups up to the end of `as_of`, if it
        is at hand; counted here otherwise.
    settings
        Rules, horizon, discount rate, price of an hour.

    Returns
    -------
    problems
        Dearest first (cost of going on as before), ties by id.

    Raises
    ------
    ValueError
        Two problem types bear one code, their money is of two currencies, or the table given is
        of other reports, another day or another window.

    Notes
    -----
    Events gather at assets and at places more than chance allows (`find_hotspots`); those that are
    over are left out; the rest gets evidence, causes (`weigh_causes`), the expected repeats
    (gamma-Poisson with a prior from all hotspots and lone places of the type) and their cost
    (`cost_of_inaction`). Severity is the type's, times the mean of 1, rate / (rate + 2) and
    people / (people + 200). The id is made of the type and the asset, or the H3 cell
    (resolution 11) of the place: equal input gives equal ids. Deterministic; 120,000 reports in
    about 5 s.

    Source: the rate model is Gelman, A. et al. (2013), *Bayesian Data Analysis*, 2.6-2.7.
    """
    last = end_of_day(as_of)
    reports = reports.take(reports.opened <= last)
    types = _types_by_position(reports, problem_types)
    if table is None:
        table = count_recurrences(
            reports, groups=groups, window_days=settings.recurrence_days, end=last
        )
    elif not table.counted_over(reports, window_days=settings.recurrence_days, end=last):
        raise ValueError(
            "the recurrence was counted over other reports, up to another day or in "
            "another window; leave it out, and it is counted here"
        )
    surroundings = Surroundings(territory, table.events.plane)
    hotspots = find_hotspots(
        table.events, reports.address, types, surroundings, rules=settings.hotspots
    )
    hotspots = obey(rulings, hotspots, table.events, reports)
    witnesses = Witnesses(
        surroundings,
        interruptions=interruptions,
        works=works,
        inspections=inspections,
        clusters=clusters,
        weather=weather,
    )
    study = Study(reports, table, types, surroundings, witnesses, as_of, settings, Losses(losses))
    found = study.problems(hotspots)
    # A problem has a place: repeats known by an address in words alone can't be put on a map.
    unique = _with_unique_ids([problem for problem in found if np.isfinite(problem.lon)])
    return tuple(sorted(unique, key=lambda p: (-p.cost.total.amount, p.id)))


def _types_by_position(
    reports: Reports, problem_types: Sequence[ProblemType]
) -> tuple[ProblemType | None, ...]:
    by_code: dict[str, ProblemType] = {}
    for problem_type in problem_types:
        if problem_type.code in by_code:
            raise ValueError(f"problem type {problem_type.code} is given twice: keep one")
        by_code[problem_type.code] = problem_type
    return tuple(by_code.get(code) for code in reports.problem_types)


def _with_unique_ids(problems: list[Problem]) -> list[Problem]:
    """Number those that share type and place: the one seen first keeps the plain id."""
    seen: Counter[str] = Counter()
    unique = []
    for problem in sorted(problems, key=lambda p: (p.id, p.first_seen, p.report_ids)):
        seen[problem.id] += 1
        number = seen[problem.id]
        unique.append(problem if number == 1 else replace(problem, id=f"{problem.id}-{number}"))
    return unique
