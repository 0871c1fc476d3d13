"""Counting Łódź 2022 (90,494 voters): our rules against pabutools, in one process, in turn.

    python bench/voting.py [DATA] [FILE.pb ...]

Prints seconds for reading and for each rule, the ratio to pabutools (gmpy2 fractions), whether the
outcomes are the same, and how memory grows from a quarter of the ballots to all. CPU seconds, so
that a busy machine compares fairly.
"""

from __future__ import annotations

import sys
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from eutopia.core.decide.equal_shares import equal_shares
from eutopia.core.decide.pabulib import read_election
from eutopia.core.decide.phragmen import phragmen
from eutopia.core.decide.rules import count_ballots
from eutopia.core.records import BallotBox, Election

CASES = (
    ("greedy", "none"),
    ("equal-shares", "none"),
    ("equal-shares", "add1"),
    ("phragmen", "none"),
)


def timed(work: Callable[[], Any], *, best_of: int = 1) -> tuple[Any, float]:
    """The result and the least CPU seconds."""
    least, result = float("inf"), None
    for _ in range(best_of):
        start = time.process_time()
        result = work()
        least = min(least, time.process_time() - start)
    return result, least


def theirs(instance: Any, profile: Any, rule: str, completion: str) -> list[str]:
    """The ids pabutools selects."""
    from pabutools import rules
    from pabutools.election import Cost_Sat

    if rule == "greedy":
        found = rules.greedy_utilitarian_welfare(instance, profile, sat_class=Cost_Sat)
    elif rule == "phragmen":
        found = rules.sequential_phragmen(instance, profile)
    else:
        step = 1 if completion == "add1" else None
        found = rules.method_of_equal_shares(
            instance, profile, sat_class=Cost_Sat, voter_budget_increment=step
        )
    return sorted(p.name for p in found)


def compare(path: Path) -> None:
    """Every rule on one file, ours and theirs."""
    from pabutools.election import parse_pabulib

    size = path.stat().st_size / 1e6
    election, ours_read = timed(lambda: read_election(path), best_of=3)
    (instance, profile), theirs_read = timed(lambda: parse_pabulib(str(path)))
    print(f"{path.name}: {election.ballots.voters} voters, {len(election.ballots)} kinds of ballot")
    print(
        f"  reading                 {ours_read:8.3f} s ({size / ours_read:.0f} MB/s)"
        f"  pabutools {theirs_read:8.2f} s  ratio {theirs_read / ours_read:8.0f}"
    )
    for rule, completion in CASES:
        tally, ours = timed(
            lambda r=rule, c=completion: count_ballots(election, rule=r, completion=c), best_of=5
        )
        expected, other = timed(lambda r=rule, c=completion: theirs(instance, profile, r, c))
        same = sorted(election.projects[p].id for p in tally.selected) == expected
        print(
            f"  {rule:12} {completion:10} {ours:8.3f} s             pabutools {other:8.2f} s"
            f"  ratio {other / ours:8.0f}  {'same outcome' if same else 'OTHER OUTCOME'}",
            flush=True,
        )


def memory(election: Election) -> None:
    """Peak memory of the rules for a quarter, a half and all of the ballots."""
    box = election.ballots
    for part in (4, 2, 1):
        some = BallotBox.of(list(box)[::part]) if part > 1 else box
        smaller = replace(
            election, ballots=some, voters=None, budget=election.budget / Fraction(part)
        )
        for name, rule in (("equal shares", equal_shares), ("phragmen", phragmen)):
            tracemalloc.start()
            rule(smaller)
            peak = tracemalloc.get_traced_memory()[1] / 1e6
            tracemalloc.stop()
            marks = len(some.marks)
            each = 1e6 * peak / marks
            print(f"  {name:14} {marks:9} marks  peak {peak:6.1f} MB  {each:6.1f} B/mark")


def main(arguments: list[str]) -> int:
    """Compare on the files named, Łódź 2022 where none is."""
    data = Path(arguments[0]) if arguments else Path("../shared/data")
    files = [Path(a) for a in arguments[1:]] or [data / "pabulib" / "Poland_Lodz_2022.pb"]
    if not files[0].exists():
        print(f"no real data at {files[0]}; docs/howto/real-data.md tells where to get it")
        return 0
    for file in files:
        compare(file)
        memory(read_election(file))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
