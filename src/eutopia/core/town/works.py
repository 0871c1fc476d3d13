"""Works of the past years and what they truly changed (rows a work, metres)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from eutopia.core.records.money import Money
from eutopia.core.records.works import Work
from eutopia.core.town.assembly import Built
from eutopia.core.town.events import Events
from eutopia.core.town.kinds import CODES, INDEX
from eutopia.core.town.territory import PLANE, asset_id
from eutopia.core.town.weather import DAY, Days

EFFECT_RADIUS = 60.0
"""Metres around a work within which it changes the rate of what it answers."""
WORKS = 520
HARM = 1.9
"""True ratio of the one work that makes things worse."""

# Measure, problem types answered, classes of the things renewed, roubles a unit, contractor.
# Units: metre of line for networks and carriageway, piece otherwise.
MEASURES: tuple[tuple[str, tuple[str, ...], tuple[str, ...], int, str], ...] = (
    ("resurface_road", ("pothole", "manhole_open"), ("road_section",), 19_000, "c-01"),
    ("rebuild_footway", ("footway_damage", "kerb_damage"), ("footway",), 7_500, "c-01"),
    ("replace_lamps", ("street_light_out",), ("lighting_point", "power_line"), 28_000, "c-02"),
    ("replace_water_main", ("water_leak", "no_water"), ("water_main",), 14_500, "c-04"),
    ("replace_heat_main", ("no_heating", "hot_water_fault"), ("heat_main",), 46_000, "c-04"),
    ("reline_sewer", ("sewer_blockage",), ("sewer",), 18_000, "c-04"),
    ("replace_power_line", ("power_outage",), ("power_line",), 4_500, "c-02"),
    ("replace_benches", ("bench_broken",), ("bench",), 32_000, "c-05"),
    ("replace_bins", ("overfull_bin",), ("litter_bin",), 12_000, "c-05"),
    (
        "rebuild_container_site",
        ("overfull_bin", "waste_not_collected"),
        ("container_site",),
        320_000,
        "c-05",
    ),
    ("renew_playground", ("playground_damage",), ("playground",), 3_200_000, "c-06"),
    ("tree_care", ("dangerous_tree", "tree_pruning"), ("tree",), 7_000, "c-03"),
    (
        "replace_signs",
        ("sign_damaged", "signal_fault"),
        ("road_sign", "traffic_signal"),
        40_000,
        "c-01",
    ),
    ("build_storm_drain", ("drain_blocked",), ("storm_drain",), 900_000, "c-04"),
    ("renew_manholes", ("manhole_open",), ("manhole",), 24_000, "c-04"),
)


LOOKS = 5
"""Places looked at before one is chosen for a work: the more, the worse the chosen place was."""
DEAR = ("playground", "container_site", "tree", "storm_drain")
"""Classes renewed one by one, however near the next of them stands."""
APART = 260.0
"""Least distance between two works of one measure, so that each effect stands alone."""


Spot = NDArray[np.float64]


@dataclass(slots=True)
class Done:
    """One work in the plane with its true effect."""

    measure: int
    assets: list[int]
    shape: BaseGeometry
    started: date
    finished: date
    ratio: float


def choose_works(
    built: Built, heard: Events, days: Days, *, count: int, rng: Generator
) -> list[Done]:
    """Choose what was renewed when, as towns do: where most was reported in the year before.

    Places chosen for a bad year get better by themselves (regression to the mean), on top of what
    the work does; methods must tell the two apart.
    """
    done: list[Done] = []
    bad: list[int] = []
    taken: dict[int, list[Spot]] = {}
    for measure in rng.integers(0, len(MEASURES), count).tolist():
        start = int(rng.uniform(0.34, 0.72) * len(days))
        spot, before = _worst(heard, days, measure, start, rng)
        near = taken.setdefault(measure, [])
        if spot is None or any(float(np.hypot(*(spot - s))) < APART for s in near):
            continue
        assets = _renewed(built, measure, spot)
        if not assets:
            continue
        near.append(spot)
        bad.append(before)
        started = days.first + timedelta(days=start)
        finished = started + timedelta(days=int(rng.integers(4, 60)))
        shape = unary_union([built.register.shape[a] for a in assets])
        done.append(Done(measure, assets, shape, started, finished, 1.0))
    for work, ratio in zip(done, _ratios(len(done), rng).tolist(), strict=True):
        work.ratio = ratio
    if done:
        done[int(np.argmax(bad))].ratio = HARM
    return done


def _ratios(count: int, rng: Generator) -> NDArray[np.float64]:
    """Draw true effects: most works help, some a little, one in four changes nothing."""
    fate = rng.random(count)
    ratio = np.round(rng.uniform(0.12, 0.55, count), 2)
    ratio = np.where(fate > 0.62, np.round(rng.uniform(0.7, 0.9, count), 2), ratio)
    return np.where(fate > 0.74, 1.0, ratio)


def _worst(
    heard: Events, days: Days, measure: int, start: int, rng: Generator
) -> tuple[Spot | None, int]:
    """Look at some places of last year's reports; return the one with most, and how many."""
    kinds = [INDEX[code] for code in MEASURES[measure][1]]
    until = days.start + start * DAY
    rows = np.flatnonzero(
        np.isin(heard.kind, kinds) & (heard.time < until) & (heard.time >= until - 365.0 * DAY)
    )
    if len(rows) == 0:
        return None, 0
    spots = heard.spot[rows]
    looked = spots[rng.integers(0, len(rows), LOOKS)]
    away = np.hypot(*(spots[None, :, :] - looked[:, None, :]).transpose(2, 0, 1))
    counts = (away <= EFFECT_RADIUS * 0.75).sum(axis=1)
    best = int(np.argmax(counts))
    return looked[best], int(counts[best])


