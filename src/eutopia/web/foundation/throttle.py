"""How often may the same visitor try the same thing?

What is counted is kept as a keyed digest for a day at most: neither an address nor a log-in name
can be read from the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.utils import timezone
from django.utils.crypto import salted_hmac

from eutopia.web.foundation.models import Attempt


@dataclass(frozen=True, slots=True)
class Limit:
    """How many attempts of a kind are let through within how long?"""

    kind: str
    attempts: int
    within: timedelta


def seconds_to_wait(limit: Limit, key: str) -> int:
    """How long must this visitor wait before the next attempt? 0 for not at all."""
    since = timezone.now() - limit.within
    recent = Attempt.objects.filter(kind=limit.kind, key=_digest(limit, key), at__gt=since)
    times = list(recent.order_by("-at").values_list("at", flat=True)[: limit.attempts])
    if len(times) < limit.attempts:
        return 0
    return max(1, int((times[-1] - since).total_seconds()) + 1)


def note_attempt(limit: Limit, key: str) -> None:
    """Count one attempt."""
    Attempt.objects.create(kind=limit.kind, key=_digest(limit, key), at=timezone.now())


def forgive(limit: Limit, key: str) -> None:
    """Forget this visitor's attempts, as after a right password."""
    Attempt.objects.filter(kind=limit.kind, key=_digest(limit, key)).delete()


def forget_attempts(*, older_than: timedelta = timedelta(days=1)) -> int:
    """Delete what no limit looks back to any more; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM foundation_attempt WHERE at < %s", [timezone.now() - older_than]
        )
        return int(cursor.rowcount)


def _digest(limit: Limit, key: str) -> str:
    return salted_hmac(f"eutopia.throttle.{limit.kind}", key, algorithm="sha256").hexdigest()
