"""Jobs of communal services: signals are joined into events soon after they come."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from eutopia.web.foundation.jobs import job
from eutopia.web.territory.selectors import territories
from eutopia.web.utilities.services import join_territory


@job("utilities.join_signals", lock="utilities.join_signals")
def join_signals(*, territory_id: int, since: str | None = None) -> None:
    """Join the signals of a municipality, from a moment on, into events."""
    join_territory(territory_id, since=None if since is None else datetime.fromisoformat(since))


@app.periodic(cron="*/10 * * * *")
@job("utilities.join_all_signals", lock="utilities.join_signals")
def join_all_signals(timestamp: int) -> None:  # noqa: ARG001
    """Join everywhere, every ten minutes: events end and readings come without a page."""
    for town in territories():
        join_territory(town.id)


def join_soon(territory_id: int, *, since: datetime | None = None) -> None:
    """Have signals joined; asked again before it is done, it is done once.

    Parameters
    ----------
    since
        The earliest time that what was sent tells of.
    """
    told = None if since is None else since.isoformat()
    asked = join_signals.configure(queueing_lock=f"join {territory_id} {told or ''}")
    try:
        with transaction.atomic():
            asked.defer(territory_id=territory_id, since=told)
    except AlreadyEnqueued:
        return
