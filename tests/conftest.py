"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

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
