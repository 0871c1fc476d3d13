"""The programme: the best there is, by every rule, checked by enumeration and by the verifier."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from eutopia.core.plan.portfolio import choose_programme
from eutopia.core.plan.verification import verify_programme
from eutopia.core.records import Bundle, Floor, Money, Programme
from tests.core.plan.cases import (
    FORBIDDEN,
    best_by_brute_force,
    candidate,
    fund,
    random_case,
    rich_case,
    rub,
    rules,
    worth,
)


def years_of(programme: Programme) -> dict[str, int]:
    return {choice.candidate_id: choice.year for choice in programme.choices}


def reason_codes(programme: Programme, id_: str) -> tuple[str, ...]:
    for explanation in programme.explanations:
        if explanation.candidate_id == id_:
            return tuple(reason.code for reason in explanation.reasons)
    raise KeyError(id_)


@pytest.mark.parametrize("seed", range(40))
def test_best_of_all_programmes(seed: int) -> None:
    """Of all programmes of six candidates in two years none is better (729 tried each time)."""
    found, r = random_case(seed, n=6, years=2)
    programme = choose_programme(found, rules=r, gap=0.0)
    best = best_by_brute_force(found, r)
    if best is None:
        assert programme.status == "infeasible"
        return
    assert programme.violations == ()
    position = {c.id: i for i, c in enumerate(found)}
    chosen = {position[id_]: year for id_, year in years_of(programme).items()}
    assert float(worth(found, chosen, r)) == pytest.approx(best[0], rel=1e-6)
    assert programme.objective == pytest.approx(best[0], rel=1e-6)


@pytest.mark.parametrize("seed", range(100, 104))
def test_best_of_all_programmes_of_eleven(seed: int) -> None:
    """One year, eleven candidates: 2,048 programmes."""
    found, r = random_case(seed, n=11, years=1)
    programme = choose_programme(found, rules=r, gap=0.0)
    best = best_by_brute_force(found, r)
    if best is None:
        assert programme.status == "infeasible"
    else:
        assert programme.objective == pytest.approx(best[0], rel=1e-6)


@pytest.mark.parametrize("seed", range(500, 536))
def test_best_of_all_programmes_with_every_rule(seed: int) -> None:
    """Crews by month, closed streets, caps of funds, gifts, pins to a year: 729 tried each time."""
    found, r = rich_case(seed, n=6, years=2)
    programme = choose_programme(found, rules=r, gap=0.0)
    best = best_by_brute_force(found, r)
    if best is None:
        assert programme.status == "infeasible"
        assert programme.conflicts
        return
    assert programme.violations == ()
    assert programme.objective == pytest.approx(best[0], rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("seed", range(600, 604))
def test_best_of_all_programmes_of_fourteen(seed: int) -> None:
    """One year, fourteen candidates, every rule: 16,384 programmes."""
    found, r = rich_case(seed, n=14, years=1)
    programme = choose_programme(found, rules=r, gap=0.0)
    best = best_by_brute_force(found, r)
    if best is None:
        assert programme.status == "infeasible"
    else:
        assert programme.objective == pytest.approx(best[0], rel=1e-6, abs=1e-9)


def test_dearest_is_not_best() -> None:
    """Two that cost 50 each and bring 60 together beat one that costs 100 and brings 50."""
    found = (candidate("big", 100, 50), candidate("x", 50, 30), candidate("y", 50, 30))
    programme = choose_programme(found, rules=rules(fund("city", 100)))
    assert years_of(programme) == {"x": 0, "y": 0}
    assert reason_codes(programme, "big") == ("budget",)


def test_carry_over_saves_up() -> None:
    """60 a year buys what costs 100 in the second year only if it may be carried over."""
    found = (candidate("big", 100, 50),)
    saved = choose_programme(found, rules=rules(fund("city", 60, 60, carry_over=True)))
    lapsed = choose_programme(found, rules=rules(fund("city", 60, 60)))
    assert (years_of(saved), years_of(lapsed)) == ({"big": 1}, {})


def test_restricted_fund_pays_only_its_measures() -> None:
    """Money for pipes does not pave."""
    found = (candidate("road", 10, 50), candidate("pipe", 10, 5, measure="pipes"))
    programme = choose_programme(
        found, rules=rules(fund("grant", 100, restricted_to=("pipes",)), fund("city", 5))
    )
    assert years_of(programme) == {"pipe": 0}


def test_pipes_before_paving() -> None:
    """Paving waits for the pipe when both are chosen; alone it need not wait."""
    pipe = candidate("pipe", 10, 30, not_before=1)
    paving = candidate("paving", 10, 30, after=("pipe",))
    both = choose_programme((pipe, paving), rules=rules(fund("city", 20, 20)))
    alone = choose_programme((paving,), rules=rules(fund("city", 20, 20)))
    assert years_of(both) == {"pipe": 1, "paving": 1}
    assert years_of(alone) == {"paving": 0}


def test_upkeep_for_the_whole_life() -> None:
    """What nobody can keep up is not built, though there is money to build it."""
    dear = candidate("fountain", 10, 99, upkeep=rub(6))
    cheap = candidate("bench", 10, 20, upkeep=rub(5))
    r = rules(fund("city", 100), upkeep_limit=(rub(100), rub(5)))
    programme = choose_programme((dear, cheap), rules=r)
    assert years_of(programme) == {"bench": 0}
    assert reason_codes(programme, "fountain") == ("upkeep_unfunded",)


def test_upkeep_ends_with_the_life() -> None:
    """Upkeep of something that lasts a year makes room for the next."""
    short = candidate("flowers", 10, 99, upkeep=rub(5), life_years=1)
    late = candidate("bench", 10, 99, upkeep=rub(5), not_before=1)
    r = rules(fund("city", 10, 10), upkeep_limit=(rub(5),))
    assert years_of(choose_programme((short, late), rules=r)) == {"flowers": 0, "bench": 1}


def test_forbidden_and_pinned() -> None:
    """Heritage forbids, a planner pins: each is told, and what is left out says why."""
    found = (
        candidate("wall", 10, 500, gate=FORBIDDEN),
        candidate("best", 10, 90),
        candidate("worse", 10, 5),
        candidate("never", 10, 80),
        candidate("slow", 10, 80, not_before=3),
        candidate("harm", 1, 0),
    )
    r = rules(fund("city", 20), must=("worse",), must_not=("never",))
    programme = choose_programme(found, rules=r)
    assert years_of(programme) == {"best": 0, "worse": 0}
    assert reason_codes(programme, "wall") == ("heritage_forbidden",)
    assert reason_codes(programme, "worse") == ("mandated", "chosen")
    assert reason_codes(programme, "never") == ("pinned_out",)
    assert reason_codes(programme, "slow") == ("too_late",)
    assert reason_codes(programme, "harm") == ("no_benefit",)


def test_a_mandate_does_not_wait_for_the_last_year() -> None:
    """What was voted on is worth little and would wait; within two years of its first it does not.

    In year 0 it may not begin (not_before 1), so years 1 and 2 are open to it.
    """
    found = (
        candidate("voted", 10, 0, mandate=True, not_before=1),
        *(candidate(f"good{k}", 10, 90 - k) for k in range(4)),
    )
    money = fund("city", *[10] * 5)
    late = choose_programme(found, rules=rules(money))
    soon = choose_programme(found, rules=rules(money, mandate_within=2))
    assert years_of(late)["voted"] == 4
    assert years_of(soon)["voted"] == 2
    assert soon.violations == ()
    told = verify_programme(late.choices, found, rules=rules(money, mandate_within=2))
    assert told == ("mandate: voted waits longer than 2 years",)


def test_floor_moves_money() -> None:
    """District B gets its 40 % though A's candidates bring more."""
    found = (
        candidate("a1", 50, 90),
        candidate("a2", 50, 80),
        *(candidate(f"b{k}", 50, 10 - k, district="B") for k in range(4)),
    )
    free = choose_programme(found, rules=rules(fund("city", 100)))
    fair = choose_programme(found, rules=rules(fund("city", 100), floors=(("B", Decimal("0.4")),)))
    assert (set(years_of(free)), set(years_of(fair))) == ({"a1", "a2"}, {"a1", "b0"})
    assert reason_codes(fair, "a2") == ("budget", "floor_displaced")


