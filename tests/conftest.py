"""Fixtures that every test may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from eutopia.core.listen.intake import load_mapping, read_reports
from eutopia.core.listen.rejections import Rejection
from eutopia.core.records import Report
from tests.demonstration import Demonstration, killed_and_finished

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Where the real files are; the test is skipped where there are none."""
    folder = Path(os.environ.get("EUTOPIA_DATA", REPOSITORY.parent / "shared" / "data"))
    if not (folder / "boston").is_dir():
        # A worktree lies one folder deeper than a clone.
        folder = REPOSITORY.parent.parent / "shared" / "data"
    if not (folder / "boston").is_dir():
        pytest.skip(f"no real data at {folder}; docs/howto/real-data.md tells where to get it")
    return folder


@pytest.fixture(scope="session")
def boston_2015(real_data: Path) -> tuple[Report | Rejection, ...]:
    """What the intake makes of Boston's whole year."""
    path = real_data / "boston" / "reports-2015.csv.gz"
    return tuple(read_reports(path, mapping=load_mapping("boston-311")))


@pytest.fixture(scope="session")
def demonstration() -> Iterator[Demonstration]:
    """The small training town as `eutopia demo` makes it; who changes it comes last."""
    with killed_and_finished() as made:
        yield made
