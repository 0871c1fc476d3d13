"""What machines send: tokens for one organisation, its meters' readings, its interruptions."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from eutopia.core.evaluate.meter_norms import judge_meter
from eutopia.core.listen.feed_tables import Refused, read_outages, read_readings
from eutopia.core.listen.rejections import CellFault, Said
from eutopia.core.listen.row_files import Row
from eutopia.core.listen.serving_tables import read_meters
from eutopia.core.records import Signal as SignalRecord
from eutopia.web.foundation.access import Actor, Grant, Scope, allows, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.foundation.bulk import copy_rows
from eutopia.web.reports.services import norms_of
from eutopia.web.territory.models import Building, Organisation, Territory
from eutopia.web.territory.services import KEY, territory_row, town_clock
from eutopia.web.utilities import bridge
from eutopia.web.utilities.models import Connection, FeedToken, Meter, Reading, Signal
from eutopia.web.utilities.services.clocks import notice_of
from eutopia.web.utilities.services.correcting import circumstances_of
from eutopia.web.utilities.services.importing import (
    FileRefused,
    Taken,
    name_aside,
    stored_whole,
    table_rows,
)

_PREFIX = "eut_"
MOST_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class Entered:
    """What came of rows sent: taken, known before just so, refused with reason and mend.

    `earliest` is the first time told of by what is new; None where nothing is. `notices` say of
    each planned interruption whether it was announced in time (None: no pack says how long ahead).
    """

    taken: int
    known: int
    refused: tuple[Refused, ...]
    earliest: datetime | None = None
    notices: tuple[tuple[str, bool | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends by a token: acts as the provider of one organisation in one municipality."""

    actor: Actor
    territory: Territory
    organisation: str
    token_id: int


@transaction.atomic
def issue_token(
    actor: Actor, territory: Territory | int, *, organisation: str, name: str
) -> tuple[FeedToken, str]:
    """Give a machine the right to send for an organisation; the secret is told this once.

    Notes
    -----
    Only its SHA-256 is kept: the secret has 256 bits of chance, so it cannot be guessed back.

    Raises
    ------
    AccessDenied
    ValidationError
        No such organisation here, or no name.
    """
    row = territory_row(territory)
    require(actor, "feed.manage", Scope(row.code, organisation))
    if not Organisation.objects.filter(territory=row, code=organisation).exists():
        raise ValidationError({"organisation": _("Choose an organisation.")})
    name = " ".join(name.replace("\x00", "").split())[:80]
    if not name:
        raise ValidationError({"name": _("Say which machine it is for.")})
    secret = _PREFIX + secrets.token_urlsafe(32)
    token = FeedToken.objects.create(
        territory=row,
        organisation=organisation,
        name=name,
        digest=_digest(secret),
        made=timezone.now(),
    )
    _log(actor, row, "feed.manage", {"issued": name, "organisation": organisation})
    return token, secret


@transaction.atomic
def revoke_token(actor: Actor, territory: Territory | int, token_id: int) -> None:
    """Take the right back, from this moment on.

    Raises
    ------
    AccessDenied
    FeedToken.DoesNotExist
    """
    row = territory_row(territory)
    token = FeedToken.objects.get(territory=row, pk=token_id)
    require(actor, "feed.manage", Scope(row.code, token.organisation))
    if token.revoked is None:
        token.revoked = timezone.now()
        token.save(update_fields=["revoked"])
        _log(actor, row, "feed.manage", {"revoked": token.name, "organisation": token.organisation})


def sender_of(secret: str) -> Sender | None:
    """Who sends with this secret? None for one that is not known or was revoked."""
    if not secret.startswith(_PREFIX) or len(secret) > 200:
        return None
    token = (
        FeedToken.objects.filter(digest=_digest(secret), revoked__isnull=True)
        .select_related("territory")
        .first()
    )
    if token is None:
        return None
    grant = Grant("provider", token.territory.code, token.organisation)
    actor = Actor(None, f"feed {token.name}", (grant,))
    return Sender(actor, token.territory, token.organisation, token.pk)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def import_meters(actor: Actor, territory: Territory | int, path: Path) -> Taken:
    """Which meters of a table are new or have changed, which rows were set aside?

    Raises
    ------
    AccessDenied
        The actor registers no meters here at all.
    UnreadableFileError
    FileRefused
        A row cannot be stored although it could be read.
    """
    row = territory_row(territory)
    require(actor, "reading.enter", _own_scope(actor, row))
    codes = Organisation.objects.filter(territory=row).values_list("code", flat=True)
    mine = frozenset(code for code in codes if _may(actor, row, code))
    others = Meter.objects.filter(territory=row).exclude(organisation__in=mine)
    told, rejected = read_meters(
        table_rows(path),
        file=path.name,
        buildings=_buildings(row),
        organisations=mine,
        others=frozenset(others.values_list("code", flat=True)),
    )
    rows = (
        {
            "territory_id": row.pk,
            "code": one.id,
            "service": one.service,
            "parameter": one.parameter,
            "organisation": one.organisation,
            "buildings": list(one.building_ids),
        }
        for one in told
    )
    with stored_whole(actor, row, path, "reading.enter", "meters") as done:
        done.copied = copy_rows(Meter, rows, key=KEY)
    return Taken(done.copied, rejected)


