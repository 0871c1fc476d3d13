"""Rows of reports as the core's records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eutopia.core.records import DuplicateGroup, Reports
from eutopia.web.reports import models

_COLUMNS = (
    "pk",
    "opened",
    "closed",
    "lon",
    "lat",
    "problem_type",
    "district",
    "organisation",
    "text",
    "address",
)


def reports(territory_id: int) -> Reports:
    """All reports of a territory as columns, ordered by opening and id.

    Notes
    -----
    `id` is the row's own number as text: unique whatever the sources' numbers are. About a second
    for 100,000.
    """
    rows = models.Report.objects.filter(territory_id=territory_id).order_by("opened", "pk")
    table = list(zip(*rows.values_list(*_COLUMNS).iterator(chunk_size=20_000), strict=True))
    told = dict(zip(_COLUMNS, table, strict=True)) if table else dict.fromkeys(_COLUMNS, ())
    types, problem_types = _coded(told["problem_type"])
    district, districts = _coded(told["district"])
    organisation, organisations = _coded(told["organisation"])
    return Reports(
        id=_objects([str(pk) for pk in told["pk"]]),
        opened=_times(told["opened"]),
        closed=_times(told["closed"]),
        lon=_degrees(told["lon"]),
        lat=_degrees(told["lat"]),
        problem_type=types,
        problem_types=problem_types,
        district=district,
        districts=districts,
        organisation=organisation,
        organisations=organisations,
        text=_objects(told["text"]),
        address=_objects(told["address"]),
    )


def groups(territory_id: int, ids: Sequence[str]) -> tuple[DuplicateGroup, ...]:
    """Which reports tell of one event, as decided or suggested now? Lone reports are groups too.

    Parameters
    ----------
    ids
        Those of all reports, in the order in which lone groups are wanted.
    """
    rows = (
        models.Report.objects.filter(territory_id=territory_id, group__isnull=False)
        .exclude(group__state="rejected")
        .order_by("group_id", "opened", "pk")
        .values_list("group_id", "group__score", "pk")
    )
    members: dict[int, list[str]] = {}
    scores: dict[int, float] = {}
    for group, score, pk in rows:
        members.setdefault(group, []).append(str(pk))
        scores[group] = score
    first = {ids_[0]: group for group, ids_ in members.items()}
    within = {one for ids_ in members.values() for one in ids_}
    return tuple(
        DuplicateGroup(tuple(members[first[one]]), one, scores[first[one]])
        if one in first
        else DuplicateGroup((one,), one, 1.0)
        for one in ids
        if one in first or one not in within
    )


def _objects(values: Sequence[Any]) -> NDArray[np.object_]:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _times(values: Sequence[Any]) -> NDArray[np.datetime64]:
    missing = np.iinfo(np.int64).min
    seconds = [missing if v is None else int(v.timestamp()) for v in values]
    return np.array(seconds, dtype=np.int64).view("datetime64[s]")


def _degrees(values: Sequence[Any]) -> NDArray[np.float64]:
    return np.array([np.nan if v is None else v for v in values], dtype=np.float64)


def _coded(values: Sequence[str]) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    codes = tuple(sorted({v for v in values if v}))
    position = {code: i for i, code in enumerate(codes)}
    return np.array([position.get(v, -1) for v in values], dtype=np.int32), codes
