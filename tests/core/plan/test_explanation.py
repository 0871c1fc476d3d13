"""What an explanation says would change a decision changes it when the programme is chosen anew."""

from __future__ import annotations

from decimal import Decimal

import pytest

from eutopia.core.plan.portfolio import choose_programme
from eutopia.core.plan.turning_point import explain_exactly, least_benefits
from eutopia.core.records import Candidate, PortfolioRules
from tests.core.plan.cases import (
    candidate,
    fund,
    random_case,
    rub,
    rules,
    with_benefit,
    with_cost,
)


def holds(id_: str, found: tuple[Candidate, ...], r: PortfolioRules) -> bool:
    programme = choose_programme(found, rules=r, gap=0.0)
    return id_ in {choice.candidate_id for choice in programme.choices}


@pytest.mark.parametrize("seed", range(200, 224))
def test_what_is_said_to_enter_enters(seed: int) -> None:
    """At a little more than the benefit told, or at the cost told, the candidate is chosen."""
    found, r = random_case(seed, n=14, years=2)
    programme = choose_programme(found, rules=r, gap=0.0)
    told = [e for e in programme.explanations if not e.chosen and e.enters_at_benefit]
    for explanation in told[:4]:
        benefit = explanation.enters_at_benefit
        assert benefit is not None
        more = with_benefit(found, explanation.candidate_id, benefit * Decimal("1.001"))
        assert holds(explanation.candidate_id, more, r)
    priced = [e for e in programme.explanations if not e.chosen and e.enters_at_cost]
    for explanation in priced[:4]:
        cost = explanation.enters_at_cost
        assert cost is not None
        assert holds(explanation.candidate_id, with_cost(found, explanation.candidate_id, cost), r)


@pytest.mark.parametrize("seed", range(200, 212))
def test_below_its_least_benefit_nothing_enters(seed: int) -> None:
    """The bound of the relaxation: with a benefit just below it the candidate stays out."""
    found, r = random_case(seed, n=14, years=2)
    programme = choose_programme(found, rules=r, gap=0.0)
    benefits = {c.id: c.benefit for c in found}
    for id_, benefit in list(least_benefits(programme, found, rules=r).items())[:4]:
        assert benefit >= benefits[id_]
        if benefit > benefits[id_]:
            assert not holds(id_, with_benefit(found, id_, benefit * Decimal("0.999")), r)


@pytest.mark.parametrize("seed", range(300, 308))
def test_turning_points_are_exact(seed: int) -> None:
    """Just above the benefit it is in, just below it is out; likewise the cost.

    The bound that is told for all at once is never above it.
    """
    found, r = random_case(seed, n=9, years=2)
    programme = choose_programme(found, rules=r, gap=0.0)
    refused = {"heritage_forbidden", "pinned_out", "upkeep_unfunded", "too_late", "conflict"}
    least = least_benefits(programme, found, rules=r)
    out = [e for e in programme.explanations if not e.chosen and e.reasons[0].code not in refused]
    for quick in out[:3]:
        exact = explain_exactly(quick.candidate_id, found, rules=r)
        if exact.enters_at_benefit is not None and not exact.holds:
            surely = exact.stays_out_below_benefit
            assert surely == pytest.approx(exact.enters_at_benefit, abs=Decimal("0.02"))
            above = with_benefit(
                found, exact.candidate_id, exact.enters_at_benefit + Decimal("0.1")
            )
            below = with_benefit(
                found, exact.candidate_id, exact.enters_at_benefit - Decimal("0.1")
            )
            assert holds(exact.candidate_id, above, r)
            assert not holds(exact.candidate_id, below, r)
            assert least.get(exact.candidate_id, Decimal(0)) <= exact.enters_at_benefit
            if quick.enters_at_benefit is not None:
                assert quick.enters_at_benefit >= exact.enters_at_benefit - Decimal("0.02")
        if exact.enters_at_cost is not None and not exact.holds:
            assert exact.stays_out_above_cost is not None
            apart = exact.stays_out_above_cost.amount - exact.enters_at_cost.amount
            assert 0 <= apart <= max(Decimal("0.02"), exact.stays_out_above_cost.amount / 1000)
            dearer = rub(exact.enters_at_cost.amount + Decimal("0.05"))
            assert not holds(exact.candidate_id, with_cost(found, exact.candidate_id, dearer), r)
            if quick.enters_at_cost is not None:
                assert quick.enters_at_cost.amount <= exact.enters_at_cost.amount + Decimal("0.02")


def test_displaced_by_name_price_and_effect() -> None:
    """30 of money: `a` (20, brings 40) leaves 10, so `b` (20, brings 30) enters at 10 or at 40."""
    found = (candidate("a", 20, 40), candidate("b", 20, 30))
    programme = choose_programme(found, rules=rules(fund("city", 30)), gap=0.0)
    out = programme.explanations[1]
    assert (out.reasons[0].code, out.reasons[0].candidate_ids) == ("budget", ("a",))
    assert dict(out.reasons[0].values)["missing"] == "10.00"
    assert out.enters_at_cost == rub("10.00")
    assert out.enters_at_benefit == Decimal("40.00")
    exact = explain_exactly("b", found, rules=rules(fund("city", 30)))
    assert exact.enters_at_benefit == pytest.approx(Decimal(40), abs=Decimal("0.02"))
    assert exact.enters_at_cost == rub("10.00")


def test_a_programme_that_is_not_best_may_hold_it_as_it_is() -> None:
    """`b` alone brings three quarters of the best: left out of less than that, it is held as is."""
    found = (candidate("a", 20, 40), candidate("b", 20, 30))
    r = rules(fund("city", 30))
    best = choose_programme(found, rules=r, gap=0.0).objective
    told = explain_exactly("b", found, rules=r, value=best * 0.7)
    assert told.holds
    assert (told.enters_at_benefit, told.enters_at_cost) == (Decimal(30), rub("20"))
    assert not explain_exactly("b", found, rules=r, value=best * 0.8).holds


@pytest.mark.parametrize("seed", range(300, 304))
def test_in_a_hurry_the_range_holds_the_turning_point(seed: int) -> None:
    """With a coarse gap both ends may be apart; the exact turning point lies between them."""
    found, r = random_case(seed, n=12, years=2)
    programme = choose_programme(found, rules=r, gap=0.0)
    out = [e.candidate_id for e in programme.explanations if not e.chosen and e.enters_at_benefit]
    for id_ in out[:2]:
        exact = explain_exactly(id_, found, rules=r, value=programme.objective)
        rough = explain_exactly(id_, found, rules=r, value=programme.objective, gap=0.05)
        assert exact.enters_at_benefit is not None
        assert rough.enters_at_benefit is not None
        assert (rough.stays_out_below_benefit or 0) <= exact.enters_at_benefit + Decimal("0.02")
        assert rough.enters_at_benefit >= exact.enters_at_benefit - Decimal("0.02")


def test_no_price_helps_what_is_excluded() -> None:
    """A variant that brings less than the one chosen enters at no cost."""
    found = (candidate("a", 20, 40), candidate("b", 20, 30, excludes=("a",)))
    out = explain_exactly("b", found, rules=rules(fund("city", 30)))
    assert out.enters_at_cost is None
    assert out.stays_out_above_cost is None
    assert out.enters_at_benefit == pytest.approx(Decimal(40), abs=Decimal("0.02"))
