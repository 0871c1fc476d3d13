"""Rows of problems as the core's records."""

from __future__ import annotations

from eutopia.core.records import Problem
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
