"""What happened: hidden problems, events from them and from chance (arrays an event, metres)."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray

from eutopia.core.town.assembly import Built
from eutopia.core.town.kinds import APARTMENTS_ONLY, INDEX, KINDS
from eutopia.core.town.rates import Rates
from eutopia.core.town.streets import along_street
from eutopia.core.town.weather import DAY, Days, day_weights, draw_times

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
HIDDEN = 1_400
"""Hidden problems in a town of full size."""
NETWORK_OF = {
    "no_water": "water_main",
    "hot_water_fault": "heat_main",
    "no_heating": "heat_main",
    "power_outage": "power_line",
    "sewer_blockage": "sewer",
    "street_light_out": "power_line",
}
"""Where the cause of a type sits, if it is not the thing people see."""


@dataclass(slots=True)
class Hosts:
    """Where events of one kind can happen: spot, asset, building, district, weight (rows)."""

    spot: Floats
    asset: Ints
    building: Ints
    district: NDArray[np.intp]
    weight: Floats


@dataclass(slots=True)
class Hidden:
    """Hidden problems as columns."""

    kind: Ints
    spot: Floats
    asset: Ints
    """The cause's position in the register, -1 for none."""
    host: Ints
    """Row of the kind's hosts at which it shows."""
    building: Ints
    district: NDArray[np.intp]
    rate: Floats
    start: Floats
    end: Floats
    cause: list[str]

    def __len__(self) -> int:
        return len(self.kind)


@dataclass(slots=True)
class Events:
    """True events as columns, in no order; -1 where there is none."""

    kind: Ints
    time: Floats
    spot: Floats
    asset: Ints
    building: Ints
    district: NDArray[np.intp]
    hidden: Ints
    interruption: Ints
    follows: Ints
    outbreak: Ints

    def __len__(self) -> int:
        return len(self.kind)

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_] | Ints) -> Events:
        """Return the chosen rows."""
        return Events(*(getattr(self, f.name)[rows] for f in fields(self)))

    @classmethod
    def joined(cls, parts: list[Events]) -> Events:
        """Put several tables of events one under the other."""
        return cls(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls)))


def hosts_by_kind(built: Built) -> list[Hosts]:
    """Find where each kind of problem can happen; worn things weigh more."""
    codes = [q.id for q in built.site.quarters]
    index = {code: i for i, code in enumerate(codes)}
    r = built.register
    asset_district = np.array([index[d] for d in r.district], dtype=np.intp)
    classes = np.array(r.asset_class)
    wear = 1.0 - np.nan_to_num(built.condition, nan=55.0) / 100.0
    found = []
    for kind in KINDS:
        parts: list[Hosts] = []
        for host in kind.hosts:
            if host == "building":
                parts.append(_buildings(built, index, kind.code))
            elif host == "yard":
                parts.append(_yards(built, index))
            elif host == "street":
                parts.append(_along(built, index))
            else:
                rows = np.flatnonzero(classes == host)
                weight = 0.6 + 0.8 * wear[rows]
                none = np.full(len(rows), -1)
                parts.append(
                    Hosts(built.asset_spots[rows], rows, none, asset_district[rows], weight)
                )
        found.append(_level(parts))
    return found


def _level(parts: list[Hosts]) -> Hosts:
    """Join hosts of several classes, each class with the same total weight."""
    return Hosts(
        np.concatenate([p.spot for p in parts]),
        np.concatenate([p.asset for p in parts]).astype(np.int64),
        np.concatenate([p.building for p in parts]).astype(np.int64),
        np.concatenate([p.district for p in parts]),
        np.concatenate([p.weight / max(p.weight.sum(), 1e-9) for p in parts]),
    )


def _buildings(built: Built, index: dict[str, int], code: str) -> Hosts:
    people = built.stock.residents
    house = np.array([lot.style == "house" for lot in built.lots])
    rows = people > 0
    if code in APARTMENTS_ONLY:
        rows = rows & ~house
    if code == "graffiti":
        rows = ~house
    chosen = np.flatnonzero(rows)
    weight = np.ones(len(chosen)) if code == "graffiti" else people[chosen] ** 0.85
    age = np.clip((2026 - built.stock.built[chosen]) / 60.0, 0.2, 1.6)
    where = [built.layout.blocks[built.lots[i].block].district for i in chosen.tolist()]
    none = np.full(len(chosen), -1)
    return Hosts(
        built.middles[chosen],
        none,
        chosen,
        np.array([index[d] for d in where], dtype=np.intp),
        weight * age,
    )


