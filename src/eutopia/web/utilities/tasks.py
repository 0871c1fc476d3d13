"""Jobs of communal services: signals are joined into events soon after they come."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from eutopia.web.foundation.jobs import job
from eutopia.web.territory.selectors import territories
from eutopia.web.territory.services import town_clock
from eutopia.web.utilities.services import WINDOW, join_territory, recalculate_since


@job("utilities.join_signals", lock="utilities.join_signals")
def join_signals(*, territory_id: int, since: str | None = None) -> None:
    """Join the signals of a municipality, from a moment on, into events."""
    _join(territory_id, None if since is None else datetime.fromisoformat(since))


def _join(territory_id: int, since: datetime | None = None) -> None:
    """Join; where that made events others, what is owed back is computed anew."""
    done = join_territory(territory_id, since=since)
    if done.begun or done.changed or done.withdrawn:
        first = town_clock(territory_id) - WINDOW
        reason = _("Events became known, or were found to be otherwise")
        recalculate_since(territory_id, min(first, since or first), reason=reason)


@app.periodic(cron="*/10 * * * *")
@job("utilities.join_all_signals", lock="utilities.join_signals")
def join_all_signals(timestamp: int) -> None:  # noqa: ARG001
    """Join everywhere, every ten minutes: events end and readings come without a page."""
    for town in territories():
        _join(town.id)


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
