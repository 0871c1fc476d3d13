"""What staff do to candidates by hand: bring in, edit, take back; what votes decided on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from shapely.geometry import Point

from eutopia.core.plan.proposals import repriced
from eutopia.core.records import Candidate as CandidateRecord
from eutopia.core.records import CandidateRequest, Money, Text
from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.foundation.bulk import copy_rows
from eutopia.web.programmes.models import Candidate, CandidateChange
from eutopia.web.programmes.services.rows import CANDIDATE_KEY, candidate_rows
from eutopia.web.programmes.services.workshop import (
    CandidateRefused,
    Workshop,
    numbers_of,
    store_request,
    with_mandate,
)
from eutopia.web.territory.models import Territory
from eutopia.web.territory.services import territory_row

MANDATES = ("hard", "soft")
ORIGIN_OF_SIDE = {"residents": "proposal", "business": "business", "municipality": "staff"}
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Brought:
    """Which candidate stands now: its number, its lasting code, what the heritage gate says."""

    candidate_id: int
    code: str
    gate: str


def _allowed(record: CandidateRecord) -> CandidateRecord:
    """Refuse what the heritage gate forbids, and what lies in no district."""
    if record.gate.outcome == "forbid":
        rules = ", ".join(record.gate.rule_ids)
        raise CandidateRefused("place", "heritage_forbidden", f"heritage forbids it here: {rules}")
    if not record.district:
        raise CandidateRefused("place", "outside", "the place lies in none of the districts")
    return record


@transaction.atomic
def add_candidate(
    actor: Actor,
    territory: Territory | int,
    *,
    measure: str,
    title: Sequence[tuple[str, str]],
    lon: float,
    lat: float,
    quantity: Decimal,
    reason: str,
    cost: Decimal | None = None,
    benefit: Decimal | None = None,
) -> Brought:
    """Which candidate did staff bring in, measure from the pack, at a place, in a quantity?

    Parameters
    ----------
    title
        Pairs of language and wording.
    cost, benefit
        In the territory's currency, where staff know better than the pack and the problems there.
    reason
        Why it is brought in; public.

    Raises
    ------
    CandidateRefused
        No such measure, no reason, a place outside or where heritage forbids such works.
    AccessDenied
    """
    territory = territory_row(territory)
    require(actor, "candidate.edit", territory)
    number = Candidate.objects.filter(territory=territory, origin="staff").count() + 1
    request = _request(
        territory, f"staff-{number}", "staff", measure, title, (lon, lat), quantity, cost, benefit
    )
    return _bring(actor, territory, request, reason, action="candidate.edit")


@transaction.atomic
def candidate_from_proposal(
    actor: Actor,
    territory: Territory | int,
    *,
    proposal: str,
    measure: str,
    title: Sequence[tuple[str, str]],
    lon: float,
    lat: float,
    quantity: Decimal = Decimal(1),
    side: str = "residents",
    cost: Decimal | None = None,
    co_funding: Decimal | None = None,
    reason: str = "",
    workshop: Workshop | None = None,
) -> Brought:
    """Which candidate does a proposal of residents or business become?

    Parameters
    ----------
    proposal
        The proposal's own lasting code; the candidate's is `proposal-<code>`. The same proposal
        again updates its candidate and makes no second one.
    side
        residents, business or municipality: whose proposal it is, and who offers `co_funding`.
    cost, co_funding
        In the territory's currency.
    reason
        The moderator's words on taking it in; public.
    workshop
        Of this territory, where several are brought in one after another: it is read once.

    Raises
    ------
    CandidateRefused
        As in `add_candidate`; also an unknown side.
    AccessDenied
    """
    territory = territory_row(territory)
    require(actor, "candidate.propose", territory)
    if side not in ORIGIN_OF_SIDE:
        raise CandidateRefused("side", "unknown", f"'{side}' is none of {list(ORIGIN_OF_SIDE)}")
    request = _request(
        territory,
        f"proposal-{proposal}",
        ORIGIN_OF_SIDE[side],
        measure,
        title,
        (lon, lat),
        quantity,
        cost,
        None,
    )
    if co_funding:
        given = ((side, Money(co_funding, territory.currency)),)
        request = replace(request, co_funding=given)
    return _bring(
        actor,
        territory,
        request,
        reason or "proposed",
        action="candidate.propose",
        workshop=workshop,
    )


def _request(
    territory: Territory,
    code: str,
    origin: str,
    measure: str,
    title: Sequence[tuple[str, str]],
    place: tuple[float, float],
    quantity: Decimal,
    cost: Decimal | None,
    benefit: Decimal | None,
) -> CandidateRequest:
    words = tuple((language, form.strip()) for language, form in title if form.strip())
    if not words:
        raise CandidateRefused("title", "missing", "say in a few words what it is")
    return CandidateRequest(
        id=code,
        measure=measure,
        title=Text(words),
        geometry=Point(*place),
        quantity=quantity,
        origin=origin,
        cost=None if cost is None else Money(cost, territory.currency),
        benefit=benefit,
    )


def _bring(
    actor: Actor,
    territory: Territory,
    request: CandidateRequest,
    reason: str,
    *,
    action: str,
    workshop: Workshop | None = None,
) -> Brought:
    if not reason.strip():
        raise CandidateRefused("reason", "missing", "say why; the reason is public")
    workshop = workshop or Workshop(territory)
    record = _allowed(workshop.make(request))
    known = Candidate.objects.filter(territory=territory, code=request.id).first()
    if known is not None and known.request == request:
        return Brought(known.pk, known.code, known.gate)
    before = {} if known is None else facts(known.record)
    row = store_request(territory, request, record, numbers_of(workshop.problems))
    kind = "added" if known is None else "edited"
    _note(actor, row, kind, reason, before, facts(record), action=action)
    return Brought(row.pk, row.code, row.gate)


@transaction.atomic
def edit_candidate(
    actor: Actor,
    candidate_id: int,
    *,
    reason: str,
    quantity: Decimal | None = None,
    cost: Decimal | None = None,
    benefit: Decimal | None = None,
    title: Sequence[tuple[str, str]] = (),
) -> Brought:
    """How does a candidate stand after staff changed its quantity, cost, benefit or words?

    Parameters
    ----------
    quantity, cost, benefit, title
        None (or empty) leaves it. Benefit and title can be changed of what was brought in by hand;
        of one derived from problems they follow from them.
    reason
        Why; public, beside what it was before.

    Notes
    -----
    The heritage gate is asked again with the new extent. What was changed of a derived candidate
    is kept when candidates are derived anew. Programmes chosen before keep what they chose from.

    Raises
    ------
    CandidateRefused
        Nothing to change, no reason, a forbidden place, a number that is none.
    AccessDenied, Candidate.DoesNotExist
    """
    row = Candidate.objects.select_for_update(of=("self",)).get(pk=candidate_id)
    require(actor, "candidate.edit", row.territory)
    if not reason.strip():
        raise CandidateRefused("reason", "missing", "say why; the reason is public")
    before: dict[str, Any] = facts(row.record)
    workshop = Workshop(row.territory)
    request: CandidateRequest | None = row.request
    if request is not None:
        money = None if cost is None else Money(cost, row.territory.currency)
        words = tuple((code, form.strip()) for code, form in title if form.strip())
        request = replace(
            request,
            quantity=request.quantity if quantity is None else quantity,
            cost=request.cost if money is None else money,
            benefit=request.benefit if benefit is None else benefit,
            title=Text(words) if words else request.title,
        )
        record = _allowed(workshop.make(request))
    else:
        record = _overridden(row, workshop, quantity, cost)
    after = facts(record)
    if after == before:
        raise CandidateRefused("", "nothing", "nothing would change")
    if request is not None:
        store_request(row.territory, request, record, numbers_of(workshop.problems))
    else:
        _store_override(row, record, quantity, cost)
    _note(actor, row, "edited", reason, before, after, action="candidate.edit")
    return Brought(row.pk, row.code, record.gate.outcome)


def _overridden(
    row: Candidate, workshop: Workshop, quantity: Decimal | None, cost: Decimal | None
) -> CandidateRecord:
    record: CandidateRecord = row.record
    money = None if cost is None else Money(cost, row.territory.currency)
    try:
        changed = repriced(
            record, workshop.measures.get(record.measure), quantity=quantity, cost=money
        )
    except ValueError as error:
        raise CandidateRefused("cost", "invalid", str(error)) from error
    return changed


def _store_override(
    row: Candidate, record: CandidateRecord, quantity: Decimal | None, cost: Decimal | None
) -> None:
    given = {"quantity": quantity, "cost": cost}
    told = {name: str(value) for name, value in given.items() if value is not None}
    if "quantity" in told:
        # A new quantity is priced anew, unless its price is given with it.
        row.overrides.pop("cost", None)
    Candidate.objects.filter(pk=row.pk).update(overrides={**row.overrides, **told})
    run = row.run
    copy_rows(Candidate, candidate_rows(row.territory_id, [record], run), key=CANDIDATE_KEY)


@transaction.atomic
def withdraw_candidate(actor: Actor, candidate_id: int, *, reason: str) -> None:
    """Take a candidate back: it competes no more, its page and history stay.

    Raises
    ------
    CandidateRefused
        No reason, or it is withdrawn already.
    AccessDenied, Candidate.DoesNotExist
    """
    _turn(actor, candidate_id, withdrawn=True, reason=reason)


@transaction.atomic
def restore_candidate(actor: Actor, candidate_id: int, *, reason: str) -> None:
    """Let a withdrawn candidate compete again; see `withdraw_candidate`."""
    _turn(actor, candidate_id, withdrawn=False, reason=reason)


def _turn(actor: Actor, candidate_id: int, *, withdrawn: bool, reason: str) -> None:
    row = Candidate.objects.select_for_update(of=("self",)).get(pk=candidate_id)
    require(actor, "candidate.edit", row.territory)
    if not reason.strip():
        raise CandidateRefused("reason", "missing", "say why; the reason is public")
    if row.withdrawn == withdrawn:
        raise CandidateRefused("", "nothing", "it is so already")
    row.withdrawn = withdrawn
    row.save(update_fields=["withdrawn"])
    kind = "withdrawn" if withdrawn else "restored"
    _note(actor, row, kind, reason, {}, {}, action="candidate.edit")


@transaction.atomic
def set_mandates(
    actor: Actor, territory: Territory | int, mandates: Mapping[str, str], *, reason: str
) -> int:
    """How many candidates' mandates changed, as a vote decided?

    Parameters
    ----------
    mandates
        Candidate's code and `hard` (it is chosen, or the rules conflict; the law stays above it),
        `soft` (its value counts more) or an empty text (its mandate ends).
    reason
        Which vote decided, in words; public.

    Notes
    -----
    They hold from the next choice of a programme on.

    Raises
    ------
    CandidateRefused
        An unknown candidate or kind: none is changed then.
    AccessDenied
    """
    territory = territory_row(territory)
    require(actor, "candidate.mandate", territory)
    odd = sorted(set(mandates.values()) - {*MANDATES, ""})
    if odd:
        raise CandidateRefused("mandates", "unknown", f"a mandate is hard or soft, not {odd}")
    rows = Candidate.objects.select_for_update().filter(territory=territory, code__in=mandates)
    found = {row.code: row for row in rows}
    missing = sorted(set(mandates) - set(found))
    if missing:
        raise CandidateRefused("mandates", "unknown", f"no such candidates: {missing[:5]}")
    changed = 0
    for code, kind in sorted(mandates.items()):
        row = found[code]
        if row.mandate_kind == kind:
            continue
        before, row.mandate_kind = row.mandate_kind, kind
        row.record = with_mandate(row.record, kind)
        row.mandate = bool(kind)
        row.save(update_fields=["mandate_kind", "mandate", "record"])
        told = {"mandate": kind}
        _note(actor, row, "mandated", reason, {"mandate": before}, told, action="candidate.mandate")
        changed += 1
    return changed


def facts(record: CandidateRecord) -> dict[str, str]:
    """What of a candidate does its history tell: numbers as they are printed?"""
    return {
        "title": record.title.forms[0][1],
        "quantity": str(record.quantity),
        "cost": str(record.cost.amount.quantize(_CENT)),
        "benefit": str(record.benefit.quantize(_CENT)),
        "gate": record.gate.outcome,
    }


def _note(
    actor: Actor,
    row: Candidate,
    kind: str,
    reason: str,
    before: Mapping[str, str],
    after: Mapping[str, str],
    *,
    action: str,
) -> None:
    """Write it into the candidate's history and the log."""
    told = {name: value for name, value in after.items() if before.get(name) != value}
    was = {name: before[name] for name in told if name in before}
    CandidateChange.objects.create(
        candidate=row,
        kind=kind,
        at=timezone.now(),
        by=actor.name,
        reason=reason.strip(),
        before=was,
        after=told,
    )
    log_act(
        actor,
        action,
        row,
        before=was,
        after={"kind": kind, "code": row.code, **told},
        reason=reason.strip(),
        municipality=row.territory.code,
    )
