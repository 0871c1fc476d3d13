"""Comments beside a proposal: gathered for some days, then answered together, by a clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from eutopia.web.consultations.models import Comment, Consultation
from eutopia.web.consultations.services.consulting import (
    ConsultationDraft,
    place_consultation,
    submit_comment,
)
from eutopia.web.consultations.services.refusals import DialogueRefused, Forms
from eutopia.web.dialogue.models import Proposal
from eutopia.web.foundation.access import Actor, require
from eutopia.web.territory.models import Territory

GATHER_DAYS = 7
"""So long after a first comment others join it; then all of them are answered together."""

_TITLES = {
    "en": "Comments on proposal {number}: {title}",
    "ru": "Что говорят о предложении {number}: {title}",
}
_TEXT: Forms = (
    ("ru", "Сказано на странице предложения. На каждый вопрос будет ответ: да, нет или частично."),
    ("en", "Said on the proposal's page. Every point is answered: yes, no or partly."),
)


@transaction.atomic
def comment_on_proposal(
    actor: Actor,
    proposal_id: int,
    *,
    text: str,
    language: str = "",
    at: datetime | None = None,
    allow: Callable[[], bool] = lambda: True,
) -> Comment:
    """Which comment on a proposal is this now? Staff need not have asked.

    Parameters
    ----------
    at, allow
        As for `submit_comment`.

    Notes
    -----
    The first comment opens a gathering of `GATHER_DAYS` (until voting ends at the latest) and
    promises its answer; the next after its closing opens another.

    Raises
    ------
    DialogueRefused
        As for `submit_comment`; also where the proposal is hidden or its voting over.
    AccessDenied
    """
    proposal = Proposal.objects.select_related("round__territory").get(pk=proposal_id)
    territory = proposal.round.territory
    require(actor, "consultation.comment", territory)
    moment = at or timezone.now()
    if proposal.state == "hidden" or moment >= proposal.round.voting_until:
        raise DialogueRefused(("", "not_now"))
    # One at a time, so that two first comments do not open two gatherings.
    Territory.objects.select_for_update().get(pk=territory.pk)
    going = Consultation.objects.filter(
        territory=territory,
        standing=True,
        subject="proposal",
        subject_number=proposal.pk,
        opens__lte=moment,
        closes__gt=moment,
    ).first()
    row = going or _gathering(actor, proposal, moment)
    return submit_comment(actor, row.pk, text=text, language=language, at=moment, allow=allow)


def _gathering(actor: Actor, proposal: Proposal, moment: datetime) -> Consultation:
    wordings = dict(proposal.title)
    any_title = next(iter(wordings.values()))
    draft = ConsultationDraft(
        title=tuple(
            (code, said.format(number=proposal.number, title=wordings.get(code, any_title)))
            for code, said in _TITLES.items()
        ),
        text=_TEXT,
        opens=moment,
        closes=min(moment + timedelta(days=GATHER_DAYS), proposal.round.voting_until),
        subject="proposal",
        subject_number=proposal.pk,
    )
    return place_consultation(
        actor, proposal.round.territory, draft, action="consultation.comment", standing=True
    )
