"""The truth about the town, in records that methods are scored against."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from eutopia.core.town.assembly import Built
from eutopia.core.town.events import NETWORK_OF, Events, Hidden
from eutopia.core.town.kinds import CODES
from eutopia.core.town.reporting import Told
from eutopia.core.town.services import Breaks
from eutopia.core.town.territory import PLANE, asset_id
from eutopia.core.town.truth import HiddenProblem, TownTruth, TrueEvent
from eutopia.core.town.weather import UTC_OFFSET
from eutopia.core.town.works import EFFECT_RADIUS


def reveal(
    built: Built,
    events: Events,
    told: Told,
    hidden: Hidden,
    breaks: Breaks,
    *,
    report_ids: list[str],
    unheld: NDArray[np.bool_],
    effects: dict[str, float],
    habit: dict[str, float],
    contacts: frozenset[str],
    rng: Generator,
) -> TownTruth:
    """Say what was what: events under shuffled ids, so that no number tells their order."""
    ids = [f"e{n:06d}" for n in rng.permutation(len(events)).tolist()]
    return TownTruth(
        event_of={r: ids[e] for r, e in zip(report_ids, told.event.tolist(), strict=True)},
        events=_true_events(events, ids, breaks),
        hidden_problems=_hidden_records(built, hidden),
        unheld_closures=_unheld(told, unheld, report_ids),
        effects=effects,
        effect_radius_m=EFFECT_RADIUS,
        habits=habit,
        true_type=_true_types(events, told, report_ids),
        default_coordinate=frozenset(_chosen(report_ids, told.default)),
        outbreaks=_outbreaks(events, ids),
        with_contacts=contacts,
    )


def _chosen(ids: list[str], mask: NDArray[np.bool_]) -> list[str]:
    return [ids[i] for i in np.flatnonzero(mask).tolist()]


def _unheld(told: Told, unheld: NDArray[np.bool_], ids: list[str]) -> frozenset[str]:
    shut = ~np.isnan(told.closed) & (told.outcome == 0)
    return frozenset(_chosen(ids, unheld[told.event] & shut))


def _true_types(events: Events, told: Told, ids: list[str]) -> dict[str, str]:
    right = events.kind[told.event]
    wrong = np.flatnonzero(right != told.kind).tolist()
    return {ids[i]: CODES[int(right[i])] for i in wrong}


def _interruption_ids(breaks: Breaks) -> dict[int, str]:
    order = np.argsort(breaks.start, kind="stable").tolist()
    return {i: f"i{n + 1:05d}" for n, i in enumerate(order)}


def _true_events(events: Events, ids: list[str], breaks: Breaks) -> dict[str, TrueEvent]:
    lon, lat = (c.tolist() for c in PLANE.degrees(events.spot[:, 0], events.spot[:, 1]))
    named = _interruption_ids(breaks)
    found = {}
    for i, key in enumerate(ids):
        asset, hidden = int(events.asset[i]), int(events.hidden[i])
        interruption, follows = int(events.interruption[i]), int(events.follows[i])
        found[key] = TrueEvent(
            key,
            CODES[int(events.kind[i])],
            int(events.time[i]),
            lon[i],
            lat[i],
            asset_id(asset) if asset >= 0 else None,
            f"x{hidden + 1:04d}" if hidden >= 0 else None,
            named[interruption] if interruption >= 0 else None,
            ids[follows] if follows >= 0 else None,
        )
    return found


def _hidden_records(built: Built, hidden: Hidden) -> tuple[HiddenProblem, ...]:
    lon, lat = (c.tolist() for c in PLANE.degrees(hidden.spot[:, 0], hidden.spot[:, 1]))
    codes = [q.id for q in built.site.quarters]

    def day(seconds: float) -> date:
        return datetime.fromtimestamp(seconds + UTC_OFFSET, tz=UTC).date()

    return tuple(
        HiddenProblem(
            id=f"x{i + 1:04d}",
            problem_type=CODES[int(hidden.kind[i])],
            lon=lon[i],
            lat=lat[i],
            radius_m=60.0 if CODES[int(hidden.kind[i])] in NETWORK_OF else 12.0,
            district=codes[int(hidden.district[i])],
            rate=float(hidden.rate[i]),
            active_from=day(hidden.start[i]),
            active_to=day(hidden.end[i]),
            cause=hidden.cause[i],
            asset_id=asset_id(int(hidden.asset[i])) if hidden.asset[i] >= 0 else None,
        )
        for i in range(len(hidden))
    )


def _outbreaks(events: Events, ids: list[str]) -> tuple[tuple[str, ...], ...]:
    """Return the first events of each outbreak (repeats after a closure left out)."""
    first = (events.outbreak >= 0) & (events.follows < 0)
    groups: dict[int, list[str]] = {}
    for i in np.flatnonzero(first).tolist():
        groups.setdefault(int(events.outbreak[i]), []).append(ids[i])
    return tuple(tuple(group) for _, group in sorted(groups.items()))
