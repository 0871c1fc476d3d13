"""What was supplied against what was permitted: the share of the charge that is not owed.

An exposure does not know the fee: every dwelling of a building with the same circumstances shares
it. Shares are exact fractions; rounding happens once, when a fee is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction
from math import floor

from eutopia.core.evaluate.fixed_sums import fixed_sums
from eutopia.core.evaluate.spells import (
    Event,
    Period,
    Spell,
    band_at,
    band_edges,
    billing_period,
    instant,
    join_spells,
    pieces,
    vet,
)
from eutopia.core.norms import NormMissingError, Norms, NormsInForce
from eutopia.core.norms.conditions import Value, choose, circumstance, holds, unknown
from eutopia.core.records.money import Money
from eutopia.core.records.service_norms import Permitted, Remedy, ServiceNorm
from eutopia.core.records.utilities import Interruption

COMBINATIONS = ("period_total_only", "larger_of_both", "both")
FIXED = ("fixed_sum_stepped", "fixed_sum_count")
_HOUR = 3600
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Share:
    """Which share of the charge is not owed (or which fixed sum is), for what, by which article?

    `share` is exact; `high` is the upper end for advisory ranges; `fixed` a sum of money instead.
    """

    norm_path: str
    article: str
    verification: str
    kind: str
    interruption_ids: tuple[str, ...]
    supplied: str
    permitted: Decimal
    excess: Decimal
    unit: str
    share: Fraction
    high: Fraction | None = None
    fixed: Money | None = None


@dataclass(frozen=True, slots=True)
class Exposure:
    """What follows from a month's events for a charge, before any fee is known?"""

    shares: tuple[Share, ...]
    set_aside: tuple[tuple[str, str], ...]
    notes: tuple[tuple[str, str], ...]
    assumed: tuple[tuple[str, str], ...]
    edition: str


@dataclass(slots=True)
class _Sum:
    """What one remedy of one norm adds up over the pieces."""

    norm: ServiceNorm
    remedy: Remedy
    permitted: Decimal
    seconds: int = 0
    weighted: Fraction = Fraction(0)
    days: set[int] = field(default_factory=set)
    events: dict[str, None] = field(default_factory=dict)
    spans: list[tuple[int, int]] = field(default_factory=list)


_Ledger = dict[tuple[str, date | None, str], _Sum]


@dataclass(slots=True)
class _Ledgers:
    """Sums under each reading of how single limits join the period's total."""

    total: _Ledger = field(default_factory=dict)
    single: _Ledger = field(default_factory=dict)
    both: _Ledger = field(default_factory=dict)
    apart: _Ledger = field(default_factory=dict)
    used: int = 0
    used_in_both: int = 0
    has_total: bool = False
    has_single: bool = False


@dataclass(slots=True)
class _Case:
    """Everything the measuring of one charge and month needs."""

    period: Period
    versions: list[tuple[int, NormsInForce]]
    facts: dict[str, Value]
    tariffs: Mapping[str, Money]
    charge: str
    combination: str
    days_counted: str
    aside: list[tuple[str, str]]
    assumed: dict[str, str] = field(default_factory=dict)