def test_floor_asks_what_a_district_can_take() -> None:
    """B has one candidate of 10: its floor of 60 % does not stop the other 90 of 100."""
    found = (*(candidate(f"a{k}", 30, 20) for k in range(3)), candidate("b", 10, 1, district="B"))
    r = rules(fund("city", 100), floors=(("B", Decimal("0.6")),))
    programme = choose_programme(found, rules=r)
    assert len(programme.choices) == 4
    (note,) = programme.notes
    assert note.code == "floor_lowered"
    assert dict(note.values) == {
        "scope": "district",
        "key": "B",
        "asked": "0.6",
        "share": "0.050000",
    }


def test_floor_nobody_can_reach_is_noted() -> None:
    """A floor for a district without candidates is set aside and said so."""
    r = rules(fund("city", 100), floors=(("Z", Decimal("0.4")),))
    programme = choose_programme((candidate("a", 50, 9),), rules=r)
    assert years_of(programme) == {"a": 0}
    assert [note.code for note in programme.notes] == ["floor_without_candidates"]


def test_bundle_saves_one_dig() -> None:
    """Pipe and paving in one year cost 10 less together, and so both fit."""
    pipe, paving = candidate("pipe", 60, 50), candidate("paving", 50, 40)
    r = rules(fund("city", 100))
    bundle = Bundle("dig", ("pipe", "paving"), rub(10))
    alone = choose_programme((pipe, paving), rules=r)
    joint = choose_programme((pipe, paving), rules=replace(r, bundles=(bundle,)))
    assert (len(alone.choices), len(joint.choices)) == (1, 2)
    assert joint.violations == ()
    assert sum(money.amount for c in joint.choices for _, money in c.paid) == 100


