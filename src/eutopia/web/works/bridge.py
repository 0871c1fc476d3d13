"""Rows of works and measures as the core's records."""

from __future__ import annotations

from eutopia.core.records import Money, Work
from eutopia.web.works import models


def works(territory_id: int) -> tuple[Work, ...]:
    """Which works were done, ordered by code?"""
    rows = models.Work.objects.filter(territory_id=territory_id).order_by("code")
    return tuple(
        Work(
            id=row.code,
            measure=row.measure,
            geometry=row.geometry,
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
        if row.geometry is not None
    )
