"""Correcting what is known of an interruption, and what follows for what is owed back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from eutopia.core.listen.redaction import redact
from eutopia.core.norms.circumstances import circumstances_asked
from eutopia.web.foundation.access import Actor, Grant, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.reports.services import norms_of
from eutopia.web.territory.models import Building, Territory
from eutopia.web.territory.services import territory_row, town_clock
from eutopia.web.utilities import bridge
from eutopia.web.utilities.models import Charge, Entry, Interruption
from eutopia.web.utilities.services.recalculating import Recalculated, recalculate_period

REASON = 500
_NUMBER = re.compile(r"-?\d{1,6}(\.\d{1,4})?")
_CORRECTED = ("started", "ended", "measured", "buildings", "customers", "conditions")


@dataclass(frozen=True, slots=True)
class Facts:
    """What an interruption is said to have been.

    `buildings` are codes, times are aware, `conditions` pairs of circumstance and value by name.
    """

    started: datetime
    ended: datetime | None
    measured: Decimal | None
    buildings: tuple[str, ...]
    conditions: tuple[tuple[str, str], ...] = ()


def facts_of(event: Interruption) -> Facts:
    """What is an interruption said to have been?"""
    return Facts(
        event.started,
        event.ended,
        event.measured,
        tuple(event.buildings),
        bridge.pairs(event.conditions),
    )


def circumstances_of(
    territory: Territory | int, *, service: str | None = None, parameter: str | None = None
) -> dict[str, tuple[str, ...]]:
    """Which circumstances of an event do the town's norms ask about, with which values?"""
    held = norms_of(territory_row(territory)).service_norms()
    return circumstances_asked(held, service=service, parameter=parameter)


@transaction.atomic
def correct_interruption(
    actor: Actor, event: Interruption, facts: Facts, *, reason: str
) -> tuple[date, ...]:
    """Which months have to be recalculated after a correction?

    Notes
    -----
    The event says from now on what is right; what it said before and why it was corrected stay in
    the log and in its story. Residents in the houses that it no longer names, or names now, are
    counted anew.

    Raises
    ------
    AccessDenied
        Whoever is paid less when an outage was shorter does not correct it: not its provider.
    ValidationError
        There is no reason, nothing differs, it would end before it starts or in time to come, or a
        building is not in the register.
    """
    require(actor, "interruption.correct", event)
    event = Interruption.objects.select_for_update().get(pk=event.pk)
    told = redact(reason.strip()).text.replace("\x00", "")[:REASON]
    known = _checked(event, facts, told)
    before = facts_of(event)
    was = {name: getattr(event, name) for name in _CORRECTED}
    event.started, event.ended, event.measured = facts.started, facts.ended, facts.measured
    event.buildings = sorted(known)
    event.conditions = [list(pair) for pair in facts.conditions]
    if set(before.buildings) != set(known):
        event.customers = sum(known.values())
    event.save(update_fields=list(_CORRECTED))
    now = town_clock(event.territory)
    Entry.objects.create(interruption=event, at=now, act="corrected", words=told)
    log_act(
        actor,
        "interruption.correct",
        event,
        before=was,
        after={name: getattr(event, name) for name in _CORRECTED},
        reason=told,
        municipality=event.territory.code,
    )
    return _months(event.territory, (before, facts_of(event)), now)


def _checked(event: Interruption, facts: Facts, reason: str) -> dict[str, int]:
    """Check a correction; which buildings (with their dwellings) does it name?"""
    faults = _wrong_times(event, facts)
    if not reason:
        faults["reason"] = _("Say why: the reason stays beside what is owed.")
    if facts.measured is None and event.measured is not None:
        faults["measured"] = _("Give what was measured.")
    if strange := _strange(event, facts):
        faults["conditions"] = _("No norm asks for this: %(told)s.") % {"told": strange}
    rows = Building.objects.filter(territory=event.territory, code__in=facts.buildings)
    known = dict(rows.values_list("code", "dwellings"))
    if unknown := sorted(set(facts.buildings) - set(known)):
        faults["buildings"] = _("There is no such building here: %(codes)s.") % {
            "codes": ", ".join(unknown)
        }
    elif not known:
        faults["buildings"] = _("Name the buildings that it hit.")
    if faults:
        raise ValidationError(faults)
    if facts_of(event) == replace(facts, buildings=tuple(sorted(known))):
        raise ValidationError(_("Nothing is different: there is nothing to correct."))
    return known


def _strange(event: Interruption, facts: Facts) -> str:
    """Which circumstances can't be told of this event? Those that stood there before stay."""
    asked = circumstances_of(event.territory, service=event.service, parameter=event.parameter)
    wrong = []
    for name, value in facts.conditions:
        values = asked.get(name)
        fits = values is not None and (value in values if values else _NUMBER.fullmatch(value))
        if not fits and [name, value] not in event.conditions:
            wrong.append(f"{name}={value}")
    return ", ".join(wrong)


def _wrong_times(event: Interruption, facts: Facts) -> dict[str, str]:
    now = town_clock(event.territory)
    faults: dict[str, str] = {}
    if facts.started > now:
        faults["started"] = _("It cannot have begun in time to come.")
    if facts.ended is None:
        if event.ended is not None:
            faults["ended"] = _("It is over: say when it ended.")
    elif facts.ended <= facts.started:
        faults["ended"] = _("It cannot end before it begins.")
    elif facts.ended > now:
        faults["ended"] = _("It cannot have ended in time to come: leave the end empty.")
    return faults


def _months(territory: Territory, said: Sequence[Facts], now: datetime) -> tuple[date, ...]:
    """Which months with charges does what was said, or is said now, reach into?"""
    return _charged(territory, [(one.started, one.ended or now) for one in said])


def _charged(territory: Territory, spans: Sequence[tuple[datetime, datetime]]) -> tuple[date, ...]:
    """Which months with charges do these spans reach into?"""
    zone = ZoneInfo(territory.time_zone)
    days = [tuple(moment.astimezone(zone).date() for moment in span) for span in spans]
    rows = Charge.objects.filter(territory=territory).order_by().values_list("period", flat=True)
    return tuple(
        sorted(
            month
            for month in rows.distinct()
            if any(first.replace(day=1) <= month <= last for first, last in days)
        )
    )


def recalculate_months(
    actor: Actor, territory: Territory | int, months: Sequence[date], *, reason: str
) -> tuple[Recalculated, ...]:
    """What is owed back for these months now? Only the dwellings that changes reach are computed.

    Raises
    ------
    AccessDenied
    """
    row = territory_row(territory)
    return tuple(recalculate_period(actor, row, month, reason=reason) for month in months)


def recalculate_charged(
    territory: Territory | int, months: Sequence[date], *, reason: str
) -> tuple[Recalculated, ...]:
    """What is owed back for months whose charges were taken in? By the program itself.

    Whoever may take charges in need not have the right to ask for a recalculation.
    """
    row = territory_row(territory)
    return recalculate_months(_program(row), row, months, reason=reason)


def recalculate_since(
    territory: Territory | int, since: datetime, *, reason: str
) -> tuple[Recalculated, ...]:
    """What is owed back for all months from a moment on, after events there became others?

    Notes
    -----
    By the program itself: nobody asked for it. Months whose events and charges are the same are
    not computed.
    """
    row = territory_row(territory)
    months = _charged(row, [(since, town_clock(row))])
    return recalculate_months(_program(row), row, months, reason=reason)


def _program(territory: Territory) -> Actor:
    return Actor(None, "recalculation", (Grant("auditor", municipality=territory.code),))
