"""Consultations: opened by staff, commented by anybody, answered by a day that was promised."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from eutopia.core.decide.comments import says_the_same
from eutopia.web.consultations.models import AnswerPoint, Change, Comment, Consultation
from eutopia.web.consultations.services.owing import (
    answer_deadline,
    keep_promise,
    promise_again,
    promise_answer,
    release_promise,
)
from eutopia.web.consultations.services.refusals import (
    DialogueRefused,
    Forms,
    faults_of,
    spoken,
)
from eutopia.web.dialogue.models import Proposal
from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.problems.models import Problem
from eutopia.web.programmes.models import Candidate, Programme
from eutopia.web.reports.services import public_words
from eutopia.web.territory.models import Territory
from eutopia.web.territory.services import territory_row

SUBJECTS = ("free", "problem", "candidate", "programme", "proposal")
MODERATION = ("after", "before")
VERDICTS = ("yes", "partly", "no")
WHY_HIDDEN = ("off_topic", "insult", "personal", "advert", "copied")
ANSWER_DAYS = 15
"""Working days after closing within which an answer is due where staff set no other number."""

_TITLE, _TEXT, _COMMENT = 200, 8_000, 2_000
_FLOOD = (40, timedelta(minutes=10))
"""So many comments within that time wait for a moderator: a town does not speak so fast."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsultationDraft:
    """What is asked, of what, from when to when, by when it is answered."""

    title: Forms
    text: Forms
    opens: datetime
    closes: datetime
    subject: str = "free"
    subject_number: int | None = None
    moderation: str = "after"
    answer_days: int = ANSWER_DAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class PointDraft:
    """One point of an answer: what was asked, yes, no or partly, why, whose comments it answers."""

    asked: Forms
    verdict: str
    reason: Forms
    comments: Sequence[int] = ()
    """Numbers of the comments within the consultation."""


@transaction.atomic
def open_consultation(
    actor: Actor, territory: Territory | int, draft: ConsultationDraft
) -> Consultation:
    """Which consultation is this now? The day of the answer becomes a public promise.

    Raises
    ------
    DialogueRefused
    AccessDenied
    """
    row = territory_row(territory)
    require(actor, "consultation.open", row)
    faults = _draft_faults(row, draft)
    if faults:
        raise DialogueRefused(*faults)
    return place_consultation(actor, row, draft)


@transaction.atomic
def place_consultation(
    actor: Actor,
    row: Territory,
    draft: ConsultationDraft,
    *,
    action: str = "consultation.open",
    standing: bool = False,
) -> Consultation:
    """Give a checked draft its number and promise its answer, under the right that is named.

    Raises
    ------
    AccessDenied
    """
    # One at a time, so that no number is given twice.
    Territory.objects.select_for_update().get(pk=row.pk)
    told = answer_deadline(row, draft.closes, days=draft.answer_days)
    last = Consultation.objects.filter(territory=row).aggregate(last=Max("number"))["last"]
    made = Consultation.objects.create(
        territory=row,
        number=(last or 0) + 1,
        subject=draft.subject,
        subject_number=draft.subject_number,
        title=spoken(draft.title),
        text=spoken(draft.text),
        opens=draft.opens,
        closes=draft.closes,
        moderation=draft.moderation,
        standing=standing,
        answer_due=told.due,
        due_basis={
            "counting": told.counting,
            "amount": draft.answer_days,
            "calendar": told.calendar,
            "calendar_complete": told.calendar_complete,
        },
    )
    promise_answer(actor, made, action)
    log_act(
        actor,
        action,
        made,
        after={"number": made.number, "closes": made.closes, "answer_due": made.answer_due},
        municipality=row.code,
    )
    return made


def _draft_faults(territory: Territory, draft: ConsultationDraft) -> list[tuple[str, str]]:
    faults = faults_of("title", draft.title, _TITLE) + faults_of("text", draft.text, _TEXT)
    if draft.moderation not in MODERATION:
        faults.append(("moderation", "unknown"))
    if draft.closes <= draft.opens:
        faults.append(("closes", "order"))
    if not 1 <= draft.answer_days <= 90:
        faults.append(("answer_days", "number"))
    if draft.subject not in SUBJECTS:
        faults.append(("subject", "unknown"))
    elif draft.subject != "free" and not _subject_exists(territory, draft):
        faults.append(("subject_number", "unknown"))
    return faults


