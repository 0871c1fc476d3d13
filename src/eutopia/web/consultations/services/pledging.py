"""Agreements and pledges: who will give what, and what became of each. Nothing is ever changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from eutopia.web.consultations.models import Agreement, Pledge, PledgeEvent
from eutopia.web.consultations.services.refusals import (
    DialogueRefused,
    Forms,
    faults_of,
    spoken,
)
from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.programmes.models import Candidate
from eutopia.web.territory.models import Building, Organisation, Territory
from eutopia.web.territory.services import territory_row

KINDS = ("cash", "in_kind", "labour")
NEXT = {
    "pledged": ("confirmed", "received", "withdrawn", "lapsed"),
    "confirmed": ("received", "withdrawn", "lapsed"),
    "received": ("received", "withdrawn", "lapsed"),
    "withdrawn": (),
    "lapsed": (),
}
"""What may come after a state. What is received in full is at its end."""

_CENT = Decimal("0.01")
_MOST = Decimal(10) ** 15


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementDraft:
    """Who agreed on what, from when to when, about which project."""

    title: Forms
    parties: Sequence[Forms]
    terms: Sequence[Forms]
    signed: date
    until: date | None = None
    candidate_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PledgeDraft:
    """Who pledges what.

    Exactly one of `organisation` and `building` (its residents) is a code of the register. Labour
    has hours and what an hour is valued at, of which `value` is the product; cash and things have
    their value.
    """

    kind: str
    what: Forms
    made: date
    due: date
    organisation: str = ""
    building: str = ""
    value: Decimal | None = None
    hours: Decimal | None = None
    rate: Decimal | None = None
    valued_by: str = ""
    candidate_id: int | None = None
    agreement: int | None = None
    """Number of the agreement it is part of."""


def _numbered(model: Any, territory: Territory) -> int:
    """The next number; the territory's row is held, so that none is given twice."""
    Territory.objects.select_for_update().get(pk=territory.pk)
    last = model.objects.filter(territory=territory).aggregate(last=Max("number"))["last"]
    return int(last or 0) + 1


def _unknown_candidate(territory: Territory, candidate_id: int | None) -> list[tuple[str, str]]:
    rows = Candidate.objects.filter(territory=territory, pk=candidate_id or 0)
    if candidate_id is None or rows.exists():
        return []
    return [("candidate", "unknown")]


@transaction.atomic
def record_agreement(actor: Actor, territory: Territory | int, draft: AgreementDraft) -> Agreement:
    """Which agreement is this now?

    Raises
    ------
    DialogueRefused
        Fewer than two parties, no terms, or dates out of order.
    AccessDenied
    """
    row = territory_row(territory)
    require(actor, "agreement.record", row)
    parties = [said for one in draft.parties if (said := spoken(one))]
    terms = [said for one in draft.terms if (said := spoken(one))]
    faults = faults_of("title", draft.title, 300) + _unknown_candidate(row, draft.candidate_id)
    if len(parties) < 2:
        faults.append(("parties", "missing"))
    if not terms:
        faults.append(("terms", "missing"))
    if draft.until is not None and draft.until < draft.signed:
        faults.append(("until", "order"))
    if faults:
        raise DialogueRefused(*faults)
    made = Agreement.objects.create(
        territory=row,
        number=_numbered(Agreement, row),
        title=spoken(draft.title),
        parties=parties,
        terms=terms,
        signed=draft.signed,
        until=draft.until,
        candidate_id=draft.candidate_id,
    )
    log_act(
        actor,
        "agreement.record",
        made,
        after={"number": made.number, "parties": len(parties), "signed": made.signed},
        municipality=row.code,
    )
    return made


@transaction.atomic
def record_pledge(actor: Actor, territory: Territory | int, draft: PledgeDraft) -> Pledge:
    """Which pledge is this now? Never a person's: an organisation's or a building's residents'.

    Raises
    ------
    DialogueRefused
    AccessDenied
    """
    row = territory_row(territory)
    require(actor, "pledge.record", row)
    agreement = Agreement.objects.filter(territory=row, number=draft.agreement or 0).first()
    faults = _pledge_faults(row, draft)
    if draft.agreement is not None and agreement is None:
        faults.append(("agreement", "unknown"))
    if faults:
        raise DialogueRefused(*faults)
    made = Pledge.objects.create(
        territory=row,
        number=_numbered(Pledge, row),
        organisation=draft.organisation,
        building=draft.building,
        candidate_id=draft.candidate_id,
        agreement=agreement,
        kind=draft.kind,
        what=spoken(draft.what),
        value=_value(draft),
        hours=draft.hours if draft.kind == "labour" else None,
        rate=draft.rate if draft.kind == "labour" else None,
        valued_by=draft.valued_by.strip(),
        made=draft.made,
        due=draft.due,
    )
    PledgeEvent.objects.create(pledge=made, state="pledged", on=draft.made)
    log_act(
        actor,
        "pledge.record",
        made,
        after={"number": made.number, "kind": made.kind, "value": made.value, "due": made.due},
        municipality=row.code,
    )
    return made


