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

    `share` is the weight among events that are nobody's chronic problem; `hosts` are asset classes
    or building, yard, street; `median_hours` and `p90_hours` the time to close; `open_share` the
    share never closed; `extra` the mean number of further reports of one event; `chronic` the
    weight among hidden problems; `keeper` an organisation or 'manager'.
    """

    code: str
    share: float
    hosts: tuple[str, ...]
    median_hours: float
    p90_hours: float
    open_share: float
    extra: float
    chronic: float
    months: tuple[float, ...]
    keeper: str
    confused: tuple[str, ...]
    cause: str = "worn_asset"


KINDS: tuple[Kind, ...] = (
    Kind("street_light_out", 9.4, ("lighting_point",), 87, 987, 0.06, 0.20, 9, DARK, "m-lighting", ("power_outage",), "network_failure"),
    Kind("pothole", 7.4, ("road_section",), 96, 620, 0.03, 0.22, 9, THAW, "m-roads", ("footway_damage", "manhole_open"), "poor_repair"),
    Kind("footway_damage", 5.6, ("footway",), 190, 2400, 0.10, 0.12, 6, WARM, "m-roads", ("kerb_damage", "pothole")),
    Kind("kerb_damage", 1.6, ("ramp",), 260, 2100, 0.10, 0.06, 2, WARM, "m-roads", ("footway_damage",)),
    Kind("sign_damaged", 4.2, ("road_sign",), 119, 555, 0.03, 0.08, 2, FLAT, "m-roads", ("signal_fault",), "behaviour"),
    Kind("signal_fault", 2.8, ("traffic_signal",), 22, 240, 0.02, 0.35, 3, FLAT, "m-roads", ("sign_damaged", "street_light_out")),
    Kind("snow_not_cleared", 6.0, ("footway", "road_section"), 60, 320, 0.01, 0.25, 4, WINTER, "m-roads", ("ice_on_footway",), "poor_repair"),
    Kind("ice_on_footway", 4.4, ("footway",), 30, 160, 0.01, 0.20, 5, WINTER, "m-roads", ("snow_not_cleared", "footway_damage"), "drainage"),
    Kind("waste_not_collected", 6.4, ("container_site",), 12, 60, 0.01, 0.30, 7, FLAT, "r-waste", ("illegal_dump", "overfull_bin"), "poor_repair"),
    Kind("overfull_bin", 4.2, ("litter_bin",), 8, 340, 0.02, 0.10, 4, WARM, "m-tidiness", ("waste_not_collected",), "behaviour"),
    Kind("illegal_dump", 2.6, ("container_site", "yard"), 300, 2000, 0.12, 0.15, 6, WARM, "m-tidiness", ("waste_not_collected",), "behaviour"),
    Kind("graffiti", 4.6, ("building",), 400, 1650, 0.08, 0.06, 4, WARM, "m-tidiness", ("building_upkeep",), "behaviour"),
    Kind("abandoned_vehicle", 2.8, ("yard", "street"), 233, 547, 0.02, 0.08, 1, FLAT, "m-tidiness", ("illegal_dump",), "behaviour"),
    Kind("stray_animals", 3.0, ("yard", "street"), 24, 240, 0.15, 0.20, 4, FLAT, "m-tidiness", ("illegal_dump",), "behaviour"),
    Kind("dangerous_tree", 1.8, ("tree",), 5, 60, 0.02, 0.35, 1, STORM, "m-greenery", ("tree_pruning",), "weather"),
    Kind("tree_pruning", 4.0, ("tree",), 645, 2990, 0.16, 0.05, 2, GREEN, "m-greenery", ("dangerous_tree", "grass_uncut"), "worn_asset"),
    Kind("grass_uncut", 3.2, ("yard", "street"), 60, 340, 0.04, 0.10, 3, GRASS, "m-greenery", ("tree_pruning",), "poor_repair"),
    Kind("bench_broken", 2.2, ("bench",), 165, 1200, 0.08, 0.05, 2, WARM, "m-tidiness", ("playground_damage",)),
    Kind("playground_damage", 2.6, ("playground",), 140, 1100, 0.06, 0.12, 4, WARM, "manager", ("bench_broken",)),
    Kind("drain_blocked", 2.4, ("storm_drain",), 240, 1740, 0.06, 0.22, 7, RAIN, "m-works", ("pothole", "water_leak"), "drainage"),
    Kind("manhole_open", 1.2, ("manhole",), 13, 140, 0.02, 0.22, 3, FLAT, "r-water", ("pothole", "drain_blocked")),
    Kind("water_leak", 1.4, ("water_main", "hydrant"), 14, 90, 0.01, 0.60, 6, FLAT, "r-water", ("drain_blocked", "no_water")),
    Kind("no_water", 0.8, ("building",), 7, 30, 0.0, 0.80, 4, FLAT, "r-water", ("hot_water_fault", "water_leak"), "network_failure"),
    Kind("hot_water_fault", 2.0, ("building",), 30, 190, 0.02, 0.40, 5, FLAT, "r-heat", ("no_water", "no_heating"), "network_failure"),
    Kind("no_heating", 2.6, ("building",), 40, 300, 0.03, 0.50, 6, HEATING, "r-heat", ("hot_water_fault",), "network_failure"),
    Kind("power_outage", 1.0, ("building",), 4, 16, 0.0, 0.80, 3, STORM, "r-power", ("street_light_out",), "network_failure"),
    Kind("sewer_blockage", 1.8, ("building", "manhole"), 12, 70, 0.01, 0.30, 5, FLAT, "r-water", ("drain_blocked", "water_leak"), "network_failure"),
    Kind("building_upkeep", 6.2, ("building",), 260, 1150, 0.10, 0.10, 6, FLAT, "manager", ("no_heating", "sewer_blockage"), "poor_repair"),
)  # fmt: skip
CODES = tuple(k.code for k in KINDS)
INDEX = {code: i for i, code in enumerate(CODES)}
APARTMENTS_ONLY = {"no_water", "hot_water_fault", "no_heating", "sewer_blockage", "building_upkeep"}

WEEKDAYS = (1.151, 1.401, 1.288, 1.213, 1.116, 0.445, 0.385)
HOURS = (
    0.142, 0.122, 0.101, 0.078, 0.109, 0.121, 0.317, 1.035, 2.0, 2.434, 2.493, 2.25,
    1.9, 1.845, 2.059, 1.883, 1.197, 0.946, 0.83, 0.638, 0.537, 0.449, 0.326, 0.185,
)  # fmt: skip
