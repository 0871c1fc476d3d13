"""Rows of statistics and assessments as the core's records."""

from __future__ import annotations

from eutopia.core.records import AssessedIndex, Statistic
from eutopia.web.quality import models


def statistics(territory_id: int) -> tuple[Statistic, ...]:
    """Which figures were entered, ordered by indicator, unit and day?"""
    rows = models.Statistic.objects.filter(territory_id=territory_id)
    return tuple(
        Statistic(indicator=r[0], unit=r[1], as_of=r[2], value=r[3], source=r[4])
        for r in rows.values_list("indicator", "unit", "as_of", "value", "source")
    )


def assessed(territory_id: int) -> tuple[AssessedIndex, ...]:
    """What did each index say last, in the order of the packs?"""
    rows = models.Assessment.objects.filter(territory_id=territory_id)
    return tuple(rows.order_by("position", "index").values_list("record", flat=True))
