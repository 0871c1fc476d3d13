"""The gate: strongest outcome, every approval, closed where things are unknown."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, Polygon, box

from eutopia.core.plan.heritage import OUTCOMES, buffer_zones, pass_gate
from eutopia.core.records import GateDecision, HeritageAsset, HeritageRule, ProtectionZone, Text
from eutopia.core.records.norms import Source

TODAY = date(2026, 6, 30)
HERE = Point(30.0, 60.0)
AROUND = box(29.99, 59.99, 30.01, 60.01)
SOURCE = Source(act="act", article="1", url="https://example.org", verification="C")


def rule(
    id_: str,
    outcome: str,
    *,
    kinds: tuple[str, ...] = (),
    groups: tuple[str, ...] = (),
    statuses: tuple[str, ...] = (),
    significances: tuple[str, ...] = (),
    role: str = "",
    days: int | None = None,
    conditions: tuple[Text, ...] = (),
) -> HeritageRule:
    return HeritageRule(
        id=id_,
        jurisdiction="x",
        zone_kinds=kinds,
        asset_statuses=statuses,
        significances=significances,
        work_groups=groups,
        outcome=outcome,
        legal_basis="law",
        source=SOURCE,
        authority_role=role,
        statutory_days=days,
        conditions=conditions,
    )


def zone(id_: str, kind: str, **extra: object) -> ProtectionZone:
    return ProtectionZone(id=id_, kind=kind, **{"boundary": AROUND, **extra})  # type: ignore[arg-type]


def monument(id_: str = "m", kind: str = "monument", status: str = "registered") -> HeritageAsset:
    return HeritageAsset(
        id=id_,
        name=Text.of(en="House"),
        kind=kind,
        significance="regional",
        status=status,
        geometry=box(29.9999, 59.9999, 30.0001, 60.0001),
    )


def gate(
    *,
    footprint: object = HERE,
    groups: tuple[str, ...] = ("surface",),
    heritage: tuple[HeritageAsset, ...] = (),
    zones: tuple[ProtectionZone, ...] = (),
    rules: tuple[HeritageRule, ...] = (),
    reach_m: float = 0.0,
) -> GateDecision:
    return pass_gate(
        footprint,  # type: ignore[arg-type]
        work_groups=groups,
        heritage=heritage,
        zones=zones,
        rules=rules,
        as_of=TODAY,
        edition="e1",
        reach_m=reach_m,
    )


# A law in the shape of Russia's article 34.1: capital building is forbidden in the buffer zone,
# linear networks are not.
BUFFER_RULES = (
    rule("b1", "forbid", kinds=("buffer_zone",), groups=("new_building", "change_of_height")),
    rule("b2", "allow", kinds=("buffer_zone",), groups=("linear_network",)),
)


def test_nothing_protected_nothing_asked() -> None:
    """Works that touch no zone and no object are allowed without conditions."""
    far = zone("z", "guard_zone", boundary=box(40, 40, 41, 41))
    decision = gate(zones=(far,), rules=(rule("r", "forbid"),))
    assert (decision.outcome, decision.rule_ids, decision.edition) == ("allow", (), "e1")


def test_strongest_wins_and_all_approvals_are_collected() -> None:
    """Two rules ask for approval, one forbids: the answer is no, and both approvals are named."""
    rules = (
        rule("r1", "needs_approval", kinds=("guard_zone",), role="heritage_body", days=30),
        rule("r2", "forbid", kinds=("landscape_zone",)),
        rule("r3", "needs_approval", kinds=("landscape_zone",), role="nature_body", days=45),
        rule("r4", "allow_with_conditions", kinds=("guard_zone",), conditions=(Text.of(en="c"),)),
    )
    decision = gate(zones=(zone("a", "guard_zone"), zone("b", "landscape_zone")), rules=rules)
    assert decision.outcome == "forbid"
    assert [a.authority_role for a in decision.approvals] == ["heritage_body", "nature_body"]
    assert decision.rule_ids == ("r1", "r2", "r3", "r4")
    assert decision.zone_ids == ("a", "b")
    assert decision.conditions == (Text.of(en="c"),)


def test_linear_network_in_a_buffer_zone_is_not_forbidden() -> None:
    """Linear networks are excepted (article 34.1 of law 73-FZ)."""
    zones = buffer_zones((monument(),), metres_by_kind={"monument": 100}, zone_kind="buffer_zone")
    beside = {"footprint": Point(30.0003, 60.0), "heritage": (monument(),), "zones": zones}
    network = gate(groups=("linear_network",), rules=BUFFER_RULES, **beside)  # type: ignore[arg-type]
    building = gate(groups=("new_building",), rules=BUFFER_RULES, **beside)  # type: ignore[arg-type]
    assert (network.outcome, building.outcome) == ("allow", "forbid")


@pytest.mark.parametrize(
    ("kind", "metres", "inside"),
    [
        # The object's wall is 11.1 m north of the centre; 100 m from it is 111 m.
        ("monument", 105, True),
        ("monument", 118, False),
        ("ensemble", 155, True),
        ("ensemble", 168, False),
        # Archaeology has no buffer zone.
        ("archaeological_site", 15, False),
    ],
)
def test_width_by_kind(kind: str, metres: float, inside: bool) -> None:
    """A monument's buffer reaches 100 m from its outline, an ensemble's 150 m."""
    zones = buffer_zones(
        (monument(kind=kind),),
        metres_by_kind={"monument": 100, "ensemble": 150},
        zone_kind="buffer_zone",
    )
    place = Point(30.0, 60.0 + metres / 111_320)
    decision = gate(
        footprint=place,
        groups=("new_building",),
        heritage=(monument(kind=kind),),
        zones=zones,
        rules=BUFFER_RULES,
    )
    assert (decision.outcome == "forbid") is inside


def test_width_holds_across_longitude() -> None:
    """Metres are metres to the east too: at 60° north a degree is half as long."""
    zones = buffer_zones((monument(),), metres_by_kind={"monument": 100}, zone_kind="buffer_zone")
    metre = 1 / (111_320 * 0.5)
    edge = 30.0001
    inner = gate(
        footprint=Point(edge + 95 * metre, 60),
        groups=("new_building",),
        heritage=(monument(kind="monument"),),
        zones=zones,
        rules=BUFFER_RULES,
    )
    outer = gate(
        footprint=Point(edge + 105 * metre, 60),
        groups=("new_building",),
        heritage=(monument(kind="monument"),),
        zones=zones,
        rules=BUFFER_RULES,
    )
    assert (inner.outcome, outer.outcome) == ("forbid", "allow")


@pytest.mark.parametrize(
    ("case", "unknown"),
    [
        ({"zones": (zone("z", "odd_kind"),)}, "zone_kind:odd_kind"),
        ({"zones": (zone("z", "guard_zone", boundary=None),)}, "zone_extent:z"),
        ({"zones": (zone("z", "guard_zone", boundary=Polygon()),)}, "zone_extent:z"),
        ({"zones": (zone("z", "guard_zone"),), "footprint": None}, "footprint"),
        ({"zones": (zone("z", "guard_zone"),), "footprint": Point()}, "footprint"),
        ({"zones": (zone("z", "guard_zone"),), "groups": ()}, "work_group:"),
        ({"zones": (zone("z", "guard_zone"),), "groups": ("magic",)}, "work_group:magic"),
        ({"zones": (zone("z", "guard_zone", heritage_asset="gone"),)}, "zone_object:z"),
        ({"heritage": (monument(status="rumoured"),)}, "object_status:rumoured"),
    ],
)
def test_unknown_asks_for_approval(case: dict[str, object], unknown: str) -> None:
    """Whatever is not known makes the gate ask, never allow."""
    rules = (
        rule("r", "allow", kinds=("guard_zone",), groups=("surface",)),
        rule("s", "allow", kinds=("object_territory",), statuses=("registered",)),
    )
    decision = gate(rules=rules, **case)  # type: ignore[arg-type]
    assert decision.outcome == "needs_approval"
    assert unknown in decision.unknown


def test_object_without_geometry_fails_closed() -> None:
    """An object in the register whose place is unknown may be here."""
    lost = HeritageAsset("m", Text.of(en="?"), "monument", "regional", "registered", Point())
    assert gate(heritage=(lost,)).unknown == ("object_extent:m",)


def test_status_decides_and_a_zone_is_judged_by_its_object() -> None:
    """A rule for identified objects leaves registered ones alone, in their zones too."""
    rules = (rule("r", "forbid", kinds=("guard_zone",), statuses=("identified",)),)
    other = monument("n", status="identified")
    zones = (zone("z", "guard_zone", heritage_asset="m"),)
    assert gate(heritage=(), zones=zones, rules=rules).outcome == "needs_approval"
    registered = gate(
        footprint=Point(30.005, 60.005), heritage=(monument(),), zones=zones, rules=rules
    )
    identified = gate(
        footprint=Point(30.005, 60.005),
        heritage=(other,),
        zones=(zone("z", "guard_zone", heritage_asset="n"),),
        rules=rules,
    )
    assert (registered.outcome, identified.outcome) == ("allow", "forbid")


def test_zone_out_of_force_is_left_out() -> None:
    """A zone that ended yesterday or starts tomorrow does not hold today."""
    rules = (rule("r", "forbid", kinds=("guard_zone",)),)
    ended = zone("a", "guard_zone", valid_to=date(2026, 6, 29))
    later = zone("b", "guard_zone", valid_from=date(2026, 7, 1))
    assert gate(zones=(ended, later), rules=rules).outcome == "allow"
    assert gate(zones=(zone("c", "guard_zone", valid_to=TODAY),), rules=rules).outcome == "forbid"


def test_reach_meets_bordering_land() -> None:
    """Works beside an object meet its rules when a reach is given."""
    rules = (rule("r", "needs_approval", statuses=("registered",), role="heritage_body"),)
    beside = LineString([(29.99, 60.0003), (30.01, 60.0003)])  # 22 m north of the wall
    near = gate(footprint=beside, heritage=(monument(),), rules=rules, reach_m=30)
    clear = gate(footprint=beside, heritage=(monument(),), rules=rules, reach_m=10)
    assert (near.outcome, clear.outcome) == ("needs_approval", "allow")


def test_broken_outcome_is_refused() -> None:
    """A rule whose outcome is a typing error must not open the gate."""
    with pytest.raises(ValueError, match="alow"):
        gate(rules=(rule("r", "alow"),))


KINDS = st.sampled_from(["guard_zone", "landscape_zone", "odd_kind"])
BOUNDARIES = st.sampled_from([AROUND, None, box(40, 40, 41, 41), box(29, 59, 31, 61)])
ZONES = st.lists(
    st.builds(
        ProtectionZone,
        id=st.uuids().map(str),
        kind=KINDS,
        boundary=BOUNDARIES,
        heritage_asset=st.sampled_from([None, "m", "gone"]),
    ),
    max_size=5,
)
GROUPS = st.sampled_from(["surface", "lighting", "earthworks", "magic"])
RULES = st.lists(
    st.builds(
        rule,
        st.uuids().map(str),
        st.sampled_from(OUTCOMES),
        kinds=st.sampled_from([(), ("guard_zone",), ("landscape_zone",), ("object_territory",)]),
        groups=st.sampled_from([(), ("surface",), ("lighting", "earthworks")]),
        statuses=st.sampled_from([(), ("registered",), ("identified",)]),
    ),
    max_size=5,
)


@given(zones=ZONES, more=ZONES, rules=RULES, groups=st.lists(GROUPS, max_size=3))
def test_another_zone_never_weakens(
    zones: list[ProtectionZone],
    more: list[ProtectionZone],
    rules: list[HeritageRule],
    groups: list[str],
) -> None:
    """More protection never makes the answer milder, and never loses an approval."""
    common = {"groups": tuple(groups), "heritage": (monument(),), "rules": tuple(rules)}
    before = gate(zones=tuple(zones), **common)  # type: ignore[arg-type]
    after = gate(zones=(*zones, *more), **common)  # type: ignore[arg-type]
    assert OUTCOMES.index(after.outcome) >= OUTCOMES.index(before.outcome)
    assert set(before.rule_ids) <= set(after.rule_ids)


@given(zones=ZONES, rules=RULES, group=GROUPS, order=st.randoms())
def test_order_does_not_matter(
    zones: list[ProtectionZone], rules: list[HeritageRule], group: str, order: object
) -> None:
    """The decision is the same whichever zone or rule is read first."""
    shuffled_zones, shuffled_rules = list(zones), list(rules)
    order.shuffle(shuffled_zones)  # type: ignore[attr-defined]
    order.shuffle(shuffled_rules)  # type: ignore[attr-defined]
    one = gate(groups=(group,), zones=tuple(zones), rules=tuple(rules))
    two = gate(groups=(group,), zones=tuple(shuffled_zones), rules=tuple(shuffled_rules))
    assert (one.outcome, one.rule_ids, one.approvals) == (two.outcome, two.rule_ids, two.approvals)
    assert (one.zone_ids, set(one.unknown)) == (two.zone_ids, set(two.unknown))


@pytest.mark.parametrize(
    ("metres", "outcome"),
    [
        (250, "needs_approval"),  # within 300 m of the object: the zone may reach here
        (400, "allow"),  # wider than any norm's radius
    ],
)
def test_a_zone_of_unknown_extent_reaches_as_far_as_any_law(metres: float, outcome: str) -> None:
    """The object is known, its zone is not: works near it ask, the rest of the town does not."""
    decision = gate(
        footprint=Point(30.0, 60.0001 + metres / 111_320),
        heritage=(monument(),),
        zones=(zone("z", "buffer_zone", boundary=None, heritage_asset="m"),),
        rules=BUFFER_RULES,
    )
    assert decision.outcome == outcome
    assert ("zone_extent:z" in decision.unknown) == (outcome == "needs_approval")
