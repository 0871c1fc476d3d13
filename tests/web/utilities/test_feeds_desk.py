"""The desk page of meters and feeds: shown to whom it belongs, tokens once, files row by row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from eutopia.core.records import Connection, Meter, Reading, UtilityRegister
from eutopia.web.desk.views.feeds import FILES
from eutopia.web.foundation.access import OPERATOR
from eutopia.web.foundation.jobs import counts
from eutopia.web.foundation.services import grant_role, open_account
from eutopia.web.territory.models import Building, Territory
from eutopia.web.territory.services import load_territory
from eutopia.web.utilities import models, services
from tests.web.towns import hamlet

pytestmark = pytest.mark.django_db

END = datetime(2026, 6, 30, 21, tzinfo=UTC)
HOUR = timedelta(hours=1)
PAGE = "/en/desk/feeds/"


@pytest.fixture
def territory() -> Territory:
    row, _ = load_territory(OPERATOR, hamlet())
    row.packs = [*row.packs, "ru-354"]
    row.save()
    meters = (
        Meter("m1", "hot_water", "temperature", "works", ("b1",)),
        Meter("m2", "gas", "pressure", "keeper", ("b1",)),
    )
    said = tuple(Reading(END - h * HOUR, Decimal(50 + h)) for h in range(12))
    services.load_utilities(
        OPERATOR,
        row,
        UtilityRegister(
            connections=(Connection("b1", "hot_water", "works", "works"),),
            meters=meters,
            readings=(("m1", said),),
        ),
    )
    services.join_territory(row)
    return row


def at_desk(client: Client, role: str, organisation: str = "") -> None:
    name = f"{role}{organisation}"
    account = open_account(OPERATOR, login=name, password="a long enough password", name=name)
    grant_role(OPERATOR, account, role, municipality="hamlet", organisation=organisation)
    client.force_login(account)


@pytest.mark.parametrize(
    ("role", "organisation", "status", "sees"),
    [
        ("case_officer", "", 200, ("m1", "m2")),
        ("administrator", "", 200, ("m1", "m2")),
        ("provider", "works", 200, ("m1",)),
        ("provider", "keeper", 200, ("m2",)),
        ("planner", "", 403, ()),
        ("moderator", "", 403, ()),
        ("contractor", "works", 403, ()),
    ],
)
def test_who_sees_which_meters(
    territory: Territory,
    client: Client,
    role: str,
    organisation: str,
    status: int,
    sees: tuple[str, ...],
) -> None:
    """A provider its own; staff of other work none; a meter's page alike."""
    at_desk(client, role, organisation)
    answer = client.get(PAGE)
    assert answer.status_code == status
    for meter in models.Meter.objects.all():
        page = client.get(f"{PAGE}meters/{meter.pk}/")
        assert page.status_code == (200 if meter.code in sees else 403)
        if status == 200:
            assert (f"meters/{meter.pk}/" in answer.content.decode()) == (meter.code in sees)


def test_a_meter_against_its_norm(territory: Territory, client: Client) -> None:
    """The chart's numbers as CSV, the norm's bounds, and the hours beyond them."""
    at_desk(client, "case_officer")
    meter = models.Meter.objects.get(code="m1")
    page = client.get(f"{PAGE}meters/{meter.pk}/").content.decode()
    assert "hot_water.temperature" in page
    assert "Beyond the norm" in page
    lines = client.get(f"{PAGE}meters/{meter.pk}/readings.csv").content.decode().splitlines()
    assert (lines[0], len(lines)) == ("meter,at,value", 13)
    assert client.get(f"{PAGE}meters/999/").status_code == 404
    # The same file is taken back in, and nothing of it is new.
    file = SimpleUploadedFile("again.csv", "\n".join(lines).encode())
    answer = client.post(PAGE, {"decision": "file", "kind": "readings", "file": file})
    assert "New or changed: 0; known before: 12" in answer.content.decode()


def test_a_token_is_shown_once(territory: Territory, client: Client) -> None:
    """It opens the interface until it is revoked; a provider gives none for another."""
    at_desk(client, "provider", "works")
    answer = client.post(PAGE, {"decision": "issue", "organisation": "works", "name": "logger"})
    assert "no-store" in answer.headers["Cache-Control"]
    secret = answer.content.decode().split("eut_")[1].split("<")[0]
    assert services.sender_of(f"eut_{secret}") is not None
    assert secret not in client.get(PAGE).content.decode()
    other = client.post(PAGE, {"decision": "issue", "organisation": "keeper", "name": "x"})
    assert other.status_code == 403
    assert client.post(PAGE, {"decision": "revoke", "token": "999"}).status_code == 404
    client.post(PAGE, {"decision": "revoke", "token": models.FeedToken.objects.get().pk})
    assert services.sender_of(f"eut_{secret}") is None
    assert client.post(PAGE, {"decision": "nothing"}).status_code == 404


