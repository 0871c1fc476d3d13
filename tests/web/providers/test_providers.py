"""Providers: compared once, by what they were given; heard in their own words."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from shapely.geometry import Point

from eutopia.core.records import (
    Building,
    Charge,
    Interruption,
    Money,
    Organisation,
    Report,
    Text,
)
from eutopia.web.foundation.access import OPERATOR, RESIDENT, AccessDenied, Actor, Grant
from eutopia.web.foundation.models import Act
from eutopia.web.foundation.services import grant_role, open_account
from eutopia.web.ledger.models import Run
from eutopia.web.loop.selectors import rows_csv
from eutopia.web.loop.services import operator_for
from eutopia.web.providers import selectors
from eutopia.web.providers.billing import billing_csv
from eutopia.web.providers.models import Comparison, Reply
from eutopia.web.providers.services import hold_providers, reply
from eutopia.web.reports.services import load_reports
from eutopia.web.territory.models import Territory
from eutopia.web.territory.services import load_territory, town_clock
from eutopia.web.utilities.models import Call, Connection
from eutopia.web.utilities.services import load_interruptions, recalculate_period
from tests.web.towns import hamlet

pytestmark = pytest.mark.django_db

ACTOR = operator_for("hamlet")
MARCH = date(2026, 3, 1)
SPEAKER = Actor(5, "clerk of Slow", (Grant("provider", "hamlet", "slow"),))
PASSWORD = "a long enough password"
# Thirty hours without cold water in March, in the first house: 100 customer-hours x 30.
OUT = Interruption(
    "e1",
    "cold_water",
    "slow",
    datetime(2026, 3, 2, 6, tzinfo=UTC),
    datetime(2026, 3, 3, 12, tzinfo=UTC),
    planned=False,
    building_ids=("h0",),
    customers=50,
)
CHARGES = (Charge("h0/7", "cold_water", MARCH, Money(Decimal("1000.00"), "RUB")),)


def _houses() -> tuple[Building, ...]:
    """Four houses of 50 dwellings in a row, 160 m apart, two a manager."""
    return tuple(
        Building(
            id=f"h{n}",
            address=Text.of(en=f"Main Street, {n}", ru=f"Главная улица, {n}"),
            footprint=Point(40.002 + n * 0.0025, 55.004).buffer(0.0001),
            district="west",
            use="residential",
            built=1970,
            storeys=5,
            dwellings=50,
            residents=120,
            housing_manager="slow" if n < 2 else "quick",
        )
        for n in range(4)
    )


def _complaints() -> list[Report]:
    """Forty about the first house of Slow, answered in 20 days; twenty about Quick's, in two."""
    start = datetime(2026, 1, 5, 9, tzinfo=UTC)
    rows = []
    for n in range(60):
        slow = n % 3 > 0
        opened = start + timedelta(days=2 * n)
        rows.append(
            Report(
                id=f"c{n}",
                opened=opened,
                closed=opened + timedelta(days=20 if slow else 2),
                due=opened + timedelta(days=10),
                problem_type="building_upkeep",
                lon=40.002 if slow else 40.007,
                lat=55.004,
                organisation="slow" if slow else "quick",
                source="test",
            )
        )
    return rows


@pytest.fixture
def territory() -> Territory:
    town = hamlet()
    managers = tuple(
        Organisation(code, Text.of(en=code.title(), ru=code.title()), "housing_manager")
        for code in ("quick", "slow")
    )
    place = replace(
        town.territory,
        buildings=_houses(),
        organisations=(*town.territory.organisations, *managers),
    )
    row, _ = load_territory(OPERATOR, replace(town, territory=place))
    row.packs = [*row.packs, "ru-354"]
    row.save()
    load_reports(ACTOR, row, _complaints(), source="test")
    load_interruptions(ACTOR, row, [OUT], CHARGES)
    return row


