"""Problems keep their numbers, and people's word on them, through every diagnosis."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from eutopia.core.records import (
    CauseHypothesis,
    CostOfInaction,
    Evidence,
    Money,
)
from eutopia.core.records import (
    Problem as ProblemRecord,
)
from eutopia.web.foundation.access import OPERATOR, RESIDENT, AccessDenied, Actor, Grant
from eutopia.web.foundation.models import Act
from eutopia.web.loop.services import operator_for
from eutopia.web.problems import bridge, selectors
from eutopia.web.problems.models import Problem
from eutopia.web.problems.selectors import ProblemFilter
from eutopia.web.problems.services import (
    MergeRefused,
    confirm_problem,
    diagnose_territory,
    merge_problems,
    reject_problem,
)
from eutopia.web.reports.models import Report
from eutopia.web.reports.services import load_reports
from eutopia.web.territory.models import Territory
from eutopia.web.territory.selectors import place_words
from eutopia.web.territory.services import load_territory
from tests.web.towns import hamlet, hamlet_reports

pytestmark = pytest.mark.django_db

PLANNER = operator_for("hamlet")
INSPECTOR = Actor(5, "Inspector", (Grant("inspector", "hamlet"),))


def record(id_: str, reports: list[str], **values: Any) -> ProblemRecord:
    """A problem of dark lamps with these reports."""
    rub = Money(Decimal("1000"), "RUB")
    given: dict[str, Any] = {
        "problem_type": "street_light_out",
        "lon": 40.005,
        "lat": 55.005,
        "radius_m": 20.0,
        "district": "west",
        "place": "Main Street",
        "events": len(reports),
        "recurrences": 2,
        "first_seen": date(2025, 1, 1),
        "last_seen": date(2026, 1, 1),
        "people_affected": 90,
        "severity": 0.5,
        "trend": 0.1,
        "evidence": (Evidence("reports", 0.9, tuple(reports), float(len(reports)), "reports"),),
        "causes": (CauseHypothesis("worn_asset", 0.6, "lamp-1"),),
        "cost": CostOfInaction(4.0, 5, Decimal("0.04"), rub, rub, rub, rub, rub),
        "owner": "works",
        "asset_ids": ("lamp-1",),
    }
    return ProblemRecord(id=id_, report_ids=tuple(reports), **(given | values))


@pytest.fixture
def territory() -> Territory:
    row, _ = load_territory(OPERATOR, hamlet())
    load_reports(OPERATOR, row, hamlet_reports())
    return row


@pytest.fixture
def find(territory: Territory, monkeypatch: Any) -> Any:
    """Diagnose, as if the core had found what is told."""

    def diagnosed(*records: ProblemRecord) -> Any:
        from eutopia.web.problems.services import finding

        monkeypatch.setattr(finding, "find_problems", lambda *a, **k: records)
        monkeypatch.setattr(finding, "find_run", lambda asked: None)
        return diagnose_territory(PLANNER, territory)

    return diagnosed


@pytest.fixture
def ids(territory: Territory) -> list[str]:
    lamps = Report.objects.filter(problem_type="street_light_out").order_by("number")
    return [str(pk) for pk in lamps.values_list("pk", flat=True)]


def test_the_real_diagnosis_is_done_once(territory: Territory) -> None:
    """The same reports are diagnosed once; a new report makes it fresh again."""
    first = diagnose_territory(PLANNER, territory)
    assert first.fresh
    assert first.problems == selectors.problems(territory.pk, ProblemFilter()).total
    if first.problems:
        assert not diagnose_territory(PLANNER, territory).fresh
    newer = replace(hamlet_reports()[0], id="R999")
    load_reports(OPERATOR, territory, [newer])
    assert diagnose_territory(PLANNER, territory).fresh


def test_numbers_stay(territory: Territory, find: Any, ids: list[str]) -> None:
    """The same id, or at least half of the reports, is the same problem; numbers are not reused."""
    find(record("a", ids[:6]), record("b", ids[6:12]))
    assert dict(Problem.objects.values_list("code", "number")) == {"a": 1, "b": 2}
    done = find(record("b", ids[6:14]), record("moved", ids[:4]), record("new", ids[14:18]))
    assert (done.new, done.gone) == (1, 0)
    assert dict(Problem.objects.values_list("code", "number")) == {"b": 2, "moved": 1, "new": 3}
    done = find(record("b", ids[6:14]))
    assert done.gone == 2
    assert selectors.problems(territory.pk, ProblemFilter()).total == 1
    gone = selectors.problem(territory.pk, 3)
    assert gone is not None
    assert not gone.current
    find(record("b", ids[6:14]), record("other", ids[18:20]))
    assert Problem.objects.get(code="other").number == 4


def test_peoples_word_stays(territory: Territory, find: Any, ids: list[str]) -> None:
    """What was rejected stays so when it is found again, and is not planned for."""
    found = [record("a", ids[:6]), record("b", ids[6:12]), record("c", ids[12:18])]
    find(*found)
    reject_problem(PLANNER, territory, 1, reason="A lamp of the railway's.")
    merge_problems(PLANNER, territory, [2], into=3, reason="One lamp.")
    find(*found)
    states = dict(Problem.objects.values_list("number", "state"))
    assert states == {1: "rejected", 2: "merged", 3: "confirmed"}
    assert [told.id for _, told in bridge.problems(territory.pk)] == ["c"]
    view = selectors.problem(territory.pk, 2)
    assert view is not None
    assert view.merged_into == 3


def test_the_record_is_kept_whole(territory: Territory, find: Any, ids: list[str]) -> None:
    """What planning gets is the core's record, to the last digit."""
    told = record("a", ids[:6], severity=0.1 + 0.2)
    find(told)
    assert bridge.problems(territory.pk)[0][1] == told


