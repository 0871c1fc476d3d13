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

_site = importlib.util.find_spec("pytest_django") is not None
if _site and not os.environ.get("DJANGO_SETTINGS_MODULE"):
    # A home of its own: no test may meet an installation of this machine.
    _home = tempfile.mkdtemp(prefix="eutopia-tests-")
    # As root, the database's own user must be able to pass through.
    os.chmod(_home, 0o711)
    atexit.register(shutil.rmtree, _home, ignore_errors=True)
    os.environ["EUTOPIA_HOME"] = _home
    os.environ["DJANGO_SETTINGS_MODULE"] = "eutopia.web.config.settings"
    for _name in [n for n in os.environ if n.startswith("EUTOPIA_")]:
        if _name not in ("EUTOPIA_HOME", "EUTOPIA_DATA"):
            del os.environ[_name]

if _site:
    # Also in the processes of pytest-xdist, which share the home of the one that started them.
    from django.conf import settings

    settings.STORAGES["staticfiles"]["BACKEND"] = (
        "django.contrib.staticfiles.storage.StaticFilesStorage"
    )
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest modules, so that processes side by side end together."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Deal out whole modules, in that order: what their tests share is often a whole town."""
    from xdist.scheduler import LoadFileScheduling

    config.option.loadscopereorder = False
    return LoadFileScheduling(config, log)
