"""Sums of money owed for an event as such: stepped with its length, or for events in number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import floor

from eutopia.core.evaluate.judging import Case, known_facts
from eutopia.core.evaluate.spells import Period, Spell
from eutopia.core.norms import Norms, NormsInForce
from eutopia.core.norms.conditions import Value, choose, circumstance, holds
from eutopia.core.records.money import Money
from eutopia.core.records.service_norms import Remedy, ServiceNorm

_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Due:
    """Which sum falls due in the period, by which remedy, for which events?"""

    remedy: Remedy
    amount: Money
    permitted: Decimal
    seconds: int
    interruption_ids: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]


def fixed_sums(
    path: str,
    spells: Sequence[Spell],
    *,
    case: Case,
    norms: Norms | NormsInForce,
) -> list[Due]:
    """Which fixed sums fall due within the period?

    Notes
    -----
    A sum falls due at the instant its length is reached, so that sums over months add up whatever
    month an event began in. The norm of the day the event began counts, its cap runs over the
    whole event. Events in number count when the last of them reaches its least length.
    """
    period = case.period
    found: list[Due] = []
    counts: dict[tuple[str, date | None], tuple[Remedy, list[Spell]]] = {}
    for spell in spells:
        began = datetime.fromtimestamp(spell.start, period.zone).date()
        norm = _norm(path, norms if isinstance(norms, NormsInForce) else norms.at(began))
        if norm is None:
            continue
        known = _known(norm, spell, case)
        if known is None or not case.applies(norm, spell.events[0], known):
            continue
        for remedy in norm.remedies:
            if not holds(remedy.when, known):
                continue
            if remedy.kind == "fixed_sum_stepped":
                found += _stepped(norm, remedy, spell, known, period)
            elif remedy.kind == "fixed_sum_count":
                key = (remedy.name, norm.valid_from)
                counts.setdefault(key, (remedy, []))[1].append(spell)
    for remedy, of_kind in counts.values():
        found += _counted(remedy, of_kind, period)
    return found


def _norm(path: str, norms: NormsInForce) -> ServiceNorm | None:
    return next((norm for norm in norms.service_norms() if norm.path == path), None)


def _known(norm: ServiceNorm, spell: Spell, case: Case) -> dict[str, Value] | None:
    """What is known of the spell; None when what was measured is not off the target."""
    known = known_facts(norm, spell.events[0], case)
    for event in reversed(spell.events):
        known |= {name: circumstance(value) for name, value in event.interruption.conditions}
    known["customers"] = Decimal(max(event.interruption.customers for event in spell.events))
    known["hours"] = Decimal(spell.end - spell.start) / _HOUR
    if norm.targets:
        target = choose(norm.targets, known)
        values = [event.interruption.measured for event in spell.events]
        if target is None or not any(
            value is not None
            and (
                (target.low is not None and value < target.low)
                or (target.high is not None and value > target.high)
            )
            for value in values
        ):
            return None
    return known


def _stepped(
    norm: ServiceNorm, remedy: Remedy, spell: Spell, known: Mapping[str, Value], period: Period
) -> Iterator[Due]:
    row = choose((row for row in norm.permitted if row.scope == "single"), known)
    if remedy.amount is None or (norm.permitted and (row is None or row.hours is None)):
        return
    limit = row.hours if row is not None and row.hours is not None else Decimal(0)
    moment = spell.start + floor(limit * _HOUR)
    paid = due = Decimal(0)
    amount = remedy.amount.amount
    while moment <= spell.end and moment < period.end:
        if remedy.cap is not None:
            amount = min(amount, remedy.cap.amount - paid)
        paid += amount
        if moment >= period.start:
            due += amount
        if remedy.further is None or (remedy.cap is not None and paid >= remedy.cap.amount):
            break
        amount, moment = remedy.further.amount, moment + floor(remedy.per_hours * _HOUR)
    if due:
        yield Due(
            remedy,
            Money(due, remedy.amount.currency),
            limit,
            max(0, spell.end - spell.start - floor(limit * _HOUR)),
            tuple(event.interruption.id for event in spell.events),
            ((spell.start, spell.end),),
        )


def _counted(remedy: Remedy, spells: Sequence[Spell], period: Period) -> Iterator[Due]:
    if remedy.amount is None:
        return
    least = floor(remedy.min_hours * _HOUR)
    group: list[Spell] = []
    paid_in: dict[int, int] = {}
    for spell in spells:
        if spell.end - spell.start < least:
            continue
        year = _year(spell, remedy, period)
        if remedy.window_days:
            oldest = spell.start - int(timedelta(days=remedy.window_days).total_seconds())
            group = [one for one in group if one.start >= oldest]
        else:
            group = [one for one in group if _year(one, remedy, period) == year]
        group.append(spell)
        if len(group) < remedy.events:
            continue
        paid_in[year] = paid_in.get(year, 0) + 1
        allowed = not remedy.max_per_year or paid_in[year] <= remedy.max_per_year
        if allowed and period.start <= spell.start + least < period.end:
            yield Due(
                remedy,
                remedy.amount,
                Decimal(remedy.events),
                sum(one.end - one.start for one in group),
                tuple(event.interruption.id for one in group for event in one.events),
                tuple((one.start, one.end) for one in group),
            )
        group = []


def _year(spell: Spell, remedy: Remedy, period: Period) -> int:
    began = datetime.fromtimestamp(spell.start, period.zone).date()
    return began.year - ((began.month, began.day) < remedy.year_start)
