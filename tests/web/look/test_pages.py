"""Every page, in both languages, on a small town that has been through the whole loop."""

from __future__ import annotations

import gzip
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client

from eutopia.web.dialogue import selectors as dialogue
from eutopia.web.foundation.access import OPERATOR, ROLES
from eutopia.web.foundation.models import Account
from eutopia.web.foundation.services import grant_role, open_account
from eutopia.web.loop.services import Loop
from eutopia.web.problems import selectors as problems
from eutopia.web.problems.selectors import ProblemFilter
from eutopia.web.programmes import selectors as programmes
from eutopia.web.programmes.selectors import CandidateFilter
from eutopia.web.reports import selectors as reports
from eutopia.web.reports.selectors import ReportFilter
from eutopia.web.territory import selectors as territories
from tests.web.look.addresses import desk_pages, public_pages

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

PASSWORD = "a long enough password"
LANGUAGES = ("en", "ru")
HEAVIEST = 40_000
"""Bytes of a page's HTML, compressed: a second on a slow line."""


class Page(HTMLParser):
    """What of a page can be checked without a browser."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.ids: list[str] = []
        self.inline: list[str] = []
        self.fetched: list[str] = []
        self.links: list[str] = []
        self.headings: list[str] = []
        self.lang = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.inline += [f"{tag} {n}" for n in found if n == "style" or n.startswith("on")]
        if tag == "script" and "src" not in found and found.get("type") != "application/json":
            self.inline.append("script")
        if tag == "html":
            self.lang = found.get("lang", "")
        if "id" in found:
            self.ids.append(found["id"])
        if tag in ("script", "img", "use") or (tag == "link" and found["rel"] != "alternate"):
            self.fetched.append(found.get("src") or found.get("href") or "")
        if tag == "a":
            self.links.append(found.get("href", ""))
        if tag in ("h1", "h2", "h3"):
            self.headings.append(tag)


def checked(client: Client, address: str) -> Page:
    """Open a page and check what holds for all of them."""
    response = client.get(address)
    assert response.status_code == 200, address
    html = response.content.decode()
    page = Page(html)
    assert not page.inline, f"{address}: the policy forbids {page.inline}"
    assert page.headings.count("h1") == 1 or "style" in address, address
    assert len(page.ids) == len(set(page.ids)), f"{address}: an id occurs twice"
    assert all(a.startswith(("/", "#")) for a in page.fetched if a), page.fetched
    assert not [a for a in page.links if a.startswith("http")], address
    for target in page.links:
        if target.startswith("#") and len(target) > 1:
            assert target[1:] in page.ids, f"{address}: {target} leads nowhere"
    return page


def test_every_public_page(loop_done: Loop, client: Client) -> None:
    """Each answers in both languages, says that the town is invented, and obeys the policy."""
    for language in LANGUAGES:
        for path in public_pages(loop_done.territory_id):
            page = checked(client, f"/{language}/{path}")
            assert page.lang == language
            said = {"en": "Synthetic training town", "ru": "Вымышленный учебный город"}[language]
            assert said in page.html
            other = {"en": "/ru/", "ru": "/en/"}[language]
            assert any(link.startswith(other) for link in page.links), path
            # No page weighs more than a slow line carries in a second.
            assert len(gzip.compress(page.html.encode())) < HEAVIEST, path


def test_pages_are_sent_compressed(loop_done: Loop, client: Client) -> None:
    """Whoever can unpack it gets the small page."""
    whole = client.get("/ru/")
    packed = client.get("/ru/", headers={"accept-encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert len(packed.content) < len(whole.content) / 2


def test_files_behind_the_pages(loop_done: Loop, client: Client) -> None:
    """Map layers are GeoJSON, the town's picture is SVG, tables are CSV."""
    for name in ("reports", "problems", "programme", "works", *territories.LAYERS):
        response = client.get(f"/en/map/{name}.geojson")
        assert response.json()["type"] == "FeatureCollection", name
    code = dialogue.elections(loop_done.territory_id)[0].code
    assert client.get(f"/en/map/vote.geojson?vote={code}").json()["features"]
    picture = client.get("/en/map/town.svg")
    assert picture["Content-Type"] == "image/svg+xml"
    assert b'id="town"' in picture.content
    for table in ("reports", "problems", "programme", "works", "promises", "interruptions"):
        response = client.get(f"/en/data/{table}.csv")
        assert response["Content-Type"].startswith("text/csv")
        assert b"," in b"".join(response).splitlines()[0]  # type: ignore[attr-defined]
    assert client.get("/en/map/nothing.geojson").status_code == 404
    assert client.get("/en/data/nothing.csv").status_code == 404


