"""From an older major version of PostgreSQL to the current one."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from pathlib import Path

import psycopg

from eutopia.web.foundation.hindrance import Hindrance
from eutopia.web.foundation.postgres.backup import Place, load_dump, log_head, run_client
from eutopia.web.foundation.postgres.cluster import (
    ROLE,
    Cluster,
    ensure_database,
    existing_version,
    start,
    stop,
)


def upgrade(cluster: Cluster) -> tuple[str, ...]:
    """Carry every database over to the current version; return their names.

    Raises
    ------
    Hindrance
        Where there is nothing to upgrade, or a database does not arrive whole.

    Notes
    -----
    Each database is dumped from the old server and restored into the new one. The old data stay
    where they were until the administrator removes them, so nothing is lost by a failure: the
    next attempt begins anew.
    """
    found = existing_version(cluster)
    if found is None or found == cluster.version:
        raise Hindrance("There is nothing to upgrade: the database is of the current version.")
    old = dataclasses.replace(cluster, version=found)
    # The new server is made apart and moved in at the end: a half-made one is never taken for it.
    fresh = Cluster(cluster.home / "upgrade", durable=cluster.durable)
    stop(fresh)
    shutil.rmtree(fresh.home, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="eutopia-upgrade-") as folder:
        start(old)
        try:
            names = _databases(old)
            heads = {name: _dump(old, name, Path(folder)) for name in names}
        finally:
            stop(old)
        start(fresh)
        try:
            for name in names:
                _restore(fresh, name, Path(folder), heads[name])
        finally:
            stop(fresh)
    fresh.data.rename(cluster.data)
    shutil.rmtree(fresh.home)
    return names


def _place(cluster: Cluster, database: str) -> Place:
    return Place(cluster.home, cluster.parameters(database))


def _databases(cluster: Cluster) -> tuple[str, ...]:
    with psycopg.connect(**cluster.parameters("postgres", role="postgres")) as connection:
        rows = connection.execute(
            "SELECT datname FROM pg_database JOIN pg_roles ON pg_roles.oid = datdba "
            "WHERE rolname = %s ORDER BY 1",
            [ROLE],
        ).fetchall()
    return tuple(row[0] for row in rows)


def _dump(cluster: Cluster, name: str, folder: Path) -> dict[str, object]:
    place = _place(cluster, name)
    run_client(place, "pg_dump", ["--format=custom", "--no-owner", f"--file={folder / name}"])
    return _head(place)


def _restore(cluster: Cluster, name: str, folder: Path, head: dict[str, object]) -> None:
    ensure_database(cluster, name)
    place = _place(cluster, name)
    load_dump(place, folder / name)
    if _head(place) != head:
        raise Hindrance(f"The database {name} did not arrive whole; the old data are untouched.")


def _head(place: Place) -> dict[str, object]:
    try:
        return log_head(place)
    except psycopg.errors.UndefinedTable:
        # A database in which Eutopia never ran.
        return {}