def _subject_exists(territory: Territory, draft: ConsultationDraft) -> bool:
    number = draft.subject_number or 0
    rows: dict[str, Any] = {
        "problem": Problem.objects.filter(territory=territory, number=number),
        "programme": Programme.objects.filter(territory=territory, number=number),
        "candidate": Candidate.objects.filter(territory=territory, pk=number),
        "proposal": Proposal.objects.filter(round__territory=territory, pk=number).exclude(
            state="hidden"
        ),
    }
    return bool(rows[draft.subject].exists())


@transaction.atomic
def submit_comment(
    actor: Actor,
    consultation_id: int,
    *,
    text: str,
    language: str = "",
    at: datetime | None = None,
    allow: Callable[[], bool] = lambda: True,
) -> Comment:
    """Which comment is this now? No name is asked; what is personal is taken out and not kept.

    Parameters
    ----------
    at
        When it was said, where it is entered later (a letter, an invented town); now by default.
    allow
        Asked once: False when too many come from where this one does.

    Notes
    -----
    It is shown at once, unless the town checks comments first or they come as a flood. One that
    says what another said is folded under it.

    Raises
    ------
    DialogueRefused
    AccessDenied
    """
    row = (
        Consultation.objects.select_for_update(of=("self",))
        .select_related("territory")
        .get(pk=consultation_id)
    )
    require(actor, "consultation.comment", row.territory)
    moment = at or timezone.now()
    if not row.opens <= moment < row.closes:
        raise DialogueRefused(("", "not_now"))
    if not text.strip():
        raise DialogueRefused(("text", "missing"))
    if len(text) > _COMMENT:
        raise DialogueRefused(("text", "too_long"))
    if not allow():
        raise DialogueRefused(("", "too_many"))
    words = public_words(text.strip())
    made = Comment.objects.create(
        consultation=row,
        number=(row.comments.aggregate(last=Max("number"))["last"] or 0) + 1,
        text=words,
        language=language,
        at=moment,
        state="waiting" if row.moderation == "before" or _flooded(row, moment) else "shown",
        folded_under=_said_before(row, words),
    )
    promise_again(actor, row, "consultation.comment")
    log_act(
        actor,
        "consultation.comment",
        row,
        after={"comment": made.number, "state": made.state},
        municipality=row.territory.code,
    )
    return made


def _flooded(row: Consultation, moment: datetime) -> bool:
    count, within = _FLOOD
    return row.comments.filter(at__gt=moment - within, at__lte=moment).count() >= count


def _said_before(row: Consultation, words: str) -> Comment | None:
    heads = list(row.comments.filter(folded_under=None).exclude(state="hidden").order_by("number"))
    place = says_the_same([one.text for one in heads], words)
    return None if place is None else heads[place]


@transaction.atomic
def judge_comment(actor: Actor, comment_id: int, *, show: bool, why: str = "") -> Comment:
    """Show a comment or take it off the site, for one of a few public reasons.

    Parameters
    ----------
    why
        One of `WHY_HIDDEN` to take it off; in the moderator's words to show again what was taken
        off. Both are in the log.

    Notes
    -----
    Its number and the reason stay on the page. Comments folded under one that is taken off stand
    for themselves again. Where all was taken off and no answer was owed any more, one that is
    shown again is owed an answer again; its days begin then, once the gathering is over.

    Raises
    ------
    DialogueRefused
    AccessDenied
    """
    row = (
        Comment.objects.select_for_update(of=("self",))
        .select_related("consultation__territory")
        .get(pk=comment_id)
    )
    territory = row.consultation.territory
    require(actor, "consultation.moderate", territory)
    if not show and why not in WHY_HIDDEN:
        raise DialogueRefused(("why", "unknown" if why else "missing"))
    if show and row.state == "hidden" and not why.strip():
        raise DialogueRefused(("why", "missing"))
    before, was = row.state, row.why_hidden
    row.state, row.why_hidden = ("shown", "") if show else ("hidden", why)
    row.save(update_fields=["state", "why_hidden"])
    if show:
        promise_again(actor, row.consultation, "consultation.moderate")
    else:
        row.folded.update(folded_under=None)
        release_promise(actor, row.consultation)
    log_act(
        actor,
        "consultation.moderate",
        row.consultation,
        before={"comment": row.number, "state": before, "why": was},
        after={"comment": row.number, "state": row.state},
        reason=why.strip()[:500],
        municipality=territory.code,
    )
    return row


