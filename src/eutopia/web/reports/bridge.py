"""Rows of reports as the core's records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from eutopia.core.records import DuplicateGroup, Reports

_MISSING = int(np.iinfo(np.int64).min)
"""How numpy writes a time that is missing."""
_COLUMNS = """
SELECT array_agg(id::text), array_agg(opened), array_agg(closed), array_agg(lon), array_agg(lat),
       array_agg(problem_type), array_agg(district), array_agg(organisation),
       array_agg(text), array_agg(address)
FROM (
    SELECT id, coalesce(extract(epoch FROM opened)::bigint, %s) AS opened,
           coalesce(extract(epoch FROM closed)::bigint, %s) AS closed,
           coalesce(lon, 'NaN') AS lon, coalesce(lat, 'NaN') AS lat,
           problem_type, district, organisation, text, address
    FROM reports_report WHERE territory_id = %s ORDER BY reports_report.opened, id
) AS ordered
"""
_GROUPS = """
SELECT g.score, array_agg(r.id::text ORDER BY r.opened, r.id)
FROM reports_duplicategroup AS g JOIN reports_report AS r ON r.group_id = g.id
WHERE r.territory_id = %s AND g.state <> 'rejected' GROUP BY g.id ORDER BY g.id
"""


def reports(territory_id: int) -> Reports:
    """All reports of a territory as columns, ordered by opening and id.

    Notes
    -----
    `id` is the row's own number as text: unique whatever the sources' numbers are. Read past the
    models and column by column, as 100,000 rows would cost seconds and are not wanted.
    """
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS, [_MISSING, _MISSING, territory_id])
        columns = (column or [] for column in cursor.fetchone())
    ids, opened, closed, lon, lat, kinds, places, owners, text, address = columns
    types, problem_types = _coded(kinds)
    district, districts = _coded(places)
    organisation, organisations = _coded(owners)
    return Reports(
        id=_objects(ids),
        opened=np.array(opened, dtype=np.int64).view("datetime64[s]"),
        closed=np.array(closed, dtype=np.int64).view("datetime64[s]"),
        lon=np.array(lon, dtype=np.float64),
        lat=np.array(lat, dtype=np.float64),
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
    with connection.cursor() as cursor:
        cursor.execute(_GROUPS, [territory_id])
        rows = cursor.fetchall()
    return tuple(DuplicateGroup(tuple(ids), ids[0], score) for score, ids in rows)


def first_told(reports: Reports, groups: Iterable[DuplicateGroup]) -> Reports:
    """One report of each event: the others of a group are left out."""
    others = {one for group in groups for one in group.report_ids if one != group.first}
    return reports.take(np.array([one not in others for one in reports.id.tolist()], dtype=bool))


def _objects(values: Sequence[Any]) -> NDArray[np.object_]:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _coded(values: Sequence[str]) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    codes = tuple(sorted({v for v in values if v}))
    position = {code: i for i, code in enumerate(codes)}
    return np.array([position.get(v, -1) for v in values], dtype=np.int32), codes
