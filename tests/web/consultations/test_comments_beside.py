"""Anybody comments on a proposal without being asked; the clock of the answer runs by itself."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from eutopia.web.consultations import selectors
from eutopia.web.consultations.models import Comment, Consultation
from eutopia.web.consultations.services import (
    GATHER_DAYS,
    DialogueRefused,
    PointDraft,
    answer_consultation,
    comment_on_proposal,
    judge_comment,
    settle_answers,
)
from eutopia.web.dialogue.models import Proposal, Round
from eutopia.web.foundation.access import RESIDENT, AccessDenied, Actor
from eutopia.web.foundation.models import Act
from eutopia.web.ledger.models import Promise
from tests.web.consultations.hamlets import Hamlet
from tests.web.dialogue.rounds import voting_round

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("plain_files")]
DAY = timedelta(days=1)


@pytest.fixture
def idea(hamlet_town: Hamlet) -> Proposal:
    return voting_round(hamlet_town.territory).proposals.get(number=1)


def both(words: str) -> tuple[tuple[str, str], ...]:
    return (("en", words), ("ru", words))


def test_the_first_comment_promises_an_answer_and_others_join_it(
    hamlet_town: Hamlet, idea: Proposal
) -> None:
    first = comment_on_proposal(RESIDENT, idea.pk, text="Not under my window: +7 912 345-67-89")
    second = comment_on_proposal(RESIDENT, idea.pk, text="With room for prams, please.")
    assert second.consultation == first.consultation
    assert "345-67-89" not in first.text
    row = first.consultation
    assert row.closes == row.opens + GATHER_DAYS * DAY
    assert row.answer_due > row.closes
    assert row.promise.due == row.answer_due.date()
    (told,) = selectors.comments_beside(hamlet_town.territory.pk, idea.pk)
    assert [one.number for one in told.comments] == [1, 2]
    assert selectors.consultations_about(hamlet_town.territory.pk, "proposal", idea.pk) == ()


def test_what_is_said_after_closing_is_gathered_and_answered_anew(
    hamlet_town: Hamlet, idea: Proposal
) -> None:
    first = comment_on_proposal(
        RESIDENT, idea.pk, text="Who mends it?", at=timezone.now() - 9 * DAY
    )
    again = comment_on_proposal(RESIDENT, idea.pk, text="And who pays?")
    assert again.consultation != first.consultation
    point = PointDraft(
        asked=both("Who mends it?"), verdict="partly", reason=both("We do, in part."), comments=(1,)
    )
    answer_consultation(hamlet_town.operator, first.consultation_id, points=[point])
    old, new = selectors.comments_beside(hamlet_town.territory.pk, idea.pk)
    assert [old.line.state, new.line.state] == ["answered", "open"]
    assert old.points[0].verdict == "partly"


@pytest.mark.parametrize("case", ["empty", "hidden", "too late", "too many"])
def test_what_is_refused_leaves_nothing(hamlet_town: Hamlet, idea: Proposal, case: str) -> None:
    """No comment, no gathering, no promise."""
    if case == "hidden":
        Proposal.objects.filter(pk=idea.pk).update(state="hidden")
    if case == "too late":
        Round.objects.filter(pk=idea.round_id).update(voting_until=timezone.now())
    before = Promise.objects.count()
    with pytest.raises(DialogueRefused):
        comment_on_proposal(
            RESIDENT,
            idea.pk,
            text="" if case == "empty" else "Yes.",
            allow=lambda: case != "too many",
        )
    with pytest.raises(AccessDenied):
        comment_on_proposal(Actor(None, "", ()), idea.pk, text="Yes.")
    assert not Comment.objects.exists()
    assert not Consultation.objects.exists()
    assert Promise.objects.count() == before


def test_a_silent_clock_is_a_broken_promise(hamlet_town: Hamlet, idea: Proposal) -> None:
    made = comment_on_proposal(RESIDENT, idea.pk, text="Yes.", at=timezone.now() - 60 * DAY)
    assert settle_answers(hamlet_town.operator, hamlet_town.territory) == 1
    assert made.consultation.promise.events.latest("pk").state == "broken"


def test_nothing_is_owed_where_all_was_taken_off(hamlet_town: Hamlet, idea: Proposal) -> None:
    made = comment_on_proposal(RESIDENT, idea.pk, text="Buy now!", at=timezone.now() - 60 * DAY)
    judge_comment(hamlet_town.operator, made.pk, show=False, why="advert")
    assert Promise.objects.get().events.latest("pk").state == "withdrawn"
    assert settle_answers(hamlet_town.operator, hamlet_town.territory) == 0
    assert selectors.consultations(hamlet_town.territory.pk) == ()
    assert selectors.comments_beside(hamlet_town.territory.pk, idea.pk) == ()
    # It was no advertisement: shown again for a reason, it is owed an answer, from today on.
    (line,) = selectors.consultations(hamlet_town.territory.pk, taken_off=True)
    assert (line.state, line.comments) == ("empty", 0)
    with pytest.raises(DialogueRefused):
        judge_comment(hamlet_town.operator, made.pk, show=True)
    assert Promise.objects.count() == 1
    judge_comment(hamlet_town.operator, made.pk, show=True, why="He sells nothing.")
    act = Act.objects.filter(action="consultation.moderate").latest("pk")
    assert act.reason == "He sells nothing."
    assert json.loads(act.before)["why"] == "advert"
    first, second = Promise.objects.order_by("pk")
    assert first.events.latest("pk").state == "withdrawn"
    assert second.events.latest("pk").state == "made"
    assert second.due is not None
    assert second.due >= timezone.localdate()
    (line,) = selectors.consultations(hamlet_town.territory.pk)
    assert line.state == "answering"
    assert settle_answers(hamlet_town.operator, hamlet_town.territory) == 0


def test_a_comment_after_all_was_taken_off_is_owed_an_answer(
    hamlet_town: Hamlet, idea: Proposal
) -> None:
    made = comment_on_proposal(RESIDENT, idea.pk, text="Buy now!")
    judge_comment(hamlet_town.operator, made.pk, show=False, why="advert")
    comment_on_proposal(RESIDENT, idea.pk, text="Yes.")
    states = [one.events.latest("pk").state for one in Promise.objects.order_by("pk")]
    assert states == ["withdrawn", "made"]


def test_on_the_page_of_the_proposal(client: Client, hamlet_town: Hamlet, idea: Proposal) -> None:
    """Without an account or scripts; a flood from one sender waits a quarter of an hour."""
    address = f"/en/ballots/{idea.round.code}/proposals/1/"
    assert "Nobody has said anything yet." in client.get(address).content.decode()
    sent = client.post(address, {"text": "Leave room for prams."})
    assert sent["Location"] == f"{address}?said=shown#said"
    html = client.get(sent["Location"]).content.decode()
    assert "Your comment is shown below" in html
    assert "Leave room for prams." in html
    assert "answer due" in html
    assert html.count('id="said"') == 1
    assert client.post(address, {"text": " "}).status_code == 422
    for turn in range(6):
        flood = client.post(address, {"text": f"Number {turn}"})
    assert flood.status_code == 422
    # Asked by nobody, it is no consultation of the list until its answer is late.
    assert idea.title[0][1] not in client.get("/en/consultations/").content.decode()
    Consultation.objects.update(closes=timezone.now() - DAY, answer_due=timezone.now() - DAY)
    assert "Comments on proposal 1" in client.get("/en/consultations/").content.decode()
