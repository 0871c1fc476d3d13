"""How close is the training town to real towns? Measure both with the same functions.

    python bench/calibrate_town.py DATA [--write] [--seed 1]

DATA is the folder of real files (tests look for the same one: EUTOPIA_DATA or ../shared/data).
Prints a table 'real / town' in Markdown. `--write` also renews the calibrated rates in
src/eutopia/packs/training-town/params/ — rates, quantiles and distances only, never a row.
"""

from __future__ import annotations

import argparse
import glob
import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

PARAMS = Path(__file__).parents[1] / "src/eutopia/packs/training-town/params"
BOSTON_RESIDENTS = 667_137  # U.S. Census Bureau estimate for July 2015 (recalled)
HALL = (42.3594, -71.0587)
ANALOGUES = {
    "street_light_out": ["Street Light Outages", "General Lighting Request"],
    "footway_damage": ["Sidewalk Repair (Make Safe)", "Sidewalk Repair"],
    "sign_damaged": ["Sign Repair", "Missing Sign"],
    "signal_fault": ["Traffic Signal Inspection", "Traffic Signal Repair"],
    "snow_not_cleared": ["Misc. Snow Complaint", "Request for Snow Plowing (Emergency Responder)"],
    "waste_not_collected": ["CE Collection"],
    "overfull_bin": ["Empty Litter Basket"],
    "illegal_dump": ["Trash on Vacant Lot", "Illegal Dumping", "Overflowing or Un-kept Dumpster"],
    "graffiti": ["Graffiti Removal", "PWD Graffiti"],
    "abandoned_vehicle": ["Abandoned Vehicles"],
    "stray_animals": ["Animal Generic Request"],
    "dangerous_tree": ["Tree Emergencies"],
    "tree_pruning": ["Tree Maintenance Requests"],
    "grass_uncut": ["Ground Maintenance"],
    "playground_damage": ["Equipment Repair"],
    "drain_blocked": ["Catchbasin"],
    "no_heating": ["Heat - Excessive  Insufficient"],
    "building_upkeep": ["Unsatisfactory Living Conditions", "Maintenance Complaint - Residential"],
}
# No analogue, or a number that means something else there (potholes were logged by crews after
# filling them; litter crews close within minutes): assumed, verification C.
ASSUMED = {
    "pothole": (8.1, 96, 620, 0.03),
    "kerb_damage": (2.1, 260, 2100, 0.10),
    "ice_on_footway": (5.2, 30, 160, 0.01),
    "bench_broken": (2.4, 165, 1200, 0.08),
    "manhole_open": (1.4, 13, 140, 0.02),
    "water_leak": (1.7, 14, 90, 0.01),
    "no_water": (1.0, 7, 30, 0.0),
    "hot_water_fault": (2.4, 30, 190, 0.02),
    "power_outage": (1.2, 4, 16, 0.0),
    "sewer_blockage": (2.1, 12, 70, 0.01),
}


def boston(data: Path) -> pd.DataFrame:
    """Read Boston's reports of 2015."""
    table = pd.read_csv(data / "boston/reports-2015.csv.gz", low_memory=False)
    when = "%m/%d/%Y %I:%M:%S %p"
    table["opened"] = pd.to_datetime(table.OPEN_DT, format=when)
    table["closed"] = pd.to_datetime(table.CLOSED_DT, format=when, errors="coerce")
    table["hours"] = (table.closed - table.opened).dt.total_seconds() / 3600
    return table


def by_type(table: pd.DataFrame) -> dict[str, tuple[float, float, float, float]]:
    """Rate per 1,000 a year, median and 90 % hours to close, share left open, by our type."""
    rates = {}
    for code, names in ANALOGUES.items():
        rows = table[table.TYPE.isin(names)]
        hours = rows.hours.dropna()
        median = float(hours.median())
        rates[code] = (
            len(rows) / BOSTON_RESIDENTS * 1000,
            max(median, 1.0),
            max(float(hours.quantile(0.9)), 3 * median),
            min(float(rows.hours.isna().mean()), 0.16),
        )
    return rates | ASSUMED


def shape(values: pd.Series, n: int) -> list[float]:
    """Relative frequency of 0 … n-1, mean 1."""
    share = values.value_counts(normalize=True).reindex(range(n), fill_value=0.0).sort_index()
    return [round(float(v) * n, 3) for v in share]


