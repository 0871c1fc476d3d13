"""The rules one by one: months and crews, closed streets, rules of funds, gifts, criteria."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from eutopia.core.plan.portfolio import choose_programme
from eutopia.core.plan.timetable import timetable
from eutopia.core.plan.verification import verify_programme
from eutopia.core.records import (
    Choice,
    Closure,
    CrewCalendar,
    PortfolioRules,
    Priority,
    Programme,
)
from tests.core.plan.cases import candidate, fund, rich_case, rub, rules

SUMMER = CrewCalendar("surface", tuple(Decimal(int(5 <= month <= 9)) for month in range(1, 13)))


def years_of(programme: Programme) -> dict[str, int]:
    assert programme.violations == ()
    return {choice.candidate_id: choice.year for choice in programme.choices}


def paving(id_: str, benefit: int, months: int, **extra: Any) -> Any:
    return candidate(id_, 10, benefit, crew_months=(("surface", Decimal(months)),), **extra)


def test_one_crew_has_five_months_of_summer() -> None:
    """Of works of 3, 3 and 2 months five fit from May to September: 3 and 2."""
    found = (paving("a", 90, 3), paving("b", 80, 3), paving("c", 10, 2))
    r = rules(fund("city", 100), crew_calendars=(SUMMER,))
    programme = choose_programme(found, rules=r)
    assert set(years_of(programme)) == {"a", "c"}
    assert programme.explanations[1].reasons[0].code == "crew_full"


def test_a_short_season_is_a_narrow_place() -> None:
    """Two works of one month each that can only be done in May need two crews in May."""
    found = (paving("a", 90, 1, season=(5, 5)), paving("b", 80, 1, season=(5, 5)))
    r = rules(fund("city", 100, 100), crew_calendars=(SUMMER,))
    assert years_of(choose_programme(found, rules=r)) == {"a": 0, "b": 1}


def test_an_approval_in_autumn_misses_the_season() -> None:
    """Ready in November of the first year, built from May to September: the second year."""
    late = paving("a", 90, 1, season=(5, 9), ready_month=10)
    programme = choose_programme((late,), rules=rules(fund("city", 100, 100)))
    assert years_of(programme) == {"a": 1}
    (works,) = timetable(programme.choices, (late,), rules=rules(fund("city", 100, 100)))
    assert (works.first_month, works.last_month) == (5, 9)


def test_timetable_serves_first_what_must_end_first() -> None:
    """`a` may wait until September, `b` must be done by June: b takes May and June."""
    found = (paving("a", 90, 3), paving("b", 80, 2, season=(5, 6)))
    r = rules(fund("city", 100), crew_calendars=(SUMMER,))
    programme = choose_programme(found, rules=r)
    months = {w.candidate_id: (w.first_month, w.last_month) for w in
              timetable(programme.choices, found, rules=r)}  # fmt: skip
    assert months == {"a": (7, 9), "b": (5, 6)}


@pytest.mark.parametrize("seed", range(700, 712))
def test_every_sound_programme_has_a_timetable(seed: int) -> None:
    """Nothing is late, nobody works out of season, no month holds more than its crews."""
    found, r = rich_case(seed, n=16, years=2)
    programme = choose_programme(found, rules=r)
    works = timetable(programme.choices, found, rules=r)
    known = {c.id: c for c in found}
    by_month: dict[tuple[int, int], Decimal] = {}
    for one in works:
        assert one.late == 0
        assert (
            sum(amount for _, _, amount in one.by_month)
            == known[one.candidate_id].crew_months[0][1]
        )
        for _, month, amount in one.by_month:
            assert known[one.candidate_id].season[0] <= month <= known[one.candidate_id].season[1]
            assert 12 * one.year + month > known[one.candidate_id].ready_month
            key = (one.year, month)
            by_month[key] = by_month.get(key, Decimal(0)) + amount
    crews = r.crew_calendars[0].by_month
    assert all(amount <= crews[month - 1] for (_, month), amount in by_month.items())


def test_verifier_sees_what_no_crew_can_do() -> None:
    """Six months of work in a summer of five: told, though every year's total would fit."""
    found = (paving("a", 90, 3), paving("b", 80, 3))
    r = rules(fund("city", 100), crew_calendars=(SUMMER,))
    choices = tuple(Choice(id_, 0, (("city", rub(10)),)) for id_ in "ab")
    (breach,) = {b.split(":")[0] for b in verify_programme(choices, found, rules=r)}
    assert breach == "season"
    (works, _) = timetable(choices, found, rules=r)
    assert works.late + timetable(choices, found, rules=r)[1].late == 1


def test_a_street_is_closed_once() -> None:
    """Pipe and lamps close the street; money would have them in two years, the closure in one."""
    found = (candidate("pipe", 60, 50, closes=("s",)), candidate("lamp", 60, 40, closes=("s",)))
    r = rules(fund("city", 60, 120, carry_over=True))
    free = choose_programme(found, rules=r)
    once = choose_programme(found, rules=replace(r, closures=(Closure("s"),)))
    assert (years_of(free), years_of(once)) == ({"pipe": 0, "lamp": 1}, {"pipe": 1, "lamp": 1})
    kept_open = choose_programme(found, rules=replace(r, closures=(Closure("s", years=(0,)),)))
    assert years_of(kept_open) == {"pipe": 0}
    assert kept_open.explanations[1].reasons[0].code in {"budget", "closed_once"}