def _yards(built: Built, index: dict[str, int]) -> Hosts:
    spaces = built.spaces
    inner = shapely.point_on_surface(np.array([s.boundary for s in spaces], dtype=object))
    none = np.full(len(spaces), -1)
    return Hosts(
        shapely.get_coordinates(inner),
        none,
        none,
        np.array([index[s.district] for s in spaces], dtype=np.intp),
        np.sqrt(np.array([s.boundary.area for s in spaces])),
    )


def _along(built: Built, index: dict[str, int]) -> Hosts:
    spots = [along_street(s, 90.0, 5.0, 20.0) for s in built.streets]
    where = np.repeat([index[s.district] for s in built.streets], [len(s) for s in spots])
    spot = np.concatenate(spots)
    none = np.full(len(spot), -1)
    return Hosts(spot, none, none, where.astype(np.intp), np.ones(len(spot)))


def placed(hosts: list[Hosts]) -> NDArray[np.float64]:
    """Return 1 for kinds that have a place in this town, 0 for others (a hamlet has no signals)."""
    return np.array([float(len(h.spot) > 0) for h in hosts])


def hide_problems(
    built: Built, hosts: list[Hosts], days: Days, *, count: int, rng: Generator
) -> Hidden:
    """Choose places that keep failing: the cause, the yearly rate and the active period."""
    weight = np.array(
        [k.chronic * has_place for k, has_place in zip(KINDS, placed(hosts), strict=True)]
    )
    kind = np.sort(rng.choice(len(KINDS), size=count, p=weight / weight.sum()))
    host = np.zeros(count, dtype=np.int64)
    for k in np.unique(kind).tolist():
        rows = np.flatnonzero(kind == k)
        w = hosts[k].weight ** 1.4
        n = min(len(rows), len(w))
        host[rows[:n]] = rng.choice(len(w), size=n, replace=False, p=w / w.sum())
        host[rows[n:]] = rng.integers(0, len(w), len(rows) - n)
    spot = np.array([hosts[k].spot[h] for k, h in zip(kind, host, strict=True)])
    asset = np.array([hosts[k].asset[h] for k, h in zip(kind, host, strict=True)])
    building = np.array([hosts[k].building[h] for k, h in zip(kind, host, strict=True)])
    district = np.array([hosts[k].district[h] for k, h in zip(kind, host, strict=True)])
    asset = _network_cause(built, kind, spot, asset)
    start, end = _periods(days, count, rng)
    return Hidden(
        kind=kind.astype(np.int64),
        spot=spot,
        asset=asset,
        host=host,
        building=building,
        district=district.astype(np.intp),
        rate=_rates(count, rng),
        start=start,
        end=end,
        cause=[KINDS[k].cause for k in kind.tolist()],
    )


def _rates(count: int, rng: Generator) -> Floats:
    """Draw events a year: seven as a rule, a few dozen at the worst places."""
    drawn: Floats = np.clip(7.0 * np.exp(rng.normal(0.0, 0.85, count)), 2.0, 70.0)
    return np.round(drawn, 2)


def _network_cause(built: Built, kind: Ints, spot: Floats, asset: Ints) -> Ints:
    """Put the cause into the nearest section of the network behind the symptom."""
    classes = np.array(built.register.asset_class)
    caused = asset.copy()
    for code, network in NETWORK_OF.items():
        rows = np.flatnonzero(kind == INDEX[code])
        sections = np.flatnonzero(classes == network)
        if len(rows) == 0 or len(sections) == 0:
            continue
        shapes = [built.register.shape[i] for i in sections.tolist()]
        nearest = shapely.STRtree(shapes).nearest(shapely.points(spot[rows]))
        caused[rows] = sections[nearest]
    return caused


def _periods(days: Days, count: int, rng: Generator) -> tuple[Floats, Floats]:
    """Most problems last throughout; some begin on the way, some end by themselves."""
    fate = rng.random(count)
    start = np.full(count, days.start)
    end = np.full(count, days.end)
    span = days.end - days.start
    begins = fate > 0.75
    start[begins] += np.floor(rng.uniform(0.1, 0.8, begins.sum()) * span / DAY) * DAY
    ends = (fate > 0.6) & ~begins
    end[ends] -= np.floor(rng.uniform(0.2, 0.7, ends.sum()) * span / DAY) * DAY
    return start, end


