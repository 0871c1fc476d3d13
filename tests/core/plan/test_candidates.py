"""Candidates: the right place, quantity, price and effect, gated and linked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from shapely.geometry import LineString, Point, box

from eutopia.core.plan.benefits import DerivationSettings
from eutopia.core.plan.candidates import derive_candidates, first_start
from eutopia.core.plan.links import derive_bundles
from eutopia.core.records import (
    Approval,
    Asset,
    Candidate,
    CauseHypothesis,
    CostOfInaction,
    District,
    GateDecision,
    HeritageRule,
    Measure,
    Problem,
    ProtectionZone,
    PublicSpace,
    Territory,
    Text,
)
from eutopia.core.records.norms import Source
from tests.core.plan.cases import fund, rub, rules

AS_OF = date(2026, 6, 30)
RULES = rules(fund("city", 100, 100, 100))
METRE = 1 / 111_320
"""Degrees of latitude."""


def measure(code: str, **extra: Any) -> Measure:
    fields: dict[str, Any] = {
        "title": Text.of(en=code.title(), ru=code),
        "unit": "place",
        "cost_low": rub(80),
        "cost": rub(100),
        "cost_high": rub(150),
        "price_date": date(2026, 1, 1),
        "life_years": 10,
        "upkeep_share": Decimal("0.02"),
        "effect": (Decimal("0.5"), Decimal("0.8"), Decimal("0.9")),
        "answers": ("pothole",),
        "asset_classes": (),
        "work_groups": ("surface",),
    }
    return Measure(code=code, **{**fields, **extra})


def problem(id_: str, kind: str = "pothole", **extra: Any) -> Problem:
    # 10 a year over ten years without discounting.
    cost = CostOfInaction(4, 10, Decimal(0), rub(60), rub(40), rub(100), rub(80), rub(130))
    fields: dict[str, Any] = {
        "problem_type": kind,
        "lon": 30.0,
        "lat": 60.0,
        "radius_m": 20.0,
        "district": "A",
        "place": "Main Street",
        "report_ids": (),
        "events": 5,
        "recurrences": 2,
        "first_seen": date(2025, 1, 1),
        "last_seen": date(2026, 1, 1),
        "people_affected": 40,
        "severity": 0.5,
        "trend": 0.0,
        "evidence": (),
        "causes": (),
        "cost": cost,
        "owner": "",
    }
    return Problem(id=id_, **{**fields, **extra})


ROAD = Asset("road-1", "road_section", LineString([(29.998, 60.0), (30.002, 60.0)]), "A",
             condition=50.0, attributes=(("width_m", "10"),))  # fmt: skip
MAIN = Asset("main-1", "water_main", LineString([(29.999, 60.0), (30.001, 60.0)]), "A")
LAMPS = tuple(
    Asset(f"lamp-{k}", "lighting_point", Point(30.0, 60.0 + 10 * k * METRE), "A", condition=c)
    for k, c in enumerate([20.0, 90.0, None, 10.0, 10.0])
)
YARD = PublicSpace(
    "yard-1", Text.of(en="Yard 1"), "yard", box(29.9995, 59.9995, 30.0005, 60.0005), "A"
)
TERRITORY = Territory(
    id="t",
    name=Text.of(en="T"),
    time_zone="UTC",
    currency="RUB",
    synthetic=True,
    districts=(District("A", Text.of(en="A"), box(29, 59, 31, 61), 1000),),
    assets=(ROAD, MAIN, *LAMPS),
    spaces=(YARD,),
)


def derive(
    problems: tuple[Problem, ...], measures: tuple[Measure, ...], **extra: Any
) -> dict[str, Candidate]:
    options: dict[str, Any] = {
        "territory": TERRITORY,
        "heritage_rules": (),
        "rules": RULES,
        "as_of": AS_OF,
        "settings": DerivationSettings(worn_below=0.0),
    }
    found = derive_candidates(problems, measures=measures, **{**options, **extra})
    return {c.measure: c for c in found}


def test_quantity_and_price_come_from_the_asset() -> None:
    """222.6 m of road, 10 m wide, at 100 a square metre (a degree is 55,660 m at 60° north)."""
    paving = measure("resurface", unit="m2", asset_classes=("road_section",))
    found = derive((problem("p"),), (paving,))["resurface"]
    assert found.quantity == pytest.approx(Decimal(2226), abs=3)
    assert found.cost == rub(found.quantity * 100).rounded()
    assert found.upkeep.amount == found.cost.amount / 50
    assert (found.cost_low, found.cost_high) == (
        rub(found.quantity * 80).rounded(),
        rub(found.quantity * 150).rounded(),
    )
    assert found.asset_ids == ("road-1",)
    assert found.title.to("en") == "Resurface: Main Street"
    assert found.title.to("ru") == "resurface: Main Street"


def test_benefit_is_avoided_cost_times_effect() -> None:
    """10 a year avoided by 80 %: 8; errors (-20 %, -37.5 %) and (+30 %, +12.5 %) in squares."""
    found = derive((problem("p"),), (measure("m"),))["m"]
    assert found.benefit == Decimal("8.00")
    assert found.benefit_low == Decimal("4.60")  # 8 * (1 - 0.425)
    assert found.benefit_high == Decimal("10.60")  # 8 * (1 + 0.325)


def test_renewal_of_worn_assets_is_a_benefit() -> None:
    """Condition 50: p = 0.0625; 1.3 x cost x 0.0625 / 0.1125, evenly over ten years at 5 %."""
    paving = measure("resurface", unit="m2", asset_classes=("road_section",))
    found = derive((problem("p"),), (paving,))["resurface"]
    saved = 1.3 * float(found.cost.amount) * 0.0625 / 0.1125 / 7.721735
    assert float(found.benefit) == pytest.approx(8 + saved, rel=1e-5)
    assert dict(found.sides)["municipality"] == pytest.approx(
        Decimal(saved / (8 + saved)), abs=Decimal("0.001")
    )
    assert derive((problem("p"),), (replace(paving, work_groups=("routine_maintenance",)),))[
        "resurface"
    ].benefit == Decimal("8.00")


def test_crew_months_come_with_the_quantity() -> None:
    """3 lamps at 0.015 months of a crew each: 0.045, told as 0.05, never less than it takes."""
    lamps = measure(
        "lamps",
        unit="piece",
        asset_classes=("lighting_point",),
        crew_months=(("lighting", Decimal("0.015")),),
    )
    found = derive((problem("p"),), (lamps,))["lamps"]
    assert found.crew_months == (("lighting", Decimal("0.05")),)


def test_pieces_in_reach_that_are_not_good() -> None:
    """Of lamps at 0, 10, 20, 30 and 40 m those within 30 m that are not in good condition."""
    lamps = measure("lamps", unit="piece", asset_classes=("lighting_point",))
    found = derive((problem("p"),), (lamps,))["lamps"]
    assert found.asset_ids == ("lamp-0", "lamp-2", "lamp-3")
    assert found.quantity == 3


def test_space_measures_need_their_space() -> None:
    """A yard is improved where there is a yard; a street measure elsewhere is not."""
    yard = measure("yard", asset_classes=("yard",))
    inside = derive((problem("p"),), (yard,))
    outside = derive((problem("p", lat=60.01),), (yard,))
    assert inside["yard"].geometry == YARD.boundary
    assert outside == {}


def test_no_asset_no_candidate() -> None:
    """A main cannot be replaced where there is none."""
    main = measure("main", unit="m", asset_classes=("water_main",))
    assert derive((problem("p", lat=60.01),), (main,)) == {}


def test_a_point_of_the_register_has_no_metres_and_hides_no_main() -> None:
    """A leak put down to a hydrant: the hydrant by the piece, the main beside it by the metre."""
    hydrant = Asset("hydrant-1", "hydrant", Point(30.0, 60.0), "A")
    town = replace(TERRITORY, assets=(*TERRITORY.assets, hydrant))
    leak = problem("p", "water_leak", asset_ids=("hydrant-1",))
    main = measure(
        "main", unit="m", answers=("water_leak",), asset_classes=("water_main", "hydrant")
    )
    piece = measure("piece", unit="piece", answers=("water_leak",), asset_classes=("hydrant",))

    found = derive((leak,), (main, piece), territory=town)

    assert found["main"].asset_ids == ("main-1",)
    assert found["main"].quantity == pytest.approx(Decimal(111), abs=1)
    assert (found["piece"].asset_ids, found["piece"].quantity) == (("hydrant-1",), Decimal(1))


def test_the_likeliest_cause_names_what_to_renew() -> None:
    """The nearest lamp is lamp-0; the cause blames lamp-4, 40 m away; without a point, too."""
    blamed = problem("p", causes=(CauseHypothesis("worn_asset", 0.6, "lamp-4"),))
    lamps = measure("lamps", unit="piece", asset_classes=("lighting_point",))

    nowhere = replace(blamed, lon=float("nan"), lat=float("nan"))

    assert derive((blamed,), (lamps,))["lamps"].asset_ids == ("lamp-4",)
    assert derive((nowhere,), (lamps,))["lamps"].asset_ids == ("lamp-4",)


def test_farther_than_the_reach_the_nearest_one_is_taken() -> None:
    """60 m south of the lamps: none within 30 m, lamp-0 within 100 m; at 200 m there is none."""
    lamps = measure("lamps", unit="piece", asset_classes=("lighting_point",))

    def at(metres: float) -> Problem:
        return problem("p", lat=60.0 - metres * METRE)

    assert derive((at(60),), (lamps,))["lamps"].asset_ids == ("lamp-0",)
    assert derive((at(200),), (lamps,)) == {}


def test_one_measure_at_one_place_answers_several_problems() -> None:
    """Two problems on one road make one candidate with both benefits, people counted once."""
    paving = measure("resurface", unit="m2", asset_classes=("road_section",))
    alone = derive((problem("p"),), (paving,))
    found = derive((problem("p"), problem("q", lon=30.001, people_affected=90)), (paving,))
    assert found["resurface"].problem_ids == ("p", "q")
    assert found["resurface"].benefit - alone["resurface"].benefit == Decimal("8.00")
    assert found["resurface"].people_reached == 90


def test_variants_exclude_and_pipes_come_first() -> None:
    """Patch and resurface are variants; the water main comes before either."""
    patch = measure("patch", unit="m2", asset_classes=("road_section",))
    paving = measure("resurface", unit="m2", asset_classes=("road_section",))
    main = measure("main", unit="m", asset_classes=("water_main",), answers=("leak",),
                   precedes=("resurface", "patch"))  # fmt: skip
    found = derive((problem("p"), problem("q", "leak")), (patch, paving, main))
    assert found["patch"].excludes == (found["resurface"].id,)
    assert found["resurface"].excludes == (found["patch"].id,)
    assert found["resurface"].after == found["patch"].after == (found["main"].id,)
    assert found["main"].excludes == ()


def test_two_answers_to_one_problem_overlap() -> None:
    """80 % and 80 % of 10 a year: of the 16 that both would bring 6.40 comes only once."""
    found = derive((problem("p"),), (measure("light"), measure("camera")))
    (overlap,) = (*found["light"].overlaps, *found["camera"].overlaps)
    assert overlap[1] == Decimal("6.40")
    assert found["light"].excludes == ()


def test_named_variants_exclude() -> None:
    """A catalogue may say that two measures are never done together at a place."""
    found = derive((problem("p"),), (measure("light"), measure("camera", excludes=("light",))))
    assert found["light"].excludes == (found["camera"].id,)
    assert found["light"].overlaps == found["camera"].overlaps == ()


def test_one_dig_for_pipe_and_paving() -> None:
    """The main and the paving over it make a bundle that saves 8 % of the cheaper."""
    paving = measure("resurface", unit="m2", asset_classes=("road_section",))
    main = measure("main", unit="m", asset_classes=("water_main",), answers=("leak",),
                   precedes=("resurface",), work_groups=("earthworks",))  # fmt: skip
    found = derive((problem("p"), problem("q", "leak")), (paving, main))
    (bundle,) = derive_bundles(tuple(found.values()))
    assert set(bundle.candidate_ids) == {found["main"].id, found["resurface"].id}
    cheaper = min(found["main"].cost, found["resurface"].cost)
    assert bundle.saving == (cheaper * Decimal("0.08")).rounded()


def test_required_measure_is_no_rival() -> None:
    """The additional list of a yard needs the minimal one and does not exclude it."""
    minimal = measure("minimal", asset_classes=("yard",))
    additional = measure("additional", asset_classes=("yard",), requires=("minimal",))
    found = derive((problem("p"),), (minimal, additional))
    assert found["additional"].requires == (found["minimal"].id,)
    assert found["additional"].excludes == found["minimal"].excludes == ()


def test_forbidden_is_kept_with_its_decision() -> None:
    """What heritage forbids stays in the list, refused, with the rule's id."""
    zone = ProtectionZone("z", "guard_zone", box(29.9, 59.9, 30.1, 60.1))
    source = Source("act", "1", "u", "C")
    rule = HeritageRule("r", "x", ("guard_zone",), (), (), (), "forbid", "law", source)
    territory = replace(TERRITORY, zones=(zone,))
    found = derive((problem("p"),), (measure("m"),), territory=territory, heritage_rules=(rule,))
    assert (found["m"].gate.outcome, found["m"].gate.rule_ids) == ("forbid", ("r",))