def test_a_street_that_may_not_be_closed() -> None:
    """No closing at all leaves both out, and says so; a pin conflicts with it by one year."""
    found = (candidate("pipe", 10, 50, closes=("s",)),)
    r = rules(fund("city", 60), closures=(Closure("s", 0),))
    programme = choose_programme(found, rules=r)
    assert years_of(programme) == {}
    assert programme.explanations[0].reasons[0].code == "closed_once"
    (conflict,) = choose_programme(found, rules=replace(r, must=("pipe",))).conflicts
    assert set(conflict.rules) == {("must", "pipe"), ("closure", "s")}
    ways = {way.rule: (way.amount, way.unit) for way in conflict.relaxations}
    assert ways["closure", "s"] == (Decimal(1), "years")


@pytest.mark.parametrize(
    ("limits", "chosen"),
    [
        ({"most_each": rub(30)}, {"small"}),  # 30 of the large one's 50, and nobody else pays
        ({"districts": ("B",)}, {"large"}),
        ({"needs_gift": Decimal("0.2")}, {"small"}),  # 6 of 30 given against 5 of 50
        ({"needs_gift": Decimal("0.2"), "gifts_counted": ("cash",)}, set()),
    ],
)
def test_rules_of_a_fund(limits: dict[str, Any], chosen: set[str]) -> None:
    """What a fund may pay for, and how much of it."""
    found = (
        candidate("small", 30, 50, co_funding=(("residents", rub(6)),),
                  gift_kinds=(("residents", "labour"),)),
        candidate("large", 55, 90, district="B", co_funding=(("shop", rub(5)),)),
    )  # fmt: skip
    programme = choose_programme(found, rules=rules(fund("grant", 100, **limits)))
    assert set(years_of(programme)) == chosen


def test_carry_over_up_to_a_limit() -> None:
    """60 a year, 20 of them may be kept: 80 is the most that anything can cost."""
    found = (candidate("a", 80, 50), candidate("b", 81, 99))
    programme = choose_programme(
        found, rules=rules(fund("city", 60, 60, carry_over=True, carry_limit=rub(20)))
    )
    assert years_of(programme) == {"a": 1}


def test_pinned_to_a_year() -> None:
    """A promise for the second year is kept there; one for a year it cannot start in conflicts."""
    found = (candidate("a", 10, 50), candidate("slow", 10, 50, not_before=1))
    r = rules(fund("city", 100, 100))
    assert years_of(choose_programme(found, rules=replace(r, must_in=(("a", 1),))))["a"] == 1
    broken = choose_programme(found, rules=replace(r, must_in=(("slow", 0),)))
    assert broken.status == "infeasible"
    assert broken.conflicts[0].rules == (("must_in", "slow"), ("lead_time", "slow"))


def test_a_priced_quality_is_money() -> None:
    """Twenty people safer at 3 each outweigh 50 of benefit; unpriced they are only shown."""
    found = (
        candidate("plain", 10, 50),
        candidate("safe", 10, 1, effects=(("safety", Decimal(20)),)),
    )
    r = rules(fund("city", 10))
    assert set(years_of(choose_programme(found, rules=r))) == {"plain"}
    priced = replace(r, quality_values=(("safety", Decimal(3)),))
    assert set(years_of(choose_programme(found, rules=priced))) == {"safe"}


def lexicographic(*order: tuple[str, str], **extra: Any) -> PortfolioRules:
    priorities = tuple(Priority(criterion, Decimal(give)) for criterion, give in order)
    return rules(fund("city", 20), objective="lexicographic", priorities=priorities, **extra)


def test_one_criterion_after_another() -> None:
    """People first: the 300 of `yard` and `ramp`; with a tenth given up, what brings most."""
    found = (
        candidate("yard", 10, 5, people_reached=200),
        candidate("ramp", 10, 7, people_reached=100),
        candidate("road", 10, 90, people_reached=80),
    )
    people = choose_programme(found, rules=lexicographic(("people", "0")))
    nearly = choose_programme(found, rules=lexicographic(("people", "0.1")))
    assert (set(years_of(people)), set(years_of(nearly))) == ({"yard", "ramp"}, {"yard", "road"})
    assert [note.code for note in people.notes] == ["priority_kept"]
    assert dict(people.notes[0].values)["best"] == "300.0000"


def test_cheapest_that_keeps_the_benefit() -> None:
    """Of two programmes that bring the same the cheaper: benefit first, then least cost."""
    found = (candidate("dear", 20, 50), candidate("cheap", 9, 50, excludes=("dear",)))
    programme = choose_programme(found, rules=lexicographic(("benefit", "0"), ("cost", "0")))
    assert set(years_of(programme)) == {"cheap"}


def test_fair_first_then_safe() -> None:
    """The worse-off district first, then safety, then the total."""
    found = (
        candidate("a", 10, 90),
        candidate("a2", 10, 80, effects=(("safety", Decimal(9)),)),
        candidate("b", 10, 5, district="B"),
        candidate("b2", 10, 5, district="B", effects=(("safety", Decimal(9)),)),
    )
    programme = choose_programme(
        found, rules=lexicographic(("fair_districts", "0.2"), ("safety", "0"))
    )
    assert set(years_of(programme)) == {"a2", "b2"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"objective": "lexicographic"}, "priorities"),
        ({"priorities": (Priority("people"),)}, "go together"),
        (
            {"objective": "lexicographic", "priorities": (Priority("beauty"),)},
            "'beauty' is none of",
        ),
        ({"crew_calendars": (CrewCalendar("x", (Decimal(1),)),)}, "twelve numbers"),
        ({"closures": (Closure("s", 1, (4,)),)}, "years are 0 to 0"),
        ({"must_in": (("ghost", 0),)}, "ghost"),
    ],
)
def test_rules_that_mean_nothing(change: dict[str, Any], message: str) -> None:
    """Each is refused with what is wrong."""
    with pytest.raises(ValueError, match=message):
        choose_programme((candidate("a", 1, 1),), rules=replace(rules(fund("city", 9)), **change))
