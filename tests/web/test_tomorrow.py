"""The day after, from the command line, after everything else was done with the town."""

from __future__ import annotations

import pytest

from tests.demonstration import Demonstration, eutopia

pytestmark = pytest.mark.slow


def test_tomorrow_is_looked_at_from_the_command_line(demonstration: Demonstration) -> None:
    """No transaction of a test around it: the day is moved on, logged, and all is found anew."""
    found = eutopia(
        demonstration.home, "update", "--town", "training-town", "--as-of", "2026-07-01",
        EUTOPIA_DATABASE="demo_training",
    )  # fmt: skip

    assert found.returncode == 0, found.stdout + found.stderr
    assert "problems: " in found.stdout
