"""How long and how much memory does the training town take?

    python bench/town.py [--residents 60000] [--runs 3]

One process, one core. CPU seconds are what a quiet core needs; wall seconds depend on the
neighbours. The aim: a full-size town in under 20 s and 1 GB, 3,000 residents in under 2 s.
"""

from __future__ import annotations

import argparse
import resource
import time

from eutopia.core.town import generate_town


def main() -> None:
    """Print a line a run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--residents", type=int, nargs="*", default=[3_000, 60_000])
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    print("| residents | reports | assets | CPU s | wall s | peak MB |")
    print("|---:|---:|---:|---:|---:|---:|")
    for residents in options.residents:
        for run in range(options.runs):
            wall, busy = time.perf_counter(), time.process_time()
            town = generate_town(seed=run + 1, residents=residents).town
            wall, busy = time.perf_counter() - wall, time.process_time() - busy
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            told, assets = len(town.reports), len(town.territory.assets)
            print(f"| {residents} | {told} | {assets} | {busy:.1f} | {wall:.1f} | {peak:.0f} |")


if __name__ == "__main__":
    main()
