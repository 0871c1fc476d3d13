"""What millions of reports add up to, written once for whatever holds them.

Each function takes and gives a table expression of Ibis: DuckDB computes it on one machine, Spark
where a region outgrows that, with equal results. The table has the columns `opened` and `closed`
(timestamps, UTC; `closed` may be null), `lon` and `lat` (degrees, may be null), `problem_type` and
`district`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir

_METRES_A_DEGREE = 111_195.0


def monthly_tallies(reports: ir.Table) -> ir.Table:
    """How many reports came each month, of which kind, where, and how soon were they closed?

    Returns
    -------
    tallies
        `month` (1 January 2026 is 2026 * 12), `problem_type`, `district`, `reports`, `closed`,
        `closed_seconds` (sum over those closed).
    """
    import ibis

    month = reports.opened.year() * 12 + reports.opened.month() - 1
    seconds = reports.closed.epoch_seconds() - reports.opened.epoch_seconds()
    one = reports.select(
        reports.problem_type,
        reports.district,
        month=month.cast("int64"),
        done=reports.closed.notnull().cast("int64"),
        seconds=ibis.coalesce(seconds.cast("int64"), 0),
    )
    return (
        one.group_by("month", "problem_type", "district")
        .aggregate(reports=one.count(), closed=one.done.sum(), closed_seconds=one.seconds.sum())
        .order_by("month", "problem_type", "district")
    )


def with_cells(reports: ir.Table, *, cell_m: float, lat: float) -> ir.Table:
    """The reports that have a place, with the square of `cell_m` metres each lies in.

    `lat` is the latitude at which a square is square; columns `cell_x` and `cell_y` are added.
    """
    import math

    if cell_m <= 0:
        raise ValueError("cell_m must be above zero")
    placed = reports.filter(reports.lon.notnull() & reports.lat.notnull())
    wide = _METRES_A_DEGREE * math.cos(math.radians(lat)) / cell_m
    return placed.mutate(
        cell_x=(placed.lon * wide).floor().cast("int64"),
        cell_y=(placed.lat * (_METRES_A_DEGREE / cell_m)).floor().cast("int64"),
    )


def repeat_tallies(reports: ir.Table, *, cell_m: float, lat: float, days: int) -> ir.Table:
    """What share of the reports of a kind repeats one at the same place within so many days?

    Returns
    -------
    tallies
        `problem_type`, `reports`, `repeats`: those that followed another of the same kind in the
        same square at most `days` days before.
    """
    import ibis

    celled = with_cells(reports, cell_m=cell_m, lat=lat)
    at = celled.mutate(moment=celled.opened.epoch_seconds().cast("int64"))
    before = at.moment.lag().over(
        ibis.window(group_by=["problem_type", "cell_x", "cell_y"], order_by="moment")
    )
    told = at.mutate(since=at.moment - before)
    again = (told.since.notnull() & (told.since <= days * 86_400)).cast("int64")
    one = told.mutate(again=again)
    return (
        one.group_by("problem_type")
        .aggregate(reports=one.count(), repeats=one.again.sum())
        .order_by("problem_type")
    )


def hot_cells(reports: ir.Table, *, cell_m: float, lat: float) -> ir.Table:
    """Which squares have many reports among squares that have many? Getis and Ord's Gi*.

    Returns
    -------
    cells
        `cell_x`, `cell_y`, `reports`, `near` (reports in it and the eight beside it that have any),
        `score` (z, see :func:`~eutopia.core.kit.density.local_concentration`); squares without a
        report take no part.
    """
    import ibis

    celled = with_cells(reports, cell_m=cell_m, lat=lat)
    cells = celled.group_by("cell_x", "cell_y").aggregate(reports=celled.count())
    steps = [(dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
    beside = ibis.union(
        *[
            cells.select(cell_x=cells.cell_x + dx, cell_y=cells.cell_y + dy, lent=cells.reports)
            for dx, dy in steps
        ]
    )
    around = beside.group_by("cell_x", "cell_y").aggregate(
        near=beside.lent.sum(), neighbours=beside.count()
    )
    known = cells.join(around, ["cell_x", "cell_y"])
    whole = cells.aggregate(
        n=cells.count(),
        total=cells.reports.sum(),
        squares=(cells.reports * cells.reports).sum(),
    )
    all_of_it = known.cross_join(whole)
    mean = all_of_it.total / all_of_it.n
    spread = (all_of_it.squares / all_of_it.n - mean * mean).sqrt() * (
        (all_of_it.n * all_of_it.neighbours - all_of_it.neighbours * all_of_it.neighbours)
        / (all_of_it.n - 1)
    ).sqrt()
    scored = all_of_it.mutate(
        score=ibis.ifelse(
            (all_of_it.n > all_of_it.neighbours) & (spread > 0),
            (all_of_it.near - all_of_it.neighbours * mean) / spread.nullif(0.0),
            0.0,
        )
    )
    return scored.select("cell_x", "cell_y", "reports", "near", "score").order_by(
        ibis.desc("score"), "cell_x", "cell_y"
    )
