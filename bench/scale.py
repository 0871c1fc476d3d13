"""Grouping, hot spots and tallies at 0.1, 1 and 10 million reports, with their peers in one run.

    python bench/scale.py [SIZES …]

Each step runs in a process of its own, so that its peak memory is its own; seconds are the
processor's. The peers are scikit-learn's DBSCAN on (x, y, scaled t), st-dbscan (quadratic: 30,000
points) and esda's Gi*; those that are not installed, or that a size is too large for, are told as
such. st-dbscan is published without a wheel, so it is in no group of dependencies: lay its folder
`st_dbscan` beside the others in the environment to have it run. Last come 10,000 replicates of an
index of 49 indicators for 51 units (the size of COINr's example).
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

WITHIN, SPAN, LEAST, NEAR = 200.0, 14.0, 12, 60.0
MOST = {"st-dbscan": 30_000, "scikit-learn DBSCAN": 1_000_000, "esda Gi*": 1_000_000}


def points(n: int) -> tuple[Any, Any, Any, Any]:
    """A year of reports, as dense at every size: a million on 900 km2."""
    rng = np.random.default_rng(1)
    side = 30_000 * (n / 1e6) ** 0.5
    x, y = rng.uniform(0, side, (2, n))
    return x, y, rng.uniform(0, 365, n), rng.poisson(1, n).astype(float)


def ours_groups(n: int) -> object:
    """Space-time groups."""
    from eutopia.core.kit.density import dense_groups

    x, y, t, _ = points(n)
    return _timed(lambda: dense_groups(x, y, t, within=WITHIN, span=SPAN, least=LEAST).max())


def sklearn_groups(n: int) -> object:
    """The nearest thing in scikit-learn: time as a third coordinate."""
    from sklearn.cluster import DBSCAN

    x, y, t, _ = points(n)
    scaled = np.column_stack((x, y, t * WITHIN / SPAN))
    return _timed(lambda: DBSCAN(eps=WITHIN, min_samples=LEAST).fit(scaled).labels_.max())


def st_dbscan_groups(n: int) -> object:
    """The package st-dbscan."""
    from st_dbscan import ST_DBSCAN

    x, y, t, _ = points(n)
    table = np.column_stack((t, x, y))
    return _timed(lambda: ST_DBSCAN(WITHIN, SPAN, LEAST).fit(table).labels.max())


def ours_hot(n: int) -> object:
    """Gi* of every report's neighbourhood."""
    from eutopia.core.kit.density import local_concentration

    x, y, _, value = points(n)
    return _timed(lambda: round(float(local_concentration(x, y, value, within=NEAR).max()), 6))


def esda_hot(n: int) -> object:
    """The same of esda."""
    from esda import G_Local
    from libpysal.weights import DistanceBand

    x, y, _, value = points(n)

    def run() -> float:
        near = DistanceBand(np.column_stack((x, y)), NEAR, binary=True, silence_warnings=True)
        found = G_Local(value, near, transform="B", star=True, permutations=0)
        return round(float(np.nanmax(found.Zs)), 6)

    return _timed(run)


def ours_tallies(n: int) -> object:
    """Months, repeats and hot squares on DuckDB."""
    import duckdb
    import ibis

    from eutopia.core.diagnose import tallies

    con = duckdb.connect()
    con.execute(
        "CREATE TABLE reports AS SELECT TIMESTAMP '2025-01-01' + INTERVAL 1 SECOND * "
        "CAST(hash(i) % 31536000 AS BIGINT) AS opened, NULL::TIMESTAMP AS closed, "
        "37 + (hash(i + 1) % 100000) / 200000.0 AS lon, 55 + (hash(i + 2) % 100000) / 400000.0 "
        "AS lat, 'kind ' || hash(i + 3) % 40 AS problem_type, 'd' || hash(i + 4) % 20 AS district "
        f"FROM range({n}) t(i)"
    )
    table = ibis.duckdb.from_connection(con).table("reports")

    def run() -> int:
        months = tallies.monthly_tallies(table).to_pyarrow()
        repeats = tallies.repeat_tallies(table, cell_m=50, lat=55, days=30).to_pyarrow()
        hot = tallies.hot_cells(table, cell_m=100, lat=55).to_pyarrow()
        return int(len(months) + len(repeats) + len(hot))

    return _timed(run)


def index_replicates(n: int) -> object:
    """So many replicates over all reasonable choices of an index."""
    from eutopia.core.diagnose.index.engine import IndexChoices
    from eutopia.core.diagnose.index.structure import IndexTable, Node
    from eutopia.core.diagnose.index.uncertainty import rank_uncertainty

    rng = np.random.default_rng(1)
    values = rng.gamma(2.0, 10.0, (51, 49))
    values[rng.random(values.shape) < 0.03] = np.nan
    units = tuple(f"U{k}" for k in range(51))
    leaves = tuple(Node(f"I{k}", f"I{k}", 1, f"G{k % 8}") for k in range(49))
    groups = tuple(Node(f"G{k}", f"G{k}", 2, "whole") for k in range(8))
    table = IndexTable(units, units, leaves, (*groups, Node("whole", "whole", 3, "")), values)

    def run() -> int:
        rng = np.random.default_rng(1)
        return rank_uncertainty(table, choices=IndexChoices(), replicates=n, rng=rng).replicates

    return _timed(run)


STEPS: dict[str, Callable[[int], object]] = {
    "groups": ours_groups,
    "scikit-learn DBSCAN": sklearn_groups,
    "st-dbscan": st_dbscan_groups,
    "hot spots": ours_hot,
    "esda Gi*": esda_hot,
    "tallies": ours_tallies,
}
REPLICATES = "index replicates"


def _timed(run: Callable[[], object]) -> object:
    started, spent = time.perf_counter(), time.process_time()
    result = run()
    spent = time.process_time() - spent
    return f"{spent:8.2f} s  wall {time.perf_counter() - started:7.2f} s  {result}"


def main() -> None:
    """Run every step at every size."""
    sizes = [int(float(a)) for a in sys.argv[1:]] or [30_000, 100_000, 1_000_000, 10_000_000]
    for n in sizes:
        for name in STEPS:
            _tell(name, n)
    _tell(REPLICATES, 10_000)


def _tell(name: str, n: int) -> None:
    told = "not at this size"
    if n <= MOST.get(name, n):
        command = [sys.executable, __file__, "--step", name, str(n)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        lines = (done.stdout if done.returncode == 0 else done.stderr).strip().splitlines()
        told = lines[-1] if lines else "killed"
    print(f"{n:>11,} {name:<20} {told}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--step"]:
        told = (STEPS | {REPLICATES: index_replicates})[sys.argv[2]](int(sys.argv[3]))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(f"{told}  {peak:.2f} GB at most")
    else:
        main()
