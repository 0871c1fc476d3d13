"""Robustness, what rules cost, and programmes side by side."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from eutopia.core.plan.amendments import amend
from eutopia.core.plan.portfolio import choose_programme
from eutopia.core.plan.robustness import assess_robustness, cost_of_rules
from eutopia.core.plan.scenarios import compare, summarise
from tests.core.plan.cases import candidate, fund, random_case, rub, rules


def test_core_borderline_outside() -> None:
    """Ten times the rest is core, a tenth is outside, two equals share one place by luck."""
    found = (
        candidate("sure", 10, 1000),
        candidate("twin1", 10, 50),
        candidate("twin2", 10, 50),
        candidate("never", 10, 1),
    )
    rng = np.random.default_rng(1)
    verdicts = assess_robustness(found, rules=rules(fund("city", 20)), rng=rng, samples=60)
    assert [r.verdict for r in verdicts] == ["core", "borderline", "borderline", "outside"]
    assert verdicts[1].share + verdicts[2].share == pytest.approx(1.0, abs=0.05)


def test_certain_numbers_give_certain_shares() -> None:
    """Without bounds and with fixed weights every world is the same."""
    found, r = random_case(7, n=12, years=2)
    sure = tuple(replace(c, benefit_low=c.benefit, benefit_high=c.benefit) for c in found)
    verdicts = assess_robustness(
        sure, rules=r, rng=np.random.default_rng(0), samples=5, weight_spread=0.0, gap=0.0
    )
    assert {v.share for v in verdicts} <= {0.0, 1.0}


def test_each_rule_costs_what_dropping_it_gains() -> None:
    """A pin on what brings 5 where 40 was to be had; a floor that costs nothing is not told."""
    found = (candidate("good", 10, 40), candidate("pet", 10, 5), candidate("b", 10, 60))
    r = rules(fund("city", 20), must=("pet",), floors=(("A", Decimal("0.01")),))
    costs = {c.rule: c.gain for c in cost_of_rules(found, rules=r)}
    per_unit = 7.721735  # ten years at 5 %
    assert costs["must", "pet"] == pytest.approx(35 * per_unit, rel=1e-5)
    assert ("floor", "district:A") not in costs


def test_worth_of_one_more_rouble() -> None:
    """Half of a candidate of 20 that brings 40 a year: 2 a year for each rouble."""
    found = (candidate("a", 20, 40),)
    (money,) = cost_of_rules(found, rules=rules(fund("city", 10)))
    assert money.rule == ("fund", "city")
    assert money.gain == pytest.approx(2 * 7.721735, rel=1e-5)


def test_rules_cost_nothing_less_than_nothing() -> None:
    """Dropping a rule never loses value."""
    for seed in range(5):
        found, r = random_case(seed, n=12, years=2)
        if choose_programme(found, rules=r).status != "infeasible":
            assert all(c.gain >= 0 for c in cost_of_rules(found, rules=r, gap=0.0))


def test_summary_adds_up() -> None:
    """By fund, by year and by district the money is the same money."""
    found, r = random_case(3, n=30, years=3)
    programme = choose_programme(found, rules=r)
    total = summarise(programme, found, rules=r)
    for sums in (total.by_fund, total.by_year, total.by_district):
        assert sum(amount for _, amount in sums) == total.cost
    assert float(total.value) == pytest.approx(programme.objective, rel=1e-9)
    assert float(sum(v for _, v in total.by_side)) == pytest.approx(float(total.value))


def test_difference_names_broken_promises() -> None:
    """Half of the money: one goes, one comes later; both are promises broken."""
    found = (candidate("a", 10, 90), candidate("b", 10, 80), candidate("c", 10, 5))
    rich = rules(fund("city", 30, 0))
    poor = rules(fund("city", 10, 10))
    before, after = choose_programme(found, rules=rich), choose_programme(found, rules=poor)
    change = compare(before, after, found, rules=rich)
    assert (change.entered, change.left, change.moved) == ((), ("c",), (("b", 0, 1),))
    assert change.broken == ("b", "c")
    assert change.cost == -10
    assert compare(before, before, found, rules=rich).broken == ()


def test_people_and_upkeep_are_counted() -> None:
    """Two that reach 10 each and need 3 a year each."""
    found = tuple(candidate(id_, 10, 9, upkeep=rub(3)) for id_ in "ab")
    r = rules(fund("city", 20))
    total = summarise(choose_programme(found, rules=r), found, rules=r)
    assert (total.people, total.upkeep, total.chosen, total.left) == (20, 6, 2, 0)


def test_what_two_have_in_common_counts_once() -> None:
    """9 and 8 a year, of which 3 are the same: 14 a year, and as much less over their lives."""
    found = (candidate("a", 10, 9, overlaps=(("b", Decimal(3)),)), candidate("b", 10, 8))
    r = rules(fund("city", 20))
    programme = choose_programme(found, rules=r)
    total = summarise(programme, found, rules=r)
    assert total.yearly == 14
    assert float(total.value) == pytest.approx(programme.objective)
    apart = sum(e.value for e in programme.explanations)
    assert total.value < apart


def test_amendment_tells_lines_and_promises() -> None:
    """One goes, one comes later, one enters, one is paid by another: two promises are broken."""
    found = (
        candidate("a", 10, 90, funds=("city",)),
        candidate("b", 10, 80, funds=("city",), people_reached=7),
        candidate("c", 10, 70, funds=("city",), mandate=True, co_funding=(("shop", rub(4)),)),
        candidate("d", 10, 5, not_before=1, funds=("grant",)),
    )
    soft = {"mandates": "soft", "mandate_weight": Decimal(1)}
    rich = rules(fund("city", 26, 0), fund("grant", 0, 0), **soft)
    poor = rules(fund("city", 10, 10), fund("grant", 0, 10), **soft)
    before = choose_programme(found, rules=rich, gap=0.0)
    after = choose_programme(found, rules=poor, gap=0.0)
    told = amend(before, after, found, rules=poor)
    assert [(line.candidate_id, line.change, line.year_after) for line in told.lines] == [
        ("b", "later", 2028),
        ("c", "left", None),
        ("d", "entered", 2028),
    ]
    later, left = told.broken
    assert (later.candidate_id, later.year_before, later.people) == ("b", 2027, 7)
    assert (left.mandate, left.gifts, left.reasons[0].code) == (
        True,
        (("shop", rub(4)),),
        "budget",
    )
    assert told.difference.broken == ("b", "c")
    assert amend(before, before, found, rules=rich).lines == ()


def test_amendment_of_another_first_year() -> None:
    """2028 was the second year and is now the first: nothing moved."""
    found = (candidate("a", 10, 90, not_before=1),)
    before = choose_programme(found, rules=rules(fund("city", 10, 10)))
    now = (replace(found[0], not_before=0),)
    r = rules(fund("city", 10), first_year=2028)
    after = choose_programme(now, rules=r)
    assert amend(before, after, now, rules=r, first_year_before=2027).lines == ()
