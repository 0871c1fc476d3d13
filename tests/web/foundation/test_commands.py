"""The commands that look after an installation, as a person at the keyboard meets them."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from eutopia.cli import main
from eutopia.web.config import site
from eutopia.web.foundation.postgres.cluster import Cluster, server_pid


@pytest.fixture
def eutopia(home: Path):
    """Run a command; give its status and all it said."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("EUTOPIA", "DJANGO", "DATAB"))}

    def run(*words: str, said: str = "") -> tuple[int, str]:
        result = subprocess.run(
            [sys.executable, "-m", "eutopia.cli", *words],
            env={**kept, "EUTOPIA_HOME": str(home)},
            input=said,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        assert "Traceback" not in result.stdout
        return result.returncode, result.stdout

    return run


@pytest.mark.slow
def test_a_database_is_looked_after_from_start_to_stop(eutopia, home, tmp_path):
    assert eutopia("db", "status")[0] == 3
    assert eutopia("db", "start") == (0, "Started.\n")
    status, words = eutopia("db", "status")
    assert status == 0
    assert re.search(r"PostgreSQL 18\S* runs \(embedded, process \d+", words)
    added = eutopia("staff", "add", "Chief", "--name", "A. Chief", said="Тридцать три Егорки\n")
    assert added == (0, "Opened chief; now `eutopia staff grant`.\n")
    file = tmp_path / "backup.tar"
    status, words = eutopia("db", "backup", str(file))
    assert (status, "1 log entries, restored apart and found whole" in words) == (0, True)
    status, words = eutopia("db", "restore", str(file))
    assert (status, words.startswith("Restored the state of")) == (0, True)
    assert "1 entries, the chain holds" in eutopia("log", "verify")[1]
    assert eutopia("db", "stop") == (0, "Stopped.\n")
    assert server_pid(Cluster(home)) is None


@pytest.fixture
def here(db, monkeypatch):
    """Run a command of `eutopia staff` or `log` in this process, on the test's database."""
    monkeypatch.setattr(site, "ready_site", contextlib.nullcontext)

    def run(*words: str, said: str = "") -> tuple[int, str]:
        result = CliRunner().invoke(main, words, input=said)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result.exit_code, result.output

    return run


def test_staff_are_given_and_lose_accounts_and_roles(here):
    short = here("staff", "add", "clerk", "--name", "A. Clerk", said="short\n")
    assert short[0] == 1
    assert "at least 12 characters" in short[1]
    assert here("staff", "add", "clerk", "--name", "A. Clerk", said="Сорок сорок сорок\n")[0] == 0
    assert here("staff", "add", "CLERK", "--name", "B", said="Сорок сорок сорок\n")[0] == 1
    assert here("staff", "grant", "clerk", "king")[0] == 1
    assert here("staff", "grant", "clerk", "provider")[0] == 1
    granted = here("staff", "grant", "clerk", "planner", "--municipality", "lipki")
    assert granted == (0, "clerk: planner lipki\n")
    assert here("staff", "list")[1] == "clerk  A. Clerk  planner lipki\n"
    assert here("staff", "revoke", "clerk", "planner", "--reason", "moved")[0] == 0
    assert here("staff", "revoke", "clerk", "planner", "--reason", "moved")[0] == 1
    assert here("staff", "close", "clerk", "--reason", "left")[0] == 0
    assert here("staff", "list")[1] == "clerk  A. Clerk  no role  (closed)\n"
    assert "There is no account nobody" in here("staff", "close", "nobody", "--reason", "x")[1]
    shown = here("log", "show", "--last", "1")[1]
    assert "staff.manage" in shown
    assert shown.rstrip().endswith("left")
    assert here("log", "show", "--subject", "foundation.account")[1].count("\n") == 4
    assert here("log", "show", "--subject", "foundation.account:999")[1] == ""


def test_the_log_is_exported_once(here, tmp_path):
    here("staff", "add", "clerk", "--name", "A. Clerk", said="Сорок сорок сорок\n")
    file = tmp_path / "log.jsonl"
    assert here("log", "export", str(file)) == (0, f"1 entries written to {file}.\n")
    assert here("log", "export", str(file))[0] == 1
    assert here("log", "verify", "--file", str(file))[0] == 0
