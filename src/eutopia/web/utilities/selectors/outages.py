"""How an outage is shown, and where it hits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from eutopia.web.territory.models import Building
from eutopia.web.territory.selectors import district_names, wording

_NAMED = 3
"""So many houses are named one by one; where there are more, their districts are."""


@dataclass(frozen=True, slots=True)
class WhereView:
    """Where something is out: how many buildings, and the few or their districts by name."""

    buildings: int
    houses: tuple[tuple[str, str], ...] = ()
    """Code and address."""
    districts: tuple[str, ...] = ()


def where_out(
    territory_id: int, events: Iterable[tuple[int, Sequence[str]]]
) -> dict[int, WhereView]:
    """Where do these events (number, codes of buildings) hit? Two queries, however many."""
    hit = dict(events)
    codes = {code for buildings in hit.values() for code in buildings}
    rows = Building.objects.filter(territory_id=territory_id, code__in=codes)
    homes = {
        code: (wording(address) or code, district)
        for code, address, district in rows.values_list("code", "address", "district")
    }
    names = district_names(territory_id)
    return {number: _where(buildings, homes, names) for number, buildings in hit.items()}


def _where(
    buildings: Sequence[str], homes: Mapping[str, tuple[str, str]], names: Mapping[str, str]
) -> WhereView:
    known = [code for code in buildings if code in homes]
    if len(known) <= _NAMED:
        return WhereView(len(buildings), tuple((code, homes[code][0]) for code in known))
    places = {homes[code][1] for code in known}
    return WhereView(
        len(buildings), (), tuple(sorted(names[place] for place in places if place in names))
    )


@dataclass(frozen=True, slots=True)
class OutageView:
    """A service out or off its norm at a building."""

    id: int
    code: str
    service: str
    parameter: str
    measured: Decimal | None
    planned: bool
    started: datetime
    ended: datetime | None
    promised: datetime | None
    cause: str
    confirmed: bool
    notice_given: datetime | None
    organisation: str
    organisation_name: str
    phone: str
    buildings: int
    customers: int
    conditions: tuple[tuple[str, str], ...] = ()
    """Circumstance and value, of those that norms ask for."""
    where: WhereView | None = None
    """Told where outages of the whole town are listed."""
