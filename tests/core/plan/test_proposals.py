"""What somebody asks for becomes a candidate: priced, gated, worth what it answers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point, box

from eutopia.core.plan.benefits import yearly_benefit
from eutopia.core.plan.heritage import HeritageGate
from eutopia.core.plan.proposals import beside, candidate_of, repriced
from eutopia.core.records import CandidateRequest, District, HeritageRule, ProtectionZone, Text
from eutopia.core.records.norms import Source
from tests.core.plan.cases import rub
from tests.core.plan.test_candidates import AS_OF, METRE, RULES, measure, problem

HERE = Point(30, 60)
DISTRICTS = (District("A", Text.of(en="A"), box(29.9, 59.9, 30.1, 60.1), 10),)
FORBID = HeritageRule(
    "no-dig", "", ("guard_zone",), (), (), ("surface",), "forbid", "", Source("", "", "", "C")
)


def gate(*zones: ProtectionZone) -> HeritageGate:
    return HeritageGate(heritage=(), zones=zones, rules=(FORBID,), as_of=AS_OF, edition="t@1")


def asked(**values: Any) -> CandidateRequest:
    given: dict[str, Any] = {
        "id": "staff-1",
        "measure": "patch",
        "title": Text.of(en="Patch it"),
        "geometry": HERE,
        "quantity": Decimal(3),
        "origin": "staff",
    }
    return CandidateRequest(**(given | values))


def made(request: CandidateRequest, *, zones: Any = (), problems: Any = (), **extra: Any) -> Any:
    return candidate_of(
        request,
        measure("patch", **extra),
        problems=problems,
        districts=DISTRICTS,
        gate=gate(*zones),
        rules=RULES,
        as_of=AS_OF,
    )


def test_it_is_priced_by_the_catalogue_and_worth_what_it_answers() -> None:
    """Three places at 100: 300, bounds 240 to 450; of 10 a year, 0.8 disappears: 8."""
    other_kind = problem("p2", kind="dark")
    found = made(asked(), problems=[problem("p1"), other_kind])
    assert (found.cost, found.cost_low, found.cost_high) == (rub(300), rub(240), rub(450))
    assert found.upkeep == rub(6)
    assert found.problem_ids == ("p1",)
    low, likely, high = yearly_benefit(problem("p1"), measure("patch"))
    cent = Decimal("0.01")
    assert found.benefit == likely.quantize(cent) == Decimal(8)
    assert (found.benefit_low, found.benefit_high) == (low.quantize(cent), high.quantize(cent))
    assert (found.district, found.people_reached, found.gate.outcome) == ("A", 40, "allow")


def test_far_problems_are_not_its_own() -> None:
    """At 31 m it is another's; a stated benefit counts for itself, without bounds."""
    far = problem("far", lat=60 + 31 * METRE)
    assert made(asked(), problems=[far]).benefit == 0
    stated = made(asked(benefit=Decimal(50), cost=rub(600)), problems=[far])
    assert (stated.benefit, stated.benefit_low, stated.benefit_high) == (50, 50, 50)
    # Twice the catalogue's price has twice its bounds.
    assert (stated.cost, stated.cost_low, stated.cost_high) == (rub(600), rub(480), rub(900))


def test_works_of_some_extent_do_not_slip_past_a_border() -> None:
    """A zone 20 m away: 30 m of works (15 to a side) keep clear, 50 m (25) touch it."""
    border = 30 + 20 * METRE / 0.5  # cos 60° is a half
    zone = ProtectionZone("z", "guard_zone", box(border, 59.9, 30.2, 60.1))
    clear = made(asked(quantity=Decimal(30)), zones=[zone], unit="m")
    touching = made(asked(quantity=Decimal(50)), zones=[zone], unit="m")
    assert (clear.gate.outcome, touching.gate.outcome) == ("allow", "forbid")
    assert touching.gate.rule_ids == ("no-dig",)


@pytest.mark.parametrize(
    "values",
    [
        {"quantity": Decimal(0)},
        {"measure": "other"},
        {"cost": rub(0)},
        {"benefit": Decimal(-1)},
    ],
)
def test_what_makes_no_sense_is_refused(values: dict[str, Any]) -> None:
    """Each says what is wrong with which request."""
    with pytest.raises(ValueError, match="staff-1"):
        made(asked(**values))


def test_beside_others_nothing_is_counted_twice() -> None:
    """The same measure and a rival are variants; another with effect 0.5 shares 8 x 0.5 = 4."""
    catalogue = {
        "patch": measure("patch", excludes=("rebuild",)),
        "rebuild": measure("rebuild"),
        "drain": measure("drain", effect=(Decimal("0.3"), Decimal("0.5"), Decimal("0.6"))),
    }
    known = [problem("p1")]
    mine = made(asked(), problems=known)
    others = [
        made(asked(id="same"), problems=known),
        _as(made(asked(id="rival"), problems=known), "rebuild"),
        _as(made(asked(id="drain"), problems=known), "drain"),
        made(asked(id="elsewhere"), problems=()),
        mine,
    ]
    found = beside(mine, others, measures=catalogue, problems=known)
    assert found.excludes == ("rival", "same")
    assert found.overlaps == (("drain", Decimal("4.00")),)


def _as(candidate: Any, code: str) -> Any:
    from dataclasses import replace

    return replace(candidate, measure=code)


@given(st.integers(1, 1000), st.integers(1, 1000))
def test_repricing_forgets_nothing(first: int, second: int) -> None:
    """Priced anew and back by quantity, cost is the catalogue's; the benefit never moves."""
    base = made(asked(benefit=Decimal(9)))
    patch = measure("patch")
    there = repriced(base, patch, quantity=Decimal(first))
    back = repriced(repriced(there, patch, quantity=Decimal(second)), patch, quantity=Decimal(3))
    assert there.cost == rub(100 * first)
    assert back.cost == base.cost
    assert there.benefit == back.benefit == 9


def test_a_price_of_ones_own() -> None:
    """Half the price has half the upkeep and bounds; without a measure a quantity costs nothing."""
    base = made(asked())
    half = repriced(base, None, cost=rub(150))
    assert (half.upkeep, half.cost_low, half.cost_high) == (rub(3), rub(120), rub(225))
    assert repriced(base, None, quantity=Decimal(9)).cost == base.cost
    with pytest.raises(ValueError, match="above zero"):
        repriced(base, None, cost=rub(-1))


def test_an_approval_delays_it() -> None:
    """An unknown extent asks for approval: 90 days from June, in time for next year's works."""
    zone = ProtectionZone("z", "guard_zone", None)
    found = made(asked(), zones=[zone], season=(3, 4))
    assert found.gate.outcome == "needs_approval"
    assert found.not_before == (1 if date(RULES.first_year, 4, 1) < date(2026, 9, 28) else 0)
