"""Three sides weigh, and a programme is found that all can call fair."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from django.utils import timezone

from eutopia.core.plan.side_values import favourite, side_values
from eutopia.core.records import Choice
from eutopia.core.town.opinions import voice_opinions
from eutopia.web.consultations import selectors
from eutopia.web.consultations.models import Mediation, SideCode, Weighing
from eutopia.web.consultations.services import (
    DialogueRefused,
    MediationDraft,
    compromise_works,
    issue_side_codes,
    load_weighings,
    open_mediation,
    read_weights,
    settle_mediation,
    weigh,
)
from eutopia.web.foundation.access import RESIDENT, AccessDenied
from eutopia.web.loop.services import replay_run
from eutopia.web.programmes import bridge
from tests.web.consultations.hamlets import RULES, Hamlet, actor

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def opened(hamlet_town: Hamlet) -> Mediation:
    now = timezone.now()
    return open_mediation(
        hamlet_town.operator, hamlet_town.territory,
        MediationDraft(title=(("en", "What counts"),), programme=1, opens=now - DAY,
                       closes=now + DAY),
    )  # fmt: skip


def points(row: Mediation, *shares: int) -> dict[str, Any]:
    return {"points": dict(zip(row.criteria, shares, strict=True))}


def give(row: Mediation, *shares: int, **more: Any) -> Weighing:
    return weigh(
        more.pop("actor", RESIDENT), row.pk, side=more.pop("side", "residents"),
        method="budget_allocation", answers=points(row, *shares), **more,
    )  # fmt: skip


def test_criteria_are_what_the_candidates_serve(opened: Mediation) -> None:
    """Equal benefits: by code."""
    assert opened.criteria == ["lighting", "roads", "water"]


def test_values_of_sides_are_the_programmes_value(hamlet_town: Hamlet) -> None:
    """40 a year over ten years at no discount is 400 a work, shared by side."""
    works = bridge.candidates_of(hamlet_town.programme.pk)
    choices = [Choice("roads", 0, ()), Choice("lamps", 0, ())]
    told = side_values(
        choices, works, rules=RULES, criteria={"roads": "roads", "lamps": "lighting"}
    )
    assert told["business", "roads"] == Decimal(320)
    assert told["residents", "lighting"] == Decimal(320)
    assert sum(told.values()) == Decimal(800)
    liked = favourite(
        works, rules=RULES, criteria={w.id: w.id for w in works},
        rates={("municipality", "drains"): Decimal(1), ("business", "roads"): Decimal("0.5")},
    )  # fmt: skip
    assert {one.candidate_id for one in liked} == {"drains", "roads"}


def test_the_compromise_is_found_explained_and_replayed(
    hamlet_town: Hamlet, opened: Mediation
) -> None:
    """Two of three works fit; each side wants another; Nash's pair has the largest product."""
    for _ in range(6):
        give(opened, 90, 5, 5)
    codes = issue_side_codes(hamlet_town.operator, opened.pk, count=1)
    give(opened, 10, 80, 10, side="business", code=codes[0].lower())
    give(opened, 5, 5, 90, side="municipality", actor=hamlet_town.operator)
    made = settle_mediation(hamlet_town.operator, opened.pk)
    view = selectors.mediation(hamlet_town.territory.pk, 1)
    assert view is not None
    told = view.settlement
    assert told is not None
    assert told.options[0].id == "programme:1"
    products = {o.id: float(np.prod(o.utilities)) for o in told.options}
    assert products[told.nash.parts[0][0].id] == max(products.values())
    assert {one.highest for one in told.agreement} == {"residents", "business", "municipality"}
    assert min(told.nash.achieved) > 0
    assert replay_run(made.run_id).verdict == "same"
    assert settle_mediation(hamlet_town.operator, opened.pk).pk == made.pk
    base, works = compromise_works(opened.pk)
    assert base == hamlet_town.programme.pk
    assert len(works) == 2


