"""A question is asked, anybody comments, every point is answered with a reason, by a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from eutopia.web.consultations import selectors
from eutopia.web.consultations.models import AnswerPoint, Comment, Consultation
from eutopia.web.consultations.services import (
    ConsultationDraft,
    DialogueRefused,
    PointDraft,
    answer_consultation,
    judge_comment,
    note_change,
    open_consultation,
    settle_answers,
    submit_comment,
)
from eutopia.web.consultations.services.owing import answer_deadline
from eutopia.web.foundation.access import RESIDENT, AccessDenied
from eutopia.web.foundation.models import Act
from eutopia.web.ledger.models import PromiseEvent
from tests.web.consultations.hamlets import Hamlet, actor

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def both(words: str) -> tuple[tuple[str, str], ...]:
    return (("en", words), ("ru", words))


def draft(**changes: Any) -> ConsultationDraft:
    now = timezone.now()
    given: dict[str, Any] = {
        "title": both("Benches?"), "text": both("Where?"),
        "opens": now - 40 * DAY, "closes": now + DAY,
    } | changes  # fmt: skip
    return ConsultationDraft(**given)


def asked(town: Hamlet, **changes: Any) -> Consultation:
    return open_consultation(town.operator, town.territory, draft(**changes))


def closed(town: Hamlet, *words: str, days_ago: int = 30) -> Consultation:
    """One that has been commented on and is over."""
    row = asked(town)
    for text in words:
        submit_comment(RESIDENT, row.pk, text=text)
    Consultation.objects.filter(pk=row.pk).update(
        closes=timezone.now() - days_ago * DAY, answer_due=timezone.now() - (days_ago - 10) * DAY
    )
    row.refresh_from_db()
    return row


POINT = PointDraft(asked=both("Benches"), verdict="yes", reason=both("There is room"))


def test_the_answers_day_is_counted_in_working_days(hamlet_town: Hamlet) -> None:
    """Closed on Tuesday 11 June 2024, two working days: the 12th is a holiday, so Friday the 14th."""  # noqa: E501
    closes = datetime(2024, 6, 11, 9, tzinfo=UTC)
    told = answer_deadline(hamlet_town.territory, closes, days=2)
    assert told.due.date().isoformat() == "2024-06-14"
    assert told.calendar == "calendar-ru"


def test_opening_promises_the_answer(hamlet_town: Hamlet) -> None:
    row = asked(hamlet_town)
    assert row.number == 1
    assert row.promise is not None
    assert row.promise.due == row.answer_due.date()
    assert asked(hamlet_town).number == 2
    view = selectors.consultation(hamlet_town.territory.pk, 1)
    assert view is not None
    assert (view.line.state, view.counted_in, view.answer_days) == ("open", "working_days", 15)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"title": ()}, ("title", "missing")),
        ({"text": both("x" * 9000)}, ("text", "too_long")),
        ({"closes": timezone.now() - 50 * DAY}, ("closes", "order")),
        ({"answer_days": 0}, ("answer_days", "number")),
        ({"moderation": "never"}, ("moderation", "unknown")),
        ({"subject": "problem", "subject_number": 77}, ("subject_number", "unknown")),
        ({"subject": "gossip"}, ("subject", "unknown")),
    ],
)
def test_a_question_that_cannot_be_meant_is_refused(
    hamlet_town: Hamlet, changes: dict[str, Any], fault: tuple[str, str]
) -> None:
    """Named with its field; nothing is there afterwards."""
    acts = Act.objects.count()
    with pytest.raises(DialogueRefused) as refused:
        asked(hamlet_town, **changes)
    assert fault in refused.value.fields
    assert not Consultation.objects.exists()
    assert Act.objects.count() == acts


def test_a_comment_has_no_name_and_nothing_personal(hamlet_town: Hamlet) -> None:
    """A telephone number is taken out and kept nowhere; the log holds no words."""
    row = asked(hamlet_town)
    made = submit_comment(RESIDENT, row.pk, text="Call +7 912 345-67-89, a bench please")
    assert "912" not in made.text
    assert not Comment.objects.filter(text__contains="912").exists()
    entry = Act.objects.order_by("-number").first()
    assert entry is not None
    assert "bench" not in entry.after
    assert "912" not in entry.after
    assert (entry.account, entry.name) == (None, "")


def test_what_says_the_same_is_folded_and_stays_readable(hamlet_town: Hamlet) -> None:
    row = asked(hamlet_town)
    for text in (
        "Нужны скамейки у пруда",
        "У пруда очень нужны скамейки!",
        "Скамейки у пруда не нужны",
    ):
        submit_comment(RESIDENT, row.pk, text=text)
    view = selectors.consultation(hamlet_town.territory.pk, row.number)
    assert view is not None
    assert [(c.number, [f.number for f in c.folded]) for c in view.comments] == [
        (1, [2]),
        (3, []),
    ]
    # The first is taken off: the second stands for itself.
    judge_comment(hamlet_town.operator, row.comments.get(number=1).pk, show=False, why="advert")
    view = selectors.consultation(hamlet_town.territory.pk, row.number)
    assert view is not None
    assert [c.number for c in view.comments] == [2, 3]
    assert view.hidden == ((1, "advert"),)


@pytest.mark.parametrize(
    ("text", "allowed", "fault"),
    [
        ("", True, ("text", "missing")),
        ("x" * 2001, True, ("text", "too_long")),
        ("fine", False, ("", "too_many")),
    ],
)
def test_a_comment_that_is_refused_leaves_nothing(
    hamlet_town: Hamlet, text: str, allowed: bool, fault: tuple[str, str]
) -> None:
    row = asked(hamlet_town)
    with pytest.raises(DialogueRefused) as refused:
        submit_comment(RESIDENT, row.pk, text=text, allow=lambda: allowed)
    assert fault in refused.value.fields
    assert not Comment.objects.exists()


def test_nobody_comments_after_closing(hamlet_town: Hamlet) -> None:
    row = closed(hamlet_town)
    with pytest.raises(DialogueRefused) as refused:
        submit_comment(RESIDENT, row.pk, text="too late")
    assert refused.value.fields == (("", "not_now"),)
    assert not Comment.objects.exists()


def test_a_flood_waits_for_a_moderator(hamlet_town: Hamlet) -> None:
    """Forty in ten minutes are shown; the forty-first waits, and so does every one before."""
    row = asked(hamlet_town)
    moment = timezone.now()
    Comment.objects.bulk_create(
        Comment(consultation=row, number=n, text=f"{n}", language="", at=moment, state="shown")
        for n in range(1, 41)
    )
    assert submit_comment(RESIDENT, row.pk, text="one more", at=moment).state == "waiting"
    careful = asked(hamlet_town, moderation="before")
    assert submit_comment(RESIDENT, careful.pk, text="one").state == "waiting"
    shown = judge_comment(hamlet_town.operator, careful.comments.get().pk, show=True)
    assert shown.state == "shown"


def test_every_point_is_answered_with_a_reason(hamlet_town: Hamlet) -> None:
    """Linked with the comments it answers; the promise is kept late; only once."""
    row = closed(hamlet_town, "Benches by the pond", "Shade")
    answer_consultation(
        hamlet_town.operator, row.pk, points=[
            PointDraft(asked=both("Benches"), verdict="partly", reason=both("Two"), comments=(1,)),
            PointDraft(asked=both("Shade"), verdict="no", reason=both("Pipes"), comments=(2,)),
        ],
    )  # fmt: skip
    view = selectors.consultation(hamlet_town.territory.pk, row.number)
    assert view is not None
    assert (view.line.state, view.line.late) == ("answered", True)
    assert [(p.verdict, p.comments) for p in view.points] == [("partly", (1,)), ("no", (2,))]
    assert [c.points for c in view.comments] == [(1,), (2,)]
    assert row.promise is not None
    assert row.promise.events.order_by("-id").first().state in ("late", "kept")  # type: ignore[union-attr]
    with pytest.raises(DialogueRefused) as refused:
        answer_consultation(hamlet_town.operator, row.pk, points=[POINT])
    assert refused.value.fields == (("", "final"),)
    assert AnswerPoint.objects.count() == 2


@pytest.mark.parametrize(
    ("point", "fault"),
    [
        ({"verdict": ""}, ("verdict_1", "missing")),
        ({"verdict": "perhaps"}, ("verdict_1", "unknown")),
        ({"reason": both("  ")}, ("reason_1", "missing")),
        ({"comments": (9,)}, ("comments_1", "unknown")),
    ],
)
def test_an_answer_without_verdict_or_reason_is_refused(
    hamlet_town: Hamlet, point: dict[str, Any], fault: tuple[str, str]
) -> None:
    row = closed(hamlet_town, "Benches")
    given: dict[str, Any] = {
        "asked": both("Benches"), "verdict": "yes", "reason": both("There is room"),
    } | point  # fmt: skip
    with pytest.raises(DialogueRefused) as refused:
        answer_consultation(hamlet_town.operator, row.pk, points=[PointDraft(**given)])
    assert fault in refused.value.fields
    row.refresh_from_db()
    assert row.answered is None
    assert not AnswerPoint.objects.exists()
    with pytest.raises(DialogueRefused):
        answer_consultation(hamlet_town.operator, row.pk, points=[])


def test_no_answer_before_people_have_spoken(hamlet_town: Hamlet) -> None:
    row = asked(hamlet_town)
    with pytest.raises(DialogueRefused) as refused:
        answer_consultation(hamlet_town.operator, row.pk, points=[POINT])
    assert refused.value.fields == (("", "not_now"),)


def test_an_overdue_answer_is_a_broken_promise_until_it_comes_late(hamlet_town: Hamlet) -> None:
    row = closed(hamlet_town, "Benches")
    line = selectors.consultations(hamlet_town.territory.pk)[0]
    assert line.state == "overdue"
    assert settle_answers(hamlet_town.operator, hamlet_town.territory) == 1
    assert settle_answers(hamlet_town.operator, hamlet_town.territory) == 0
    answer_consultation(hamlet_town.operator, row.pk, points=[POINT])
    states = list(PromiseEvent.objects.order_by("id").values_list("state", flat=True))
    assert states[:2] == ["made", "broken"]
    assert states[-1] in ("late", "kept")


def test_what_was_done_because_of_it(hamlet_town: Hamlet) -> None:
    row = closed(hamlet_town, "Benches")
    answer_consultation(hamlet_town.operator, row.pk, points=[POINT])
    point = row.points.get()
    lamps = hamlet_town.candidates["lamps"]
    today = timezone.localdate()
    note_change(hamlet_town.operator, point.pk, words=both("Done"), on=today, candidate_id=lamps.pk)
    view = selectors.consultation(hamlet_town.territory.pk, row.number)
    assert view is not None
    assert view.points[0].changes[0].candidate_id == lamps.pk
    assert [one.what for one in selectors.feed(hamlet_town.territory.pk)].count("changed") == 1
    with pytest.raises(DialogueRefused):
        note_change(hamlet_town.operator, point.pk, words=both(""), on=today)


@pytest.mark.parametrize("role", ["moderator", "inspector", "auditor", "administrator"])
def test_who_may_not_ask_or_answer(hamlet_town: Hamlet, role: str) -> None:
    """Refused, and nothing has changed."""
    row = closed(hamlet_town, "Benches")
    before = Consultation.objects.count(), Act.objects.count()
    with pytest.raises(AccessDenied):
        open_consultation(actor(role), hamlet_town.territory, draft())
    with pytest.raises(AccessDenied):
        answer_consultation(actor(role), row.pk, points=[POINT])
    with pytest.raises(AccessDenied):
        judge_comment(RESIDENT, row.comments.get().pk, show=False, why="insult")
    assert (Consultation.objects.count(), Act.objects.count()) == before
    assert not AnswerPoint.objects.exists()
    assert row.comments.get().state == "shown"
