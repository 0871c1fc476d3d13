"""A small town that has been through the whole loop, for tests that look at pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings

from eutopia.core.town import generate_town

PLAIN = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
"""Static files under their own names: the suite collects none."""


@pytest.fixture(scope="package")
def loop_done(django_db_setup: None, django_db_blocker: Any) -> Iterator[Any]:
    """Run the loop over a small training town; undone when the package is."""
    from eutopia.web.loop.services import run_loop

    with (
        django_db_blocker.unblock(),
        override_settings(STORAGES=PLAIN),
        transaction.atomic(),
    ):
        yield run_loop(generate_town(seed=2026, residents=1_500).town)
        transaction.set_rollback(True)
