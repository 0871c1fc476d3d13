"""Adopting a programme: from then on it is what was promised."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.utils import timezone

from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.ledger.models import Promise
from eutopia.web.ledger.services import PromiseDraft, make_promises, record_promise_state
from eutopia.web.programmes.models import Programme, Verdict
from eutopia.web.programmes.services.storing import cents

_ACTION = "programme.adopt"


class PublishRefused(ValueError):  # noqa: N818 - a verdict on the programme.
    """The programme cannot be adopted; nothing changed."""


@transaction.atomic
def publish_programme(actor: Actor, programme_id: int, *, reason: str = "") -> int:
    """How many promises does adopting this programme make?

    Notes
    -----
    Every choice becomes a public promise with its year and cost. The programme adopted before is
    superseded; what it promised and this one does not is withdrawn, for everybody to see. Adopting
    the adopted one again changes nothing. The reason stands on the public page.

    Raises
    ------
    PublishRefused
        The verifier found it unsound, its rules conflict, its search found nothing, it was
        superseded, or it takes the place of an adopted one without a reason.
    AccessDenied, Programme.DoesNotExist
    """
    row = (
        Programme.objects.select_for_update(of=("self",))
        .select_related("territory")
        .get(pk=programme_id)
    )
    require(actor, _ACTION, row)
    if row.state == "published":
        return 0
    if row.violations or row.status == "infeasible":
        raise PublishRefused(f"{row} is not sound; mend what the verifier names and choose again")
    if row.status == "stopped" and not row.verdicts.filter(chosen=True).exists():
        raise PublishRefused(
            f"{row} holds nothing: the search found none in its time; choose again"
        )
    if row.state == "superseded":
        raise PublishRefused(f"{row} was superseded; choose again")
    before = Programme.objects.filter(territory=row.territory, state="published").first()
    if before is not None and not reason.strip():
        raise PublishRefused("say why it takes the place of what was promised; it is public")
    if before is not None:
        before.state = "superseded"
        before.save(update_fields=["state"])
    row.state, row.published = "published", timezone.now()
    row.reason, row.amends = reason.strip(), before
    row.save(update_fields=["state", "published", "reason", "amends"])
    drafts = list(_drafts(row))
    _withdraw(actor, row, {draft.code for draft in drafts})
    made = make_promises(actor, row.territory, drafts, action=_ACTION)
    log_act(
        actor,
        _ACTION,
        row,
        before=None if before is None else {"published": before.number},
        after={"published": row.number, "promises": made},
        reason=reason,
        municipality=row.territory.code,
    )
    return made


def _drafts(row: Programme) -> Iterable[PromiseDraft]:
    chosen = Verdict.objects.filter(programme=row, chosen=True).select_related("candidate")
    for verdict in chosen.order_by("year", "candidate__code"):
        if verdict.year is not None:
            yield PromiseDraft(
                code=f"work:{verdict.candidate.code}:{verdict.year}",
                kind="work",
                subject_kind="candidate",
                subject_id=verdict.candidate_id,
                title=verdict.candidate.title,
                made=row.territory.as_of,
                district=verdict.candidate.district,
                due=date(verdict.year, 12, 31),
                amount=cents(verdict.cost),
                run=row.run,
            )


def _withdraw(actor: Actor, row: Programme, kept: set[str]) -> None:
    open_ = Promise.objects.filter(territory=row.territory, kind="work").exclude(code__in=kept)
    for promise in open_.prefetch_related("events"):
        if max(promise.events.all(), key=lambda e: e.pk).state == "made":
            record_promise_state(
                actor,
                promise,
                state="withdrawn",
                on=row.territory.as_of,
                evidence={"programme": row.number},
                action=_ACTION,
            )
