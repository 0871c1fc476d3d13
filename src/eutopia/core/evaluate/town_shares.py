"""Shares of a charge for a whole town: time added up in arrays, law judged once a situation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import time, timedelta
from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from eutopia.core.evaluate.judging import (
    COMBINATIONS,
    DAYS_COUNTED,
    Case,
    applying,
    asked,
    by_norm,
    norm_versions,
    option,
    services_of,
)
from eutopia.core.evaluate.ledger import FIXED
from eutopia.core.evaluate.ledger import tariffs as tariff_pair
from eutopia.core.evaluate.situations import (
    NOT_IN_FORCE,
    Bools,
    Ints,
    Remedies,
    Situation,
    Stretches,
    cut,
    judge,
    limits,
    spells_of,
    weight_table,
)
from eutopia.core.evaluate.spells import Event, Period, band_at, instant
from eutopia.core.norms import Norms
from eutopia.core.norms.conditions import circumstance
from eutopia.core.records.money import Money
from eutopia.core.records.service_norms import Remedy, ServiceNorm

Fees = NDArray[np.int64] | NDArray[np.int32]
_BIGGEST = 2**62


@dataclass(frozen=True, slots=True)
class Dwellings:
    """Which dwelling is in which building, and which of the circumstances hold there?

    `building` and `circumstance`, each (n,), are positions in `buildings` and `circumstances`.
    """

    buildings: tuple[str, ...]
    building: Ints
    circumstances: tuple[Mapping[str, Decimal | str | bool], ...] = ({},)
    circumstance: Ints | None = None

    def take(self, rows: Ints | Bools) -> Dwellings:
        """Some of the dwellings."""
        return replace(
            self,
            building=self.building[rows],
            circumstance=None if self.circumstance is None else self.circumstance[rows],
        )


@dataclass(frozen=True, slots=True)
class Lines:
    """Shares of the charge by unit, month and remedy: exact fractions `numerator / denominator`.

    Columns, each (k,): `unit`, `month`, `remedy` (position in `remedies`), `seconds` in excess.
    """

    unit: Ints
    month: Ints
    remedy: Ints
    seconds: Ints
    numerator: Ints
    denominator: Ints
    remedies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Added:
    """What one remedy adds up to in each cell, and how long the cell's month is."""

    seconds: Ints
    weighted: Ints
    days: Ints
    days_in_month: Ints
    period: Ints