def from_hidden(hidden: Hidden, days: Days, *, rng: Generator) -> Events:
    """Let hidden problems fail: a Poisson number of events in their period, in their season."""
    midnight = days.start + np.arange(len(days)) * DAY
    weights = [day_weights(days, k) for k in KINDS]
    which, times = [], []
    years = (hidden.end - hidden.start) / (365.25 * DAY)
    number = rng.poisson(hidden.rate * years)
    for h, n in enumerate(number.tolist()):
        active = (midnight >= hidden.start[h]) & (midnight < hidden.end[h])
        times.append(draw_times(days, weights[int(hidden.kind[h])] * active, n, rng))
        which.append(np.full(len(times[-1]), h))
    row = np.concatenate(which).astype(np.int64)
    time = np.concatenate(times)
    spot = hidden.spot[row] + _wander(hidden, row, rng)
    return Events(
        kind=hidden.kind[row],
        time=time,
        spot=spot,
        asset=hidden.asset[row],
        building=hidden.building[row],
        district=hidden.district[row],
        hidden=row,
        interruption=np.full(len(row), -1),
        follows=np.full(len(row), -1),
        outbreak=np.full(len(row), -1),
    )


def _wander(hidden: Hidden, row: Ints, rng: Generator) -> Floats:
    """Show a network's fault at several places along it, others at their spot."""
    network = np.array([KINDS[k].code in NETWORK_OF for k in hidden.kind.tolist()])
    reach = np.where(network, 28.0, 2.5)[row]
    return rng.normal(0.0, 1.0, (len(row), 2)) * reach[:, None]


def by_chance(
    hosts: list[Hosts], days: Days, rates: Rates, *, count: int, rng: Generator
) -> Events:
    """Let ordinary events happen: kinds by their share, hosts by weight, days by season."""
    share = rates.share * placed(hosts)
    number = rng.multinomial(count, share / share.sum())
    parts = []
    for k, n in enumerate(number.tolist()):
        if n == 0:
            continue
        w = np.cumsum(hosts[k].weight)
        at = np.searchsorted(w / w[-1], rng.random(n), side="right")
        at = np.minimum(at, len(w) - 1)
        none = np.full(n, -1)
        parts.append(
            Events(
                kind=np.full(n, k),
                time=draw_times(days, day_weights(days, KINDS[k]), n, rng),
                spot=hosts[k].spot[at] + rng.normal(0.0, 2.0, (n, 2)),
                asset=hosts[k].asset[at],
                building=hosts[k].building[at],
                district=hosts[k].district[at],
                hidden=none,
                interruption=none,
                follows=none,
                outbreak=none,
            )
        )
    return Events.joined(parts)


OUTBREAKS = 70
"""Outbreaks in a town of full size in three years."""
# Kind, shortest and longest length in days, mean number of events, reach in metres.
_OUTBREAKS = (
    ("street_light_out", 5, 18, 16, 130.0),
    ("stray_animals", 8, 28, 14, 160.0),
    ("graffiti", 3, 14, 16, 150.0),
    ("waste_not_collected", 3, 9, 15, 170.0),
    ("illegal_dump", 10, 28, 11, 120.0),
    ("drain_blocked", 2, 8, 12, 140.0),
    ("water_leak", 4, 16, 10, 130.0),
    ("building_upkeep", 8, 25, 13, 120.0),
)


def break_out(
    built: Built, hosts: list[Hosts], days: Days, *, count: int, rng: Generator
) -> Events:
    """Let things pile up for a while: many events of one kind in one corner within weeks."""
    parts = []
    possible = [row for row in _OUTBREAKS if len(hosts[INDEX[row[0]]].spot)]
    for number in range(count):
        code, shortest, longest, mean, reach = possible[number % len(possible)]
        kind = INDEX[code]
        place = hosts[kind]
        centre = place.spot[int(rng.choice(len(place.spot), p=place.weight / place.weight.sum()))]
        near = np.flatnonzero(np.hypot(*(place.spot - centre).T) <= reach)
        length = int(rng.integers(shortest, longest + 1))
        weights = day_weights(days, KINDS[kind])[: len(days) - length]
        start = int(rng.choice(len(weights), p=weights / weights.sum()))
        n = 6 + int(rng.poisson(mean - 6))
        window = np.zeros(len(days))
        window[start : start + length] = 1.0
        at = near[rng.integers(0, len(near), n)]
        none = np.full(n, -1)
        cause = _network_cause(built, np.full(n, kind), np.tile(centre, (n, 1)), place.asset[at])
        parts.append(
            Events(
                kind=np.full(n, kind),
                time=draw_times(days, window, n, rng),
                spot=place.spot[at] + rng.normal(0.0, 3.0, (n, 2)),
                asset=cause,
                building=place.building[at],
                district=place.district[at],
                hidden=none,
                interruption=none,
                follows=none,
                outbreak=np.full(n, number),
            )
        )
    return Events.joined(parts)
