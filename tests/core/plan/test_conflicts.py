"""Rules that cannot all hold: the smallest set, and the cheapest way out, proved by trying it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from eutopia.core.plan.conflicts import find_conflicts
from eutopia.core.plan.model import build_model
from eutopia.core.plan.portfolio import choose_programme
from eutopia.core.plan.words import conflict_words
from eutopia.core.records import Candidate, Floor, PortfolioRules
from tests.core.plan.cases import FORBIDDEN, candidate, fund, random_case, rub, rules


def test_two_pins_and_a_fund() -> None:
    """60 + 60 out of 100: either pin goes, or the fund grows by 20."""
    found = (candidate("a", 60, 5), candidate("b", 60, 5), candidate("c", 10, 5))
    programme = choose_programme(found, rules=rules(fund("city", 100), must=("a", "b", "c")))
    (conflict,) = programme.conflicts
    assert set(conflict.rules) == {("must", "a"), ("must", "b"), ("fund", "city")}
    amounts = {r.rule: (r.amount, r.unit) for r in conflict.relaxations}
    assert amounts["must", "a"] == (Decimal(1), "pin")
    assert amounts["fund", "city"] == (Decimal("20.00"), "RUB")


def test_upkeep_is_to_blame() -> None:
    """There is money to build both and upkeep for one."""
    found = tuple(candidate(id_, 10, 5, upkeep=rub(4)) for id_ in "ab")
    r = rules(fund("city", 100), must=("a", "b"), upkeep_limit=(rub(6),))
    (conflict,) = choose_programme(found, rules=r).conflicts
    assert ("upkeep", "") in conflict.rules
    assert ("fund", "city") not in conflict.rules
    assert {r.rule: r.amount for r in conflict.relaxations}["upkeep", ""] == 2


def test_pin_on_what_heritage_forbids() -> None:
    """A pin does not override the law, and the conflict says so."""
    programme = choose_programme(
        (candidate("wall", 1, 5, gate=FORBIDDEN),), rules=rules(fund("city", 9), must=("wall",))
    )
    (conflict,) = programme.conflicts
    assert conflict.rules == (("must", "wall"), ("gate", "wall"))


def test_excluded_pins() -> None:
    """Two variants of one thing cannot both be pinned."""
    found = (candidate("a", 1, 5, excludes=("b",)), candidate("b", 1, 5))
    (conflict,) = choose_programme(found, rules=rules(fund("city", 9), must=("a", "b"))).conflicts
    assert {kind for kind, _ in conflict.rules} == {"must", "excludes"}


def test_floor_out_of_reach() -> None:
    """60 % of the budget for a district that has one candidate of 10: the floor gives by 50."""
    found = (candidate("a", 50, 9), candidate("b", 10, 9, district="B"))
    floor = Floor("district", "B", Decimal("0.6"), of="budget")
    (conflict,) = choose_programme(
        found, rules=rules(fund("city", 100), floor_rules=(floor,))
    ).conflicts
    assert conflict.rules == (("floor", "district:B"),)
    assert conflict.relaxations[0].amount == 50


def test_two_conflicts_are_both_told() -> None:
    """One about money, one about crews."""
    found = (
        candidate("a", 90, 5, funds=("city",)),
        candidate("b", 90, 5, funds=("city",)),
        candidate("c", 1, 5, measure="lamps", funds=("grant",)),
        candidate("d", 1, 5, measure="lamps", funds=("grant",)),
    )
    r = rules(fund("city", 100), fund("grant", 9), must=tuple("abcd"), crews=(("lamps", 1),))
    conflicts = choose_programme(found, rules=r).conflicts
    kinds = {frozenset(kind for kind, _ in c.rules) for c in conflicts}
    assert kinds == {frozenset({"must", "fund"}), frozenset({"must", "crew"})}


def test_without_time_the_rules_found_still_cannot_hold() -> None:
    """More pins than the eleven that are too many for the fund of ten: not a smallest conflict."""
    found = tuple(candidate(f"c{n:02d}", 10, 5) for n in range(20))
    r = rules(fund("city", 100), must=tuple(one.id for one in found))
    model = build_model(found, rules=r)
    (conflict,) = find_conflicts(model, rules=r, time_limit_s=0)
    assert ("fund", "city") in conflict.rules
    assert _status(*_only(found, r, set(conflict.rules))) == "infeasible"
    (smallest,) = find_conflicts(model, rules=r)[:1]
    assert len(smallest.rules) == 12
    sentence, ways = conflict_words(
        replace(conflict, relaxations=smallest.relaxations), {c.id: c for c in found}, rules=r
    )
    assert 12 < len(conflict.rules) <= 21
    assert f"{len(conflict.rules) - 12} more" in sentence.to("en")
    assert len(ways) == 12


def _only(
    found: tuple[Candidate, ...], r: PortfolioRules, kept: set[tuple[str, str]]
) -> tuple[tuple[Candidate, ...], PortfolioRules]:
    """The case with these rules alone: other funds are rich, other limits and links are gone."""
    keys = {kind: {key for k, key in kept if k == kind} for kind, _ in kept}
    rich = tuple(rub(99_999) for _ in range(r.years))
    pairs = [set(key.split("+")) for key in keys.get("excludes", ())]
    needs = {tuple(key.split(">")) for key in keys.get("requires", ())}
    candidates = tuple(
        replace(
            c,
            mandate=c.id in keys.get("mandate", ()),
            excludes=tuple(o for o in c.excludes if any({c.id, o} <= p for p in pairs)),
            requires=tuple(o for o in c.requires if (c.id, o) in needs),
            after=c.after if c.id in keys.get("after", ()) else (),
        )
        for c in found
    )
    return candidates, replace(
        r,
        must=tuple(id_ for id_ in r.must if id_ in keys.get("must", ())),
        funds=tuple(
            f if f.id in keys.get("fund", ()) else replace(f, by_year=rich) for f in r.funds
        ),
        upkeep_limit=r.upkeep_limit if "upkeep" in keys else (),
        crews=tuple(c for c in r.crews if c[0] in keys.get("crew", ())),
    )


@pytest.mark.parametrize("seed", range(60))
def test_conflicts_are_minimal(seed: int) -> None:
    """The rules of a conflict alone cannot hold; without any one of them the others can."""
    found, r = random_case(seed, n=8, years=2)
    # What a floor asks for depends on the budget: with other funds made rich it is another floor.
    must = tuple(c.id for c in found[:5] if c.id not in r.must_not)
    r = replace(r, must=must, floors=(), floor_rules=())
    programme = choose_programme(found, rules=r)
    assert (programme.status == "infeasible") == bool(programme.conflicts)
    for conflict in programme.conflicts:
        kinds = {kind for kind, _ in conflict.rules}
        refused = any(kind == "upkeep" and key for kind, key in conflict.rules)
        if refused or kinds & {"gate", "lead_time", "must_not"}:
            continue  # A pin on a refused candidate: tested by hand above.
        rules_ = set(conflict.rules)
        assert _status(*_only(found, r, rules_)) == "infeasible"
        for rule in rules_:
            assert _status(*_only(found, r, rules_ - {rule})) != "infeasible", rule


def _status(found: tuple[Candidate, ...], r: PortfolioRules) -> str:
    return choose_programme(found, rules=r).status
