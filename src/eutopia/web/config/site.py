"""The site made ready for a command: settings read, server running, database up to date."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from eutopia.web.foundation.hindrance import Hindrance

_MIGRATION_LOCK = 0x45_55_54_4D
"""Key of the advisory lock that lets one process migrate at a time."""


def load_settings() -> None:
    """Read the settings and load the apps; no database is needed."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eutopia.web.config.settings")
    import django

    django.setup()


@contextlib.contextmanager
def ready_site(*, migrate: bool = True) -> Iterator[None]:
    """Have Django and its database ready for as long as the block runs.

    The embedded server is started if need be and stopped after, if nobody else uses it. Every
    command that touches the database runs inside:

        with ready_site():
            ...

    Parameters
    ----------
    migrate
        Bring the tables up to date first.

    Raises
    ------
    Hindrance
        Where the server does not start or answer; the message says what to do.
    """
    load_settings()
    from django.conf import settings
    from django.db import connections

    with contextlib.ExitStack() as stack:
        if settings.EUTOPIA_EMBEDDED:
            from eutopia.web.foundation.postgres.cluster import in_use

            database = settings.DATABASES["default"]["NAME"]
            stack.enter_context(in_use(settings.EUTOPIA_CLUSTER, database))
        stack.callback(connections.close_all)
        check_server()
        if migrate:
            migrate_tables()
        yield


def check_server() -> None:
    """Prove that the database server answers and is fit for use.

    Raises
    ------
    Hindrance
        Where it does not answer, is older than PostgreSQL 14, or cannot lower Cyrillic letters.
    """
    from django.db import Error, connection

    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT lower('Ж') = 'ж' AND 'Ёлка' ILIKE 'ёлка'")
            (fit,) = cursor.fetchone()
            version = connection.pg_version  # type: ignore[attr-defined]
    except Error as error:
        reason = " ".join(str(error).split())
        raise Hindrance(
            f"The database server does not answer: {reason}. "
            "See DATABASE_URL, or leave it unset to use the embedded server."
        ) from None
    if version < 140000:
        raise Hindrance("Eutopia needs PostgreSQL 14 or later (18 is best).")
    if not fit:
        raise Hindrance(
            "This database cannot tell small Cyrillic letters from capitals, so searches would "
            "miss. Make it anew: see docs/howto/own-postgresql.md."
        )


def migrate_tables() -> bool:
    """Bring the tables up to date, one process at a time; return whether anything changed."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_MIGRATION_LOCK])
        try:
            executor = MigrationExecutor(connection)
            if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
                return False
            call_command("migrate", verbosity=0, interactive=False)
            return True
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_MIGRATION_LOCK])
