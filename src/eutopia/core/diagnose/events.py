"""Reports less duplicates: what happened, as columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eutopia.core.kit.screening import Screening, screen_reports
from eutopia.core.kit.spatial import (
    LocalPlane,
    as_one_number,
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
    event_of, first = _event_labels(reports, groups)
    screening = screen_reports(reports)
    plane = LocalPlane.around(reports.lon, reports.lat)
    x, y = plane.forward(reports.lon, reports.lat)
    n = len(first)
    rows = np.flatnonzero(event_of >= 0)
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
        size=np.bincount(event_of[rows], minlength=n),
        event_of=event_of,
        plane=plane,
        screening=screening,
    )


def _event_labels(
    reports: Reports, groups: Sequence[DuplicateGroup]
) -> tuple[NDArray[np.int32], Positions]:
    """Number events by the time and id of their first report; reports without time get -1."""
    row = {value: k for k, value in enumerate(reports.id.tolist())}
    label = np.arange(len(reports), dtype=np.int64)
    for group in groups:
        members = [row[r] for r in group.report_ids if r in row]
        if len(members) > 1:
            label[members] = members[0]
    order = reports.in_time_order()
    order = order[~np.isnat(reports.opened[order])]
    event_of = np.full(len(reports), -1, dtype=np.int32)
    event_of[order] = first_seen_labels(label[order])
    return event_of, order[np.unique(event_of[order], return_index=True)[1]]


def same_places(
    events: Events, addresses: NDArray[np.object_], *, within_m: float, extent_m: float
) -> NDArray[np.int32]:
    """Which events of one type are at one place? Labels from 0 in the order of the first event.

    Two events within `within_m` hang together, nearest first, until a place would be wider than
    `extent_m`. Events without a place to be believed share one where their address is the same;
    without an address each is a place of its own.
    """
    placed = np.flatnonzero(np.isfinite(events.x))
    # Types side by side: what is a neighbour, and which of equals comes first, is as within each.
    rows = placed[
        np.lexsort((placed, events.y[placed], events.x[placed], events.problem_type[placed]))
    ]
    x, y = events.x[rows], events.y[rows]
    pairs = [(rows[a], rows[b]) for a, b in _chain(x, y, events.problem_type[rows], within_m)]
    pairs.append(_same_address(events, addresses))
    i, j = (np.concatenate([pair[k] for pair in pairs]) for k in (0, 1))
    nearness = -np.hypot(events.x[i] - events.x[j], events.y[i] - events.y[j])
    labels, _ = bounded_components(
        (i, j), np.nan_to_num(nearness), (events.x, events.y), (extent_m, extent_m)
    )
    return labels


def _chain(
    x: Floats, y: Floats, kind: NDArray[np.int32], within: float
) -> Iterator[tuple[Positions, Positions]]:
    """Pairs of neighbours, with stacks on one point strung together instead of all paired."""
    point = first_seen_labels(as_one_number(kind, np.round(x * 10), np.round(y * 10)))
    head = np.unique(point, return_index=True)[1]
    follow = np.flatnonzero(head[point] != np.arange(len(x)))
    yield head[point[follow]], follow
    apart = kind[head].astype(np.float64)
    for a, b in neighbour_pairs(x[head], y[head], apart, within=within, span=0.5):
        yield head[a], head[b]


def _same_address(events: Events, addresses: NDArray[np.object_]) -> tuple[Positions, Positions]:
    groups: dict[tuple[int, str], int] = {}
    first, follow = [], []
    for k in np.flatnonzero(~np.isfinite(events.x)).tolist():
        address = str(addresses[events.first[k]]).strip().lower()
        if address:
            head = groups.setdefault((int(events.problem_type[k]), address), k)
            if head != k:
                first.append(head)
                follow.append(k)
    return np.array(first, dtype=np.intp), np.array(follow, dtype=np.intp)