def import_readings(actor: Actor, territory: Territory | int, path: Path) -> Entered:
    """Which readings of a table are new, which were refused and why? See `enter_readings`."""
    return enter_readings(actor, territory, table_rows(path), file=path.name)


@transaction.atomic
def enter_readings(
    actor: Actor, territory: Territory | int, rows: Iterable[tuple[int, Row]], *, file: str
) -> Entered:
    """Which readings are new, which were known, which are refused and why?

    Notes
    -----
    Known by meter, time and value: sent twice is once. What is refused is named in `SetAside`.
    Whether a meter is to be believed (it jumps, sticks, contradicts itself) is judged where
    signals are joined: its readings are kept, as it sent them.

    Raises
    ------
    AccessDenied
        The actor enters no readings here at all.
    """
    row = territory_row(territory)
    require(actor, "reading.enter", _own_scope(actor, row))
    meters = {
        one.code: one.pk
        for one in Meter.objects.filter(territory=row)
        if _may(actor, row, one.organisation)
    }
    found, refused = read_readings(
        rows,
        file=file,
        meters=frozenset(meters),
        zone=ZoneInfo(row.time_zone),
        now=max(town_clock(row), timezone.now()),
    )
    values = (
        {"meter_id": meters[code], "at": one.at, "value": one.value}
        for code, one in dict.fromkeys(found)
    )
    copied = copy_rows(Reading, values, key=("meter_id", "at", "value"))
    _name_refused(row, "reading", refused)
    if copied.inserted:
        _log(actor, row, "reading.enter", {"readings": copied.inserted, "refused": len(refused)})
    return Entered(
        taken=copied.inserted,
        known=len(found) - copied.inserted,
        refused=refused,
        earliest=min((one.at for _, one in found), default=None) if copied.inserted else None,
    )


def import_outages(
    actor: Actor, territory: Territory | int, organisation: str, path: Path
) -> Entered:
    """Which interruptions of a provider's table are new or changed? See `enter_outages`.

    Raises
    ------
    FileRefused
        There is no such organisation here.
    """
    row = territory_row(territory)
    if not Organisation.objects.filter(territory=row, code=organisation).exists():
        raise FileRefused(
            f"{path.name}: there is no organisation {organisation!r} here; "
            "import it as a provider first"
        )
    return enter_outages(actor, territory, organisation, table_rows(path), file=path.name)


@dataclass(frozen=True, slots=True)
class JudgedMeter:
    """What a meter is held to (its norm's path and bounds), and when it was beyond them.

    `breaches` are beginning, end and value; `norm` is empty where nothing bounds it.
    """

    norm: str
    low: Decimal | None
    high: Decimal | None
    breaches: tuple[tuple[datetime, datetime | None, Decimal | None], ...]


def judged_meter(
    territory: Territory | int, meter_id: int, *, since: datetime | None = None
) -> JudgedMeter:
    """When was what a meter measured since then beyond its norm?"""
    row = territory_row(territory)
    for meter, readings in bridge.meters(row.pk, since=since, only=meter_id):
        told = judge_meter(readings, meter=meter, norms=norms_of(row), time_zone=row.time_zone)
        breaches = tuple((one.started, one.ended, one.measured) for one in told.findings.breaches)
        return JudgedMeter(told.norm, told.low, told.high, breaches)
    return JudgedMeter("", None, None, ())


