"""What staff do with problems at the desk, and a problem on paper, on a small town."""

from __future__ import annotations

import io
from typing import Any

import pypdf
import pytest
from django.test import Client

from eutopia.web.foundation.access import OPERATOR
from eutopia.web.foundation.services import grant_role, open_account
from eutopia.web.loop.services import Loop
from eutopia.web.problems import selectors
from eutopia.web.problems.models import Problem, ProblemChange, Ruling
from eutopia.web.problems.selectors import ProblemFilter
from eutopia.web.reports import selectors as reports
from eutopia.web.reports.selectors import ReportFilter

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

PASSWORD = "a long enough password"


@pytest.fixture
def staff(loop_done: Loop) -> Client:
    name = "planner-and-inspector"
    account = open_account(OPERATOR, login=name, name=name, password=PASSWORD)
    for role in ("planner", "inspector"):
        grant_role(OPERATOR, account, role, municipality=loop_done.code)
    client = Client()
    assert client.login(username=name, password=PASSWORD)
    return client


@pytest.fixture
def first(loop_done: Loop) -> int:
    return selectors.problems(loop_done.territory_id, ProblemFilter()).items[0].number


def test_a_problem_is_corrected_at_the_desk(staff: Client, first: int) -> None:
    sent = {"act": "correct", "place": "Behind the school", "cause": "weather", "why": "Seen."}
    assert staff.post(f"/en/desk/problems/{first}/", sent).status_code == 302
    page = staff.get(f"/en/problems/{first}/").content.decode()
    assert "Behind the school" in page
    assert "Corrected" in page
    refused = staff.post(f"/en/desk/problems/{first}/", {"act": "correct", "why": ""})
    assert refused.status_code == 422
    assert ProblemChange.objects.filter(kind="corrected").count() == 1


def test_an_inspection_is_written_at_the_desk(staff: Client, first: int) -> None:
    url = f"/en/desk/problems/{first}/"
    assert staff.post(url, {"act": "inspect"}).status_code == 422
    sent = {"act": "inspect", "seen": "yes", "seen_cause": "drainage", "note": "Water stands."}
    assert staff.post(url, sent).status_code == 302
    page = staff.get(f"/ru/problems/{first}/").content.decode()
    assert "Water stands." in page


def test_problems_are_merged_and_split_at_the_desk(staff: Client, loop_done: Loop) -> None:
    lines = selectors.problems(loop_done.territory_id, ProblemFilter()).items
    one, other = lines[0].number, lines[1].number
    url = f"/en/desk/problems/{one}/"
    assert staff.post(url, {"act": "merge"}).status_code == 200
    assert not Ruling.objects.exists()
    assert staff.post(url, {"act": "merge", "other": [other], "why": "One."}).status_code == 302
    assert Problem.objects.get(number=other).state == "merged"
    reports = selectors.problem_reports(loop_done.territory_id, one).items
    split = f"{url}split/"
    assert staff.get(split).status_code == 200
    assert staff.post(split, {"why": "Two."}).status_code == 422
    sent = {"why": "Two.", "report": [reports[0].id]}
    assert staff.post(split, sent).status_code == 302
    assert list(Ruling.objects.values_list("kind", flat=True)) == ["together", "apart"]


def test_problems_are_merged_by_number_with_a_report_that_nobody_suggested(
    staff: Client, loop_done: Loop
) -> None:
    """Wrong numbers are named and change nothing; then the farthest two are one."""
    town = loop_done.territory_id
    lines = selectors.problems(town, ProblemFilter(), size=50).items
    one, other = lines[0], lines[-1]
    lone = next(
        r for r in reports.reports(town, ReportFilter(order="oldest")).items
        if not selectors.problems_of_report(town, r.id)
    )  # fmt: skip
    view = reports.report(town, lone.id)
    assert view is not None
    url = "/en/desk/problems/merge/"
    page = staff.get(f"{url}?n={one.number}&n={other.number}&report={view.number}").content.decode()
    assert other.title in page
    good = {"numbers": f"{one.label} p-{other.number}", "reports": view.number, "why": "One wire."}
    for wrong, words in (
        ({"numbers": "P-99999"}, "There is no problem P-99999 here."),
        ({"numbers": "the tree"}, "is no number of a problem"),
        ({"numbers": one.label, "reports": ""}, "Name another problem"),
        ({"reports": "none-such"}, "There is no report none-such here."),
        ({"why": " "}, "for a reason"),
    ):
        answer = staff.post(url, good | wrong)
        assert answer.status_code == 422
        assert words in answer.content.decode()
        assert not Ruling.objects.exists()
        assert not Problem.objects.filter(state="merged").exists()
    answer = staff.post(url, good)
    assert answer.headers["Location"] == f"/en/desk/problems/{one.number}/"
    assert Problem.objects.get(number=other.number).merged_into == Problem.objects.get(
        number=one.number
    )
    assert str(lone.id) in Ruling.objects.get().report_ids


@pytest.mark.parametrize(("language", "expected"), [("en", "To decide"), ("ru", "Что решить")])
def test_a_brief_has_the_problem_in_the_readers_language(
    first: int, language: str, expected: str
) -> None:
    answer = Client().get(f"/{language}/problems/{first}/brief.pdf")
    assert answer["Content-Type"] == "application/pdf"
    read = pypdf.PdfReader(io.BytesIO(answer.content))
    words = "".join(page.extract_text() for page in read.pages)
    assert expected in words
    assert f"P-{first}" in words
    assert read.trailer["/Root"]["/Lang"].startswith(language)
    assert len(read.pages) <= 2
    assert Client().get("/en/problems/99999/brief.pdf").status_code == 404


def test_inspections_of_the_town_teach_its_first_diagnosis(loop_done: Loop) -> None:
    found: Any = Problem.objects.filter(territory_id=loop_done.territory_id, current=True)
    assert any(
        e.kind == "inspection" for p in found.prefetch_related("evidence") for e in p.evidence.all()
    )
