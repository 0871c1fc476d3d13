"""A correction recomputes what it can reach, to the very result of computing all of it."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from procrastinate.contrib.django import app
from procrastinate.testing import InMemoryConnector

from eutopia.core.records import Charge, Interruption, Money
from eutopia.web.desk.tasks import recalculate_months
from eutopia.web.foundation.access import OPERATOR, AccessDenied, Actor, Grant
from eutopia.web.foundation.models import Act
from eutopia.web.foundation.services import grant_role, open_account
from eutopia.web.ledger.models import Run
from eutopia.web.loop.services import operator_for, replay_run
from eutopia.web.territory.models import Territory
from eutopia.web.territory.services import load_territory
from eutopia.web.utilities import models, selectors, services
from eutopia.web.utilities.services import Facts
from tests.web.towns import hamlet

pytestmark = pytest.mark.django_db

ACTOR = operator_for("hamlet")
MARCH = date(2026, 3, 1)
APRIL = date(2026, 4, 1)
START = datetime(2026, 3, 2, 6, tzinfo=UTC)
SERVICES = ("cold_water", "hot_water", "heating")
HOUSES = ("b1", "b2", "b3", "b4")
# Thirty hours without cold water in b1 and b2, eight permitted: 22 x 0.15 % = 3.30 %.
OUT = Interruption(
    "e1",
    "cold_water",
    "keeper",
    START,
    START + timedelta(hours=30),
    planned=False,
    building_ids=("b1", "b2"),
    customers=80,
)
WARM = replace(
    OUT,
    id="e2",
    service="hot_water",
    parameter="temperature",
    measured=Decimal("51.0"),
    building_ids=("b3",),
)


@pytest.fixture
def territory() -> Territory:
    town = hamlet()
    first = town.territory.buildings[0]
    houses = tuple(replace(first, id=code) for code in HOUSES)
    row, _ = load_territory(
        OPERATOR, replace(town, territory=replace(town.territory, buildings=houses))
    )
    row.packs = [*row.packs, "ru-354"]
    row.save()
    charges = [
        Charge(f"{house}/{flat}", service, month, Money(Decimal(fee), "RUB"))
        for house in HOUSES
        for flat, fee in enumerate(("1000.00", "733.37"))
        for service in SERVICES
        for month in (MARCH, APRIL)
    ]
    services.load_interruptions(ACTOR, row, [OUT, WARM], charges)
    for month in (MARCH, APRIL):
        services.recalculate_period(ACTOR, row, month)
    return row


def event(code: str = "e1") -> models.Interruption:
    return models.Interruption.objects.get(code=code)


def amounts(month: date = MARCH) -> dict[tuple[str, str], Decimal]:
    rows = models.Recalculation.objects.filter(charge__period=month)
    return {
        (d, s): a for d, s, a in rows.values_list("charge__dwelling", "charge__service", "amount")
    }


def test_only_what_it_reaches_is_computed(territory: Territory) -> None:
    """Six hours fewer, and b2 was not hit: b1 gets 16 x 0.15 %, b2 nothing, and both are kept."""
    facts = Facts(START, START + timedelta(hours=24), None, ("b1",))
    months = services.correct_interruption(ACTOR, event(), facts, reason="The log said otherwise")
    assert months == (MARCH,)
    assert event().customers == 40
    (done,) = services.recalculate_months(ACTOR, territory, months, reason="The log")
    # Two flats with three charges each, in the two houses that it named or names.
    assert (done.touched, done.charges, done.fresh) == (12, 24, True)
    assert amounts()["b1/0", "cold_water"] == Decimal("24.00")
    assert amounts()["b2/0", "cold_water"] == 0
    kept = models.FormerRecalculation.objects.order_by("charge__dwelling")
    assert [(row.charge.dwelling, row.amount, row.corrected) for row in kept] == [
        ("b1/0", Decimal("33.00"), Decimal("24.00")),
        ("b1/1", Decimal("24.20"), Decimal("17.60")),
        ("b2/0", Decimal("33.00"), Decimal("0.00")),
        ("b2/1", Decimal("24.20"), Decimal("0.00")),
    ]
    made = models.Correction.objects.get()
    assert (made.reason, made.touched, made.difference) == ("The log", 12, Decimal("-72.80"))
    assert kept[0].lines[0]["article"]
    assert models.Entry.objects.get().act == "corrected"


def test_equal_to_computing_all_of_it(territory: Territory) -> None:
    """Six corrections drawn by lot: the run replays whole each time, nothing else differs."""
    rng = Random(7)
    for _ in range(6):
        row = event(rng.choice(("e1", "e2")))
        start = START + timedelta(hours=rng.randrange(24 * 45))
        measured = None if row.measured is None else Decimal(rng.randrange(350, 600)) / 10
        facts = Facts(
            start,
            start + timedelta(hours=rng.randrange(1, 400)),
            measured,
            tuple(rng.sample(HOUSES, rng.randrange(1, 4))),
        )
        months = services.correct_interruption(ACTOR, row, facts, reason="By lot")
        done = services.recalculate_months(ACTOR, territory, months, reason="By lot")
        assert all(replay_run(one.run_id).verdict == "same" for one in done)
        told = {month: amounts(month) for month in (MARCH, APRIL)}
        models.Recalculation.objects.all().delete()
        for month in (MARCH, APRIL):
            services.recalculate_period(ACTOR, territory, month)
        assert {month: amounts(month) for month in (MARCH, APRIL)} == told


def test_what_was_before_adds_up(territory: Territory) -> None:
    """Before plus all differences is what is owed now; put right again, it is the first again."""
    first = sum(amounts().values())
    for hours in (50, 9, 30):
        facts = Facts(START, START + timedelta(hours=hours), None, ("b1", "b2"))
        months = services.correct_interruption(ACTOR, event(), facts, reason="Again")
        services.recalculate_months(ACTOR, territory, months, reason="Again")
        moved = sum(made.difference for made in models.Correction.objects.all())
        assert first + moved == sum(amounts().values())
    assert sum(amounts().values()) == first
    assert (
        models.Recalculation.objects.filter(charge__period=MARCH).values("run").distinct().count()
        == 1
    )


def test_another_edition_of_the_norm_reaches_houses_with_events(territory: Territory) -> None:
    """Other packs: three houses of four had an event; the fourth keeps what it has."""
    territory.packs = [*territory.packs, "service-lives"]
    territory.save()
    done = services.recalculate_period(ACTOR, territory, MARCH, reason="Another edition")
    assert done.touched == 18
    assert (
        models.Recalculation.objects.filter(charge__period=MARCH)
        .values("edition")
        .distinct()
        .count()
        == 1
    )
    assert replay_run(done.run_id).verdict == "same"


def test_yearly_upkeep_may_last_longer(territory: Territory) -> None:
    """12 of 31 days without hot water: 280 h x 0.15 %, 42 %; told to be yearly upkeep, nothing."""
    stop = replace(
        OUT,
        id="e3",
        service="hot_water",
        ended=START + timedelta(days=12),
        planned=True,
        building_ids=("b4",),
    )
    services.load_interruptions(ACTOR, territory, [stop], [])
    services.recalculate_period(ACTOR, territory, MARCH)
    assert amounts()["b4/0", "hot_water"] == Decimal("420.00")
    facts = replace(services.facts_of(event("e3")), conditions=(("annual_maintenance", "yes"),))
    months = services.correct_interruption(ACTOR, event("e3"), facts, reason="As announced")
    services.recalculate_months(ACTOR, territory, months, reason="As announced")
    assert amounts()["b4/0", "hot_water"] == 0
    assert services.facts_of(event("e3")) == facts


def test_another_fee_reaches_its_dwelling(territory: Territory) -> None:
    """A fee put right: the dwelling's charges alone are computed, and it gets its share of it."""
    models.Charge.objects.filter(dwelling="b1/0", service="cold_water", period=MARCH).update(
        fee=Decimal("2000.00")
    )
    done = services.recalculate_period(ACTOR, territory, MARCH)
    assert done.touched == 3
    assert amounts()["b1/0", "cold_water"] == Decimal("66.00")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, "Nothing differs"),
        ({"ended": START}, "Ends as it begins"),
        ({"ended": None}, "It is over"),
        ({"ended": datetime(2090, 1, 1, tzinfo=UTC)}, "In time to come"),
        ({"started": datetime(2090, 1, 1, tzinfo=UTC)}, "In time to come"),
        ({"buildings": ("b1", "nowhere")}, "No such house"),
        ({"buildings": ()}, "No house"),
        ({"ended": START + timedelta(hours=3)}, "  "),
        ({"conditions": (("weather_category", "severe_1"),)}, "No norm of water asks for it"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(
    territory: Territory, change: dict[str, Any], reason: str
) -> None:
    """Each is named, and nothing changes."""
    acts, facts = Act.objects.count(), services.facts_of(event())
    with pytest.raises(ValidationError):
        services.correct_interruption(ACTOR, event(), replace(facts, **change), reason=reason)
    assert services.facts_of(event()) == facts
    assert Act.objects.count() == acts
    assert not models.Entry.objects.exists()


def test_a_provider_does_not_correct_what_it_pays_for(territory: Territory) -> None:
    """Not even its own outage; nothing changes."""
    provider = Actor(1, "p", (Grant("provider", "hamlet", "keeper"),))
    runs = Run.objects.count()
    facts = Facts(START, START + timedelta(hours=1), None, ("b1",))
    with pytest.raises(AccessDenied):
        services.correct_interruption(provider, event(), facts, reason="Shorter")
    with pytest.raises(AccessDenied):
        services.recalculate_months(provider, territory, [MARCH], reason="Shorter")
    assert event().ended == OUT.ended
    assert Run.objects.count() == runs


def desk(role: str, organisation: str = "") -> Client:
    account = open_account(OPERATOR, login=role, password="a long enough password", name=role)
    grant_role(OPERATOR, account, role, municipality="hamlet", organisation=organisation)
    client = Client()
    client.force_login(account)
    return client


def test_at_the_desk(territory: Territory) -> None:
    """A form, its faults beside the fields; then the sums, the dwelling's page, the file."""
    client, page = desk("case_officer"), f"/en/desk/dispatch/events/{event().pk}/correct/"
    assert page in client.get(page.removesuffix("correct/")).content.decode()
    form = {
        "started": "2026-03-02T09:00",
        "ended": "2026-03-03T09:00",
        "building": ["b1"],
        "more": "",
        "reason": "The log said otherwise",
    }
    with app.replace_connector(InMemoryConnector()) as held:
        for wrong in ({"ended": "2026-03-01T09:00"}, {"reason": " "}, {"more": "Nowhere 5"}):
            answer = client.post(page, form | wrong)
            assert (answer.status_code, "field__error" in answer.content.decode()) == (422, True)
        assert not held.connector.jobs
        assert client.post(page, form).status_code == 302
        (one,) = held.connector.jobs.values()
    recalculate_months.func(**one["args"])
    assert event().ended == START + timedelta(hours=24)
    told = client.get("/en/services/owed/b1/0/").content.decode()
    assert "33.00" in told
    assert "The log said otherwise" in told
    made = models.Correction.objects.get()
    assert f"?correction={made.pk}" in client.get("/en/desk/billing/").content.decode()
    file = client.get(f"/en/desk/billing/?correction={made.pk}").content.decode()
    rows = list(csv.DictReader(file.splitlines()))
    assert [(row["dwelling"], row["before"], row["after"]) for row in rows] == [
        ("b1/0", "33.00", "24.00"),
        ("b1/1", "24.20", "17.60"),
        ("b2/0", "33.00", "0.00"),
        ("b2/1", "24.20", "0.00"),
    ]
    assert sum(Decimal(row["difference"]) for row in rows) == made.difference
    assert client.get("/en/desk/billing/?correction=999999").status_code == 404


def test_what_was_typed_stays_in_the_form_of_a_measured_event(territory: Territory) -> None:
    """No reason and no number: both faults are told, and the words are there again."""
    row = event()
    models.Interruption.objects.filter(pk=row.pk).update(measured=Decimal("51.5"))
    client, page = desk("case_officer"), f"/en/desk/dispatch/events/{row.pk}/correct/"
    form = {"started": "2026-03-02T09:00", "ended": "2026-03-03T09:00", "building": ["b1"]}

    shown = client.get(page).content.decode()
    kept = client.post(page, form | {"measured": "50.5", "reason": ""})
    refused = client.post(page, form | {"measured": "cold", "reason": "Misread"})

    assert 'value="51.5"' in shown
    assert kept.status_code == refused.status_code == 422
    assert 'value="50.5"' in kept.content.decode()
    assert "reason-error" in kept.content.decode()
    assert 'value="cold"' in refused.content.decode()
    assert "measured-error" in refused.content.decode()
    assert models.Interruption.objects.get(pk=row.pk).measured == Decimal("51.5")


def test_a_provider_has_no_such_form(territory: Territory) -> None:
    """Neither the link nor the page."""
    client, page = desk("provider", "keeper"), f"/en/desk/dispatch/events/{event().pk}/"
    assert "correct/" not in client.get(page).content.decode()
    assert client.get(f"{page}correct/").status_code == 403


def test_hot_water_that_is_cold_is_explained(territory: Territory, client: Client) -> None:
    """Below 40 degrees it is paid for as cold water: in the reader's language, with the article."""
    cold = replace(
        WARM, id="e3", measured=Decimal(35), started=START, ended=START + timedelta(hours=10)
    )
    tariffs = {"cold_water": "62.00", "hot_water": "248.00"}
    charges = [
        Charge("b3/0", service, APRIL, Money(Decimal(fee) * 2, "RUB"), Decimal(2),
               Money(Decimal(fee), "RUB"))
        for service, fee in tariffs.items()
    ]  # fmt: skip
    month = timedelta(days=31)
    cold = replace(cold, started=cold.started + month, ended=START + month + timedelta(hours=10))
    services.load_interruptions(ACTOR, territory, [cold], charges)
    services.recalculate_period(ACTOR, territory, APRIL)
    # 496.00 for 10 of 720 hours, a quarter of it owed: 496 x 10/720 x 3/4.
    assert amounts(APRIL)["b3/0", "hot_water"] == Decimal("5.17")
    page = client.get("/ru/services/owed/b3/0/").content.decode()
    assert "п. 5: Ниже 40 °C воду считают холодной" in page
    assert "Ниже 40" not in client.get("/ru/services/owed/b1/0/").content.decode()
    paper = client.get("/ru/services/owed/b3/0/claim.pdf")
    assert paper.content.startswith(b"%PDF")
    # A claim goes to who answers to the residents, not to whose network it was.
    models.Connection.objects.create(
        territory=territory, building="b3", service="hot_water", provider="works",
        supplier="keeper",
    )  # fmt: skip
    names = {one.answerable for one in selectors.dwelling(territory.pk, "b3/0")}
    assert len(names) == 2
    assert () in names
