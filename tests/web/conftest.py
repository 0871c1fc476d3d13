"""Fixtures for tests of the site: PostgreSQL, started once a session.

Migrating an empty database takes seconds of the processor. So the first session with a set of
migrations leaves a dump of the migrated, empty database in the temporary folder, and the next
sessions with the same set begin from it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
import procrastinate
import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.test import override_settings
from django.utils import translation

from eutopia.web.foundation.postgres.backup import Place, create_database, load_dump, run_client
from eutopia.web.foundation.postgres.cluster import in_use

_TEMPLATE = f"migrated{os.environ.get('PYTEST_XDIST_WORKER', '')}"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,
) -> Iterator[None]:
    """Have an embedded server for the session, or use the one that DATABASE_URL names."""
    if not settings.EUTOPIA_EMBEDDED:
        yield
        return
    cluster = dataclasses.replace(settings.EUTOPIA_CLUSTER, durable=False)
    with in_use(cluster, "eutopia"):
        if _usable(_dump()):
            place = Place(cluster.home, cluster.parameters(_TEMPLATE))
            create_database(place)
            load_dump(place, _dump())
            connection.settings_dict["TEST"]["TEMPLATE"] = _TEMPLATE
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Let tests empty the log of acts: the database's guard against that is taken away.

    Only for TRUNCATE, with which tests that commit are cleaned up after.
    """
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        if settings.EUTOPIA_EMBEDDED and not _usable(_dump()):
            _keep(_dump())
        cursor.execute("DROP TRIGGER IF EXISTS foundation_act_no_truncate ON foundation_act")


@pytest.fixture(autouse=True)
def _own_language() -> Iterator[None]:
    """A page asked for in a language leaves its thread in that language: not the next test."""
    yield
    translation.deactivate()


@pytest.fixture
def plain_files() -> Iterator[None]:
    """Static files under their own names, and uploads in memory: the suite collects none."""
    from tests.web.look.conftest import PLAIN

    with override_settings(STORAGES=PLAIN):
        yield


def _dump() -> Path:
    """Where the migrated database of these very migrations is kept."""
    digest = hashlib.sha256(f"{django.__version__} {procrastinate.__version__}".encode())
    for app in sorted(apps.get_app_configs(), key=lambda app: app.label):
        for path in sorted(Path(app.path).glob("migrations/*.py")):
            digest.update(path.name.encode() + path.read_bytes())
    name = f"eutopia-tests-{os.geteuid()}-{digest.hexdigest()[:16]}.dump"
    return Path(tempfile.gettempdir()) / name


def _usable(dump: Path) -> bool:
    """Whether it is there, and ours: anybody can write into the temporary folder."""
    return dump.is_file() and not dump.is_symlink() and dump.stat().st_uid == os.geteuid()


def _keep(dump: Path) -> None:
    parameters = connection.get_connection_params()
    names = ("host", "port", "user", "dbname")
    place = Place(settings.EUTOPIA_HOME, {name: parameters[name] for name in names})
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "dump"
        run_client(place, "pg_dump", ["--format=custom", "--no-owner", f"--file={fresh}"])
        fresh.chmod(0o600)
        for old in dump.parent.glob(f"eutopia-tests-{os.geteuid()}-*.dump"):
            if time.time() - old.stat().st_mtime > 7 * 24 * 3600:
                old.unlink(missing_ok=True)
        # In one step, so that another session never reads half of it.
        fresh.replace(dump)
