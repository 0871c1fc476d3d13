"""The main job, as a stranger runs it: a town through the loop, interrupted, rerun, refused."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

from eutopia.commands.demo import _through_the_loop
from eutopia.commands.progress import Stages
from eutopia.web.dialogue.services import AnotherVoteError
from eutopia.web.foundation.hindrance import Hindrance
from tests.demonstration import SMALL, Demonstration, eutopia
from tests.web.towns import hamlet

pytestmark = pytest.mark.slow


@pytest.fixture
def home(demonstration: Demonstration) -> Path:
    return demonstration.home


NUMBER = re.compile(r"\d+(?:[,\s]\d{3}(?!\d))*(?:[.,]\d+)?")
CODE = re.compile(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){3}")


def figures(text: str) -> list[str]:
    """The numbers of the summary, however a language writes them.

    Without its seconds, and without the code to vote with, which is new each time.
    """
    summary = text[text.index("───") :].splitlines()
    kept = [CODE.sub("", line) for line in summary if not re.search(r"\b[sс]\.$", line)]
    return [re.sub(r"\D", "", found) for line in kept for found in NUMBER.findall(line)]


def test_killed_in_the_middle_it_goes_on(demonstration: Demonstration) -> None:
    """kill -9 while reports are loaded; the next run ends well."""
    made = demonstration.made

    assert made.returncode == 0, made.stdout + made.stderr
    assert "synthetic" in made.stdout
    assert "sound" in made.stdout


def test_a_rerun_changes_nothing_and_speaks_russian(demonstration: Demonstration) -> None:
    """The same numbers, in the other language."""
    found = eutopia(demonstration.home, "demo", *SMALL, "--lang", "ru")

    assert found.returncode == 0, found.stdout + found.stderr
    assert figures(found.stdout) == figures(demonstration.made.stdout)
    assert "сообщени" in found.stdout.lower()
    assert "Reports in" not in found.stdout


def test_the_log_of_the_demonstration_holds(home: Path) -> None:
    """Every act of the loop is in the chained log, and the chain is whole."""
    found = eutopia(home, "log", "verify", EUTOPIA_DATABASE="demo_training")

    assert found.returncode == 0, found.stdout + found.stderr


def test_another_town_is_not_mixed_in(home: Path) -> None:
    """The same name with other residents: refused with what to do, and nothing is written."""
    before = eutopia(home, "log", "verify", EUTOPIA_DATABASE="demo_training").stdout
    found = eutopia(home, "demo", "--no-serve", "--residents", "1600")

    assert found.returncode == 1
    assert "--residents" in found.stderr
    assert "Traceback" not in found.stderr
    assert before == eutopia(home, "log", "verify", EUTOPIA_DATABASE="demo_training").stdout


@pytest.mark.django_db
def test_a_database_of_another_edition_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its vote is another one: ballots are never changed, so a database of its own is asked for."""

    def another(*_: object, **__: object) -> None:
        raise AnotherVoteError("another vote stands under 'x'")

    monkeypatch.setattr("eutopia.web.loop.services.run_loop", another)
    with pytest.raises(Hindrance, match="EUTOPIA_DATABASE=another"):
        _through_the_loop(hamlet, Stages())


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
