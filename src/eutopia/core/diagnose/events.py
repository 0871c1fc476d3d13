"""Reports less duplicates: what happened, as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eutopia.core.kit.screening import Screening, screen_reports
from eutopia.core.kit.spatial import (
    LocalPlane,
    bounded_components,
    first_seen_labels,
    neighbour_pairs,
)
from eutopia.core.records.problems import DuplicateGroup
from eutopia.core.records.reports import Reports

Floats = NDArray[np.float64]
Positions = NDArray[np.intp]
DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Events:
    """What happened, a row an event, in the order of the first report's time and id.

    `first` is the row of the earliest report; `opened` and `closed` are days since 1970, `closed`
    NaN while any doubt is left that it is done; `x`, `y` metres, NaN without a place to be
    believed. `event_of` gives each report its event, -1 for those left out (no time).
    """

    first: Positions
    opened: Floats
    closed: Floats
    x: Floats
    y: Floats
    problem_type: NDArray[np.int32]
    size: NDArray[np.int64]
    event_of: NDArray[np.int32]
    plane: LocalPlane
    screening: Screening

    def __len__(self) -> int:
        return len(self.first)


def events_of(reports: Reports, groups: Sequence[DuplicateGroup]) -> Events:
    """Which events do the reports tell of?

    Parameters
    ----------
    reports
        In any order.
    groups
        From `group_duplicates`; a report in no group is an event of its own.

    Notes
    -----
    An event opens with its first report. It is closed when that report is, at the latest closing
    of the group up to then: staff often close a duplicate at once and the first when the work is
    done. Its place is the mean of the believed places of its reports. O(n).
    """
    event_of = _event_labels(reports, groups)
    screening = screen_reports(reports)
    plane = LocalPlane.around(reports.lon, reports.lat)
    x, y = plane.forward(reports.lon, reports.lat)
    n = int(event_of.max()) + 1 if len(event_of) else 0
    rows = np.flatnonzero(event_of >= 0)
    labels = event_of[rows]
    order = rows[np.lexsort((reports.id[rows].astype(str), reports.opened[rows], labels))]
    first = order[np.searchsorted(event_of[order], np.arange(n))]
    seconds = reports.closed.astype(np.int64)
    done = ~np.isnat(reports.closed)
    last_closed = np.full(n, -np.inf)
    np.maximum.at(last_closed, event_of[rows], np.where(done[rows], seconds[rows] / DAY, -np.inf))
    placed = rows[screening.placed[rows]]
    count = np.bincount(event_of[placed], minlength=n)
    with np.errstate(invalid="ignore"):
        mean_x = np.bincount(event_of[placed], x[placed], n) / count
        mean_y = np.bincount(event_of[placed], y[placed], n) / count
    return Events(
        first=first,
        opened=reports.opened[first].astype(np.int64) / DAY,
        closed=np.where(done[first], last_closed, np.nan),
        x=mean_x,
        y=mean_y,
        problem_type=reports.problem_type[first],
        size=np.bincount(labels, minlength=n),
        event_of=event_of,
        plane=plane,
        screening=screening,
    )


def _event_labels(reports: Reports, groups: Sequence[DuplicateGroup]) -> NDArray[np.int32]:
    """Number events by the time and id of their first report; reports without time get -1."""
    row = {str(value): k for k, value in enumerate(reports.id.tolist())}
    label = np.arange(len(reports), dtype=np.int64)
    for group in groups:
        if len(group.report_ids) > 1:
            members = [row[r] for r in group.report_ids if r in row]
            if members:
                label[members] = members[0]
    timed = np.flatnonzero(~np.isnat(reports.opened))
    order = timed[np.lexsort((reports.id[timed].astype(str), reports.opened[timed]))]
    result = np.full(len(reports), -1, dtype=np.int32)
    if len(order):
        result[order] = first_seen_labels(label[order])
    return result


def same_places(
    events: Events, addresses: NDArray[np.object_], *, within_m: float, extent_m: float
) -> NDArray[np.int32]:
    """Which events of one type are at one place? Labels from 0 in the order of the first event.

    Two events within `within_m` hang together, nearest first, until a place would be wider than
    `extent_m`. Events without a place to be believed share one where their address is the same;
    without an address each is a place of its own.
    """
    i, j, strength = [], [], []
    placed = np.isfinite(events.x)
    for code in np.unique(events.problem_type[placed]):
        rows = np.flatnonzero(placed & (events.problem_type == code))
        order = rows[np.lexsort((rows, events.y[rows], events.x[rows]))]
        x, y = events.x[order], events.y[order]
        for a, b in _chain(x, y, within_m):
            i.append(order[a])
            j.append(order[b])
            strength.append(-np.hypot(x[a] - x[b], y[a] - y[b]))
    for a, b in _same_address(events, addresses, placed):
        i.append(a)
        j.append(b)
        strength.append(np.zeros(len(a)))
    links = (_joined(i, np.intp), _joined(j, np.intp))
    labels, _ = bounded_components(
        links, _joined(strength, np.float64), (events.x, events.y), (extent_m, extent_m)
    )
    return labels


def _joined(parts: list[NDArray], kind: type) -> NDArray:  # type: ignore[type-arg]
    return np.concatenate(parts) if parts else np.empty(0, dtype=kind)


def _chain(x: Floats, y: Floats, within: float) -> list[tuple[Positions, Positions]]:
    """Pairs of neighbours, with stacks on one point strung together instead of all paired."""
    point = first_seen_labels(
        np.round(x * 10).astype(np.int64) * 10**8 + np.round(y * 10).astype(int)
    )
    head = np.unique(point, return_index=True)[1]
    follow = np.flatnonzero(head[point] != np.arange(len(x)))
    pairs = [(head[point[follow]], follow)]
    for a, b in neighbour_pairs(x[head], y[head], np.zeros(len(head)), within=within, span=1.0):
        pairs.append((head[a], head[b]))
    return pairs


def _same_address(
    events: Events, addresses: NDArray[np.object_], placed: NDArray[np.bool_]
) -> list[tuple[Positions, Positions]]:
    groups: dict[tuple[int, str], int] = {}
    first, follow = [], []
    for k in np.flatnonzero(~placed).tolist():
        address = str(addresses[events.first[k]]).strip().lower()
        if address:
            head = groups.setdefault((int(events.problem_type[k]), address), k)
            if head != k:
                first.append(head)
                follow.append(k)
    return [(np.array(first, dtype=np.intp), np.array(follow, dtype=np.intp))]
