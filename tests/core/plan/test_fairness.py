"""Fair objectives against enumeration: the worst-off first, the product of gains."""

from __future__ import annotations

import itertools
from dataclasses import replace
from decimal import Decimal
from math import log

import numpy as np
import pytest

from eutopia.core.kit.optimise import Solution
from eutopia.core.plan import fairness
from eutopia.core.plan.payments import allocate_payments
from eutopia.core.plan.portfolio import choose_programme
from eutopia.core.plan.verification import verify_programme
from eutopia.core.records import Candidate, PortfolioRules
from tests.core.plan.cases import candidate, fund, random_case, rules, worth


def gains(
    found: tuple[Candidate, ...], chosen: dict[int, int], r: PortfolioRules
) -> dict[str, float]:
    """Each district's share of what all its candidates that may start would bring."""
    plain = replace(r, objective="benefit")
    could: dict[str, float] = {}
    got: dict[str, float] = {}
    for i, c in enumerate(found):
        could[c.district] = could.get(c.district, 0.0) + float(worth(found, {i: 0}, plain))
        if i in chosen:
            value = float(worth(found, {i: chosen[i]}, plain))
            got[c.district] = got.get(c.district, 0.0) + value
    return {district: got.get(district, 0.0) / total for district, total in could.items()}


def programmes(found: tuple[Candidate, ...], r: PortfolioRules) -> list[dict[int, int]]:
    sound = []
    for pick in itertools.product((-1, 0), repeat=len(found)):
        chosen = {i: t for i, t in enumerate(pick) if t >= 0}
        choices = allocate_payments(chosen, found, rules=r)
        if choices is not None and not verify_programme(choices, found, rules=r):
            sound.append(chosen)
    return sound


def fair_case(seed: int, objective: str) -> tuple[tuple[Candidate, ...], PortfolioRules]:
    found, r = random_case(seed, n=8, years=1)
    free = tuple(
        replace(c, gate=candidate("x", 1, 1).gate, not_before=0, upkeep_funded=True, mandate=False)
        for c in found
    )
    return free, replace(r, floors=(), floor_rules=(), bundles=(), must_not=(), objective=objective)


def chosen_in(found: tuple[Candidate, ...], r: PortfolioRules) -> dict[int, int]:
    programme = choose_programme(found, rules=r, gap=0.0)
    assert programme.violations == ()
    position = {c.id: i for i, c in enumerate(found)}
    return {position[choice.candidate_id]: choice.year for choice in programme.choices}


@pytest.mark.parametrize("seed", range(400, 410))
def test_worst_off_district_first(seed: int) -> None:
    """No programme gives its worst-off district more; of those, none brings more in all."""
    found, r = fair_case(seed, "fair_districts")
    mine = chosen_in(found, r)
    sound = programmes(found, r)
    level = max(min(gains(found, p, r).values()) for p in sound)
    assert min(gains(found, mine, r).values()) == pytest.approx(level, abs=1e-5)
    plain = replace(r, objective="benefit")
    fair = [p for p in sound if min(gains(found, p, r).values()) >= level - 1e-9]
    best = max(float(worth(found, p, plain)) for p in fair)
    assert float(worth(found, mine, plain)) >= best * (1 - 1e-5)


@pytest.mark.parametrize("seed", range(420, 430))
def test_product_of_gains(seed: int) -> None:
    """Where every district can get something, the product found is within tangents of the best."""
    found, r = fair_case(seed, "nash")
    sound = programmes(found, r)

    def product(p: dict[int, int]) -> float:
        return sum(log(max(g, 0.004)) for g in gains(found, p, r).values())

    best = max(product(p) for p in sound)
    assert product(chosen_in(found, r)) >= best - 0.05 * 3


def test_sides_each_get_their_share() -> None:
    """Residents' best two crowd out business unless the worst-off side comes first."""
    found = (
        candidate("r1", 10, 90),
        candidate("r2", 10, 80),
        candidate("b1", 10, 30, sides=(("business", Decimal(1)),)),
    )
    total = chosen_in(found, rules(fund("city", 20)))
    fair = chosen_in(found, rules(fund("city", 20), objective="fair_sides"))
    assert (set(total), set(fair)) == ({0, 1}, {0, 2})


def test_fair_level_is_told() -> None:
    """The note says which share everybody reaches and what the most is that all could."""
    found = (candidate("a", 10, 90), candidate("b", 10, 10, district="B"))
    r = rules(fund("city", 20), objective="fair_districts")
    (exact,) = choose_programme(found, rules=r, gap=0.0).notes
    assert (exact.code, dict(exact.values)) == (
        "fair_level",
        {"by": "district", "level": "1.0000", "best": "1.0000"},
    )
    (near,) = choose_programme(found, rules=r, gap=0.01).notes
    assert dict(near.values)["level"] == "0.9800"


def test_a_level_that_wholes_make_impossible_is_looked_for() -> None:
    """Money for one of two districts: the relaxation promises half to each, none can have it."""
    found = (candidate("a", 10, 90), candidate("b", 10, 10, district="B"))
    r = rules(fund("city", 10), objective="fair_districts")
    programme = choose_programme(found, rules=r, gap=0.01)
    assert [choice.candidate_id for choice in programme.choices] == ["a"]
    assert dict(programme.notes[0].values)["level"] == "0.0000"


def test_a_level_that_is_not_found_in_time_is_told_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """No time for any: nothing is kept, the note says so, and the programme is not finished."""
    empty = np.zeros(0)
    none = Solution("none", empty, float("-inf"), float("inf"), 1.0, empty, empty)
    monkeypatch.setattr(fairness, "search", lambda *_, **__: none)
    found = (candidate("a", 10, 90), candidate("b", 10, 10, district="B"))
    programme = choose_programme(
        found, rules=rules(fund("city", 20), objective="fair_districts"), gap=0.01
    )
    assert dict(programme.notes[0].values)["level"] == "0.0000"
    assert (programme.status, len(programme.choices)) == ("stopped", 2)


def test_the_value_of_a_product_is_the_mean_gain() -> None:
    """Districts that get 1/2 and all of what they could: the geometric mean is 0.7071."""
    found = (candidate("a", 10, 40), candidate("a2", 10, 40), candidate("b", 10, 10, district="B"))
    told: list[float] = []

    def tell(value: float, bound: float, seconds: float) -> bool:
        told.extend(v for v in (value, bound) if abs(v) < 1e9)
        return True

    r = rules(fund("city", 20), objective="nash")
    programme = choose_programme(found, rules=r, gap=0.0, on_progress=tell)
    assert programme.objective == pytest.approx(0.5**0.5)
    assert programme.objective <= programme.bound <= 0.72
    assert all(0 <= value <= 1 for value in told)
