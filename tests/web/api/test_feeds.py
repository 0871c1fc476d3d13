"""Feeds of machines: by token only, bounded, true to their examples, twice is once."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from eutopia.core.records import Meter, UtilityRegister
from eutopia.web.foundation.access import OPERATOR, AccessDenied, Actor, Grant
from eutopia.web.foundation.jobs import counts
from eutopia.web.foundation.models import Act, Attempt
from eutopia.web.territory.models import Territory
from eutopia.web.territory.services import load_territory
from eutopia.web.utilities import models, services
from tests.web.towns import hamlet

pytestmark = pytest.mark.django_db

READINGS = "/api/v1/territories/hamlet/readings"
OUTAGES = "/api/v1/territories/hamlet/interruptions"
AT = "2026-06-30T10:00:00+03:00"
OUTAGE = {"id": "7", "service": "cold_water", "started": AT, "buildings": ["b1"]}


@pytest.fixture
def territory() -> Territory:
    row, _ = load_territory(OPERATOR, hamlet())
    meter = Meter("m1", "hot_water", "temperature", "works", ("b1",))
    services.load_utilities(OPERATOR, row, UtilityRegister(meters=(meter,)))
    return row


@pytest.fixture
def secret(territory: Territory) -> str:
    _, secret = services.issue_token(OPERATOR, territory, organisation="works", name="logger 1")
    return secret


def send(client: Client, path: str, secret: str, body: Any, kind: str = "application/json") -> Any:
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    return client.post(path, text, content_type=kind, headers=headers)


def test_readings_once(client: Client, secret: str) -> None:
    """Two are taken, one is refused with its mend; sent again, both are known; a job is asked."""
    body = {
        "readings": [
            {"meter": "m1", "at": AT, "value": 61.5},
            {"meter": "m1", "at": "2026-06-30T11:00", "value": "50,5"},
            {"meter": "m9", "at": AT, "value": 1},
        ]
    }
    told = send(client, READINGS, secret, body).json()
    assert (told["taken"], told["known"]) == (2, 0)
    (refused,) = told["refused"]
    assert (refused["row"], refused["code"], refused["field"]) == (3, "unknown_meter", "meter")
    assert refused["mend"]
    again = send(client, READINGS, secret, body).json()
    assert (again["taken"], again["known"]) == (0, 2)
    values = models.Reading.objects.order_by("at").values_list("value", flat=True)
    assert [float(value) for value in values] == [61.5, 50.5]
    assert counts(prefix="utilities.join_signals") == {"todo": 1}


def test_readings_as_csv(client: Client, secret: str) -> None:
    """The same columns; a row of another shape is named."""
    text = f"meter,at,value\nm1,{AT},61.5\nm1,{AT}\n"
    told = send(client, READINGS, secret, text, "text/csv").json()
    assert told["taken"] == 1
    assert [one["row"] for one in told["refused"]] == [2]


def test_an_interruption_begins_and_ends(client: Client, secret: str) -> None:
    """Sent again with an end it is the same one; of planned works the notice is judged."""
    assert send(client, OUTAGES, secret, {"interruptions": [OUTAGE]}).json()["taken"] == 1
    ended = OUTAGE | {"ended": "2026-06-30T12:00:00+03:00"}
    assert send(client, OUTAGES, secret, {"interruptions": [ended]}).json()["taken"] == 1
    assert models.Signal.objects.get().ended == datetime(2026, 6, 30, 9, tzinfo=UTC)
    ahead = datetime.now(UTC) + timedelta(days=3)
    works = {
        **OUTAGE, "id": "8", "planned": True, "started": ahead.isoformat(),
        "ended": (ahead + timedelta(hours=4)).isoformat(),
    }  # fmt: skip
    told = send(client, OUTAGES, secret, {"interruptions": [works]}).json()
    assert told["notices"] == [{"id": "works/8", "in_time": None}]


@pytest.mark.parametrize("token", ["", "eut_wrong", "x", "eut_" + "a" * 300])
def test_without_a_token_nothing_is_taken(client: Client, territory: Territory, token: str) -> None:
    """401, with words, and nothing is stored."""
    answer = send(client, READINGS, token, {"readings": [{"meter": "m1", "at": AT, "value": 1}]})
    assert answer.status_code == 401
    assert answer.json()["detail"]
    assert not models.Reading.objects.exists()


def test_a_revoked_token_is_no_token(client: Client, territory: Territory, secret: str) -> None:
    """From that moment on; the secret itself is kept nowhere."""
    token = models.FeedToken.objects.get()
    assert secret not in str(token.__dict__)
    services.revoke_token(OPERATOR, territory, token.pk)
    assert send(client, READINGS, secret, {"readings": []}).status_code == 401
    assert services.sender_of(secret) is None


def test_a_token_is_for_one_municipality(client: Client, secret: str) -> None:
    """Another one does not know it."""
    town = hamlet()
    load_territory(OPERATOR, replace(town, territory=replace(town.territory, id="other")))
    path = READINGS.replace("hamlet", "other")
    assert send(client, path, secret, {"readings": []}).status_code == 404


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("{", "application/json"),
        ("[]", "application/json"),
        ('{"readings": {}}', "application/json"),
        ('{"readings": [], "more": 1}', "application/json"),
        (b"\xff\xfe", "application/json"),
        ("[" * 100_000, "application/json"),
        (b"meter,at\n\xff", "text/csv"),
    ],
)
def test_a_body_that_cannot_be_read(client: Client, secret: str, body: Any, kind: str) -> None:
    """400 with words; nothing is stored."""
    answer = send(client, READINGS, secret, body, kind)
    assert answer.status_code == 400
    assert answer.json()["detail"]
    assert not models.Reading.objects.exists()


@pytest.mark.parametrize(
    "row", [1, {}, {"meter": None}, {"meter": "m1", "at": AT, "value": {"a": 1}}, {"x": "\x00"}]
)
def test_a_row_that_cannot_be_read_is_named(client: Client, secret: str, row: Any) -> None:
    """Whatever it is: the good one beside it is taken."""
    good = {"meter": "m1", "at": AT, "value": 61}
    told = send(client, READINGS, secret, {"readings": [row, good]}).json()
    assert (told["taken"], [one["row"] for one in told["refused"]]) == (1, [1])


def test_too_often_is_too_often(client: Client, secret: str) -> None:
    """After 120 times in a quarter of an hour it has to wait; wrong tokens wait sooner."""
    send(client, READINGS, secret, {"readings": []})
    row = Attempt.objects.get(kind="feed.sent")
    Attempt.objects.bulk_create(Attempt(kind=row.kind, key=row.key, at=row.at) for _ in range(119))
    answer = send(client, READINGS, secret, {"readings": []})
    assert answer.status_code == 429
    for _ in range(20):
        assert send(client, READINGS, "eut_guess", {"readings": []}).status_code == 401
    assert send(client, READINGS, "eut_guess", {"readings": []}).status_code == 429


def test_who_may_issue(territory: Territory) -> None:
    """A provider for itself, never for another; an organisation that is not there has none."""
    keeper = Actor(1, "k", (Grant("provider", "hamlet", "keeper"),))
    services.issue_token(keeper, territory, organisation="keeper", name="x")
    acts = Act.objects.count()
    with pytest.raises(AccessDenied):
        services.issue_token(keeper, territory, organisation="works", name="x")
    with pytest.raises(ValidationError):
        services.issue_token(OPERATOR, territory, organisation="nobody", name="x")
    with pytest.raises(ValidationError):
        services.issue_token(OPERATOR, territory, organisation="works", name="  ")
    assert (models.FeedToken.objects.count(), Act.objects.count()) == (1, acts)
