"""Each distinct situation judged once, by the rules of one case, for a whole town's events.

A situation is what a norm can see of a stretch of time: edition of the norm, hours of the day,
what is known of the event and of the dwelling. A town has millions of stretches and few situations.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from math import floor, lcm

import numpy as np
from numpy.typing import NDArray

from eutopia.core.evaluate.judging import Case, Piece, governing
from eutopia.core.evaluate.ledger import FIXED, limits_of, remedy_weight, tariffs
from eutopia.core.evaluate.spells import Event
from eutopia.core.norms.conditions import holds
from eutopia.core.records.service_norms import Remedy, ServiceNorm

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
NO_LIMIT = -1


@dataclass(frozen=True, slots=True)
class Situation:
    """What follows in one situation?

    `deviation` orders measured values of overlapping events. `single` and `total` are limits in
    seconds (-1: none); `weights` are pairs of remedy and the weight of each second in excess;
    `codes` tell why events of this situation are set aside.
    """

    applies: bool
    deviation: Decimal = Decimal(0)
    unlimited: bool = False
    single: int = NO_LIMIT
    total: int = NO_LIMIT
    apart: bool = False
    weights: tuple[tuple[int, Fraction], ...] = ()
    codes: tuple[str, ...] = ()


NOT_IN_FORCE = Situation(applies=False, codes=("norm_not_in_force",))


@dataclass(slots=True)
class Remedies:
    """The remedies met, each a column of the result."""

    columns: list[tuple[ServiceNorm, Remedy]] = field(default_factory=list)
    numbers: dict[tuple[str, object, str], int] = field(default_factory=dict)

    def number(self, norm: ServiceNorm, remedy: Remedy) -> int:
        """Which column has a remedy of an edition of a norm?"""
        key = (norm.path, norm.valid_from, remedy.name)
        if key not in self.numbers:
            self.numbers[key] = len(self.columns)
            self.columns.append((norm, remedy))
        return self.numbers[key]


def judge(norm: ServiceNorm, at: int, event: Event, case: Case, remedies: Remedies) -> Situation:
    """What follows for one event under one edition of a norm, at an instant of one band?

    The same rules as a single recalculation, taken from `judging` and `ledger`.
    """
    before = len(case.aside)
    found = _judge(norm, at, event, case, remedies)
    codes = tuple(code for _, code in case.aside[before:])
    # Named by the caller, for every event in this situation.
    del case.aside[before:]
    return replace(found, codes=codes)


def _judge(norm: ServiceNorm, at: int, event: Event, case: Case, remedies: Remedies) -> Situation:
    nothing = Situation(applies=False)
    piece = governing(norm, at, at + 1, 0, (event,), case)
    if piece is None or not case.applies(norm, event, piece.facts):
        return nothing
    weights = tuple(_weights(norm, piece, case, remedies))
    deviation = piece.facts.get("deviation")
    off = deviation if isinstance(deviation, Decimal) else Decimal(0)
    if not norm.permitted:
        return Situation(True, off, unlimited=True, weights=weights)
    rows = limits_of(norm, piece, case)
    if rows is None:
        return nothing
    single, total = rows
    apart = single is not None and single.apart
    return Situation(
        applies=True,
        deviation=off,
        single=_seconds(None if single is None else single.hours),
        total=NO_LIMIT if apart else _seconds(None if total is None else total.hours),
        apart=apart,
        weights=weights,
    )


def _weights(
    norm: ServiceNorm, piece: Piece, case: Case, remedies: Remedies
) -> Iterator[tuple[int, Fraction]]:
    for remedy in norm.remedies:
        if remedy.kind in FIXED or not holds(remedy.when, piece.facts):
            continue
        if remedy.kind == "tariff_substitution" and not tariffs(remedy, case):
            case.set_aside(piece.event, f"tariff_missing:{remedy.tariff}")
            continue
        yield remedies.number(norm, remedy), remedy_weight(remedy, piece.facts)


def _seconds(hours: Decimal | None) -> int:
    return NO_LIMIT if hours is None else floor(hours * 3600)


@dataclass(frozen=True, slots=True)
class Stretches:
    """Stretches of time without a cut within, in order of unit and time.

    Columns, each (n,): `unit` (building and circumstances), `start`, `end`, `spell_start`,
    `month`, `situation` (position in `situations`).
    """

    unit: Ints
    start: Ints
    end: Ints
    spell_start: Ints
    month: Ints
    situation: Ints
    situations: tuple[Situation, ...]

    def take(self, rows: Ints | Bools) -> Stretches:
        """Some of the stretches."""
        return Stretches(
            unit=self.unit[rows],
            start=self.start[rows],
            end=self.end[rows],
            spell_start=self.spell_start[rows],
            month=self.month[rows],
            situation=self.situation[rows],
            situations=self.situations,
        )


def spells_of(unit: Ints, start: Ints, end: Ints) -> tuple[Ints, Ints, Bools]:
    """Where does each event's spell start, from when is it new, and does its spell overlap itself?

    Rows must be sorted by unit and start. Returns, each (n,): start of the spell, first instant
    not covered by an earlier event of the spell, whether any two events of the spell overlap.
    """
    if not len(unit):
        nothing = np.zeros(0, np.int64)
        return nothing, nothing, np.zeros(0, bool)
    base = int(start.min())
    far = int(end.max()) - base + 1
    offset = unit * far
    covered = np.maximum.accumulate(end - base + offset)
    before = np.empty_like(covered)
    before[0], before[1:] = -1, covered[:-1]
    new = start - base + offset > before
    new[0] = True
    new[1:] |= unit[1:] != unit[:-1]
    number = np.cumsum(new) - 1
    spell_start = start[new][number]
    from_here = np.where(new, start, np.maximum(start, before - offset + base))
    overlapping = np.zeros(number[-1] + 1, bool)
    overlapping[number[~new & (from_here > start)]] = True
    return spell_start, from_here, overlapping[number]


def cut(starts: Ints, ends: Ints, cuts: Ints) -> tuple[Ints, Ints, Ints]:
    """Which stretches remain when intervals are cut at instants?

    Returns row of the interval, start and end of each stretch.

    Examples
    --------
    >>> rows, starts, ends = cut(np.array([0, 7]), np.array([5, 9]), np.array([2, 4, 9]))
    >>> rows.tolist(), starts.tolist(), ends.tolist()
    ([0, 0, 0, 1], [0, 2, 4, 7], [2, 4, 5, 9])
    """
    first = np.searchsorted(cuts, starts, side="right")
    last = np.searchsorted(cuts, ends, side="left")
    number = last - first + 1
    rows = np.repeat(np.arange(len(starts)), number)
    within = np.arange(len(rows)) - np.repeat(np.cumsum(number) - number, number)
    bounds = np.concatenate([cuts, [0]]) if len(cuts) else np.zeros(1, np.int64)
    left = np.where(within == 0, starts[rows], bounds[first[rows] + within - 1])
    right = np.where(within == number[rows] - 1, ends[rows], bounds[first[rows] + within])
    return rows, left, right


def weight_table(
    situations: Sequence[Situation], columns: int
) -> tuple[NDArray[np.int64], tuple[int, ...], Bools]:
    """How much does a second in excess weigh for each remedy, in whole numbers?

    Returns weights (situations, columns), the scale each column is multiplied by, and which
    remedies hold.
    """
    scales = [1] * columns
    for situation in situations:
        for column, weight in situation.weights:
            scales[column] = lcm(scales[column], weight.denominator)
    table = np.zeros((len(situations), columns), np.int64)
    holding = np.zeros((len(situations), columns), bool)
    for row, situation in enumerate(situations):
        for column, weight in situation.weights:
            table[row, column] = int(weight * scales[column])
            holding[row, column] = True
    return table, tuple(scales), holding


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits, each (n,): single and total in seconds (-1: none), judged apart, none at all."""

    single: Ints
    total: Ints
    apart: Bools
    unlimited: Bools


def limits(found: Stretches) -> Limits:
    """Which limits hold for each stretch?"""
    rows = found.situations
    return Limits(
        single=np.array([one.single for one in rows], np.int64)[found.situation],
        total=np.array([one.total for one in rows], np.int64)[found.situation],
        apart=np.array([one.apart for one in rows], bool)[found.situation],
        unlimited=np.array([one.unlimited for one in rows], bool)[found.situation],
    )
