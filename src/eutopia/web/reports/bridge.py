"""Rows of reports as the core's records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from eutopia.core.records import DuplicateGroup, Reports
from eutopia.web.reports import models

_QUERY = """
SELECT id::text, extract(epoch FROM opened)::bigint, extract(epoch FROM closed)::bigint,
       lon, lat, problem_type, district, organisation, text, address
FROM reports_report WHERE territory_id = %s ORDER BY opened, id
"""


def reports(territory_id: int) -> Reports:
    """All reports of a territory as columns, ordered by opening and id.

    Notes
    -----
    `id` is the row's own number as text: unique whatever the sources' numbers are. Read past the
    models, as 100,000 of them would cost seconds and are not wanted.
    """
    with connection.cursor() as cursor:
        cursor.execute(_QUERY, [territory_id])
        rows = cursor.fetchall()
    table = list(zip(*rows, strict=True)) or [()] * 10
    ids, opened, closed, lon, lat, kinds, places, owners, text, address = table
    types, problem_types = _coded(kinds)
    district, districts = _coded(places)
    organisation, organisations = _coded(owners)
    return Reports(
        id=_objects(ids),
        opened=_times(opened),
        closed=_times(closed),
        lon=_degrees(lon),
        lat=_degrees(lat),
        problem_type=types,
        problem_types=problem_types,
        district=district,
        districts=districts,
        organisation=organisation,
        organisations=organisations,
        text=_objects(text),
        address=_objects(address),
    )


def groups(territory_id: int) -> tuple[DuplicateGroup, ...]:
    """Which reports tell of one event, as decided or suggested now? A report in none is alone."""
    rows = (
        models.Report.objects.filter(territory_id=territory_id, group__isnull=False)
        .exclude(group__state="rejected")
        .order_by("group_id", "opened", "pk")
        .values_list("group_id", "group__score", "pk")
    )
    members: dict[tuple[int, float], list[str]] = {}
    for group, score, pk in rows:
        members.setdefault((group, score), []).append(str(pk))
    return tuple(DuplicateGroup(tuple(ids), ids[0], score) for (_, score), ids in members.items())


def first_told(reports: Reports, groups: Iterable[DuplicateGroup]) -> Reports:
    """One report of each event: the others of a group are left out."""
    others = {one for group in groups for one in group.report_ids if one != group.first}
    return reports.take(np.array([one not in others for one in reports.id.tolist()], dtype=bool))


def _objects(values: Sequence[Any]) -> NDArray[np.object_]:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _times(values: Sequence[Any]) -> NDArray[np.datetime64]:
    missing = np.iinfo(np.int64).min
    seconds = [missing if v is None else v for v in values]
    return np.array(seconds, dtype=np.int64).view("datetime64[s]")


def _degrees(values: Sequence[Any]) -> NDArray[np.float64]:
    return np.array([np.nan if v is None else v for v in values], dtype=np.float64)


def _coded(values: Sequence[str]) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    codes = tuple(sorted({v for v in values if v}))
    position = {code: i for i, code in enumerate(codes)}
    return np.array([position.get(v, -1) for v in values], dtype=np.int32), codes
