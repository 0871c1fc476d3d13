"""The systemic indicators are what a slow count gives; counted once; refused to strangers."""

from __future__ import annotations

from decimal import Decimal

import pytest

from eutopia.web.foundation.access import RESIDENT, AccessDenied
from eutopia.web.loop.services import operator_for
from eutopia.web.problems import selectors
from eutopia.web.problems.models import Recurrence, SystemicMonth
from eutopia.web.problems.services import measure_systemic
from eutopia.web.reports.models import Report
from tests.web.problems.test_problems import find, ids, record, territory  # noqa: F401

pytestmark = pytest.mark.django_db

PLANNER = operator_for("hamlet")


def test_months_add_up_to_the_reports(territory, find, ids) -> None:  # noqa: F811
    find(record("a", ids[:6]))
    first = measure_systemic(PLANNER, territory, funded=())
    view = selectors.systemic(territory.pk)
    assert view is not None
    told = Report.objects.filter(territory=territory)
    recent = [r for r in told if r.opened.date() >= view.months[0].month]
    assert sum(m.reports for m in view.months) == len(recent)
    explained = [r for r in recent if str(r.pk) in ids[:6]]
    assert sum(m.explained for m in view.months) == len(explained)
    assert sum(m.repeats for m in view.months) <= sum(m.events for m in view.months)
    areas = selectors.systemic_by_district(territory.pk)
    assert sum(m.reports for a in areas for m in a.months) <= len(recent)
    assert (view.problems, view.funded_share) == (1, 0.0)
    assert all(m.repeat_cost >= Decimal(0) for m in view.months)
    assert measure_systemic(PLANNER, territory, funded=()) == first


def test_money_for_a_measure_is_seen(territory, find, ids) -> None:  # noqa: F811
    from eutopia.web.problems.models import Problem

    find(record("a", ids[:6]), record("b", ids[6:12]))
    paid = Problem.objects.get(number=1).pk
    measure_systemic(PLANNER, territory, funded=[paid])
    view = selectors.systemic(territory.pk)
    assert view is not None
    assert view.funded_share == 0.5


def test_returns_are_told_over_all_and_by_type(territory, find, ids) -> None:  # noqa: F811
    measure_systemic(PLANNER, territory, funded=())
    (whole,) = selectors.recurrence(territory.pk, "all")
    types = selectors.recurrence(territory.pk, "problem_type")
    assert whole.events == sum(t.events for t in types)
    assert whole.repeats == sum(t.repeats for t in types)
    assert all(t.low <= t.share <= t.high for t in types if t.closures)
    assert all(list(t.holding) == sorted(t.holding, reverse=True) for t in types)


def test_a_stranger_counts_nothing(territory) -> None:  # noqa: F811
    with pytest.raises(AccessDenied):
        measure_systemic(RESIDENT, territory, funded=())
    assert not SystemicMonth.objects.exists()
    assert not Recurrence.objects.exists()
