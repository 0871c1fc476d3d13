"""Rows of problems as the core's records."""

from __future__ import annotations

from eutopia.core.records import Cluster, Inspection, Problem, Ruling, WeatherDay
from eutopia.web.problems import models


def problems(territory_id: int) -> tuple[tuple[int, Problem], ...]:
    """Which problems are to be planned for: those now found, neither rejected nor merged away?

    Those without a known place are left out: nothing can be built nowhere.

    Returns
    -------
    tuple of pairs
        The row's own id and the core's record, the dearest first.
    """
    rows = models.Problem.objects.filter(
        territory_id=territory_id,
        current=True,
        state__in=("found", "confirmed"),
        lon__isnull=False,
        lat__isnull=False,
    )
    return tuple(
        (pk, record)
        for pk, record in rows.order_by("-cost_total", "number").values_list("pk", "record")
    )


def clusters(territory_id: int) -> tuple[Cluster, ...]:
    """Which reports piled up by the latest scan, the surest first?"""
    rows = models.Cluster.objects.filter(territory_id=territory_id).order_by("place")
    return tuple(rows.values_list("record", flat=True))


def inspections(territory_id: int) -> tuple[Inspection, ...]:
    """What did those who went there see, ordered by code?"""
    rows = models.Inspection.objects.filter(territory_id=territory_id).order_by("code")
    return tuple(
        Inspection(
            id=row.code,
            day=row.on,
            confirmed=row.confirmed,
            problem_type=row.problem_type,
            cause=row.cause,
            asset_id=row.asset or None,
            condition=row.condition,
            lon=row.lon,
            lat=row.lat,
        )
        for row in rows
    )


def rulings(territory_id: int) -> tuple[Ruling, ...]:
    """What did staff decide on the extent of problems, in its order?"""
    rows = models.Ruling.objects.filter(territory_id=territory_id)
    return tuple(Ruling(row.kind, tuple(map(str, row.report_ids))) for row in rows)


def weather(territory_id: int) -> tuple[WeatherDay, ...]:
    """How was the weather, day by day, as far as it was told?"""
    rows = models.WeatherDay.objects.filter(territory_id=territory_id).order_by("day")
    return tuple(
        WeatherDay(*row) for row in rows.values_list("day", "low_c", "high_c", "rain_mm", "wind_ms")
    )
