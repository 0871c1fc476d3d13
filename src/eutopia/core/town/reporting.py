"""From events to reports: who reports, how often, when, from where, under which type (arrays)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray

from eutopia.core.town.assembly import Built
from eutopia.core.town.events import NETWORK_OF, Events
from eutopia.core.town.kinds import INDEX, KINDS
from eutopia.core.town.rates import Rates, draw_lags
from eutopia.core.town.services import Breaks, lognormal
from eutopia.core.town.shapes import nearest_of
from eutopia.core.town.weather import DAY, Days, draw_clock, office_day

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NO_PLACE = 0.02
"""Share of reports without any place (assumed)."""
MISTAKEN_FIRST, MISTAKEN_AGAIN = 0.07, 0.15
"""Shares filed under a mistaken type, so that four pairs of duplicates in five agree (Boston)."""
UNADDRESSABLE, FAILS_THEN = 0.068, 0.96
"""Places that the address search does not know: their share, and how often it fails there."""
BY_THING = 0.65
"""Events told by the thing's own place, where people see the thing (assumed)."""
STAYS_OPEN = 0.8
"""Further reports that keep their event open (fitted to the lags of Boston's duplicates)."""
AT_ADDRESS, NEAR, AROUND, ASTRAY = 0.874, 0.953, 0.984, 0.994
"""Reports at the very address, then within metres, tens and hundreds of metres, else anywhere:
cumulative, fitted to the distances between Boston's labelled duplicates."""


@dataclass(slots=True)
class Told:
    """Reports as columns, in order of time."""

    event: Ints
    time: Floats
    spot: Floats
    kind: Ints
    """Type as filed, perhaps mistaken."""
    nearest: Ints
    """Building whose address is given."""
    default: NDArray[np.bool_]
    placeless: NDArray[np.bool_]
    closed: Floats
    """NaN where open."""
    outcome: Ints
    """0 done, 1 recognised as a duplicate, 2 declined."""

    def __len__(self) -> int:
        return len(self.event)


def habits(built: Built, *, rng: Generator) -> dict[str, float]:
    """Draw by district the chance that an event is reported at all."""
    codes = [q.id for q in built.site.quarters]
    levels = np.linspace(0.45, 0.98, len(codes))
    return {c: round(float(v), 3) for c, v in zip(codes, rng.permutation(levels), strict=True)}


def extra_reports(
    built: Built,
    events: Events,
    breaks: Breaks,
    habit: Floats,
    closed: Floats,
    rng: Generator,
) -> Ints:
    """Draw how many further people report each event: more of what is long there to be seen."""
    life = np.nan_to_num(closed - events.time, nan=60 * DAY) / DAY
    longer = np.clip((life / 6.0) ** 0.3, 0.5, 2.0)
    mean = np.array([k.extra for k in KINDS])[events.kind] * habit[events.district] * longer
    extra = rng.poisson(rng.gamma(0.7, 1.0, len(events)) / 0.7 * mean)
    rows = np.flatnonzero(events.interruption >= 0)
    for row in rows.tolist():
        i = int(events.interruption[row])
        homes = float(built.stock.dwellings[breaks.buildings[i]].sum())
        callers = homes * 0.011 * habit[events.district[row]] * (0.3 if breaks.planned[i] else 1.0)
        extra[row] = min(int(rng.poisson(callers)), 70)
    found: Ints = extra.astype(np.int64)
    return found


def tell(
    built: Built,
    events: Events,
    closed: Floats,
    breaks: Breaks,
    habit: Floats,
    days: Days,
    rates: Rates,
    *,
    unheld: NDArray[np.bool_],
    rng: Generator,
) -> Told:
    """Turn events into reports: the first and the further ones, each seen a little otherwise."""
    extra = extra_reports(built, events, breaks, habit, closed, rng)
    event = np.repeat(np.arange(len(events)), extra + 1)
    order_in = np.arange(len(event)) - np.repeat(np.cumsum(extra + 1) - extra - 1, extra + 1)
    later = order_in > 0
    lag = _lags(events, event, days, rates, rng)
    closed = _kept_open(events, event, later, lag, closed, unheld, rng)
    time = events.time[event] + np.where(later, _within(events, event, lag, closed, days, rng), 0.0)
    time = np.where(
        events.interruption[event] >= 0, time + rng.exponential(1800.0, len(event)), time
    )
    seen = time < days.end
    event, later, time = event[seen], later[seen], np.floor(time[seen])
    spot = _seen_from(built, events, event, breaks, rng)
    kind = _filed_as(events.kind[event], later, rng)
    done, outcome = _answers(closed[event], time, later, rng)
    n = len(event)
    default = _unplaced(events, event, rates, rng)
    placeless = (rng.random(n) < NO_PLACE) & ~default
    nearest = nearest_of(built.middles, spot)
    order = np.argsort(time, kind="stable")
    done = np.where(done >= days.end, np.nan, done)
    return Told(
        event=event[order],
        time=time[order],
        spot=spot[order],
        kind=kind[order],
        nearest=nearest[order].astype(np.int64),
        default=default[order],
        placeless=placeless[order],
        closed=done[order],
        outcome=outcome[order],
    )