def measure_exposure(
    charge: str,
    month: date,
    interruptions: Iterable[Interruption],
    *,
    norms: Norms | NormsInForce,
    time_zone: str,
    circumstances: Mapping[str, Decimal | str | bool] | None = None,
    tariffs: Mapping[str, Money] | None = None,
    options: Mapping[str, str] | None = None,
    as_of: datetime | None = None,
) -> Exposure:
    """Which share of a month's charge is not owed, and by which article?

    Parameters
    ----------
    charge
        Code of the charge: a service, or what the norm reduces in its place (rent).
    month
        First day of the billing month.
    interruptions
        Events that hit the dwelling, in any order; those of other services are not looked at.
        Events of earlier months belong here too where a norm counts by the year.
    norms
        `Norms` follows changes within the month; `NormsInForce` is taken for the whole month.
    time_zone
        IANA name: local midnight bounds months and days.
    circumstances
        What is known of the dwelling and that norms ask for (room, cold_region, customer_class).
    tariffs
        Tariff of each service, for norms that substitute one.
    options
        `combination` (period_total_only, larger_of_both, both) and `days_counted` (touched, full);
        else the pack's `recalculation.*` values, else period_total_only and touched.
    as_of
        Up to when an event still going on is counted; the end of the month when not given.

    Raises
    ------
    ValueError
        For an unknown option or zone, or a month that is not a first day.

    Notes
    -----
    * Events of one parameter that touch or overlap are one spell: no hour counts twice. Where
      measured values overlap, the one furthest off counts.
    * A single limit runs from the spell's start, in an earlier month too; the period's total runs
      from the month's start. Where a norm changes, each hour is judged by the norm of its day, and
      what was used up before stays used up.
    * Deviation is counted beyond the tolerance. `deviation_percent` is relative to the bound of
      the target.
    * Nothing is dropped silently: unusable events are in `set_aside` with a code.
    """
    period = billing_period(month, time_zone)
    until = period.end if as_of is None else min(int(as_of.timestamp()), period.end)
    events, aside, notes = vet(interruptions, until=until)
    versions = _versions(norms, period)
    case = _Case(
        period=period,
        versions=versions,
        facts={name: circumstance(value) for name, value in (circumstances or {}).items()},
        tariffs=tariffs or {},
        charge=charge,
        combination=_option("combination", options, versions[0][1], COMBINATIONS),
        days_counted=_option("days_counted", options, versions[0][1], ("touched", "full")),
        aside=aside,
    )
    shares: list[Share] = []
    for path, of_norm in _by_norm(events, case).items():
        shares += _measure_norm(path, of_norm, case, norms)
        notes += _overlaps(of_norm)
    set_aside = dict.fromkeys(case.aside)
    return Exposure(
        shares=tuple(shares),
        set_aside=tuple(set_aside),
        notes=tuple(notes),
        assumed=tuple(sorted(case.assumed.items())),
        edition=versions[0][1].edition,
    )


def _versions(norms: Norms | NormsInForce, period: Period) -> list[tuple[int, NormsInForce]]:
    """From which instant of the period is what in force?"""
    if isinstance(norms, NormsInForce):
        return [(period.start, norms)]
    last = date.fromordinal(period.first.toordinal() + period.days - 1)
    days = (period.first, *norms.changes(first=period.first, last=last))
    return [(instant(day, time(0), period.zone), norms.at(day)) for day in days]


def _option(
    name: str, options: Mapping[str, str] | None, norms: NormsInForce, known: tuple[str, ...]
) -> str:
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


def _by_norm(events: list[Event], case: _Case) -> dict[str, list[Event]]:
    """Which events does which norm judge? Events that no norm judges are set aside."""
    judged: dict[tuple[str, str], str] = {}
    for _, norms in case.versions:
        for norm in norms.service_norms():
            if norm.charge == case.charge:
                for parameter in norm.parameters:
                    judged.setdefault((norm.service, parameter), norm.path)
    services = {service for service, _ in judged}
    found: dict[str, list[Event]] = {}
    for event in events:
        one = event.interruption
        path = judged.get((one.service, one.parameter))
        if path is not None:
            found.setdefault(path, []).append(event)
        elif one.service in services or one.service == case.charge:
            case.aside.append((one.id, f"no_norm_for:{one.parameter}"))
    return found


def _overlaps(events: list[Event]) -> list[tuple[str, str]]:
    notes = []
    last: Event | None = None
    for event in events:
        if last is not None and event.start < last.end:
            notes.append((event.interruption.id, f"overlaps:{last.interruption.id}"))
        if last is None or event.end > last.end:
            last = event
    return notes


def _norm_at(path: str, at: int, case: _Case) -> ServiceNorm | None:
    in_force = case.versions[0][1]
    for since, norms in case.versions:
        if since <= at:
            in_force = norms
    for norm in in_force.service_norms():
        if norm.path == path:
            return norm
    return None


