"""Jobs that keep the installation itself in order."""

from __future__ import annotations

from datetime import UTC, datetime

from django.core.management import call_command
from procrastinate.contrib.django import app

from eutopia.web.foundation.anchors import note_anchor, read_anchors
from eutopia.web.foundation.audit import stored_entries, verify_chain
from eutopia.web.foundation.contacts import erase_due_contacts
from eutopia.web.foundation.jobs import forget_done_jobs, job, reclaim_jobs
from eutopia.web.foundation.throttle import forget_attempts


@app.periodic(cron="* * * * *")
@job("foundation.reclaim_jobs", lock="foundation.reclaim_jobs")
def reclaim_jobs_of_dead_workers(timestamp: int) -> None:  # noqa: ARG001
    """Give back what killed workers left, once a minute."""
    reclaim_jobs()


@app.periodic(cron="17 3 * * *")
@job("foundation.forget_done_jobs")
def forget_old_jobs(timestamp: int) -> None:  # noqa: ARG001
    """Keep the table of jobs small."""
    forget_done_jobs()


@app.periodic(cron="23 3 * * *")
@job("foundation.erase_contacts")
def erase_contacts(timestamp: int) -> None:
    """Erase contact data whose time is up, each night."""
    erase_due_contacts(datetime.fromtimestamp(timestamp, tz=UTC).date())
    forget_attempts()


@app.periodic(cron="29 3 * * *")
@job("foundation.anchor_log")
def anchor_log(timestamp: int) -> None:  # noqa: ARG001
    """Note the head of the log outside the database, each night."""
    verdict = verify_chain(stored_entries(), anchors=read_anchors())
    if verdict.broken is not None:
        raise RuntimeError(f"the log of acts is broken at entry {verdict.broken.number}")
    if verdict.entries:
        note_anchor(verdict.entries, verdict.head)


@app.periodic(cron="35 3 * * *")
@job("foundation.clear_sessions")
def clear_sessions(timestamp: int) -> None:  # noqa: ARG001
    """Delete sessions that have ended, each night."""
    call_command("clearsessions")
