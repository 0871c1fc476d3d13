"""The dispatcher's acts: calls taken, events begun and ended, crews sent, people told."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from eutopia.core.listen.redaction import redact
from eutopia.web.foundation.access import Actor, Scope, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.reports.services import norms_of
from eutopia.web.territory.models import Building, Territory
from eutopia.web.territory.services import territory_row, town_clock
from eutopia.web.utilities.models import (
    Call,
    CallOut,
    Connection,
    Crew,
    Entry,
    Interruption,
)
from eutopia.web.utilities.selectors import ringing
from eutopia.web.utilities.services.clocks import call_clocks

WORDS = 1_000
_FAR = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class ActRules:
    """Who signs an act of inspection where the provider did not come, by which article?"""

    residents: int
    chair: bool
    article: str


def act_rules(territory: Territory | int) -> ActRules:
    """What do the packs say of the act of inspection? Two residents where none says anything."""
    row = territory_row(territory)
    told = {one.path: one for one in norms_of(row).values("breach.act.")}
    signers = told.get("breach.act.resident_signers")
    chair = told.get("breach.act.chair_signs")
    return ActRules(
        residents=2 if signers is None else int(signers.value),
        chair=chair is not None and bool(chair.value),
        article="" if signers is None else signers.source.article,
    )


def call_row(territory_id: int, call_id: int) -> Call | None:
    """The call of this municipality with this number; None where there is none."""
    return Call.objects.filter(territory_id=territory_id, pk=call_id).first()


def event_row(territory_id: int, event_id: int) -> Interruption | None:
    """The event of this municipality with this number; None where there is none."""
    return Interruption.objects.filter(territory_id=territory_id, pk=event_id).first()


def _clean(words: str) -> str:
    return redact(words.strip()).text.replace("\x00", "")[:WORDS]


@transaction.atomic
def take_call(
    actor: Actor,
    territory: Territory | int,
    *,
    building: str,
    service: str,
    words: str = "",
    dwelling: str = "",
    language: str = "",
) -> Call:
    """Write down a call; if its service is out at the building already, it is of that event.

    Notes
    -----
    Nobody's name is asked for. The words are redacted before they are stored.

    Raises
    ------
    AccessDenied
    ValidationError
        No such building, or no service is named.
    """
    row = territory_row(territory)
    require(actor, "call.take", row)
    if not Building.objects.filter(territory=row, code=building).exists():
        raise ValidationError({"building": _("There is no such building here: choose one.")})
    if not re.fullmatch(r"[a-z_]{2,32}", service):
        raise ValidationError({"service": _("Choose the service that is out.")})
    now = town_clock(row)
    event = standing_event(row.pk, building, service, now)
    call = Call.objects.create(
        territory=row,
        code=f"c-{secrets.token_hex(5)}",
        received=now,
        answered=now,
        building=building,
        dwelling=dwelling.strip()[:24],
        service=service,
        words=_clean(words),
        language=language[:8],
        organisation=provider_of(row.pk, building, service)
        if event is None
        else event.organisation,
        interruption=event,
        told=now if event is not None and event.promised is not None else None,
        clocks=call_clocks(row, service, now),
    )
    log_act(actor, "call.take", call, after={"service": service}, municipality=row.code)
    return call


def standing_event(
    territory_id: int, building: str, service: str, now: datetime
) -> Interruption | None:
    """Which event of the service goes on at the building now? The one begun last."""
    rows = Interruption.objects.filter(
        territory_id=territory_id, service=service, buildings__contains=[building], started__lte=now
    )
    return rows.exclude(ended__lte=now).order_by("-started").first()


def provider_of(territory_id: int, building: str, service: str) -> str:
    """Who answers for a service at a building? Empty where nobody or two are registered."""
    rows = Connection.objects.filter(
        territory_id=territory_id, building=building, service=service, until__isnull=True
    )
    found = sorted(set(rows.values_list("provider", flat=True)))
    return found[0] if len(found) == 1 else ""


@transaction.atomic
def answer_call(actor: Actor, call: Call) -> None:
    """Take up a call that rings; of an event that goes on there, it joins it."""
    require(actor, "call.take", call)
    if call.answered is not None:
        raise ValidationError(_("This call is answered already."))
    now = town_clock(call.territory)
    call.answered = now
    event = standing_event(call.territory_id, call.building, call.service, now)
    if event is not None:
        call.interruption, call.organisation = event, event.organisation
        call.told = now if event.promised is not None else None
    call.save()
    log_act(actor, "call.take", call, after={"answered": now}, municipality=call.territory.code)


@transaction.atomic
def answer_ringing(actor: Actor, event: Interruption) -> int:
    """Take up all calls that ring about an event at once, by its announcement; how many were there?

    Raises
    ------
    AccessDenied
    ValidationError
        None rings, or the event is over.
    """
    require(actor, "call.take", event)
    _still_on(event)
    now = town_clock(event.territory)
    answered = ringing(event).update(
        answered=now,
        interruption=event,
        organisation=event.organisation,
        told=None if event.promised is None else now,
    )
    if not answered:
        raise ValidationError(_("No call about this event rings."))
    log_act(
        actor, "call.take", event, after={"answered": answered}, municipality=event.territory.code
    )
    return answered


@transaction.atomic
def begin_event(actor: Actor, call: Call, *, buildings: Sequence[str] = ()) -> Interruption:
    """Begin an event from a call, for its building or for those that share its network.

    Notes
    -----
    Open calls about the service at these buildings join it: one event, hundreds of calls. Until
    somebody has looked, it rests on what residents say (`confirmed` is False) and nothing is owed
    for it yet.

    Raises
    ------
    AccessDenied
    ValidationError
        The call is of an event already.
    """
    require(actor, "interruption.record", Scope(call.territory.code, call.organisation))
    if call.interruption_id is not None:
        raise ValidationError(_("This call is of an event already."))
    codes = sorted({call.building, *buildings})
    known = Building.objects.filter(territory=call.territory, code__in=codes)
    served = Connection.objects.filter(
        territory=call.territory, building=call.building, service=call.service
    ).first()
    event = Interruption.objects.create(
        territory=call.territory,
        code=f"d-{secrets.token_hex(5)}",
        service=call.service,
        organisation=call.organisation or ("" if served is None else served.provider),
        started=call.received,
        planned=False,
        parameter="continuity",
        cause="",
        asset=None if served is None else served.asset,
        buildings=[row.code for row in known],
        customers=known.aggregate(n=Sum("dwellings"))["n"] or 0,
        origin="dispatcher",
        confirmed=False,
    )
    waiting = Call.objects.filter(
        territory=call.territory,
        service=call.service,
        building__in=event.buildings,
        interruption__isnull=True,
        resolved__isnull=True,
    )
    joined = waiting.update(interruption=event, organisation=event.organisation)
    _enter(event, "begun", "")
    log_act(
        actor,
        "interruption.record",
        event,
        after={"service": event.service, "buildings": len(event.buildings), "calls": joined},
        municipality=call.territory.code,
    )
    return event


def fed_with(territory_id: int, building: str, service: str) -> tuple[str, ...]:
    """Which buildings hang on the same part of the network as this one, itself included?"""
    own = Connection.objects.filter(territory_id=territory_id, building=building, service=service)
    asset = own.values_list("asset", flat=True).first()
    if not asset:
        return (building,)
    rows = Connection.objects.filter(territory_id=territory_id, service=service, asset=asset)
    return tuple(sorted(rows.values_list("building", flat=True)))


@transaction.atomic
def promise_end(actor: Actor, event: Interruption, *, until: datetime, words: str = "") -> None:
    """Say by when it will be mended; all its callers count as told from now.

    Raises
    ------
    AccessDenied
    ValidationError
        The time is past, more than sixty days away, or the event is over.
    """
    require(actor, "interruption.record", event)
    now = town_clock(event.territory)
    _still_on(event)
    if not now < until < now + _FAR:
        raise ValidationError(_("Give a time ahead, within sixty days."))
    event.promised = until
    event.save(update_fields=["promised"])
    event.calls.filter(told__isnull=True).update(told=now)
    told = until.astimezone(ZoneInfo(event.territory.time_zone)).isoformat(timespec="minutes")
    _enter(event, "promised", words or told)
    _log(actor, event, {"promised": until})


@transaction.atomic
def send_crew(actor: Actor, event: Interruption, crew_id: int) -> CallOut:
    """Send a crew out to an event.

    Raises
    ------
    AccessDenied
    ValidationError
        There is no such crew here, it is out already, or the event is over.
    """
    require(actor, "interruption.record", event)
    _still_on(event)
    crew = Crew.objects.filter(territory=event.territory, pk=crew_id).first()
    if crew is None:
        raise ValidationError(_("Choose a crew."))
    if CallOut.objects.filter(crew=crew, finished__isnull=True).exists():
        raise ValidationError(_("This crew is out already: choose another."))
    out = CallOut.objects.create(crew=crew, interruption=event, sent=town_clock(event.territory))
    _enter(event, "crew_sent", crew.code)
    _log(actor, event, {"crew": crew.code})
    return out


@transaction.atomic
def crew_came(actor: Actor, event: Interruption, out_id: int) -> None:
    """The crew is at the place: somebody has looked, so the event no longer rests on hearsay."""
    require(actor, "interruption.record", event)
    out = event.call_outs.filter(pk=out_id).select_related("crew").first()
    if out is None:
        raise ValidationError(_("This crew was not sent to this event."))
    if out.arrived is None:
        out.arrived = town_clock(event.territory)
        out.save(update_fields=["arrived"])
        event.calls.filter(checked__isnull=True).update(checked=out.arrived)
        event.confirmed = True
        event.save(update_fields=["confirmed"])
        _enter(event, "crew_arrived", out.crew.code)
        _log(actor, event, {"crew_arrived": out.crew.code})


@transaction.atomic
def localise(actor: Actor, event: Interruption, *, words: str = "") -> None:
    """The damage is cut off from the rest of the network."""
    require(actor, "interruption.record", event)
    _still_on(event)
    now = town_clock(event.territory)
    event.calls.filter(localised__isnull=True).update(localised=now)
    _enter(event, "localised", _clean(words))
    _log(actor, event, {"localised": now})


@transaction.atomic
def end_event(actor: Actor, event: Interruption, *, cause: str = "", words: str = "") -> None:
    """The service is back: the event ends now, its crews are free, its calls are closed.

    Raises
    ------
    AccessDenied
    ValidationError
        It is over already, or has not begun.
    """
    require(actor, "interruption.record", event)
    _still_on(event)
    now = town_clock(event.territory)
    if now <= event.started:
        raise ValidationError(_("It has not begun yet."))
    event.ended, event.cause = now, (cause or event.cause)[:96]
    event.save(update_fields=["ended", "cause"])
    event.call_outs.filter(finished__isnull=True).update(finished=now)
    event.calls.filter(resolved__isnull=True).update(resolved=now)
    _enter(event, "ended", _clean(words))
    _log(actor, event, {"ended": now, "cause": event.cause})


def _still_on(event: Interruption) -> None:
    if event.ended is not None and event.ended <= town_clock(event.territory):
        raise ValidationError(_("This event is over."))


def _enter(event: Interruption, act: str, words: str) -> None:
    Entry.objects.create(interruption=event, at=town_clock(event.territory), act=act, words=words)


def _log(actor: Actor, event: Interruption, after: dict[str, object]) -> None:
    log_act(actor, "interruption.record", event, after=after, municipality=event.territory.code)