def _unplaced(
    events: Events, event: NDArray[np.intp], rates: Rates, rng: Generator
) -> NDArray[np.bool_]:
    """Say which reports get the town hall's coordinate: mostly at places no search finds."""
    hard = rng.random(len(events)) < UNADDRESSABLE
    else_ = (rates.default_share - UNADDRESSABLE * FAILS_THEN) / (1.0 - UNADDRESSABLE)
    failed: NDArray[np.bool_] = rng.random(len(event)) < np.where(hard[event], FAILS_THEN, else_)
    return failed


def _lags(
    events: Events, event: NDArray[np.intp], days: Days, rates: Rates, rng: Generator
) -> Floats:
    """Draw how many seconds after the first each further report would come."""
    n = len(event)
    lag = draw_lags(rates, n, rng) * DAY
    whole = lag > DAY / 2
    start = events.time[event]
    midnight = office_day(days, start + lag, rng)
    lag = np.where(whole, np.maximum(midnight + draw_clock(days, n, rng) - start, 600.0), lag)
    burst = events.interruption[event] >= 0
    return np.where(burst, lognormal(1.2, 5.5, n, rng) * 3600.0, lag)


def _kept_open(
    events: Events,
    event: NDArray[np.intp],
    later: NDArray[np.bool_],
    lag: Floats,
    closed: Floats,
    unheld: NDArray[np.bool_],
    rng: Generator,
) -> Floats:
    """Put off the closing of some events until the last of their reports has come.

    What many report for weeks is what stays open; without this, reports would end too early for
    the lags between real duplicates.
    """
    free = ~unheld & (events.interruption < 0) & ~np.isnan(closed)
    rows = np.flatnonzero(later & free[event] & (rng.random(len(event)) < STAYS_OPEN))
    last = events.time[event[rows]] + lag[rows] + rng.exponential(2.0, len(rows)) * DAY
    put_off = closed.copy()
    np.maximum.at(put_off, event[rows], last)
    return put_off


def _within(
    events: Events,
    event: NDArray[np.intp],
    lag: Floats,
    closed: Floats,
    days: Days,
    rng: Generator,
) -> Floats:
    """Bring the lags that would fall after the closing back into the event's life."""
    end = np.nan_to_num(closed[event], nan=days.end + 60 * DAY)
    room = np.maximum(end - events.time[event], 1200.0)
    return np.where(lag > room, room * rng.random(len(event)), lag)


def _pinned(events: Events, rng: Generator) -> NDArray[np.intp]:
    """Choose the events that are told by the thing itself (a pole's number), not by an address."""
    hidden_cause = np.isin(events.kind, [INDEX[code] for code in NETWORK_OF])
    own = (events.asset >= 0) & ~hidden_cause & (events.interruption < 0)
    return np.flatnonzero(own & (rng.random(len(events)) < BY_THING))


def _seen_from(
    built: Built, events: Events, event: NDArray[np.intp], breaks: Breaks, rng: Generator
) -> Floats:
    """Place each report: mostly at the nearest address, else by a telephone's position."""
    n = len(event)
    address = built.middles[nearest_of(built.middles, events.spot)]
    pinned = _pinned(events, rng)
    address[pinned] = built.asset_spots[events.asset[pinned]]
    fate = rng.random(n)
    away = rng.normal(0.0, 1.0, (n, 2))
    reach = np.where(fate > AROUND, 240.0, np.where(fate > NEAR, 60.0, 17.0))
    spot = address[event] + np.where(fate < AT_ADDRESS, 0.0, reach)[:, None] * away
    anywhere = np.flatnonzero(fate > ASTRAY)
    spot[anywhere] = built.middles[rng.integers(0, len(built.middles), len(anywhere))]
    rows = np.flatnonzero(events.interruption[event] >= 0)
    draw = rng.random(len(rows))
    for row, u in zip(rows.tolist(), draw.tolist(), strict=True):
        homes = breaks.buildings[int(events.interruption[event[row]])]
        spot[row] = built.middles[homes[int(u * len(homes))]]
    outside = ~shapely.contains_xy(built.site.outline, spot[:, 0], spot[:, 1])
    spot[outside] = address[event[outside]]
    found: Floats = spot
    return found


def _filed_as(kind: Ints, later: NDArray[np.bool_], rng: Generator) -> Ints:
    """File some reports under a type often mistaken for the right one."""
    n = len(kind)
    wrong = rng.random(n) < np.where(later, MISTAKEN_AGAIN, MISTAKEN_FIRST)
    pick = rng.random(n)
    filed = kind.copy()
    for k, row in enumerate(KINDS):
        mine = np.flatnonzero(wrong & (kind == k))
        options = np.array([INDEX[c] for c in row.confused])
        filed[mine] = options[(pick[mine] * len(options)).astype(int)]
    return filed


def _answers(
    closed: Floats, time: Floats, later: NDArray[np.bool_], rng: Generator
) -> tuple[Floats, Ints]:
    """Close reports with their event; staff recognise some duplicates and decline some."""
    n = len(time)
    fate = rng.random(n)
    outcome = np.where(fate > 0.955, 2, 0)
    recognised = later & (rng.random(n) < 0.12)
    outcome = np.where(recognised, 1, outcome)
    done = np.where(recognised, time + rng.exponential(0.9, n) * DAY, closed)
    done = np.where(
        (outcome == 2) & ~np.isnan(done), time + lognormal(60, 400, n, rng) * 3600, done
    )
    done = np.where(done < time, time + rng.exponential(2.0, n) * 3600 + 300.0, done)
    return np.floor(done), outcome.astype(np.int64)
