"""Work that goes on behind the pages, kept in the database until it is done.

A job is deferred in the transaction of the act that asks for it, so it is never lost nor done for
an act that did not happen. A worker holds a lock of the database for as long as it lives; a worker
that is killed loses it at once, and its job is given to another. So a job may run twice: write it
so that a second run does no harm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from asgiref.sync import async_to_sync
from django.db import connection, transaction
from django.utils import timezone
from procrastinate import App, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params

ATTEMPTS = 3
"""How often a job is begun, whether it failed or its worker died, before it is given up."""

_LIFE = 0x45_55_54 << 32
"""Added to a worker's number, it is the key of the lock that the worker holds while alive."""


def job(
    name: str, *, queue: str = "default", lock: str | None = None
) -> Callable[[Callable[..., Any]], Any]:
    """Make a function a job; put it into the `tasks.py` of its app.

    Parameters
    ----------
    name
        Lasting name, `app.verb_noun`: jobs in the database are found by it after an update.
    queue
        Which queue it waits in.
    lock
        Jobs with the same lock run one after another.

    Notes
    -----
    Call `.defer(**arguments)` on the result, inside the transaction of the act; arguments are
    plain JSON. A job that raises is tried again after 10, 100 seconds.
    """
    retry = RetryStrategy(max_attempts=ATTEMPTS, exponential_wait=10)
    return app.task(name=name, queue=queue, lock=lock, retry=retry)


def reclaim_jobs() -> int:
    """Give the jobs of dead workers back to the queue; return how many.

    Notes
    -----
    A worker is dead when the lock it held can be had. No clock is involved: a long computation
    that keeps a worker from answering does not make it dead. A job whose workers died
    `ATTEMPTS` times is marked failed, lest it kill them for ever.
    """
    reclaimed = 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, attempts FROM procrastinate_jobs WHERE status = 'doing' AND "
            "(worker_id IS NULL OR pg_try_advisory_xact_lock(%s + worker_id)) ORDER BY id",
            [_LIFE],
        )
        for number, attempts in cursor.fetchall():
            if attempts + 1 < ATTEMPTS:
                app.job_manager.retry_job_by_id(number, retry_at=timezone.now())
            else:
                cursor.execute("SELECT procrastinate_finish_job_v1(%s, 'failed', false)", [number])
            reclaimed += 1
        cursor.execute(
            "DELETE FROM procrastinate_workers WHERE pg_try_advisory_xact_lock(%s + id)", [_LIFE]
        )
    return reclaimed


def run_worker(*, wait: bool = True) -> None:
    """Do jobs, one at a time, until told to stop (SIGINT, SIGTERM) or, without `wait`, until none
    is left. More at a time: more processes.
    """
    reclaim_jobs()
    connection.close()
    with (
        app.replace_connector(app.connector.get_worker_connector()) as working,  # type: ignore[attr-defined]
        _signs_of_life(working),
    ):
        # The lock tells who is alive, so the heartbeat must never make a busy worker dead.
        working.run_worker(
            wait=wait, concurrency=1, stalled_worker_timeout=7 * 24 * 3600, delete_jobs="never"
        )


@contextmanager
def _signs_of_life(working: App) -> Iterator[None]:
    """Hold the worker's lock from before its first job until its end."""
    register = working.job_manager.register_worker
    with psycopg.connect(**connector_params(), autocommit=True) as session:
        # Where the machine of a worker vanishes, the server should notice within two minutes.
        session.execute("SET tcp_keepalives_idle = 60")
        session.execute("SET tcp_keepalives_interval = 10")
        session.execute("SET tcp_keepalives_count = 5")

        async def register_alive() -> int:
            number = await register()
            session.execute("SELECT pg_advisory_lock(%s + %s)", [_LIFE, number])
            return number

        working.job_manager.register_worker = register_alive  # type: ignore[method-assign]
        yield


def counts(*, prefix: str = "") -> dict[str, int]:
    """How many jobs (of names with this prefix) are in which state: todo, doing, failed …?"""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT status::text, count(*) FROM procrastinate_jobs "
            "WHERE starts_with(task_name, %s) GROUP BY 1 ORDER BY 1",
            [prefix],
        )
        return dict(cursor.fetchall())


def others_wait(*, above: int) -> bool:
    """Whether a job of a priority above this one could begin now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM procrastinate_jobs j WHERE status = 'todo' "
            "AND priority > %s AND (scheduled_at IS NULL OR scheduled_at <= now()) "
            "AND NOT EXISTS (SELECT FROM procrastinate_jobs held "
            "WHERE held.status = 'doing' AND held.lock = j.lock))",
            [above],
        )
        return bool(cursor.fetchone()[0])


def forget_done_jobs(*, hours: int = 24 * 30) -> None:
    """Delete jobs that ended well more than so many hours ago."""
    async_to_sync(app.job_manager.delete_old_jobs)(nb_hours=hours)
