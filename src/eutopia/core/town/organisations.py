"""Who keeps what: municipal services, housing managers, suppliers, contractors, businesses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from shapely.geometry import Point

from eutopia.core.records.text import Text


@dataclass(slots=True)
class Body:
    """An organisation in the plane with what the training keeps secret: how well it works.

    `pace` multiplies the time to close (1 is usual), `slack` the chance that a closure does not
    hold.
    """

    id: str
    name: Text
    kind: str
    services: tuple[str, ...] = ()
    district: str | None = None
    spot: Point | None = None
    pace: float = 1.0
    slack: float = 1.0


_MUNICIPAL = (
    ("m-roads", "Town Roads", "Городские дороги", ("roads", "winter"), 1.05, 1.2),
    ("m-lighting", "Town Lights", "Горсвет", ("lighting",), 0.9, 1.1),
    ("m-greenery", "Green Service", "Зелёная служба", ("greenery",), 1.3, 0.8),
    ("m-tidiness", "Clean Town", "Чистый город", ("tidiness", "furniture", "waste"), 1.0, 1.0),
    ("m-works", "Municipal Works", "Служба заказчика", ("water",), 1.2, 1.1),
)
_SUPPLIERS = (
    (
        "r-water",
        "Lukorechensk Waterworks",
        "Лукореченский водоканал",
        ("cold_water", "sewage"),
        1.0,
        1.1,
    ),
    (
        "r-heat",
        "Lukorechensk Heat",
        "Лукореченские тепловые сети",
        ("heating", "hot_water"),
        1.15,
        1.3,
    ),
    ("r-power", "Lukorechensk Grid", "Лукореченские электросети", ("electricity",), 0.8, 0.7),
    ("r-gas", "Lukorechensk Gas", "Лукореченскгаз", ("gas",), 0.8, 0.5),
    (
        "r-waste",
        "Regional Waste Operator",
        "Региональный оператор отходов",
        ("solid_waste",),
        1.1,
        1.3,
    ),
)
_MANAGERS = (
    ("k-01", "Cosy House", "Уютный дом", 0.75, 0.6),
    ("k-02", "Our Yard", "Наш двор", 0.9, 0.9),
    ("k-03", "Housing Service No. 3", "Жилсервис № 3", 1.0, 1.0),
    ("k-04", "Zarechye Housing", "Жилкомхоз «Заречье»", 1.25, 1.3),
    ("k-05", "Standard", "Эталон", 0.85, 0.8),
    ("k-06", "Comfort Plus", "Комфорт Плюс", 1.6, 2.2),
    ("k-07", "Old Town Homes", "Дома Старого города", 1.35, 1.5),
    ("k-08", "Housing Cooperative Union", "Союз жилищных кооперативов", 0.7, 0.5),
)
_CONTRACTORS = (
    ("c-01", "Dorstroy-L", "Дорстрой-Л"),
    ("c-02", "Svetomontazh", "Светомонтаж"),
    ("c-03", "Greenline", "Зелёная линия"),
    ("c-04", "Truboremont", "Труборемонт"),
    ("c-05", "Yard Builder", "Дворстрой"),
    ("c-06", "Ploshchadka", "Площадка"),
    ("c-07", "Restorer", "Реставратор-Л"),
)
_TRADES = (
    ("Grocery", "Продукты"),
    ("Pharmacy", "Аптека"),
    ("Bakery", "Пекарня"),
    ("Café", "Кафе"),
    ("Hairdresser", "Парикмахерская"),
    ("Shoe Repair", "Ремонт обуви"),
    ("Flowers", "Цветы"),
    ("Building Supplies", "Стройматериалы"),
    ("Bookshop", "Книги"),
    ("Dentist", "Стоматология"),
    ("Car Service", "Автосервис"),
    ("Canteen", "Столовая"),
    ("Print Shop", "Типография"),
    ("Laundry", "Прачечная"),
    ("Toys", "Игрушки"),
    ("Sports Club", "Спортклуб"),
    ("Hardware", "Хозтовары"),
    ("Optician", "Оптика"),
    ("Pet Shop", "Зоотовары"),
    ("Tailor", "Ателье"),
)
_WORKSHOPS = (
    ("Joinery", "Столярный цех"),
    ("Machine Works", "Механический завод"),
    ("Dairy", "Молокозавод"),
    ("Warehouse", "Складской комплекс"),
    ("Concrete Plant", "Завод ЖБИ"),
    ("Garment Factory", "Швейная фабрика"),
)


def found_organisations(
    shops: list[tuple[Point, str, str]], *, count: int, rng: Generator
) -> list[Body]:
    """List every organisation; businesses sit in the shops given (point, district, style)."""
    bodies = [
        Body(i, Text.of(en=en, ru=ru), "municipal_service", what, pace=pace, slack=slack)
        for i, en, ru, what, pace, slack in _MUNICIPAL
    ]
    bodies += [
        Body(i, Text.of(en=en, ru=ru), "resource_supplier", what, pace=pace, slack=slack)
        for i, en, ru, what, pace, slack in _SUPPLIERS
    ]
    bodies += [
        Body(i, Text.of(en=en, ru=ru), "housing_manager", ("housing",), pace=pace, slack=slack)
        for i, en, ru, pace, slack in _MANAGERS
    ]
    bodies += [
        Body(i, Text.of(en=en, ru=ru), "contractor", ("works",)) for i, en, ru in _CONTRACTORS
    ]
    order = rng.permutation(len(shops)).tolist() if shops else []
    for number in range(min(count, 3 * len(shops))):
        spot, district, style = shops[order[number % len(order)]]
        trades = _WORKSHOPS if style in ("hall", "shed") else _TRADES
        en, ru = trades[int(rng.integers(0, len(trades)))]
        name = Text.of(en=f"{en} No. {number + 1}", ru=f"{ru} № {number + 1}")
        bodies.append(
            Body(f"b-{number + 1:03d}", name, "business", ("trade",), district=district, spot=spot)
        )
    return bodies


def manager_of(district: str, kind: str, rng: Generator) -> str | None:
    """Choose who manages an apartment building: districts have their usual managers."""
    if kind == "core":
        return "k-07" if rng.random() < 0.7 else "k-03"
    usual = {
        "d02": ("k-01", "k-03", "k-08"),
        "d03": ("k-03", "k-02", "k-06"),
        "d05": ("k-05", "k-01", "k-06"),
        "d07": ("k-03", "k-02", "k-08"),
        "d09": ("k-04", "k-06", "k-02"),
    }.get(district, ("k-02", "k-03", "k-04"))
    return usual[int(np.searchsorted([0.5, 0.8, 1.0], rng.random()))]
