"""A very small town, made by hand, for tests that need one at once.

Two districts side by side, a lamp that keeps failing, a pothole, a church with its zone.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from shapely.geometry import LineString, Point, box

from eutopia.core.records import (
    Asset,
    Building,
    District,
    HeritageAsset,
    Money,
    Organisation,
    ProtectionZone,
    PublicSpace,
    Report,
    Street,
    Territory,
    Text,
    Town,
    Work,
)

AS_OF = date(2026, 6, 30)


def hamlet_territory() -> Territory:
    """Two districts of 0.01 by 0.01 degrees near 40° E, 55° N."""
    return Territory(
        id="hamlet",
        name=Text.of(en="Hamlet", ru="Деревушка"),
        time_zone="Europe/Moscow",
        currency="RUB",
        synthetic=True,
        districts=(
            District("west", Text.of(en="West", ru="Запад"), box(40.00, 55.0, 40.01, 55.01), 700),
            District("east", Text.of(en="East", ru="Восток"), box(40.01, 55.0, 40.02, 55.01), 300),
        ),
        streets=(
            Street(
                "main",
                Text.of(en="Main Street", ru="Главная улица"),
                LineString([(40.0, 55.005), (40.012, 55.006), (40.02, 55.005)]),
                "local",
                "west",
            ),
        ),
        spaces=(
            PublicSpace(
                "yard",
                Text.of(en="Yard", ru="Двор"),
                "yard",
                box(40.002, 55.002, 40.003, 55.003),
                "west",
            ),
        ),
        buildings=(
            Building(
                id="b1",
                address=Text.of(en="1 Main Street", ru="Главная ул., 1"),
                footprint=box(40.0021, 55.0041, 40.0024, 55.0043),
                district="west",
                use="residential",
                built=1970,
                storeys=5,
                dwellings=40,
                residents=90,
                housing_manager="keeper",
                street="main",
                space="yard",
            ),
        ),
        assets=(
            Asset(
                "lamp-1", "lighting_point", Point(40.005, 55.005), "west", 1990, 20.0, street="main"
            ),
            Asset("lamp-2", "lighting_point", Point(40.015, 55.005), "east", 2020, 90.0),
            Asset(
                "road-1",
                "road_section",
                LineString([(40.0, 55.005), (40.012, 55.006)]),
                "west",
                2005,
                None,
                street="main",
                attributes=(("area_m2", "4200"),),
            ),
        ),
        heritage=(
            HeritageAsset(
                "church",
                Text.of(en="Church", ru="Храм"),
                "monument",
                "regional",
                "registered",
                Point(40.018, 55.008),
            ),
        ),
        zones=(ProtectionZone("z1", "guard_zone", None, "church"),),
        organisations=(
            Organisation("works", Text.of(en="Town works", ru="Горсвет"), "municipal_service"),
            Organisation("keeper", Text.of(en="Keeper", ru="Управдом"), "housing_manager"),
        ),
        water=(box(40.0, 55.0, 40.02, 55.0005),),
        sources=(("Everything", "made by hand for tests"),),
    )


def hamlet_reports() -> tuple[Report, ...]:
    """Forty reports: a lamp out again and again, potholes, one far away, one without a place."""
    start = datetime(2025, 1, 10, 8, 0, tzinfo=UTC)
    rows = []
    for i in range(36):
        opened = start + timedelta(days=14 * i, hours=i % 5)
        lamp = i % 3 != 2
        rows.append(
            Report(
                id=f"R{i:03d}",
                opened=opened,
                problem_type="street_light_out" if lamp else "pothole",
                lon=40.005 + 0.00001 * (i % 4) if lamp else 40.008,
                lat=55.005,
                closed=opened + timedelta(days=3 + i % 9) if i < 33 else None,
                text="Не горит фонарь у дома" if lamp else "Pothole on the road",
                language="ru" if lamp else "en",
                address="Главная ул., 1",
                district="west",
                organisation="works",
                channel="app",
                source="hand",
            )
        )
    # The same dark lamp told of twice within an hour.
    rows.append(
        Report(
            id="R900",
            opened=rows[3].opened + timedelta(minutes=40),
            problem_type="street_light_out",
            lon=40.00501,
            lat=55.005,
            closed=rows[3].closed,
            text="Фонарь не горит",
            language="ru",
            district="west",
            organisation="works",
            source="hand",
        )
    )
    rows.append(
        Report(
            id="R901",
            opened=start,
            problem_type="pothole",
            lon=40.019,
            lat=55.009,
            text="Deep pothole, call me at +7 912 345-67-89",
            language="en",
            district="east",
            source="hand",
        )
    )
    rows.append(
        Report(id="R902", opened=start, problem_type="pothole", text="Somewhere", source="hand")
    )
    return tuple(rows)


def hamlet() -> Town:
    """The whole town."""
    return Town(
        territory=hamlet_territory(),
        as_of=AS_OF,
        packs=("training-town", "ru-service-levels", "calendar-ru"),
        reports=hamlet_reports(),
        works=(
            Work(
                id="w1",
                measure="lamp_replacement",
                geometry=Point(40.005, 55.005),
                district="west",
                started=date(2025, 9, 1),
                finished=date(2025, 9, 10),
                cost=Money(Decimal("45000"), "RUB"),
                contractor="works",
                asset_ids=("lamp-1",),
                warranty_until=date(2027, 9, 10),
            ),
        ),
    )
