"""Rows of works and measures as the core's records."""

from __future__ import annotations

from shapely.geometry.base import BaseGeometry

from eutopia.core.records import Money, Work
from eutopia.web.works import models


def _known(geometry: BaseGeometry | None) -> BaseGeometry:
    """Return the shape: a work always has one, or it could not have been loaded."""
    if geometry is None:
        raise ValueError("a work without a place is stored; mend the table")
    return geometry


def works(territory_id: int) -> tuple[Work, ...]:
    """Which works were done, ordered by code?"""
    rows = models.Work.objects.filter(territory_id=territory_id).order_by("code")
    return tuple(
        Work(
            id=row.code,
            measure=row.measure,
            geometry=_known(row.geometry),
            district=row.district,
            started=row.started,
            finished=row.finished,
            cost=Money(row.cost, row.currency),
            contractor=row.contractor,
            asset_ids=tuple(row.assets),
            warranty_until=row.warranty_until,
            candidate_id=row.candidate or None,
        )
        for row in rows
    )