def _facts(norm: ServiceNorm, event: Event, case: _Case) -> dict[str, Value]:
    """What is known when an event is judged: what is assumed, the dwelling's, the event's own."""
    one = event.interruption
    given = {**case.facts, **{name: circumstance(value) for name, value in one.conditions}}
    for name, value in norm.assume:
        if name not in given:
            given[name] = circumstance(value)
            case.assumed[name] = value
    given["planned"] = circumstance(one.planned)
    given["hours"] = Decimal(event.end - event.start) / _HOUR
    given["customers"] = Decimal(one.customers)
    if one.notice_given is not None:
        given["notice_hours"] = (
            Decimal(int(one.started.timestamp()) - int(one.notice_given.timestamp())) / _HOUR
        )
    if one.measured is not None:
        given["measured"] = one.measured
    return given


def _measure_norm(
    path: str, events: list[Event], case: _Case, norms: Norms | NormsInForce
) -> list[Share]:
    ledgers = _Ledgers()
    bands = next(
        (norm.bands for since, _ in case.versions if (norm := _norm_at(path, since, case))), ()
    )
    cuts = [since for since, _ in case.versions] + (band_edges(bands, case.period) if bands else [])
    reached = False
    spells = join_spells(events)
    for start, end, spell, here in pieces(spells, cuts=cuts, period=case.period):
        reached = True
        norm = _norm_at(path, start, case)
        if norm is None:
            case.aside += [(event.interruption.id, "norm_not_in_force") for event in here]
            continue
        _judge_piece(norm, start, end, spell, here, case, ledgers)
    if not reached:
        case.aside += [(event.interruption.id, "outside_period") for event in events]
    sums = fixed_sums(path, spells, period=case.period, norms=norms, facts=case.facts)
    paid = [
        Share(
            norm_path=f"{path}.remedies.{due.remedy.name}",
            article=due.remedy.source.article,
            verification=due.remedy.source.verification,
            kind=due.remedy.kind,
            interruption_ids=due.interruption_ids,
            supplied=_supplied(due.spans, case.period),
            permitted=due.permitted,
            excess=_hours(due.seconds),
            unit="h",
            share=Fraction(0),
            fixed=due.amount,
        )
        for due in sums
    ]
    return [
        share for total in _chosen(ledgers, case.combination) if (share := _share(total, case))
    ] + paid


def _judge_piece(
    norm: ServiceNorm,
    start: int,
    end: int,
    spell: Spell,
    here: tuple[Event, ...],
    case: _Case,
    ledgers: _Ledgers,
) -> None:
    """Judge one stretch of time: which event governs, what is in excess, what follows."""
    event, facts, bound = _governing(norm, start, here, case)
    if event is None:
        return
    if not holds(norm.when, facts):
        case.aside.append((event.interruption.id, "norm_does_not_apply"))
        return
    length = end - start
    if not norm.permitted:
        ledgers.has_total = True
        _add(ledgers.total, norm, facts, event, start, end, length, bound, case)
        return
    single = choose((row for row in norm.permitted if row.scope == "single"), facts)
    total = choose((row for row in norm.permitted if row.scope == "period_total"), facts)
    if single is None and total is None:
        missing = ",".join(unknown(norm.permitted, facts)) or "none_matches"
        case.aside.append((event.interruption.id, f"permitted_length_unknown:{missing}"))
        return
    if single is not None and single.apart:
        _judge_apart(norm, single, facts, event, start, end, spell, case, ledgers)
        return
    over_single = _beyond(single, start - spell.start, length) if single else 0
    if single is not None:
        ledgers.has_single = True
        limit = single.hours or Decimal(0)
        _add(ledgers.single, norm, facts, event, start, end, over_single, limit, case)
    if total is not None:
        ledgers.has_total = True
        limit = total.hours or Decimal(0)
        over = _beyond(total, ledgers.used, length)
        _add(ledgers.total, norm, facts, event, start, end, over, limit, case)
        rest = length - over_single
        over_rest = _beyond(total, ledgers.used_in_both, rest)
        _add(ledgers.both, norm, facts, event, start, end, over_single + over_rest, limit, case)
        ledgers.used_in_both += rest
    ledgers.used += length


