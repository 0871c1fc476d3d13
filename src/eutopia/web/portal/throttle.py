"""How often one sender may write: enough for anybody, too little for a machine."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest

from eutopia.web.foundation.addresses import client_address
from eutopia.web.foundation.throttle import Limit, note_attempt, seconds_to_wait

REPORTS = Limit("report.submit", 10, timedelta(minutes=15))
PROPOSALS = Limit("proposal.submit", 5, timedelta(minutes=15))
OFFERS = Limit("offer.submit", 5, timedelta(minutes=15))
COMMENTS = Limit("consultation.comment", 6, timedelta(minutes=15))
WEIGHINGS = Limit("weights.give", 3, timedelta(days=1))
WRONG_CODES = Limit("ballot.code", 10, timedelta(minutes=15))
"""Of right codes nothing is noted: not even when somebody voted."""
UNCHECKED_VOTES = Limit("ballot.unchecked", 3, timedelta(days=1))
TEST_CODES = Limit("ballot.test_code", 10, timedelta(minutes=15))

NEWS = Limit("house.subscribe", 5, timedelta(minutes=15))
NEWS_TO_ONE = Limit("house.subscribe.to", 3, timedelta(days=1))
"""By address: nobody is flooded with letters that ask for a confirmation."""


def once_more(request: HttpRequest, limit: Limit = REPORTS) -> bool:
    """May this sender do it once more within the limit's time? Counts the attempt."""
    sender = client_address(request)
    if seconds_to_wait(limit, sender):
        return False
    note_attempt(limit, sender)
    return True


def once_more_to(mark: str, limit: Limit) -> bool:
    """May a letter go to whoever this digest stands for once more? Counts the attempt."""
    if seconds_to_wait(limit, mark):
        return False
    note_attempt(limit, mark)
    return True


def too_often(request: HttpRequest, limit: Limit) -> bool:
    """Whether this sender is over the limit; counts nothing."""
    return seconds_to_wait(limit, client_address(request)) > 0
