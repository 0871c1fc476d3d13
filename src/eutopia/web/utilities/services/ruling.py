"""What a dispatcher says of a joined event: it is so, or it is not; and that can be taken back."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from eutopia.web.foundation.access import Actor, Scope, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.territory.models import Building, Territory
from eutopia.web.territory.services import territory_row, town_clock
from eutopia.web.utilities.models import Call, Entry, Interruption, SetAside, Signal
from eutopia.web.utilities.services.dispatching import fed_with

UNDONE = "undone_at_the_desk"


@transaction.atomic
def confirm_event(actor: Actor, event: Interruption, *, wide: bool = False) -> None:
    """It is so: the event is the desk's from now on, and its callers' calls are its own.

    Parameters
    ----------
    wide
        It is out for all that hang on the same part of the network, not only where people told.

    Raises
    ------
    AccessDenied
    ValidationError
        It was confirmed before.
    """
    require(actor, "interruption.record", event)
    if event.confirmed:
        raise ValidationError(_("This event is confirmed already."))
    codes = set(event.buildings)
    if wide:
        for code in event.buildings:
            codes.update(fed_with(event.territory_id, code, event.service))
    homes = Building.objects.filter(territory=event.territory, code__in=codes)
    event.confirmed = True
    event.buildings = sorted(homes.values_list("code", flat=True))
    event.customers = homes.aggregate(n=Sum("dwellings"))["n"] or 0
    event.save(update_fields=["confirmed", "buildings", "customers"])
    waiting = Call.objects.filter(
        territory=event.territory,
        service=event.service,
        building__in=event.buildings,
        interruption__isnull=True,
        resolved__isnull=True,
        answered__isnull=False,
    )
    joined = waiting.update(interruption=event, organisation=event.organisation)
    Entry.objects.create(
        interruption=event, at=town_clock(event.territory), act="confirmed", words=""
    )
    told = {"confirmed": True, "buildings": len(event.buildings), "calls": joined}
    log_act(actor, "interruption.record", event, after=told, municipality=event.territory.code)


@transaction.atomic
def undo_event(actor: Actor, event: Interruption) -> None:
    """It is not so: the event is taken away, its signals are set aside by name, its calls wait.

    Raises
    ------
    AccessDenied
    ValidationError
        Not joined from signals, or a crew was sent to it: then it is ended, not undone.
    """
    require(actor, "interruption.record", event)
    if event.origin != "joined" or event.call_outs.exists():
        raise ValidationError(_("Only what was joined from signals can be undone."))
    signals = list(Signal.objects.filter(interruption=event).values_list("code", flat=True))
    SetAside.objects.bulk_create(
        (
            SetAside(
                territory=event.territory, kind="signal", subject=code, code=UNDONE,
                at=event.started,
            )
            for code in signals
        ),
        ignore_conflicts=True,
    )  # fmt: skip
    log_act(
        actor,
        "interruption.record",
        event.territory,
        after={"undone": event.code, "service": event.service, "signals": signals},
        municipality=event.territory.code,
    )
    event.delete()


@transaction.atomic
def use_again(actor: Actor, territory: Territory | int, code: str) -> None:
    """Take back that a signal was set aside at the desk: it is joined again.

    Raises
    ------
    AccessDenied
    Signal.DoesNotExist
    """
    row = territory_row(territory)
    signal = Signal.objects.get(territory=row, code=code)
    require(actor, "interruption.record", Scope(row.code, signal.organisation))
    SetAside.objects.filter(territory=row, kind="signal", subject=code, code=UNDONE).delete()
    log_act(actor, "interruption.record", row, after={"used_again": code}, municipality=row.code)
