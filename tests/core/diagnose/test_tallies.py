"""Tallies on DuckDB against plain counting, and on Spark (local mode) against DuckDB.

Spark is an extra of 800 MB and needs a Java: `uv sync --extra spark` runs the second half.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import ibis
import numpy as np
import pytest

from eutopia.core.diagnose import tallies
from eutopia.core.kit.density import local_concentration

LAT = 55.0
START = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
Row = tuple[datetime, datetime | None, float | None, float | None, str, str]


def made_up(n: int = 800) -> list[Row]:
    """Reports of half a year in a few hundred squares; some without a place, some still open."""
    rng = np.random.default_rng(11)
    rows: list[Row] = []
    for _ in range(n):
        opened = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None) + timedelta(
            seconds=int(rng.integers(0, 180 * 86_400))
        )
        hours = int(rng.integers(0, 400))
        placed = rng.uniform() > 0.05
        rows.append((
            opened,
            opened + timedelta(hours=hours) if hours < 300 else None,
            37.0 + float(rng.beta(2, 5)) * 0.02 if placed else None,
            LAT + float(rng.beta(2, 5)) * 0.02 if placed else None,
            "pothole" if rng.uniform() < 0.6 else "litter",
            "north" if rng.uniform() < 0.5 else "south",
        ))  # fmt: skip
    return rows


def on_duckdb(rows: list[Row]) -> Any:
    """The rows as a table of DuckDB."""
    import duckdb

    con = duckdb.connect()
    con.execute(
        "CREATE TABLE reports (opened TIMESTAMP, closed TIMESTAMP, lon DOUBLE, lat DOUBLE, "
        "problem_type VARCHAR, district VARCHAR)"
    )
    con.executemany("INSERT INTO reports VALUES (?, ?, ?, ?, ?, ?)", rows)
    return ibis.duckdb.from_connection(con).table("reports")


def told(expression: Any) -> list[tuple[Any, ...]]:
    """Rows of a result."""
    return [tuple(row.values()) for row in expression.to_pyarrow().to_pylist()]


ALL = {
    "monthly": tallies.monthly_tallies,
    "repeats": lambda t: tallies.repeat_tallies(t, cell_m=100, lat=LAT, days=14),
    "hot": lambda t: tallies.hot_cells(t, cell_m=100, lat=LAT),
}


def test_months_are_counted() -> None:
    rows = made_up()
    count: Counter[tuple[int, str, str]] = Counter()
    seconds: Counter[tuple[int, str, str]] = Counter()
    for opened, closed, _, _, kind, district in rows:
        key = (opened.year * 12 + opened.month - 1, kind, district)
        count[key] += 1
        seconds[key] += int((closed - opened).total_seconds()) if closed else 0
    found = told(tallies.monthly_tallies(on_duckdb(rows)))
    assert {row[:3]: row[3] for row in found} == dict(count)
    assert {row[:3]: row[5] for row in found} == dict(seconds)
    assert [row[:3] for row in found] == sorted(row[:3] for row in found)


def _square(row: Row) -> tuple[int, int]:
    assert row[2] is not None
    assert row[3] is not None
    wide = 111_195.0 * math.cos(math.radians(LAT)) / 100
    return math.floor(row[2] * wide), math.floor(row[3] * 1_111.95)


def test_repeats_are_those_soon_after_another() -> None:
    rows = [row for row in made_up() if row[2] is not None]
    by_place: dict[tuple[Any, ...], list[datetime]] = defaultdict(list)
    for row in rows:
        by_place[(row[4], *_square(row))].append(row[0])
    repeats: Counter[str] = Counter()
    for key, moments in by_place.items():
        moments.sort()
        repeats[key[0]] += sum(b - a <= timedelta(days=14) for a, b in pairwise(moments))
    found = told(ALL["repeats"](on_duckdb(made_up())))
    assert {row[0]: row[2] for row in found} == dict(repeats)
    assert {row[0]: row[1] for row in found} == Counter(row[4] for row in rows)


def test_hot_squares_have_the_score_of_the_kit() -> None:
    found = told(ALL["hot"](on_duckdb(made_up())))
    x, y, n, _, score = (np.array(column, dtype=float) for column in zip(*found, strict=True))
    assert score == pytest.approx(local_concentration(x, y, n, within=1.5), abs=1e-9)
    assert n.sum() == sum(row[2] is not None for row in made_up())
    with pytest.raises(ValueError, match="above zero"):
        tallies.hot_cells(on_duckdb(made_up(1)), cell_m=0, lat=LAT)


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    """Spark on this machine alone."""
    pytest.importorskip("pyspark", reason="the extra `spark` is not installed")
    from pyspark.sql import SparkSession

    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )
    yield session
    session.stop()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", list(ALL))
def test_spark_gives_the_same(spark: Any, name: str) -> None:
    rows = made_up()
    schema = (
        "opened timestamp_ntz, closed timestamp_ntz, lon double, lat double, "
        "problem_type string, district string"
    )
    spark.createDataFrame(rows, schema).createOrReplaceTempView("reports")
    table = ibis.pyspark.connect(spark).table("reports")
    there, here = told(ALL[name](table)), told(ALL[name](on_duckdb(rows)))
    assert len(there) == len(here)
    for a, b in zip(sorted(there), sorted(here), strict=True):
        assert a == pytest.approx(b, abs=1e-9) if name == "hot" else a == b
