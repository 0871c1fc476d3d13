"""An installation of its own, for tests that run `eutopia` as a process."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from eutopia.web.foundation.postgres.cluster import Cluster, start, stop


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A folder with a server that was made but does not run.

    It does not wait for the disk: what is tried here is not durability, and the machines that
    run the suite have slow disks.
    """
    top = Path(tempfile.mkdtemp(prefix="eutopia-installation-"))
    # As root, the database's own user must be able to pass through.
    top.chmod(0o711)
    cluster = Cluster(top / "home", durable=False)
    start(cluster)
    stop(cluster)
    with (cluster.data / "postgresql.auto.conf").open("a", encoding="utf-8") as file:
        file.write("fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n")
    yield cluster.home
    stop(cluster)
    shutil.rmtree(top, ignore_errors=True)