def duplicate_pairs(table: pd.DataFrame, data: Path) -> pd.DataFrame:
    """Distance, lag and agreement of the labelled pairs."""
    pairs = pd.read_csv(data / "boston/duplicates-labelled.csv")
    index = table.set_index("CASE_ENQUIRY_ID")
    pairs = pairs[pairs.case.isin(index.index) & pairs.duplicate_of.isin(index.index)]
    a, b = index.loc[pairs.case].reset_index(), index.loc[pairs.duplicate_of].reset_index()
    east = 111_320 * np.cos(np.radians(HALL[0]))
    away = np.hypot((a.LATITUDE - b.LATITUDE) * 111_320, (a.LONGITUDE - b.LONGITUDE) * east)
    lag = (a.opened - b.opened).abs().dt.total_seconds() / 86_400
    return pd.DataFrame({"away": away, "lag": lag, "same": a.TYPE == b.TYPE})


def pair_numbers(pairs: pd.DataFrame) -> dict[str, float]:
    """Summarise pairs of duplicates."""
    numbers = {
        "duplicates: share within 1 m": float((pairs.away < 1).mean()),
        "duplicates: share of the same type": float(pairs.same.mean()),
    }
    for q in (0.8, 0.9, 0.95):
        numbers[f"duplicates: distance, {q:.0%} quantile, m"] = float(pairs.away.quantile(q))
    for q in (0.25, 0.5, 0.75, 0.9):
        numbers[f"duplicates: lag, {q:.0%} quantile, days"] = float(pairs.lag.quantile(q))
    return numbers


def report_numbers(opened: pd.Series, hours: pd.Series, on_time: pd.Series) -> dict[str, float]:
    """Summarise the times of reports (local time)."""
    numbers = {}
    for q in (0.25, 0.5, 0.75, 0.9):
        numbers[f"hours to close, {q:.0%} quantile"] = float(hours.quantile(q))
    numbers["share closed in time"] = float(on_time.mean())
    day, hour = shape(opened.dt.weekday, 7), shape(opened.dt.hour, 24)
    numbers["Tuesday against the mean day"] = day[1]
    numbers["Sunday against the mean day"] = day[6]
    numbers["10 o'clock against the mean hour"] = hour[10]
    numbers["20 o'clock against the mean hour"] = hour[20]
    return numbers


def read_layer(data: Path, name: str) -> list[dict[str, Any]]:
    """Read the features of one of Cambridge's layers."""
    with gzip.open(data / f"cambridge/{name}.geojson.gz") as file:
        features: list[dict[str, Any]] = json.load(file)["features"]
    return features


def length_km(features: list[dict[str, Any]]) -> float:
    """Length of lines in kilometres."""
    total = 0.0
    for feature in features:
        shape = feature["geometry"]
        lines = [shape["coordinates"]] if shape["type"] == "LineString" else shape["coordinates"]
        for line in lines:
            points = np.asarray(line, dtype=float)[:, :2]
            step = np.diff(points, axis=0) * [111_320 * np.cos(np.radians(42.37)), 111_320]
            total += float(np.hypot(*step.T).sum())
    return total / 1000


LAYERS = {
    "lighting_point": ["INFRA_StreetLights", "INFRA_ParkLights"],
    "bench": ["INFRA_ParkBenches"],
    "litter_bin": ["DPW_LitterBarrels"],
    "hydrant": ["INFRA_Hydrants"],
    "ramp": ["DPW_PedestrianRamps"],
    "traffic_signal": ["TRAFFIC_Signals"],
    "playground": ["RECREATION_Playgrounds"],
    "bike_rack": ["RECREATION_BikeRacks"],
}


def cambridge(data: Path) -> dict[str, float]:
    """Assets a kilometre of street centreline."""
    km = length_km(read_layer(data, "TRANS_Centerlines"))
    found = {"street km": km}
    for asset, layers in LAYERS.items():
        found[asset] = sum(len(read_layer(data, n)) for n in layers) / km
    return found


def houses(data: Path) -> dict[str, float]:
    """Storeys and years of Vladivostok's apartment houses."""
    table = pd.read_csv(data / "houses/vladivostok-2016.csv.gz", dtype=str)
    year = pd.to_numeric(table.YEAR, errors="coerce")
    level = pd.to_numeric(table.LEVELS_MAX, errors="coerce")
    flats = pd.to_numeric(table.ROOM_COUNT_LIVE, errors="coerce")
    return house_numbers(year[year > 1800], level[level < 40], flats)


def house_numbers(year: pd.Series, level: pd.Series, flats: pd.Series) -> dict[str, float]:
    """Summarise apartment houses."""
    return {
        "apartment houses: median year": float(year.median()),
        "apartment houses: 25 % quantile of year": float(year.quantile(0.25)),
        "apartment houses: 75 % quantile of year": float(year.quantile(0.75)),
        "apartment houses: share of 5 storeys": float((level == 5).mean()),
        "apartment houses: share of 9 storeys and more": float((level >= 9).mean()),
        "apartment houses: share up to 3 storeys": float((level <= 3).mean()),
        "apartment houses: median dwellings": float(flats.median()),
    }


