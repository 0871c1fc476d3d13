"""What staff say of a problem stands above the engine, is remembered, and teaches it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from eutopia.core.records import CauseHypothesis, Money
from eutopia.web.foundation.access import RESIDENT, AccessDenied, Actor, Grant
from eutopia.web.foundation.models import Act
from eutopia.web.loop.services import operator_for
from eutopia.web.problems import bridge, selectors
from eutopia.web.problems.models import Inspection, Problem, ProblemChange, Ruling
from eutopia.web.problems.services import (
    CorrectionRefused,
    MergeRefused,
    confirm_problem,
    correct_problem,
    diagnose_territory,
    merge_problems,
    record_inspection,
    reject_problem,
    split_problem,
)
from eutopia.web.problems.services.people import hour_value
from eutopia.web.reports.models import DuplicateGroup
from eutopia.web.reports.services import confirm_group, find_groups, norms_of, reject_group
from eutopia.web.territory.models import Asset, Territory
from tests.web.problems.test_problems import find, ids, record, territory  # noqa: F401

pytestmark = pytest.mark.django_db

PLANNER = operator_for("hamlet")
INSPECTOR = Actor(5, "Inspector", (Grant("inspector", "hamlet"),))


def history(number: int) -> list[tuple[str, list[int]]]:
    rows = ProblemChange.objects.filter(problem__number=number)
    return list(rows.values_list("kind", "others"))


def test_a_correction_stands_through_every_diagnosis(territory, find, ids) -> None:  # noqa: F811
    signs = (CauseHypothesis("worn_asset", 0.7, "lamp-1"), CauseHypothesis("behaviour", 0.3))
    told = record("a", ids[:6], by_signs=signs)
    find(told)
    changes = {"place": "Behind the school", "owner": "keeper", "cause": "behaviour"}
    correct_problem(PLANNER, territory, 1, changes, reason="Seen at the place.")
    for _ in range(2):
        view = selectors.problem(territory.pk, 1)
        assert view is not None
        assert (view.line.place, view.line.owner) == ("Behind the school", "keeper")
        assert [(c.cause, c.likelihood) for c in view.causes] == [("behaviour", 1.0)]
        assert bridge.problems(territory.pk)[0][1].place == "Behind the school"
        find(told)
    correct_problem(PLANNER, territory, 1, {"place": ""}, reason="It was right.")
    find(told)
    assert Problem.objects.get(number=1).place == "Main Street"
    assert history(1)[:2] == [("found", []), ("corrected", [])]


def test_another_type_is_priced_as_its_own_at_once_and_after(territory, find, ids) -> None:  # noqa: F811
    """An event of the hamlet's other type has another price: the cost is in its proportion."""
    types = {one.code: one for one in norms_of(territory).problem_types()}
    old = types.pop("street_light_out")
    other = next(one for one in types.values() if one.response_cost != old.response_cost)
    hour = hour_value(norms_of(territory), territory.currency) or Money.zero(territory.currency)

    def price(one: Any) -> Decimal:
        return (one.response_cost + hour * one.resident_hours).amount

    told = record("a", ids[:6])
    find(told)
    expected = told.cost.total.amount * price(other) / price(old)
    changes = {"problem_type": other.code}
    correct_problem(PLANNER, territory, 1, changes, reason="Seen at the place.")
    for _ in range(2):
        row = Problem.objects.get(number=1)
        assert row.problem_type == other.code
        assert row.cost_total == row.record.cost.total.amount
        assert float(row.cost_total) == pytest.approx(float(expected), abs=0.02)
        assert row.severity == row.record.severity
        find(told)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"problem_type": "unicorns"}, "problem_type"),
        ({"owner": "nobody"}, "owner"),
        ({"cause": "goblins"}, "cause"),
        ({"radius_m": 5_000}, "radius_m"),
        ({"severity": 1}, "severity"),
        ({}, "reason"),
    ],
)
def test_what_cannot_be_set_changes_nothing(territory, find, ids, changes, field) -> None:  # noqa: F811
    find(record("a", ids[:6]))
    before = Problem.objects.values().get(), Act.objects.count()
    with pytest.raises(CorrectionRefused) as refused:
        correct_problem(PLANNER, territory, 1, changes, reason="Why.")
    assert refused.value.field == field
    with pytest.raises(AccessDenied):
        correct_problem(INSPECTOR, territory, 1, {"place": "x"}, reason="Why.")
    assert (Problem.objects.values().get(), Act.objects.count()) == before


