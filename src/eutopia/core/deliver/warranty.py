"""Did it hold: events at the place of finished works while the contractor still answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from eutopia.core.kit.spatial import LocalPlane
from eutopia.core.records import Measure, Reports, Work


@dataclass(frozen=True, slots=True)
class WarrantyCall:
    """Which event fell into whose warranty, how many days after acceptance, how far from the works?

    `distance_m` is 0 within the works' own outline.
    """

    work: str
    contractor: str
    report_id: str
    opened: date
    days_after: int
    distance_m: float


def find_warranty_calls(
    works: Sequence[Work],
    events: Reports,
    *,
    measures: Mapping[str, Measure],
    reach_m: float = 15.0,
) -> tuple[WarrantyCall, ...]:
    """Which events should the contractor put right at no cost, because the works did not hold?

    Parameters
    ----------
    works
        Works done; those unfinished, without `warranty_until` or of a measure not in `measures`
        are passed over.
    events
        One row an event: reports less duplicates.
    measures
        By code; `answers` names the problem types that speak against the works.
    reach_m
        How far outside the works' outline an event still counts, metres: a report's point is where
        somebody stood.

    Returns
    -------
    tuple of WarrantyCall
        By work in the order given, then time; an event counts for the nearest work under warranty
        only (ties: the later accepted, then the first given).

    Raises
    ------
    ValueError
        The reach is negative.

    Notes
    -----
    The day of acceptance and the last day of the warranty both count. An event without a place
    counts for none. A call is a reason to inspect, not a verdict on the contractor. O(w log n) by
    an STR tree.

    Examples
    --------
    >>> find_warranty_calls([], Reports.from_rows([]), measures={})
    ()
    """
    if reach_m < 0:
        raise ValueError("the reach can't be negative")
    covered = [
        w
        for w in works
        if w.finished is not None and w.warranty_until is not None and w.measure in measures
    ]
    placed = np.flatnonzero(np.isfinite(events.lon) & np.isfinite(events.lat))
    if not covered or not len(placed):
        return ()
    nearest: dict[int, tuple[float, int, int]] = {}
    for rank, row, distance in _meetings(covered, events, placed, reach_m):
        work, opened = covered[rank], _day(events, row)
        if not _speaks_against(work, events, row, opened, measures):
            continue
        accepted = (work.finished or opened).toordinal()
        claim = (distance, -accepted, rank)
        nearest[row] = min(claim, nearest.get(row, claim))
    calls = [
        _call(covered[rank], events, row, distance) for row, (distance, _, rank) in nearest.items()
    ]
    order = {work.id: k for k, work in enumerate(covered)}
    return tuple(sorted(calls, key=lambda c: (order[c.work], c.opened, c.report_id)))


def _meetings(
    works: Sequence[Work], events: Reports, placed: NDArray[np.intp],
    reach_m: float,
) -> list[tuple[int, int, float]]:  # fmt: skip
    """Pairs of work and event within reach, with their distance, as positions."""
    import shapely

    plane = LocalPlane.around(events.lon[placed], events.lat[placed])
    x, y = plane.forward(events.lon[placed], events.lat[placed])
    points = np.array(shapely.points(x, y), dtype=object)

    found: list[tuple[int, int, float]] = []
    tree = shapely.STRtree(points)
    for rank, work in enumerate(works):
        shape = plane.flatten(work.geometry)
        near = tree.query(shape, predicate="dwithin", distance=reach_m).tolist()
        found.extend((rank, int(placed[k]), float(shape.distance(points[k]))) for k in near)
    return found


def _day(events: Reports, row: int) -> date:
    day: date = events.opened[row].astype("datetime64[D]").item()
    return day


def _speaks_against(
    work: Work, events: Reports, row: int, opened: date, measures: Mapping[str, Measure]
) -> bool:
    kind = int(events.problem_type[row])
    return (
        kind >= 0
        and events.problem_types[kind] in measures[work.measure].answers
        and (work.finished or opened) <= opened <= (work.warranty_until or opened)
    )


def _call(work: Work, events: Reports, row: int, distance: float) -> WarrantyCall:
    opened = _day(events, row)
    return WarrantyCall(
        work=work.id,
        contractor=work.contractor,
        report_id=str(events.id[row]),
        opened=opened,
        days_after=(opened - (work.finished or opened)).days,
        distance_m=round(distance, 1),
    )
