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
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.demonstration import Demonstration, command, environment

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
def site(chromium: str, demonstration: Demonstration) -> Iterator[Site]:
    """Serve the small demonstration town with the product's own command."""
    home, port = demonstration.home, _free_port()
    url = f"http://127.0.0.1:{port}"
    env = environment(home) | {
        "EUTOPIA_URL": url,
        "EUTOPIA_DATABASE": "demo_training",
        "EUTOPIA_WEB_WORKERS": "1",
        "EUTOPIA_MAIL": "file",
    }
    server = subprocess.Popen(
        command("serve", "--port", str(port)), env=env,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
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


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    """A Chromium that draws without a graphics card.

    For a module: its driver keeps an event loop, beside which Django refuses its database.
    """
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
