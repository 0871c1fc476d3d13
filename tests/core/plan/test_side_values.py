"""What a programme is worth to each side, and the one a side would like most."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import combinations

import pytest

from eutopia.core.plan.portfolio import choose_only, choose_programme
from eutopia.core.plan.side_values import favourite, keeps_rules, side_values
from eutopia.core.records import Choice, Fund, PortfolioRules, Text
from tests.core.plan.cases import candidate, rub

SIDES = (("residents", Decimal("0.75")), ("business", Decimal("0.25")))
RULES = PortfolioRules(
    first_year=2027,
    years=1,
    funds=(Fund("town", Text.of(en="Town"), (rub(300),)),),
    upkeep_limit=(rub(100),),
    discount_rate=Decimal(0),
)
WORKS = tuple(
    candidate(id_, cost, benefit, sides=((side, Decimal(1)),))
    for id_, cost, benefit, side in (
        ("a", 100, 30, "residents"),
        ("b", 100, 20, "business"),
        ("c", 200, 50, "business"),
        ("d", 100, 10, "residents"),
        ("e", 150, 28, "residents"),
    )
)
KINDS = {one.id: "all" for one in WORKS}


def ids(choices: tuple[Choice, ...]) -> set[str]:
    return {one.candidate_id for one in choices}


def test_a_value_is_split_by_the_sides_shares() -> None:
    """Ten years of 40 a year: 400, three quarters of it the residents'."""
    work = candidate("w", 100, 40, sides=SIDES)
    told = side_values((Choice("w", 0, ()),), (work,), rules=RULES, criteria={"w": "roads"})
    assert told == {("residents", "roads"): Decimal(300), ("business", "roads"): Decimal(100)}


def test_what_two_works_have_in_common_counts_once() -> None:
    """Each 400; 10 a year, so 100 in all, comes once: half off each."""
    first = candidate("v", 100, 40, sides=SIDES[:1], overlaps=(("w", Decimal(10)),))
    second = candidate("w", 100, 40, sides=SIDES[:1])
    both = (Choice("v", 0, ()), Choice("w", 0, ()))
    told = side_values(both, (first, second), rules=RULES, criteria={"v": "x", "w": "y"})
    assert told == {("residents", "x"): Decimal(350), ("residents", "y"): Decimal(350)}


@pytest.mark.parametrize("side", ["residents", "business"])
def test_a_favourite_is_the_best_of_all_that_fit(side: str) -> None:
    """Brute force over every set of works that the money allows."""
    liked = favourite(WORKS, rules=RULES, criteria=KINDS, rates={(side, "all"): Decimal(1)})

    def worth(works: set[str]) -> Decimal:
        return sum(
            (w.benefit for w in WORKS if w.id in works and w.sides[0][0] == side), Decimal(0)
        )

    every = (set(found) for n in range(6) for found in combinations(sorted(KINDS), n))
    cost = {w.id: w.cost.amount for w in WORKS}
    most = max(worth(found) for found in every if sum(cost[i] for i in found) <= 300)
    assert worth(ids(liked)) == most


def test_rules_that_others_were_chosen_under_are_checked_anew() -> None:
    chosen = choose_only(WORKS, rules=RULES)
    assert keeps_rules(chosen, WORKS, rules=RULES)
    tight = replace(RULES, funds=(replace(RULES.funds[0], by_year=(rub(299),)),))
    assert not keeps_rules(chosen, WORKS, rules=tight)
    assert not keeps_rules(chosen, WORKS[:1], rules=RULES)


def test_without_reasons_the_same_programme_is_chosen() -> None:
    told = choose_programme(WORKS, rules=RULES)
    assert ids(choose_only(WORKS, rules=RULES)) == ids(told.choices)
    impossible = replace(RULES, must=("c", "e"))
    assert choose_only(WORKS, rules=impossible) == ()
