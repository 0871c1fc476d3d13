"""A programme chosen again changes no more than it must, and gives up next to nothing for it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from eutopia.core.plan.keeping import TIE
from eutopia.core.plan.portfolio import choose_programme
from tests.core.plan.cases import candidate, fund, random_case, rich_case, rules


def test_of_equals_those_planned_before_stay() -> None:
    """Six equal works, money for three: whichever three were planned before are kept."""
    found = tuple(candidate(f"c{k}", 10, 5) for k in range(6))
    r = rules(fund("town", 30))
    for before in ({"c0", "c1", "c2"}, {"c1", "c3", "c5"}, {"c3", "c4", "c5"}):
        kept = tuple((id_, 0) for id_ in before)
        programme = choose_programme(found, rules=r, kept=kept)
        assert {choice.candidate_id for choice in programme.choices} == before
        assert programme.violations == ()


def test_one_pin_more_moves_one_work() -> None:
    """Two years of equal works: what the pin takes the place of goes, the rest keeps its year."""
    found = tuple(candidate(f"c{k}", 10, 5, not_before=k % 2) for k in range(8))
    r = rules(fund("town", 20, 20), discount_rate=Decimal(0), must=("c7",))
    kept = (("c0", 0), ("c2", 0), ("c1", 1), ("c3", 1))
    programme = choose_programme(found, rules=r, kept=kept)
    years = {choice.candidate_id: choice.year for choice in programme.choices}
    assert years.pop("c7") == 1
    assert set(years.items()) < set(kept)
    assert len(years) == 3


def test_better_ones_come_in() -> None:
    """A work that brings clearly more takes the place of one planned before."""
    found = (candidate("old", 10, 50), candidate("new", 10, 51))
    programme = choose_programme(found, rules=rules(fund("town", 10)), kept=(("old", 0),))
    assert [choice.candidate_id for choice in programme.choices] == ["new"]


@pytest.mark.parametrize("seed", range(30))
def test_next_to_nothing_is_given_up(seed: int) -> None:
    """The value falls by no more than told, the bound stays, and at least as much is kept."""
    found, r = (rich_case if seed % 2 else random_case)(seed, n=7, years=2)
    free = choose_programme(found, rules=r, gap=0.01)
    kept = tuple((one.id, k % 2) for k, one in enumerate(found) if k % 3)
    programme = choose_programme(found, rules=r, gap=0.01, kept=kept)
    assert programme.status == free.status
    assert programme.violations == ()
    assert programme.objective >= free.objective - TIE * abs(free.objective) - 1e-9
    assert programme.bound == pytest.approx(free.bound, abs=1e-6)
    assert programme.gap <= max(free.gap, 0.01)
    same = [{(c.candidate_id, c.year) for c in p.choices} & set(kept) for p in (programme, free)]
    there = [{c.candidate_id for c in p.choices} & {k for k, _ in kept} for p in (programme, free)]
    assert len(same[0]) + len(there[0]) >= len(same[1]) + len(there[1])