def outages(data: Path) -> dict[str, float]:
    """Lengths of a Californian utility's interruptions (start is local time written as UTC)."""
    table = pd.read_csv(data / "outages/pge-outages-2024-2026.csv.gz", low_memory=False)
    start = pd.to_datetime(table.OUTAGE_START, unit="ms").dt.tz_localize(
        "America/Los_Angeles", ambiguous="NaT", nonexistent="NaT"
    )
    end = pd.to_datetime(table.last_seen, utc=True, errors="coerce")
    hours = (end - start).dt.total_seconds() / 3600
    hours = hours[hours > 0]
    planned = table.OUTAGE_CAUSE.eq("PLNND SHUTDOWN").mean()
    return {
        "outages: hours, 50% quantile": float(hours.quantile(0.5)),
        "outages: hours, 90% quantile": float(hours.quantile(0.9)),
        "outages: hours, 99% quantile": float(hours.quantile(0.99)),
        "outages: planned share": float(planned),
    }


def ballots(data: Path) -> dict[str, float]:
    """Mean approvals and the budget's share of all costs where up to five may be approved."""
    means, shares, counts = [], [], []
    for path in sorted(glob.glob(str(data / "pabulib/*.pb"))):
        text = Path(path).read_text(encoding="utf-8")
        meta_text, rest = text.split("PROJECTS", 1)
        projects, votes = rest.split("VOTES", 1)
        meta = dict(line.split(";", 1) for line in meta_text.splitlines() if ";" in line)
        if meta.get("vote_type") != "approval" or int(meta["num_votes"]) < 1000:
            continue
        rows = [line.split(";") for line in projects.strip().splitlines()]
        cost = sum(float(r[rows[0].index("cost")]) for r in rows[1:])
        shares.append(float(meta["budget"].replace(",", ".")) / cost)
        counts.append(len(rows) - 1)
        if meta.get("max_length") == "5":
            lines = [line.split(";") for line in votes.strip().splitlines()]
            column = lines[0].index("vote")
            means.append(np.mean([len(v[column].split(",")) for v in lines[1:]]))
    return {
        "ballot: approvals of at most five, mean": float(np.mean(means)),
        "ballot: budget over cost of all projects, median": float(np.median(shares)),
        "ballot: projects, median": float(np.median(counts)),
    }


def crowding(lon: pd.Series, lat: pd.Series, kind: pd.Series) -> dict[str, float]:
    """Share of a year's reports that have company of their type at the same point (10 m)."""
    cells = pd.DataFrame({"lon": lon.round(4), "lat": lat.round(4), "kind": kind})
    size = cells.groupby(["lon", "lat", "kind"]).kind.transform("size")
    return {
        f"share with {n} or more of a type at the point in a year": float((size >= n).mean())
        for n in (2, 3, 6)
    }


def real(data: Path) -> dict[str, float]:
    """Measure everything real."""
    table = boston(data)
    numbers = {"reports per 1,000 residents and year": len(table) / BOSTON_RESIDENTS * 1000}
    numbers |= report_numbers(table.opened, table.hours.dropna(), table.OnTime_Status == "ONTIME")
    at_hall = (HALL[0] == table.LATITUDE) & (HALL[1] == table.LONGITUDE)
    numbers["share at the most-used coordinate"] = float(at_hall.mean())
    numbers |= pair_numbers(duplicate_pairs(table, data))
    known = table[~at_hall & table.TYPE.isin([n for names in ANALOGUES.values() for n in names])]
    numbers |= crowding(known.LONGITUDE, known.LATITUDE, known.TYPE)
    numbers |= {f"{k} per km of street": v for k, v in cambridge(data).items() if k in LAYERS}
    return numbers | houses(data) | outages(data) | ballots(data)