@transaction.atomic
def enter_outages(
    actor: Actor,
    territory: Territory | int,
    organisation: str,
    rows: Iterable[tuple[int, Row]],
    *,
    file: str,
) -> Entered:
    """Which interruptions that a provider tells of are new or changed, which are refused and why?

    Notes
    -----
    Known by organisation and id: sent again with an end, the interruption ends. Held to what the
    dispatcher's own are held to; a building that another provider serves with that service is
    refused. Whether planned works were announced in time is judged and told at once.

    Raises
    ------
    AccessDenied
    """
    row = territory_row(territory)
    require(actor, "interruption.record", Scope(row.code, organisation))
    found, refused = read_outages(
        rows,
        file=file,
        organisation=organisation,
        buildings=_buildings(row),
        services=_services(row),
        circumstances=circumstances_of(row),
        zone=ZoneInfo(row.time_zone),
        now=max(town_clock(row), timezone.now()),
    )
    strange = _served_by_others(row, organisation, found)
    mine = [one for one in found if one.id not in strange]
    refused = (*refused, *strange.values())
    copied = copy_rows(Signal, (signal_row(row.pk, one) for one in mine), key=KEY)
    _name_refused(row, "signal", refused)
    if copied.inserted or copied.updated:
        _log(
            actor,
            row,
            "interruption.record",
            {"interruptions": copied.inserted, "changed": copied.updated},
        )
    fresh = bool(copied.inserted or copied.updated)
    return Entered(
        taken=copied.inserted + copied.updated,
        known=copied.unchanged,
        refused=refused,
        earliest=min((one.started for one in mine), default=None) if fresh else None,
        notices=tuple((one.id, _in_time(row, one)) for one in mine if one.planned),
    )


def _in_time(territory: Territory, one: SignalRecord) -> bool | None:
    told = notice_of(territory, one.started, one.notice_given)
    return None if told is None else told.in_time


def _served_by_others(
    territory: Territory, organisation: str, found: Iterable[SignalRecord]
) -> dict[str, Refused]:
    """Signals about buildings that somebody else, and not this organisation, serves."""
    signals = list(found)
    codes = {code for one in signals for code in one.building_ids}
    served: dict[tuple[str, str], set[str]] = {}
    rows = Connection.objects.filter(territory=territory, building__in=codes)
    for building, service, *who in rows.values_list("building", "service", "provider", "supplier"):
        served.setdefault((building, service), set()).update(who)
    strange = {}
    for one in signals:
        others = [
            code
            for code in one.building_ids
            if organisation not in served.get((code, one.service), {organisation})
        ]
        if others:
            fault = CellFault(
                "buildings", " ".join(others[:5]), Said("others serve them with this service"),
                Said("leave them out, or have the register of connections mended"),
            )  # fmt: skip
            strange[one.id] = Refused("served_by_others", one.id[:160], fault.at("", 0))
    return strange


def signal_row(territory_id: int, one: SignalRecord) -> dict[str, Any]:
    """How is a signal stored? Which event it is of is for the joining to say."""
    return {
        "territory_id": territory_id,
        "code": one.id,
        "source": one.source,
        "service": one.service,
        "parameter": one.parameter,
        "measured": one.measured,
        "planned": one.planned,
        "organisation": one.organisation,
        "asset": one.asset_id,
        "buildings": list(one.building_ids),
        "customers": one.customers,
        "cause": one.cause,
        "started": one.started,
        "ended": one.ended,
        "promised": one.promised,
        "notice_given": one.notice_given,
        "conditions": [list(pair) for pair in one.conditions],
    }


def _buildings(territory: Territory) -> frozenset[str]:
    return frozenset(Building.objects.filter(territory=territory).values_list("code", flat=True))


def _services(territory: Territory) -> frozenset[str]:
    """Services that houses here have, or that a norm in force judges."""
    had = (
        Connection.objects.filter(territory=territory).order_by().values_list("service", flat=True)
    )
    judged = (norm.service for norm in norms_of(territory).service_norms())
    return frozenset((*had.distinct(), *judged))


def _own_scope(actor: Actor, territory: Territory) -> Scope:
    """The municipality, for whoever acts for one organisation as that organisation."""
    own = next((g.organisation for g in actor.grants if g.role == "provider"), "")
    return Scope(territory.code, own)


def _may(actor: Actor, territory: Territory, organisation: str) -> bool:
    return allows(actor, "reading.enter", Scope(territory.code, organisation))


def _name_refused(territory: Territory, kind: str, refused: Iterable[Refused]) -> None:
    name_aside(territory, ((kind, one.subject.replace("\x00", "?"), one.code) for one in refused))


def _log(actor: Actor, territory: Territory, action: str, after: dict[str, object]) -> None:
    log_act(actor, action, territory, after=after, municipality=territory.code)
