"""Which norm judges which event, what is known then, how far off is what was measured?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal

from eutopia.core.evaluate.spells import Event, Period, band_at, instant
from eutopia.core.norms import NormMissingError, Norms, NormsInForce
from eutopia.core.norms.circumstances import conditions_of
from eutopia.core.norms.conditions import Value, choose, circumstance, holds, unknown
from eutopia.core.records.money import Money
from eutopia.core.records.service_norms import ServiceNorm

COMBINATIONS = ("period_total_only", "larger_of_both", "both")
DAYS_COUNTED = ("touched", "full")
NOT_APPLICABLE = "norm_does_not_apply"


@dataclass(slots=True)
class Case:
    """Everything the judging of one charge and month needs.

    `versions` are pairs of the instant from which norms hold and the norms by path; `aside` and
    `assumed` collect what was set aside and taken for granted on the way.
    """

    charge: str
    period: Period
    versions: tuple[tuple[int, dict[str, ServiceNorm]], ...]
    facts: dict[str, Value]
    tariffs: Mapping[str, Money]
    combination: str
    days_counted: str
    aside: list[tuple[str, str]] = field(default_factory=list)
    assumed: dict[str, str] = field(default_factory=dict)
    applied: set[str] = field(default_factory=set)
    """Ids of events that some norm applied to."""

    def norm(self, path: str, at: int) -> ServiceNorm | None:
        """Which edition of a norm holds at an instant?"""
        held = self.versions[0][1]
        for since, norms in self.versions[1:]:
            if since <= at:
                held = norms
        return held.get(path)

    def set_aside(self, event: Event, code: str) -> None:
        """Name an event that could not be used, and why."""
        self.aside.append((event.interruption.id, code))

    def applies(self, norm: ServiceNorm, event: Event, facts: Mapping[str, Value]) -> bool:
        """Does a norm apply under these circumstances? One that does not names the event."""
        if not holds(norm.when, facts):
            self.set_aside(event, NOT_APPLICABLE)
            return False
        self.applied.add(event.interruption.id)
        return True

    def named(self) -> tuple[tuple[str, str], ...]:
        """Events set aside, each once; where one norm applied, that others did not is no news."""
        return tuple(
            dict.fromkeys(
                (name, code)
                for name, code in self.aside
                if code != NOT_APPLICABLE or name not in self.applied
            )
        )


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of time with one governing event and one edition of the norm.

    `elapsed` is how long its spell had lasted at the start; `bound` the value it had to keep.
    """

    start: int
    end: int
    elapsed: int
    event: Event
    facts: dict[str, Value]
    bound: Decimal


def norm_versions(
    norms: Norms | NormsInForce, period: Period, charge: str
) -> tuple[tuple[int, dict[str, ServiceNorm]], ...]:
    """From which instant of the period does which edition of the norms for a charge hold?"""
    if isinstance(norms, NormsInForce):
        return ((period.start, _of_charge(norms, charge)),)
    last = date.fromordinal(period.first.toordinal() + period.days - 1)
    days = (period.first, *norms.changes(first=period.first, last=last))
    found: list[tuple[int, dict[str, ServiceNorm]]] = []
    for day in days:
        held = _of_charge(norms.at(day), charge)
        if not found or found[-1][1] != held:
            found.append((instant(day, time(0), period.zone), held))
    return tuple(found)


def _of_charge(norms: NormsInForce, charge: str) -> dict[str, ServiceNorm]:
    return {norm.path: norm for norm in norms.service_norms() if norm.charge == charge}


def option(
    name: str, options: Mapping[str, str] | None, norms: NormsInForce, known: tuple[str, ...]
) -> str:
    """Which reading counts: the caller's, else the pack's, else the first known?

    Raises
    ------
    ValueError
        When it is none of the known ones.
    """
    if options is not None and name in options:
        chosen = options[name]
    else:
        try:
            chosen = str(norms.value(f"recalculation.{name}").value)
        except NormMissingError:
            chosen = known[0]
    if chosen not in known:
        raise ValueError(f"option {name}='{chosen}' is not known; choose one of {', '.join(known)}")
    return chosen


