"""A small training town through the whole loop, and a walk along it in both directions."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from eutopia.core.records import Town
from eutopia.core.town import generate_town
from eutopia.web.dialogue import selectors as dialogue
from eutopia.web.dialogue.services import election_file
from eutopia.web.foundation.models import Act
from eutopia.web.ledger import selectors as ledger
from eutopia.web.ledger.models import Run
from eutopia.web.loop import selectors as loop
from eutopia.web.loop.services import STAGES, Loop, replay_run, run_loop
from eutopia.web.problems import selectors as problems
from eutopia.web.problems.models import Problem
from eutopia.web.problems.selectors import ProblemFilter
from eutopia.web.programmes import selectors as programmes
from eutopia.web.programmes.models import Candidate, Programme
from eutopia.web.programmes.selectors import CandidateFilter
from eutopia.web.providers.models import Reply
from eutopia.web.reports import selectors as reports
from eutopia.web.reports.models import DuplicateGroup, Report
from eutopia.web.reports.selectors import ReportFilter
from eutopia.web.territory import selectors as territory
from eutopia.web.territory.services import town_clock
from eutopia.web.upkeep import selectors as upkeep
from eutopia.web.utilities import selectors as utilities
from eutopia.web.utilities.models import CallOut, Correction, Entry, FeedToken, Meter
from eutopia.web.works import selectors as works

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@dataclass(frozen=True)
class Walked:
    """The town, what the first run said and what the second did."""

    town: Town
    stages: tuple[str, ...]
    first: Loop
    counts: dict[str, int]
    second: Loop
    counts_after: dict[str, int]


def _counts() -> dict[str, int]:
    models: tuple[Any, ...] = (
        Report, DuplicateGroup, Problem, Candidate, Programme, Run, Act,
    )  # fmt: skip
    return {model.__name__: model.objects.count() for model in models}


@pytest.fixture(scope="module")
def walked(django_db_setup: None, django_db_blocker: Any) -> Iterator[Walked]:
    """Run the loop twice over one small town; the tables are emptied afterwards."""
    town = generate_town(seed=2026, residents=1_500).town
    # One transaction around all tests of this module, undone at the end: the log and the promises
    # refuse to be emptied, as they should.
    with django_db_blocker.unblock(), transaction.atomic():
        stages: list[str] = []
        first = run_loop(town, progress=stages.append)
        counts = _counts()
        second = run_loop(town)
        yield Walked(town, tuple(stages), first, counts, second, _counts())
        transaction.set_rollback(True)


def test_every_stage_is_told(walked: Walked) -> None:
    """Progress hears each stage once, in order."""
    assert walked.stages == STAGES


def test_everything_is_loaded(walked: Walked) -> None:
    """No report, asset or charge is lost on the way in."""
    id_ = walked.first.territory_id
    told = walked.town
    assert reports.figures(id_).total == len(told.reports)
    stock = territory.stock(id_)
    assert (stock.assets, stock.buildings) == (
        len(told.territory.assets),
        len(told.territory.buildings),
    )
    assert sum(p.charges for p in utilities.periods(id_)) == len(told.charges)


def test_a_rerun_changes_nothing(walked: Walked) -> None:
    """Nothing is loaded, computed, promised or logged twice."""
    assert walked.second.loaded.inserted == walked.second.loaded.updated == 0
    assert not walked.second.diagnosis.fresh
    assert walked.second.planned is not None
    assert not walked.second.planned.fresh
    assert walked.counts == walked.counts_after


def test_what_outages_cost_weighs_in_problems_and_measures(walked: Walked) -> None:
    """Money given back and crews sent are part of the cost, and a measure's page tells of both."""
    rows = Problem.objects.filter(territory_id=walked.first.territory_id, current=True)
    costs = {pk: record.cost for pk, record in rows.values_list("pk", "record")}
    assert all(c.given_back is not None and c.call_outs is not None for c in costs.values())
    for cost in costs.values():
        assert cost.total == cost.response + cost.residents_time + cost.outages
    dear = [pk for pk, cost in costs.items() if cost.outages.amount]
    assert dear
    line = Candidate.objects.filter(problem_links__problem_id__in=dear).first()
    assert line is not None
    view = programmes.candidate(walked.first.territory_id, line.pk)
    assert view is not None
    assert view.spared is not None
    assert view.spared.given_back + view.spared.call_outs > 0