def test_a_problem_without_a_place(territory: Territory, find: Any, ids: list[str]) -> None:
    """It has its page, but is on no map and in no plan."""
    find(record("a", ids[:6], lon=float("nan"), lat=float("nan")))
    assert bridge.problems(territory.pk) == ()
    assert '"features":[]' in selectors.layer(territory.pk, ProblemFilter())
    view = selectors.problem(territory.pk, 1)
    assert view is not None
    assert view.line.lon is None


def test_who_may_not_changes_nothing(territory: Territory, find: Any, ids: list[str]) -> None:
    """Neither a resident nor an inspector decides on problems."""
    find(record("a", ids[:6]), record("b", ids[6:12]))
    acts = Act.objects.count()
    for actor in (RESIDENT, INSPECTOR):
        with pytest.raises(AccessDenied):
            confirm_problem(actor, territory, 1)
        with pytest.raises(AccessDenied):
            reject_problem(actor, territory, 1, reason="No.")
        with pytest.raises(AccessDenied):
            merge_problems(actor, territory, [1], into=2, reason="One.")
        with pytest.raises(AccessDenied):
            diagnose_territory(actor, territory)
    assert set(Problem.objects.values_list("state", flat=True)) == {"found"}
    assert Act.objects.count() == acts


def test_what_cannot_be_merged(territory: Territory, find: Any, ids: list[str]) -> None:
    """Nothing goes into itself, nor into what does not stand; a rejection takes a reason."""
    find(record("a", ids[:6]), record("b", ids[6:12]))
    with pytest.raises(MergeRefused):
        merge_problems(PLANNER, territory, [1], into=1, reason="One.")
    with pytest.raises(ValueError, match="reason"):
        reject_problem(PLANNER, territory, 1, reason=" ")
    reject_problem(PLANNER, territory, 1, reason="None.")
    with pytest.raises(MergeRefused):
        merge_problems(PLANNER, territory, [2], into=1, reason="One.")


def test_a_list_takes_five_queries(
    territory: Territory, find: Any, ids: list[str], django_assert_num_queries: Any
) -> None:
    """Count, rows, titles, districts, owners: whatever the size. Names of places are kept."""
    place_words(territory.pk)
    find(*(record(f"p{i}", [one]) for i, one in enumerate(ids[:20])))
    for size in (2, 20):
        with django_assert_num_queries(5):
            assert len(selectors.problems(territory.pk, ProblemFilter(), size=size).items) == size
