"""How often one sender may report: enough for anybody, too little for a machine."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest

from eutopia.web.foundation.addresses import client_address
from eutopia.web.foundation.throttle import Limit, note_attempt, seconds_to_wait

REPORTS = Limit("report.submit", 10, timedelta(minutes=15))


def once_more(request: HttpRequest) -> bool:
    """May this sender report once more within the quarter of an hour? Counts the attempt."""
    sender = client_address(request)
    if seconds_to_wait(REPORTS, sender):
        return False
    note_attempt(REPORTS, sender)
    return True
