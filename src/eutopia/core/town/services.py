"""Communal services: what was out or off its norm, for whom; what was charged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from eutopia.core.records.money import Money
from eutopia.core.records.utilities import Charge, Interruption
from eutopia.core.town.assembly import Built
from eutopia.core.town.events import Hidden
from eutopia.core.town.territory import asset_id
from eutopia.core.town.weather import DAY, Days

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Service:
    """How one communal service fails: network, supplier, yearly numbers in a full-size town.

    `hours` are median and 90 % quantile of unplanned events; `reach` median buildings affected;
    `off_norm` the share that is not a break but bad quality; `kind` what people report.
    """

    code: str
    network: str
    supplier: str
    unplanned: float
    planned: float
    hours: tuple[float, float]
    reach: float
    kind: str
    off_norm: float = 0.0
    parameter: str = ""
    measured: tuple[float, float] = (0.0, 0.0)
    causes: tuple[str, ...] = ("worn_pipe", "burst", "valve", "third_party")


SERVICES: tuple[Service, ...] = (
    Service(
        "cold_water",
        "water_main",
        "r-water",
        95,
        30,
        (5.0, 16.0),
        14,
        "no_water",
        0.2,
        "pressure",
        (0.008, 0.028),
    ),
    Service(
        "hot_water",
        "heat_main",
        "r-heat",
        120,
        0,
        (9.0, 60.0),
        9,
        "hot_water_fault",
        0.45,
        "temperature",
        (38.0, 56.0),
    ),
    Service(
        "sewage",
        "sewer",
        "r-water",
        60,
        8,
        (4.0, 14.0),
        4,
        "sewer_blockage",
        0.0,
        "",
        (0, 0),
        ("blockage", "collapse", "grease"),
    ),
    Service(
        "electricity",
        "power_line",
        "r-power",
        190,
        18,
        (1.5, 12.0),
        22,
        "power_outage",
        0.08,
        "voltage",
        (176.0, 198.0),
        ("storm", "equipment", "damaged_cable", "tree_contact", "overload", "third_party"),
    ),
    Service(
        "gas",
        "gas_main",
        "r-gas",
        6,
        16,
        (3.0, 10.0),
        25,
        "",
        0.0,
        "",
        (0, 0),
        ("leak", "equipment"),
    ),
    Service(
        "heating",
        "heat_main",
        "r-heat",
        100,
        0,
        (8.0, 40.0),
        8,
        "no_heating",
        0.4,
        "temperature",
        (13.0, 17.5),
    ),
    Service(
        "solid_waste",
        "container_site",
        "r-waste",
        85,
        0,
        (40.0, 110.0),
        6,
        "waste_not_collected",
        1.0,
        "removal",
        (0, 0),
        ("no_vehicle", "blocked_access", "missed_route"),
    ),
)
HEATING_MONTHS = (10, 11, 12, 1, 2, 3, 4)


_UPKEEP = (("annual_maintenance", "yes"),)
"""What norms ask to know of the summer's stop."""


@dataclass(slots=True)
class Breaks:
    """Interruptions as drawn: the record's parts and rows of buildings, in order of time."""

    service: list[int]
    start: list[float]
    hours: list[float]
    planned: list[bool]
    asset: list[int]
    buildings: list[list[int]]
    off_norm: list[bool]
    going_on: list[bool]


def interrupt(built: Built, hidden: Hidden, days: Days, *, scale: float, rng: Generator) -> Breaks:
    """Draw the interruptions of all services; sections that are chronic fail more often."""
    breaks = Breaks([], [], [], [], [], [], [], [])
    classes = np.array(built.register.asset_class)
    people = built.stock.residents > 0
    flats = people & np.array([lot.style != "house" for lot in built.lots])
    chronic: dict[int, float] = {}
    for asset, rate in zip(hidden.asset.tolist(), hidden.rate.tolist(), strict=True):
        if asset >= 0:
            chronic[asset] = chronic.get(asset, 0.0) + rate
    for number, service in enumerate(SERVICES):
        sections = np.flatnonzero(classes == service.network)
        if len(sections) == 0:
            continue
        homes = np.flatnonzero(
            people if service.network in ("water_main", "power_line", "container_site") else flats
        )
        age = days.first.year + 3.0 - built.installed[sections]
        weight = np.clip(age, 1.0, 90.0) / 40.0
        weight += np.array([0.9 * chronic.get(int(s), 0.0) for s in sections])
        _unplanned(built, breaks, number, sections, weight, homes, days, scale, rng)
        _planned(built, breaks, number, sections, homes, days, scale, rng)
    _summer_stops(built, breaks, np.flatnonzero(flats), days, rng)
    return breaks


