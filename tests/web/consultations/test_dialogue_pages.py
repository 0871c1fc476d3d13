"""The dialogue on its pages: a resident with no account, staff at the desk, without scripts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from eutopia.web.consultations.models import Comment, Consultation, Mediation, Pledge, Weighing
from eutopia.web.consultations.services import (
    ConsultationDraft,
    MediationDraft,
    open_consultation,
    open_mediation,
    settle_answers,
    submit_comment,
)
from eutopia.web.foundation.access import OPERATOR, RESIDENT
from eutopia.web.foundation.services import grant_role, open_account
from eutopia.web.territory.models import Organisation
from tests.web.consultations.hamlets import Hamlet
from tests.web.dialogue.rounds import voting_round

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("plain_files")]
DAY = timedelta(days=1)


@pytest.fixture
def asked(hamlet_town: Hamlet) -> Consultation:
    now = timezone.now()
    return open_consultation(
        hamlet_town.operator,
        hamlet_town.territory,
        ConsultationDraft(
            title=(("ru", "Что чинить?"), ("en", "What to mend?")),
            text=(("ru", "Скажите."), ("en", "Say it.")),
            opens=now - 60 * DAY,
            closes=now + DAY,
        ),
    )


@pytest.fixture
def desk(client: Client, hamlet_town: Hamlet) -> Client:
    account = open_account(OPERATOR, login="clerk", name="A. Clerk", password="a long password x")
    for role in ("planner", "administrator", "moderator"):
        grant_role(OPERATOR, account, role)
    client.force_login(account)
    return client


def closed(row: Consultation, *, answer_due: timedelta) -> None:
    """Commented once, closed, the answer due at that distance from now."""
    submit_comment(RESIDENT, row.pk, text="Mend the lamps.", at=timezone.now() - 30 * DAY)
    now = timezone.now()
    Consultation.objects.filter(pk=row.pk).update(closes=now - DAY, answer_due=now + answer_due)


def test_a_resident_comments_without_an_account(client: Client, asked: Consultation) -> None:
    """The telephone number is taken out before anything is kept; no session is begun."""
    empty = client.post("/en/consultations/1/", {"text": " "})
    assert empty.status_code == 422
    assert "Write what you want to say." in empty.content.decode()
    assert not Comment.objects.exists()
    sent = client.post("/en/consultations/1/", {"text": "Lamps first. +7 912 345-67-89"})
    assert sent["Location"] == "/en/consultations/1/?sent=shown#said"
    html = client.get(sent["Location"]).content.decode()
    assert "Your comment is shown below" in html
    assert "Lamps first." in html
    assert "345-67-89" not in html
    assert "345" not in Comment.objects.get().text
    assert not sent.cookies.get("session")
    table = b"".join(client.get("/en/data/comments.csv"))  # type: ignore[call-overload]
    assert b"Lamps first." in table


def test_a_proposal_to_a_vote_is_commented_and_shows_it(desk: Client, hamlet_town: Hamlet) -> None:
    """Asked from the desk, found from the proposal's page and back; a hidden one is not asked."""
    round_ = voting_round(hamlet_town.territory)
    proposal = round_.proposals.get(number=1)
    day = timezone.localdate()
    form = {
        "title_ru": "Нужно ли это?", "title_en": "Is it needed?", "text_ru": "Скажите.",
        "text_en": "Tell us.", "subject": "proposal", "subject_number": str(proposal.pk),
        "opens": f"{day - DAY}", "closes": f"{day + 9 * DAY}", "moderation": "after",
        "answer_days": "10",
    }  # fmt: skip
    hidden = round_.proposals.get(number=2)
    type(hidden).objects.filter(pk=hidden.pk).update(state="hidden")
    refused = desk.post("/en/desk/consultations/", {**form, "subject_number": str(hidden.pk)})
    assert refused.status_code == 422
    assert not Consultation.objects.exists()
    assert desk.post("/en/desk/consultations/", form).status_code == 302
    page = f"/en/ballots/{round_.code}/proposals/1/"
    assert "Is it needed?" in desk.get(page).content.decode()
    assert page in desk.get("/en/consultations/1/").content.decode()
    prepared = desk.get(f"/en/desk/consultations/?subject=proposal&subject_number={proposal.pk}")
    assert f'value="{proposal.pk}"' in prepared.content.decode()


