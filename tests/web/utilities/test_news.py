"""News of a house by e-mail: asked for twice, told once, stopped without a trace."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.testing import InMemoryConnector

from eutopia.core.records import Interruption
from eutopia.web.config.environment import mail_server
from eutopia.web.foundation.access import OPERATOR, RESIDENT
from eutopia.web.foundation.models import Act, SealedContact
from eutopia.web.loop.services import operator_for
from eutopia.web.portal.tasks import find_news, forget_subscriptions, send_confirmation, send_news
from eutopia.web.territory.models import Territory
from eutopia.web.territory.services import load_territory
from eutopia.web.utilities import models, services
from eutopia.web.utilities.services.subscribing import house_states, news_between
from tests.web.towns import hamlet

pytestmark = pytest.mark.django_db

ACTOR = operator_for("hamlet")
WHO = "Neighbour.42@example.org"
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
)


@pytest.fixture
def territory(settings: Any) -> Territory:
    settings.EUTOPIA_MAIL = "file"
    return load_territory(OPERATOR, hamlet())[0]


@pytest.fixture
def jobs() -> Any:
    """Jobs asked for, done at once by `done`."""
    with app.replace_connector(InMemoryConnector()) as held:
        yield held


def done(held: Any) -> None:
    """Do what was asked for, as a worker would."""
    known = {"portal.send_confirmation": send_confirmation, "portal.send_news": send_news}
    for one in list(held.connector.jobs.values()):
        known[one["task_name"]].func(**one["args"])
    held.connector.reset()


def ask(email: str = WHO, language: str = "ru", sender: str = "10.0.0.1") -> Any:
    page = f"/{language}/house/b1/news/"
    return Client(REMOTE_ADDR=sender).post(page, {"email": email})


def link() -> str:
    found = re.search(r"http://\S+(/(?:ru|en)/news/\S+/)", mail.outbox[-1].body)
    assert found is not None
    return found[1]


def subscribed(jobs: Any, language: str = "ru") -> str:
    """A confirmed subscription; where its page is."""
    assert ask(language=language).status_code == 200
    done(jobs)
    page = link()
    Client().post(page, {"decision": "confirm"})
    mail.outbox.clear()
    return page


def traces(words: str) -> list[str]:
    """In which tables of the database do these words stand?"""
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
        found = []
        for name in names:
            cursor.execute(
                f'SELECT count(*) FROM "{name}" AS one WHERE one::text ILIKE %s', [f"%{words}%"]
            )
            found += [name] * cursor.fetchone()[0]
    return found


def test_nothing_is_sent_before_it_is_confirmed(territory: Territory, jobs: Any) -> None:
    """One letter with a link; robots look at links, and press no button."""
    assert ask().status_code == 200
    done(jobs)
    (letter,) = mail.outbox
    assert letter.to == [WHO]
    assert "Главная ул., 1" in letter.body
    services.load_interruptions(ACTOR, territory, [OUT])
    assert Client().get(link()).status_code == 200
    find_news.func(0)
    assert not jobs.connector.jobs
    Client().post(link(), {"decision": "confirm"})
    assert models.Subscription.objects.get().confirmed is not None


@pytest.mark.parametrize(("language", "begun", "back"), [
    ("ru", "Отключение", "снова есть"), ("en", "Outage", "is back"),
])  # fmt: skip
def test_what_is_told_of(
    territory: Territory, jobs: Any, language: str, begun: str, back: str
) -> None:
    """Begun, changed, over: once each, in the reader's language, with a link to stop."""
    page = subscribed(jobs, language)
    services.load_interruptions(ACTOR, territory, [OUT])
    row = models.Interruption.objects.get()
    for promised, ended in ((None, None), (END + timedelta(hours=5), None), (None, END)):
        row.promised, row.ended = promised, ended
        row.save()
        for _ in range(2):
            find_news.func(0)
            done(jobs)
    assert len(mail.outbox) == 3
    first, changed, last = mail.outbox
    assert begun in first.subject
    assert changed.subject != first.subject
    assert back in last.body
    for letter in mail.outbox:
        assert page in letter.body
        assert f"{page}stop/" in letter.extra_headers["List-Unsubscribe"]
        assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_what_was_on_already_is_no_news(territory: Territory, jobs: Any) -> None:
    """Whoever confirms sees the house's page; no letter repeats it."""
    services.load_interruptions(ACTOR, territory, [OUT])
    subscribed(jobs)
    find_news.func(0)
    assert not jobs.connector.jobs


def test_planned_works_and_what_is_owed() -> None:
    """Each kind of news by what stood before."""
    told = {"outage:1": "ahead a b", "outage:2": "on x", "owed:2026-03-01": "5.00"}
    now = {"outage:1": "on ", "outage:2": "on y", "outage:3": "ahead a b", "owed:2026-03-01": "6"}
    kinds = [(one.kind, one.key) for one in news_between(told, now)]
    assert kinds == [
        ("begun", "outage:1"),
        ("changed", "outage:2"),
        ("planned", "outage:3"),
        ("owed", "owed:2026-03-01"),
    ]
    assert news_between(now, now) == ()