def test_worn_assets_are_proposed_without_a_problem() -> None:
    """Lamps of condition 10 and 20 are renewed; what has no inspection is not guessed."""
    lamps = measure("lamps", unit="piece", asset_classes=("lighting_point",), answers=())
    found = derive((), (lamps,), settings=DerivationSettings(worn_below=30.0))
    # Lamps without street or space are proposed one by one; the last id wins in the dict.
    assert found["lamps"].origin == "condition"
    assert found["lamps"].asset_ids in {("lamp-0",), ("lamp-3",), ("lamp-4",)}
    assert 0 < found["lamps"].benefit_low < found["lamps"].benefit < found["lamps"].benefit_high


def test_ids_stay() -> None:
    """More problems and another order of measures leave the ids as they were."""
    paving = measure("resurface", unit="m2", asset_classes=("road_section",))
    one = derive((problem("p"),), (paving, measure("m")))
    two = derive((problem("a", lat=60.01), problem("p")), (measure("m"), paving))
    assert one["resurface"].id == two["resurface"].id


def test_prices_in_another_currency_are_refused() -> None:
    """Dollars of the catalogue and roubles of the town do not add up."""
    from eutopia.core.records import Money

    dollars = measure("m", cost=Money(Decimal(1), "USD"))
    with pytest.raises(ValueError, match="RUB, USD"):
        derive((problem("p"),), (dollars,))


@pytest.mark.parametrize(
    ("days", "season", "lead", "year"),
    [
        ((), (1, 12), 0, 0),
        ((30, 45), (5, 9), 0, 0),  # ready in August 2026, programme from 2027
        ((500,), (5, 9), 0, 1),  # ready in November 2027, after the season of 2027
        ((500,), (1, 12), 0, 0),  # the same where works go on to December
        ((None,), (5, 9), 0, 0),  # no statutory time: 90 days assumed
        ((30,), (5, 9), 2, 2),
    ],
)
def test_first_start(
    days: tuple[int | None, ...], season: tuple[int, int], lead: int, year: int
) -> None:
    """Approvals run from the day of the decision; works begin within their season."""
    approvals = tuple(Approval("body", (), d, "r", "law") for d in days)
    decision = GateDecision("needs_approval", (), approvals, (), (), (), (), "e")
    found = first_start(
        decision, measure("m", season=season, lead_years=lead), rules=RULES, as_of=AS_OF
    )
    assert found == year