def test_an_overdue_answer_is_shown_to_everybody(
    client: Client, hamlet_town: Hamlet, asked: Consultation
) -> None:
    closed(asked, answer_due=-timedelta(hours=2))
    assert settle_answers(hamlet_town.operator, hamlet_town.territory) == 1
    for address in ("/en/", "/en/consultations/", "/en/consultations/1/"):
        assert "The answer is overdue" in client.get(address).content.decode(), address
    assert "has not been given" in client.get("/en/consultations/1/").content.decode()
    assert "What to mend?" in client.get("/en/account/").content.decode()


def test_staff_answer_each_point_with_a_reason_or_not_at_all(
    desk: Client, asked: Consultation
) -> None:
    closed(asked, answer_due=DAY)
    form = {
        "step": "answer", "asked_1_ru": "Фонари", "asked_1_en": "Lamps", "verdict_1": "partly",
        "comments_1": "1",
    }  # fmt: skip
    for fault in (form, {**form, "reason_1_ru": "Да", "reason_1_en": "So", "verdict_1": ""}):
        refused = desk.post("/en/desk/consultations/1/", fault)
        assert refused.status_code == 422
        assert "Nothing was recorded yet" in refused.content.decode()
        assert "Lamps" in refused.content.decode()
        assert not asked.points.exists()
    reason = {"reason_1_ru": "Половина – в марте.", "reason_1_en": "Half of them in March."}
    assert desk.post("/en/desk/consultations/1/", {**form, **reason}).status_code == 302
    html = desk.get("/en/consultations/1/").content.decode()
    assert "Half of them in March." in html
    assert "Partly" in html
    assert 'href="#comment-1"' in html
    again = desk.post("/en/desk/consultations/1/", {**form, **reason})
    assert again.status_code == 422
    assert asked.points.count() == 1


def test_a_side_weighs_and_is_told_where_it_contradicts_itself(
    client: Client, hamlet_town: Hamlet
) -> None:
    """Roads over lamps over drains over roads: a circle, sent only when that is meant."""
    now = timezone.now()
    open_mediation(
        hamlet_town.operator,
        hamlet_town.territory,
        MediationDraft(
            title=(("ru", "Что важнее"), ("en", "What counts")),
            programme=1, opens=now - DAY, closes=now + DAY,
        ),
    )  # fmt: skip
    pairs = {"way": "pairs"}
    criteria = Mediation.objects.get().criteria
    for first, second in ((0, 1), (0, 2), (1, 2)):
        circle = "1/9" if (first, second) == (0, 2) else "9"
        pairs[f"pair-{criteria[first]}-{criteria[second]}"] = circle
    address = "/en/weights/1/give/?way=pairs"
    doubted = client.post(address, pairs)
    assert doubted.status_code == 422
    assert "pull in different directions" in doubted.content.decode()
    assert not Weighing.objects.exists()
    assert client.post(address, {**pairs, "anyway": "1"}).status_code == 302
    assert Weighing.objects.get().inconsistency > 0.1
    short = {f"w-{c}": "10" for c in criteria}
    refused = client.post("/en/weights/1/give/?way=budget_allocation", short)
    assert refused.status_code == 422
    assert "do not add up to 100" in refused.content.decode()
    assert Weighing.objects.count() == 1


def test_pledges_are_recorded_at_the_desk_and_shown(desk: Client, hamlet_town: Hamlet) -> None:
    """A pledge without a sum is refused with what was sent; then recorded, then received."""
    body = Organisation.objects.create(
        territory=hamlet_town.territory, code="firm", kind="business", name=[["en", "A firm"]]
    )
    project = hamlet_town.candidates["lamps"].pk
    form = {
        "step": "pledge", "kind": "cash", "what_ru": "На фонари", "what_en": "For lamps",
        "organisation": body.code, "made": "2026-03-01", "due": "2026-12-01",
        "candidate": str(project),
    }  # fmt: skip
    refused = desk.post("/en/desk/pledges/", form)
    assert refused.status_code == 422
    assert "For lamps" in refused.content.decode()
    assert not Pledge.objects.exists()
    assert desk.post("/en/desk/pledges/", {**form, "value": "1 000,50"}).status_code == 302
    step = {"step": "state", "pledge": "1", "state": "received", "on": "2026-04-01"}
    step |= {"received": "1000.50"}
    unproved = desk.post("/en/desk/pledges/", step)
    assert unproved.status_code == 422
    assert Pledge.objects.get().events.count() == 1
    assert desk.post("/en/desk/pledges/", {**step, "note": "Order 118"}).status_code == 302
    for address in ("/en/pledges/", f"/en/programme/projects/{project}/"):
        html = desk.get(address).content.decode()
        assert "For lamps" in html, address
        assert "Received" in html, address
