"""News of a house by e-mail: asked for twice, stopped at once, and no list of anybody.

The address lies sealed apart (`foundation.contacts`); beside the house stand only keyed digests.
What is told of is the house's: which outage began, changed or ended, which works are planned, what
is owed back for a month.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.contacts import (
    erase_contact,
    keep_contact,
    read_to_write,
    seal_contact,
)
from eutopia.web.foundation.models import SealedContact
from eutopia.web.territory.models import Building, Territory
from eutopia.web.territory.services import territory_row, town_clock
from eutopia.web.utilities.models import Charge, Interruption, Subscription

TO_CONFIRM = timedelta(days=2)
KEPT = timedelta(days=365)
"""After a year it is asked for again, or forgotten."""
_OVER = timedelta(days=2)
"""How long an outage that is over is looked at: so long a site may stand still."""
_MONTHS = timedelta(days=100)


@transaction.atomic
def ask_for_news(
    actor: Actor, territory: Territory | int, building: str, email: str, *, language: str
) -> Subscription:
    """Begin a subscription; nothing is sent but a letter with a link to confirm it.

    Notes
    -----
    Asked for twice, it is one. Nothing is in the log: the log never forgets.

    Raises
    ------
    AccessDenied
    ValidationError
        It is no e-mail address, or there is no such building.
    """
    row = territory_row(territory)
    require(actor, "house.subscribe", row)
    address = email.strip()
    if len(address) > 200:
        raise ValidationError(_("This is no e-mail address."))
    validate_email(address)
    if not Building.objects.filter(territory=row, code=building).exists():
        raise ValidationError(_("There is no such building here: choose one."))
    now = timezone.now()
    mark = address_mark(address, row.code, building)
    found = Subscription.objects.filter(territory=row, building=building, mark=mark).first()
    if found is not None:
        if found.confirmed is None:
            found.asked = now
            found.save(update_fields=["asked"])
            keep_contact(found.contact, until=(now + TO_CONFIRM).date() + timedelta(days=1))
        return found
    contact = seal_contact(
        {"email": address}, erase_on=(now + TO_CONFIRM).date() + timedelta(days=1)
    )
    return Subscription.objects.create(
        territory=row,
        building=building,
        contact=contact,
        mark=mark,
        token=_token(_secret(contact)),
        language=language,
        asked=now,
    )


def address_mark(address: str, *place: str) -> str:
    """Which digest stands for an address at a place? It can be compared, not read."""
    words = "\n".join((address.strip().casefold(), *place))
    return salted_hmac("eutopia.subscription.mark", words, algorithm="sha256").hexdigest()


def secret_of(row: Subscription) -> str:
    """Which secret is in the links of a subscription's letters? Known to nobody but its reader."""
    return _secret(row.contact)


def _secret(contact: Any) -> str:
    return salted_hmac("eutopia.subscription", str(contact), algorithm="sha256").hexdigest()[:40]


