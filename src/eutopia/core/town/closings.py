"""Answers: who keeps what, when an event is closed, which closures do not hold (arrays)."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from eutopia.core.town.assembly import Built
from eutopia.core.town.events import Events
from eutopia.core.town.kinds import INDEX, KINDS
from eutopia.core.town.rates import Rates
from eutopia.core.town.services import Breaks
from eutopia.core.town.shapes import nearest_of
from eutopia.core.town.weather import DAY, Days, draw_clock, office_day

Floats = NDArray[np.float64]
UNHELD = 0.085
"""Share of closures of an average organisation that do not hold (assumed)."""
MEAN_AGAIN = 9.0
"""Days until it comes back, on average (assumed)."""


def keepers(built: Built, events: Events) -> tuple[NDArray[np.object_], Floats, Floats]:
    """Return for each event who answers for it, how slowly and how badly they work."""
    bodies = {b.id: b for b in built.bodies}
    managed = np.flatnonzero(np.array([m is not None for m in built.managers]))
    names = np.array([k.keeper for k in KINDS], dtype=object)[events.kind]
    rows = np.flatnonzero(names == "manager")
    if len(managed) and len(rows):
        nearest = managed[nearest_of(built.middles[managed], events.spot[rows])]
        names[rows] = [built.managers[i] for i in nearest.tolist()]
    elif len(rows):
        names[rows] = "m-works"
    known, code = np.unique(names.astype(str), return_inverse=True)
    pace = np.array([bodies[k].pace for k in known.tolist()])
    slack = np.array([bodies[k].slack for k in known.tolist()])
    return names, pace[code], slack[code]


def closing_times(
    events: Events, pace: Floats, breaks: Breaks, days: Days, rates: Rates, rng: Generator
) -> Floats:
    """Draw when each event is closed, NaN for never; what ends on a weekend waits a little.

    An interruption's event is closed when supply is back.
    """
    n = len(events)
    noise = np.exp(rng.normal(0.0, 1.0, n) * rates.spread[events.kind])
    hours = rates.median_hours[events.kind] * pace * noise
    closed = events.time + np.maximum(hours, 0.05) * 3600.0
    late = (np.floor((closed - days.start) / DAY) % 7).astype(int)
    weekday = (days.weekday[0] + late) % 7
    closed = closed + np.where(weekday >= 5, rng.uniform(0.0, 1.2, n) * DAY, 0.0)
    closed[rng.random(n) < rates.open_share[events.kind]] = np.nan
    out = np.flatnonzero(events.interruption >= 0)
    ended = np.array([breaks.hours[i] for i in events.interruption[out].tolist()]) * 3600.0
    closed[out] = events.time[out] + ended + rng.exponential(2400.0, len(out))
    return closed


def fail_again(
    events: Events,
    built: Built,
    breaks: Breaks,
    days: Days,
    rates: Rates,
    *,
    rng: Generator,
) -> tuple[Events, Floats, NDArray[np.bool_]]:
    """Let some closures not hold: the same comes back soon, up to three times in a row.

    Returns the events with the new ones joined, closing times, and which closures did not hold.
    """
    _, pace, slack = keepers(built, events)
    closed = closing_times(events, pace, breaks, days, rates, rng)
    unheld = np.zeros(len(events), dtype=bool)
    fresh = np.arange(len(events))
    for _ in range(3):
        lag = (0.4 + rng.exponential(MEAN_AGAIN, len(fresh))) * DAY
        back = closed[fresh] + lag
        fails = rng.random(len(fresh)) < UNHELD * slack[fresh]
        fails &= (back < days.end) & (events.interruption[fresh] < 0)
        rows = fresh[fails]
        unheld[rows] = True
        again = _again(events, rows, back[fails], closed, days, rng)
        first = len(events)
        events = Events.joined([events, again])
        _, more_pace, more_slack = keepers(built, again)
        more = closing_times(again, more_pace, breaks, days, rates, rng)
        closed = np.concatenate([closed, more])
        slack = np.concatenate([slack, more_slack])
        unheld = np.concatenate([unheld, np.zeros(len(again), dtype=bool)])
        fresh = np.arange(first, len(events))
    return events, closed, unheld


def _again(
    events: Events,
    rows: NDArray[np.intp],
    back: Floats,
    closed: Floats,
    days: Days,
    rng: Generator,
) -> Events:
    """Copy events to the time they come back at, by the clock that people keep."""
    again = events.take(rows)
    midnight = office_day(days, back, rng)
    again.time = np.maximum(midnight + draw_clock(days, len(rows), rng), closed[rows] + 3600.0)
    again.spot = again.spot + rng.normal(0.0, 2.0, again.spot.shape)
    again.follows = rows.astype(np.int64)
    return again


def from_interruptions(built: Built, breaks: Breaks, services: tuple[str, ...]) -> Events:
    """Turn interruptions that people notice into events (`services`: type reported, '' none)."""
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