def test_merges_and_splits_of_the_engine_are_written_down(territory, find, ids) -> None:  # noqa: F811
    find(record("a", ids[:6]), record("b", ids[6:10]))
    find(record("a", ids[:10]))
    assert history(1) == [("found", []), ("merged", [2])]
    assert history(2) == [("found", []), ("ended", [1])]
    find(record("a", ids[:5]), record("c", ids[5:10]))
    assert Problem.objects.get(code="c").number == 2
    assert history(2)[-1] == ("returned", [])
    find(record("a", ids[:5]), record("c", ids[5:8]), record("d", ids[8:10]))
    assert history(3) == [("split", [2])]


def test_a_merge_by_staff_folds_the_reports_in(territory, find, ids) -> None:  # noqa: F811
    """The larger one is merged into the smaller: the joined find keeps the number chosen."""
    find(record("a", ids[:8]), record("b", ids[8:12]))
    merge_problems(PLANNER, territory, [1], into=2, reason="One lamp.")
    assert [set(r.report_ids) for r in Ruling.objects.all()] == [set(ids[:12])]
    find(record("a", ids[:12]))
    states = dict(Problem.objects.values_list("number", "state"))
    assert states == {1: "merged", 2: "confirmed"}
    joined = Problem.objects.get(number=2)
    assert (joined.reports, joined.current) == (12, True)
    assert history(1)[1] == ("joined", [2])


def test_a_report_is_merged_into_a_problem_that_never_had_it(territory, find, ids) -> None:  # noqa: F811
    """By the ruling it stays in it through the diagnosis that the engine makes itself."""
    find(record("a", ids[:6]))
    stray = int(ids[9])
    merge_problems(PLANNER, territory, [], into=1, report_ids=[stray], reason="The same lamp.")
    (ruling,) = bridge.rulings(territory.pk)
    assert set(ruling.report_ids) == {*ids[:6], str(stray)}
    assert history(1)[1:] == [("merged", []), ("confirmed", [])]
    assert Problem.objects.get(number=1).state == "confirmed"
    acts = Act.objects.count()
    merge_problems(PLANNER, territory, [], into=1, report_ids=[int(ids[8])], reason="This too.")
    assert Act.objects.count() == acts + 1
    assert history(1)[3:] == [("merged", [])]


def test_a_merge_refused_leaves_all_as_it_was(territory, find, ids) -> None:  # noqa: F811
    find(record("a", ids[:6]), record("b", ids[6:12]), record("c", ids[12:18]))
    reject_problem(PLANNER, territory, 3, reason="None.")
    rows = lambda: (  # noqa: E731
        list(Problem.objects.order_by("pk").values()), Act.objects.count(),
        ProblemChange.objects.count(), Ruling.objects.count(),
    )  # fmt: skip
    before = rows()
    stray, own, nobodys = int(ids[18]), int(ids[0]), max(map(int, ids)) + 1_000
    for numbers, report_ids, reason, code in (
        ([2], [], " ", "reason"),
        ([], [], "Why.", "nothing"),
        ([1], [own], "Why.", "nothing"),
        ([2, 3], [stray], "Why.", "fallen"),
        ([2], [stray, nobodys], "Why.", "report"),
    ):
        with pytest.raises(MergeRefused) as refused:
            merge_problems(
                PLANNER, territory, numbers, into=1, report_ids=report_ids, reason=reason
            )
        assert refused.value.code == code
    with pytest.raises(Problem.DoesNotExist):
        merge_problems(PLANNER, territory, [2, 99], into=1, reason="Why.")
    with pytest.raises(AccessDenied):
        merge_problems(INSPECTOR, territory, [2], into=1, reason="Why.")
    assert rows() == before


