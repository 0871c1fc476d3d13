"""The site in a browser: a small town served on this machine, driven by Chromium.

Skipped where there is no Chromium; EUTOPIA_CHROMIUM may name one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.web.conftest import (  # noqa: F401 - the same database as for tests of the site
    django_db_modify_db_settings,
    django_db_setup,
)
from tests.web.look.conftest import loop_done  # noqa: F401

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> str | None:
    """Where is a Chromium on this machine?"""
    given = os.environ.get("CHROMIUM")
    return given or next((found for name in NAMES if (found := shutil.which(name))), None)


@dataclass(frozen=True)
class Site:
    """Where the town is served, and its number."""

    url: str
    town: int


@pytest.fixture(scope="module")
def site(loop_done: Any) -> Iterator[Site]:  # noqa: F811
    """Serve the small town from a thread that shares the test's connection and transaction."""
    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.db import connection
    from django.test.testcases import LiveServerThread

    connection.inc_thread_sharing()
    server = LiveServerThread(
        "127.0.0.1", StaticFilesHandler, connections_override={"default": connection}
    )
    server.daemon = True
    server.start()
    server.is_ready.wait()
    if server.error:
        raise server.error
    yield Site(f"http://{server.host}:{server.port}", loop_done.territory_id)
    server.terminate()
    connection.dec_thread_sharing()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A Chromium that draws without a graphics card."""
    path = find_chromium()
    if path is None:
        pytest.skip("no Chromium here; install one or name it in CHROMIUM")
    playwright = pytest.importorskip("playwright.sync_api")
    # Playwright keeps an event loop in this thread; the tests' own queries run beside it.
    with (
        pytest.MonkeyPatch.context() as patch,
        playwright.sync_playwright() as driver,
    ):
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        chromium = driver.chromium.launch(
            executable_path=path,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--use-angle=swiftshader",
                "--enable-unsafe-swiftshader",
                "--ignore-gpu-blocklist",
            ],
        )
        yield chromium
        chromium.close()


AXE = Path(__file__).parent / "vendor" / "axe.min.js"
