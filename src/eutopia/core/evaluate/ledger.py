"""What is in excess, summed exactly under each reading of the limits, and the share it comes to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from math import floor

from eutopia.core.evaluate.judging import Case, Piece
from eutopia.core.evaluate.spells import Period
from eutopia.core.norms.conditions import Value, choose, holds, unknown
from eutopia.core.records.money import Money
from eutopia.core.records.service_norms import Permitted, Remedy, ServiceNorm

FIXED = ("fixed_sum_stepped", "fixed_sum_count")
_HOUR = 3600
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Share:
    """Which share of the charge is not owed (or which fixed sum is), for what, by which article?

    `share` is exact; `high` is the upper end of an advisory range; `fixed` a sum instead.
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


@dataclass(slots=True)
class _Sum:
    """What one remedy of one edition of a norm adds up over the pieces."""

    norm: ServiceNorm
    remedy: Remedy
    permitted: Decimal
    seconds: int = 0
    weighted: Fraction = Fraction(0)
    days: set[int] = field(default_factory=set)
    events: dict[str, None] = field(default_factory=dict)
    spans: list[tuple[int, int]] = field(default_factory=list)


_Sums = dict[tuple[date | None, str], _Sum]


@dataclass(slots=True)
class Ledger:
    """What one norm's events add up to, under each reading of single and total limits.

    `used` and `used_in_both` are the seconds that count towards the period's total so far: all of
    them, or only those not beyond a single limit already.
    """

    case: Case
    total: _Sums = field(default_factory=dict)
    single: _Sums = field(default_factory=dict)
    both: _Sums = field(default_factory=dict)
    apart: _Sums = field(default_factory=dict)
    used: int = 0
    used_in_both: int = 0
    has_total: bool = False
    has_single: bool = False

    def enter(self, norm: ServiceNorm, piece: Piece) -> None:
        """Judge one piece: what of it is beyond the limits?"""
        length = piece.end - piece.start
        if not self.case.applies(norm, piece.event, piece.facts):
            return
        if not norm.permitted:
            self.has_total = True
            self._add(self.total, norm, piece, length, piece.bound)
            return
        rows = limits_of(norm, piece, self.case)
        if rows is None:
            return
        single, total = rows
        if single is not None and single.apart:
            over = beyond(single, piece.elapsed, length)
            self._add(self.apart, norm, piece, over, single.hours)
        else:
            self._enter_both(norm, piece, single, total)

    def _enter_both(
        self, norm: ServiceNorm, piece: Piece, single: Permitted | None, total: Permitted | None
    ) -> None:
        length = piece.end - piece.start
        over_single = 0 if single is None else beyond(single, piece.elapsed, length)
        if single is not None:
            self.has_single = True
            self._add(self.single, norm, piece, over_single, single.hours)
        if total is not None:
            self.has_total = True
            over = beyond(total, self.used, length)
            self._add(self.total, norm, piece, over, total.hours)
            rest = length - over_single
            in_both = over_single + beyond(total, self.used_in_both, rest)
            self._add(self.both, norm, piece, in_both, total.hours)
            self.used_in_both += rest
        self.used += length

    def _add(
        self, sums: _Sums, norm: ServiceNorm, piece: Piece, seconds: int, permitted: Decimal | None
    ) -> None:
        """Add the seconds in excess, the last of the piece, to every remedy that holds."""
        if not seconds:
            return
        period, event = self.case.period, piece.event
        for remedy in norm.remedies:
            if remedy.kind in FIXED or not holds(remedy.when, piece.facts):
                continue
            if remedy.kind == "tariff_substitution" and not tariffs(remedy, self.case):
                self.case.set_aside(event, f"tariff_missing:{remedy.tariff}")
                continue
            one = sums.setdefault(
                (norm.valid_from, remedy.name), _Sum(norm, remedy, permitted or Decimal(0))
            )
            one.seconds += seconds
            one.weighted += seconds * remedy_weight(remedy, piece.facts)
            first, last = period.day_of(piece.end - seconds), period.day_of(piece.end - 1)
            one.days.update(range(first, last + 1))
            one.events[event.interruption.id] = None
            if one.spans and one.spans[-1][1] == piece.start:
                one.spans[-1] = (one.spans[-1][0], piece.end)
            else:
                one.spans.append((piece.start, piece.end))

    def shares(self) -> list[Share]:
        """Which shares of the charge are not owed, under the reading the case asks for?

        A norm with only one kind of limit leaves no choice.
        """
        combination = self.case.combination
        if not self.has_total:
            chosen = self.single
        elif not self.has_single or combination == "period_total_only":
            chosen = self.total
        elif combination == "both":
            chosen = self.both
        else:
            of_total, of_single = (
                sum(one.seconds for one in sums.values()) for sums in (self.total, self.single)
            )
            chosen = self.total if of_total >= of_single else self.single
        found = (_share(one, self.case) for one in (*chosen.values(), *self.apart.values()))
        return [share for share in found if share is not None]


