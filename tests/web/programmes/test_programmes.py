"""A programme is chosen, pinned, compared and adopted; what it promises can be followed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from shapely.geometry import Point

from eutopia.core.records import (
    Candidate as CandidateRecord,
)
from eutopia.core.records import (
    Fund,
    GateDecision,
    Money,
    PortfolioRules,
    Text,
    Work,
)
from eutopia.web.foundation.access import OPERATOR, RESIDENT, AccessDenied, Actor, Grant
from eutopia.web.foundation.models import Act
from eutopia.web.ledger import selectors as ledger
from eutopia.web.ledger.models import Promise
from eutopia.web.loop.services import operator_for
from eutopia.web.programmes import bridge, selectors
from eutopia.web.programmes.models import Candidate, Programme, Rules
from eutopia.web.programmes.selectors import CandidateFilter
from eutopia.web.programmes.services import (
    PlanRefused,
    PublishRefused,
    Wish,
    WishRefused,
    choose_variant,
    load_candidates,
    plan_programme,
    publish_programme,
    set_rules,
    settle_promises,
)
from eutopia.web.territory.models import Territory
from eutopia.web.territory.selectors import place_words
from eutopia.web.territory.services import load_territory
from eutopia.web.works.services import load_works
from tests.web.towns import hamlet

pytestmark = pytest.mark.django_db

PLANNER = operator_for("hamlet")
SIDES = ("residents", "business", "municipality")
CLERK = Actor(7, "Clerk", (Grant("case_officer", "hamlet"),))


def rub(amount: str) -> Money:
    return Money(Decimal(amount), "RUB")


def candidate(id_: str, cost: str, benefit: str, **values: Any) -> CandidateRecord:
    """A work at the church's end of town."""
    gate = GateDecision("allow", (), (), (), (), (), (), "test@1")
    given: dict[str, Any] = {
        "measure": "lamp_replacement",
        "title": Text.of(en=f"Work {id_}", ru=f"Работа {id_}"),
        "district": "west",
        "geometry": Point(40.005, 55.005),
        "quantity": Decimal(1),
        "unit": "item",
        "cost": rub(cost),
        "upkeep": rub("10"),
        "life_years": 10,
        "benefit": Decimal(benefit),
        "benefit_low": Decimal(benefit) / 2,
        "benefit_high": Decimal(benefit) * 2,
        "sides": (("residents", Decimal(1)),),
        "problem_ids": (),
        "people_reached": 100,
        "gate": gate,
        "origin": "proposal",
    }
    return CandidateRecord(id=id_, **(given | values))


CANDIDATES = (
    candidate("good", "600", "500"),
    candidate("fair", "500", "300", district="east"),
    candidate("poor", "900", "100"),
)
RULES = PortfolioRules(
    first_year=2027,
    years=2,
    funds=(Fund("city", Text.of(en="City", ru="Город"), (rub("700"), rub("0"))),),
    upkeep_limit=(rub("1000"), rub("1000")),
    discount_rate=Decimal("0.04"),
)


@pytest.fixture
def territory() -> Territory:
    row, _ = load_territory(OPERATOR, hamlet())
    load_candidates(PLANNER, row, CANDIDATES)
    set_rules(PLANNER, row, RULES)
    return row


def _chosen(programme_id: int) -> set[str]:
    row = Programme.objects.get(pk=programme_id)
    return set(row.verdicts.filter(chosen=True).values_list("candidate__code", flat=True))


def test_the_money_goes_to_the_best(territory: Territory) -> None:
    """Seven hundred buy the good one; each refusal has its reason; doing it again is not fresh."""
    done = plan_programme(PLANNER, territory)
    assert _chosen(done.programme_id) == {"good"}
    assert (done.chosen, done.refused, done.fresh) == (1, 2, True)
    again = plan_programme(PLANNER, territory)
    assert (again.programme_id, again.fresh) == (done.programme_id, False)
    view = selectors.programme(territory.pk)
    assert view is not None
    assert view.violations == ()
    assert [(b.available, b.spent) for b in view.funds] == [(700, 600), (0, 0)]
    assert view.years[1].upkeep_added == 10
    refused = selectors.candidates(territory.pk, CandidateFilter(chosen=False)).items
    assert all(line.main_reason is not None for line in refused)


def test_records_are_kept_whole(territory: Territory) -> None:
    """Candidates and rules come back to the last digit."""
    assert bridge.proposed(territory.pk) == tuple(sorted(CANDIDATES, key=lambda c: c.id))
    assert bridge.rules(territory.pk) == RULES


def test_what_a_year_leaves_is_carried_over(territory: Territory) -> None:
    """700 less 600 leave 100; with the 200 of the next year 300, which buy nothing."""
    fund = replace(RULES.funds[0], by_year=(rub("700"), rub("200")), carry_over=True)
    set_rules(PLANNER, territory, replace(RULES, funds=(fund,)))
    plan_programme(PLANNER, territory)
    view = selectors.programme(territory.pk)
    assert view is not None
    assert [(bar.spent, bar.left) for bar in view.funds] == [(600, 100), (0, 300)]


def test_what_if(territory: Territory, django_assert_max_num_queries: Any) -> None:
    """Pinning the fair one in puts the good one out; the variants can be compared."""
    base = plan_programme(PLANNER, territory)
    fair = Candidate.objects.get(code="fair")
    variant = choose_variant(PLANNER, base.programme_id, Wish(pins={fair.pk: "must"}))
    assert _chosen(variant.programme_id) == {"fair"}
    told = selectors.compare(territory.pk, base.number, variant.number)
    moved = {one.candidate.code: (one.before, one.after) for one in told}
    assert moved == {"good": (2027, None), "fair": (None, 2027)}
    with django_assert_max_num_queries(1):
        lines = selectors.programmes(territory.pk)
    assert [(one.number, one.pins, one.based_on, one.chosen) for one in lines] == [
        (2, 1, 1, 1),
        (1, 0, None, 1),
    ]
    view = selectors.programme(territory.pk, variant.number)
    assert view is not None
    assert [title for _, title in view.must] == ["Work fair"]


