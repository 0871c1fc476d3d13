"""The days of the training town: season, weekday, snowfalls, storms (arrays a day)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from eutopia.core.records import WeatherDay
from eutopia.core.town.kinds import Kind
from eutopia.core.town.rates import Rates

Floats = NDArray[np.float64]
DAY = 86_400.0
UTC_OFFSET = 3 * 3600.0
"""The town keeps one clock all year, three hours ahead of UTC."""


@dataclass(slots=True)
class Days:
    """The days told about: first one, and a row a day of what they were like."""

    first: date
    start: float
    """POSIX seconds of the first local midnight."""
    month: NDArray[np.intp]
    weekday: NDArray[np.intp]
    snow: Floats
    storm: Floats
    heat: Floats
    """Mean temperature of the day, degrees Celsius."""
    weekdays: Floats
    """Reports by weekday, as shares of the mean day."""
    hours: Floats
    """Reports by hour, as shares of the mean hour."""

    def __len__(self) -> int:
        return len(self.month)

    @property
    def end(self) -> float:
        """POSIX seconds of the local midnight after the last day."""
        return self.start + len(self) * DAY


def days_until(as_of: date, *, years: int, rates: Rates, rng: Generator) -> Days:
    """Return the weather of the years up to and with `as_of`."""
    leap_day = (as_of.month, as_of.day) == (2, 29)
    first = as_of.replace(year=as_of.year - years, day=28 if leap_day else as_of.day)
    first += timedelta(days=1)
    n = (as_of - first).days + 1
    all_days = [first + timedelta(days=i) for i in range(n)]
    month = np.array([d.month - 1 for d in all_days], dtype=np.intp)
    weekday = np.array([d.weekday() for d in all_days], dtype=np.intp)
    of_year = np.array([d.timetuple().tm_yday for d in all_days], dtype=np.float64)
    heat = 5.5 - 15.5 * np.cos((of_year - 18.0) / 365.25 * 2 * np.pi)
    drift = np.convolve(rng.normal(0.0, 3.4, n + 8), np.ones(5) / 2.2, mode="same")[:n]
    heat = heat + drift
    falls = (heat < 0.5) & (rng.random(n) < 0.15)
    snow = _afterglow(falls * rng.gamma(2.0, 1.2, n), 0.62)
    storm = 1.0 + 7.0 * _afterglow((rng.random(n) < 0.028) * rng.gamma(2.0, 0.6, n), 0.3)
    midnight = (first - date(1970, 1, 1)).days * DAY - UTC_OFFSET
    return Days(
        first=first,
        start=midnight,
        month=month,
        weekday=weekday,
        snow=0.25 + snow,
        storm=storm,
        heat=np.round(heat, 1),
        weekdays=rates.weekdays,
        hours=rates.hours,
    )


def record_weather(days: Days, rng: Generator) -> tuple[WeatherDay, ...]:
    """What would a station at the town's edge have measured on these days?

    Notes
    -----
    Gusts follow the storms that break trees and wires, snowfalls are water, frost is frost: the
    same days that people report from. How much falls on an ordinary wet day is invented.
    """
    n = len(days)
    half = rng.uniform(2.0, 5.0, n)
    blow = days.storm - 1.0
    gust = 4.0 + rng.gamma(2.0, 1.2, n) + 2.0 * blow
    level = days.snow - days.snow.min()
    fall = np.maximum(level - 0.62 * np.concatenate(([0.0], level[:-1])), 0.0)
    rain = (rng.random(n) < 0.3) * rng.gamma(0.9, 4.0, n) + 1.5 * blow
    water = np.where(days.heat < 0.5, 2.0 * fall, rain)
    return tuple(
        WeatherDay(days.first + timedelta(days=k), *values)
        for k, values in enumerate(
            zip(
                (days.heat - half).round(1).tolist(),
                (days.heat + half).round(1).tolist(),
                water.round(1).tolist(),
                gust.round(1).tolist(),
                strict=True,
            )
        )
    )


def _afterglow(impulse: Floats, keep: float) -> Floats:
    """Let each day's push fade over the following days."""
    level = np.zeros(len(impulse))
    now = 0.0
    for i, push in enumerate(impulse.tolist()):
        now = now * keep + push
        level[i] = now
    return level


def day_weights(days: Days, kind: Kind) -> Floats:
    """Return how likely each day is for a first report of this kind."""
    weight = np.asarray(kind.months)[days.month] * days.weekdays[days.weekday]
    if kind.code in ("snow_not_cleared", "ice_on_footway"):
        weight = weight * days.snow
    if kind.code in ("dangerous_tree", "power_outage", "drain_blocked", "signal_fault"):
        weight = weight * days.storm
    if kind.code == "no_heating":
        weight = weight * np.clip(1.0 - days.heat / 18.0, 0.1, 2.5)
    total = weight.sum()
    return weight / total if total > 0 else np.full(len(days), 1.0 / len(days))


def draw_times(days: Days, weights: Floats, n: int, rng: Generator) -> Floats:
    """Draw POSIX seconds: a day by weight, an hour by the habits of the week."""
    total = weights.sum()
    if n == 0 or total <= 0:
        return np.empty(0)
    day = np.searchsorted(np.cumsum(weights) / total, rng.random(n), side="right")
    day = np.minimum(day, len(days) - 1)
    return days.start + day * DAY + draw_clock(days, n, rng)


def office_day(days: Days, time: Floats, rng: Generator) -> Floats:
    """Return the local midnight of each time's day; two in three weekend days become Mondays."""
    day = np.floor((time - days.start) / DAY)
    weekday = (days.weekday[0] + day) % 7
    put_off = (weekday >= 5) & (rng.random(len(day)) < 0.66)
    found: Floats = days.start + (day + np.where(put_off, 7 - weekday, 0)) * DAY
    return found


def draw_clock(days: Days, n: int, rng: Generator) -> Floats:
    """Draw seconds after midnight, as people report."""
    share = days.hours / days.hours.sum()
    hour = np.searchsorted(np.cumsum(share), rng.random(n), side="right")
    return np.minimum(hour, 23) * 3600.0 + np.floor(rng.random(n) * 3600.0)
