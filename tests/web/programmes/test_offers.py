"""A business offers a part of the cost: taken from anybody, decided in public, never twice."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from eutopia.core.records import Money
from eutopia.web.foundation.access import RESIDENT, AccessDenied, Actor, Grant
from eutopia.web.foundation.models import Act, SealedContact
from eutopia.web.programmes import selectors
from eutopia.web.programmes.models import Candidate, Offer
from eutopia.web.programmes.services import (
    CandidateRefused,
    OfferDraft,
    OfferRefused,
    decline_offer,
    plan_programme,
    submit_offer,
    take_offer,
)
from eutopia.web.reports.services import norms_of
from eutopia.web.territory.models import Territory
from eutopia.web.works.services import store_measures
from tests.web.programmes.test_by_hand import territory as _territory
from tests.web.programmes.test_programmes import CLERK, PLANNER

pytestmark = pytest.mark.django_db
town = _territory

DRAFT = OfferDraft(
    organisation="Bakery",
    title=(("en", "Benches by the bakery"),),
    text=(("en", "Call me: 8 916 123-45-67. Old people wait here standing."),),
    measure="replace_benches",
    quantity=Decimal(2),
    money=Decimal("15000.00"),
    lon=40.005,
    lat=55.005,
)


@pytest.fixture
def territory(town: Territory) -> Territory:
    """The hamlet with its catalogue of measures."""
    store_measures(town, norms_of(town))
    return town


def test_what_is_offered_is_read_by_all_but_the_contact(territory: Territory) -> None:
    """The number counts up; a telephone number in the words is taken out; the address is apart."""
    first = submit_offer(RESIDENT, territory.pk, DRAFT, contact="baker@example.org")
    second = submit_offer(RESIDENT, territory.pk, replace(DRAFT, organisation="Chemist"))
    assert (first, second) == (1, 2)
    told = selectors.offers(territory.pk)
    assert [one.number for one in told] == [2, 1]
    assert "916" not in told[1].text
    assert "standing" in told[1].text
    assert SealedContact.objects.count() == 1
    assert told[1].state == "new"
    listed = next(m for m in norms_of(territory).measures() if m.code == "replace_benches").cost
    assert told[1].listed == listed.amount * 2


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"organisation": " "}, "organisation", "missing"),
        ({"organisation": "x" * 161}, "organisation", "too_long"),
        ({"title": (("en", ""),)}, "title", "missing"),
        ({"text": (("en", "x" * 3_001),)}, "text", "too_long"),
        ({"measure": "flying_saucers"}, "measure", "unknown"),
        ({"quantity": Decimal(0)}, "quantity", "invalid"),
        ({"money": None}, "money", "invalid"),
        ({"money": Decimal("-1")}, "money", "invalid"),
        ({"lon": None}, "place", "missing"),
        ({"lat": 10.0}, "place", "outside"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_kept(
    territory: Territory, change: dict[str, Any], field: str, code: str
) -> None:
    """One fault, one field; no offer, no contact, no line in the log."""
    acts = Act.objects.count()
    with pytest.raises(OfferRefused) as refused:
        submit_offer(RESIDENT, territory.pk, replace(DRAFT, **change), contact="a@example.org")
    assert refused.value.fields == ((field, code),)
    with pytest.raises(OfferRefused) as too_many:
        submit_offer(RESIDENT, territory.pk, DRAFT, allow=lambda: False)
    assert too_many.value.fields == (("", "too_many"),)
    assert (Offer.objects.count(), SealedContact.objects.count()) == (0, 0)
    assert Act.objects.count() == acts


def test_taken_in_it_competes_with_its_money(territory: Territory) -> None:
    """The candidate is the business's own, with the money as co-funding; twice is refused."""
    submit_offer(RESIDENT, territory.pk, DRAFT)
    offer = Offer.objects.get()
    done = take_offer(PLANNER, offer.pk, reason="Promised in writing")
    row = Candidate.objects.get(pk=done.candidate_id)
    assert (row.code, row.origin) == ("proposal-offer-1", "business")
    assert row.record.co_funding == (("business", Money(Decimal(15_000), "RUB")),)
    (told,) = selectors.offers(territory.pk)
    assert (told.state, told.candidate) == ("taken", row.pk)
    planned = plan_programme(PLANNER, territory)
    assert selectors.candidate_line(territory.pk, row.pk, programme=planned.number) is not None
    for again in (take_offer, decline_offer):
        with pytest.raises(CandidateRefused):
            again(PLANNER, offer.pk, reason="Once more")
    assert Candidate.objects.filter(origin="business").count() == 1


def test_declined_it_says_why(territory: Territory) -> None:
    """No reason, no decision; a place that heritage or the map refuses stays undecided."""
    submit_offer(RESIDENT, territory.pk, DRAFT)
    offer = Offer.objects.get()
    for decide in (take_offer, decline_offer):
        with pytest.raises(CandidateRefused):
            decide(PLANNER, offer.pk, reason=" ")
    assert Offer.objects.get().state == "new"
    decline_offer(PLANNER, offer.pk, reason="The street is rebuilt next year")
    (told,) = selectors.offers(territory.pk)
    assert (told.state, told.reason) == ("declined", "The street is rebuilt next year")
    assert not Candidate.objects.filter(origin="business").exists()


def test_who_may_not_decides_nothing(territory: Territory) -> None:
    """Residents, clerks and auditors read offers and decide on none."""
    submit_offer(RESIDENT, territory.pk, DRAFT)
    offer, acts = Offer.objects.get(), Act.objects.count()
    auditor = Actor(6, "Auditor", (Grant("auditor", "hamlet"),))
    for actor in (RESIDENT, CLERK, auditor):
        for decide in (take_offer, decline_offer):
            with pytest.raises(AccessDenied):
                decide(actor, offer.pk, reason="Mine")
    assert Offer.objects.get().state == "new"
    assert Act.objects.count() == acts


def test_the_form_takes_an_offer_without_scripts(territory: Territory, client: Any) -> None:
    """A refused form keeps what was written and says what is wrong; a good one is listed."""
    given = {
        "organisation": "Bakery",
        "title": "Benches",
        "text": "Old people wait here standing.",
        "measure": "replace_benches",
        "quantity": "2",
        "money": "15000",
        "lon": "40.005",
        "lat": "55.005",
    }
    wrong = client.post("/en/programme/offers/new/", {**given, "money": ""})
    assert wrong.status_code == 422
    assert "What you pay is a number above zero." in wrong.content.decode()
    assert "Old people wait here standing." in wrong.content.decode()
    sent = client.post("/en/programme/offers/new/", given, follow=True)
    assert sent.status_code == 200
    page = sent.content.decode()
    assert "Thank you." in page
    assert "Bakery" in page
    assert "Waits for a decision" in page
