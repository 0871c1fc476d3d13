"""What is really so in the training town: kept apart from what the town itself knows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from eutopia.core.records.town import Town


@dataclass(frozen=True, slots=True)
class HiddenProblem:
    """What keeps going wrong, where, how often a year, from when to when, and why?

    `rate` is the true number of events a year while active, before anyone decides to report and
    before any work; `asset_id` the thing that is the cause, None where no asset is.
    """

    id: str
    problem_type: str
    lon: float
    lat: float
    radius_m: float
    district: str
    rate: float
    active_from: date
    active_to: date
    cause: str
    asset_id: str | None = None


@dataclass(frozen=True, slots=True)
class TrueEvent:
    """What happened, when (POSIX seconds), where, from which cause?

    `hidden_problem` and `interruption` name what it came from, where it came from one;
    `follows` the event whose repair did not hold.
    """

    id: str
    problem_type: str
    started: int
    lon: float
    lat: float
    asset_id: str | None
    hidden_problem: str | None = None
    interruption: str | None = None
    follows: str | None = None


@dataclass(frozen=True, slots=True)
class TownTruth:
    """What methods are scored against.

    `event_of` maps every report to its event. A re-report after a closure that did not hold is an
    event of its own that `follows` the first; `unheld_closures` are the reports whose closure did
    not hold. `effects` maps a work to the ratio of true event rates after to before within
    `effect_radius_m` of it for the problem types its measure answers (1: nothing changed).
    `habits` is the chance, by district, that an event is reported at all.
    """

    event_of: dict[str, str]
    events: dict[str, TrueEvent]
    hidden_problems: tuple[HiddenProblem, ...]
    unheld_closures: frozenset[str]
    effects: dict[str, float]
    effect_radius_m: float
    habits: dict[str, float]
    true_type: dict[str, str]
    """For reports under a mistaken problem type: the right one."""
    default_coordinate: frozenset[str]
    """Reports whose place is only the town hall's."""
    outbreaks: tuple[tuple[str, ...], ...] = ()
    """Events that piled up in one corner within weeks from one cause, a tuple an outbreak."""
    with_contacts: frozenset[str] = frozenset()
    """Reports whose text holds an (invented) name, telephone or e-mail."""
    parameters: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class TrainingTown:
    """The town as it is handed over, and the truth about it."""

    town: Town
    truth: TownTruth
