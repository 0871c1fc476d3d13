"""Fixtures for tests of the site: PostgreSQL, started once a session."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
from django.conf import settings


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
