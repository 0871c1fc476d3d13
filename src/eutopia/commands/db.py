"""`eutopia db`: the database started, stopped, backed up, restored, upgraded."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from eutopia.web.foundation.hindrance import Hindrance

if TYPE_CHECKING:
    from eutopia.web.foundation.postgres.backup import Place
    from eutopia.web.foundation.postgres.cluster import Cluster


@click.group()
def db() -> None:
    """Look after the database: the embedded one, or your own named by DATABASE_URL."""


def _settings() -> Any:
    from eutopia.web.config.site import load_settings

    load_settings()
    from django.conf import settings

    return settings


def _embedded() -> Cluster:
    """Return the embedded server, or say why there is none to speak of."""
    settings = _settings()
    if not settings.EUTOPIA_EMBEDDED:
        raise Hindrance(
            "DATABASE_URL names a server of your own; its administrator looks after it."
        )
    cluster: Cluster = settings.EUTOPIA_CLUSTER
    return cluster


def _place() -> Place:
    """Return the database in use, embedded or not; call inside `ready_site`."""
    from django.conf import settings
    from django.db import connection

    from eutopia.web.foundation.postgres.backup import Place

    names = ("host", "port", "user", "password", "dbname", "sslmode", "sslrootcert")
    parameters = connection.get_connection_params()
    return Place(settings.EUTOPIA_HOME, {n: parameters[n] for n in names if parameters.get(n)})


@db.command()
def start() -> None:
    """Start the embedded server and let it stay."""
    from eutopia.web.foundation.postgres import cluster as server

    cluster = _embedded()
    started = server.start(cluster)
    server.keep_running(cluster)
    click.echo("Started." if started else "It was running already.")


@db.command()
def stop() -> None:
    """Stop the embedded server."""
    from eutopia.web.foundation.postgres import cluster as server

    click.echo("Stopped." if server.stop(_embedded()) else "It was not running.")


@db.command()
def status() -> None:
    """Say whether the database runs, which version, which databases; status 3 if it does not."""
    from eutopia.web.foundation.postgres import cluster as server

    settings = _settings()
    if not settings.EUTOPIA_EMBEDDED:
        from eutopia.web.config.site import ready_site

        with ready_site(migrate=False):
            _describe(_place(), "a server of your own")
        return
    cluster = settings.EUTOPIA_CLUSTER
    pid = server.server_pid(cluster)
    if pid is None:
        click.echo(f"The embedded server does not run. Its data are in {cluster.data}.")
        sys.exit(3)
    from eutopia.web.foundation.postgres.backup import Place

    _describe(
        Place(cluster.home, cluster.parameters("postgres")),
        f"embedded, process {pid}, {cluster.data}",
    )


def _describe(place: Place, words: str) -> None:
    with place.connect() as connection:
        (version,) = connection.execute("SHOW server_version").fetchone() or ("",)
        click.echo(f"PostgreSQL {version} runs ({words}).")
        rows = connection.execute(
            "SELECT datname, pg_size_pretty(pg_database_size(datname)) FROM pg_database "
            "WHERE NOT datistemplate AND datname <> 'postgres' "
            "AND has_database_privilege(datname, 'CONNECT') ORDER BY 1"
        ).fetchall()
    for name, size in rows:
        click.echo(f"  {name}  {size}")


@db.command()
def migrate() -> None:
    """Bring the tables up to date."""
    from eutopia.web.config.site import migrate_tables, ready_site

    with ready_site(migrate=False):
        click.echo("Tables brought up to date." if migrate_tables() else "Nothing to do.")


@db.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def shell(arguments: tuple[str, ...]) -> None:
    """Open psql; arguments are passed on to it (`eutopia db shell -c "SELECT 1"`)."""
    from eutopia.web.config.site import ready_site
    from eutopia.web.foundation.postgres.backup import client_environment
    from eutopia.web.foundation.postgres.programs import CURRENT, programs

    with ready_site(migrate=False):
        place = _place()
        psql = str(programs(CURRENT, home=place.home) / "psql")
        ended = subprocess.run([psql, *arguments], env=client_environment(place), check=False)
    sys.exit(ended.returncode)


@db.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--check/--no-check", default=True, help="Prove the backup by restoring it apart.")
def backup(file: Path, check: bool) -> None:
    """Write database and uploads to FILE; the keys are not in it (see docs/howto/backup.md)."""
    from eutopia.web.config.site import ready_site
    from eutopia.web.foundation.postgres import backup as backups

    with ready_site():
        place = _place()
        manifest = backups.make_backup(place, file.absolute(), made_at=datetime.now(UTC))
        if check:
            with tempfile.TemporaryDirectory() as folder:
                backups.unpack_backup(file, Path(folder))
                dump = Path(folder) / "database.dump"
                backups.drop_database(backups.restore_database(place, dump, manifest))
    size = file.stat().st_size / 1e6
    proved = ", restored apart and found whole" if check else ""
    click.echo(f"{file}: {size:.1f} MB, {manifest['log']['entries']} log entries{proved}.")


@db.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """Put the backup FILE in the place of the present database and uploads, which are kept aside.

    Stop the site first.
    """
    from django.db import connections

    from eutopia.web.config.site import ready_site
    from eutopia.web.foundation.postgres import backup as backups

    with ready_site(migrate=False), tempfile.TemporaryDirectory() as folder:
        place = _place()
        connections.close_all()
        manifest = backups.unpack_backup(file, Path(folder))
        fresh = backups.restore_database(place, Path(folder) / "database.dump", manifest)
        stamp = datetime.now(UTC).strftime("%Y%m%d%H%M%S")
        kept = backups.put_in_place(place, fresh, Path(folder) / "uploads", stamp=stamp)
    click.echo(
        f"Restored the state of {manifest['made_at']}. What was there is kept as the database "
        f"{kept}. Now run `eutopia log verify`."
    )


@db.command()
def upgrade() -> None:
    """Carry the data of an older PostgreSQL over to the current one; the old data are kept."""
    from eutopia.web.foundation.postgres.upgrade import upgrade as upgrade_cluster

    cluster = _embedded()
    names = upgrade_cluster(cluster)
    click.echo(
        f"Carried over: {', '.join(names)}. The old data stay in {cluster.folder}; "
        "remove them when you are content."
    )