def test_all_three_sides_must_have_answered(hamlet_town: Hamlet, opened: Mediation) -> None:
    give(opened, 50, 25, 25)
    with pytest.raises(DialogueRefused) as refused:
        settle_mediation(hamlet_town.operator, opened.pk)
    assert refused.value.fields == (("sides", "missing"),)
    assert not opened.settlements.exists()


def test_a_code_serves_once_and_is_kept_nowhere(hamlet_town: Hamlet, opened: Mediation) -> None:
    (code,) = issue_side_codes(hamlet_town.operator, opened.pk, count=1)
    plain = code.replace("-", "")
    assert not SideCode.objects.filter(digest__contains=plain).exists()
    give(opened, 40, 30, 30, side="business", code=code)
    for wrong, why in ((code, "used"), ("AAAA-BBBB-CCCC", "code"), ("", "missing")):
        with pytest.raises(DialogueRefused) as refused:
            give(opened, 40, 30, 30, side="business", code=wrong)
        assert refused.value.fields == (("code", why),)
    assert Weighing.objects.count() == 1


@pytest.mark.parametrize(
    ("method", "answers", "code"),
    [
        ("budget_allocation", {"points": {"lighting": 50, "roads": 30, "water": 30}}, "sum"),
        ("budget_allocation", {"points": {"lighting": 100}}, "missing"),
        ("swing", {"swings": {"lighting": 90, "roads": 30, "water": 30}}, "top"),
        ("pairs", {"pairs": []}, "missing"),
        ("pairs", {"pairs": [["lighting", "roads", "3"], ["roads", "water", "x"]]}, "answers"),
        ("best_worst", {"best": "roads", "worst": "roads"}, "best_worst"),
        ("guess", {}, "unknown"),
    ],
)
def test_answers_that_cannot_be_meant_are_refused(
    opened: Mediation, method: str, answers: dict[str, Any], code: str
) -> None:
    with pytest.raises(DialogueRefused) as refused:
        weigh(RESIDENT, opened.pk, side="residents", method=method, answers=answers)
    assert refused.value.fields == (("answers", code),)
    assert not Weighing.objects.exists()


def test_too_many_and_too_late_are_refused(opened: Mediation) -> None:
    with pytest.raises(DialogueRefused):
        give(opened, 40, 30, 30, allow=lambda: False)
    Mediation.objects.filter(pk=opened.pk).update(closes=timezone.now() - timedelta(hours=1))
    with pytest.raises(DialogueRefused) as refused:
        give(opened, 40, 30, 30)
    assert refused.value.fields == (("", "not_now"),)
    assert not Weighing.objects.exists()


def test_who_may_not_speak_for_the_municipality(hamlet_town: Hamlet, opened: Mediation) -> None:
    for who in (RESIDENT, actor("moderator"), actor("planner", "elsewhere")):
        with pytest.raises(AccessDenied):
            give(opened, 40, 30, 30, side="municipality", actor=who)
        with pytest.raises(AccessDenied):
            settle_mediation(who, opened.pk)
        with pytest.raises(AccessDenied):
            issue_side_codes(who, opened.pk, count=1)
    assert not Weighing.objects.exists()
    assert not SideCode.objects.exists()


def test_invented_opinions_can_all_be_read(hamlet_town: Hamlet, opened: Mediation) -> None:
    """Whatever the generator says, the working place takes: all or none."""
    rng = np.random.default_rng(3)
    for side in ("residents", "business", "municipality"):
        told = voice_opinions(side, opened.criteria, count=60, rng=rng)
        for way, answers in told:
            assert sum(read_weights(opened.criteria, way, answers).values) == pytest.approx(1)
    assert load_weighings(hamlet_town.operator, opened.pk, "residents", told) == 60
    with pytest.raises(DialogueRefused):
        load_weighings(
            hamlet_town.operator, opened.pk, "residents", [*told[:2], ("swing", {"swings": {}})]
        )
    assert Weighing.objects.count() == 60
