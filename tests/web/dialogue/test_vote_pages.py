"""Voting as a visitor does it: without scripts, without a session, on the pages themselves."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.testing import InMemoryConnector
from shapely.geometry import Point

from eutopia.web.desk.tasks import count_vote
from eutopia.web.dialogue import models, selectors
from eutopia.web.dialogue.services import import_election, issue_codes, settle_vote_promises
from eutopia.web.foundation.access import OPERATOR, RESIDENT, AccessDenied
from eutopia.web.foundation.models import Account, Attempt
from eutopia.web.foundation.services import grant_role, open_account
from eutopia.web.ledger.models import Promise
from eutopia.web.loop.ballots import close_round, code_to_try
from eutopia.web.loop.training_votes import build_training_winner
from eutopia.web.programmes.models import Candidate, Verdict
from eutopia.web.programmes.services import plan_programme, set_rules
from eutopia.web.territory.models import Territory
from eutopia.web.territory.services import load_territory
from eutopia.web.works.models import Outcome, Work
from tests.web.dialogue.rounds import STAFF, end_voting, voting_round
from tests.web.programmes.test_programmes import RULES
from tests.web.towns import hamlet

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("plain_files")]


@pytest.fixture
def territory() -> Territory:
    town = hamlet()
    return load_territory(OPERATOR, replace(town, packs=(*town.packs, "measures-base")))[0]


@pytest.fixture
def voting(territory: Territory) -> models.Round:
    return voting_round(territory)


def hidden(html: str) -> dict[str, str]:
    """The hidden fields of the ballot."""
    found = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', html))
    found.pop("csrfmiddlewaretoken", None)
    return found


def entered(client: Client, code: str, voter: str) -> dict[str, str]:
    response = client.post(f"/en/ballots/{code}/vote/", {"code": voter})
    assert response.status_code == 200, response.content.decode()
    return hidden(response.content.decode())


def test_a_visitor_votes_and_changes_the_vote(client: Client, voting: models.Round) -> None:
    code = code_to_try(voting.territory_id, voting.pk)
    fields = entered(client, voting.code, code)
    none = client.post(f"/en/ballots/{voting.code}/vote/", fields)
    assert none.status_code == 422
    assert "choose at least one project" in none.content.decode()
    done = client.post(f"/en/ballots/{voting.code}/vote/", {**fields, "p-1": "1", "p-3": "1"})
    html = done.content.decode()
    assert "Your vote is in the box" in html
    assert "no-store" in done["Cache-Control"]
    assert not done.cookies.get("session")
    again = client.post(f"/en/ballots/{voting.code}/vote/", {**fields, "p-1": "1", "p-3": "1"})
    assert "Your vote is in the box" in again.content.decode()
    stuffed = client.post(f"/en/ballots/{voting.code}/vote/", {**fields, "p-2": "1"})
    assert stuffed.status_code == 422
    sheet = client.post(f"/en/ballots/{voting.code}/change/", {"secret": fields["secret"]})
    other = hidden(sheet.content.decode())
    changed = client.post(f"/en/ballots/{voting.code}/vote/", {**other, "p-2": "1"})
    assert "Changed" in changed.content.decode()
    assert models.Envelope.objects.count() == 1
    assert not Attempt.objects.exists()


def test_a_code_to_try_leads_to_the_ballot(client: Client, voting: models.Round) -> None:
    """In an invented town; the form beside the code goes to the ballot, not to another code."""
    page = client.post(f"/en/ballots/{voting.code}/try/").content.decode()
    code = re.search(r'<p class="vote-code">([0-9A-Z-]{19})</p>', page)
    assert code is not None
    assert f'action="/en/ballots/{voting.code}/vote/"' in page
    assert entered(client, voting.code, code[1])
    Territory.objects.update(synthetic=False)
    assert client.post(f"/en/ballots/{voting.code}/try/").status_code == 404


def test_guessing_codes_is_slow(client: Client, voting: models.Round) -> None:
    (right,) = issue_codes(STAFF, voting.pk, count=1)
    for _ in range(10):
        wrong = client.post(f"/en/ballots/{voting.code}/vote/", {"code": "0000"})
        assert wrong.status_code == 422
    late = client.post(f"/en/ballots/{voting.code}/vote/", {"code": right})
    assert "quarter of an hour" in late.content.decode()


def test_nothing_of_the_count_is_at_any_address(client: Client, voting: models.Round) -> None:
    code = code_to_try(voting.territory_id, voting.pk)
    paths = [
        f"ballots/{voting.code}/", f"ballots/{voting.code}/proposals/1/", "votes/",
        f"ballots/{voting.code}/vote/", f"map/proposals.geojson?round={voting.code}",
    ]  # fmt: skip
    before = [client.get(f"/en/{path}").content for path in paths]
    fields = entered(client, voting.code, code)
    client.post(f"/en/ballots/{voting.code}/vote/", {**fields, "p-1": "1"})
    token = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]*"')
    after = [client.get(f"/en/{path}").content for path in paths]
    assert [token.sub(b"", one) for one in after] == [token.sub(b"", one) for one in before]
    for path in ("", "box.pb", "receipts.txt", "projects.csv", "receipt/"):
        assert client.get(f"/en/votes/{voting.code}/{path}").status_code == 404


def test_from_the_box_to_the_programme(client: Client, voting: models.Round) -> None:
    """Closed, counted, published; winners are candidates with mandates; every page tells it."""
    set_rules(STAFF, voting.territory, RULES)
    codes = issue_codes(STAFF, voting.pk, count=5)
    for voter in codes:
        fields = entered(client, voting.code, voter)
        client.post(f"/en/ballots/{voting.code}/vote/", {**fields, "p-1": "1", "p-2": "1"})
    end_voting(voting)
    held = close_round(STAFF, voting.pk)
    won = {step.project.code for step in held.tallies.get(binding=True).steps.all()}
    assert won == {"1", "2"}
    made = Candidate.objects.filter(code__startswith="proposal-")
    assert {row.mandate for row in made} == {True}
    assert made.count() == 2
    assert Promise.objects.filter(kind="vote").count() == 2
    page = client.get(f"/en/votes/{voting.code}/").content.decode()
    assert held.box.sha256 in page
    assert "eutopia tally" in page
    life = client.get(f"/en/ballots/{voting.code}/proposals/1/").content.decode()
    assert "Chosen by the vote" in life
    assert f"/programme/projects/{made.order_by('code').first().pk}/" in life  # type: ignore[union-attr]
    listed = client.get(f"/en/votes/{voting.code}/receipts.txt").content.decode().split()
    assert len(listed) == 5
    found = client.get(f"/en/votes/{voting.code}/receipt/?receipt={listed[0]}")
    assert "Yes: this receipt" in found.content.decode()
    none = client.get(f"/en/votes/{voting.code}/receipt/?receipt=00")
    assert "not on the list" in none.content.decode()
    build_training_winner(STAFF, voting.territory, held)
    (work,) = Work.objects.all()
    assert (work.candidate, work.finished) == (f"proposal-{held.code}-2", voting.territory.as_of)
    assert settle_vote_promises(STAFF, voting.territory) == 1
    assert settle_vote_promises(STAFF, voting.territory) == 0
    kept = Promise.objects.filter(kind="vote", events__state="kept").get()
    assert kept.title == [["", "Idea 2"], ["ru", "Идея 2"]]
    built = client.get(f"/en/ballots/{voting.code}/proposals/2/").content.decode()
    assert "Kept" in built
    assert "Built: it needs no place in the programme any more" in built
    number = made.get(code=work.candidate).pk
    assert (
        "Why it is not in" not in client.get(f"/en/programme/projects/{number}/").content.decode()
    )
    planned = plan_programme(STAFF, voting.territory)
    weighed = Verdict.objects.filter(
        programme=planned.programme_id, candidate__code__startswith="proposal-"
    )
    (verdict,) = weighed.values_list("candidate__code", "chosen")
    assert verdict == (f"proposal-{held.code}-1", True)
    assert "Деревушка решает" in client.get(f"/ru/votes/{voting.code}/").content.decode()
    table = client.get(f"/en/votes/{voting.code}/projects.csv").content.decode()
    assert table.splitlines()[0].startswith("project,name,cost,votes,equal_shares")
    assert b"def main" in client.get("/en/votes/standalone_tally.py").content


def test_a_proposal_tells_its_whole_life(client: Client, voting: models.Round) -> None:
    """Vote, promise, programme, works, warranty, effect: each with its day and its page."""
    set_rules(STAFF, voting.territory, RULES)
    marks = {"p-1": "1", "p-2": "1", "p-3": "1"}
    for voter in issue_codes(STAFF, voting.pk, count=4):
        fields = entered(client, voting.code, voter)
        client.post(f"/en/ballots/{voting.code}/vote/", {**fields, **marks})
        marks.pop("p-3", None)
    end_voting(voting)
    held = close_round(STAFF, voting.pk)
    address = f"/en/ballots/{voting.code}/proposals/1/"
    before = client.get(address).content.decode()
    assert "4 of 4 voters" in before
    assert "the next programme builds it or says why not" in before
    run = held.tallies.get(binding=True).run
    candidate = models.BallotProject.objects.get(election=held, code="1").candidate
    work = Work.objects.create(
        territory=voting.territory, code="w1", measure="renew_playground", district="east",
        started=date(2027, 5, 1), finished=date(2027, 6, 1), cost=60, currency="RUB",
        candidate=candidate, warranty_until=date(2099, 1, 1), geometry=Point(40.005, 55.005),
    )  # fmt: skip
    Outcome.objects.create(
        territory=voting.territory, run=run, work=work, measure="renew_playground", before=9,
        after=3, days_before=365, days_after=365, comparison_before=20, comparison_after=20,
        ratio=0.4, low=0.2, high=0.9, verdict="better",
    )  # fmt: skip
    life = client.get(address).content.decode()
    assert "Finished on June 1, 2027; under warranty until January 1, 2099" in life
    assert "−60% events (95%: −80% to −10%)" in re.sub(r"(?<=\d)\s(?=%)", "", life)
    assert f'/works/{work.pk}/#outcome"' in life
    lost = client.get(f"/en/ballots/{voting.code}/proposals/3/").content.decode()
    assert "1 of 4 voters" in lost
    assert "would have been enough" in lost


def test_anybody_proposes_and_sees_what_is_alike(client: Client, territory: Territory) -> None:
    row = voting_round(territory, started=-0.5)
    address = f"/en/ballots/{row.code}/proposals/new/"
    given = {
        "title": "Benches at the pond", "text": "Old people rest there.", "category": "furniture",
        "lon": "40.0101", "lat": "55.005", "contact": "someone@example.org",
    }  # fmt: skip
    empty = client.post(address, {"title": "", "text": ""})
    assert empty.status_code == 422
    assert "tap the map" in empty.content.decode()
    outside = client.post(address, {**given, "lon": "50"})
    assert "outside the town" in outside.content.decode()
    sent = client.post(address, given)
    assert sent.status_code == 302
    made = models.Proposal.objects.latest("pk")
    assert made.contact is not None
    assert (made.state, made.district) == ("new", "east")
    alike = client.post(address, {**given, "title": "New benches near the pond"})
    assert alike.status_code == 200
    assert "Is it one of these?" in alike.content.decode()
    assert client.post(address, {**given, "seen": "1"}).status_code == 302
    for _ in range(5):
        flood = client.post(address, {**given, "seen": "1"})
    assert flood.status_code == 422
    assert models.Proposal.objects.filter(round=row).count() == len((1, 2, 3, 4)) + 5


def staff(client: Client, *roles: str) -> Account:
    account = open_account(
        OPERATOR, login="-".join(roles), name="A. Clerk", password="a long enough password"
    )
    for role in roles:
        grant_role(OPERATOR, account, role)
    client.force_login(account)
    return account


def test_the_desk_from_opening_to_the_file(client: Client, territory: Territory) -> None:
    staff(client, "planner", "administrator", "moderator")
    form = {
        "code": "b-2030", "title_ru": "Бюджет", "budget": "1000", "vote_type": "cumulative",
        "max_sum_points": "10", "rule": "greedy", "roll": "codes", "proposals_from": "2030-01-01",
        "proposals_until": "2030-02-01", "voting_from": "2030-03-01", "voting_until": "2030-02-01",
    }  # fmt: skip
    bad = client.post("/en/desk/ballots/", form)
    assert bad.status_code == 422
    assert "after the one before" in bad.content.decode()
    assert not models.Round.objects.exists()
    made = client.post("/en/desk/ballots/", {**form, "voting_until": "2030-04-01"})
    assert made["Location"] == "/en/desk/ballots/b-2030/"
    letters = client.post("/en/desk/ballots/b-2030/codes/", {"count": "2", "form": "pdf"})
    assert letters.content.startswith(b"%PDF")
    table = client.post("/en/desk/ballots/b-2030/codes/", {"count": "3", "form": "csv"})
    assert len(table.content.decode().splitlines()) == 4
    assert models.RollEntry.objects.count() == 5
    closed = client.post("/en/desk/ballots/b-2030/close/", follow=True)
    assert "People may still vote." in closed.content.decode()


def test_staff_judge_join_and_hide_in_public(client: Client, territory: Territory) -> None:
    row = voting_round(territory, started=-1.5)
    models.Proposal.objects.filter(round=row).update(state="new", cost="")
    staff(client, "planner", "moderator")
    at = f"/en/desk/ballots/{row.code}/proposals/"
    client.post(f"{at}1/", {"step": "feasible", "reason": "Can be built.", "cost": "50"})
    client.post(f"{at}2/", {"step": "refused", "reason": "No room for it."})
    client.post(f"{at}3/", {"step": "merge", "into": "1"})
    client.post(f"{at}4/", {"step": "hide", "reason": "Insults somebody."})
    found = {p.number: p for p in models.Proposal.objects.filter(round=row)}
    assert [found[n].state for n in (1, 2, 3, 4)] == ["feasible", "refused", "merged", "hidden"]
    assert found[1].backing == 2
    no_cost = client.post(
        f"{at}2/", {"step": "feasible", "reason": "Yes", "cost": "x"}, follow=True
    )
    assert "Write the cost in digits" in no_cost.content.decode()
    page = client.get(f"/en/ballots/{row.code}/proposals/4/").content.decode()
    assert "Insults somebody." in page
    assert "Something good." not in page


def test_a_clerk_helps_and_keys(client: Client, territory: Territory) -> None:
    row = voting_round(territory)
    codes = issue_codes(STAFF, row.pk, count=2)
    staff(client, "case_officer")
    sheet = client.post(f"/en/desk/ballots/{row.code}/help/", {"step": "enter", "voter": codes[0]})
    fields = hidden(sheet.content.decode())
    done = client.post(f"/en/desk/ballots/{row.code}/help/", {**fields, "p-1": "1"})
    assert "The vote is in the box" in done.content.decode()
    out = client.post(f"/en/desk/ballots/{row.code}/help/", {"step": "paper", "voter": codes[1]})
    assert "Hand out the paper ballot: 1" in out.content.decode()
    keyed = client.post(f"/en/desk/ballots/{row.code}/paper/", {"serial": "A1", "p-2": "1"})
    assert "somebody else must key it" in keyed.content.decode()
    twice = client.post(f"/en/desk/ballots/{row.code}/paper/", {"serial": "A1", "p-2": "1"})
    assert twice.status_code == 422
    papers = client.post(f"/ru/desk/ballots/{row.code}/paper/sheets/", {"count": "2"})
    assert papers.content.startswith(b"%PDF")
    many = client.post(f"/en/desk/ballots/{row.code}/paper/sheets/", {"count": "999"}, follow=True)
    assert "1 to 200 ballots" in many.content.decode()
    client.logout()
    staff(client, "auditor")
    for path, given in (("help", {"step": "enter"}), ("paper/sheets", {"count": "2"})):
        assert client.post(f"/en/desk/ballots/{row.code}/{path}/", given).status_code == 403


BOX = b"""META
key;value
description;Elsewhere
num_projects;2
num_votes;3
budget;100
vote_type;approval
currency;PLN
PROJECTS
project_id;cost;name;latitude;longitude
a;60;Park;55.0;40.0
b;50;Square;55.0;40.01
VOTES
voter_id;vote
1;a
2;a,b
3;b
"""


def test_a_file_of_another_town_is_read_and_counted(client: Client, territory: Territory) -> None:
    staff(client, "planner")
    given = {"code": "elsewhere", "rule": "equal_shares_compared"}
    file = SimpleUploadedFile("box.pb", BOX)
    with app.replace_connector(InMemoryConnector()) as held:
        client.post("/en/desk/ballots/import/", {**given, "file": file})
        (one,) = held.connector.jobs.values()
    assert "have not been counted yet" in client.get("/en/votes/elsewhere/").content.decode()
    count_vote.func(**one["args"])
    view = selectors.election(territory.pk, "elsewhere")
    assert view is not None
    assert view.binding is None
    assert view.tallies[0].selected == 1
    # In the file's money, not in that of the town that shows it.
    page = client.get("/en/votes/elsewhere/").content.decode()
    assert "PLN" in page
    assert "₽" not in page
    assert client.get("/en/votes/elsewhere/box.pb").content == BOX
    broken = SimpleUploadedFile("box.pb", BOX.replace(b"a;60", b"a;x"))
    said = client.post("/en/desk/ballots/import/", {**given, "file": broken}, follow=True)
    assert "box.pb, line 11, cost" in said.content.decode()
    assert models.Election.objects.count() == 1
    with pytest.raises(AccessDenied):
        import_election(RESIDENT, territory.pk, BOX.decode(), code="x")


def test_dates_are_moved_with_a_reason_that_everybody_reads(
    client: Client, voting: models.Round
) -> None:
    """Out of order, or without a reason, nothing moves."""
    staff(client, "planner", "administrator")
    names = ("proposals_from", "proposals_until", "voting_from", "voting_until")
    before = {name: getattr(voting, name) for name in names}
    later = {**before, "voting_until": before["voting_until"] + timedelta(days=9)}
    form = {name: f"{moment:%Y-%m-%dT%H:%M}" for name, moment in later.items()}
    address = f"/en/desk/ballots/{voting.code}/move/"
    for fault in (
        {**form, "reason": " "},
        {**form, "reason": "why", "voting_until": form["proposals_from"]},
        {**form, "reason": "why", "voting_from": "soon"},
    ):
        client.post(address, fault)
        voting.refresh_from_db()
        assert {name: getattr(voting, name) for name in names} == before
        assert voting.moved == []
    client.post(address, {**form, "reason": "The hall was flooded"})
    voting.refresh_from_db()
    assert voting.voting_until > before["voting_until"]
    page = client.get(f"/en/ballots/{voting.code}/").content.decode()
    assert "The hall was flooded" in page
    assert "The dates were moved on" in page


def test_a_vote_is_delivered_when_its_winners_stand(client: Client, voting: models.Round) -> None:
    """One of two winners built is a half; the last one finished ends the round."""
    set_rules(STAFF, voting.territory, RULES)
    for voter in issue_codes(STAFF, voting.pk, count=3):
        fields = entered(client, voting.code, voter)
        client.post(f"/en/ballots/{voting.code}/vote/", {**fields, "p-1": "1", "p-2": "1"})
    end_voting(voting)
    close_round(STAFF, voting.pk)
    day = timezone.localdate()
    for number, candidate in enumerate(Candidate.objects.filter(code__startswith="proposal-")):
        Work.objects.create(
            territory=voting.territory, code=f"work-{number}", measure=candidate.measure,
            district="west", started=day, finished=None if number else day, cost=1,
            currency="RUB", candidate=candidate.code, geometry=Point(40.005, 55.005),
        )  # fmt: skip
    page = client.get(f"/en/ballots/{voting.code}/").content.decode()
    assert "1 of 2 projects finished" in page
    assert "Delivered" not in page
    Work.objects.update(finished=day)
    page = client.get(f"/en/ballots/{voting.code}/").content.decode()
    assert "2 of 2 projects finished" in page
    assert "Delivered" in page


def test_an_exact_price_of_any_length_is_kept(territory: Territory) -> None:
    held = import_election(STAFF, territory.pk, BOX.decode(), code="long")
    run = models.Run.objects.create(
        territory=territory, method="m", input_digest="", output_digest="", as_of=date(2026, 1, 1),
        started=timezone.now(), seconds=0.0, software="s",
    )  # fmt: skip
    tally = models.Tally.objects.create(election=held, run=run, rule="greedy", cost="1", budget="1")
    price = f"{7**900}/{2**900}"
    step = models.TallyStep.objects.create(
        tally=tally, position=1, project=held.projects.get(code="a"), price=price
    )
    step.refresh_from_db()
    assert step.price == price
