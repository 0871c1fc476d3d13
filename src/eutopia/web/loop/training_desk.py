"""The desk of an invented town: crews that went out this evening, and what providers answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Count

from eutopia.web.foundation.access import Actor, Grant
from eutopia.web.providers.models import Reply, Standing, SupplyReliability
from eutopia.web.providers.services import reply
from eutopia.web.territory.models import Territory
from eutopia.web.territory.services import town_clock
from eutopia.web.utilities.models import CallOut, Crew, Interruption, Meter, ReductionLine
from eutopia.web.utilities.services import (
    correct_interruption,
    crew_came,
    facts_of,
    issue_token,
    localise,
    recalculate_months,
    send_crew,
)

_SENT, _CAME, _CUT_OFF = 0.2, 0.45, 0.7
"""After which shares of an outage's time so far the crew was sent, came, cut the damage off."""
_TIMES = {"crew_sent": _SENT, "crew_arrived": _CAME, "localised": _CUT_OFF}
_COLDER = Decimal(3)
_REASON = "Акт проверки: термометр поставщика висит в подвале, у жителей на три градуса холоднее."
_MACHINE = "Термометры горячей воды"
_SUPPLIER = (
    "Мы сверили эти часы со своим журналом: они верны. Больше всего их дали отказы изношенных"
    " участков теплосети. На замену тарифа не хватает, поэтому мы просим рассмотреть эти участки"
    " в программе города."
)
_MANAGER = (
    "We do not contest the count. Most of our houses are older than the others', and it is for the"
    " meetings of owners to decide on new risers. Since May we answer every complaint within a day."
)


@transaction.atomic
def work_training_desk(actor: Actor, territory: Territory) -> bool:
    """Whether the desk of this invented town did its work now: once.

    Its crews are out to the widest outages (one has cut the damage off, one is at the place, one is
    on its way: an evening as a dispatcher finds it who takes over), what was measured of one outage
    is corrected, and the machine that meters send by has its token. A town that is not invented
    does nothing.
    """
    if not territory.synthetic or CallOut.objects.filter(crew__territory=territory).exists():
        return False
    now = town_clock(territory)
    events = Interruption.objects.filter(territory=territory, planned=False, confirmed=True)
    going = events.filter(started__lte=now).exclude(ended__lte=now)
    widest = going.annotate(heard=Count("calls")).filter(heard__gt=0).order_by("-heard", "code")
    for event, far in zip(widest[:3], (_CAME, _CUT_OFF, _SENT), strict=False):
        _send(actor, event, far, now)
    _correct_measured(actor, territory)
    meter = Meter.objects.filter(territory=territory).order_by("code").first()
    if meter is not None:
        issue_token(actor, territory, organisation=meter.organisation, name=_MACHINE)
    return True


def _correct_measured(actor: Actor, territory: Territory) -> None:
    """The latest outage that money rests on was colder than first told: an act says so."""
    # Below 40 °C hot water is paid as cold water, by another rule.
    cold = Interruption.objects.filter(
        territory=territory, origin="provider", parameter="temperature", measured__isnull=False
    ).exclude(service="hot_water", measured__lt=40 + _COLDER)
    lines = ReductionLine.objects.filter(recalculation__charge__territory=territory)
    paid = {code for codes in lines.values_list("interruptions", flat=True) for code in codes}
    event = cold.filter(code__in=paid, ended__isnull=False).order_by("-ended", "code").first()
    if event is None or event.measured is None:
        return
    facts = replace(facts_of(event), measured=event.measured - _COLDER)
    months = correct_interruption(actor, event, facts, reason=_REASON)
    recalculate_months(actor, territory, months, reason=_REASON)


def _send(actor: Actor, event: Interruption, far: float, now: datetime) -> None:
    crews = Crew.objects.filter(territory=event.territory, organisation=event.organisation)
    crew = crews.exclude(call_outs__finished__isnull=True, call_outs__isnull=False).first()
    if crew is None:
        return
    out = send_crew(actor, event, crew.pk)
    if far > _SENT:
        crew_came(actor, event, out.pk)
    if far > _CAME:
        localise(actor, event)
    # The acts were done just now; the evening had them do so one after another.
    at = {name: event.started + (now - event.started) * share for name, share in _TIMES.items()}
    out.refresh_from_db()
    out.sent, out.arrived = at["crew_sent"], out.arrived and at["crew_arrived"]
    out.save(update_fields=["sent", "arrived"])
    for entry in event.entries.filter(act__in=at):
        entry.at = at[entry.act]
        entry.save(update_fields=["at"])


def let_providers_answer(territory: Territory) -> None:
    """Have a supplier and a housing manager of an invented town use their right of reply, once."""
    if not territory.synthetic or Reply.objects.filter(territory=territory).exists():
        return
    supplies = SupplyReliability.objects.filter(territory=territory)
    supply = supplies.order_by("-saidi", "service", "organisation").first()
    if supply is not None:
        _reply(territory, supply.organisation, supply.service, _SUPPLIER, "ru")
    compared = Standing.objects.filter(
        comparison__territory=territory, comparison__measure="complaints"
    )
    standing = compared.order_by("-rank", "organisation").first()
    if standing is not None:
        _reply(territory, standing.organisation, "complaints", _MANAGER, "en")


def _reply(territory: Territory, organisation: str, measure: str, text: str, language: str) -> None:
    grant = Grant("provider", municipality=territory.code, organisation=organisation)
    reply(
        Actor(None, organisation, (grant,)),
        territory,
        organisation,
        text=text,
        language=language,
        measure=measure,
    )
