"""A day's reports after an earlier full run: what changed is compared, against everything anew.

    python bench/incremental.py [DATA]

The last day of Boston's year of reports (or, without DATA, of a training town) is added to 1/8,
1/4, 1/2 and all of them, then each of the last thirty days after the other. Groups must be those of
a full run under the same rarity of words; problems, numbers and changes too. Processor seconds.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from eutopia.core.diagnose.identity import track_problems
from eutopia.core.diagnose.problems import find_problems
from eutopia.core.listen.duplicates import group_duplicates
from eutopia.core.listen.kept_links import KeptLinks, regroup_duplicates
from eutopia.core.norms import load_norms
from eutopia.core.records import Reports, Territory, Text

DAYS = 30


def town() -> tuple[Reports, Territory, tuple[Any, ...]]:
    """Boston's reports of 2015, or a training town's."""
    if len(sys.argv) > 1:
        from eutopia.core.listen.intake import join_types, load_mapping, read_reports
        from eutopia.core.listen.rejections import Rejection

        path = Path(sys.argv[1]) / "boston/reports-2015.csv.gz"
        mapping = load_mapping("boston-311")
        rows = read_reports(path, mapping=mapping)
        reports = Reports.from_rows([row for row in rows if not isinstance(row, Rejection)])
        reports = join_types(reports, mapping)
        types = load_norms(("us-boston",)).at(date(2015, 12, 31)).problem_types()
        name = Text.of(en="Boston")
        return reports, Territory("boston", name, "America/New_York", "USD", False, ()), types
    from eutopia.core.town import generate_town

    made = generate_town(seed=2026).town
    types = load_norms(("training-town",)).at(made.as_of).problem_types()
    return Reports.from_rows(made.reports), made.territory, types


def timed(method: Callable[[], Any]) -> tuple[Any, float]:
    """Its result and its seconds of processor time."""
    started = time.process_time()
    result = method()
    return result, time.process_time() - started


def main() -> None:
    reports, territory, types = town()
    reports = reports.take(np.argsort(reports.opened, kind="stable"))
    day = reports.opened.astype("datetime64[D]")
    print("reports  of a day  compared   full s  update s  ratio  kept MB  peak MB")
    for part in (8, 4, 2, 1):
        part_of = reports.take(np.arange(len(reports)) % part == 0)
        days = part_of.opened.astype("datetime64[D]")
        before = regroup_duplicates(part_of.take(days < days.max()))
        stored = before.kept.to_bytes()
        update, quick = timed(
            lambda stored=stored, rows=part_of: regroup_duplicates(
                rows, kept=KeptLinks.from_bytes(stored)
            )
        )
        full, slow = timed(
            lambda rows=part_of, words=before.kept.words: group_duplicates(rows, words=words)
        )
        assert update.groups == full
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{len(part_of):7} {int((days == days.max()).sum()):9} {update.compared:9} {slow:8.2f}"
            f" {quick:9.2f} {slow / quick:6.1f} {len(stored) / 1e6:8.2f} {peak:8.0f}"
        )
    day_by_day(reports, day, territory, types)


def day_by_day(reports: Reports, day: Any, territory: Territory, types: tuple[Any, ...]) -> None:
    """Thirty days one after another: groups, problems, numbers and changes equal each time?"""
    last = day.max()
    done = regroup_duplicates(reports.take(day <= last - DAYS))
    words, numbers, oracle = done.kept.words, (), ()
    quick = slow = 0.0
    for k in range(DAYS - 1, -1, -1):
        until = last - k
        rows = reports.take(day <= until)
        kept = done.kept
        done, seconds = timed(lambda rows=rows, kept=kept: regroup_duplicates(rows, kept=kept))
        quick += seconds
        full, seconds = timed(lambda rows=rows: group_duplicates(rows, words=words))
        slow += seconds
        assert done.groups == full
        if k % 10:
            continue
        both = [
            find_problems(
                rows, groups=groups, territory=territory, interruptions=(), problem_types=types,
                as_of=until.astype(object),
            )
            for groups in (done.groups, full)
        ]  # fmt: skip
        update, whole = track_problems(numbers, both[0]), track_problems(oracle, both[1])
        assert update == whole
        numbers, oracle = update.problems, whole.problems
        print(f"{until}: {len(rows)} reports, {len(numbers)} problems, equal to a full run")
    print(f"{DAYS} days: full {slow:.1f} s, updates {quick:.1f} s, ratio {slow / quick:.1f}")


if __name__ == "__main__":
    main()
