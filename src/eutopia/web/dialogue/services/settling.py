"""Seeing what became of what people voted for."""

from __future__ import annotations

from collections import defaultdict

from eutopia.web.dialogue.models import BallotProject
from eutopia.web.foundation.access import Actor, require
from eutopia.web.ledger.models import Promise
from eutopia.web.ledger.services import record_promise_state
from eutopia.web.territory.models import Territory
from eutopia.web.works.models import Work


def settle_vote_promises(actor: Actor, territory: Territory) -> int:
    """How many results of votes are now kept: all works of the candidate that won are finished?

    Raises
    ------
    AccessDenied
    """
    require(actor, "promise.record", territory)
    won = BallotProject.objects.filter(election__territory=territory).exclude(candidate="")
    candidates = dict(won.values_list("pk", "candidate"))
    works: dict[str, list[Work]] = defaultdict(list)
    for work in Work.objects.filter(territory=territory, candidate__in=candidates.values()):
        works[work.candidate].append(work)
    settled = 0
    rows = Promise.objects.filter(territory=territory, kind="vote", subject_kind="ballot_project")
    for promise in rows.select_related("territory"):
        done = works.get(candidates.get(promise.subject_id, ""), [])
        finished = [work.finished for work in done if work.finished is not None]
        if not finished or len(finished) < len(done):
            continue
        told = {"works": sorted(work.code for work in done)}
        on = max(finished)
        latest = promise.events.order_by("-id").first()
        if latest is None or latest.state == "made":
            record_promise_state(actor, promise, state="kept", on=on, evidence=told)
            settled += 1
    return settled
