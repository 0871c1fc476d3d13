"""Run the benchmarks: `python -m bench [NAME …]`, all of them when none is named.

Each runs in a process of its own, side by side with its named peer, and prints ratios, peak memory
and growth with size. Minutes; never part of the suite.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main(names: list[str]) -> int:
    """Run the benchmarks named, one after the other; the worst exit status is ours."""
    there = sorted(p.stem for p in HERE.glob("*.py") if not p.stem.startswith("_"))
    unknown = sorted(set(names) - set(there))
    if unknown:
        print(f"no benchmark {unknown[0]!r}; there are {', '.join(there)}")
        return 2
    worst = 0
    for name in names or there:
        print(f"\n=== {name}", flush=True)
        worst = max(worst, subprocess.run([sys.executable, str(HERE / f"{name}.py")]).returncode)
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
