"""What businesses propose and help to pay for, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from eutopia.web.programmes.models import Offer
from eutopia.web.territory.selectors import wording
from eutopia.web.works.models import Measure

MOST = 100


@dataclass(frozen=True, slots=True)
class OfferView:
    """One offer. `state`: new, taken (then `candidate` is its number), declined."""

    id: int
    number: int
    organisation: str
    title: str
    text: str
    measure: str
    quantity: Decimal
    unit: str
    money: Decimal
    listed: Decimal
    """What such a quantity costs by the catalogue."""
    made: date
    state: str
    reason: str
    candidate: int | None
    lon: float
    lat: float


def offers(territory_id: int, *, state: str = "") -> tuple[OfferView, ...]:
    """Which offers of businesses are there, the latest hundred, the latest first?"""
    rows = Offer.objects.filter(territory_id=territory_id)
    if state:
        rows = rows.filter(state=state)
    table = Measure.objects.filter(territory_id=territory_id)
    measures = {
        code: (wording(title), unit, cost)
        for code, title, unit, cost in table.values_list("code", "title", "unit", "cost")
    }
    found = []
    for row in rows.order_by("-number")[:MOST]:
        title, unit, cost = measures.get(row.measure, (row.measure, "", Decimal(0)))
        found.append(
            OfferView(
                id=row.pk,
                number=row.number,
                organisation=row.organisation,
                title=wording(row.title),
                text=wording(row.text),
                measure=title,
                quantity=row.quantity,
                unit=unit,
                money=row.money,
                listed=cost * row.quantity,
                made=row.made,
                state=row.state,
                reason=row.reason,
                candidate=row.candidate_id,
                lon=row.lon,
                lat=row.lat,
            )
        )
    return tuple(found)
