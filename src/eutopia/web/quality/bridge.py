"""Rows of statistics as the core's records."""

from __future__ import annotations

from eutopia.core.records import Statistic
from eutopia.web.quality import models


def statistics(territory_id: int) -> tuple[Statistic, ...]:
    """Which figures were entered, ordered by indicator, unit and day?"""
    rows = models.Statistic.objects.filter(territory_id=territory_id)
    return tuple(
        Statistic(indicator=r[0], unit=r[1], as_of=r[2], value=r[3], source=r[4])
        for r in rows.values_list("indicator", "unit", "as_of", "value", "source")
    )
