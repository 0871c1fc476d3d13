"""Jobs of the portal: letters that somebody asked for."""

from __future__ import annotations

from django.db import transaction
from procrastinate.contrib.django import app

from eutopia.web.foundation.jobs import job
from eutopia.web.portal import letters
from eutopia.web.utilities import services
from eutopia.web.utilities.services import News


@job("portal.send_confirmation")
def send_confirmation(*, subscription_id: int) -> None:
    """Ask by letter whether news of a house is really wanted."""
    reader = services.reader_of(subscription_id)
    if reader is not None and letters.letters_go():
        letters.confirmation(reader).send()


@job("portal.send_news")
def send_news(*, subscription_id: int, news: list[list[str]]) -> None:
    """Write to one subscriber; whoever stopped meanwhile is written nothing."""
    reader = services.reader_of(subscription_id)
    if reader is None or not letters.letters_go():
        return
    letter = letters.house_news(reader, [News(kind, key) for kind, key in news])
    if letter is not None:
        letter.send()


@app.periodic(cron="*/5 * * * *")
@job("portal.find_news", lock="portal.find_news")
def find_news(timestamp: int) -> None:  # noqa: ARG001
    """See which houses have news, and write to those who asked for it."""
    if not letters.letters_go():
        return
    with transaction.atomic():
        for number, news in services.fresh_news():
            told = [[one.kind, one.key] for one in news]
            send_news.defer(subscription_id=number, news=told)


@app.periodic(cron="41 3 * * *")
@job("portal.forget_subscriptions")
def forget_subscriptions(timestamp: int) -> None:  # noqa: ARG001
    """Forget what was not confirmed, and what has had its year, each night."""
    services.forget_unconfirmed()