def test_the_desk_is_at_work_and_providers_answer(walked: Walked) -> None:
    """Crews are out in the order of an evening; two providers used their right of reply."""
    id_ = walked.first.territory_id
    outs = list(CallOut.objects.filter(crew__territory_id=id_).select_related("interruption"))
    assert len(outs) == 3
    for out in outs:
        assert out.interruption is not None
        assert out.interruption.started < out.sent < (out.arrived or town_clock(id_))
    assert Reply.objects.filter(territory_id=id_).count() in (1, 2)
    token = FeedToken.objects.get(territory_id=id_)
    assert Meter.objects.filter(territory_id=id_, organisation=token.organisation).exists()


def test_a_measured_outage_was_corrected_and_stays_so(walked: Walked) -> None:
    """Colder than first told: more is owed, what was owed before is kept, a rerun changes none."""
    id_ = walked.first.territory_id
    (entry,) = Entry.objects.filter(interruption__territory_id=id_, act="corrected")
    log = Act.objects.get(action="interruption.correct", subject_id=str(entry.interruption_id))
    was = Decimal(json.loads(log.before)["measured"])
    assert entry.interruption is not None
    assert was - (entry.interruption.measured or 0) == 3
    made = Correction.objects.filter(territory_id=id_)
    assert made.exists()
    assert all(one.difference > 0 for one in made)


def test_from_a_report_to_what_became_of_it(walked: Walked) -> None:
    """A report, its problem, the measures weighed, the reason for each: all found."""
    id_ = walked.first.territory_id
    costliest = problems.problems(id_, ProblemFilter(), size=40)
    assert costliest.total == walked.first.diagnosis.problems > 0
    line = next(p for p in costliest.items if programmes.candidates_of_problem(id_, p.id))
    page = problems.problem_reports(id_, line.number)
    assert page.total == line.reports
    back = problems.problems_of_report(id_, page.items[0].id)
    assert line.number in {p.number for p in back}
    for weighed in programmes.candidates_of_problem(id_, line.id):
        view = programmes.candidate(id_, weighed.id)
        assert view is not None
        assert view.reasons
        assert line.number in {p.number for p in view.problems}
        if weighed.chosen:
            assert view.payments
            assert ledger.promises_about(id_, "candidate", [weighed.id])


def test_the_problem_page(walked: Walked) -> None:
    """Evidence, causes, cost with its bounds, a monthly curve that adds up to its reports."""
    id_ = walked.first.territory_id
    number = problems.problems(id_, ProblemFilter(), size=1).items[0].number
    view = problems.problem(id_, number)
    assert view is not None
    assert view.evidence
    assert view.cost.low <= view.cost.total <= view.cost.high
    assert sum(n for _, n in view.by_month) == view.line.reports
    assert ledger.run(view.run_id) is not None


def test_the_programme_page(walked: Walked) -> None:
    """Sound, published, within its money, every refusal with a reason."""
    id_ = walked.first.territory_id
    view = programmes.programme(id_)
    assert view is not None
    assert view.state == "published"
    assert view.violations == ()
    assert view.chosen > 0
    assert sum(n for _, n, _ in view.refusals) == view.refused
    assert sum(y.chosen for y in view.years) == view.chosen
    assert all(bar.spent >= 0 for bar in view.funds)
    assert sum(bar.spent for bar in view.funds) <= sum(bar.available for bar in view.funds)
    refused = programmes.candidates(id_, CandidateFilter(chosen=False), size=50)
    assert all(line.main_reason is not None for line in refused.items)


def test_the_vote(walked: Walked) -> None:
    """Counted by three rules, one of them binding; the file can be recounted by anybody."""
    id_ = walked.first.territory_id
    (code,) = walked.first.elections
    view = dialogue.election(id_, code)
    assert view is not None
    assert view.binding is not None
    assert {t.rule for t in view.tallies} == {"equal_shares", "greedy", "phragmen"}
    for tally in view.tallies:
        assert tally.cost == sum(step.project.cost for step in tally.steps) <= tally.budget
        assert 0 < tally.voters_with_a_win <= view.line.voters
    text = election_file(id_, code)
    assert text is not None
    assert text.startswith("META")


def test_winners_are_proposals_and_go_into_the_programme(walked: Walked) -> None:
    """Every winner was proposed and judged; the programme has it or says why not."""
    id_ = walked.first.territory_id
    (code,) = walked.first.elections
    held = dialogue.round_of(id_, code)
    view = dialogue.election(id_, code)
    assert held is not None
    assert view is not None
    assert held.phase == "counted"
    assert view.sha256
    asked = dialogue.proposals(id_, held.id)
    assert all(one.checked and one.reason for one in asked if one.state != "merged")
    won = {one.number: one for one in asked if one.won}
    assert view.binding is not None
    assert set(won) == {int(step.project.code) for step in view.binding.steps}
    for number, one in won.items():
        life = loop.life_of_proposal(id_, held.id, number, one.candidate)
        assert len(life.promises) == 1
        assert life.link is not None
        line = life.link.candidate
        assert line.mandate
        assert line.chosen or line.main_reason is not None or life.link.works
    lost = [one for one in asked if one.won is False]
    results = [dialogue.result_of(id_, held.id, one.number) for one in lost]
    assert all(told and told.more for told in results)


