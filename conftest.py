"""Prepares Django for the tests of the site where it is installed, and property tests anywhere.

The core is tested in an environment without Django as well.
"""

from __future__ import annotations

import atexit
import importlib.util
import os
import shutil
import tempfile

import hypothesis

# The same examples at every run, and no test that fails because the machine is busy.
# `pytest --hypothesis-profile=default` searches anew.
hypothesis.settings.register_profile(
    "steady",
    derandomize=True,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("steady")

if importlib.util.find_spec("pytest_django") and not os.environ.get("DJANGO_SETTINGS_MODULE"):
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

    from django.conf import settings

    settings.STORAGES["staticfiles"]["BACKEND"] = (
        "django.contrib.staticfiles.storage.StaticFilesStorage"
    )
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
