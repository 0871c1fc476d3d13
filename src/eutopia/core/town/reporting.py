"""From events to reports: who reports, how often, when, from where, under which type (arrays)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray

from eutopia.core.town.assembly import Built
from eutopia.core.town.events import Events
from eutopia.core.town.kinds import INDEX, KINDS
from eutopia.core.town.services import Breaks, lognormal
from eutopia.core.town.weather import DAY, Days, draw_clock

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DEFAULT_SHARE = 0.0785
"""Share of reports at the most-used coordinate (Boston 2015: 8,735 of 111,229)."""
NO_PLACE = 0.02
MISTAKEN_FIRST, MISTAKEN_AGAIN = 0.07, 0.15
UNHELD = 0.085
"""Share of closures of an average organisation that do not hold."""


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


def keepers(built: Built, events: Events) -> tuple[NDArray[np.object_], Floats, Floats]:
    """Return for each event who answers for it, how slowly and how badly they work."""
    bodies = {b.id: b for b in built.bodies}
    managed = np.flatnonzero(np.array([m is not None for m in built.managers]))
    names = np.array([k.keeper for k in KINDS], dtype=object)[events.kind]
    rows = np.flatnonzero(names == "manager")
    if len(managed) and len(rows):
        tree = shapely.STRtree(shapely.points(built.middles[managed]))
        nearest = managed[tree.nearest(shapely.points(events.spot[rows]))]
        names[rows] = [built.managers[i] for i in nearest.tolist()]
    elif len(rows):
        names[rows] = "m-works"
    known, code = np.unique(names.astype(str), return_inverse=True)
    pace = np.array([bodies[k].pace for k in known.tolist()])
    slack = np.array([bodies[k].slack for k in known.tolist()])
    return names, pace[code], slack[code]


def closing_times(events: Events, pace: Floats, days: Days, rng: Generator) -> Floats:
    """Draw when each event is closed, NaN for never; weekends delay a little."""
    n = len(events)
    median = np.array([k.median_hours for k in KINDS])[events.kind]
    p90 = np.array([k.p90_hours for k in KINDS])[events.kind]
    open_share = np.array([k.open_share for k in KINDS])[events.kind]
    spread = np.log(p90 / median) / 1.2816
    hours = median * pace * np.exp(rng.normal(0.0, 1.0, n) * spread)
    closed = events.time + np.maximum(hours, 0.05) * 3600.0
    late = (np.floor((closed - days.start) / DAY) % 7).astype(int)
    weekday = (days.weekday[0] + late) % 7
    closed = closed + np.where(weekday >= 5, rng.uniform(0.0, 1.2, n) * DAY, 0.0)
    closed[rng.random(n) < open_share] = np.nan
    return closed


def fail_again(
    events: Events, days: Days, built: Built, *, rng: Generator
) -> tuple[Events, Floats, NDArray[np.bool_]]:
    """Let some closures not hold: the same comes back soon, up to three times in a row.

    Returns the events with the new ones joined, closing times, and which closures did not hold.
    """
    _, pace, slack = keepers(built, events)
    closed = closing_times(events, pace, days, rng)
    unheld = np.zeros(len(events), dtype=bool)
    fresh = np.arange(len(events))
    for _ in range(3):
        chance = UNHELD * slack[fresh]
        lag = (0.4 + rng.exponential(9.0, len(fresh))) * DAY
        back = closed[fresh] + lag
        fails = (
            (rng.random(len(fresh)) < chance) & (back < days.end) & (events.interruption[fresh] < 0)
        )
        rows = fresh[fails]
        unheld[rows] = True
        again = events.take(rows)
        again.time = np.floor((back[fails] - days.start) / DAY) * DAY + days.start
        again.time = np.maximum(again.time + draw_clock(len(rows), rng), closed[rows] + 3600.0)
        again.spot = again.spot + rng.normal(0.0, 2.0, again.spot.shape)
        again.follows = rows.astype(np.int64)
        first = len(events)
        events = Events.joined([events, again])
        _, more_pace, more_slack = keepers(built, again)
        closed = np.concatenate([closed, closing_times(again, more_pace, days, rng)])
        slack = np.concatenate([slack, more_slack])
        unheld = np.concatenate([unheld, np.zeros(len(again), dtype=bool)])
        fresh = np.arange(first, len(events))
    return events, closed, unheld


def from_interruptions(built: Built, breaks: Breaks, services: tuple[str, ...]) -> Events:
    """Turn interruptions that people notice into events (`services`: type reported, '' for none)."""
    index = {q.id: i for i, q in enumerate(built.site.quarters)}
    rows = [
        i
        for i in range(len(breaks.service))
        if services[breaks.service[i]] and breaks.buildings[i] and breaks.asset[i] >= 0
    ]
    first = np.array([breaks.buildings[i][0] for i in rows], dtype=np.int64)
    where = [index[built.layout.blocks[built.lots[b].block].district] for b in first.tolist()]
    none = np.full(len(rows), -1)
    return Events(
        kind=np.array([INDEX[services[breaks.service[i]]] for i in rows], dtype=np.int64),
        time=np.array([breaks.start[i] for i in rows], dtype=np.float64),
        spot=built.asset_spots[[breaks.asset[i] for i in rows]].reshape(-1, 2),
        asset=np.array([breaks.asset[i] for i in rows], dtype=np.int64),
        building=first,
        district=np.array(where, dtype=np.intp),
        hidden=none,
        interruption=np.array(rows, dtype=np.int64),
        follows=none,
        outbreak=none,
    )


def extra_reports(
    built: Built, events: Events, breaks: Breaks, habit: Floats, rng: Generator
) -> Ints:
    """Draw how many further people report each event."""
    mean = np.array([k.extra for k in KINDS])[events.kind] * habit[events.district]
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
    *,
    rng: Generator,
) -> Told:
    """Turn events into reports: the first and the further ones, each seen a little otherwise."""
    extra = extra_reports(built, events, breaks, habit, rng)
    event = np.repeat(np.arange(len(events)), extra + 1)
    order_in = np.arange(len(event)) - np.repeat(np.cumsum(extra + 1) - extra - 1, extra + 1)
    later = order_in > 0
    time = events.time[event] + np.where(later, _lags(events, event, closed, days, rng), 0.0)
    time = np.where(
        events.interruption[event] >= 0, time + rng.exponential(1800.0, len(event)), time
    )
    seen = time < days.end
    event, later, time = event[seen], later[seen], np.floor(time[seen])
    spot = _seen_from(built, events, event, breaks, rng)
    kind = _filed_as(events.kind[event], later, rng)
    done, outcome = _answers(closed[event], time, later, rng)
    n = len(event)
    default = rng.random(n) < DEFAULT_SHARE
    placeless = (rng.random(n) < NO_PLACE) & ~default
    buildings = shapely.STRtree(shapely.points(built.middles))
    nearest = buildings.nearest(shapely.points(spot))
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


def _lags(
    events: Events, event: NDArray[np.intp], closed: Floats, days: Days, rng: Generator
) -> Floats:
    """Draw how long after the first a further report comes, before the event is closed."""
    n = len(event)
    fate = rng.random(n)
    lag = rng.exponential(0.10, n)
    lag = np.where(fate > 0.46, rng.exponential(3.0, n), lag)
    lag = np.where(fate > 0.74, rng.exponential(26.0, n), lag) * DAY
    whole = (lag > DAY / 2) & (events.interruption[event] < 0)
    start = events.time[event]
    midnight = np.floor((start + lag - days.start) / DAY) * DAY + days.start
    lag = np.where(whole, np.maximum(midnight + draw_clock(n, rng) - start, 600.0), lag)
    end = np.nan_to_num(closed[event], nan=days.end + 60 * DAY)
    room = np.maximum(end - start, 1200.0)
    lag = np.where(lag > room, room * rng.random(n), lag)
    burst = events.interruption[event] >= 0
    return np.where(burst, lognormal(1.2, 5.5, n, rng) * 3600.0, lag)


def _seen_from(
    built: Built, events: Events, event: NDArray[np.intp], breaks: Breaks, rng: Generator
) -> Floats:
    """Place each report: mostly at the nearest address, else by a telephone's position."""
    n = len(event)
    tree = shapely.STRtree(shapely.points(built.middles))
    address = built.middles[tree.nearest(shapely.points(events.spot))]
    fate = rng.random(n)
    away = rng.normal(0.0, 1.0, (n, 2))
    reach = np.where(fate > 0.985, 260.0, np.where(fate > 0.93, 45.0, 11.0))
    spot = np.where(
        (fate < 0.76)[:, None], address[event], events.spot[event] + away * reach[:, None]
    )
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