def test_share_of_a_co_funding_pool() -> None:
    """The state pays at most half of each; the city must find the rest."""
    found = tuple(candidate(f"c{i}", 20, 10 + i) for i in range(5))
    r = rules(fund("city", 35), fund("state", 100, max_share=Decimal("0.5")))
    programme = choose_programme(found, rules=r)
    assert set(years_of(programme)) == {"c2", "c3", "c4"}
    assert programme.violations == ()


def test_donors_pay_their_part() -> None:
    """Residents' 15 leave 5 for the city."""
    gift = candidate("yard", 20, 5, co_funding=(("residents", rub(15)),))
    programme = choose_programme((gift,), rules=rules(fund("city", 5)))
    assert programme.choices[0].paid == (("residents", rub(15)), ("city", rub(5)))


def test_sides_weigh() -> None:
    """The weight of the residents' side decides between two equal benefits."""
    found = (
        candidate("shop", 10, 50, sides=(("business", Decimal(1)),)),
        candidate("yard", 10, 45),
    )
    even = choose_programme(found, rules=rules(fund("city", 10)))
    ours = choose_programme(
        found, rules=rules(fund("city", 10), weights=(("residents", Decimal("1.2")),))
    )
    assert (set(years_of(even)), set(years_of(ours))) == ({"shop"}, {"yard"})


def test_impossible_pins_are_infeasible() -> None:
    """Two pins that the money cannot pay for together: no programme, and no exception."""
    found = (candidate("a", 60, 5), candidate("b", 60, 5))
    programme = choose_programme(found, rules=rules(fund("city", 100), must=("a", "b")))
    assert (programme.status, programme.choices) == ("infeasible", ())


