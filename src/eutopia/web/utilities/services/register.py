"""Writing how a municipality is served: connections, tariffs, crews, calls, meters."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from eutopia.core.evaluate.serving import check_tariffs, serving_on
from eutopia.core.records import UtilityRegister
from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.foundation.bulk import Copied, copy_rows
from eutopia.web.territory.models import Territory
from eutopia.web.territory.services import add_counts
from eutopia.web.utilities.models import (
    Call,
    Connection,
    Crew,
    Interruption,
    Meter,
    Reading,
    SetAside,
    Tariff,
)
from eutopia.web.utilities.services.clocks import call_clocks
from eutopia.web.utilities.services.importing import TARIFF_KEY, tariff_row
from eutopia.web.utilities.services.serving import CONNECTION_KEY, connection_row, crew_row

_KEY = ("territory_id", "code")


@transaction.atomic
def load_utilities(actor: Actor, territory: Territory, register: UtilityRegister) -> Copied:
    """How many connections, tariffs, crews, calls and meters are new, how many have changed?

    Notes
    -----
    A building that two providers claim for one service, and days on which a tariff is missing or
    there are two, are named in `SetAside`; nothing is dropped. Calls are attached to the
    interruption of their service that was on at their building; what the desk has done with a call
    since is never overwritten.

    Raises
    ------
    AccessDenied
    """
    require(actor, "territory.import", territory)
    done = copy_rows(
        Connection,
        (connection_row(territory.pk, one) for one in register.connections),
        key=CONNECTION_KEY,
    )
    tariffs = (tariff_row(territory.pk, one) for one in register.tariffs)
    done = add_counts(done, copy_rows(Tariff, tariffs, key=TARIFF_KEY))
    crews = (crew_row(territory.pk, one) for one in register.crews)
    done = add_counts(done, copy_rows(Crew, crews, key=_KEY))
    done = add_counts(done, _load_calls(territory, register))
    done = add_counts(done, _load_meters(territory, register))
    _set_aside(territory, register)
    if done.inserted or done.updated:
        log_act(
            actor,
            "territory.import",
            territory,
            after={"utilities": done.inserted, "changed": done.updated},
            municipality=territory.code,
        )
    return done


def _load_calls(territory: Territory, register: UtilityRegister) -> Copied:
    if not register.calls:
        return Copied(0, 0, 0)
    first = min(one.received for one in register.calls)
    on: dict[tuple[str, str], Interruption] = {}
    rows = Interruption.objects.filter(territory=territory, planned=False)
    for row in rows.exclude(ended__lt=first).order_by("started"):
        for building in row.buildings:
            on[building, row.service] = row
    calls = []
    for one in register.calls:
        event = on.get((one.building, one.service))
        if event is not None and event.started > one.received:
            event = None
        calls.append(
            {
                "territory_id": territory.pk,
                "code": one.id,
                "received": one.received,
                "answered": one.answered,
                "building": one.building,
                "dwelling": one.dwelling,
                "service": one.service,
                "words": one.words,
                "organisation": "" if event is None else event.organisation,
                "interruption_id": None if event is None or one.answered is None else event.pk,
                "told": None if event is None or event.promised is None else one.answered,
                "clocks": call_clocks(territory, one.service, one.received),
            }
        )
    return copy_rows(Call, calls, key=_KEY, update=False)


def _load_meters(territory: Territory, register: UtilityRegister) -> Copied:
    meters = (
        {
            "territory_id": territory.pk,
            "code": one.id,
            "service": one.service,
            "parameter": one.parameter,
            "organisation": one.organisation,
            "buildings": list(one.building_ids),
        }
        for one in register.meters
    )
    done = copy_rows(Meter, meters, key=_KEY)
    known = dict(Meter.objects.filter(territory=territory).values_list("code", "pk"))
    readings = (
        {"meter_id": known[code], "at": one.at, "value": one.value}
        for code, said in register.readings
        if code in known
        for one in dict.fromkeys(said)
    )
    return add_counts(done, copy_rows(Reading, readings, key=("meter_id", "at", "value")))


def _set_aside(territory: Territory, register: UtilityRegister) -> None:
    """Name the buildings with two providers, and the days without a tariff or with two."""
    served = serving_on(register.connections, territory.as_of)
    named: Iterable[tuple[str, str, str]] = [
        *(("connection", f"{b} {s}", "two_providers") for b, s in served.two_providers),
        *(
            ("tariff", f"{f.service} {f.provider} {f.first} {f.last}", f.code)
            for f in check_tariffs(register.tariffs)
        ),
    ]
    SetAside.objects.bulk_create(
        (
            SetAside(territory=territory, kind=kind, subject=subject, code=code, at=timezone.now())
            for kind, subject, code in named
        ),
        ignore_conflicts=True,
    )