def town(seed: int) -> dict[str, float]:
    """Measure the training town in the same way."""
    from eutopia.core.town import generate_town

    made = generate_town(seed=seed)
    told, truth = made.town.reports, made.truth
    table = pd.DataFrame(
        {
            "id": [r.id for r in told],
            "type": [r.problem_type for r in told],
            "opened": pd.to_datetime([r.opened for r in told]),
            "closed": pd.to_datetime([r.closed for r in told]),
            "due": pd.to_datetime([r.due for r in told]),
            "lon": [np.nan if r.lon is None else r.lon for r in told],
            "lat": [np.nan if r.lat is None else r.lat for r in told],
        }
    )
    local = table.opened.dt.tz_convert(made.town.territory.time_zone)
    hours = (table.closed - table.opened).dt.total_seconds() / 3600
    residents = sum(d.population for d in made.town.territory.districts)
    numbers = {"reports per 1,000 residents and year": len(told) / residents * 1000 / 3}
    end = pd.Timestamp(made.town.as_of, tz="UTC") + pd.Timedelta(days=1)
    answered = table.closed.fillna(end)
    numbers |= report_numbers(local, hours.dropna(), answered <= table.due)
    numbers["share at the most-used coordinate"] = float(
        table.groupby(["lon", "lat"]).size().max() / len(table)
    )
    numbers |= pair_numbers(_true_pairs(table, truth, made.town.territory.districts))
    year = table[(local.dt.year == made.town.as_of.year - 1) & table.lon.notna()]
    year = year[~year.id.isin(truth.default_coordinate)]
    numbers |= crowding(year.lon, year.lat, year.type)
    numbers |= _town_register(made.town.territory)
    return numbers | _town_services(made.town) | _town_ballot(made.town)


def _true_pairs(table: pd.DataFrame, truth: Any, districts: Any) -> pd.DataFrame:
    """Pair every later report of an event (interruptions apart) with the first."""
    event = table.id.map(truth.event_of)
    apart = {e for e, v in truth.events.items() if v.interruption is not None}
    rows = table[~event.isin(apart) & table.lon.notna()].assign(event=event)
    first = rows.groupby("event").first()
    later = rows[rows.duplicated("event")]
    base = first.loc[later.event].reset_index()
    later = later.reset_index(drop=True)
    lat = districts[0].boundary.centroid.y
    east = 111_320 * np.cos(np.radians(lat))
    away = np.hypot((later.lat - base.lat) * 111_320, (later.lon - base.lon) * east)
    lag = (later.opened - base.opened).abs().dt.total_seconds() / 86_400
    return pd.DataFrame({"away": away, "lag": lag, "same": later.type == base.type})


def _town_register(territory: Any) -> dict[str, float]:
    lat = territory.districts[0].boundary.centroid.y
    factor = 111_320 * np.array([np.cos(np.radians(lat)), 1.0])
    km = 0.0
    for street in territory.streets:
        if street.street_class in ("driveway", "footway"):
            continue
        for part in getattr(street.line, "geoms", [street.line]):
            step = np.diff(np.asarray(part.coords)[:, :2], axis=0) * factor
            km += float(np.hypot(*step.T).sum()) / 1000
    count = Counter(a.asset_class for a in territory.assets)
    found = {f"{k} per km of street": count[k] / km for k in LAYERS}
    flats = [b for b in territory.buildings if b.use == "residential" and b.dwellings > 1]
    year = pd.Series([float(b.built or 0) for b in flats])
    level = pd.Series([float(b.storeys or 0) for b in flats])
    return found | house_numbers(year, level, pd.Series([float(b.dwellings) for b in flats]))


def _town_services(made: Any) -> dict[str, float]:
    power = [i for i in made.interruptions if i.service == "electricity" and i.ended]
    hours = pd.Series([(i.ended - i.started).total_seconds() / 3600 for i in power])
    return {
        "outages: hours, 50% quantile": float(hours.quantile(0.5)),
        "outages: hours, 90% quantile": float(hours.quantile(0.9)),
        "outages: hours, 99% quantile": float(hours.quantile(0.99)),
        "outages: planned share": float(np.mean([i.planned for i in power])),
    }


def _town_ballot(made: Any) -> dict[str, float]:
    election = made.election
    voters = sum(b.count for b in election.ballots)
    mean = sum(len(b.approvals) * b.count for b in election.ballots) / voters
    return {
        "ballot: approvals of at most five, mean": mean,
        "ballot: budget over cost of all projects, median": float(
            election.budget / sum(p.cost for p in election.projects)
        ),
        "ballot: projects, median": float(len(election.projects)),
    }