def _judge_apart(
    norm: ServiceNorm,
    single: Permitted,
    facts: dict[str, Value],
    event: Event,
    start: int,
    end: int,
    spell: Spell,
    case: _Case,
    ledgers: _Ledgers,
) -> None:
    if single.hours is None:
        case.aside.append((event.interruption.id, f"set_by_other_act:{single.refers_to}"))
        return
    over = _beyond(single, start - spell.start, end - start)
    _add(ledgers.apart, norm, facts, event, start, end, over, single.hours, case)


def _beyond(row: Permitted, used: int, length: int) -> int:
    """How many of the next `length` seconds are beyond the limit, `used` being gone already?"""
    limit = floor((row.hours or Decimal(0)) * _HOUR)
    return max(0, used + length - limit) - max(0, used - limit)


def _governing(
    norm: ServiceNorm, start: int, here: tuple[Event, ...], case: _Case
) -> tuple[Event | None, dict[str, Value], Decimal]:
    """Which of the events going on counts: the first, or the one furthest off the target?"""
    best: tuple[Event | None, dict[str, Value], Decimal] = (None, {}, Decimal(0))
    worst = Decimal(0)
    for event in here:
        facts = _facts(norm, event, case)
        if norm.bands:
            facts["time_of_day"] = band_at(norm.bands, start, case.period.zone)
        if not norm.targets:
            return event, facts, Decimal(0)
        found = _deviation(norm, facts, event, case)
        if found is not None and found[0] > worst:
            worst, best = found[0], (event, facts, found[1])
    return best


def _deviation(
    norm: ServiceNorm, facts: dict[str, Value], event: Event, case: _Case
) -> tuple[Decimal, Decimal] | None:
    """How far beyond the tolerance is the measured value, and beyond which bound?

    Writes `deviation` and `deviation_percent` into the facts.
    """
    measured, name = event.interruption.measured, event.interruption.id
    if measured is None:
        case.aside.append((name, "not_measured"))
        return None
    target = choose(norm.targets, facts)
    if target is None:
        missing = ",".join(unknown(norm.targets, facts)) or "none_matches"
        case.aside.append((name, f"target_unknown:{missing}"))
        return None
    room = choose(norm.tolerances, facts)
    below, above = (room.below, room.above) if room else (Decimal(0), Decimal(0))
    if target.low is not None and measured < target.low - below:
        bound, off, reference = target.low - below, target.low - below - measured, target.low
    elif target.high is not None and measured > target.high + above:
        bound, off, reference = target.high + above, measured - target.high - above, target.high
    else:
        return None
    facts["deviation"] = off
    if reference:
        facts["deviation_percent"] = abs(measured - reference) * 100 / abs(reference)
    return off, bound


def _add(
    ledger: _Ledger,
    norm: ServiceNorm,
    facts: dict[str, Value],
    event: Event,
    start: int,
    end: int,
    seconds: int,
    permitted: Decimal,
    case: _Case,
) -> None:
    """Add the seconds in excess (the last of the piece) to every remedy that holds."""
    if not seconds:
        return
    for remedy in norm.remedies:
        if remedy.kind in FIXED or not holds(remedy.when, facts):
            continue
        if remedy.kind == "tariff_substitution" and not _tariffs(remedy, case):
            case.aside.append((event.interruption.id, f"tariff_missing:{remedy.tariff}"))
            continue
        key = (norm.path, norm.valid_from, remedy.name)
        total = ledger.setdefault(key, _Sum(norm, remedy, permitted))
        total.seconds += seconds
        total.weighted += seconds * _weight(remedy, facts)
        total.days.update(range(case.period.day_of(end - seconds), case.period.day_of(end - 1) + 1))
        total.events[event.interruption.id] = None
        if total.spans and total.spans[-1][1] == start:
            total.spans[-1] = (total.spans[-1][0], end)
        else:
            total.spans.append((start, end))