def test_what_cannot_be_asked(territory: Territory) -> None:
    """Each says which of its fields makes no sense, and no variant is there."""
    base = plan_programme(PLANNER, territory)
    good = Candidate.objects.get(code="good").pk
    for wish, field in (
        (Wish(pins={good: "perhaps"}), "pins"),
        (Wish(pins={10**9: "must"}), "pins"),
        (Wish(objective="glory"), "objective"),
        (Wish(weights={"residents": Decimal(-1)}), "weights"),
        (Wish(weights=dict.fromkeys(SIDES, Decimal(0))), "weights"),
        (Wish(funds={("city", 2027): Decimal(-1)}), "funds"),
        (Wish(upkeep={2027: Decimal(-1)}), "upkeep"),
        (Wish(floors={"west": Decimal("0.6"), "east": Decimal("0.6")}), "floors"),
        (Wish(floors={"nowhere": Decimal("0.1")}), "floors"),
    ):
        with pytest.raises(WishRefused) as refused:
            choose_variant(PLANNER, base.programme_id, wish)
        assert refused.value.field == field
    assert Programme.objects.count() == 1


def test_rules_that_conflict_are_told(territory: Territory) -> None:
    """Insisting on more than there is money for gives a conflict with ways out, not adoptable."""
    base = plan_programme(PLANNER, territory)
    poor = Candidate.objects.get(code="poor").pk
    variant = choose_variant(PLANNER, base.programme_id, Wish(pins={poor: "must"}))
    assert variant.status == "infeasible"
    view = selectors.programme(territory.pk, variant.number)
    assert view is not None
    assert view.conflicts
    with pytest.raises(PublishRefused, match="not sound"):
        publish_programme(PLANNER, variant.programme_id)
    assert not Promise.objects.exists()


def test_adopting_promises(territory: Territory) -> None:
    """Each choice becomes a promise; adopting another withdraws what it does not keep."""
    base = plan_programme(PLANNER, territory)
    assert publish_programme(PLANNER, base.programme_id) == 1
    assert publish_programme(PLANNER, base.programme_id) == 0
    fair = Candidate.objects.get(code="fair")
    variant = choose_variant(PLANNER, base.programme_id, Wish(pins={fair.pk: "must"}))
    assert publish_programme(PLANNER, variant.programme_id, reason="After the hearing") == 1
    states = {p.title: p.state for p in ledger.promises(territory.pk).items}
    assert states == {"Work good": "withdrawn", "Work fair": "made"}
    assert set(Programme.objects.values_list("number", "state")) == {
        (1, "superseded"),
        (2, "published"),
    }
    with pytest.raises(PublishRefused, match="superseded"):
        publish_programme(PLANNER, base.programme_id)


def test_promises_are_kept_or_broken(territory: Territory) -> None:
    """A finished work keeps its promise; a year that passes without one breaks it."""
    base = plan_programme(PLANNER, territory)
    publish_programme(PLANNER, base.programme_id)
    assert settle_promises(PLANNER, territory) == 0
    territory.as_of = date(2028, 2, 1)
    territory.save()
    assert settle_promises(PLANNER, territory) == 1
    assert ledger.promise_figures(territory.pk).broken == 1
    done = Work(
        id="w9",
        measure="lamp_replacement",
        geometry=Point(40.005, 55.005),
        district="west",
        started=date(2028, 1, 10),
        finished=date(2028, 1, 20),
        cost=rub("650"),
        candidate_id="good",
    )
    load_works(OPERATOR, territory, [done])
    assert settle_promises(PLANNER, territory) == 1
    assert ledger.promise_figures(territory.pk).late == 1
    assert settle_promises(PLANNER, territory) == 0


def test_who_may_not_changes_nothing(territory: Territory) -> None:
    """A resident plans nothing, a clerk neither; only the administrator adopts."""
    base = plan_programme(PLANNER, territory)
    acts = Act.objects.count()
    planner = Actor(4, "Planner", (Grant("planner", "hamlet"),))
    for actor in (RESIDENT, CLERK):
        for act in (
            lambda a: plan_programme(a, territory),
            lambda a: choose_variant(a, base.programme_id, Wish()),
            lambda a: set_rules(a, territory, RULES),
            lambda a: load_candidates(a, territory, CANDIDATES),
        ):
            with pytest.raises(AccessDenied):
                act(actor)
    with pytest.raises(AccessDenied):
        publish_programme(planner, base.programme_id)
    assert Programme.objects.get().state == "draft"
    assert not Promise.objects.exists()
    assert Act.objects.count() == acts


def test_without_rules_there_is_no_plan(territory: Territory) -> None:
    """Nobody said how much money there is: said so, and nothing stored."""
    Rules.objects.all().delete()
    with pytest.raises(PlanRefused, match="rules"):
        plan_programme(PLANNER, territory)
    assert not Programme.objects.exists()


def test_a_candidates_page(territory: Territory, django_assert_max_num_queries: Any) -> None:
    """Cost, gate, reasons, and at which price it would enter. Names of places are kept."""
    plan_programme(PLANNER, territory)
    place_words(territory.pk)
    with django_assert_max_num_queries(16):
        view = selectors.candidate(territory.pk, Candidate.objects.get(code="fair").pk)
    assert view is not None
    assert not view.line.chosen
    assert view.gate.outcome == "allow"
    assert view.reasons
    assert selectors.candidate(territory.pk, 0) is None
