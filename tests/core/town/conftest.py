"""Training towns made once for all tests of this folder."""

from __future__ import annotations

import pytest

from eutopia.core.town import TrainingTown, generate_town


@pytest.fixture(scope="session")
def small() -> TrainingTown:
    """A town of 3,000 residents, as other rooms use it."""
    return generate_town(seed=7, residents=3_000)


@pytest.fixture(scope="session")
def full() -> TrainingTown:
    """The town of the demonstration."""
    return generate_town(seed=2026)