def by_norm(events: Iterable[Event], case: Case) -> dict[str, list[Event]]:
    """Which events does which norm judge? Events that no norm judges are set aside."""
    judges: dict[tuple[str, str], dict[str, None]] = {}
    for _, norms in case.versions:
        for norm in norms.values():
            for parameter in norm.parameters:
                judges.setdefault((norm.service, parameter), {})[norm.path] = None
    found: dict[str, list[Event]] = {}
    for event in events:
        one = event.interruption
        paths = judges.get((one.service, one.parameter), {})
        for path in paths:
            found.setdefault(path, []).append(event)
        if not paths:
            case.set_aside(event, f"no_norm_for:{one.parameter}")
    return found


def services_of(case: Case) -> set[str]:
    """Events of which services matter for the charge?"""
    return {case.charge, *(norm.service for _, held in case.versions for norm in held.values())}


def known_facts(norm: ServiceNorm, event: Event, case: Case) -> dict[str, Value]:
    """What is known of an event: what the norm assumes, the dwelling's, the event's own.

    No notice counts as a notice of no hours.
    """
    one = event.interruption
    facts = {**case.facts, **{name: circumstance(value) for name, value in one.conditions}}
    for name, value in norm.assume:
        if name not in facts:
            facts[name] = circumstance(value)
            case.assumed[name] = value
    facts["planned"] = circumstance(one.planned)
    facts["customers"] = Decimal(one.customers)
    facts["hours"] = Decimal(event.end - event.start) / 3600
    notice = event.start if one.notice_given is None else int(one.notice_given.timestamp())
    facts["notice_hours"] = Decimal(max(0, event.start - notice)) / 3600
    if one.measured is not None:
        facts["measured"] = one.measured
    return facts


def applying(path: str, events: Iterable[Event], case: Case) -> list[Event]:
    """To which events does a norm apply? The others are named; they neither count nor cover any.

    The edition at the event's start (of the month, if it began earlier) decides.
    """
    found = []
    for event in events:
        norm = case.norm(path, event.start)
        if norm is None or applies(norm, event, case):
            found.append(event)
    return found


def applies(norm: ServiceNorm, event: Event, case: Case) -> bool:
    """Does a norm apply to an event under its own and the dwelling's circumstances?"""
    return case.applies(norm, event, known_facts(norm, event, case))


def asked(norm: ServiceNorm) -> set[str]:
    """Which circumstances does a norm ask for anywhere?"""
    return {condition.variable for condition in conditions_of(norm)}


def governing(
    norm: ServiceNorm, start: int, end: int, elapsed: int, here: Iterable[Event], case: Case
) -> Piece | None:
    """Which of the events going on counts: the first, or the one furthest off the target?

    None where nothing measured is beyond its tolerance.
    """
    worst: Piece | None = None
    furthest = Decimal(0)
    for event in here:
        facts = known_facts(norm, event, case)
        if norm.bands:
            facts["time_of_day"] = band_at(norm.bands, start, case.period.zone)
        if not norm.targets:
            return Piece(start, end, elapsed, event, facts, Decimal(0))
        found = _deviation(norm, facts, event, case)
        if found is not None and found[0] > furthest:
            furthest = found[0]
            worst = Piece(start, end, elapsed, event, facts, found[1])
    return worst


def _deviation(
    norm: ServiceNorm, facts: dict[str, Value], event: Event, case: Case
) -> tuple[Decimal, Decimal] | None:
    """How far beyond the tolerance is the measured value, and beyond which bound?

    Writes `deviation` (beyond the tolerance) and `deviation_percent` (of the target's bound) into
    the facts.
    """
    measured = event.interruption.measured
    if measured is None:
        case.set_aside(event, "not_measured")
        return None
    target = choose(norm.targets, facts)
    if target is None:
        missing = ",".join(unknown(norm.targets, facts)) or "none_matches"
        case.set_aside(event, f"target_unknown:{missing}")
        return None
    room = choose(norm.tolerances, facts)
    below, above = (room.below, room.above) if room else (Decimal(0), Decimal(0))
    if target.low is not None and measured < target.low - below:
        reference, bound = target.low, target.low - below
    elif target.high is not None and measured > target.high + above:
        reference, bound = target.high, target.high + above
    else:
        return None
    facts["deviation"] = abs(measured - bound)
    if reference:
        facts["deviation_percent"] = abs(measured - reference) * 100 / abs(reference)
    return abs(measured - bound), bound
