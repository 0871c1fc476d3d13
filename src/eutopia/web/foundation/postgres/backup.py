"""Backups that are proved by restoring them, and upgrades that keep the old data.

A backup is one file (tar): the database as `pg_dump` writes it, the uploads, and a manifest with
the digest of each part and the head of the log of acts. Keys are not in it: whoever has both a
backup and the keys can read contact data, so they are kept apart.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from eutopia import __version__
from eutopia.web.foundation.hindrance import Hindrance
from eutopia.web.foundation.postgres.programs import CURRENT, programs

_DUMP = "database.dump"
_MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Place:
    """Which database, reached how (libpq's parameters), and where are its uploads?"""

    home: Path
    parameters: Mapping[str, Any]

    @property
    def database(self) -> str:
        """Name of the database."""
        return str(self.parameters["dbname"])

    @property
    def uploads(self) -> Path:
        """Folder of uploads."""
        return self.home / "uploads"

    def named(self, database: str) -> Place:
        """Return the same server with another database."""
        return Place(self.home, {**self.parameters, "dbname": database})

    def connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        """Connect, each statement its own transaction."""
        return psycopg.connect(**self.parameters, autocommit=True)


def run_client(place: Place, program: str, arguments: list[str]) -> None:
    """Run one of PostgreSQL's client programs; the password goes by the environment.

    Raises
    ------
    Hindrance
        With the program's own words where it fails.
    """
    result = subprocess.run(
        [str(programs(CURRENT, home=place.home) / program), *arguments],
        env=client_environment(place),
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise Hindrance(f"{program} failed: {result.stderr.strip()}")


def client_environment(place: Place) -> dict[str, str]:
    """Return the environment in which libpq's programs find this database."""
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD"}
    names |= {"dbname": "PGDATABASE", "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT"}
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
    for key, name in names.items():
        if place.parameters.get(key):
            environment[name] = str(place.parameters[key])
    return environment


def log_head(place: Place) -> dict[str, Any]:
    """How many entries has the log of acts, and what is the last one's hash?"""
    with place.connect() as connection:
        row = connection.execute(
            "SELECT number, hash FROM foundation_act ORDER BY number DESC LIMIT 1"
        ).fetchone()
    return {"entries": row[0], "head": row[1]} if row else {"entries": 0, "head": ""}


def make_backup(place: Place, target: Path, *, made_at: datetime) -> dict[str, Any]:
    """Write a backup while the site goes on; return its manifest.

    Raises
    ------
    Hindrance
        Where the file exists already or cannot be written.
    """
    if target.exists():
        raise Hindrance(f"{target} exists already; a backup never overwrites another.")
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as folder:
            dump = Path(folder) / _DUMP
            head = log_head(place)
            run_client(place, "pg_dump", ["--format=custom", "--no-owner", f"--file={dump}"])
            manifest = {
                "eutopia": __version__,
                "made_at": made_at.isoformat(),
                "database": place.database,
                "log": head,
                "digests": {_DUMP: _digest(dump), **_upload_digests(place.uploads)},
            }
            whole = Path(folder) / "whole.tar"
            _pack(whole, manifest, dump, place.uploads)
            whole.chmod(0o600)
            whole.rename(target)
    except OSError as error:
        raise Hindrance(f"{target} cannot be written: {error.strerror}.") from None
    return manifest


def _pack(whole: Path, manifest: dict[str, Any], dump: Path, uploads: Path) -> None:
    with tarfile.open(whole, "w") as archive:
        text = dump.with_name(_MANIFEST)
        text.write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        archive.add(text, _MANIFEST)
        archive.add(dump, _DUMP)
        for name in manifest["digests"]:
            if name != _DUMP:
                archive.add(uploads.parent / name, name)


def _upload_digests(uploads: Path) -> dict[str, str]:
    files = sorted(path for path in uploads.rglob("*") if path.is_file())
    return {str(path.relative_to(uploads.parent)): _digest(path) for path in files}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def unpack_backup(source: Path, folder: Path) -> dict[str, Any]:
    """Unpack a backup and prove that every part is whole; return its manifest.

    Raises
    ------
    Hindrance
        Where the file is no backup, or a part is missing, damaged or was not packed by us.
    """
    try:
        with tarfile.open(source) as archive:
            archive.extractall(folder, filter="data")
        manifest: dict[str, Any] = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        digests = manifest["digests"].items()
        broken = [n for n, digest in digests if _digest(folder / n) != digest]
    except (tarfile.TarError, OSError, KeyError, ValueError) as error:
        raise Hindrance(f"{source} is no whole backup of Eutopia: {error}.") from None
    if broken:
        raise Hindrance(f"{source} is damaged: {', '.join(broken)}. Nothing was restored.")
    return manifest


def load_dump(place: Place, dump: Path) -> None:
    """Load a dump into an empty database, whatever the server's version.

    Raises
    ------
    Hindrance
        At the first statement that fails.
    """
    with place.connect() as connection:
        modern = connection.info.server_version >= 170000
    if modern:
        options = ["--no-owner", "--exit-on-error", f"--dbname={place.database}"]
        run_client(place, "pg_restore", [*options, str(dump)])
        return
    # Ours is a newer pg_restore, which sets a parameter that servers before 17 do not know.
    script = dump.with_suffix(".sql")
    run_client(place, "pg_restore", ["--no-owner", f"--file={script}", str(dump)])
    with script.open("rb") as whole, script.with_suffix(".old.sql").open("wb") as old:
        for line in itertools.islice(whole, 40):
            if not line.startswith(b"SET transaction_timeout"):
                old.write(line)
        shutil.copyfileobj(whole, old)
    run_client(place, "psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", old.name])


def restore_database(place: Place, dump: Path, manifest: Mapping[str, Any]) -> Place:
    """Restore the dump into a database of its own beside the present one, and check it.

    Returns
    -------
    Place
        The database restored, `<name>_restored`, not yet in use.

    Raises
    ------
    Hindrance
        Where it cannot be restored, or its log does not end where the manifest says.
    """
    fresh = place.named(f"{place.database}_restored")
    drop_database(fresh)
    create_database(fresh)
    load_dump(fresh, dump)
    head = log_head(fresh)
    # The log may have grown between the note of its head and the dump, never shrunk.
    if head["entries"] < manifest["log"]["entries"]:
        drop_database(fresh)
        raise Hindrance("The restored log of acts is shorter than the backup says.")
    return fresh


def create_database(place: Place) -> None:
    """Make an empty database with Unicode's own rules for letters, where the server has them."""
    with place.named("postgres").connect() as connection:
        builtin = " LOCALE 'C' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'"
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'{}").format(
                sql.Identifier(place.database),
                sql.SQL(builtin if connection.info.server_version >= 170000 else ""),
            )
        )


def drop_database(place: Place) -> None:
    """Remove a database if it is there."""
    with place.named("postgres").connect() as connection:
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(
                sql.Identifier(place.database)
            )
        )


def put_in_place(place: Place, fresh: Place, uploads: Path, *, stamp: str) -> str:
    """Let the restored database and uploads take the place of the present ones.

    Returns
    -------
    str
        The name under which the database that was there is kept.
    """
    kept = f"{place.database}_before_{stamp}"
    with place.named("postgres").connect() as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = ANY(%s) AND pid <> pg_backend_pid()",
            [[place.database, fresh.database]],
        )
        for old, new in ((place.database, kept), (fresh.database, place.database)):
            connection.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                    sql.Identifier(old), sql.Identifier(new)
                )
            )
    if place.uploads.exists():
        place.uploads.rename(place.home / f"uploads_before_{stamp}")
    if uploads.exists():
        shutil.copytree(uploads, place.uploads)
    return kept
