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

from eutopia.core.records.money import Money
from eutopia.core.records.works import Work
from eutopia.core.town.assembly import Built
from eutopia.core.town.events import Events, Hidden
from eutopia.core.town.kinds import CODES, INDEX
from eutopia.core.town.territory import PLANE, asset_id
from eutopia.core.town.weather import DAY, Days

EFFECT_RADIUS = 60.0
"""Metres around a work within which it changes the rate of what it answers."""
WORKS = 420

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


@dataclass(slots=True)
class Done:
    """One work in the plane with its true effect."""

    measure: int
    asset: int
    spot: NDArray[np.float64]
    started: date
    finished: date
    ratio: float


def choose_works(
    built: Built, hidden: Hidden, days: Days, *, count: int, rng: Generator
) -> list[Done]:
    """Choose what was renewed when: half at chronic problems, half at merely worn things."""
    spots = _sites(built, hidden, count, rng)
    ratios = _ratios(len(spots), rng)
    done: list[Done] = []
    taken: dict[int, list[NDArray[np.float64]]] = {}
    for (measure, asset, spot), ratio in zip(spots, ratios.tolist(), strict=True):
        near = taken.setdefault(measure, [])
        if any(float(np.hypot(*(spot - s))) < 3.0 * EFFECT_RADIUS for s in near):
            continue
        near.append(spot)
        day = int(rng.uniform(0.22, 0.85) * len(days))
        length = int(rng.integers(4, 60))
        started = days.first + timedelta(days=day)
        done.append(Done(measure, asset, spot, started, started + timedelta(days=length), ratio))
    return done


def _ratios(count: int, rng: Generator) -> NDArray[np.float64]:
    """Draw true effects: most works help, some change nothing, the third makes things worse."""
    fate = rng.random(count)
    ratio = np.round(rng.uniform(0.12, 0.55, count), 2)
    ratio = np.where(fate > 0.62, np.round(rng.uniform(0.7, 0.9, count), 2), ratio)
    ratio = np.where(fate > 0.74, 1.0, ratio)
    if count > 2:
        ratio[2] = 1.9
    return ratio


def _sites(
    built: Built, hidden: Hidden, count: int, rng: Generator
) -> list[tuple[int, int, NDArray[np.float64]]]:
    answered = {code: m for m, row in reversed(list(enumerate(MEASURES))) for code in row[1]}
    classes = np.array(built.register.asset_class)
    rows = [
        h
        for h in range(len(hidden))
        if CODES[int(hidden.kind[h])] in answered and hidden.asset[h] >= 0
    ]
    rate = hidden.rate[rows]
    n = min(count // 2, len(rows) // 3)
    sites = []
    picks = rng.choice(len(rows), size=n, replace=False, p=rate / rate.sum()).tolist() if n else []
    for p in picks:
        h = rows[p]
        measure = answered[CODES[int(hidden.kind[h])]]
        sites.append((measure, int(hidden.asset[h]), hidden.spot[h]))
    wear = 1.0 - np.nan_to_num(built.condition, nan=60.0) / 100.0
    for _ in range(count - n):
        measure = int(rng.integers(0, len(MEASURES)))
        options = np.flatnonzero(classes == MEASURES[measure][2][0])
        if len(options) == 0:
            continue
        weight = wear[options] ** 2 + 1e-6
        asset = int(rng.choice(options, p=weight / weight.sum()))
        sites.append((measure, asset, built.asset_spots[asset]))
    return [sites[i] for i in rng.permutation(len(sites)).tolist()]


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
        away = np.hypot(*(events.spot[rows] - work.spot).T)
        rows = rows[away <= EFFECT_RADIUS]
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
            built.installed[work.asset] = work.finished.year
            worn = 2.5 * (year - work.finished.year)
            built.condition[work.asset] = round(96.0 - worn)


def work_records(built: Built, done: list[Done], *, rng: Generator) -> tuple[Work, ...]:
    """Turn works into records, in order of their beginning."""
    shapes: list[BaseGeometry] = [built.register.shape[d.asset] for d in done]
    globe = PLANE.to_globe(shapes)
    records = []
    for d, flat, shape in zip(done, shapes, globe, strict=True):
        code, _, _, price, contractor = MEASURES[d.measure]
        units = max(float(shapely.length(flat)), 1.0) if flat.geom_type == "LineString" else 1.0
        cost = Decimal(round(units * price * float(rng.uniform(0.8, 1.35)), -2))
        records.append(
            Work(
                id="",
                measure=code,
                geometry=shape,
                district=built.register.district[d.asset],
                started=d.started,
                finished=d.finished,
                cost=Money(cost, "RUB"),
                contractor=contractor,
                asset_ids=(asset_id(d.asset),),
                warranty_until=date(d.finished.year + 3, d.finished.month, min(d.finished.day, 28)),
            )
        )
    return tuple(records)


def work_id(number: int) -> str:
    """Return the id of the work at this position."""
    return f"w{number + 1:04d}"
