"""The main job, as a stranger runs it: a town through the loop, interrupted, rerun, refused."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
SMALL = ("--no-serve", "--residents", "1500")


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """An installation of its own; PostgreSQL's socket wants a short path."""
    with tempfile.TemporaryDirectory(prefix="eutopia-") as folder:
        path = Path(folder)
        # As root, the server runs as a user of its own, who must get through.
        path.chmod(0o711)
        yield path
        eutopia(path, "db", "stop")


def eutopia(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    return subprocess.run(
        command(*arguments), env=environment(home), capture_output=True, text=True, check=False,
        timeout=300,
    )  # fmt: skip


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "eutopia.cli", *arguments]


def environment(home: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("EUTOPIA_", "DATABASE_"))}
    return kept | {"EUTOPIA_HOME": str(home), "COLUMNS": "120"}


def figures(text: str) -> list[str]:
    """The summary without its seconds."""
    summary = text[text.index("───") :]
    # A code to vote with is new each time: it votes once.
    return [
        line for line in summary.splitlines() if not re.search(r"\bs\.$|\(it votes once\)", line)
    ]


def test_killed_in_the_middle_it_goes_on_and_a_rerun_changes_nothing(home: Path) -> None:
    """kill -9 while reports are loaded; the next run ends well, one more says the same."""
    first = subprocess.Popen(
        command("demo", *SMALL), env=environment(home), stdout=subprocess.PIPE, text=True
    )
    assert first.stdout is not None
    for line in first.stdout:
        if "register" in line:
            break
    time.sleep(0.2)
    first.send_signal(signal.SIGKILL)
    first.wait()
    first.stdout.close()

    second = eutopia(home, "demo", *SMALL)
    third = eutopia(home, "demo", *SMALL)

    assert second.returncode == 0, second.stdout + second.stderr
    assert third.returncode == 0, third.stdout + third.stderr
    assert figures(second.stdout) == figures(third.stdout)
    assert "synthetic" in second.stdout
    assert "sound" in second.stdout


def test_the_log_of_the_demonstration_holds(home: Path) -> None:
    """Every act of the loop is in the chained log, and the chain is whole."""
    found = subprocess.run(
        command("log", "verify"),
        env=environment(home) | {"EUTOPIA_DATABASE": "demo_training"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert found.returncode == 0, found.stdout + found.stderr


def test_it_speaks_russian(home: Path) -> None:
    """The same summary, in the other language."""
    found = eutopia(home, "demo", *SMALL, "--lang", "ru")

    assert found.returncode == 0, found.stdout + found.stderr
    assert "Сообщений" in found.stdout or "сообщени" in found.stdout.lower()
    assert "Reports in" not in found.stdout


def test_tomorrow_is_looked_at_from_the_command_line(home: Path) -> None:
    """No transaction of a test around it: the day is moved on, logged, and all is found anew."""
    found = subprocess.run(
        command("update", "--town", "training-town", "--as-of", "2026-07-01"),
        env=environment(home) | {"EUTOPIA_DATABASE": "demo_training"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert found.returncode == 0, found.stdout + found.stderr
    assert "problems: " in found.stdout


def test_a_busy_port_is_known_before_the_work(home: Path) -> None:
    """One line that says what to do, no traceback, at once."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        found = eutopia(home, "demo", "--port", str(taken.getsockname()[1]))

    assert found.returncode == 1
    assert "--port" in found.stderr
    assert "Traceback" not in found.stderr
    assert found.stdout == ""


def test_a_real_town_without_its_files_says_where_they_are(home: Path, tmp_path: Path) -> None:
    """Neither without --data nor with an empty folder."""
    for extra in ((), ("--data", str(tmp_path))):
        found = eutopia(home, "demo", "--town", "boston", *extra, "--no-serve")

        assert found.returncode == 1
        assert "docs/howto/real-data.md" in found.stderr
        assert "Traceback" not in found.stderr


def test_a_home_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A file where the folder should be: the message names it."""
    blocked = tmp_path / "home"
    blocked.write_text("in the way")
    found = eutopia(blocked, "demo", *SMALL)

    assert found.returncode == 1
    assert str(blocked) in found.stderr
    assert "Traceback" not in found.stderr


@pytest.mark.real
def test_boston_and_cambridge_go_through_the_loop(home: Path, real_data: Path) -> None:
    """Two municipalities in one installation, from the published files."""
    found = eutopia(home, "demo", "--town", "boston", "--data", str(real_data), "--no-serve")

    assert found.returncode == 0, found.stdout + found.stderr
    assert re.search(r"Reports in\s+111,229", found.stdout)
    assert found.stdout.count("real town") == 2
    assert "synthetic" not in found.stdout