def _value(draft: PledgeDraft) -> Decimal:
    """To the kopeck; an hour's product is rounded half up."""
    if draft.kind == "labour":
        product = (draft.hours or Decimal(0)) * (draft.rate or Decimal(0))
        return product.quantize(_CENT, "ROUND_HALF_UP")
    return draft.value or Decimal(0)


def _pledge_faults(territory: Territory, draft: PledgeDraft) -> list[tuple[str, str]]:
    faults = faults_of("what", draft.what, 300) + _unknown_candidate(territory, draft.candidate_id)
    faults += _who_faults(territory, draft)
    if draft.kind not in KINDS:
        return [*faults, ("kind", "unknown")]
    amounts = {"value": draft.value}
    if draft.kind == "labour":
        amounts = {"hours": draft.hours, "rate": draft.rate}
    for name, amount in amounts.items():
        if amount is None:
            faults.append((name, "missing"))
        elif not amount.is_finite() or amount <= 0 or amount >= _MOST:
            faults.append((name, "not_positive"))
        elif amount != amount.quantize(_CENT):
            faults.append((name, "number"))
    if draft.kind != "cash" and not draft.valued_by.strip():
        faults.append(("valued_by", "missing"))
    if draft.due < draft.made:
        faults.append(("due", "order"))
    return faults


def _who_faults(territory: Territory, draft: PledgeDraft) -> list[tuple[str, str]]:
    if bool(draft.organisation) == bool(draft.building):
        return [("who", "missing")]
    model: Any = Organisation if draft.organisation else Building
    code = draft.organisation or draft.building
    known = model.objects.filter(territory=territory, code=code).exists()
    return [] if known else [("who", "unknown")]


@transaction.atomic
def record_pledge_state(
    actor: Actor,
    pledge_id: int,
    *,
    state: str,
    on: date,
    value: Decimal = Decimal(0),
    note: str = "",
) -> PledgeEvent:
    """What became of a pledge?

    Parameters
    ----------
    value
        What was received this time; parts add up to the pledge and never beyond it.
    note
        Why, or where it was seen; needed when it is withdrawn, lapses, or is received.

    Raises
    ------
    DialogueRefused
    AccessDenied
    """
    row = (
        Pledge.objects.select_for_update(of=("self",)).select_related("territory").get(pk=pledge_id)
    )
    require(actor, "pledge.record", row.territory)
    events = list(row.events.all())
    received = sum((one.value for one in events), Decimal(0))
    faults = _event_faults(row, events[-1], received, state, on, value, note)
    if faults:
        raise DialogueRefused(*faults)
    made = PledgeEvent.objects.create(
        pledge=row, state=state, on=on, value=value, note=note.strip()
    )
    log_act(
        actor,
        "pledge.record",
        row,
        before={"state": events[-1].state, "received": received},
        after={"state": state, "received": received + value, "on": on},
        reason=note.strip(),
        municipality=row.territory.code,
    )
    return made


def _event_faults(
    row: Pledge,
    last: PledgeEvent,
    received: Decimal,
    state: str,
    on: date,
    value: Decimal,
    note: str,
) -> list[tuple[str, str]]:
    if state not in NEXT[last.state] or received >= row.value:
        return [("state", "final" if state in NEXT else "unknown")]
    faults = []
    if on < last.on:
        faults.append(("on", "before"))
    elif on > timezone.localdate():
        faults.append(("on", "future"))
    if state == "received":
        if not value.is_finite() or value <= 0 or value != value.quantize(_CENT):
            faults.append(("value", "not_positive"))
        elif received + value > row.value:
            faults.append(("value", "too_much"))
    elif value:
        faults.append(("value", "unknown"))
    if state in ("received", "withdrawn", "lapsed") and not note.strip():
        faults.append(("note", "missing"))
    if len(note) > 500:
        faults.append(("note", "too_long"))
    return faults
