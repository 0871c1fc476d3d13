"""A hamlet to talk in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.web.consultations.hamlets import Hamlet


@pytest.fixture
def hamlet_town(db: Any) -> Hamlet:
    """Roads for business, lamps for residents, drains for the municipality; two works fit."""
    # Imported late: the tables are not ready when this file is read.
    from tests.web.consultations.hamlets import found_hamlet

    return found_hamlet()