def _renewed(built: Built, measure: int, spot: Spot) -> list[int]:
    """Return what a work renews: the nearest thing of its class and its like close by."""
    wanted = MEASURES[measure][2][0]
    rows = np.flatnonzero(np.array(built.register.asset_class) == wanted)
    if len(rows) == 0:
        return []
    away = np.hypot(*(built.asset_spots[rows] - spot).T)
    nearest = int(rows[int(np.argmin(away))])
    if away.min() > EFFECT_RADIUS or wanted in DEAR:
        return [nearest]
    if built.register.shape[nearest].geom_type == "LineString":
        street = built.register.street[nearest]
        same = np.array([built.register.street[i] == street for i in rows.tolist()])
        return sorted({nearest, *rows[same & (away <= 60.0)].tolist()})
    return sorted({nearest, *rows[away <= 40.0].tolist()})


def seconds(day: date) -> float:
    """Return the POSIX seconds of a local midnight."""
    return (day - date(1970, 1, 1)).days * DAY - 3 * 3600.0


def apply_effects(events: Events, done: list[Done], *, rng: Generator) -> Events:
    """Thin or thicken what happens near each work after its end, by its true ratio."""
    draw = rng.random(len(events))
    keep = np.ones(len(events), dtype=bool)
    by_kind = [np.flatnonzero(events.kind == k) for k in range(len(CODES))]
    more: list[NDArray[np.intp]] = []
    for work in done:
        rows = np.concatenate([by_kind[INDEX[code]] for code in MEASURES[work.measure][1]])
        rows = rows[events.time[rows] >= seconds(work.finished)]
        rows = rows[shapely.contains_xy(work.shape.buffer(EFFECT_RADIUS), events.spot[rows])]
        if work.ratio < 1.0:
            keep[rows[draw[rows] > work.ratio]] = False
        else:
            more.append(rows[draw[rows] < work.ratio - 1.0])
    extra = [events.take(rows) for rows in more if len(rows)]
    for part in extra:
        part.time = part.time + rng.uniform(3.0, 30.0, len(part)) * DAY
    return Events.joined([events.take(keep), *extra])


def renew_assets(built: Built, done: list[Done], *, year: int) -> None:
    """Enter the renewed things in the register: new year, new condition."""
    for work in done:
        if work.finished.year <= year:
            built.installed[work.assets] = work.finished.year
            built.condition[work.assets] = round(96.0 - 2.5 * (year - work.finished.year))


def work_records(built: Built, done: list[Done], *, rng: Generator) -> tuple[Work, ...]:
    """Turn works into records, in order of their beginning."""
    shapes = [d.shape for d in done]
    globe = PLANE.to_globe(shapes)
    records = []
    for d, flat, shape in zip(done, shapes, globe, strict=True):
        code, _, _, price, contractor = MEASURES[d.measure]
        length = float(shapely.length(flat)) if flat.area == 0.0 else 0.0
        units = length or float(len(d.assets))
        cost = Decimal(round(units * price * float(rng.uniform(0.8, 1.35)), -2))
        records.append(
            Work(
                id="",
                measure=code,
                geometry=shape,
                district=built.register.district[d.assets[0]],
                started=d.started,
                finished=d.finished,
                cost=Money(cost, "RUB"),
                contractor=contractor,
                asset_ids=tuple(asset_id(a) for a in d.assets),
                warranty_until=date(d.finished.year + 3, d.finished.month, min(d.finished.day, 28)),
            )
        )
    return tuple(records)


def work_id(number: int) -> str:
    """Return the id of the work at this position."""
    return f"w{number + 1:04d}"
