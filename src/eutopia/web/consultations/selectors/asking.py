"""What pages read about consultations, comments and answers."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from eutopia.web.consultations.models import AnswerPoint, Change, Comment, Consultation
from eutopia.web.dialogue.selectors import proposal_place
from eutopia.web.problems.selectors import problem_line
from eutopia.web.programmes.models import Candidate
from eutopia.web.territory.selectors import wording


@dataclass(frozen=True, slots=True)
class ConsultationLine:
    """A consultation in a list. `state`: planned, open, answering, overdue, answered.

    `late` says that an answer came after its day.
    """

    id: int
    number: int
    title: str
    subject: str
    subject_number: int | None
    subject_title: str
    opens: datetime
    closes: datetime
    answer_due: datetime
    answered: datetime | None
    state: str
    late: bool
    comments: int
    """Shown, the folded ones too."""
    waiting: int
    standing: bool
    """Nobody asked: comments beside a proposal."""


@dataclass(frozen=True, slots=True)
class CommentView:
    """A comment as everybody reads it, with those that say the same."""

    id: int
    number: int
    text: str
    language: str
    at: datetime
    state: str
    why_hidden: str
    folded: tuple[CommentView, ...]
    points: tuple[int, ...]
    """Positions of the points of the answer that answer it."""


@dataclass(frozen=True, slots=True)
class ChangeView:
    """What was done because of an answer."""

    on: date
    words: str
    candidate_id: int | None
    candidate_title: str


@dataclass(frozen=True, slots=True)
class PointView:
    """One point of an answer."""

    id: int
    position: int
    asked: str
    verdict: str
    reason: str
    comments: tuple[int, ...]
    """Numbers of the comments it answers."""
    changes: tuple[ChangeView, ...]


@dataclass(frozen=True, slots=True)
class ConsultationView:
    """A consultation, on its page."""

    line: ConsultationLine
    text: str
    moderation: str
    summary: str
    points: tuple[PointView, ...]
    comments: tuple[CommentView, ...]
    """In the order said; those that say the same under the first."""
    hidden: tuple[tuple[int, str], ...]
    """Number and reason of comments taken off."""
    counted_in: str
    """Code of how the deadline was counted: working_days, calendar_days."""
    answer_days: int
    provisional: bool
    """The calendar's days off are not known for the whole span."""


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """What happened to a consultation. `what`: opened, answered, changed."""

    what: str
    number: int
    title: str
    words: str
    at: datetime


def consultations(
    territory_id: int, *, state: str = "", taken_off: bool = False
) -> tuple[ConsultationLine, ...]:
    """Which consultations were held: the overdue first, then the open, then the latest?

    Parameters
    ----------
    taken_off
        Also comments beside a proposal that were all taken off (for moderators: last, as `empty`).
    """
    rows = _counted(Consultation.objects.filter(territory_id=territory_id))
    if not taken_off:
        rows = rows.exclude(_EMPTY)
    titles = _subject_titles(territory_id, rows)
    lines = [_line(row, titles) for row in rows]
    order = {"overdue": 0, "open": 1, "answering": 2, "planned": 3, "answered": 4, "empty": 5}
    lines.sort(key=lambda one: (order[one.state], -one.closes.timestamp(), one.number))
    return tuple(one for one in lines if state in ("", one.state))


def consultations_about(
    territory_id: int, subject: str, number: int
) -> tuple[ConsultationLine, ...]:
    """Which consultations, asked by staff, are about this thing, the latest first?"""
    rows = Consultation.objects.filter(
        territory_id=territory_id, subject=subject, subject_number=number, standing=False
    )
    return tuple(_line(row, {}) for row in _counted(rows).order_by("-number"))


def comments_beside(territory_id: int, proposal_id: int) -> tuple[ConsultationView, ...]:
    """What was said beside a proposal and what was answered, gathering by gathering?"""
    rows = Consultation.objects.filter(
        territory_id=territory_id, subject="proposal", subject_number=proposal_id, standing=True
    )
    return tuple(_full(row, {}) for row in _counted(rows).exclude(_EMPTY).order_by("number"))


_EMPTY = Q(standing=True, shown=0, unseen=0)


def _counted(rows: Any) -> Any:
    return rows.annotate(
        shown=Count("comments", filter=Q(comments__state="shown")),
        unseen=Count("comments", filter=Q(comments__state="waiting")),
    ).order_by("-number")


def _subject_titles(territory_id: int, rows: Any) -> dict[tuple[str, int], str]:
    wanted = defaultdict(set)
    for row in rows:
        wanted[row.subject].add(row.subject_number)
    found = {}
    for number in wanted["problem"]:
        line = problem_line(territory_id, number or 0)
        if line is not None:
            found["problem", number] = f"{line.label} {line.title}"
    candidates = Candidate.objects.filter(pk__in=wanted["candidate"])
    for pk, title in candidates.values_list("pk", "title"):
        found["candidate", pk] = wording(title)
    for pk in wanted["proposal"]:
        place = proposal_place(territory_id, pk or 0)
        if place is not None:
            found["proposal", pk] = place.title
    return found