def test_outcomes_upkeep_and_what_is_owed(walked: Walked) -> None:
    """Each finished work has a verdict, each class a condition, each charge a recalculation."""
    id_ = walked.first.territory_id
    assert sum(works.verdict_counts(id_).values()) > 0
    assert works.works(id_).items[0].title
    state = upkeep.condition(id_)
    assert sum(one.assets for one in state.classes) == len(walked.town.territory.assets)
    periods = utilities.periods(id_)
    assert all(p.recalculated == p.charges for p in periods)
    reduced = next(p for p in periods if p.reduced)
    line = utilities.dwellings(id_, reduced.period, service=reduced.service).items[0]
    charges = utilities.dwelling(id_, line.dwelling)
    told = next(c for c in charges if c.id == line.id)
    assert told.lines
    assert sum(one.amount for one in told.lines) == told.owed > 0
    assert all(one.interruptions for one in told.lines)


def test_decisions_replay_bit_by_bit(walked: Walked) -> None:
    """The programme, every tally and every recalculation come out the same from their inputs."""
    replayed = [replay_run(run.pk) for run in Run.objects.order_by("pk")]
    verdicts = Counter(one.verdict for one in replayed)
    assert set(verdicts) == {"same", "not_kept"}
    # The programme and its alternative, three rules, every month and one corrected, four
    # indices, one scan, the compromise of the three sides.
    assert verdicts["same"] == 2 + 3 + walked.first.owed_periods + 1 + 4 + 1 + 1


def test_the_start_page_and_the_account(walked: Walked, django_assert_max_num_queries: Any) -> None:
    """Seven stages, figures that agree with the lists, no unfunded upkeep; bounded queries."""
    town = territory.territory(walked.first.code)
    assert town is not None
    with django_assert_max_num_queries(70):
        view = loop.start(town)
    assert [one.stage for one in view.stages] == [
        "listen", "diagnose", "plan", "decide", "deliver", "maintain", "evaluate",
    ]  # fmt: skip
    assert dict(view.stages[0].figures)["reports"] == len(walked.town.reports)
    assert view.programme is not None
    told = loop.account(town)
    assert all(one.unfunded == 0 for one in told.upkeep)
    assert told.planned == view.programme.cost > 0


def test_the_chain_both_ways(walked: Walked) -> None:
    """From a chosen candidate to its problem and its reports, and from a report back to it."""
    id_ = walked.first.territory_id
    chosen = programmes.candidates(id_, CandidateFilter(chosen=True, origin="problem")).items[0]
    link = loop.chain_of_candidate(id_, chosen.id)
    assert link is not None
    assert link.promises[0].state == "made"
    view = programmes.candidate(id_, chosen.id)
    assert view is not None
    number = view.problems[0].number
    chain = loop.chain_of_problem(id_, number)
    assert chain is not None
    assert chain.decision == "measure_chosen"
    report = problems.problem_reports(id_, number).items[0]
    back = loop.chains_of_report(id_, report.id)
    assert chosen.id in {one.candidate.id for c in back for one in c.links}
    assert loop.chain_of_problem(id_, 10**6) is None


@pytest.mark.parametrize("table", loop.DOWNLOADS)
def test_downloads_are_whole_and_inert(walked: Walked, table: str) -> None:
    """Every row has every column; no cell begins like a formula."""
    text = "".join(loop.rows_csv(walked.first.territory_id, table))
    rows = list(csv.reader(text.splitlines()))
    assert len(rows) > (0 if table == "clusters" else 1)  # A small town may have none.
    assert len({len(row) for row in rows}) == 1
    for row in rows[1:]:
        for cell in row:
            assert not cell.startswith(("=", "@", "\t")) or cell[1:].replace(".", "").isdigit()


@pytest.mark.parametrize(
    "layer",
    [
        lambda t: reports.cells_layer(t, ReportFilter()),
        lambda t: problems.layer(t, ProblemFilter()),
        programmes.layer,
        works.layer,
        lambda t: dialogue.layer(t, dialogue.elections(t)[0].code),
    ],
)
def test_layers_are_geojson(walked: Walked, layer: Any) -> None:
    """Each parses and shows something."""
    assert json.loads(layer(walked.first.territory_id))["features"]
