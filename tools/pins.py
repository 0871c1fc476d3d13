"""Copy the pins of the lock into pyproject.toml, so that `uv run` takes the same versions.

`uv.lock` is not committed because it records registry addresses; `constraint-dependencies` does
not. Run by `just lock`; the suite fails when the two differ.
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements-dev.lock"
PROJECT = ROOT / "pyproject.toml"
_BLOCK = re.compile(r"^constraint-dependencies = \[\n(?:.*\n)*?\]\n", re.MULTILINE)


def pins(lock: str) -> list[str]:
    """Which versions does a lock pin? Lines like `numpy==2.4.6 ; marker`, without hashes.

    Examples
    --------
    >>> pins("numpy==2.4.6 \\\\\\n    --hash=sha256:00\\n    # via scipy\\n")
    ['numpy==2.4.6']
    """
    return [
        line.removesuffix(" \\").strip()
        for line in lock.splitlines()
        if re.match(r"^[a-z0-9][a-z0-9._-]*==", line)
    ]


def with_pins(project: str, found: list[str]) -> str:
    """What does pyproject.toml look like with these pins?"""
    block = "constraint-dependencies = [\n" + "".join(f'  "{pin}",\n' for pin in found) + "]\n"
    if _BLOCK.search(project):
        return _BLOCK.sub(lambda _: block, project)
    return project.replace("default-groups = []\n", f"default-groups = []\n{block}")


if __name__ == "__main__":
    PROJECT.write_text(
        with_pins(PROJECT.read_text("utf-8"), pins(LOCK.read_text("utf-8"))), "utf-8"
    )
