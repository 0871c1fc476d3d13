"""Candidates by hand: brought in, edited, taken back, mandated; each with its reason and gate."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from shapely.geometry import box

from eutopia.core.records import Money
from eutopia.web.foundation.access import OPERATOR, RESIDENT, AccessDenied, Actor, Grant
from eutopia.web.foundation.models import Act
from eutopia.web.programmes import bridge
from eutopia.web.programmes.models import Candidate, CandidateChange, Programme
from eutopia.web.programmes.services import (
    CandidateRefused,
    add_candidate,
    candidate_from_proposal,
    edit_candidate,
    load_candidates,
    plan_programme,
    restore_candidate,
    set_mandates,
    set_rules,
    withdraw_candidate,
)
from eutopia.web.territory.models import HeritageAsset, Territory
from eutopia.web.territory.services import load_territory
from tests.web.programmes.test_programmes import CANDIDATES, CLERK, PLANNER, RULES
from tests.web.towns import hamlet

pytestmark = pytest.mark.django_db

RICH = replace(
    RULES,
    funds=(replace(RULES.funds[0], by_year=(Money(Decimal(900_000), "RUB"),) * 2),),
    upkeep_limit=(Money(Decimal(100_000), "RUB"),) * 2,
)
TITLE = (("en", "Benches of Main Street"), ("ru", "Скамейки Главной улицы"))


@pytest.fixture
def territory() -> Territory:
    town = hamlet()
    row, _ = load_territory(OPERATOR, replace(town, packs=(*town.packs, "measures-base")))
    load_candidates(PLANNER, row, CANDIDATES)
    set_rules(PLANNER, row, RICH)
    return row


def add(territory: Territory, **values: Any) -> Candidate:
    given: dict[str, Any] = {
        "measure": "replace_benches",
        "title": TITLE,
        "lon": 40.004,
        "lat": 55.004,
        "quantity": Decimal(2),
        "benefit": Decimal(90_000),
        "reason": "Asked for at the meeting",
    }
    done = add_candidate(PLANNER, territory, **(given | values))
    return Candidate.objects.get(pk=done.candidate_id)


def test_staff_bring_in_what_competes(territory: Territory) -> None:
    """Priced by the pack, with its history and a line in the log; chosen like any other."""
    row = add(territory)
    measure = next(m for m in _measures(territory) if m.code == "replace_benches")
    assert row.cost == measure.cost.amount * 2
    assert (row.origin, row.district, row.gate) == ("staff", "west", "allow")
    change = row.changes.get()
    assert (change.kind, change.reason) == ("added", "Asked for at the meeting")
    assert Act.objects.order_by("number").last().reason == "Asked for at the meeting"  # type: ignore[union-attr]
    done = plan_programme(PLANNER, territory)
    chosen = Programme.objects.get(pk=done.programme_id).verdicts.filter(chosen=True)
    assert row.code in set(chosen.values_list("candidate__code", flat=True))


def _measures(territory: Territory) -> Any:
    from eutopia.web.reports.services import norms_of

    return norms_of(territory).measures()


def test_an_edit_keeps_what_was_before(territory: Territory) -> None:
    """A dearer price with its reason; the history tells both; deriving anew forgets nothing."""
    row = Candidate.objects.get(code="good")
    edit_candidate(PLANNER, row.pk, cost=Decimal(650), reason="The tender came in higher")
    row.refresh_from_db()
    assert (row.cost, row.record.cost.amount) == (650, 650)
    change = row.changes.get()
    assert (change.before, change.after) == ({"cost": "600.00"}, {"cost": "650.00"})
    load_candidates(PLANNER, territory, CANDIDATES)
    row.refresh_from_db()
    assert row.cost == 650


def test_what_is_withdrawn_competes_no_more(territory: Territory) -> None:
    """Out of the next choice, its page and history stay; it may come back."""
    row = Candidate.objects.get(code="good")
    withdraw_candidate(PLANNER, row.pk, reason="Built by the neighbours")
    done = plan_programme(PLANNER, territory)
    known = Programme.objects.get(pk=done.programme_id).verdicts
    assert not known.filter(candidate=row).exists()
    with pytest.raises(CandidateRefused):
        withdraw_candidate(PLANNER, row.pk, reason="Again")
    restore_candidate(PLANNER, row.pk, reason="They did not")
    assert [c.kind for c in row.changes.all()] == ["withdrawn", "restored"]
    assert "good" in {one.id for one in bridge.proposed(territory.pk)}


def test_a_proposal_becomes_one_candidate(territory: Territory) -> None:
    """Business offers half; the same proposal again makes no second candidate."""
    given: dict[str, Any] = {
        "proposal": "p-17",
        "measure": "replace_benches",
        "title": TITLE,
        "lon": 40.015,
        "lat": 55.002,
        "side": "business",
        "co_funding": Decimal(10_000),
    }
    moderator = Actor(5, "Moderator", (Grant("moderator", "hamlet"),))
    one = candidate_from_proposal(moderator, territory, **given)
    two = candidate_from_proposal(moderator, territory, **given)
    assert (one, one.code) == (two, "proposal-p-17")
    row = Candidate.objects.get(code="proposal-p-17")
    assert (row.origin, row.district) == ("business", "east")
    assert row.record.co_funding == (("business", Money(Decimal(10_000), "RUB")),)
    assert row.changes.count() == 1


def test_the_gate_is_asked_again(territory: Territory, monkeypatch: Any) -> None:
    """What heritage forbids is refused, and nothing is stored; also when the register grows."""
    from eutopia.core.norms.force import NormsInForce

    forbid = _forbidding(territory)
    monkeypatch.setattr(NormsInForce, "heritage_rules", lambda _: (forbid,))
    before = (Candidate.objects.count(), CandidateChange.objects.count(), Act.objects.count())
    with pytest.raises(CandidateRefused, match="heritage") as refused:
        add(territory, lon=40.018, lat=55.008)
    assert (refused.value.field, refused.value.code) == ("place", "heritage_forbidden")
    assert before == (
        Candidate.objects.count(),
        CandidateChange.objects.count(),
        Act.objects.count(),
    )
    row = add(territory)
    shape = box(40.003, 55.003, 40.005, 55.005)
    HeritageAsset.objects.filter(territory=territory).update(geometry=shape)
    done = plan_programme(PLANNER, territory)
    verdict = Programme.objects.get(pk=done.programme_id).verdicts.get(candidate=row)
    assert (verdict.chosen, verdict.main_reason) == (False, "heritage_forbidden")


def _forbidding(territory: Territory) -> Any:
    from eutopia.core.records import HeritageRule
    from eutopia.core.records.norms import Source

    source = Source("", "", "", "C")
    return HeritageRule("no", "", ("object_territory",), (), (), (), "forbid", "", source)


def test_mandates_of_a_vote(territory: Territory) -> None:
    """Hard: in, although it brings less. Soft: counts more. An unknown code changes nothing."""
    set_rules(PLANNER, territory, replace(RULES, mandates="hard"))
    assert set_mandates(PLANNER, territory, {"fair": "hard"}, reason="Vote of 2026") == 1
    assert set_mandates(PLANNER, territory, {"fair": "hard"}, reason="Vote of 2026") == 0
    done = plan_programme(PLANNER, territory)
    chosen = Programme.objects.get(pk=done.programme_id).verdicts.filter(chosen=True)
    assert [v.candidate.code for v in chosen] == ["fair"]
    assert chosen[0].main_reason == "mandated"
    # 500 against 300 weighed twice over by a soft mandate of 1.5: 450; good stays the better.
    set_mandates(PLANNER, territory, {"fair": "soft"}, reason="The council's reading")
    soft = plan_programme(PLANNER, territory)
    rows = Programme.objects.get(pk=soft.programme_id).verdicts.filter(chosen=True)
    assert [v.candidate.code for v in rows] == ["good"]
    with pytest.raises(CandidateRefused, match="no such"):
        set_mandates(PLANNER, territory, {"good": "hard", "none": "hard"}, reason="x")
    assert Candidate.objects.get(code="good").mandate_kind == ""


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"measure": "none"}, "measure"),
        ({"reason": "  "}, "reason"),
        ({"title": ()}, "title"),
        ({"quantity": Decimal(0)}, "quantity"),
        ({"lon": 41.0}, "place"),
    ],
)
def test_what_cannot_be_brought_in(
    territory: Territory, values: dict[str, Any], field: str
) -> None:
    """Each refusal names its field, and nothing is stored."""
    with pytest.raises(CandidateRefused) as refused:
        add(territory, **values)
    assert refused.value.field == field
    assert not Candidate.objects.filter(origin="staff").exists()


def test_who_may_not_changes_nothing(territory: Territory) -> None:
    """Residents and clerks touch no candidate; a moderator proposes but does not edit."""
    good = Candidate.objects.get(code="good").pk
    acts = Act.objects.count()
    moderator = Actor(5, "Moderator", (Grant("moderator", "hamlet"),))
    for actor in (RESIDENT, CLERK, moderator):
        for act in (
            lambda a: edit_candidate(a, good, cost=Decimal(1), reason="x"),
            lambda a: withdraw_candidate(a, good, reason="x"),
            lambda a: set_mandates(a, territory, {"good": "hard"}, reason="x"),
            lambda a: add_candidate(
                a, territory, measure="m", title=TITLE, lon=40.004, lat=55.004,
                quantity=Decimal(1), reason="x",
            ),
        ):  # fmt: skip
            with pytest.raises(AccessDenied):
                act(actor)
    assert not CandidateChange.objects.exists()
    assert Act.objects.count() == acts