def test_a_split_is_ruled_and_refused_where_it_says_nothing(territory, find, ids) -> None:  # noqa: F811
    find(record("a", ids[:8]), record("b", ids[8:12]))
    for wrong in ([], ids[:8], ids[7:9]):
        with pytest.raises(MergeRefused):
            split_problem(PLANNER, territory, 1, wrong, reason="Two lamps.")
    with pytest.raises(MergeRefused):
        split_problem(PLANNER, territory, 1, ids[:2], reason=" ")
    with pytest.raises(AccessDenied):
        split_problem(RESIDENT, territory, 1, ids[:2], reason="Two lamps.")
    assert not Ruling.objects.exists()
    split_problem(PLANNER, territory, 1, ids[:2], reason="Two lamps.")
    (ruling,) = bridge.rulings(territory.pk)
    assert (ruling.kind, set(ruling.report_ids)) == ("apart", set(ids[:2]))


def test_an_inspection_is_kept_and_the_register_knows_the_condition(territory, find, ids) -> None:  # noqa: F811
    find(record("a", ids[:6]))
    with pytest.raises(AccessDenied):
        record_inspection(PLANNER_ONLY, territory, 1, confirmed=True)
    with pytest.raises(ValueError, match="condition"):
        record_inspection(INSPECTOR, territory, 1, confirmed=True, condition=150)
    with pytest.raises(ValueError, match="cause"):
        record_inspection(INSPECTOR, territory, 1, confirmed=False, cause="behaviour")
    assert not Inspection.objects.exists()
    seen = {"confirmed": True, "cause": "worn_asset", "condition": 12.0}
    assert record_inspection(INSPECTOR, territory, 1, **seen, note="Rusty.") == "P1-1"
    assert Asset.objects.get(code="lamp-1").condition == 12.0
    assert bridge.inspections(territory.pk)[0].cause == "worn_asset"
    assert history(1)[-1] == ("inspected", [])


PLANNER_ONLY = Actor(6, "Planner", (Grant("planner", "hamlet"),))


def test_decisions_teach_the_next_diagnosis(territory, find, ids) -> None:  # noqa: F811
    """Sixty finds decided: a cause named again and again comes first, a certainty is told."""
    signs = (CauseHypothesis("worn_asset", 0.8, "lamp-1"), CauseHypothesis("weather", 0.2))
    found = [record(f"p{k}", [ids[0] + f"-{k}"], by_signs=signs) for k in range(60)]
    real = [replace(one, report_ids=(ids[k % len(ids)],)) for k, one in enumerate(found)]
    real = real[: len(ids)]
    find(*real)
    for number in range(1, len(real)):
        correct_problem(PLANNER, territory, number, {"cause": "weather"}, reason="Wind.")
        confirm_problem(PLANNER, territory, number)
    find(*real)
    last = Problem.objects.get(number=len(real))
    assert last.causes.order_by("-likelihood")[0].cause == "weather"
    assert (last.certainty is not None) == (len(real) - 1 >= 50)


def test_a_decision_makes_the_diagnosis_fresh(territory: Territory) -> None:  # noqa: F811
    diagnose_territory(PLANNER, territory)
    assert Problem.objects.exists(), "the hamlet has no problem"
    assert not diagnose_territory(PLANNER, territory).fresh
    reject_problem(PLANNER, territory, 1, reason="None.")
    assert diagnose_territory(PLANNER, territory).fresh
    assert not diagnose_territory(PLANNER, territory).fresh


def test_merges_of_reports_teach_the_threshold(territory: Territory) -> None:  # noqa: F811
    """A yes lowers it, a no raises it, and the run says so; the same decisions, the same run."""
    find_groups(PLANNER, territory)
    groups = list(DuplicateGroup.objects.order_by("id"))
    assert len(groups) >= 2, "the hamlet has no duplicates"

    def threshold() -> Any:
        from eutopia.web.ledger.models import Run

        run = find_groups(PLANNER, territory).run_id
        return Run.objects.get(pk=run).parameters

    before = threshold()
    confirm_group(PLANNER, groups[0].pk)
    after = threshold()
    assert after["threshold"] < before["threshold"]
    assert after["decisions"] == 1
    assert threshold() == after
    reject_group(PLANNER, groups[0].pk, reason="Two leaks, two pipes")
    assert threshold()["threshold"] > before["threshold"]
