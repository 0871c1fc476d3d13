"""The product as people meet it: a demonstration town, served, in a Chromium.

Skipped where there is no Chromium; the variable CHROMIUM may name one.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

COMMAND = [sys.executable, "-m", "eutopia.cli"]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
AXE = Path(__file__).parent / "vendor" / "axe.min.js"


@dataclass(frozen=True)
class Site:
    """Where the town is served, and the passwords by role (which is the log-in name too).

    `env` is what the product's own commands run under to work on this town.
    """

    url: str
    passwords: dict[str, str]
    env: dict[str, str]


def find_chromium() -> str | None:
    """Where is a Chromium on this machine?"""
    given = os.environ.get("CHROMIUM")
    return given or next((found for name in NAMES if (found := shutil.which(name))), None)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where the browser is; the test is skipped where there is none."""
    path = find_chromium()
    if path is None:
        pytest.skip("no Chromium here; install one or name it in CHROMIUM")
    return path


@pytest.fixture(scope="session")
def site(chromium: str) -> Iterator[Site]:
    """Make a small demonstration town with the product's own commands, and serve it."""
    # Not below pytest's own folder, through which the database's user may not pass.
    home = Path(tempfile.mkdtemp(prefix="eutopia-journeys-"))
    home.chmod(0o755)
    port = _free_port()
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("EUTOPIA", "DJANGO"))}
    env = {
        **kept,
        "EUTOPIA_HOME": str(home),
        "EUTOPIA_URL": f"http://127.0.0.1:{port}",
        "EUTOPIA_DATABASE": "journeys",
        "EUTOPIA_WEB_WORKERS": "1",
    }
    made = subprocess.run(
        [*COMMAND, "demo", "--residents", "1500", "--no-serve"],
        env=env, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    server = subprocess.Popen(
        [*COMMAND, "serve", "--port", str(port)],
        env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    for _attempt in range(120):
        if _answers(url):
            break
        time.sleep(0.5)
    else:
        pytest.fail("the site did not answer within a minute")
    told = json.loads((home / "demo-logins.json").read_text(encoding="utf-8"))
    yield Site(url, told, env)
    server.send_signal(signal.SIGINT)
    server.wait(60)
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Any]:
    """A Chromium that draws without a graphics card."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(
            executable_path=chromium,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--use-angle=swiftshader",
                "--enable-unsafe-swiftshader",
                "--ignore-gpu-blocklist",
            ],
        )
        yield running
        running.close()
