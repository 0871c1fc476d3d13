"""A demonstration town in a new installation, by the product's own commands."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SMALL = ("--no-serve", "--residents", "1500")


def eutopia(home: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    return subprocess.run(
        command(*arguments), env=environment(home) | more, capture_output=True, text=True,
        check=False, timeout=900,
    )  # fmt: skip


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "eutopia.cli", *arguments]


def environment(home: Path) -> dict[str, str]:
    """The environment of a stranger with this installation."""
    ours = ("EUTOPIA_", "DATABASE_", "DJANGO_")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    return kept | {"EUTOPIA_HOME": str(home), "COLUMNS": "120"}


@dataclass(frozen=True)
class Demonstration:
    """An installation with a small training town, whose making was killed once and went on."""

    home: Path
    made: subprocess.CompletedProcess[str]


@contextmanager
def killed_and_finished() -> Iterator[Demonstration]:
    """Make a small town; kill -9 while reports are loaded, and run the command again."""
    # PostgreSQL's socket wants a short path, and its user must get through the folder.
    with tempfile.TemporaryDirectory(prefix="eutopia-") as folder:
        home = Path(folder)
        home.chmod(0o711)
        first = subprocess.Popen(
            command("demo", *SMALL), env=environment(home), stdout=subprocess.PIPE, text=True
        )
        assert first.stdout is not None
        for line in first.stdout:
            if "register" in line:
                break
        time.sleep(0.2)
        first.kill()
        first.wait()
        first.stdout.close()
        yield Demonstration(home, eutopia(home, "demo", *SMALL))
        eutopia(home, "db", "stop")