def test_the_address_can_be_read_nowhere(territory: Territory, jobs: Any) -> None:
    """Sealed apart: in no table, no log, no job, no download."""
    acts = Act.objects.count()
    subscribed(jobs)
    assert not traces(WHO)
    assert not traces("neighbour")
    assert Act.objects.count() == acts
    assert models.Subscription.objects.get().told == house_states(territory, "b1")
    for page in ("/ru/data/", "/ru/house/b1/", "/ru/house/b1/feed.xml"):
        assert WHO.lower().encode() not in Client().get(page).content.lower()


@pytest.mark.parametrize("way", ["page", "one_click"])
def test_stopped_without_a_trace(territory: Territory, jobs: Any, way: str) -> None:
    """One click: row, address and digests are gone, and a letter on its way is not written."""
    page = subscribed(jobs)
    row = models.Subscription.objects.get()
    services.load_interruptions(ACTOR, territory, [OUT])
    find_news.func(0)
    browser = Client(enforce_csrf_checks=way == "one_click")
    if way == "page":
        browser.post(page, {"decision": "stop"})
    else:
        answer = browser.post(f"{page}stop/", {"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 204
    done(jobs)
    assert not mail.outbox
    assert not models.Subscription.objects.exists()
    assert not SealedContact.objects.exists()
    for words in (row.mark, row.token, str(row.contact), WHO):
        assert not traces(words)
    assert "No news" in Client().get(page.replace("/ru/", "/en/")).content.decode()


def test_forgotten_unless_confirmed_and_after_a_year(territory: Territory, jobs: Any) -> None:
    """After two days without a confirmation, and after a year with one."""
    ask()
    done(jobs)
    page = link()
    models.Subscription.objects.update(asked=timezone.now() - timedelta(days=3))
    Client().post(page, {"decision": "confirm"})
    assert models.Subscription.objects.get().confirmed is None
    forget_subscriptions.func(0)
    assert not SealedContact.objects.exists()
    subscribed(jobs)
    # As the nightly erasure of contacts does when their day has come.
    SealedContact.objects.all().delete()
    forget_subscriptions.func(0)
    assert not models.Subscription.objects.exists()


def test_asked_twice_is_one_and_nobody_learns_who_is_subscribed(
    territory: Territory, jobs: Any
) -> None:
    """The answer is the same; no more than three letters a day to one address."""
    subscribed(jobs)
    first = ask("somebody@example.org").content
    again = ask(f" {WHO.upper()} ").content
    strip = re.compile(rb'(csrfmiddlewaretoken" value="|csrf-token" content=")[^"]+')
    assert strip.sub(b"", first) == strip.sub(b"", again)
    for sender in range(5):
        ask(sender=f"10.0.1.{sender}")
    assert models.Subscription.objects.count() == 2
    done(jobs)
    assert sum(letter.to == [WHO] for letter in mail.outbox) == 2


@pytest.mark.parametrize(
    "email", ["", "nobody", "a@b", "x" * 300 + "@example.org", "a@b.ru\nBcc: c@d.ru"]
)
def test_what_is_no_address_is_refused(territory: Territory, jobs: Any, email: str) -> None:
    """Said beside the field; nothing is kept."""
    assert ask(email).status_code == 422
    assert not jobs.connector.jobs
    assert not SealedContact.objects.exists()


def test_too_many_from_one_place(territory: Territory, jobs: Any) -> None:
    """The sixth within a quarter of an hour is refused."""
    answers = [ask(f"n{k}@example.org").status_code for k in range(6)]
    assert answers == [200] * 5 + [422]
    assert models.Subscription.objects.count() == 5


def test_without_mail_the_page_says_so(territory: Territory, jobs: Any, settings: Any) -> None:
    """No form and no address taken; RSS is offered."""
    settings.EUTOPIA_MAIL = ""
    page = Client().get("/en/house/b1/").content.decode()
    assert "sends no e-mail" in page
    assert "feed.xml" in page
    assert 'type="email"' not in page
    assert ask().status_code == 404
    find_news.func(0)
    assert not SealedContact.objects.exists()


def test_a_house_that_is_not_there_is_refused(territory: Territory) -> None:
    """Nothing is kept."""
    with pytest.raises(ValidationError):
        services.ask_for_news(RESIDENT, territory, "nowhere", WHO, language="en")
    assert not SealedContact.objects.exists()


def test_how_letters_are_sent() -> None:
    """Nothing leaves the machine unless a server is named; then by TLS, but to this machine."""
    assert mail_server("")["EMAIL_BACKEND"].endswith("filebased.EmailBackend")
    told = mail_server("smtp://me:p%40ss@mail.example")
    assert (told["EMAIL_PORT"], told["EMAIL_USE_TLS"]) == (587, True)
    assert told["EMAIL_HOST_PASSWORD"] == "p@ss"
    assert mail_server("smtps://mail.example")["EMAIL_PORT"] == 465
    assert not mail_server("smtp://localhost:25")["EMAIL_USE_TLS"]