def test_compared_by_what_they_were_given(territory: Territory) -> None:
    """With equal houses both are expected the same 30 complaints: 40 are too many, 20 too few."""
    held = hold_providers(ACTOR, territory)
    assert held.comparisons == 3
    told = {one.measure: one for one in selectors.comparisons(territory.pk)}
    slow = {s.organisation: s for s in told["complaints"].standings}["slow"]
    assert (slow.events, slow.expected) == (40, pytest.approx(30.0))
    assert 1 < slow.shrunk < slow.ratio
    late = {s.organisation: s for s in told["late_answers"].standings}
    # All forty of Slow are late and none of Quick's: two thirds of each were expected to be.
    assert (late["slow"].events, late["slow"].expected) == (40, pytest.approx(40 * 40 / 60))
    # Beyond 95 of 100 average providers (at most 37), not beyond 998 of 1,000 (43).
    assert late["slow"].verdict == "more_than_expected"
    assert late["quick"].rank == 1
    assert len(told["complaints"].limits) == 48


def test_supply_is_measured(territory: Territory) -> None:
    """The one house ever supplied, as far as is known, was out for 30 hours, once."""
    hold_providers(ACTOR, territory)
    (supply,) = selectors.supplies(territory.pk)
    assert (supply.customers, supply.saifi, supply.planned_saidi) == (50, 1, 0)
    assert supply.saidi == pytest.approx(30 * 60)


def test_held_once(territory: Territory) -> None:
    """The same input is not computed twice; a new report makes it fresh."""
    hold_providers(ACTOR, territory)
    runs = Run.objects.count()
    hold_providers(ACTOR, territory)
    assert Run.objects.count() == runs
    load_reports(ACTOR, territory, [replace(_complaints()[1], id="new")], source="test")
    hold_providers(ACTOR, territory)
    assert Run.objects.count() > runs
    assert Comparison.objects.filter(territory=territory).count() == 3


def test_who_may_not_changes_nothing(territory: Territory) -> None:
    acts = Act.objects.count()
    for act in (
        lambda: hold_providers(RESIDENT, territory),
        lambda: reply(SPEAKER, territory, "quick", text="It was them.", language="en"),
        lambda: reply(ACTOR, territory, "slow", text="Said for them.", language="en"),
        lambda: billing_csv(SPEAKER, territory, MARCH),
    ):
        with pytest.raises(AccessDenied):
            act()
    assert not Comparison.objects.exists()
    assert not Reply.objects.exists()
    assert Act.objects.count() == acts


def test_a_provider_is_heard(territory: Territory) -> None:
    """Published at once without personal data, beside the computation it speaks of."""
    hold_providers(ACTOR, territory)
    row = reply(
        SPEAKER,
        territory,
        "slow",
        text="The roof was renewed in May. Call +7 912 345-67-89.",
        language="en",
        measure="complaints",
    )
    view = selectors.provider(territory.pk, "slow", now=town_clock(territory))
    assert view is not None
    assert "345-67-89" not in view.replies[0].text
    assert view.replies[0].run_id == row.run_id is not None
    assert (view.buildings, view.dwellings) == (2, 100)


@pytest.mark.parametrize(
    ("text", "measure"), [("  ", ""), ("x" * 4_001, ""), ("Fine.", "weather"), ("Fine.", "gas")]
)
def test_what_is_no_reply_is_refused(territory: Territory, text: str, measure: str) -> None:
    hold_providers(ACTOR, territory)
    acts = Act.objects.count()
    with pytest.raises(ValidationError):
        reply(SPEAKER, territory, "slow", text=text, language="en", measure=measure)
    assert not Reply.objects.exists()
    assert Act.objects.count() == acts