def _unplanned(
    built: Built,
    breaks: Breaks,
    number: int,
    sections: NDArray[np.intp],
    weight: Floats,
    homes: NDArray[np.intp],
    days: Days,
    scale: float,
    rng: Generator,
) -> None:
    service = SERVICES[number]
    n = int(rng.poisson(service.unplanned * scale * len(days) / 365.25))
    months: Floats = np.ones(len(days))
    if service.code == "heating":
        cold = np.isin(days.month + 1, HEATING_MONTHS).astype(np.float64)
        months = cold * np.clip(1.2 - days.heat / 15, 0.2, 3)
    if service.code == "electricity":
        months = days.storm.copy()
    picks = rng.choice(sections, size=n, p=weight / weight.sum())
    day = rng.choice(len(days), size=n, p=months / months.sum())
    start = days.start + day * DAY + np.floor(rng.uniform(0, DAY, n) / 60) * 60
    hours = lognormal(service.hours[0], service.hours[1], n, rng)
    off = rng.random(n) < service.off_norm
    hours = np.where(off & (service.code != "solid_waste"), hours * 2.0, hours)
    reach = np.maximum(lognormal(service.reach, service.reach * 3.5, n, rng), 1).astype(int)
    for k in range(n):
        near = _nearest_homes(built, int(picks[k]), homes, int(reach[k]))
        breaks.service.append(number)
        breaks.start.append(float(start[k]))
        breaks.hours.append(float(np.round(np.clip(hours[k], 0.2, 24 * 12) * 60) / 60))
        breaks.planned.append(False)
        breaks.asset.append(int(picks[k]))
        breaks.buildings.append(near)
        breaks.off_norm.append(bool(off[k]))
        breaks.going_on.append(float(start[k] + hours[k] * 3600.0) > days.end)


def _planned(
    built: Built,
    breaks: Breaks,
    number: int,
    sections: NDArray[np.intp],
    homes: NDArray[np.intp],
    days: Days,
    scale: float,
    rng: Generator,
) -> None:
    service = SERVICES[number]
    n = int(rng.poisson(service.planned * scale * len(days) / 365.25))
    for _ in range(n):
        asset = int(rng.choice(sections))
        day = int(rng.integers(0, len(days)))
        if days.weekday[day] >= 5:
            continue
        start = days.start + day * DAY + (9 + int(rng.integers(0, 4))) * 3600.0
        breaks.service.append(number)
        breaks.start.append(start)
        breaks.hours.append(float(rng.integers(4, 17)) / 2)
        breaks.planned.append(True)
        breaks.asset.append(asset)
        breaks.buildings.append(_nearest_homes(built, asset, homes, int(rng.integers(5, 40))))
        breaks.off_norm.append(False)
        breaks.going_on.append(False)


def _summer_stops(
    built: Built, breaks: Breaks, flats: NDArray[np.intp], days: Days, rng: Generator
) -> None:
    """Stop hot water for upkeep once a summer, district by district, for ten to fourteen days."""
    hot = next(i for i, s in enumerate(SERVICES) if s.code == "hot_water")
    where = [built.layout.blocks[built.lots[i].block].district for i in flats.tolist()]
    for year in sorted({days.first.year + k for k in range(4)}):
        for district in sorted(set(where)):
            first = date(year, 5, 20).toordinal() + int(rng.integers(0, 60))
            day = first - days.first.toordinal()
            if not 0 <= day < len(days) - 1:
                continue
            hours = 24.0 * int(rng.integers(10, 15))
            start = days.start + day * DAY + 8 * 3600.0
            breaks.service.append(hot)
            breaks.start.append(start)
            breaks.hours.append(hours)
            breaks.planned.append(True)
            breaks.asset.append(-1)
            breaks.buildings.append(
                [int(i) for i, d in zip(flats.tolist(), where, strict=True) if d == district]
            )
            breaks.off_norm.append(False)
            breaks.going_on.append(start + hours * 3600.0 > days.end)


def _nearest_homes(built: Built, asset: int, homes: NDArray[np.intp], count: int) -> list[int]:
    """Return the homes nearest to an asset (those it serves), in order of their number."""
    away = np.hypot(*(built.middles[homes] - built.asset_spots[asset]).T)
    count = min(count, len(homes))
    if count == 0:
        return []
    return sorted(homes[np.argpartition(away, count - 1)[:count]].tolist())


def lognormal(median: float, p90: float, n: int, rng: Generator) -> Floats:
    """Draw from the lognormal distribution with this median and 90 % quantile."""
    drawn: Floats = median * np.exp(rng.normal(0.0, np.log(p90 / median) / 1.2816, n))
    return drawn


