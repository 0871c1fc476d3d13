"""How the town is served, and the evening on which it is looked at: outages, calls, crews."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from eutopia.core.records.money import Money
from eutopia.core.records.text import Text
from eutopia.core.records.utilities import (
    Call,
    Connection,
    Crew,
    Interruption,
    Meter,
    Reading,
    Tariff,
    UtilityRegister,
)
from eutopia.core.town.assembly import Built
from eutopia.core.town.services import SERVICES, TARIFFS, Service
from eutopia.core.town.territory import asset_id

_MINUTE = timedelta(minutes=1)
_THROUGH_MANAGER = ("cold_water", "hot_water", "sewage", "heating")
_UNITS = {
    "cold_water": "m3", "hot_water": "m3", "sewage": "m3", "electricity": "kWh", "gas": "m3",
    "heating": "Gcal", "solid_waste": "resident",
}  # fmt: skip
# Minutes before the end of the last day, service, parameter, buildings, calls, of these ringing
# still, minutes promised. The second is the outage that half a quarter calls about.
_EVENING = (
    (135, "cold_water", "continuity", 18, 26, 2, 150),
    (70, "electricity", "continuity", 24, 160, 14, None),
    (400, "hot_water", "temperature", 9, 7, 2, 600),
)
# Days ahead, hour, hours, service, buildings, days of notice (None: nobody was told).
_AHEAD = (
    (2, 9, 6, "cold_water", 22, 17),
    (5, 10, 4, "electricity", 30, 4),
    (9, 8, 8, "gas", 16, 20),
    (13, 9, 5, "sewage", 6, None),
)
_WORDS = {
    "cold_water": ("Нет холодной воды", "Из крана ничего не течёт", "Воды нет во всём подъезде"),
    "electricity": ("Нет света", "Погас свет во всём доме", "Света нет, лифт стоит"),
    "hot_water": ("Горячая вода еле тёплая", "Горячая вода холодная"),
    "sewage": ("Засор, вода не уходит",),
}


def network_parts(built: Built) -> dict[str, NDArray[np.intp]]:
    """Which asset of its network is nearest to each building, by service? -1: there is none."""
    from scipy.spatial import cKDTree

    classes = np.array(built.register.asset_class)
    found: dict[str, NDArray[np.intp]] = {}
    for service in SERVICES:
        sections = np.flatnonzero(classes == service.network)
        if len(sections) == 0:
            found[service.code] = np.full(len(built.lots), -1)
            continue
        _, nearest = cKDTree(built.asset_spots[sections]).query(built.middles)
        found[service.code] = sections[nearest]
    return found


def connect(built: Built) -> tuple[Connection, ...]:
    """Connect every home to every service that reaches it."""
    parts = network_parts(built)
    rows = []
    for i in np.flatnonzero(built.stock.dwellings > 0).tolist():
        house = built.lots[i].style == "house"
        for service in SERVICES:
            if house and service.code in ("heating", "hot_water"):
                continue
            manager = built.managers[i] if service.code in _THROUGH_MANAGER else None
            part = int(parts[service.code][i])
            rows.append(
                Connection(
                    building=f"u{i + 1:05d}",
                    service=service.code,
                    provider=manager or service.supplier,
                    supplier=service.supplier,
                    asset_id=None if part < 0 else asset_id(part),
                    boundary="site" if service.code == "solid_waste" else "outer_wall",
                )
            )
    return tuple(rows)


def tariffs(as_of: date) -> tuple[Tariff, ...]:
    """What each service has cost since the last first of July."""
    year = as_of.year if as_of >= date(as_of.year, 7, 1) else as_of.year - 1
    supplier = {service.code: service.supplier for service in SERVICES}
    rows = []
    for service, price, _ in TARIFFS:
        for back in (1, 0):
            since = date(year - back, 7, 1)
            rows.append(
                Tariff(
                    service,
                    supplier[service],
                    since,
                    None if back == 0 else date(year, 6, 30),
                    Money(Decimal(price), "RUB"),
                    _UNITS[service],
                )
            )
    return tuple(rows)


def crews(built: Built) -> tuple[Crew, ...]:
    """Two crews for each supplier, one for each housing manager."""
    rows = []
    for body in built.bodies:
        if body.kind not in ("resource_supplier", "housing_manager"):
            continue
        manager = body.kind == "housing_manager"
        rows += [
            Crew(
                f"{body.id}/{n}",
                Text.of(
                    en=f"{body.name.to('en')}, crew {n}",
                    ru=f"{body.name.to('ru')}, бригада {n}",
                ),
                body.id,
                _THROUGH_MANAGER if manager else body.services,
            )
            for n in ((1,) if manager else (1, 2))
        ]
    return tuple(rows)


def evening(
    built: Built, known: Sequence[Interruption], *, end: datetime, rng: Generator
) -> tuple[tuple[Interruption, ...], tuple[Call, ...]]:
    """What breaks on the last evening, what is planned for the days after, and who called.

    Returns the interruptions, those known ones that go on with a promised end, and the calls.
    """
    rows = [
        one
        if one.ended is not None
        else replace(one, promised=end + timedelta(hours=5 + 7 * n % 17))
        for n, one in enumerate(known)
    ]
    calls: list[Call] = []
    number = len(known)
    for minutes, code, parameter, reach, callers, ringing, promised in _EVENING:
        service = next(s for s in SERVICES if s.code == code)
        number += 1
        one = _break(built, service, f"i{number:05d}", reach, rng)
        start = end - minutes * _MINUTE
        rows.append(
            replace(
                one,
                started=start,
                parameter=parameter,
                measured=Decimal("46.5") if parameter == "temperature" else None,
                promised=None if promised is None else start + promised * _MINUTE,
                cause=service.causes[1 if code == "electricity" else 0],
            )
        )
        calls += _calls(built, one, start, end, (callers, ringing), rng)
    for days, hour, hours, code, reach, told in _AHEAD:
        service = next(s for s in SERVICES if s.code == code)
        number += 1
        one = _break(built, service, f"i{number:05d}", reach, rng)
        start = end + timedelta(days=days, hours=hour)
        rows.append(
            replace(
                one,
                started=start,
                ended=start + timedelta(hours=hours),
                planned=True,
                cause="maintenance",
                notice_given=None if told is None else start - timedelta(days=told),
            )
        )
    calls.sort(key=lambda call: (call.received, call.building, call.dwelling))
    return tuple(rows), tuple(replace(c, id=f"{n + 1:05d}") for n, c in enumerate(calls))


def _break(built: Built, service: Service, name: str, reach: int, rng: Generator) -> Interruption:
    """An interruption at a section of the network, of the homes nearest to it."""
    parts = network_parts(built)[service.code]
    flats = np.flatnonzero(
        (built.stock.dwellings > 8) & np.array([lot.style != "house" for lot in built.lots])
    )
    homes = flats if len(flats) else np.flatnonzero(built.stock.dwellings > 0)
    middle = int(rng.choice(homes))
    part = int(parts[middle])
    away = np.hypot(*(built.middles[homes] - built.middles[middle]).T)
    chosen = sorted(homes[np.argsort(away, kind="stable")[:reach]].tolist())
    return Interruption(
        id=name,
        service=service.code,
        organisation=service.supplier,
        started=datetime(1970, 1, 1, tzinfo=UTC),
        ended=None,
        planned=False,
        asset_id=None if part < 0 else asset_id(part),
        building_ids=tuple(f"u{b + 1:05d}" for b in chosen),
        customers=int(built.stock.dwellings[chosen].sum()),
    )


def _calls(
    built: Built,
    one: Interruption,
    start: datetime,
    end: datetime,
    numbers: tuple[int, int],
    rng: Generator,
) -> Iterator[Call]:
    """Calls about an interruption, most in its first hour; the last few still ring."""
    count, last = numbers
    span = (end - start).total_seconds()
    after = np.minimum(rng.exponential(span / 4, count), span - 60)
    for n, seconds in enumerate(sorted(after.tolist())):
        building = one.building_ids[int(rng.integers(0, len(one.building_ids)))]
        row = int(building[1:]) - 1
        received = start + timedelta(seconds=int(seconds))
        ringing = n >= count - last
        if ringing:
            received = end - ((count - n) * 2 // last + 1) * _MINUTE
        yield Call(
            id="",
            received=received,
            building=building,
            service=one.service,
            words=str(rng.choice(_WORDS[one.service])),
            dwelling=str(int(rng.integers(1, max(2, int(built.stock.dwellings[row]) + 1)))),
            answered=None
            if ringing
            else received + timedelta(seconds=int(rng.integers(8, 240 if n % 9 else 460))),
        )


def meters(
    built: Built, *, end: datetime, rng: Generator
) -> tuple[tuple[Meter, ...], tuple[tuple[str, tuple[Reading, ...]], ...]]:
    """Thermometers of hot water in three buildings: a good one, a cold riser, a faulty meter."""
    flats = np.flatnonzero(
        (built.stock.dwellings > 8) & np.array([lot.style != "house" for lot in built.lots])
    )[:3].tolist()
    found, said = [], []
    for n, i in enumerate(flats):
        meter = Meter(f"hw-{n + 1}", "hot_water", "temperature", "r-heat", (f"u{i + 1:05d}",))
        rows = []
        for hour in range(24 * 7, 0, -1):
            at = end - timedelta(hours=hour)
            value = 63.0 + float(rng.normal(0, 0.6))
            if n == 1 and at.hour in (20, 21, 22):
                value = 51.0 + float(rng.integers(0, 3))
            if n == 2 and 90 <= hour < 120:
                value = 61.5
            if n == 2 and hour in (40, 70):
                value = 4.0
            rows.append(Reading(at, Decimal(f"{value:.1f}")))
        if n == 2:
            rows.append(replace(rows[20], value=rows[20].value - 9))
        found.append(meter)
        said.append((meter.id, tuple(rows)))
    return tuple(found), tuple(said)


def utilities(
    built: Built,
    interruptions: Sequence[Interruption],
    *,
    as_of: date,
    end: datetime,
    rng: Generator,
) -> tuple[tuple[Interruption, ...], UtilityRegister]:
    """Put together how the town is served and what goes on there on its last evening."""
    told, calls = evening(built, interruptions, end=end, rng=rng)
    hung, said = meters(built, end=end, rng=rng)
    return told, UtilityRegister(
        connections=connect(built),
        tariffs=tariffs(as_of),
        crews=crews(built),
        calls=calls,
        meters=hung,
        readings=said,
    )