def limits_of(
    norm: ServiceNorm, piece: Piece, case: Case
) -> tuple[Permitted | None, Permitted | None] | None:
    """Which single limit and which total hold? None (and the event named) where none is known."""
    single = choose((row for row in norm.permitted if row.scope == "single"), piece.facts)
    total = choose((row for row in norm.permitted if row.scope == "period_total"), piece.facts)
    if single is None and total is None:
        missing = ",".join(unknown(norm.permitted, piece.facts)) or "none_matches"
        case.set_aside(piece.event, f"permitted_length_unknown:{missing}")
        return None
    if single is not None and single.hours is None:
        case.set_aside(piece.event, f"set_by_other_act:{single.refers_to}")
        return None
    return single, total


def beyond(row: Permitted, used: int, length: int) -> int:
    """How many of the next `length` seconds are beyond the limit, `used` being gone already?

    Examples
    --------
    >>> from eutopia.core.records.norms import Source
    >>> eight = Permitted("month", "period_total", Decimal(8), (), Source("", "", "", "A"))
    >>> beyond(eight, 7 * 3600, 3 * 3600) // 3600
    2
    """
    limit = floor((row.hours or Decimal(0)) * _HOUR)
    return max(0, used + length - limit) - max(0, used - limit)


def counted(amount: Fraction, how: str) -> Fraction:
    """How many are counted: exact, whole (begun ones do not count) or started?

    Examples
    --------
    >>> [str(counted(Fraction(5, 2), how)) for how in ("exact", "whole", "started")]
    ['5/2', '2', '3']
    """
    if how == "whole":
        return Fraction(floor(amount))
    return Fraction(-floor(-amount)) if how == "started" else amount


def tariffs(remedy: Remedy, case: Case) -> tuple[Money, Money] | None:
    """What do a unit of the service and of its substitute cost? None when one is not known."""
    own, other = case.tariffs.get(case.charge), case.tariffs.get(remedy.tariff)
    if own is None or other is None or own.amount <= 0 or own.currency != other.currency:
        return None
    return own, other


def remedy_weight(remedy: Remedy, facts: Mapping[str, Value]) -> Fraction:
    """By how many degrees or steps is each second counted?"""
    off = facts.get("deviation")
    if not isinstance(off, Decimal):
        return Fraction(1)
    if remedy.kind == "percent_per_degree_hour":
        return counted(Fraction(off), remedy.degrees_counted)
    if remedy.kind == "percent_per_step_hour":
        return Fraction(floor(off / remedy.step))
    return Fraction(1)


def _share(total: _Sum, case: Case) -> Share | None:
    remedy = total.remedy
    share, high, excess, unit = _worth(total, case)
    if not share and not high:
        return None
    return Share(
        norm_path=f"{total.norm.path}.remedies.{remedy.name}",
        article=remedy.source.article,
        verification=remedy.source.verification,
        kind=remedy.kind,
        interruption_ids=tuple(total.events),
        supplied=local_spans(total.spans, case.period),
        permitted=total.permitted,
        excess=shown(excess),
        unit=unit,
        share=share,
        high=high,
    )


def _worth(total: _Sum, case: Case) -> tuple[Fraction, Fraction | None, Fraction, str]:
    """Share of the charge, upper end of a range, excess and its unit."""
    remedy, period = total.remedy, case.period
    hours = Fraction(total.seconds, _HOUR)
    percent = Fraction(remedy.percent) / 100
    of_time = Fraction(total.seconds, period.end - period.start)
    if remedy.kind == "percent_per_hours":
        number = counted(hours / Fraction(remedy.per_hours), remedy.hours_counted)
        return percent * number, None, hours, "h"
    if remedy.kind in ("percent_per_degree_hour", "percent_per_step_hour"):
        excess = total.weighted / _HOUR
        unit = "degree-h" if remedy.kind == "percent_per_degree_hour" else "step-h"
        return percent * excess, None, excess, unit
    if remedy.kind == "zero_per_day":
        full = case.days_counted == "full"
        days = Fraction(total.seconds // _DAY if full else len(total.days))
        return days / period.days, None, days, "d"
    if remedy.kind == "tariff_substitution":
        pair = tariffs(remedy, case)
        dearer = (
            Fraction(0) if pair is None else 1 - Fraction(pair[1].amount) / Fraction(pair[0].amount)
        )
        return max(Fraction(0), dearer) * of_time, None, hours, "h"
    if remedy.kind == "percent_of_time":
        return percent * of_time, None, hours, "h"
    return percent * of_time, Fraction(remedy.percent_high) / 100 * of_time, hours, "h"


def local_spans(spans: Iterable[tuple[int, int]], period: Period) -> str:
    """Intervals of local time, ISO 8601, one after another."""
    return "; ".join(
        "/".join(
            datetime.fromtimestamp(at, period.zone).isoformat(timespec="seconds") for at in span
        )
        for span in spans
    )


def shown(amount: Fraction) -> Decimal:
    """A number to show: to six places, without trailing zeros. Money is never computed from it."""
    short = round(Decimal(amount.numerator) / Decimal(amount.denominator), 6).normalize()
    return short.quantize(Decimal(1)) if short == short.to_integral_value() else short