def interruption_records(
    built: Built, breaks: Breaks, *, rng: Generator
) -> tuple[Interruption, ...]:
    """Turn interruptions into records, in order of their beginning."""
    order = np.argsort(breaks.start, kind="stable").tolist()
    stops = [i for i in order if breaks.planned[i] and breaks.asset[i] < 0]
    records = []
    for number, i in enumerate(order):
        service = SERVICES[breaks.service[i]]
        start = datetime.fromtimestamp(breaks.start[i], tz=UTC)
        end = datetime.fromtimestamp(breaks.start[i] + breaks.hours[i] * 3600.0, tz=UTC)
        buildings = breaks.buildings[i]
        planned, off = breaks.planned[i], breaks.off_norm[i]
        measured = _measured(service, off, rng)
        if off and _stopped(breaks, i, stops):
            # Where no hot water comes, none is too cool.
            off, measured = False, None
        notice = datetime.fromtimestamp(breaks.start[i] - float(rng.integers(4, 26)) * DAY, tz=UTC)
        records.append(
            Interruption(
                id=f"i{number + 1:05d}",
                service=service.code,
                organisation=service.supplier,
                started=start,
                ended=None if breaks.going_on[i] else end,
                planned=planned,
                parameter=service.parameter if off else "continuity",
                measured=measured,
                cause="maintenance" if planned else str(rng.choice(service.causes)),
                asset_id=asset_id(breaks.asset[i]) if breaks.asset[i] >= 0 else None,
                building_ids=tuple(f"u{b + 1:05d}" for b in buildings),
                customers=int(built.stock.dwellings[buildings].sum()),
                notice_given=notice if planned and rng.random() < 0.85 else None,
                conditions=_UPKEEP if i in stops else (),
            )
        )
    return tuple(records)


def _stopped(breaks: Breaks, i: int, stops: list[int]) -> bool:
    """Does hot water stop for upkeep at a house that an interruption of it hits, meanwhile?"""
    start, end = breaks.start[i], breaks.start[i] + breaks.hours[i] * 3600.0
    return any(
        breaks.service[k] == breaks.service[i]
        and breaks.start[k] < end
        and start < breaks.start[k] + breaks.hours[k] * 3600.0
        and not set(breaks.buildings[k]).isdisjoint(breaks.buildings[i])
        for k in stops
    )


def _measured(service: Service, off: bool, rng: Generator) -> Decimal | None:
    if not off or service.measured[1] == 0.0:
        return None
    value = rng.uniform(*service.measured)
    return Decimal(f"{value:.3f}" if value < 1 else f"{value:.1f}")


# Tariff a unit and usual monthly volume a resident or square metre: assumed orders of magnitude.
TARIFFS: tuple[tuple[str, str, str], ...] = (
    ("cold_water", "48.30", "4.2"),
    ("hot_water", "231.40", "2.6"),
    ("sewage", "39.70", "6.8"),
    ("electricity", "5.92", "88"),
    ("gas", "8.35", "9.5"),
    ("heating", "2740.00", "0.022"),
    ("solid_waste", "128.60", "1"),
)


def charges(built: Built, *, as_of: date, dwellings: int, rng: Generator) -> tuple[Charge, ...]:
    """Bill a sample of dwellings for the last twelve full months."""
    homes = np.flatnonzero(
        (built.stock.dwellings > 1) & np.array([lot.style != "house" for lot in built.lots])
    )
    if len(homes) == 0:
        return ()
    weight = built.stock.dwellings[homes].astype(np.float64)
    chosen = rng.choice(homes, size=dwellings, p=weight / weight.sum())
    months = [_month_before(as_of, k) for k in range(12, 0, -1)]
    bills: list[Charge] = []
    used: set[str] = set()
    for b in chosen.tolist():
        flat = f"u{b + 1:05d}/{int(rng.integers(1, built.stock.dwellings[b] + 1))}"
        if flat in used:
            continue
        used.add(flat)
        people, metres = int(rng.integers(1, 5)), int(rng.integers(31, 84))
        for service, tariff, usual in TARIFFS:
            for month in months:
                if service == "heating" and month.month not in HEATING_MONTHS:
                    continue
                size = metres if service == "heating" else people
                factor = (
                    Decimal(f"{rng.uniform(0.75, 1.25):.3f}")
                    if service != "solid_waste"
                    else Decimal(1)
                )
                volume = (Decimal(usual) * size * factor).quantize(Decimal("0.001"))
                price = Decimal(tariff)
                fee = Money(volume * price, "RUB").rounded()
                bills.append(Charge(flat, service, month, fee, volume, Money(price, "RUB")))
    return tuple(bills)


def _month_before(as_of: date, back: int) -> date:
    """Return the first day of the month `back` months before that of the day after `as_of`."""
    whole = as_of.toordinal() + 1
    following = date.fromordinal(whole)
    index = following.year * 12 + following.month - 1 - back
    return date(index // 12, index % 12 + 1, 1)


def affected(built: Built, breaks: Breaks, i: int) -> Floats:
    """Return the middles of the buildings affected by interruption `i`."""
    found: Floats = built.middles[breaks.buildings[i]]
    return found


__all__ = [
    "SERVICES",
    "Breaks",
    "Service",
    "affected",
    "charges",
    "interrupt",
    "interruption_records",
    "lognormal",
]