def test_one_walks_from_a_report_to_its_project_and_back(loop_done: Loop, client: Client) -> None:
    """Report, problem, project are linked in both directions."""
    town = loop_done.territory_id
    chosen = programmes.candidates(town, CandidateFilter(chosen=True, origin="problem")).items[0]
    view = programmes.candidate(town, chosen.id)
    assert view is not None
    number = view.problems[0].number
    report = problems.problem_reports(town, number).items[0].id
    places = {
        "report": f"/en/reports/{report}/",
        "problem": f"/en/problems/{number}/",
        "reports": f"/en/problems/{number}/reports/",
        "project": f"/en/programme/projects/{chosen.id}/",
    }
    links = {name: checked(client, address).links for name, address in places.items()}
    assert places["problem"] in links["report"]
    assert places["project"] in links["problem"]
    assert places["problem"] in links["project"]
    assert places["reports"] in links["project"]
    assert places["report"] in links["reports"]


def test_a_report_is_taken_without_a_name_or_scripts(loop_done: Loop, client: Client) -> None:
    """The form posts, errors are beside their fields, the new page says number and deadline."""
    town = loop_done.territory_id
    before = reports.figures(town).total
    empty = client.post("/en/reports/new/", {})
    assert empty.status_code == 422
    assert b'aria-invalid="true"' in empty.content
    kind = reports.problem_types(town)[0].code
    nowhere = client.post("/en/reports/new/", {"problem_type": kind, "text": "Dark."})
    assert nowhere.status_code == 422
    assert "write a street and house" in nowhere.content.decode()
    given = {"problem_type": kind, "text": "The lamp is dark.", "address": "Main Street 1"}
    sent = client.post("/en/reports/new/", given)
    assert sent.status_code == 302
    page = client.get(sent["Location"]).content.decode()
    assert "your report is in" in page
    assert reports.figures(town).total == before + 1


def test_colours_and_language_are_the_readers(loop_done: Loop, client: Client) -> None:
    """Colours are kept in a cookie, the way back stays on this site."""
    gone = client.get("/en/colours/dark/?next=/en/problems/")
    assert gone["Location"] == "/en/problems/"
    assert 'data-color-scheme="dark"' in client.get("/en/about/").content.decode()
    away = client.get("/en/colours/light/?next=https://elsewhere.example/")
    assert away["Location"] == "/en/"
    assert client.get("/en/colours/pink/").status_code == 404
    assert 'href="/ru/problems/?order=people"' in client.get(
        "/en/problems/?order=people"
    ).content.decode().replace("&amp;", "&")


def test_missing_things_are_not_found(loop_done: Loop, client: Client) -> None:
    """An address of nothing is a 404 in the reader's language."""
    for path in (
        "reports/999999999/", "problems/99999999/", "programme/projects/99999999/",
        "works/99999999/", "votes/none/", "services/owed/none/", "data/runs/99999999/", "no/",
    ):  # fmt: skip
        response = client.get(f"/ru/{path}")
        assert response.status_code == 404
        assert "По этому адресу ничего нет" in response.content.decode()
    hostile = client.get("/en/reports/?page=-1&since=x&status=%00&words=%27%22%3Cb%3E&type=%00")
    assert hostile.status_code == 200
    assert b"<b>" not in hostile.content


def staff(client: Client, *roles: str) -> Account:
    """Log somebody in who holds these roles."""
    account = open_account(
        OPERATOR, login="-".join(roles) or "none", name="A. Clerk", password=PASSWORD
    )
    for role in roles:
        grant_role(OPERATOR, account, role)
    client.force_login(account)
    return account


