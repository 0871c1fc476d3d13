"""The way of a report: what steps are allowed, to whom, on what evidence."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from eutopia.web.foundation.access import OPERATOR, RESIDENT, AccessDenied, Actor, Grant
from eutopia.web.foundation.models import Act, SealedContact
from eutopia.web.ledger.models import Run
from eutopia.web.reports import models, selectors, workflow
from eutopia.web.reports.services import (
    GroupRefused,
    StepRefused,
    SubmissionRefused,
    change_status,
    confirm_group,
    erase_private_words,
    find_groups,
    load_reports,
    merge_reports,
    read_original,
    reject_group,
    submit_report,
)
from eutopia.web.territory.models import Territory
from eutopia.web.territory.services import load_territory
from tests.web.towns import hamlet, hamlet_reports

pytestmark = pytest.mark.django_db

CLERK = Actor(7, "Clerk", (Grant("case_officer", "hamlet"), Grant("moderator", "hamlet")))
ELSEWHERE = Actor(8, "Other", (Grant("case_officer", "elsewhere"),))
PROVIDER = Actor(9, "Works", (Grant("provider", "hamlet", "works"),))


@pytest.fixture
def territory() -> Territory:
    row, _ = load_territory(OPERATOR, hamlet())
    load_reports(OPERATOR, row, hamlet_reports())
    return row


def test_every_step_leads_somewhere_known() -> None:
    """The table speaks of known statuses and rights only; each status but none is a dead end."""
    from eutopia.web.foundation.access import ACTIONS

    for step in workflow.TRANSITIONS:
        assert {step.before, step.after} <= set(workflow.STATUSES)
        assert step.action in ACTIONS
        if step.after in ("done", "confirmed"):
            assert "evidence" in step.needs
    assert {step.before for step in workflow.TRANSITIONS} == set(workflow.STATUSES)


def test_done_takes_evidence(territory: Territory) -> None:
    """Nothing is closed by saying so: without evidence the step is refused and nothing changes."""
    row = models.Report.objects.get(number="R901")
    change_status(CLERK, row.pk, to="accepted")
    acts = Act.objects.count()
    for evidence in (None, {}, {"seen": "  "}):
        with pytest.raises(StepRefused, match="evidence"):
            change_status(CLERK, row.pk, to="done", evidence=evidence)
    row.refresh_from_db()
    assert (row.status, row.closed, Act.objects.count()) == ("accepted", None, acts)
    change_status(CLERK, row.pk, to="done", evidence={"photo": "uploads/1.jpg"})
    row.refresh_from_db()
    assert row.status == "done"
    assert row.closed is not None


def test_a_step_not_in_the_table_is_refused(territory: Territory) -> None:
    """From received straight to confirmed there is no way."""
    row = models.Report.objects.get(number="R901")
    with pytest.raises(StepRefused, match="can't become"):
        change_status(CLERK, row.pk, to="confirmed", evidence={"seen": "yes"})
    assert not models.StatusChange.objects.exists()


@pytest.mark.parametrize("actor", [RESIDENT, ELSEWHERE, PROVIDER])
def test_who_may_not_changes_nothing(territory: Territory, actor: Actor) -> None:
    """A resident, an officer of another town, a provider who does not own it."""
    row = models.Report.objects.get(number="R901")
    acts = Act.objects.count()
    with pytest.raises(AccessDenied):
        change_status(actor, row.pk, to="answered", note="No.")
    row.refresh_from_db()
    assert (row.status, Act.objects.count()) == ("received", acts)


def test_a_provider_answers_their_own(territory: Territory) -> None:
    """What is theirs, they may answer; the words are redacted."""
    row = models.Report.objects.filter(organisation="works", closed=None).first()
    assert row is not None
    change_status(PROVIDER, row.pk, to="answered", note="Ask +7 912 345-67-89.")
    view = selectors.report(territory.pk, row.pk)
    assert view is not None
    assert "912" not in view.closing_note
    assert view.steps[0].after == "answered"


def test_a_report_needs_no_name(territory: Territory) -> None:
    """It gets a number, a district, a deadline; the log keeps who of nobody."""
    told = submit_report(
        RESIDENT, territory.pk, problem_type="pothole", text="Hole", lon=40.015, lat=55.005
    )
    row = models.Report.objects.get(pk=told.id)
    assert (row.district, row.status, row.source) == ("east", "received", "site")
    assert row.due == told.due
    assert not told.redacted
    assert not models.PrivateWords.objects.exists()
    act = Act.objects.get(action="report.submit")
    assert (act.account, act.name) == (None, "")


def test_what_is_personal_lies_apart(territory: Territory) -> None:
    """Public words are redacted; original and contact are encrypted and erased on their day."""
    told = submit_report(
        RESIDENT,
        territory,
        problem_type="pothole",
        text="Hole; call +7 912 345-67-89",
        address="1 Main Street",
        contact={"email": "me@example.org"},
    )
    kept = models.PrivateWords.objects.get(report_id=told.id)
    assert told.redacted
    assert b"912" not in bytes(kept.original)
    sealed = models.Report.objects.values_list("contact", flat=True).get(pk=told.id)
    assert b"example" not in bytes(SealedContact.objects.get(pk=sealed).sealed)
    with pytest.raises(AccessDenied):
        read_original(RESIDENT, told.id)
    assert "912" in read_original(CLERK, told.id)
    assert erase_private_words(on=date(2000, 1, 1)) == 0
    assert erase_private_words(on=kept.erase_on) == 1
    assert "912" not in read_original(CLERK, told.id)


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"text": " "}, ("text", "missing")),
        ({"text": "x" * 4001}, ("text", "too_long")),
        ({"problem_type": "dragon"}, ("problem_type", "unknown")),
        ({"lon": None}, ("place", "missing")),
        ({"lon": 0.0, "lat": 0.0}, ("place", "outside")),
        ({"lon": float("nan")}, ("place", "outside")),
        ({"allow": lambda: False}, ("", "too_many")),
    ],
)
def test_a_faulty_report_is_refused(
    territory: Territory, given: dict[str, Any], fault: tuple[str, str]
) -> None:
    """Each fault is named by its field, and nothing is stored."""
    before = models.Report.objects.count()
    fine: dict[str, Any] = {"problem_type": "pothole", "text": "Hole", "lon": 40.01, "lat": 55.005}
    with pytest.raises(SubmissionRefused) as refused:
        submit_report(RESIDENT, territory, **(fine | given))
    assert fault in refused.value.fields
    assert models.Report.objects.count() == before


def test_groups_are_found_once_and_decisions_kept(territory: Territory) -> None:
    """The dark lamp told of twice is one event; what people decide survives the next search."""
    found = find_groups(CLERK, territory)
    assert found.fresh
    group = models.Report.objects.get(number="R900").group
    assert group is not None
    numbers = [line.number for line in selectors.group_reports(territory.pk, group.pk)]
    assert {"R003", "R900"} <= set(numbers)
    assert not find_groups(CLERK, territory).fresh
    reject_group(CLERK, group.pk)
    assert models.Report.objects.get(number="R900").group is None
    submit_report(RESIDENT, territory, problem_type="pothole", text="New", lon=40.01, lat=55.005)
    assert find_groups(CLERK, territory).fresh
    assert models.Report.objects.get(number="R900").group is None
    confirm_group(CLERK, group.pk)
    assert models.Report.objects.get(number="R900").group_id == group.pk
    submit_report(RESIDENT, territory, problem_type="pothole", text="More", lon=40.01, lat=55.005)
    find_groups(CLERK, territory)
    assert models.Report.objects.get(number="R900").group_id == group.pk
    assert models.DuplicateGroup.objects.get(pk=group.pk).state == "confirmed"


def _numbered(*numbers: str) -> list[int]:
    rows = dict(models.Report.objects.values_list("number", "pk"))
    return [rows[number] for number in numbers]


def _together(*numbers: str) -> bool:
    groups = set(models.Report.objects.filter(number__in=numbers).values_list("group", flat=True))
    return len(groups) == 1 and groups != {None}


def test_staff_merge_what_was_never_suggested(territory: Territory) -> None:
    """It brings the others of its event along, stays in later runs, teaches, and can be undone."""
    find_groups(CLERK, territory)
    assert _together("R003", "R900")
    assert not _together("R900", "R010")
    ids = _numbered("R900", "R010")
    number = merge_reports(CLERK, territory, ids, reason="One pole, two lamps.")
    assert _together("R003", "R900", "R010")
    submit_report(RESIDENT, territory, problem_type="pothole", text="New", lon=40.01, lat=55.005)
    run = Run.objects.get(pk=find_groups(CLERK, territory, full=True).run_id)
    assert run.parameters["decisions"] == 1
    assert _together("R003", "R900", "R010")
    view = selectors.group(territory.pk, number)
    assert view is not None
    assert (view.state, view.reason) == ("confirmed", "One pole, two lamps.")
    with pytest.raises(GroupRefused, match="give it"):
        reject_group(CLERK, number)
    assert _together("R003", "R900", "R010")
    reject_group(CLERK, number, reason="Two poles.")
    find_groups(CLERK, territory)
    assert not _together("R900", "R010")
    assert _together("R003", "R900"), "what was suggested before is suggested again"
    merge_reports(CLERK, territory, ids, reason="One pole after all.")
    states = models.DuplicateGroup.objects.values_list("state", flat=True)
    assert "rejected" not in states, "a separation that is contradicted is forgotten"


def test_a_merge_that_says_nothing_is_refused(territory: Territory) -> None:
    """Alone, without a reason, unknown, said already, by a stranger: nothing changes."""
    find_groups(CLERK, territory)
    a, b = _numbered("R900", "R010")

    def stored() -> list[Any]:
        rows = models.DuplicateGroup.objects.order_by("pk")
        return [*rows.values_list("pk", "member_ids", "state", "reason"), Act.objects.count()]

    before = stored()
    for given, reason, code in (
        ([a], "Same.", "alone"),
        ([a, b], " ", "reason"),
        ([a, 10**9], "Same.", "unknown"),
    ):
        with pytest.raises(GroupRefused) as refused:
            merge_reports(CLERK, territory, given, reason=reason)
        assert refused.value.code == code
    for actor in (RESIDENT, ELSEWHERE, PROVIDER):
        with pytest.raises(AccessDenied):
            merge_reports(actor, territory, [a, b], reason="Same.")
    assert stored() == before
    merge_reports(CLERK, territory, [a, b], reason="Same.")
    before = stored()
    with pytest.raises(GroupRefused, match="already"):
        merge_reports(CLERK, territory, [a, b], reason="Same.")
    assert stored() == before


def test_a_stranger_groups_nothing(territory: Territory) -> None:
    """Refused, and no group is there afterwards."""
    with pytest.raises(AccessDenied):
        find_groups(RESIDENT, territory)
    assert not models.DuplicateGroup.objects.exists()
