"""Every address of the portal and the desk, with a thing that is there."""

from __future__ import annotations

from eutopia.web.consultations import selectors as talks
from eutopia.web.consultations.services import METHODS
from eutopia.web.dialogue import selectors as dialogue
from eutopia.web.ledger import selectors as ledger
from eutopia.web.problems import selectors as problems
from eutopia.web.problems.selectors import ProblemFilter
from eutopia.web.programmes import selectors as programmes
from eutopia.web.programmes.selectors import CandidateFilter
from eutopia.web.providers import selectors as providers
from eutopia.web.reports import selectors as reports
from eutopia.web.reports.selectors import ReportFilter
from eutopia.web.territory import selectors as territories
from eutopia.web.territory.services import town_clock
from eutopia.web.utilities import selectors as utilities
from eutopia.web.works import selectors as works

FIXED = (
    "", "reports/", "reports/new/", "reports/?words=light&status=open", "problems/",
    "problems/?order=people", "problems/indicators/", "problems/recurrence/", "problems/clusters/",
    "problems/clusters/?week=10", "programme/", "programme/projects/", "works/", "upkeep/",
    "programme/projects/?show=refused", "programme/?year=2028", "programme/offers/",
    "programme/offers/new/", "services/", "services/owed/", "services/providers/",
    "consultations/", "consultations/?state=answered", "pledges/", "services/map/", "house/",
    "house/?address=1", "quality/", "quality/ru-urban-quality/", "quality/district-care/",
    "quality/iso-37120/", "quality/ru-urban-quality/ru-urban-quality.18/", "programme/amendments/",
    "account/", "data/", "data/runs/", "about/", "accessibility/", "glossary/", "style/",
)  # fmt: skip
DESK = (
    "desk/",
    "desk/groups/",
    "desk/groups/?state=confirmed",
    "desk/problems/",
    "desk/problems/merge/",
    "desk/programme/",
    "desk/billing/",
    "desk/consultations/",
    "desk/weights/",
    "desk/pledges/",
    "desk/dispatch/",
    "desk/dispatch/calls/new/",
    "desk/feeds/",
    "desk/statistics/",
    "desk/log/?verify=1",
)


def public_pages(territory_id: int) -> tuple[str, ...]:
    """Which pages can everybody open in this town?"""
    chosen = programmes.candidates(territory_id, CandidateFilter(chosen=True)).items[0]
    refused = programmes.candidates(territory_id, CandidateFilter(chosen=False)).items[0]
    problem = problems.problems(territory_id, ProblemFilter()).items[0].number
    report = problems.problem_reports(territory_id, problem).items[0].id
    lone = reports.reports(territory_id, ReportFilter(order="oldest")).items[0].id
    work = works.works(territory_id).items[0].id
    vote = dialogue.elections(territory_id)[0].code
    going = {one.phase: one for one in dialogue.rounds(territory_id)}
    voting, collecting = going["voting"], going["proposals"]
    listed = {p.state: p.number for p in dialogue.proposals(territory_id, voting.id)}
    held = going["counted"]
    ended = {p.won: p.number for p in dialogue.proposals(territory_id, held.id)}
    month = max(p.period for p in utilities.periods(territory_id) if p.owed)
    dwelling = utilities.dwellings(territory_id, month).items[0].dwelling
    weighed = talks.mediations(territory_id)[0].number
    kinds = talks.mediation(territory_id, weighed).criteria  # type: ignore[union-attr]
    first, last = kinds[0], kinds[-1]
    supply = providers.supplies(territory_id)[0].organisation
    now = town_clock(territory_id)
    (event, *_more) = utilities.events_now(territory_id, now=now)
    outage = utilities.event(territory_id, event.outage.id, now=now)
    assert outage is not None
    house = outage.houses[0][0]
    return (
        *FIXED,
        f"reports/{report}/",
        f"reports/{lone}/",
        f"problems/{problem}/",
        f"problems/{problem}/reports/",
        f"programme/projects/{chosen.id}/",
        f"programme/projects/{refused.id}/",
        f"areas/{territories.districts(territory_id)[0].code}/",
        f"works/{work}/",
        f"votes/{vote}/",
        f"votes/{vote}/receipt/?receipt=abc",
        "votes/",
        *(f"consultations/{one.number}/" for one in talks.consultations(territory_id)),
        f"weights/{weighed}/",
        *(f"weights/{weighed}/give/?way={way}" for way in METHODS),
        f"weights/{weighed}/give/?way=best_worst&best={first}&worst={last}&side=business",
        f"pledges/agreements/{talks.agreements(territory_id)[0].number}/",
        f"ballots/{voting.code}/",
        f"ballots/{voting.code}/vote/",
        f"ballots/{voting.code}/change/",
        *(f"ballots/{voting.code}/proposals/{number}/" for number in listed.values()),
        f"ballots/{held.code}/",
        *(f"ballots/{held.code}/proposals/{number}/" for number in ended.values()),
        f"ballots/{collecting.code}/?show=new",
        f"ballots/{collecting.code}/vote/",
        f"ballots/{collecting.code}/proposals/new/",
        f"services/owed/{dwelling}/",
        f"services/providers/{supply}/",
        f"house/{house}/",
        "news/never-sent/",
        f"data/runs/{ledger.runs(territory_id).items[0].id}/",
    )


def desk_pages(territory_id: int) -> tuple[str, ...]:
    """Which pages can staff open in this town?"""
    group = reports.groups(territory_id).items[0].id
    problem = problems.problems(territory_id, ProblemFilter()).items[0].number
    report = reports.inbox(territory_id, queue="new").items[0].id
    plan = programmes.programme(territory_id)
    assert plan is not None
    now = town_clock(territory_id)
    events = [one.outage.id for one in utilities.events_now(territory_id, now=now)[:2]]
    call = utilities.waiting_calls(territory_id, now=now)[0]
    weighed = [
        programmes.candidates(territory_id, CandidateFilter(chosen=chosen)).items[0].id
        for chosen in (True, False)
    ]
    latest = programmes.programmes(territory_id)[0].number
    code = {one.phase: one for one in dialogue.rounds(territory_id)}["voting"].code
    votes = ("", f"{code}/", f"{code}/help/", f"{code}/paper/", f"{code}/proposals/1/")
    return (
        *DESK,
        *(f"desk/ballots/{path}" for path in votes),
        *(f"desk/consultations/{c.number}/" for c in talks.consultations(territory_id)),
        f"desk/weights/{talks.mediations(territory_id)[0].number}/",
        f"desk/reports/{report}/",
        f"desk/reports/{report}/same/",
        *(f"desk/feeds/meters/{one.id}/" for one in utilities.meters(territory_id)[:2]),
        *(f"desk/dispatch/events/{one}/" for one in events),
        f"desk/dispatch/events/{events[0]}/correct/",
        f"desk/dispatch/calls/{call.id}/",
        f"desk/dispatch/calls/new/?building={call.building}",
        f"desk/groups/{group}/",
        f"desk/problems/{problem}/",
        f"desk/programme/?number={latest}&show=refused&order=ratio",
        f"desk/programme/compare/?n={plan.number}&n={latest}",
        "desk/programme/candidates/new/",
        "desk/programme/offers/",
        f"desk/programme/{latest}/adopt/",
        *(f"desk/programme/{plan.number}/candidates/{pk}/" for pk in weighed),
        f"desk/problems/{problem}/split/",
    )