def _weight(remedy: Remedy, facts: Mapping[str, Value]) -> Fraction:
    """By how many degrees or steps is each second counted?"""
    off = facts.get("deviation")
    if not isinstance(off, Decimal):
        return Fraction(1)
    if remedy.kind == "percent_per_degree_hour":
        return counted(Fraction(off), remedy.degrees_counted)
    if remedy.kind == "percent_per_step_hour":
        return Fraction(floor(off / remedy.step))
    return Fraction(1)


def counted(amount: Fraction, how: str) -> Fraction:
    """How many are counted: exact, whole (begun ones do not count) or started?"""
    if how == "whole":
        return Fraction(floor(amount))
    return Fraction(-floor(-amount)) if how == "started" else amount


def _tariffs(remedy: Remedy, case: _Case) -> tuple[Money, Money] | None:
    own, other = case.tariffs.get(case.charge), case.tariffs.get(remedy.tariff)
    if own is None or other is None or own.amount <= 0:
        return None
    return own, other


def _chosen(ledgers: _Ledgers, combination: str) -> list[_Sum]:
    """Whose sums count under the reading chosen? A norm with one kind of limit has no choice."""
    if not ledgers.has_total:
        chosen = ledgers.single
    elif not ledgers.has_single or combination == "period_total_only":
        chosen = ledgers.total
    elif combination == "both":
        chosen = ledgers.both
    else:
        totals = [sum(s.seconds for s in one.values()) for one in (ledgers.total, ledgers.single)]
        chosen = ledgers.total if totals[0] >= totals[1] else ledgers.single
    return [*chosen.values(), *ledgers.apart.values()]


def _share(total: _Sum, case: _Case) -> Share | None:
    """Turn a sum into the share of the charge that is not owed."""
    remedy, period = total.remedy, case.period
    hours = Fraction(total.seconds, _HOUR)
    percent = Fraction(remedy.percent) / 100
    excess, unit, high = hours, "h", None
    if remedy.kind == "percent_per_hours":
        share = percent * counted(hours / Fraction(remedy.per_hours), remedy.hours_counted)
    elif remedy.kind in ("percent_per_degree_hour", "percent_per_step_hour"):
        excess = total.weighted / _HOUR
        unit = "degree-h" if remedy.kind == "percent_per_degree_hour" else "step-h"
        share = percent * excess
    elif remedy.kind == "zero_per_day":
        full = case.days_counted == "full"
        excess = Fraction(total.seconds // _DAY if full else len(total.days))
        unit, share = "d", excess / period.days
    elif remedy.kind == "tariff_substitution":
        own, other = _tariffs(remedy, case) or (Money(Decimal(1), ""), Money(Decimal(1), ""))
        cheaper = max(Fraction(0), 1 - Fraction(other.amount) / Fraction(own.amount))
        share = cheaper * total.seconds / (period.end - period.start)
    else:
        part = Fraction(total.seconds, period.end - period.start)
        share, high = percent * part, Fraction(remedy.percent_high) / 100 * part
    if not share and not high:
        return None
    return Share(
        norm_path=f"{total.norm.path}.remedies.{remedy.name}",
        article=remedy.source.article,
        verification=remedy.source.verification,
        kind=remedy.kind,
        interruption_ids=tuple(total.events),
        supplied=_supplied(total.spans, period),
        permitted=total.permitted,
        excess=_decimal(excess),
        unit=unit,
        share=share,
        high=high,
    )


def _supplied(spans: Iterable[tuple[int, int]], period: Period) -> str:
    """Intervals of local time, ISO 8601."""
    return "; ".join(
        "/".join(
            datetime.fromtimestamp(at, period.zone).isoformat(timespec="seconds") for at in span
        )
        for span in spans
    )


def _hours(seconds: int) -> Decimal:
    return _decimal(Fraction(seconds, _HOUR))


def _decimal(amount: Fraction) -> Decimal:
    """For showing: to six places, without trailing zeros; money is computed from the fraction."""
    exact = Decimal(amount.numerator) / Decimal(amount.denominator)
    shown = round(exact, 6).normalize()
    return shown if shown.as_tuple().exponent in range(-6, 1) else shown.quantize(Decimal(1))
