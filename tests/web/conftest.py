"""Fixtures for tests of the site: PostgreSQL, started once a session."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,
) -> Iterator[None]:
    """Have an embedded server for the session, or use the one that DATABASE_URL names."""
    if not settings.EUTOPIA_EMBEDDED:
        yield
        return
    from eutopia.web.foundation.postgres.cluster import in_use

    with in_use(dataclasses.replace(settings.EUTOPIA_CLUSTER, durable=False), "eutopia"):
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Let tests empty the log of acts: the database's guard against that is taken away.

    Only for TRUNCATE, with which tests that commit are cleaned up after.
    """
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER IF EXISTS foundation_act_no_truncate ON foundation_act")
