"""What pages read about agreements and pledges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone

from eutopia.web.consultations.models import Agreement, Pledge
from eutopia.web.territory.models import Building, Organisation
from eutopia.web.territory.selectors import wording

LOST = ("withdrawn", "lapsed")


@dataclass(frozen=True, slots=True)
class PledgeEventView:
    """One step of a pledge's way."""

    state: str
    on: date
    value: Decimal
    note: str


@dataclass(frozen=True, slots=True)
class PledgeView:
    """A pledge and what became of it.

    `state`: pledged, confirmed, partly (some was received), received, withdrawn, lapsed.
    `value` = `received` + `open` + `lost`, to the kopeck.
    """

    id: int
    number: int
    who: str
    by_residents: bool
    """`who` is the address of a building whose residents pledge."""
    kind: str
    what: str
    value: Decimal
    hours: Decimal | None
    rate: Decimal | None
    valued_by: str
    made: date
    due: date
    state: str
    received: Decimal
    open: Decimal
    lost: Decimal
    overdue: bool
    candidate_id: int | None
    candidate_title: str
    agreement: int | None
    events: tuple[PledgeEventView, ...]


@dataclass(frozen=True, slots=True)
class PledgeFigures:
    """How much was pledged in all, and what became of it: the parts add up to the whole."""

    pledges: int
    value: Decimal
    received: Decimal
    open: Decimal
    lost: Decimal


@dataclass(frozen=True, slots=True)
class AgreementView:
    """An agreement: who, what, from when to when, about which project."""

    id: int
    number: int
    title: str
    parties: tuple[str, ...]
    terms: tuple[str, ...]
    signed: date
    until: date | None
    running: bool
    candidate_id: int | None
    candidate_title: str
    pledges: tuple[PledgeView, ...]


def pledges(territory_id: int, *, candidate_id: int | None = None) -> tuple[PledgeView, ...]:
    """What was pledged and what became of it: the next due first, those at their end last?"""
    rows = Pledge.objects.filter(territory_id=territory_id)
    if candidate_id is not None:
        rows = rows.filter(candidate_id=candidate_id)
    told = _views(territory_id, rows.order_by("due", "number"))
    return tuple(sorted(told, key=lambda one: one.open == 0))


def _views(territory_id: int, rows: Any) -> tuple[PledgeView, ...]:
    found = list(rows.select_related("candidate", "agreement").prefetch_related("events"))
    bodies = _names(Organisation, "name", territory_id, [row.organisation for row in found])
    houses = _names(Building, "address", territory_id, [row.building for row in found])
    return tuple(_view(row, bodies, houses) for row in found)


def _names(model: Any, column: str, territory_id: int, codes: Sequence[str]) -> dict[str, str]:
    rows = model.objects.filter(territory_id=territory_id, code__in={c for c in codes if c})
    return {code: wording(name) for code, name in rows.values_list("code", column)}


def _view(row: Pledge, bodies: dict[str, str], houses: dict[str, str]) -> PledgeView:
    events = tuple(PledgeEventView(e.state, e.on, e.value, e.note) for e in row.events.all())
    received = sum((one.value for one in events), Decimal(0))
    last = events[-1].state
    rest = row.value - received
    lost = rest if last in LOST else Decimal(0)
    state = last
    if last == "received" and rest:
        state = "partly"
    return PledgeView(
        id=row.pk,
        number=row.number,
        who=bodies.get(row.organisation) or houses.get(row.building, ""),
        by_residents=bool(row.building),
        kind=row.kind,
        what=wording(row.what),
        value=row.value,
        hours=row.hours,
        rate=row.rate,
        valued_by=row.valued_by,
        made=row.made,
        due=row.due,
        state=state,
        received=received,
        open=rest - lost,
        lost=lost,
        overdue=rest - lost > 0 and row.due < timezone.localdate(),
        candidate_id=row.candidate_id,
        candidate_title="" if row.candidate is None else wording(row.candidate.title),
        agreement=None if row.agreement is None else row.agreement.number,
        events=events,
    )


def pledge(territory_id: int, number: int) -> PledgeView | None:
    """What was pledged under this number? None where nothing was."""
    found = _views(territory_id, Pledge.objects.filter(territory_id=territory_id, number=number))
    return found[0] if found else None


def pledge_figures(told: Sequence[PledgeView]) -> PledgeFigures:
    """How much is it in all, and what became of it?"""
    return PledgeFigures(
        pledges=len(told),
        value=sum((one.value for one in told), Decimal(0)),
        received=sum((one.received for one in told), Decimal(0)),
        open=sum((one.open for one in told), Decimal(0)),
        lost=sum((one.lost for one in told), Decimal(0)),
    )


def agreements(territory_id: int) -> tuple[AgreementView, ...]:
    """What was agreed, the latest first?"""
    rows = Agreement.objects.filter(territory_id=territory_id).select_related("candidate")
    return tuple(_agreement(row, ()) for row in rows.order_by("-signed", "-number"))


def agreement(territory_id: int, number: int) -> AgreementView | None:
    """What was agreed under this number? None where nothing was."""
    row = (
        Agreement.objects.filter(territory_id=territory_id, number=number)
        .select_related("candidate")
        .first()
    )
    if row is None:
        return None
    return _agreement(row, _views(territory_id, row.pledges.order_by("number")))


def _agreement(row: Agreement, part: tuple[PledgeView, ...]) -> AgreementView:
    return AgreementView(
        id=row.pk,
        number=row.number,
        title=wording(row.title),
        parties=tuple(wording(one) for one in row.parties),
        terms=tuple(wording(one) for one in row.terms),
        signed=row.signed,
        until=row.until,
        running=row.until is None or row.until >= timezone.localdate(),
        candidate_id=row.candidate_id,
        candidate_title="" if row.candidate is None else wording(row.candidate.title),
        pledges=part,
    )


def pledge_rows(territory_id: int) -> Any:
    """Yield every pledge with what became of it."""
    for one in pledges(territory_id):
        yield (
            one.number, one.who, one.by_residents, one.kind, one.what, one.value, one.hours,
            one.rate, one.valued_by, one.made, one.due, one.state, one.received, one.open, one.lost,
            one.candidate_title, one.agreement,
        )  # fmt: skip
