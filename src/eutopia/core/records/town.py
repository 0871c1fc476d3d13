"""A whole municipality as it is handed to the working place: training town or real one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from eutopia.core.records.elections import Election
from eutopia.core.records.indices import Statistic
from eutopia.core.records.problems import Inspection, WeatherDay
from eutopia.core.records.programme import Candidate, PortfolioRules
from eutopia.core.records.reports import Report
from eutopia.core.records.territory import Territory
from eutopia.core.records.utilities import Charge, Interruption, UtilityRegister
from eutopia.core.records.works import Work


@dataclass(frozen=True, slots=True)
class Town:
    """What does a municipality bring into the loop, as of a day?

    `packs` are the ids of the packs in force there (problem types, measures, heritage, norms,
    calendar). `ballot_places` are triples of ballot project id, longitude and latitude.
    `candidates` are works already proposed (a capital plan), joined to those found by diagnosis.
    """

    territory: Territory
    as_of: date
    packs: tuple[str, ...]
    reports: tuple[Report, ...]
    works: tuple[Work, ...] = ()
    interruptions: tuple[Interruption, ...] = ()
    charges: tuple[Charge, ...] = ()
    election: Election | None = None
    ballot_places: tuple[tuple[str, float, float], ...] = ()
    rules: PortfolioRules | None = None
    candidates: tuple[Candidate, ...] = ()
    utilities: UtilityRegister = field(default_factory=UtilityRegister)
    inspections: tuple[Inspection, ...] = ()
    statistics: tuple[Statistic, ...] = ()
    weather: tuple[WeatherDay, ...] = ()