class TownShares:
    """One service of a town: its norms over the months, and the stretches of its events."""

    def __init__(
        self,
        service: str,
        periods: tuple[Period, ...],
        units: list[tuple[int, int]],
        dwellings: Dwellings,
        norms: Norms,
        known_tariffs: Mapping[str, Money],
        options: Mapping[str, str] | None,
    ) -> None:
        self.periods = periods
        self.dwellings = dwellings
        self.units = units
        self.kind_of_unit = np.array([kind for _, kind in units], np.int64)
        self.versions = self._all_versions(service, norms)
        self.readings = [
            option("combination", options, norms.at(period.first), COMBINATIONS)
            for period in periods
        ]
        self.days_counted = [
            option("days_counted", options, norms.at(period.first), DAYS_COUNTED)
            for period in periods
        ]
        self.cases = [
            Case(
                charge=service,
                period=periods[0],
                versions=self.versions,
                facts={name: circumstance(value) for name, value in known.items()},
                tariffs=known_tariffs,
                combination=self.readings[0],
                days_counted=self.days_counted[0],
            )
            for known in dwellings.circumstances
        ]
        self.services = services_of(self.cases[0])
        self._of_building: dict[str, list[int]] = {}
        for number, (building, _) in enumerate(units):
            self._of_building.setdefault(dwellings.buildings[building], []).append(number)

    def _all_versions(
        self, service: str, norms: Norms
    ) -> tuple[tuple[int, dict[str, ServiceNorm]], ...]:
        found = [
            version for period in self.periods for version in norm_versions(norms, period, service)
        ]
        kept = found[:1]
        for version in found[1:]:
            if version[1] != kept[-1][1]:
                kept.append(version)
        for _, held in kept:
            for norm in held.values():
                kinds = {remedy.kind for remedy in norm.remedies}
                if kinds & {*FIXED, "range_advisory"}:
                    raise ValueError(
                        f"{norm.path} awards fixed sums or ranges; compute it with `recalculate`"
                    )
        return tuple(kept)

    def lines(self, events: list[Event]) -> tuple[Lines, list[tuple[str, str]]]:
        """Which shares of the charge are not owed, by unit, month and remedy?"""
        for event in events:
            if not any(one in self._of_building for one in event.interruption.building_ids):
                self.cases[0].set_aside(event, "no_building_known")
        remedies = Remedies()
        parts: list[tuple[Ints, ...]] = []
        for path, judged in by_norm(events, self.cases[0]).items():
            stretches = self._stretches(path, judged, remedies)
            if len(stretches.unit):
                parts += self._shares(stretches, remedies)
        joined = [np.concatenate(column) for column in zip(*parts, strict=True)] or [
            np.zeros(0, np.int64) for _ in range(6)
        ]
        lines = Lines(
            unit=joined[0],
            month=joined[1],
            remedy=joined[2],
            seconds=joined[3],
            numerator=joined[4],
            denominator=joined[5],
            remedies=tuple(f"{norm.path}.remedies.{one.name}" for norm, one in remedies.columns),
        )
        return lines, [pair for case in self.cases for pair in case.named()]

    def _stretches(self, path: str, events: list[Event], remedies: Remedies) -> Stretches:
        """Cut the events of one norm into stretches and judge each distinct situation."""
        pairs = [
            (unit, number)
            for number, event in enumerate(events)
            for building in event.interruption.building_ids
            for unit in self._of_building.get(building, ())
        ]
        unit, event = np.array(pairs, np.int64).reshape(-1, 2).T
        # Events come sorted by start: a stable sort by unit keeps that order.
        order = np.argsort(unit, kind="stable")
        unit, event = unit[order], event[order]
        kept = self._applying(path, events)[self.kind_of_unit[unit], event]
        unit, event = unit[kept], event[kept]
        start = np.array([one.start for one in events], np.int64)[event]
        end = np.array([one.end for one in events], np.int64)[event]
        spell_start, from_here, overlapping = spells_of(unit, start, end)
        measured = any(held[path].targets for _, held in self.versions if path in held)
        if measured and overlapping.any():
            unit, event, start, end, spell_start = _elementary(
                unit, event, start, end, spell_start, overlapping
            )
        else:
            start = from_here
        bands = next((held[path].bands for _, held in self.versions if path in held), ())
        edges = self._edges(bands)
        first, last = self.periods[0].start, self.periods[-1].end
        start, end = np.maximum(start, first), np.minimum(end, last)
        kept = start < end
        rows, start, end = cut(start[kept], end[kept], edges)
        unit, event, spell_start = unit[kept][rows], event[kept][rows], spell_start[kept][rows]
        situation, situations = self._judged(path, events, unit, event, start, bands, remedies)
        month = np.searchsorted([p.start for p in self.periods], start, side="right") - 1
        found = Stretches(unit, start, end, spell_start, month, situation, situations)
        found = found.take(np.array([one.applies for one in situations], bool)[situation])
        return _worst(found) if measured else found

    def _applying(self, path: str, events: list[Event]) -> Bools:
        """To which events does the norm apply, under which circumstances (kinds, events)?"""
        found = np.ones((len(self.cases), len(events)), bool)
        if any(held[path].when for _, held in self.versions if path in held):
            for kind, case in enumerate(self.cases):
                names = {id(event) for event in applying(path, events, case)}
                found[kind] = [id(event) in names for event in events]
        return found

    def _kinds(self, path: str, events: list[Event]) -> tuple[Ints, int]:
        """Which events look alike to a norm?"""
        wanted: set[str] = set()
        for _, held in self.versions:
            if path in held:
                wanted |= asked(held[path])
        kinds: dict[object, int] = {}
        found = np.empty(len(events), np.int64)
        for position, event in enumerate(events):
            one = event.interruption
            key = (
                one.conditions,
                one.planned,
                one.measured,
                one.customers if "customers" in wanted else 0,
                event.end - event.start if "hours" in wanted else 0,
                one.notice_given if "notice_hours" in wanted else None,
                event.start if "notice_hours" in wanted else 0,
            )
            found[position] = kinds.setdefault(key, len(kinds))
        return found, len(kinds)

    def _edges(self, bands: Sequence[tuple[str, time, time]]) -> Ints:
        """Instants at which month, edition of the norm or band of the day change."""
        edges = {period.start for period in self.periods} | {since for since, _ in self.versions}
        for period in self.periods:
            for n in range(period.days):
                day = period.first + timedelta(days=n)
                edges.update(instant(day, opens, period.zone) for _, opens, _ in bands)
        return np.array(sorted(edges), np.int64)

    def _judged(
        self,
        path: str,
        events: list[Event],
        unit: Ints,
        event: Ints,
        start: Ints,
        bands: Sequence[tuple[str, time, time]],
        remedies: Remedies,
    ) -> tuple[Ints, tuple[Situation, ...]]:
        """Judge each distinct situation once; returns its number for each stretch."""
        kind_of, kinds = self._kinds(path, events)
        known = self.kind_of_unit[unit]
        version = np.searchsorted([since for since, _ in self.versions], start, side="right") - 1
        band = np.zeros(len(start), np.int64)
        if bands:
            names = [name for name, _, _ in bands]
            edges = self._edges(bands)
            zone = self.periods[0].zone
            of_edge = [names.index(band_at(bands, int(at), zone)) for at in edges]
            band = np.array(of_edge, np.int64)[np.searchsorted(edges, start, side="right") - 1]
        code = version
        seen_by = ((band, len(bands) or 1), (kind_of[event], kinds), (known, len(self.cases)))
        for part, size in seen_by:
            code = code * size + part
        _, first, number = np.unique(code, return_index=True, return_inverse=True)
        situations = []
        for row in first:
            norm = self.versions[int(version[row])][1].get(path)
            case = self.cases[int(known[row])]
            if norm is None:
                situations.append(NOT_IN_FORCE)
            else:
                one = events[int(event[row])]
                situations.append(judge(norm, int(start[row]), one, case, remedies))
        self._name(events, event, number, situations, known)
        return number.astype(np.int64), tuple(situations)

    def _name(
        self,
        events: list[Event],
        event: Ints,
        number: Ints,
        situations: Sequence[Situation],
        known: Ints,
    ) -> None:
        """Name every event of the situations in which events are set aside."""
        told = np.array([bool(one.codes) for one in situations], bool)[number]
        pairs = np.unique(np.stack([number[told], event[told], known[told]]), axis=1).T
        for situation, position, kind in pairs.tolist():
            for code in situations[situation].codes:
                self.cases[kind].set_aside(events[position], code)

    def _shares(self, found: Stretches, remedies: Remedies) -> list[tuple[Ints, ...]]:
        """Add up what is beyond the limits, remedy by remedy, as fractions of the charge."""
        cells = found.unit * len(self.periods) + found.month
        cell_codes, cell = np.unique(cells, return_inverse=True)
        # Within a unit stretches are in order of time, so cells are too.
        weights, scales, holding = weight_table(found.situations, len(remedies.columns))
        over = self._over(found, cell, len(cell_codes), holding)
        cell_unit, cell_month = np.divmod(cell_codes, len(self.periods))
        length = np.array([p.end - p.start for p in self.periods], np.int64)[cell_month]
        days_in = np.array([p.days for p in self.periods], np.int64)[cell_month]
        parts: list[tuple[Ints, ...]] = []
        for column, (_, remedy) in enumerate(remedies.columns):
            holds_here = holding[found.situation, column] & (over > 0)
            if not holds_here.any():
                continue
            rows = np.flatnonzero(holds_here)
            seconds = _sum(cell[rows], over[rows], len(cell_codes))
            weighted = _sum(
                cell[rows], over[rows] * weights[found.situation[rows], column], len(cell_codes)
            )
            days = seconds
            if remedy.kind == "zero_per_day":
                days = self._days(found.end[rows], over[rows], cell[rows], cell_month, seconds)
            added = _Added(seconds, weighted, days, days_in, length)
            numerator, denominator = _fraction(remedy, added, scales[column], self.cases[0])
            kept = numerator > 0
            parts.append(
                (
                    cell_unit[kept],
                    cell_month[kept],
                    np.full(int(kept.sum()), column, np.int64),
                    seconds[kept],
                    numerator[kept],
                    denominator[kept],
                )
            )
        return parts

    def _over(self, found: Stretches, cell: Ints, cells: int, holding: Bools) -> Ints:
        """Seconds of each stretch in excess, under the reading of its month."""
        of = limits(found)
        length = found.end - found.start
        elapsed = found.start - found.spell_start
        over_single = np.where(of.single >= 0, _beyond(of.single, elapsed, length), 0)
        counts = ~of.apart & ~of.unlimited
        with_total = counts & (of.total >= 0)
        used = _used(cell, np.where(counts, length, 0))
        over_total = np.where(with_total, _beyond(of.total, used, length), 0)
        over_total = np.where(of.unlimited, length, over_total)
        rest = np.where(with_total, length - over_single, 0)
        over_rest = np.where(with_total, _beyond(of.total, _used(cell, rest), rest), 0)
        over_both = over_single + over_rest
        has_total = _any(cell, of.unlimited | with_total, cells)
        has_single = _any(cell, counts & (of.single >= 0), cells)
        number = holding.sum(axis=1)[found.situation]
        in_total = _sum(cell, np.where(of.apart, 0, over_total) * number, cells)
        in_single = _sum(cell, np.where(of.apart, 0, over_single) * number, cells)
        reading = np.array([COMBINATIONS.index(one) for one in self.readings], np.int64)
        month = np.zeros(cells, np.int64)
        month[cell] = found.month
        # 0: total, 1: single, 2: both.
        larger = np.where(in_total >= in_single, 0, 1)
        choice = np.choose(reading[month], [np.zeros(cells, np.int64), larger, np.full(cells, 2)])
        choice = np.where(~has_total, 1, np.where(~has_single, 0, choice))
        chosen = np.choose(choice[cell], [over_total, over_single, over_both])
        return np.asarray(np.where(of.apart, over_single, chosen), np.int64)

    def _days(self, end: Ints, over: Ints, cell: Ints, cell_month: Ints, seconds: Ints) -> Ints:
        """Days off in each cell: those touched by the excess, or whole ones of it."""
        midnights = np.unique(np.concatenate([p.midnights for p in self.periods]))
        rows, left, _ = cut(end - over, end, midnights)
        day = np.searchsorted(midnights, left, side="right")
        touched = np.unique(np.stack([cell[rows], day]), axis=1)[0]
        days = np.bincount(touched, minlength=len(seconds)).astype(np.int64)
        full = np.array([one == "full" for one in self.days_counted], bool)[cell_month]
        return np.asarray(np.where(full, seconds // 86_400, days), np.int64)


def _elementary(
    unit: Ints, event: Ints, start: Ints, end: Ints, spell_start: Ints, overlapping: Bools
) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    """Cut the events of spells that overlap themselves at each other's bounds.

    Each event keeps its stretches: which of several counts is for `_worst` to say.
    """
    alone = ~overlapping
    columns = [[column[alone]] for column in (unit, event, start, end, spell_start)]
    keys = np.stack([unit, spell_start], axis=1)[overlapping]
    _, group = np.unique(keys, axis=0, return_inverse=True)
    rows = np.flatnonzero(overlapping)
    order = np.argsort(group, kind="stable")
    for of_spell in np.split(rows[order], np.flatnonzero(np.diff(group[order])) + 1):
        bounds = np.unique(np.concatenate([start[of_spell], end[of_spell]]))
        part, left, right = cut(start[of_spell], end[of_spell], bounds)
        chosen = of_spell[part]
        for column, values in zip(
            columns, (unit[chosen], event[chosen], left, right, spell_start[chosen]), strict=True
        ):
            column.append(values)
    joined = [np.concatenate(column) for column in columns]
    order = np.lexsort((joined[1], joined[2], joined[0]))
    return joined[0][order], joined[1][order], joined[2][order], joined[3][order], joined[4][order]


def _worst(found: Stretches) -> Stretches:
    """Of stretches at the same time and unit, keep the one furthest off; the first of equals."""
    ranks = {d: n for n, d in enumerate(sorted({one.deviation for one in found.situations}))}
    rank = np.array([ranks[one.deviation] for one in found.situations], np.int64)[found.situation]
    order = np.lexsort((-rank, found.start, found.unit))
    sorted_ = found.take(order)
    new = np.ones(len(order), bool)
    new[1:] = (np.diff(sorted_.unit) != 0) | (np.diff(sorted_.start) != 0)
    return sorted_.take(new)


def _fraction(remedy: Remedy, added: _Added, scale: int, case: Case) -> tuple[Ints, Ints]:
    """Which share of the charge does what was added up come to: numerator and denominator?"""
    seconds, ones = added.seconds, np.ones_like(added.seconds)
    percent = Fraction(remedy.percent) / 100
    if remedy.kind == "percent_per_hours":
        step = Fraction(remedy.per_hours) * 3600
        if remedy.hours_counted == "exact":
            each = percent / step
            return seconds * each.numerator, ones * each.denominator
        whole, rest = np.divmod(seconds * step.denominator, step.numerator)
        number = whole + (rest > 0) if remedy.hours_counted == "started" else whole
        return number * percent.numerator, ones * percent.denominator
    if remedy.kind in ("percent_per_degree_hour", "percent_per_step_hour"):
        each = percent / 3600 / scale
        return added.weighted * each.numerator, ones * each.denominator
    if remedy.kind == "zero_per_day":
        return added.days, added.days_in_month
    if remedy.kind == "percent_of_time":
        return seconds * percent.numerator, added.period * percent.denominator
    pair = tariff_pair(remedy, case)
    dearer = Fraction(0)
    if pair is not None:
        dearer = max(dearer, 1 - Fraction(pair[1].amount) / Fraction(pair[0].amount))
    return seconds * dearer.numerator, added.period * dearer.denominator


def _beyond(limit: Ints, used: Ints, length: Ints) -> Ints:
    over: Ints = np.maximum(0, used + length - limit) - np.maximum(0, used - limit)
    return over


def _used(cell: Ints, length: Ints) -> Ints:
    """What was used up before each stretch within its cell. Rows are grouped by cell."""
    before: Ints = np.cumsum(length) - length
    first = np.ones(len(cell), bool)
    first[1:] = cell[1:] != cell[:-1]
    within: Ints = before - before[first][np.cumsum(first) - 1]
    return within


def _sum(cell: Ints, values: Ints, cells: int) -> Ints:
    total = np.zeros(cells, np.int64)
    np.add.at(total, cell, values)
    return total


def _any(cell: Ints, flags: Bools, cells: int) -> Bools:
    found = np.zeros(cells, bool)
    found[cell[flags]] = True
    return found