def test_files_are_taken_row_by_row(territory: Territory, client: Client) -> None:
    """Charges with their sums; what is not readable as a whole is refused with words."""
    at_desk(client, "case_officer")
    text = "dwelling,service,period,fee\nb1/7,gas,2026-03,10.00\nb9/1,gas,2026-03,2.50\n"
    file = SimpleUploadedFile("charges.csv", text.encode())
    page = client.post(PAGE, {"decision": "file", "kind": "charges", "file": file})
    words = page.content.decode()
    assert "this house is not in the register" in words
    assert "12.50" in words
    russian = client.post(
        PAGE.replace("/en/", "/ru/"),
        {"decision": "file", "kind": "charges", "file": SimpleUploadedFile("c.csv", text.encode())},
    )
    assert "этого дома нет в реестре" in russian.content.decode()
    assert models.Charge.objects.get().fee == Decimal("10.00")
    assert counts(prefix="desk.recalculate_charged") == {"todo": 1}
    for name, content, kind in (
        ("x.csv", b"\xff\xfe", "charges"),
        ("x.exe", b"MZ", "charges"),
        ("x.csv", b"a,b\n1,2\n", "secrets"),
        ("x.csv", b"", "meters"),
    ):
        file = SimpleUploadedFile(name, content)
        answer = client.post(PAGE, {"decision": "file", "kind": kind, "file": file})
        assert answer.status_code == 422, name
    assert models.Charge.objects.count() == 1


def test_each_role_is_offered_the_files_it_may_take_in(
    territory: Territory, client: Client
) -> None:
    """A provider its own, a dispatcher charges too; the register is the administrator's."""
    offered = {
        ("provider", "works"): {"readings", "meters", "outages"},
        ("case_officer", ""): {"readings", "meters", "outages", "charges"},
        ("administrator", ""): set(FILES) - {"outages"},
    }
    for (role, organisation), kinds in offered.items():
        at_desk(client, role, organisation)
        page = client.get(PAGE)
        assert set(page.context["files"]) == kinds, role
        assert ("id_whose" in page.content.decode()) == ("outages" in kinds)


def test_houses_are_taken_in_at_the_desk(territory: Territory, client: Client) -> None:
    """In the shape of Reforma ZhKKh; a house without an address is named and set aside."""
    at_desk(client, "administrator")
    text = "HOUSE_ID;ADDRESS;LAT;LON;YEAR\n77;Тихая ул., д. 3;55.1;37.2;1961\n78;;55.1;37.2;1961\n"
    file = SimpleUploadedFile("houses.csv", text.encode())
    page = client.post(PAGE, {"decision": "file", "kind": "houses", "file": file})
    assert page.context["received"].taken == 1
    assert [one.row for one in page.context["received"].rejected] == [3]
    assert Building.objects.get(code="77").built == 1961


def test_nobody_takes_over_a_meter(territory: Territory, client: Client) -> None:
    """Neither another's meter by its code, nor a meter in another's name: each row is named."""
    at_desk(client, "provider", "keeper")
    text = (
        "meter,service,parameter,organisation,buildings\nm1,hot_water,temperature,keeper,b1\n"
        "m3,gas,pressure,works,b1\nm2,gas,temperature,keeper,b1\n"
    )
    file = SimpleUploadedFile("meters.csv", text.encode())
    page = client.post(PAGE, {"decision": "file", "kind": "meters", "file": file})
    words = page.content.decode()
    assert "it is somebody else" in words
    assert "or it is not yours" in words
    meters = models.Meter.objects.order_by("code")
    assert [(one.code, one.organisation, one.parameter) for one in meters] == [
        ("m1", "works", "temperature"),
        ("m2", "keeper", "temperature"),
    ]


def test_a_provider_takes_in_no_charges(territory: Territory, client: Client) -> None:
    """Nor tariffs: they are the municipality's."""
    at_desk(client, "provider", "works")
    for kind in ("charges", "tariffs", "providers", "connections", "crews"):
        file = SimpleUploadedFile("f.csv", b"dwelling,service,period,fee\nb1/7,gas,2026-03,1\n")
        answer = client.post(PAGE, {"decision": "file", "kind": kind, "file": file})
        assert answer.status_code == 403
    assert not models.Charge.objects.exists()


def test_a_dispatcher_rules_on_a_suggestion(territory: Territory, client: Client) -> None:
    """Confirmed for the house; another one undone, and used again from the list."""
    at_desk(client, "case_officer")
    for n, service in enumerate(("cold_water", "electricity")):
        models.Call.objects.create(
            territory=territory, code=f"c{n}", received=END - HOUR, answered=END,
            building="b1", service=service,
        )  # fmt: skip
    services.join_territory(territory)
    water, light = models.Interruption.objects.filter(confirmed=False).order_by("service")
    page = client.get(f"/en/desk/dispatch/events/{water.pk}/").content.decode()
    assert "Joined from signals" in page
    client.post(f"/en/desk/dispatch/events/{water.pk}/act/", {"decision": "confirm"})
    water.refresh_from_db()
    assert water.confirmed
    undone = client.post(f"/en/desk/dispatch/events/{light.pk}/act/", {"decision": "undo"})
    assert undone.headers["Location"] == "/en/desk/dispatch/"
    listed = client.get(PAGE).content.decode()
    assert "undone at the desk" in listed
    client.post(PAGE, {"decision": "again", "subject": "call/c1"})
    services.join_territory(territory)
    assert models.Interruption.objects.filter(service="electricity").count() == 1