@transaction.atomic
def answer_consultation(
    actor: Actor,
    consultation_id: int,
    *,
    points: Sequence[PointDraft],
    summary: Forms = (),
    at: datetime | None = None,
) -> Consultation:
    """Answer what was said: yes, no or partly to each point, with the reason. Once.

    Parameters
    ----------
    at
        When it was answered, where it is entered later; now by default.

    Notes
    -----
    The promise of an answer is kept, or kept late.

    Raises
    ------
    DialogueRefused
        Before closing, a second time, without points, or a point without verdict or reason.
    AccessDenied
    """
    row = (
        Consultation.objects.select_for_update(of=("self",))
        .select_related("territory")
        .get(pk=consultation_id)
    )
    require(actor, "consultation.answer", row.territory)
    moment = at or timezone.now()
    if row.answered is not None:
        raise DialogueRefused(("", "final"))
    if moment < row.closes:
        raise DialogueRefused(("", "not_now"))
    faults = _point_faults(row, points)
    if faults:
        raise DialogueRefused(*faults)
    for position, one in enumerate(points, start=1):
        _store_point(row, position, one)
    row.answered, row.summary = moment, spoken(summary)
    row.save(update_fields=["answered", "summary"])
    keep_promise(actor, row, moment.date())
    log_act(
        actor,
        "consultation.answer",
        row,
        after={"verdicts": [one.verdict for one in points], "late": moment > row.answer_due},
        municipality=row.territory.code,
    )
    return row


def _store_point(row: Consultation, position: int, one: PointDraft) -> None:
    point = AnswerPoint.objects.create(
        consultation=row,
        position=position,
        asked=spoken(one.asked),
        verdict=one.verdict,
        reason=spoken(one.reason),
    )
    point.comments.set(row.comments.filter(number__in=one.comments))


def _point_faults(row: Consultation, points: Sequence[PointDraft]) -> list[tuple[str, str]]:
    if not points:
        return [("points", "missing")]
    known = set(row.comments.exclude(state="hidden").values_list("number", flat=True))
    faults = []
    for place, one in enumerate(points, start=1):
        faults += faults_of(f"asked_{place}", one.asked, _TITLE)
        faults += faults_of(f"reason_{place}", one.reason, _TEXT)
        if one.verdict not in VERDICTS:
            faults.append((f"verdict_{place}", "unknown" if one.verdict else "missing"))
        if not set(one.comments) <= known:
            faults.append((f"comments_{place}", "unknown"))
    return faults


@transaction.atomic
def note_change(
    actor: Actor,
    point_id: int,
    *,
    words: Forms,
    on: date,
    candidate_id: int | None = None,
) -> Change:
    """Say what was done because of a point of an answer.

    Raises
    ------
    DialogueRefused
    AccessDenied
    """
    point = AnswerPoint.objects.select_related("consultation__territory").get(pk=point_id)
    territory = point.consultation.territory
    require(actor, "consultation.answer", territory)
    faults = faults_of("words", words, _TEXT)
    candidates = Candidate.objects.filter(territory=territory, pk=candidate_id or 0)
    if candidate_id is not None and not candidates.exists():
        faults.append(("candidate", "unknown"))
    if faults:
        raise DialogueRefused(*faults)
    made = Change.objects.create(point=point, on=on, words=spoken(words), candidate_id=candidate_id)
    log_act(
        actor,
        "consultation.answer",
        point.consultation,
        after={"point": point.position, "change_on": on},
        municipality=territory.code,
    )
    return made
