"""The scan's speed: replications on Boston's 'Rodent Activity' of 2015, and SaTScan's samples.

    python bench/scan.py [DATA] [REPLICATIONS] [WORKERS]

SaTScan 10.3.2 needs 3.8 s a scan on two processors for the first (2,061 cases, 1,681 locations,
retrospective permutation, days, radius 1 km, 14 days), about 50 minutes for 999 replications.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from eutopia.core.diagnose.scan.analysis import scan
from eutopia.core.diagnose.scan.reports import left_out, reports_to_scan
from eutopia.core.diagnose.scan.satscan_files import read_scan_case
from eutopia.core.diagnose.scan.settings import ScanSettings
from eutopia.core.kit.screening import screen_reports
from eutopia.core.listen.intake import load_mapping, read_reports
from eutopia.core.listen.rejections import Rejection
from eutopia.core.records import Reports


def main() -> None:
    data = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data")
    replications = int(sys.argv[2]) if len(sys.argv) > 2 else 999
    workers = int(sys.argv[3]) if len(sys.argv) > 3 else min(8, os.cpu_count() or 1)
    rows = read_reports(data / "boston/reports-2015.csv.gz", mapping=load_mapping("boston-311"))
    reports = Reports.from_rows([row for row in rows if not isinstance(row, Rejection)])
    ready = reports_to_scan(reports, problem_type="rodent_activity", time_zone="America/New_York")
    print(f"{len(ready.rows)} cases, {len(ready.data.location_ids)} locations")
    for note in left_out(reports, screen_reports(reports), problem_type="rodent_activity"):
        print(f"left out: {note.code}: {note.count}")
    settings = ScanSettings(
        radius=1.0, longest=14, replications=replications, early_stop=None, workers=workers
    )
    started, spent = time.perf_counter(), sum(os.times()[:4])
    result = scan(ready.data, settings=settings)
    wall, processor = time.perf_counter() - started, sum(os.times()[:4]) - spent
    best = result.clusters[0]
    print(
        f"{result.replications} replications, {workers} workers: {wall:.1f} s of wall clock, "
        f"{processor:.1f} s of processor time, load {os.getloadavg()[0]:.1f}"
    )
    print(f"best: ratio {best.ratio:.6f}, {best.cases} cases, p {best.p}")
    for name in ("NYCSpaceTimePermutation.prm", "NHumbersideSpatialBernoulli.prm"):
        case = read_scan_case(data / "satscan" / name)
        started = time.perf_counter()
        found = scan(case.data, settings=case.settings)
        seconds = time.perf_counter() - started
        print(f"{name}: {found.replications} replications, {seconds:.2f} s")


if __name__ == "__main__":
    main()
