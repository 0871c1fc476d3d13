"""My house, and the dispatcher: one event for many calls, clocks kept or not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from eutopia.core.records import (
    Call,
    Connection,
    Crew,
    Interruption,
    Money,
    Tariff,
    Text,
    UtilityRegister,
)
from eutopia.web.foundation.access import OPERATOR, RESIDENT, AccessDenied, Actor
from eutopia.web.foundation.models import Act
from eutopia.web.foundation.services import grant_role, open_account
from eutopia.web.loop.services import operator_for
from eutopia.web.territory.models import Territory
from eutopia.web.territory.services import load_territory, town_clock
from eutopia.web.utilities import models, selectors, services
from tests.web.towns import hamlet

pytestmark = pytest.mark.django_db

ACTOR = operator_for("hamlet")
# The town's midnight after its last day, 30 June in Moscow.
END = datetime(2026, 6, 30, 21, tzinfo=UTC)
OUT = Interruption(
    "e1",
    "cold_water",
    "keeper",
    END - timedelta(hours=2),
    None,
    planned=False,
    building_ids=("b1",),
    customers=40,
    promised=END + timedelta(hours=3),
)
REGISTER = UtilityRegister(
    connections=(
        Connection("b1", "cold_water", "keeper", "works", "main-1", "outer_wall"),
        Connection("b2", "cold_water", "keeper", "works", "main-1", "outer_wall"),
        Connection("b1", "gas", "keeper", "works"),
        Connection("b1", "gas", "works", "works"),
    ),
    tariffs=(
        Tariff("cold_water", "works", date(2025, 7, 1), date(2026, 6, 1),
               Money(Decimal("48.30"), "RUB"), "m3"),
        Tariff("cold_water", "works", date(2026, 6, 10), None,
               Money(Decimal("52.10"), "RUB"), "m3"),
    ),
    crews=(Crew("k/1", Text.of(en="Crew 1", ru="Бригада 1"), "keeper", ("cold_water",)),),
    calls=(
        Call("1", END - timedelta(minutes=9), "b1", "cold_water", answered=END),
        Call("2", END - timedelta(minutes=1), "b1", "electricity", words="dark"),
    ),
)  # fmt: skip


@pytest.fixture
def territory() -> Territory:
    town = hamlet()
    second = replace(
        town.territory.buildings[0],
        id="b2",
        address=Text.of(en="3 Main Street", ru="Главная ул., 3"),
    )
    place = replace(town.territory, buildings=(*town.territory.buildings, second))
    row, _ = load_territory(OPERATOR, replace(town, territory=place))
    row.packs = [*row.packs, "ru-354"]
    row.save()
    services.load_interruptions(ACTOR, row, [OUT])
    services.load_utilities(ACTOR, row, REGISTER)
    return row


def test_loaded_once_and_faults_are_named(territory: Territory) -> None:
    """Two providers of gas for one house, eight days without a tariff: set aside by name."""
    done = services.load_utilities(ACTOR, territory, REGISTER)
    assert (done.inserted, done.updated) == (0, 0)
    named = dict(models.SetAside.objects.values_list("subject", "code"))
    assert named == {
        "b1 gas": "two_providers",
        "cold_water works 2026-06-02 2026-06-09": "tariff_gap",
    }


def test_my_house(territory: Territory) -> None:
    """What is out, until when, whom to call; found by a sloppy address in Latin letters."""
    assert services.find_houses(territory.pk, "glavnaya 1")[0] == "b1"
    view = selectors.house(territory.pk, "b1", now=town_clock(territory))
    assert view is not None
    assert [(o.service, o.promised) for o in view.now] == [("cold_water", OUT.promised)]
    water = next(one for one in view.served if one.service == "cold_water")
    assert (water.price, water.out) == (Decimal("52.10"), True)
    assert selectors.house(territory.pk, "nothing", now=timezone.now()) is None


def test_owed_so_far_is_what_the_norm_says(territory: Territory) -> None:
    """30 hours of water in June, and 2 of the outage that goes on: 24 x 0.15 % = 3.6 %."""
    earlier = replace(
        OUT,
        id="e0",
        started=END - timedelta(days=20),
        ended=END - timedelta(days=20) + timedelta(hours=30),
        promised=None,
    )
    services.load_interruptions(ACTOR, territory, [OUT, earlier])
    Territory.objects.update(clock_from=timezone.now())
    june = next(o for o in services.owed_so_far(territory.pk, "b1") if o.month == date(2026, 6, 1))
    assert (june.service, june.share) == ("cold_water", Decimal("0.036"))
    assert sum(line.excess for line in june.lines) == 24
    # What residents alone told of is owed for only when somebody has looked.
    models.Interruption.objects.update(confirmed=False)
    assert services.owed_so_far(territory.pk, "b1") == ()


def test_a_call_joins_the_event_that_goes_on(territory: Territory) -> None:
    """The caller counts as told where the end is promised already; five minutes to answer."""
    call = services.take_call(
        ACTOR, territory, building="b1", service="cold_water", words="Позвоните +7 912 345-67-89"
    )
    assert call.interruption is not None
    assert call.interruption.code == "e1"
    assert call.told is not None
    assert "345-67-89" not in call.words
    view = selectors.call(territory.pk, call.pk, now=town_clock(territory))
    assert view is not None
    due = {one.clock: one.due for one in view.clocks}
    assert due["respond"] - call.received == timedelta(minutes=5)
    assert due["temporary_fix"] - call.received == timedelta(minutes=30)


def test_one_event_for_many_calls(territory: Territory) -> None:
    """Begun for the whole network part, it takes the waiting calls there; ended, all are closed."""
    models.Interruption.objects.update(ended=END - timedelta(hours=1))
    calls = [
        services.take_call(ACTOR, territory, building=b, service="cold_water")
        for b in ("b1", "b2", "b2")
    ]
    assert {call.interruption for call in calls} == {None}
    fed = services.fed_with(territory.pk, "b1", "cold_water")
    assert fed == ("b1", "b2")
    event = services.begin_event(ACTOR, calls[0], buildings=fed)
    assert (event.calls.count(), event.customers, event.confirmed) == (3, 80, False)
    out = services.send_crew(ACTOR, event, models.Crew.objects.get().pk)
    with pytest.raises(ValidationError, match="out already"):
        services.send_crew(ACTOR, event, out.crew_id)
    services.crew_came(ACTOR, event, out.pk)
    event.refresh_from_db()
    assert event.confirmed
    until = town_clock(territory) + timedelta(hours=2)
    services.promise_end(ACTOR, event, until=until)
    models.Interruption.objects.filter(pk=event.pk).update(started=END - timedelta(minutes=5))
    event.refresh_from_db()
    services.end_event(ACTOR, event, cause="burst")
    assert not event.calls.filter(resolved__isnull=True).exists()
    assert not models.CallOut.objects.filter(finished__isnull=True).exists()
    story = [one.act for one in event.entries.all()]
    assert story == ["begun", "crew_sent", "crew_arrived", "promised", "ended"]
    with pytest.raises(ValidationError, match="over"):
        services.promise_end(ACTOR, event, until=until)


def test_what_is_refused_changes_nothing(territory: Territory) -> None:
    event = models.Interruption.objects.get()
    call = models.Call.objects.get(code="2")
    acts = Act.objects.count()

    def taken(actor: Actor, building: str, service: str) -> object:
        return services.take_call(actor, territory, building=building, service=service)

    refused: tuple[tuple[type[Exception], Any], ...] = (
        (AccessDenied, lambda: taken(RESIDENT, "b1", "gas")),
        (AccessDenied, lambda: services.end_event(RESIDENT, event)),
        (AccessDenied, lambda: services.begin_event(RESIDENT, call)),
        (AccessDenied, lambda: services.load_utilities(RESIDENT, territory, REGISTER)),
        (ValidationError, lambda: taken(ACTOR, "b9", "gas")),
        (ValidationError, lambda: taken(ACTOR, "b1", "")),
        (ValidationError, lambda: services.send_crew(ACTOR, event, 0)),
        (ValidationError, lambda: services.promise_end(ACTOR, event, until=END)),
    )  # fmt: skip
    for kind, act in refused:
        with pytest.raises(kind):
            act()
    assert models.Call.objects.count() == 2
    assert Act.objects.count() == acts


def test_notice_of_planned_works(territory: Territory) -> None:
    """Ten working days ahead by the pack: three days are too few, a month is enough."""
    start = END + timedelta(days=40)
    late = services.notice_of(territory, start, start - timedelta(days=3))
    early = services.notice_of(territory, start, start - timedelta(days=30))
    assert late is not None
    assert early is not None
    assert (late.in_time, early.in_time) == (False, True)


def test_pages_of_the_house(territory: Territory, client: Client) -> None:
    for language, word in (("en", "Who serves the house"), ("ru", "Кто обслуживает дом")):
        assert client.get(f"/{language}/services/map/").status_code == 200
        assert client.get(f"/{language}/services/map/?at=2026-06-30T23:00").status_code == 200
        assert client.get(f"/{language}/services/map/?at=never").status_code == 200
        page = client.get(f"/{language}/house/b1/").content.decode()
        assert word in page
        paper = client.get(f"/{language}/house/b1/act.pdf?by=residents&service=gas")
        assert paper.content.startswith(b"%PDF")
    assert client.get("/en/house/?address=Main+Street+3").headers["Location"] == "/en/house/b2/"
    feed = ET.fromstring(client.get("/en/house/b1/feed.xml").content)
    assert [one.findtext("guid") for one in feed.iter("item")] == ["e1-on"]
    assert client.get("/en/house/b9/").status_code == 404
    assert client.get("/en/house/b9/feed.xml").status_code == 404


def test_the_desk(territory: Territory, client: Client) -> None:
    account = open_account(OPERATOR, login="clerk", password="a long enough password", name="Clerk")
    grant_role(OPERATOR, account, "case_officer", municipality="hamlet")
    client.force_login(account)
    assert "Go on" not in client.get("/en/desk/dispatch/").content.decode()
    ringing = models.Call.objects.get(code="2")
    client.post(f"/en/desk/dispatch/calls/{ringing.pk}/", {"decision": "answer"})
    client.post(f"/en/desk/dispatch/calls/{ringing.pk}/", {"decision": "begin"})
    ringing.refresh_from_db()
    assert ringing.answered is not None
    event = ringing.interruption
    assert event is not None
    page = client.get(f"/en/desk/dispatch/events/{event.pk}/").content.decode()
    assert "told by residents, not checked yet" in page
    client.post(
        f"/en/desk/dispatch/events/{event.pk}/act/",
        {"decision": "promise", "until": "2026-07-01T09:00"},
    )
    event.refresh_from_db()
    assert event.promised == datetime(2026, 7, 1, 6, tzinfo=UTC)
    assert client.post(f"/en/desk/dispatch/events/{event.pk}/act/", {}).status_code == 404
    empty = client.post("/en/desk/dispatch/calls/new/", {"building": "b1", "service": ""})
    assert empty.status_code == 422
    assert client.get("/en/desk/dispatch/calls/new/?address=Main").status_code == 200


def test_a_mass_outage_is_answered_at_once(territory: Territory) -> None:
    """All that ring about one event are its own by one act; others ring on; none twice."""
    event = models.Interruption.objects.get(code="e1")
    for n in range(200):
        models.Call.objects.create(
            territory=territory, code=f"m{n}", received=END, building="b1", service="cold_water"
        )
    elsewhere = models.Call.objects.create(
        territory=territory, code="else", received=END, building="b2", service="cold_water"
    )
    view = selectors.event(territory.pk, event.pk, now=town_clock(territory))
    assert view is not None
    assert view.ringing == 200
    acts = Act.objects.count()
    with pytest.raises(AccessDenied):
        services.answer_ringing(RESIDENT, event)
    assert selectors.ringing(event).count() == 200
    assert services.answer_ringing(ACTOR, event) == 200
    assert event.calls.filter(code__startswith="m", told__isnull=False).count() == 200
    elsewhere.refresh_from_db()
    assert elsewhere.answered is None
    assert Act.objects.count() == acts + 1
    with pytest.raises(ValidationError, match="rings"):
        services.answer_ringing(ACTOR, event)
