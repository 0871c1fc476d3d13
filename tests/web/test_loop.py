"""A small training town through the whole loop, and a walk along it in both directions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from eutopia.core.town import generate_town
from eutopia.web.loop.services import STAGES, Loop, run_loop

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def town() -> object:
    return generate_town(seed=2026, residents=3_000).town


@pytest.fixture(scope="module")
def loop(town, django_db_setup: None, django_db_blocker) -> Iterator[Loop]:  # type: ignore[no-untyped-def]
    with django_db_blocker.unblock():
        stages: list[str] = []
        done = run_loop(town, progress=stages.append)
        assert stages == list(STAGES)
        yield done
        from django.core.management import call_command

        call_command("flush", verbosity=0, interactive=False)


def test_something(loop: Loop) -> None:
    print(loop)