def _token(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def subscription_by(secret: str) -> Subscription | None:
    """Which subscription does a link mean? None where it was stopped or not confirmed in time."""
    rows = Subscription.objects.select_related("territory").filter(token=_token(secret))
    return rows.exclude(_forgotten()).first()


def _forgotten() -> Q:
    return Q(confirmed__isnull=True, asked__lt=timezone.now() - TO_CONFIRM)


@transaction.atomic
def confirm_news(row: Subscription) -> None:
    """Whoever has the letter wants the news: from now on they are sent, for a year."""
    if row.confirmed is None:
        row.confirmed = timezone.now()
        row.told = house_states(row.territory, row.building)
        row.save(update_fields=["confirmed", "told"])
        keep_contact(row.contact, until=(row.confirmed + KEPT).date())


@transaction.atomic
def stop_news(row: Subscription) -> None:
    """Forget a subscription: address and row, at once, without a trace."""
    erase_contact(row.contact)
    row.delete()


def forget_unconfirmed() -> int:
    """Forget what was not confirmed in time, and what has had its year; return how many."""
    kept = SealedContact.objects.values("pk")
    rows = list(Subscription.objects.filter(_forgotten() | ~Q(contact__in=kept)))
    for row in rows:
        stop_news(row)
    return len(rows)


def house_states(territory: Territory, building: str) -> dict[str, str]:
    """In which state is each thing that is told of at a house? By its key."""
    now = town_clock(territory)
    rows = Interruption.objects.filter(territory=territory, buildings__contains=[building])
    rows = rows.exclude(ended__lte=now - _OVER)
    found = {f"outage:{row.code}": _state(row, now) for row in rows}
    owed = (
        Charge.objects.filter(
            territory=territory,
            building=building,
            period__gt=(now - _MONTHS).date(),
            recalculation__amount__gt=0,
        )
        .order_by("period")
        .values_list("period")
        .annotate(owed=Sum("recalculation__amount"))
    )
    return found | {f"owed:{period.isoformat()}": str(total) for period, total in owed}


def _state(row: Interruption, now: datetime) -> str:
    if row.ended is not None and row.ended <= now:
        return f"over {row.ended.isoformat()}"
    if row.started > now:
        return f"ahead {row.started.isoformat()} {row.ended}"
    until = row.ended or row.promised
    return f"on {until.isoformat() if until else ''}"


@dataclass(frozen=True, slots=True)
class News:
    """What is new of a house: `kind` is begun, changed, ended, planned or owed."""

    kind: str
    key: str

    @property
    def code(self) -> str:
        """Code of the outage; empty for what is owed."""
        return self.key.removeprefix("outage:") if self.key.startswith("outage:") else ""

    @property
    def month(self) -> date | None:
        """Month that something is owed for; None for outages."""
        is_owed = self.key.startswith("owed:")
        return date.fromisoformat(self.key.removeprefix("owed:")) if is_owed else None


_KINDS = {"over": "ended", "ahead": "planned", "on": "begun"}


def news_between(told: Mapping[str, str], now: Mapping[str, str]) -> tuple[News, ...]:
    """What has become new since it was told of last?

    Examples
    --------
    >>> news_between({"outage:1": "on "}, {"outage:1": "over 12", "owed:2026-03-01": "5"})
    (News(kind='ended', key='outage:1'), News(kind='owed', key='owed:2026-03-01'))
    """
    found = []
    for key, state in now.items():
        before = told.get(key)
        if before == state:
            continue
        kind = "owed" if key.startswith("owed:") else _KINDS[state.split(" ")[0]]
        if kind == "begun" and before is not None and before.startswith("on"):
            kind = "changed"
        found.append(News(kind, key))
    return tuple(found)


def fresh_news() -> tuple[tuple[int, tuple[News, ...]], ...]:
    """Who has to be written what? Number of each subscription with its news, now taken as told.

    Call it in the transaction that defers the letters: none is lost, none is sent twice.
    """
    states: dict[tuple[int, str], dict[str, str]] = {}
    found = []
    rows = Subscription.objects.select_for_update(of=("self",)).select_related("territory")
    for row in rows.filter(confirmed__isnull=False).order_by("pk"):
        place = (row.territory_id, row.building)
        if place not in states:
            states[place] = house_states(row.territory, row.building)
        news = news_between(row.told, states[place])
        if row.told != states[place]:
            row.told = states[place]
            row.save(update_fields=["told"])
        if news:
            found.append((row.pk, news))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom a letter goes to: `address` is for the letter alone."""

    town: str
    building: str
    address: str
    secret: str
    language: str
    until: date


def reader_of(subscription_id: int) -> Reader | None:
    """Whom does a subscription write to? None where it was stopped meanwhile."""
    row = Subscription.objects.select_related("territory").filter(pk=subscription_id).first()
    contact = None if row is None else read_to_write(row.contact)
    if row is None or contact is None:
        return None
    kept = ((row.confirmed or row.asked) + KEPT).date()
    return Reader(
        row.territory.code, row.building, contact["email"], secret_of(row), row.language, kept
    )