def test_the_desk_is_for_staff(loop_done: Loop, client: Client) -> None:
    """Strangers are sent to log in, accounts without a role are refused."""
    response = client.get("/en/desk/")
    assert response.status_code == 302
    assert "/account/login" in response["Location"]
    staff(client)
    assert client.get("/en/desk/").status_code == 403


def test_every_page_of_the_desk(loop_done: Loop, client: Client) -> None:
    """Each answers in both languages to somebody who may see it."""
    staff(client, *(r for r in ROLES if r not in ("resident", "provider", "contractor")))
    for language in LANGUAGES:
        for path in desk_pages(loop_done.territory_id):
            checked(client, f"/{language}/{path}")


def test_a_case_goes_its_way(loop_done: Loop, client: Client) -> None:
    """A case officer accepts a report; a step that lacks its evidence is refused in words."""
    staff(client, "case_officer")
    report = reports.inbox(loop_done.territory_id, queue="new").items[0].id
    address = f"/en/desk/reports/{report}/"
    assert client.post(address, {"to": "accepted"}).status_code == 302
    bare = client.post(address, {"to": "done"})
    assert bare.status_code == 422
    assert "needs evidence from the place" in bare.content.decode()
    assert client.post(address, {"to": "done", "evidence": "Seen: lit."}).status_code == 302
    found = reports.report(loop_done.territory_id, report)
    assert found is not None
    assert found.status == "done"


def test_decisions_at_the_desk(loop_done: Loop, client: Client) -> None:
    """Problems are confirmed, rejected with a reason; groups are confirmed; the log has it all."""
    staff(client, "planner", "case_officer", "moderator", "auditor")
    town = loop_done.territory_id
    first, second = (p.number for p in problems.problems(town, ProblemFilter()).items[:2])
    assert client.post(f"/en/desk/problems/{first}/", {"decision": "confirm"}).status_code == 302
    assert client.post(f"/en/desk/problems/{second}/", {"decision": "reject"}).status_code == 422
    given = {"decision": "reject", "reason": "Counted twice."}
    assert client.post(f"/en/desk/problems/{second}/", given).status_code == 302
    states = {p.number: p.state for p in problems.problem_lines(town, _ids(town, first, second))}
    assert states == {first: "confirmed", second: "rejected"}
    group = reports.groups(town).items[0].id
    assert client.post(f"/en/desk/groups/{group}/", {"decision": "confirm"}).status_code == 302
    log = client.get("/en/desk/log/?verify=1").content.decode()
    assert "problem.confirm" in log
    assert re.search(r"The chain of [\d,]+ entries holds", log)


def _ids(town: int, *numbers: int) -> list[int]:
    found = [problems.problem(town, number) for number in numbers]
    return [view.line.id for view in found if view is not None]


def test_pins_ask_for_a_new_programme(loop_done: Loop, client: Client, monkeypatch: Any) -> None:
    """What a planner puts in and takes out by hand goes to the job; others may not ask."""
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(
        "eutopia.web.desk.views.programme.solve_variant",
        type("Job", (), {"defer": staticmethod(lambda **given: asked.append(given))}),
    )
    town = loop_done.territory_id
    view = programmes.programme(town)
    assert view is not None
    out = programmes.candidates(town, CandidateFilter(chosen=False)).items[0].id
    address = f"/en/desk/programme/{view.number}/wish/"
    staff(client, "auditor")
    assert client.post(address, {f"pin-{out}": "must", "solve": "1"}).status_code == 403
    staff(client, "planner")
    kept = client.post(address, {f"pin-{out}": "must"})
    assert kept.status_code == 302
    assert not asked
    gone = client.post(address, {"solve": "1", "seconds": "5"})
    assert [one["solving_id"] for one in asked]
    page = client.get(gone["Location"]).content.decode()
    assert "A variant is being chosen" in page


def test_reports_of_a_list_match_their_filter(loop_done: Loop, client: Client) -> None:
    """The list's count is the selector's, in the reader's own figures."""
    total = reports.reports(loop_done.territory_id, ReportFilter(status="overdue")).total
    html = client.get("/en/reports/?status=overdue").content.decode()
    assert f"{total:,} report" in html
