"""What is owed to those who commented: an answer by its day, and what became of that promise."""

from __future__ import annotations

from datetime import date, datetime, time

from django.db import transaction
from django.utils import timezone

from eutopia.core.listen.deadlines import deadline
from eutopia.core.records import Deadline, ServiceLevel, Source, Text, WorkingCalendar
from eutopia.web.consultations.models import Consultation
from eutopia.web.foundation.access import Actor, require
from eutopia.web.ledger.models import Promise
from eutopia.web.ledger.services import PromiseDraft, make_promises, record_promise_state
from eutopia.web.reports.services import norms_of
from eutopia.web.territory.models import Territory


def promise_answer(actor: Actor, row: Consultation, action: str, *, again: int = 0) -> None:
    """Promise the answer by its day; `again`: so many such promises were made before."""
    today = timezone.localdate()
    code = f"consultation:{row.number}"
    draft = PromiseDraft(
        code=f"{code}:{again}" if again else code,
        kind="deadline",
        subject_kind="consultation",
        subject_id=row.number,
        title=row.title,
        made=today if again else min(row.opens.date(), today),
        due=row.answer_due.date(),
    )
    make_promises(actor, row.territory, [draft], action=action)
    row.promise = Promise.objects.get(territory=row.territory, code=draft.code)
    row.save(update_fields=["promise"])


def answer_deadline(territory: Territory, closes: datetime, *, days: int) -> Deadline:
    """By when is a consultation that closes then answered?

    Notes
    -----
    Working days of the territory's calendar; calendar days where its packs have none.
    """
    calendars = norms_of(territory).calendars()
    level = ServiceLevel(
        path="consultation.answer",
        problem_type="*",
        clock="respond",
        amount=days,
        counting="working_days" if calendars else "calendar_days",
        starts="registration",
        conditions=(),
        source=Source("set by the municipality when it opened the consultation", "", "", "A"),
    )
    calendar = calendars[0] if calendars else _every_day()
    return deadline(closes, level=level, calendar=calendar, time_zone=territory.time_zone)


def _every_day() -> WorkingCalendar:
    hours = ((time(0), time.max),)
    return WorkingCalendar("", Text.of(en="every day"), (hours,) * 7)


def keep_promise(actor: Actor, row: Consultation, on: date) -> None:
    """Note that the answer was given that day, in time or late."""
    if row.promise is None:
        return
    record_promise_state(
        actor,
        row.promise,
        state="late" if row.promise.due and on > row.promise.due else "kept",
        on=on,
        evidence={"consultation": row.number},
        action="consultation.answer",
    )


def release_promise(actor: Actor, row: Consultation) -> None:
    """Owe no answer where nobody asked and all that was said has been taken off."""
    left = row.comments.exclude(state="hidden").exists()
    if left or not row.standing or row.answered is not None or row.promise is None:
        return
    record_promise_state(
        actor,
        row.promise,
        state="withdrawn",
        on=timezone.localdate(),
        evidence={"consultation": row.number, "comments": "none left"},
        action="consultation.moderate",
    )
    row.promise = None
    row.save(update_fields=["promise"])


def promise_again(actor: Actor, row: Consultation, action: str) -> None:
    """Owe an answer again where something is said or shown after all had been taken off."""
    if not row.standing or row.answered is not None or row.promise is not None:
        return
    begins = max(row.closes, timezone.now())
    days = int((row.due_basis or {})["amount"])
    told = answer_deadline(row.territory, begins, days=days)
    row.answer_due = told.due
    row.save(update_fields=["answer_due"])
    owed = Promise.objects.filter(
        territory=row.territory, subject_kind="consultation", subject_id=row.number
    )
    promise_answer(actor, row, action, again=owed.count())


@transaction.atomic
def settle_answers(actor: Actor, territory: Territory) -> int:
    """How many promises of an answer are broken now, their day having passed without one?

    Raises
    ------
    AccessDenied
    """
    require(actor, "consultation.open", territory)
    broken = 0
    rows = Consultation.objects.filter(
        territory=territory, answered=None, answer_due__lt=timezone.now()
    )
    for row in rows.select_related("promise__territory", "territory"):
        if row.promise is not None:
            event = record_promise_state(
                actor,
                row.promise,
                state="broken",
                on=row.answer_due.date(),
                evidence={"consultation": row.number, "answer": "none"},
                action="consultation.open",
            )
            broken += event is not None
    return broken
