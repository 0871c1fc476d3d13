"""What came in since the last time: compared, grouped and diagnosed; the rest left as it was."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from eutopia.core.records import Report as ReportRecord
from eutopia.web.foundation.access import OPERATOR, AccessDenied
from eutopia.web.foundation.models import Act
from eutopia.web.ledger.models import Run
from eutopia.web.loop.services import operator_for, renew_towns, update_town
from eutopia.web.problems.models import Problem, ProblemReport
from eutopia.web.reports.models import DuplicateGroup, KeptGrouping, Report
from eutopia.web.reports.selectors import last_full_grouping
from eutopia.web.reports.services import confirm_group, find_groups, load_reports
from eutopia.web.territory.models import Territory
from eutopia.web.territory.services import day_come, load_territory
from tests.web.towns import hamlet, hamlet_reports

pytestmark = pytest.mark.django_db

CLERK = operator_for("hamlet")


@pytest.fixture
def territory() -> Territory:
    row, _ = load_territory(OPERATOR, hamlet())
    load_reports(OPERATOR, row, hamlet_reports())
    return row


def again(number: str, first: str, **changes: Any) -> ReportRecord:
    """The same told of once more, an hour later."""
    told = next(one for one in hamlet_reports() if one.id == first)
    return replace(told, id=number, opened=told.opened + timedelta(hours=1), **changes)


def stored_groups() -> set[tuple[Any, ...]]:
    rows = DuplicateGroup.objects.values_list("member_ids", "score", "state")
    return {(tuple(ids), score, state) for ids, score, state in rows}


def parameters(territory: Territory, **options: Any) -> tuple[Run, Any]:
    run = Run.objects.get(pk=find_groups(CLERK, territory, **options).run_id)
    return run, run.parameters


def test_only_what_is_new_is_compared(territory: Territory) -> None:
    """Equal to a full run by the same words; groups that stand keep their row."""
    first, told = parameters(territory)
    assert "full_run" not in told
    before = dict(DuplicateGroup.objects.values_list("first_id", "pk"))
    assert before, "the hamlet has no duplicates"
    load_reports(CLERK, territory, [again("R950", "R010")])
    _, told = parameters(territory)
    assert told["full_run"] == first.pk
    assert json.loads(Act.objects.filter(action="report.group").latest("pk").after)["compared"] < 39
    assert Report.objects.get(number="R950").group == Report.objects.get(number="R010").group
    assert before.items() <= dict(DuplicateGroup.objects.values_list("first_id", "pk")).items()
    updated = stored_groups()
    assert last_full_grouping(territory.pk) == first.started
    full, told = parameters(territory, full=True)
    assert "full_run" not in told
    assert stored_groups() == updated
    assert last_full_grouping(territory.pk) == full.started
    assert not find_groups(CLERK, territory).fresh


def test_a_decision_brings_a_full_run_about(territory: Territory) -> None:
    find_groups(CLERK, territory)
    confirm_group(CLERK, DuplicateGroup.objects.earliest("pk").pk)
    load_reports(CLERK, territory, [again("R950", "R010")])
    run, told = parameters(territory)
    assert told["decisions"] == 1
    assert KeptGrouping.objects.get().full_run_id == run.pk


def test_a_town_is_updated_to_a_day(territory: Territory) -> None:
    """Tomorrow's report finds its problem, whose links that stand are the same rows."""
    update_town("hamlet")
    links = set(ProblemReport.objects.values_list("pk", flat=True))
    assert links, "the hamlet has no problem"
    load_reports(CLERK, territory, [again("R950", "R034")])
    tomorrow = territory.as_of + timedelta(days=1)
    done = update_town("hamlet", as_of=tomorrow)
    assert done.fresh
    assert Territory.objects.get().as_of == tomorrow
    assert Problem.objects.filter(current=True).count() == done.problems
    now = set(ProblemReport.objects.values_list("pk", flat=True))
    assert links <= now
    assert len(now) == len(links) + 1
    assert not update_town("hamlet", as_of=tomorrow).fresh
    assert renew_towns() == 1


def test_the_night_takes_a_living_town_to_its_day(territory: Territory) -> None:
    """One that reports come in from; a training town and a past year stay where they are."""
    today = timezone.now().astimezone(ZoneInfo(territory.time_zone)).date()
    for synthetic, back, moves in ((True, 1, False), (False, 400, False), (False, 1, True)):
        as_of = today - timedelta(days=back)
        Territory.objects.update(synthetic=synthetic, as_of=as_of)
        assert day_come(Territory.objects.get()) == (today if moves else None)
    assert renew_towns() == 1
    assert Territory.objects.get().as_of == today


def test_a_day_before_is_refused_and_nothing_changes(territory: Territory) -> None:
    with pytest.raises(ValueError, match="give a later day"):
        update_town("hamlet", as_of=territory.as_of - timedelta(days=1))
    assert Territory.objects.get().as_of == territory.as_of
    assert not Run.objects.exists()


def test_a_stranger_sets_no_day(territory: Territory) -> None:
    from eutopia.web.foundation.access import RESIDENT
    from eutopia.web.territory.services import set_today

    with pytest.raises(AccessDenied):
        set_today(RESIDENT, territory, territory.as_of + timedelta(days=1))
    assert Territory.objects.get().as_of == territory.as_of
