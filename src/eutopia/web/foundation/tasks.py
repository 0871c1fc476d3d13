"""Jobs that keep the installation itself in order."""

from __future__ import annotations

from procrastinate.contrib.django import app

from eutopia.web.foundation.jobs import forget_done_jobs, job, reclaim_jobs


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