def write(data: Path) -> None:
    """Renew the calibrated rates of the pack."""
    table = boston(data)
    pairs = duplicate_pairs(table, data)
    at_hall = (HALL[0] == table.LATITUDE) & (HALL[1] == table.LONGITUDE)
    lags = {
        f"q{q}": _text(pairs.lag.quantile(q / 100)) for q in (10, 25, 40, 50, 60, 75, 90, 95, 99)
    }
    rows = [
        _row(
            "reporting.weekday",
            "share of the mean day",
            "Reports by weekday, Monday first",
            "Сообщения по дням недели, с понедельника",
            [_text(v) for v in shape(table.opened.dt.weekday, 7)],
            "boston",
            "OPEN_DT",
        ),
        _row(
            "reporting.hour",
            "share of the mean hour",
            "Reports by hour of the local day",
            "Сообщения по часам местного времени",
            [_text(v) for v in shape(table.opened.dt.hour, 24)],
            "boston",
            "OPEN_DT",
        ),
        _row(
            "reporting.default_coordinate",
            "share",
            "Reports at the most-used coordinate (the town hall)",
            "Доля сообщений в самой частой точке (мэрия)",
            _text(at_hall.mean()),
            "boston",
            "LATITUDE, LONGITUDE",
        ),
        _row(
            "duplicates.same_type",
            "share",
            "Labelled duplicates filed under the same type",
            "Доля повторных с тем же видом проблемы",
            _text(pairs.same.mean()),
            "boston",
            "closing notes, labelled pairs",
        ),
        _row(
            "duplicates.same_place",
            "share",
            "Labelled duplicates at the very same point",
            "Доля повторных в той же точке",
            _text((pairs.away < 1).mean()),
            "boston",
            "closing notes, labelled pairs",
        ),
        _row(
            "duplicates.lag",
            "days",
            "Days between labelled duplicates, quantiles",
            "Дней между повторными, квантили",
            lags,
            "boston",
            "closing notes, labelled pairs",
        ),
    ]
    for code, (rate, median, p90, left) in sorted(by_type(table).items()):
        act, article = (
            ("assumed", "-") if code in ASSUMED else ("boston", ", ".join(ANALOGUES[code]))
        )
        value = {
            "per_1000": _text(rate),
            "median_hours": _text(median),
            "p90_hours": _text(p90),
            "open_share": _text(left),
        }
        rows.append(
            _row(
                f"types.{code}",
                "per 1,000 residents and year; hours; share",
                f"How often reported and how long open: {code}",
                f"Как часто сообщают и как долго открыто: {code}",
                value,
                act,
                article,
            )
        )
    (PARAMS / "reporting.yaml").write_text(_yaml(rows), encoding="utf-8")
    other = [
        _row(
            f"densities.{k}",
            "per km of street",
            f"Assets a kilometre: {k}",
            f"Объектов на километр улиц: {k}",
            _text(v),
            "cambridge",
            ", ".join(LAYERS[k]),
        )
        for k, v in cambridge(data).items()
        if k in LAYERS
    ]
    groups = (
        ("houses", houses(data), "vladivostok", "YEAR, LEVELS_MAX"),
        ("outages", outages(data), "pge", "OUTAGE_START, last_seen"),
        ("ballots", ballots(data), "pabulib", "approval ballots of 1,000 voters and more"),
    )
    for group, numbers, act, article in groups:
        for name, value in numbers.items():
            key = "".join(c if c.isalnum() else "_" for c in name.split(": ")[1].lower()).strip("_")
            rows_en = name[0].upper() + name[1:]
            other.append(
                _row(
                    f"{group}.{key}",
                    "see description",
                    rows_en,
                    rows_en,
                    _text(value),
                    act,
                    article,
                )
            )
    (PARAMS / "register.yaml").write_text(_yaml(other), encoding="utf-8")


def _text(value: float) -> str:
    return f"{float(value):.4g}"


def _row(
    path: str, unit: str, en: str, ru: str, value: Any, act: str, article: str
) -> dict[str, Any]:
    grade = "C" if act == "assumed" else "B"
    return {
        "path": path,
        "unit": unit,
        "en": en,
        "ru": ru,
        "value": value,
        "act": act,
        "article": article,
        "grade": grade,
    }


def _yaml(rows: list[dict[str, Any]]) -> str:
    lines = [
        "# Written by bench/calibrate_town.py (docs/methods/training-town.md tells from what).",
        "params:",
    ]
    for r in rows:
        value = json.dumps(r["value"], ensure_ascii=False)
        source = f"from: {r['act']}, article: {json.dumps(r['article'])}"
        lines += [
            f"  - path: {r['path']}",
            f'    unit: "{r["unit"]}"',
            f'    description: {{en: "{r["en"]}", ru: "{r["ru"]}"}}',
            f"    value: {value}",
            f"    source: {{{source}, verification: {r['grade']}}}",
        ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the comparison; renew the pack's rates if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.write:
        write(options.data)
    wanted, got = real(options.data), town(options.seed)
    print("| what | real | town |\n|---|---:|---:|")
    for name, value in wanted.items():
        digits = 4 if value > 1000 else 3
        print(f"| {name} | {value:.{digits}g} | {got[name]:.{digits}g} |")


if __name__ == "__main__":
    main()
