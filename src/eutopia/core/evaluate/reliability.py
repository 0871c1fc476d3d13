"""How reliable is a supply: the indices of IEEE 1366, with and without major event days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import exp
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
BETAS = 2.5


@dataclass(frozen=True, slots=True)
class Outages:
    """Interruptions as columns, each (n,): `start` and `end` in seconds since 1970, `customers`."""

    start: Ints
    end: Ints
    customers: Ints

    def take(self, rows: Bools | Ints) -> Outages:
        """Some of the interruptions."""
        return Outages(self.start[rows], self.end[rows], self.customers[rows])


@dataclass(frozen=True, slots=True)
class Indices:
    """What did the average customer go through in the period?

    `saidi` and `caidi` in minutes, `saifi` and `maifi` in interruptions a customer, `asai` the
    share of time with supply; `caidi` is None without a sustained interruption.
    """

    saidi: float
    saifi: float
    caidi: float | None
    maifi: float
    asai: float
    sustained: int
    momentary: int
    customer_minutes: float


@dataclass(frozen=True, slots=True)
class MajorEventThreshold:
    """Above which daily SAIDI (minutes) is a day a major event day?

    `alpha` and `beta` are mean and standard deviation of the logarithms of `days` daily values
    between `first` and `last`.
    """

    minutes: float
    alpha: float
    beta: float
    days: int
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Reliability:
    """The indices of a period: of all days, and of normal days only.

    `normal` keeps the days of the whole period in its `asai`. `threshold_from_period` says that
    there was no history and the period judged itself.
    """

    first: date
    last: date
    customers_served: int
    overall: Indices
    normal: Indices
    threshold: MajorEventThreshold | None
    threshold_from_period: bool
    major_event_days: tuple[tuple[date, float], ...]


def reliability(
    outages: Outages,
    *,
    customers_served: int,
    first: date,
    last: date,
    time_zone: str,
    momentary_minutes: float = 5.0,
    history_years: int = 5,
) -> Reliability:
    """How reliable was the supply between two days, with and without major event days?

    Parameters
    ----------
    outages
        n interruptions, in any order; those before `first` are the history for the threshold.
    customers_served
        Customers of the system, above 0: the denominator of all indices.
    first, last
        Reporting period, both days included, local.
    momentary_minutes
        Longest interruption that counts as momentary.
    history_years
        How many years before `first` make the threshold. With fewer than 30 days with
        interruptions there, the period itself makes it, and the result says so.

    Raises
    ------
    ValueError
        For no customers, a period that ends before it starts, or an interruption that ends before
        it starts or has a negative number of customers.

    Notes
    -----
    SAIDI = sum of minutes x customers / customers served, over sustained interruptions; SAIFI the
    same without minutes; CAIDI = SAIDI / SAIFI; MAIFI = customers of momentary interruptions /
    customers served. An interruption belongs to the local day it begins on, with all its minutes.
    Threshold: exp(alpha + 2.5 beta), alpha and beta (n - 1 in the denominator) of the logarithms
    of daily SAIDI over days with interruptions; a day is major when its SAIDI is above it.
    O(n log n).

    Source: IEEE Std 1366-2012, clauses 3 to 5 (2.5 beta method).

    Examples
    --------
    The seven sustained interruptions of a system of 2,000 customers:

    >>> minutes = np.array([8.17, 71.3, 30.3, 267.2, 120, 10, 40])
    >>> hit = np.array([200, 600, 25, 90, 700, 1500, 100])
    >>> noon = 43_200 + 86_400 * np.arange(7)
    >>> found = reliability(Outages(noon, noon + np.rint(60 * minutes).astype(int), hit),
    ...     customers_served=2000, first=date(1970, 1, 1), last=date(1970, 12, 31),
    ...     time_zone="UTC")
    >>> round(found.overall.saidi, 2), round(found.overall.saifi, 4), round(found.overall.caidi, 2)
    (86.11, 1.6075, 53.57)
    """
    _check(outages, customers_served, first, last)
    zone = ZoneInfo(time_zone)
    momentary = outages.end - outages.start <= round(60 * momentary_minutes)
    day = _days(outages.start, zone)
    inside = (day >= first.toordinal()) & (day <= last.toordinal())
    by_day = _daily_saidi(outages, day, ~momentary, customers_served)
    threshold, own = _threshold(by_day, first, last, history_years)
    major: tuple[tuple[date, float], ...] = ()
    if threshold is not None:
        major = tuple(
            (date.fromordinal(one), saidi)
            for one, saidi in sorted(by_day.items())
            if first.toordinal() <= one <= last.toordinal() and saidi > threshold.minutes
        )
    in_major = np.isin(day, [one.toordinal() for one, _ in major])
    span = (_instant(last + timedelta(days=1), zone) - _instant(first, zone)) / 60
    return Reliability(
        first=first,
        last=last,
        customers_served=customers_served,
        overall=_indices(outages.take(inside), momentary[inside], customers_served, span),
        normal=_indices(
            outages.take(inside & ~in_major),
            momentary[inside & ~in_major],
            customers_served,
            span,
        ),
        threshold=threshold,
        threshold_from_period=own,
        major_event_days=major,
    )


def _check(outages: Outages, customers_served: int, first: date, last: date) -> None:
    if customers_served <= 0:
        raise ValueError(f"{customers_served} customers served; give how many the system has")
    if last < first:
        raise ValueError(f"the period ends {last}, before it starts {first}; swap the days")
    if len(outages.start) and int((outages.end - outages.start).min()) < 0:
        row = int(np.argmin(outages.end - outages.start))
        raise ValueError(f"interruption {row} ends before it starts; set it aside")
    if len(outages.start) and int(outages.customers.min()) < 0:
        row = int(np.argmin(outages.customers))
        raise ValueError(f"interruption {row} hit fewer than no customers; set it aside")


def _instant(day: date, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, time(0), zone).timestamp())


def _days(start: Ints, zone: ZoneInfo) -> Ints:
    """Ordinal of the local day on which each begins."""
    if not len(start):
        return start
    early = datetime.fromtimestamp(int(start.min()), zone).date()
    late = datetime.fromtimestamp(int(start.max()), zone).date()
    ordinals = range(early.toordinal(), late.toordinal() + 1)
    midnights = np.array([_instant(date.fromordinal(one), zone) for one in ordinals], np.int64)
    return np.searchsorted(midnights, start, side="right") - 1 + early.toordinal()


def _daily_saidi(outages: Outages, day: Ints, sustained: Bools, served: int) -> dict[int, float]:
    """SAIDI in minutes of each local day that has any."""
    days, number = np.unique(day[sustained], return_inverse=True)
    minutes = ((outages.end - outages.start) * outages.customers)[sustained] / 60
    total = np.bincount(number, weights=minutes, minlength=len(days)) / served
    return {int(one): float(saidi) for one, saidi in zip(days, total, strict=True) if saidi > 0}


def _threshold(
    by_day: dict[int, float], first: date, last: date, years: int
) -> tuple[MajorEventThreshold | None, bool]:
    try:
        since = first.replace(year=first.year - years).toordinal()
    except ValueError:  # 29 February
        since = first.replace(year=first.year - years, day=28).toordinal()
    history = {one: saidi for one, saidi in by_day.items() if since <= one < first.toordinal()}
    own = len(history) < 30
    if own:
        history = {
            one: saidi
            for one, saidi in by_day.items()
            if first.toordinal() <= one <= last.toordinal()
        }
    return major_event_threshold(history), own


def major_event_threshold(daily_saidi: dict[int, float]) -> MajorEventThreshold | None:
    """Above which daily SAIDI is a day a major event day (2.5 beta method)?

    Parameters
    ----------
    daily_saidi
        Minutes by the ordinal of the day; days without interruptions are left out.

    Returns
    -------
    MajorEventThreshold or None
        None with fewer than two days.
    """
    if len(daily_saidi) < 2:
        return None
    logs = np.log(np.array(list(daily_saidi.values())))
    alpha, beta = float(logs.mean()), float(logs.std(ddof=1))
    return MajorEventThreshold(
        minutes=exp(alpha + BETAS * beta),
        alpha=alpha,
        beta=beta,
        days=len(daily_saidi),
        first=date.fromordinal(min(daily_saidi)),
        last=date.fromordinal(max(daily_saidi)),
    )


def _indices(outages: Outages, momentary: Bools, served: int, span: float) -> Indices:
    sustained = ~momentary
    seconds = (outages.end - outages.start)[sustained] * outages.customers[sustained]
    minutes = float(seconds.sum()) / 60
    hit = int(outages.customers[sustained].sum())
    return Indices(
        saidi=minutes / served,
        saifi=hit / served,
        caidi=minutes / hit if hit else None,
        maifi=int(outages.customers[momentary].sum()) / served,
        asai=1 - minutes / served / span,
        sustained=int(sustained.sum()),
        momentary=int(momentary.sum()),
        customer_minutes=minutes,
    )
