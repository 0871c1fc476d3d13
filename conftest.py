"""Prepares Django for the tests of the site where it is installed, and property tests anywhere.

The core is tested in an environment without Django as well.
"""

from __future__ import annotations

import atexit
import importlib.util
import os
import shutil
import tempfile
from typing import Any

import hypothesis
import pytest

# The same examples at every run, and no test that fails because the machine is busy.
# `pytest --hypothesis-profile=default` searches anew.
hypothesis.settings.register_profile(
    "steady",
    derandomize=True,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("steady")

_DJANGO = importlib.util.find_spec("pytest_django") is not None
if _DJANGO and not os.environ.get("DJANGO_SETTINGS_MODULE"):
    # A home of its own: no test may meet an installation of this machine. With `-n` the processes
    # share it, each with databases of its own.
    _home = tempfile.mkdtemp(prefix="eutopia-tests-")
    # As root, the database's own user must be able to pass through.
    os.chmod(_home, 0o711)
    atexit.register(shutil.rmtree, _home, ignore_errors=True)
    os.environ["EUTOPIA_HOME"] = _home
    os.environ["DJANGO_SETTINGS_MODULE"] = "eutopia.web.config.settings"
    for _name in [n for n in os.environ if n.startswith("EUTOPIA_")]:
        if _name not in ("EUTOPIA_HOME", "EUTOPIA_DATA"):
            del os.environ[_name]

if _DJANGO:
    from django.conf import settings

    settings.STORAGES["staticfiles"]["BACKEND"] = (
        "django.contrib.staticfiles.storage.StaticFilesStorage"
    )
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

SERVED = ("tests/web/test_demo.py", "tests/journeys/", "tests/web/test_tomorrow.py")
"""What is tried on one demonstration town that the product itself made and serves, in order."""
LOOK = "tests/web/look/"
"""What looks at the pages of another one, made in the test's own database."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest at a stretch: the town, then the browser that looks at it."""

    def place(item: pytest.Item) -> int:
        return next(
            (k for k, name in enumerate(SERVED) if item.nodeid.startswith(name)), len(SERVED)
        )

    items.sort(key=place)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With `-n`, give each process whole files, and what shares a town to the same process."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            together = next((name for name in (SERVED, LOOK) if nodeid.startswith(name)), None)
            return str(together) if together else nodeid.partition("::")[0]

    # In the order above: by itself it takes what has most tests first, and the town, few and long,
    # would keep one process waiting for the other at the end.
    config.option.loadscopereorder = False
    return ByFile(config, log)
