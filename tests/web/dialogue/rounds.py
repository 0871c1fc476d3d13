"""A round of the hamlet, at any of its phases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from eutopia.web.dialogue.models import Proposal, Round
from eutopia.web.dialogue.services import Phases, RoundDraft, open_round
from eutopia.web.foundation.access import Actor, Grant
from eutopia.web.territory.models import Territory

DAY = timedelta(days=1)
STAFF = Actor(
    1,
    "Clerk",
    tuple(
        Grant(role, municipality="hamlet")
        for role in ("administrator", "planner", "moderator", "case_officer", "auditor")
    ),
)
COSTS = (60, 40, 50, 30)


def draft(*, code: str = "2027", started: float = -3, **more: Any) -> RoundDraft:
    """Phases a day long each, but voting, which lasts ten; `started` days from now."""
    start = timezone.now() + started * DAY
    given: dict[str, Any] = {
        "code": code,
        "title": (("en", "Hamlet decides"), ("ru", "Деревушка решает")),
        "budget": "100",
        "phases": Phases(start, start + DAY, start + 2 * DAY, start + 12 * DAY),
        "limits": {"max_length": 3},
        "smallest_group": 3,
    }
    return RoundDraft(**{**given, **more})


def voting_round(territory: Territory, **more: Any) -> Round:
    """Four feasible proposals, people voting."""
    row = open_round(STAFF, territory, draft(**more))
    for number, cost in enumerate(COSTS, start=1):
        Proposal.objects.create(
            round=row,
            number=number,
            title=[["en", f"Idea {number}"], ["ru", f"Идея {number}"]],
            text=[["en", "Something good."]],
            category="play",
            lon=40.003 + number / 1000,
            lat=55.003,
            made=timezone.localdate(),
            state="feasible",
            cost=str(cost),
        )
    return row


def end_voting(row: Round) -> None:
    """Let the time of voting be over."""
    now = timezone.now()
    Round.objects.filter(pk=row.pk).update(voting_until=now - timedelta(seconds=1))
