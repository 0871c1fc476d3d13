"""Seeing what became of the works that were promised."""

from __future__ import annotations

from typing import Any

from eutopia.web.foundation.access import Actor, require
from eutopia.web.ledger.models import Promise
from eutopia.web.ledger.services import record_promise_state
from eutopia.web.programmes.models import Candidate
from eutopia.web.territory.models import Territory
from eutopia.web.works.models import Work


def settle_promises(actor: Actor, territory: Territory) -> int:
    """Of how many promised works is it now known what became of them?

    Notes
    -----
    A work that realises the candidate and is finished keeps the promise, late if it was finished
    after the day promised. A promise whose day has passed without one is broken; it may still be
    kept late.

    Raises
    ------
    AccessDenied
    """
    require(actor, "promise.record", territory)
    codes = dict(Candidate.objects.filter(territory=territory).values_list("pk", "code"))
    works = {
        work.candidate: work
        for work in Work.objects.filter(territory=territory, finished__isnull=False)
        .exclude(candidate="")
        .order_by("-finished")
    }
    settled = 0
    rows = Promise.objects.filter(territory=territory, kind="work", subject_kind="candidate")
    for promise in rows.prefetch_related("events").select_related("territory"):
        latest = max(promise.events.all(), key=lambda event: event.pk).state
        told = _state(promise, works.get(codes.get(promise.subject_id, "")), territory)
        if told is None or latest not in ("made", "broken") or told["state"] == latest:
            continue
        settled += record_promise_state(actor, promise, **told) is not None
    return settled


def _state(promise: Promise, work: Work | None, territory: Territory) -> dict[str, Any] | None:
    if work is not None and work.finished is not None:
        late = promise.due is not None and work.finished > promise.due
        evidence = {"work": work.code, "finished": work.finished}
        return {
            "state": "late" if late else "kept",
            "on": work.finished,
            "evidence": evidence,
        }
    if promise.due is not None and promise.due < territory.as_of:
        return {"state": "broken", "on": promise.due, "evidence": {"finished_works": 0}}
    return None
