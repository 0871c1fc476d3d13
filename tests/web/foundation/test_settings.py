"""Settings: all documented, unknown ones refused, keys made once."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from eutopia.web.config.environment import SETTINGS, read_environment
from eutopia.web.foundation.hindrance import Hindrance
from eutopia.web.foundation.home import default_home, prepare_home, read_key

REPOSITORY = Path(__file__).resolve().parents[3]


def test_every_setting_is_documented_with_its_default_and_none_besides():
    page = (REPOSITORY / "docs/reference/settings.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([A-Z_]+)` \| (?:`([^`]*)`|—) \|", page, flags=re.MULTILINE)
    assert rows == [(s.name, s.default) for s in SETTINGS]


def test_nothing_else_reads_the_environment():
    """A setting read past the table would be undocumented and its misspelling unnoticed."""
    reader = re.compile(r"os\.(environ|getenv)")
    allowed = {
        "web/config/environment.py",  # the table
        "web/config/site.py",  # DJANGO_SETTINGS_MODULE
        "web/config/wsgi.py",  # the same
        "web/foundation/home.py",  # XDG_DATA_HOME
        "web/foundation/postgres/programs.py",  # what is passed on to PostgreSQL's programs
        "web/foundation/postgres/backup.py",  # the same
    }
    root = REPOSITORY / "src/eutopia"
    found = {
        path.relative_to(root).as_posix()
        for path in (root / "web").rglob("*.py")
        if reader.search(path.read_text(encoding="utf-8"))
    }
    assert found <= allowed


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EUTOPIA_HOME", "relative/path"),
        ("EUTOPIA_URL", "city.example"),
        ("EUTOPIA_URL", "https://city.example/path"),
        ("EUTOPIA_LANGUAGE", "fr"),
        ("EUTOPIA_TILE_URL", "http://tiles.example/{z}/{x}/{y}.png"),
        ("EUTOPIA_TILE_URL", "https://tiles.example/all.png"),
        ("EUTOPIA_WEB_WORKERS", "0"),
        ("EUTOPIA_WEB_WORKERS", "two"),
        ("EUTOPIA_PROXIES", "-1"),
        ("EUTOPIA_DEBUG", "perhaps"),
        ("EUTOPIA_DATABASE", "Drop table;"),
        ("EUTOPIA_LOG_LEVEL", "LOUD"),
        ("EUTOPIA_TIME_ZONE", "Mars/Olympus"),
    ],
)
def test_a_value_that_cannot_be_read_is_refused_by_name_with_the_reason(name, value):
    with pytest.raises(Hindrance, match=re.escape(f"{name}={value!r} cannot be read: ")):
        read_environment({name: value})


def test_a_misspelt_name_is_refused_with_the_nearest_right_one():
    with pytest.raises(Hindrance, match=r"EUTOPIA_TILES_URL is no setting.*EUTOPIA_TILE_URL\?"):
        read_environment({"EUTOPIA_TILES_URL": "x"})


def test_others_variables_are_left_alone():
    assert read_environment({"PATH": "/bin", "EUTOPIAN": "x"})["EUTOPIA_LANGUAGE"] == "en"


def test_keys_are_made_once_even_by_two_at_once_and_closed_to_others(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: read_key(tmp_path, "secret"), range(16)))
    assert len(keys) == 1
    assert len(keys.pop()) >= 50
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "keys/secret").stat().st_mode) == 0o600
    assert [p.name for p in (tmp_path / "keys").iterdir()] == ["secret"]


def test_a_home_that_is_a_file_is_named(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(Hindrance, match=r"cannot be written to .*Set EUTOPIA_HOME"):
        prepare_home(tmp_path / "file" / "home")


def test_the_default_home_is_the_platforms(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert default_home() == Path("/data/eutopia")
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    assert default_home() == Path.home() / ".local/share/eutopia"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert default_home() == Path.home() / "Library/Application Support/eutopia"
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert default_home() == Path("/var/lib/eutopia")


def run(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("EUTOPIA", "DJANGO"))}
    return subprocess.run(
        [sys.executable, "-m", "eutopia.cli", *words],
        env={**environment, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"EUTOPIA_HOME": "/proc/nowhere"}, "The folder /proc/nowhere cannot be written to"),
        ({"EUTOPIA_HOEM": "/tmp"}, "EUTOPIA_HOEM is no setting of Eutopia. Did you mean"),
        ({"DATABASE_URL": "mysql://x"}, "Eutopia runs on PostgreSQL only"),
        (
            {"DATABASE_URL": "postgresql://x@127.0.0.1:1/x"},
            "The database server does not answer",
        ),
    ],
)
def test_a_command_ends_with_a_clear_message_and_no_traceback(variables, words):
    with tempfile.TemporaryDirectory() as home:
        result = run("log", "verify", **{"EUTOPIA_HOME": home, **variables})
    assert result.returncode == 1
    assert words in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr
