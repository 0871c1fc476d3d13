"""The City of Cambridge, Massachusetts: its register and heritage, from the city's GIS layers.

The second municipality of the Boston installation: no reports, but streets, assets, green places
and six layers of heritage, so that the programme there starts from condition and meets the gate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from shapely.geometry.base import BaseGeometry

from eutopia.core.listen.intake import code_of
from eutopia.core.records import (
    Asset,
    District,
    Fund,
    HeritageAsset,
    Money,
    PortfolioRules,
    ProtectionZone,
    PublicSpace,
    Street,
    Territory,
    Text,
    Town,
)
from eutopia.sources.boston import PACKS
from eutopia.sources.published import district_of, features

AS_OF = date(2016, 1, 13)
# Layer, asset class; the layers' own keys are all different, so the position is the number.
ASSETS = (
    ("INFRA_StreetLights", "lighting_point"),
    ("INFRA_ParkLights", "lighting_point"),
    ("INFRA_ParkBenches", "bench"),
    ("DPW_LitterBarrels", "litter_bin"),
    ("DPW_PedestrianRamps", "ramp"),
    ("INFRA_Hydrants", "hydrant"),
    ("TRAFFIC_Signals", "traffic_signal"),
    ("TRANS_BusShelters", "bus_shelter"),
    ("RECREATION_BikeRacks", "bike_rack"),
    ("RECREATION_Playgrounds", "playground"),
    ("RECREATION_SportsAreas", "sports_ground"),
    ("RECREATION_Waterplay", "playground"),
    ("LANDMARK_PublicArt", "monument"),
)
RAMP_CONDITION = {"E": 90.0, "G": 70.0, "F": 45.0, "P": 20.0}
"""The city grades its ramps excellent, good, fair, poor; the numbers are the middles of the scale
0–100 cut in unequal parts (assumed)."""
SCENARIO = Money(Decimal(150_000), "USD")
ASSUMED = (
    "Assumed: 150 thousand dollars a year for renewal, condition numbers of ramp grades, "
    "unit costs and effects of measures-us"
)
SOURCES = (
    ("Register, streets, green places, heritage: City of Cambridge GIS", "PDDL 1.0"),
    (ASSUMED, "docs/howto/real-data.md"),
)


def read_cambridge(folder: Path, *, progress: Callable[[str], None] = lambda _: None) -> Town:
    """What do the published layers say about Cambridge, as a town for the loop?

    Parameters
    ----------
    folder
        Holds `cambridge/`, as `docs/howto/real-data.md` lays it out.
    progress
        Called with a word for each step.

    Raises
    ------
    MissingFileError
        A layer is not there.
    ValueError
        A layer is broken.
    """
    layers = folder / "cambridge"
    progress("neighbourhoods")
    districts = tuple(
        District(code_of(p["NAME"]), Text.of(en=p["NAME"]), boundary, 0)
        for p, boundary in features(layers, "BOUNDARY_CDDNeighborhoods.geojson")
    )
    progress("streets and green places")
    streets = _streets(layers, districts)
    spaces = _spaces(layers, districts)
    progress("register")
    assets = _assets(layers, districts)
    progress("heritage")
    territory = Territory(
        id="cambridge",
        name=Text.of(en="Cambridge, Massachusetts", ru="Кембридж, Массачусетс"),
        time_zone="America/New_York",
        currency="USD",
        synthetic=False,
        districts=districts,
        streets=streets,
        spaces=spaces,
        assets=assets,
        heritage=tuple(_heritage(layers)),
        zones=tuple(_zones(layers)),
        water=tuple(g for _, g in features(layers, "HYDRO_WaterBodies.geojson")),
        sources=SOURCES,
    )
    return Town(
        territory=territory,
        as_of=AS_OF,
        packs=PACKS,
        reports=(),
        rules=PortfolioRules(
            first_year=2016,
            years=5,
            funds=(
                Fund("renewal", Text.of(en="Renewal of the register", ru="Обновление имущества"),
                     (SCENARIO,) * 5, carry_over=True),
            ),
            upkeep_limit=(Money(Decimal(100_000), "USD"),) * 5,
            discount_rate=Decimal("0.03"),
        ),
    )  # fmt: skip


def _located(
    geometries: list[BaseGeometry], districts: tuple[District, ...]
) -> Iterator[tuple[BaseGeometry, str]]:
    points = [g.representative_point() for g in geometries]
    codes = district_of(points, [d.boundary for d in districts], [d.id for d in districts])
    return zip(geometries, codes, strict=True)


def _streets(layers: Path, districts: tuple[District, ...]) -> tuple[Street, ...]:
    rows = list(features(layers, "TRANS_Centerlines.geojson"))
    classes = {1: "arterial", 2: "collector"}
    return tuple(
        Street(
            f"street-{number}",
            Text.of(en=properties.get("Street") or "—"),
            line,
            classes.get(properties.get("MajorRoad") or 0, "local"),
            district,
        )
        for number, ((properties, _), (line, district)) in enumerate(
            zip(rows, _located([g for _, g in rows], districts), strict=True), start=1
        )
    )


def _spaces(layers: Path, districts: tuple[District, ...]) -> tuple[PublicSpace, ...]:
    rows = [
        row
        for row in features(layers, "RECREATION_OpenSpace.geojson")
        if (row[0].get("OWNER") or "").strip() in ("City", "Cambridge", "State", "School Dep")
    ]
    return tuple(
        PublicSpace(f"space-{number}", Text.of(en=(properties.get("NAME") or "—").strip() or "—"),
                    "park", boundary, district)
        for number, ((properties, _), (boundary, district)) in enumerate(
            zip(rows, _located([g for _, g in rows], districts), strict=True), start=1
        )
    )  # fmt: skip


def _assets(layers: Path, districts: tuple[District, ...]) -> tuple[Asset, ...]:
    found: list[Asset] = []
    for layer, asset_class in ASSETS:
        rows = [
            row
            for row in features(layers, f"{layer}.geojson")
            if row[0].get("LIFECYCLESTATUS") in (None, "ACT")
        ]
        placed = _located([g for _, g in rows], districts)
        for number, ((properties, _), (geometry, district)) in enumerate(
            zip(rows, placed, strict=True), start=1
        ):
            found.append(
                Asset(
                    id=f"{layer.split('_')[1].lower()}-{number}",
                    asset_class=asset_class,
                    geometry=geometry,
                    district=district,
                    installed=_installed(properties),
                    condition=RAMP_CONDITION.get(properties.get("CONDITION") or ""),
                )
            )
    return tuple(found)


def _installed(properties: dict[str, Any]) -> int | None:
    stamp = properties.get("INSTALLDATE")
    year = datetime.fromtimestamp(stamp / 1000, UTC).year if stamp else properties.get("Art_Year")
    # A hydrant of the year 910 is a slip of the keyboard: better unknown than wrong.
    return int(year) if year and 1800 <= int(year) <= AS_OF.year else None


def _heritage(layers: Path) -> Iterator[HeritageAsset]:
    for number, (p, geometry) in enumerate(
        features(layers, "HISTORICAL_LandmarksEasements.geojson"), start=1
    ):
        name = (p.get("HISTORIC_N") or p.get("ADDRESS") or "—").strip() or "—"
        yield HeritageAsset(f"landmark-{number}", Text.of(en=name), "monument", "local",
                            "registered", geometry, p.get("ML") or "")  # fmt: skip
    for number, (p, geometry) in enumerate(
        features(layers, "HISTORICAL_NationalRegisterHistoricPlaces.geojson"), start=1
    ):
        name = (p.get("LabelName") or p.get("HistName") or "—").strip() or "—"
        kind = "ensemble" if p.get("NRDIS") == "Y" else "monument"
        yield HeritageAsset(f"register-{number}", Text.of(en=name), kind, "national",
                            "registered", geometry)  # fmt: skip


def _zones(layers: Path) -> Iterator[ProtectionZone]:
    for layer, kind in (
        ("HISTORICAL_HistoricDistricts", "historic_district"),
        ("HISTORICAL_NhoodConservationDist", "conservation_area"),
    ):
        for number, (p, boundary) in enumerate(features(layers, f"{layer}.geojson"), start=1):
            yield ProtectionZone(f"{kind}-{number}", kind, boundary, name=Text.of(en=p["NAME"]))
