"""What the heritage packs decide at the gate, as their laws have it."""

from __future__ import annotations

from datetime import date

import pytest
from shapely.geometry import Point, box
from shapely.geometry.base import BaseGeometry

from eutopia.core.norms import load_norms
from eutopia.core.plan.heritage import buffer_zones, pass_gate
from eutopia.core.records import GateDecision, HeritageAsset, ProtectionZone, Text

DAY = date(2026, 6, 30)
AREA = box(37.60, 55.70, 37.61, 55.71)
INSIDE = Point(37.605, 55.705)


def decide(
    pack: str,
    *groups: str,
    zone: str = "",
    kind: str = "monument",
    status: str = "",
    significance: str = "federal",
    as_of: date = DAY,
    footprint: BaseGeometry = INSIDE,
) -> GateDecision:
    norms = load_norms([pack]).at(as_of)
    heritage = []
    if status:
        heritage = [HeritageAsset("h", Text.of(en="House"), kind, significance, status, AREA)]
    zones = [ProtectionZone("z", zone, AREA)] if zone else []
    return pass_gate(
        footprint,
        work_groups=groups,
        heritage=heritage,
        zones=zones,
        rules=norms.heritage_rules(),
        as_of=as_of,
        edition=norms.edition,
    )


RU = [
    # A buffer zone forbids building and changes of height, linear networks excepted (art. 34.1).
    ("buffer_zone", "", ("new_building",), "forbid"),
    ("buffer_zone", "", ("change_of_height",), "forbid"),
    ("buffer_zone", "", ("linear_network", "earthworks"), "allow"),
    ("buffer_zone", "", ("surface", "lighting"), "allow"),
    # The object's own ground: works need the heritage body, building is forbidden, sweeping is not.
    ("", "registered", ("surface",), "needs_approval"),
    ("", "identified", ("lighting",), "needs_approval"),
    ("", "registered", ("new_building",), "forbid"),
    ("", "registered", ("routine_maintenance",), "allow_with_conditions"),
    ("", "having_signs", ("earthworks",), "needs_approval"),
    ("guard_zone", "", ("new_building",), "forbid"),
    ("guard_zone", "", ("small_forms",), "needs_approval"),
    ("regulated_development_zone", "", ("surface",), "allow_with_conditions"),
    ("protected_natural_landscape_zone", "", ("tree_felling",), "needs_approval"),
    ("protected_natural_landscape_zone", "", ("planting",), "allow_with_conditions"),
    ("bordering_land", "", ("earthworks",), "needs_approval"),
    # What no rule knows asks.
    ("moon_zone", "", ("surface",), "needs_approval"),
    ("", "imagined", ("surface",), "needs_approval"),
]


@pytest.mark.parametrize(("zone", "status", "groups", "outcome"), RU)
def test_russian_rules(zone: str, status: str, groups: tuple[str, ...], outcome: str) -> None:
    assert decide("ru-heritage", *groups, zone=zone, status=status).outcome == outcome


def test_there_was_no_buffer_zone_before_october_2016() -> None:
    before = decide("ru-heritage", "new_building", zone="buffer_zone", as_of=date(2016, 10, 2))
    # The rule is not in force, so the kind is unknown and the gate asks.
    assert before.outcome == "needs_approval"
    assert before.unknown == ("zone_kind:buffer_zone",)


def test_radii_and_kinds_without_a_buffer_zone() -> None:
    norms = load_norms(["ru-heritage"]).at(DAY)
    metres = {
        kind: float(norms.value(f"buffer_zone.radius.{kind}.in_settlement").value)
        for kind in ("monument", "ensemble")
    }
    assert metres == {"monument": 100, "ensemble": 150}
    assert norms.value("buffer_zone.radius.monument.outside").value == 200
    assert norms.value("buffer_zone.radius.ensemble.outside").value == 250
    kinds = ("monument", "ensemble", "archaeological_site")
    heritage = [
        HeritageAsset(kind, Text.of(en=kind), kind, "federal", "registered", INSIDE)
        for kind in kinds
    ]
    zones = buffer_zones(heritage, metres_by_kind=metres, zone_kind="buffer_zone")
    assert [zone.heritage_asset for zone in zones] == ["monument", "ensemble"]
    assert "archaeological_site" in norms.value("buffer_zone.not_set_for").value


def test_tree_work_in_an_english_conservation_area_needs_notice_not_a_permit() -> None:
    found = decide("gb-heritage", "tree_felling", zone="conservation_area")
    assert found.outcome == "allow_with_conditions"
    (approval,) = found.approvals
    assert approval.documents == ("section_211_notice",)
    assert approval.statutory_days == 42


def test_a_scheduled_monument_needs_its_own_consent_even_for_repair() -> None:
    found = decide("gb-heritage", "routine_maintenance", status="scheduled")
    assert found.outcome == "needs_approval"
    assert [one.documents for one in found.approvals] == [("scheduled_monument_consent",)]


@pytest.mark.parametrize("grade", ["I", "II*", "II"])
def test_every_grade_of_listed_building_needs_consent(grade: str) -> None:
    found = decide("gb-heritage", "surface", status="listed", significance=grade)
    assert found.outcome == "needs_approval"


def test_the_default_is_careful() -> None:
    assert decide("heritage-default", "new_building", status="landmark").outcome == "forbid"
    assert decide("heritage-default", "surface", zone="historic_district").outcome == (
        "allow_with_conditions"
    )
    assert decide("heritage-default", "demolition", zone="historic_district").outcome == (
        "needs_approval"
    )
    assert decide("heritage-default", "surface", footprint=Point(0, 0)).outcome == "allow"
