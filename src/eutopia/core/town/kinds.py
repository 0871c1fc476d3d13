"""How each type of problem behaves in the training town: where, when, how often, how long."""

from __future__ import annotations

from dataclasses import dataclass

FLAT = (1.0,) * 12
WINTER = (2.6, 2.3, 1.4, 0.3, 0.0, 0.0, 0.0, 0.0, 0.0, 0.2, 1.4, 2.6)
THAW = (0.6, 0.9, 2.2, 2.6, 1.5, 0.9, 0.7, 0.6, 0.6, 0.7, 0.6, 0.5)
DARK = (1.4, 1.2, 1.0, 0.8, 0.6, 0.5, 0.6, 0.8, 1.1, 1.4, 1.5, 1.5)
GREEN = (0.2, 0.3, 0.5, 1.0, 1.6, 1.9, 1.9, 1.6, 1.2, 0.9, 0.4, 0.2)
GRASS = (0.0, 0.0, 0.0, 0.2, 1.6, 3.4, 3.2, 2.3, 1.0, 0.2, 0.0, 0.0)
STORM = (0.4, 0.4, 0.7, 1.0, 1.3, 1.7, 2.0, 1.6, 1.0, 0.9, 0.5, 0.4)
RAIN = (0.2, 0.3, 1.2, 1.8, 1.2, 1.4, 1.6, 1.3, 1.1, 1.1, 0.6, 0.3)
WARM = (0.5, 0.5, 0.7, 1.0, 1.3, 1.4, 1.4, 1.4, 1.2, 1.0, 0.7, 0.6)
HEATING = (2.2, 2.0, 1.5, 0.8, 0.1, 0.0, 0.0, 0.0, 0.3, 1.9, 1.7, 2.0)


@dataclass(frozen=True, slots=True)
class Kind:
    """What the generator needs to know of one type of problem.

    `hosts` are asset classes or building, yard, street; `extra` the mean number of further reports
    of one event; `chronic` the weight among hidden problems; `months` the season, January first;
    `keeper` an organisation or 'manager'; `confused` the types it is mistaken for. How often and
    how long is in the pack (`rates.Rates`); the rest is assumed.
    """

    code: str
    hosts: tuple[str, ...]
    extra: float
    chronic: float
    months: tuple[float, ...]
    keeper: str
    confused: tuple[str, ...]
    cause: str = "worn_asset"


KINDS: tuple[Kind, ...] = (
    Kind(
        "street_light_out",
        ("lighting_point",),
        0.20,
        9,
        DARK,
        "m-lighting",
        ("power_outage",),
        "network_failure",
    ),
    Kind(
        "pothole",
        ("road_section",),
        0.22,
        9,
        THAW,
        "m-roads",
        ("footway_damage", "manhole_open"),
        "poor_repair",
    ),
    Kind("footway_damage", ("footway",), 0.12, 6, WARM, "m-roads", ("kerb_damage", "pothole")),
    Kind("kerb_damage", ("ramp",), 0.06, 2, WARM, "m-roads", ("footway_damage",)),
    Kind("sign_damaged", ("road_sign",), 0.08, 2, FLAT, "m-roads", ("signal_fault",), "behaviour"),
    Kind(
        "signal_fault",
        ("traffic_signal",),
        0.35,
        3,
        FLAT,
        "m-roads",
        ("sign_damaged", "street_light_out"),
    ),
    Kind(
        "snow_not_cleared",
        ("footway", "road_section"),
        0.25,
        4,
        WINTER,
        "m-roads",
        ("ice_on_footway",),
        "poor_repair",
    ),
    Kind(
        "ice_on_footway",
        ("footway",),
        0.20,
        5,
        WINTER,
        "m-roads",
        ("snow_not_cleared", "footway_damage"),
        "drainage",
    ),
    Kind(
        "waste_not_collected",
        ("container_site",),
        0.30,
        7,
        FLAT,
        "r-waste",
        ("illegal_dump", "overfull_bin"),
        "poor_repair",
    ),
    Kind(
        "overfull_bin",
        ("litter_bin",),
        0.10,
        4,
        WARM,
        "m-tidiness",
        ("waste_not_collected",),
        "behaviour",
    ),
    Kind(
        "illegal_dump",
        ("container_site", "yard"),
        0.15,
        6,
        WARM,
        "m-tidiness",
        ("waste_not_collected",),
        "behaviour",
    ),
    Kind("graffiti", ("building",), 0.06, 4, WARM, "m-tidiness", ("building_upkeep",), "behaviour"),
    Kind(
        "abandoned_vehicle",
        ("yard", "street"),
        0.08,
        1,
        FLAT,
        "m-tidiness",
        ("illegal_dump",),
        "behaviour",
    ),
    Kind(
        "stray_animals",
        ("yard", "street"),
        0.20,
        4,
        FLAT,
        "m-tidiness",
        ("illegal_dump",),
        "behaviour",
    ),
    Kind("dangerous_tree", ("tree",), 0.35, 1, STORM, "m-greenery", ("tree_pruning",), "weather"),
    Kind(
        "tree_pruning",
        ("tree",),
        0.05,
        2,
        GREEN,
        "m-greenery",
        ("dangerous_tree", "grass_uncut"),
        "worn_asset",
    ),
    Kind(
        "grass_uncut",
        ("yard", "street"),
        0.10,
        3,
        GRASS,
        "m-greenery",
        ("tree_pruning",),
        "poor_repair",
    ),
    Kind("bench_broken", ("bench",), 0.05, 2, WARM, "m-tidiness", ("playground_damage",)),
    Kind("playground_damage", ("playground",), 0.12, 4, WARM, "manager", ("bench_broken",)),
    Kind(
        "drain_blocked",
        ("storm_drain",),
        0.22,
        7,
        RAIN,
        "m-works",
        ("pothole", "water_leak"),
        "drainage",
    ),
    Kind("manhole_open", ("manhole",), 0.22, 3, FLAT, "r-water", ("pothole", "drain_blocked")),
    Kind(
        "water_leak",
        ("water_main", "hydrant"),
        0.60,
        6,
        FLAT,
        "r-water",
        ("drain_blocked", "no_water"),
    ),
    Kind(
        "no_water",
        ("building",),
        0.80,
        4,
        FLAT,
        "r-water",
        ("hot_water_fault", "water_leak"),
        "network_failure",
    ),
    Kind(
        "hot_water_fault",
        ("building",),
        0.40,
        5,
        FLAT,
        "r-heat",
        ("no_water", "no_heating"),
        "network_failure",
    ),
    Kind(
        "no_heating",
        ("building",),
        0.50,
        6,
        HEATING,
        "r-heat",
        ("hot_water_fault",),
        "network_failure",
    ),
    Kind(
        "power_outage",
        ("building",),
        0.80,
        3,
        STORM,
        "r-power",
        ("street_light_out",),
        "network_failure",
    ),
    Kind(
        "sewer_blockage",
        ("building", "manhole"),
        0.30,
        5,
        FLAT,
        "r-water",
        ("drain_blocked", "water_leak"),
        "network_failure",
    ),
    Kind(
        "building_upkeep",
        ("building",),
        0.10,
        6,
        FLAT,
        "manager",
        ("no_heating", "sewer_blockage"),
        "poor_repair",
    ),
)
CODES = tuple(k.code for k in KINDS)
INDEX = {code: i for i, code in enumerate(CODES)}
APARTMENTS_ONLY = {"no_water", "hot_water_fault", "no_heating", "sewer_blockage", "building_upkeep"}