def _state(row: Consultation, now: datetime) -> str:
    if row.answered is not None:
        return "answered"
    if row.standing and row.promise_id is None:
        return "empty"
    if now < row.opens:
        return "planned"
    if now < row.closes:
        return "open"
    return "answering" if now <= row.answer_due else "overdue"


def _line(row: Any, titles: dict[tuple[str, int], str]) -> ConsultationLine:
    return ConsultationLine(
        id=row.pk,
        number=row.number,
        title=wording(row.title),
        subject=row.subject,
        subject_number=row.subject_number,
        subject_title=titles.get((row.subject, row.subject_number), ""),
        opens=row.opens,
        closes=row.closes,
        answer_due=row.answer_due,
        answered=row.answered,
        state=_state(row, timezone.now()),
        late=row.answered is not None and row.answered > row.answer_due,
        comments=row.shown,
        waiting=row.unseen,
        standing=row.standing,
    )


def consultation(territory_id: int, number: int) -> ConsultationView | None:
    """What was asked, said and answered? None where there is no such consultation."""
    rows = _counted(Consultation.objects.filter(territory_id=territory_id, number=number))
    row = rows.first()
    return None if row is None else _full(row, _subject_titles(territory_id, [row]))


def _full(row: Any, titles: dict[tuple[str, int], str]) -> ConsultationView:
    basis = row.due_basis or {}
    comments = list(row.comments.order_by("number").prefetch_related("points"))
    return ConsultationView(
        line=_line(row, titles),
        text=wording(row.text),
        moderation=row.moderation,
        summary=wording(row.summary),
        points=tuple(map(_point, row.points.prefetch_related("comments", "changes__candidate"))),
        comments=_shown(comments),
        hidden=tuple((c.number, c.why_hidden) for c in comments if c.state == "hidden"),
        counted_in=basis.get("counting", ""),
        answer_days=basis.get("amount", 0),
        provisional=not basis.get("calendar_complete", True),
    )


def _shown(rows: list[Comment]) -> tuple[CommentView, ...]:
    shown = {row.pk: row for row in rows if row.state == "shown"}
    under: dict[int, list[CommentView]] = defaultdict(list)
    heads = []
    for row in shown.values():
        if row.folded_under_id in shown:
            under[row.folded_under_id or 0].append(_comment(row, ()))
        else:
            heads.append(row)
    return tuple(_comment(row, tuple(under[row.pk])) for row in heads)


def _comment(row: Comment, folded: tuple[CommentView, ...]) -> CommentView:
    return CommentView(
        id=row.pk,
        number=row.number,
        text=row.text,
        language=row.language,
        at=row.at,
        state=row.state,
        why_hidden=row.why_hidden,
        folded=folded,
        points=tuple(point.position for point in row.points.all()),
    )


def _point(row: AnswerPoint) -> PointView:
    return PointView(
        id=row.pk,
        position=row.position,
        asked=wording(row.asked),
        verdict=row.verdict,
        reason=wording(row.reason),
        comments=tuple(sorted(c.number for c in row.comments.all() if c.state == "shown")),
        changes=tuple(map(_change, row.changes.all())),
    )


def _change(row: Change) -> ChangeView:
    title = "" if row.candidate is None else wording(row.candidate.title)
    return ChangeView(row.on, wording(row.words), row.candidate_id, title)


def comments_to_judge(territory_id: int, number: int) -> tuple[CommentView, ...]:
    """Which comments has a consultation, those that wait first, for a moderator?"""
    rows = Comment.objects.filter(
        consultation__territory_id=territory_id, consultation__number=number
    ).prefetch_related("points")
    ranked = sorted(rows, key=lambda row: (row.state != "waiting", row.number))
    return tuple(_comment(row, ()) for row in ranked)


def feed(territory_id: int, *, most: int = 30) -> tuple[FeedEntry, ...]:
    """What happened to consultations lately, the latest first?"""
    now = timezone.now()
    rows = Consultation.objects.filter(territory_id=territory_id, opens__lte=now)
    entries = []
    for row in rows.prefetch_related("points__changes"):
        title = wording(row.title)
        if not row.standing:
            entries.append(FeedEntry("opened", row.number, title, wording(row.text), row.opens))
        if row.answered is not None:
            said = wording(row.summary)
            entries.append(FeedEntry("answered", row.number, title, said, row.answered))
        for point in row.points.all():
            for change in point.changes.all():
                moment = datetime.combine(change.on, row.opens.timetz())
                words = wording(change.words)
                entries.append(FeedEntry("changed", row.number, title, words, moment))
    return tuple(sorted(entries, key=lambda one: one.at, reverse=True)[:most])


def comment_rows(territory_id: int) -> Any:
    """Yield what everybody may take away of comments: words as shown, and what answers them."""
    rows = (
        Comment.objects.filter(consultation__territory_id=territory_id, state="shown")
        .select_related("consultation", "folded_under")
        .prefetch_related("points")
        .order_by("consultation__number", "number")
    )
    for row in rows.iterator(chunk_size=500):
        head = row.folded_under
        answers = sorted(
            f"{p.position}:{p.verdict}" for p in (head.points if head else row.points).all()
        )
        yield (
            row.consultation.number, wording(row.consultation.title), row.number, row.at,
            row.text, head.number if head else None, " ".join(answers),
        )  # fmt: skip