def test_exact_to_the_kopeck() -> None:
    """Costs that fill the budget exactly are paid; one kopeck more is not."""
    found = tuple(candidate(f"c{i}", "33.33", 10) for i in range(3))
    full = choose_programme(found, rules=rules(fund("city", "99.99")))
    short = choose_programme(found, rules=rules(fund("city", "99.98")))
    assert (len(full.choices), len(short.choices)) == (3, 2)


@pytest.mark.parametrize("seed", range(12))
def test_more_money_never_hurts(seed: int) -> None:
    """A tenth more in every fund and year brings at least as much."""
    found, r = random_case(seed, n=20, years=3)
    # A floor on the budget asks for more when there is more money.
    r = replace(r, floor_rules=())
    more = replace(
        r, funds=tuple(replace(f, by_year=tuple(m * 2 for m in f.by_year)) for f in r.funds)
    )
    before, after = (
        choose_programme(found, rules=r, gap=0),
        choose_programme(found, rules=more, gap=0),
    )
    if before.status != "infeasible":
        assert after.objective >= before.objective - 1e-6


@pytest.mark.parametrize("seed", range(12))
def test_order_and_currency_unit_do_not_matter(seed: int) -> None:
    """Candidates backwards, or everything in kopecks: the same value."""
    found, r = random_case(seed, n=20, years=3)
    one = choose_programme(found, rules=r, gap=0)
    back = choose_programme(found[::-1], rules=r, gap=0)
    assert back.status == one.status
    assert back.objective == pytest.approx(one.objective, rel=1e-6)

    def small(money: Money) -> Money:
        return money * 100

    cents = tuple(
        replace(c, cost=small(c.cost), upkeep=small(c.upkeep), benefit=c.benefit * 100,
                co_funding=tuple((d, small(m)) for d, m in c.co_funding),
                overlaps=tuple((o, b * 100) for o, b in c.overlaps))
        for c in found
    )  # fmt: skip
    r100 = replace(
        r,
        funds=tuple(replace(f, by_year=tuple(small(m) for m in f.by_year)) for f in r.funds),
        upkeep_limit=tuple(small(m) for m in r.upkeep_limit),
        bundles=tuple(replace(b, saving=small(b.saving)) for b in r.bundles),
    )
    hundred = choose_programme(cents, rules=r100, gap=0)
    assert hundred.objective == pytest.approx(one.objective * 100, rel=1e-6)


@pytest.mark.parametrize("seed", range(10))
def test_sound_and_explained_at_forty(seed: int) -> None:
    """Forty candidates in four years: the verifier agrees, everyone has a reason."""
    found, r = random_case(seed, n=40, years=4)
    programme = choose_programme(found, rules=r, gap=0.001)
    assert programme.violations == ()
    assert [e.candidate_id for e in programme.explanations] == [c.id for c in found]
    assert all(e.reasons for e in programme.explanations)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"years": 2}, "fund city has 1 years"),
        ({"must": ("ghost",)}, "ghost"),
        ({"objective": "beauty"}, "beauty"),
        ({"upkeep_limit": (Money(Decimal(1), "USD"),)}, "RUB, USD"),
    ],
)
def test_rules_that_do_not_fit(change: dict[str, object], message: str) -> None:
    """What cannot be meant is refused with its name."""
    r = replace(rules(fund("city", 100)), **change)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=message):
        choose_programme((candidate("a", 1, 1),), rules=r)


def test_floor_by_half_of_the_period() -> None:
    """Half of the first year's budget goes to B, whatever comes later."""
    found = (
        candidate("a1", 50, 90),
        candidate("a2", 50, 80),
        candidate("b1", 50, 10, district="B"),
    )
    floor = Floor("district", "B", Decimal("0.5"), of="budget", years=(0, 0))
    programme = choose_programme(found, rules=rules(fund("city", 100, 50), floor_rules=(floor,)))
    assert years_of(programme) == {"a1": 0, "b1": 0, "a2": 1}