def test_a_provider_answers_for_the_homes_it_serves(territory: Territory) -> None:
    """Charges of the others' homes say nothing of it; its calls and closures stand on its page."""
    fee = Money(Decimal("500.00"), "RUB")
    load_interruptions(ACTOR, territory, [], [Charge("h3/1", "cold_water", MARCH, fee)])
    recalculate_period(ACTOR, territory, MARCH)
    for house, keeper in (("h0", "slow"), ("h3", "quick")):
        Connection.objects.create(
            territory=territory, building=house, service="cold_water",
            provider=keeper, supplier=keeper,
        )  # fmt: skip
    asked = datetime(2026, 6, 1, 9, tzinfo=UTC)
    due = (asked + timedelta(minutes=5)).isoformat()
    clock = {"clock": "respond", "due": due, "article": "13", "verification": "B"}
    for n, minutes in enumerate((3, 9)):
        Call.objects.create(
            territory=territory, code=f"c{n}", received=asked, service="cold_water", clocks=[clock],
            answered=asked + timedelta(minutes=minutes), building="h0", organisation="slow",
        )  # fmt: skip
    hold_providers(ACTOR, territory)
    view = selectors.provider(territory.pk, "slow", now=town_clock(territory))
    assert view is not None
    # One charge of 1000.00, reduced by 33.00; the 500.00 are Quick's.
    assert [(n.charges, n.reduced, n.fees, n.owed) for n in view.norms] == [
        (1, 1, Decimal("1000.00"), Decimal("33.00"))
    ]
    assert (view.calls.calls, view.calls.clocks) == (2, (("respond", 2, 1),))
    assert (view.closures.closed, view.closures.contested) == (40, 0)
    complaints = next(one for told, one in view.standings if told.measure == "complaints")
    # Forty complaints about 100 dwellings in 365 of 365.25 days.
    assert complaints.per_thousand == pytest.approx(400 * 365.25 / 365)


def test_billing_takes_over_what_adds_up(territory: Territory) -> None:
    """22 hours beyond the eight permitted, 0.15 % each: 33.00 of 1000.00."""
    with pytest.raises(LookupError, match="not recalculated"):
        billing_csv(ACTOR, territory, MARCH)
    recalculate_period(ACTOR, territory, MARCH)
    (line,) = csv.DictReader(io.StringIO(billing_csv(ACTOR, territory, MARCH)))
    assert (line["amount"], line["total"], line["to_pay"]) == ("33.00", "33.00", "967.00")
    assert line["dwelling"] == "h0/7"
    assert Act.objects.filter(action="billing.export").count() == 1


def test_pages(territory: Territory, client: Client) -> None:
    """Both languages; the claim is a PDF; the tables come as CSV."""
    recalculate_period(ACTOR, territory, MARCH)
    hold_providers(ACTOR, territory)
    reply(SPEAKER, territory, "slow", text="We answer.", language="en")
    for language, words in (("en", "More than expected"), ("ru", "Больше ожидаемого")):
        html = client.get(f"/{language}/services/providers/").content.decode()
        assert words in html
        page = client.get(f"/{language}/services/providers/slow/").content.decode()
        assert "We answer." in page
        claim = client.get(f"/{language}/services/owed/h0/7/claim.pdf")
        assert claim.content.startswith(b"%PDF")
    assert client.get("/en/services/providers/nobody/").status_code == 404
    assert client.get("/en/services/owed/h1/1/claim.pdf").status_code == 404
    for table in ("providers", "reliability", "owed"):
        rows = list(csv.reader(io.StringIO("".join(rows_csv(territory.pk, table)))))
        assert len(rows) > 1
        assert all(len(row) == len(rows[0]) for row in rows)


def test_the_desk_of_a_provider(territory: Territory, client: Client) -> None:
    """A provider answers for itself only, and sees no billing."""
    hold_providers(ACTOR, territory)
    account = open_account(OPERATOR, login="speaker", password=PASSWORD, name="Speaker")
    grant_role(OPERATOR, account, "provider", municipality="hamlet", organisation="slow")
    client.login(username="speaker", password=PASSWORD)
    assert client.get("/en/desk/billing/").status_code == 403
    assert client.get("/en/desk/reply/?organisation=quick").status_code == 404
    empty = client.post("/en/desk/reply/", {"organisation": "slow", "text": ""})
    assert empty.status_code == 422
    done = client.post("/en/desk/reply/", {"organisation": "slow", "text": "We answer."})
    assert done.status_code == 302
    assert Reply.objects.get().text == "We answer."
