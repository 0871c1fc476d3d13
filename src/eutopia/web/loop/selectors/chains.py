"""The whole way of a problem, to be walked in both directions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from eutopia.web.dialogue.selectors import result_of, votes_of_candidates
from eutopia.web.ledger.selectors import PromiseView, promises_about
from eutopia.web.loop.selectors.views import Chain, ChainLink, ProposalLife
from eutopia.web.problems.selectors import ProblemLine, problem_line, problems_of_report
from eutopia.web.programmes.selectors import (
    CandidateLine,
    candidate_id,
    candidate_line,
    candidates_of_problem,
)
from eutopia.web.works.selectors import WorkView, works_near, works_of_candidates

_AROUND_M = 60.0


def chain_of_problem(territory_id: int, number: int) -> Chain | None:
    """What became of a problem: measures, reasons, vote, promises, works, outcome?

    None where there is no such problem.
    """
    line = problem_line(territory_id, number)
    return None if line is None else _chain(territory_id, line)


def chains_of_report(territory_id: int, report_id: int) -> tuple[Chain, ...]:
    """What became of what a report spoke for, the costliest problem first?"""
    return tuple(_chain(territory_id, line) for line in problems_of_report(territory_id, report_id))


def chain_of_candidate(territory_id: int, candidate_id: int) -> ChainLink | None:
    """What vote, promises and works stand behind a candidate? None where there is none such."""
    line = candidate_line(territory_id, candidate_id)
    return None if line is None else _links(territory_id, [line])[0]


def chain_of_code(territory_id: int, code: str) -> ChainLink | None:
    """As `chain_of_candidate`, by the candidate's code."""
    number = candidate_id(territory_id, code)
    return None if number is None else chain_of_candidate(territory_id, number)


def life_of_proposal(territory_id: int, round_id: int, number: int, candidate: str) -> ProposalLife:
    """What came of a proposal, which became the candidate of this code (if any)?"""
    result = result_of(territory_id, round_id, number)
    about = [] if result is None else [result.project_id]
    return ProposalLife(
        result=result,
        promises=tuple(promises_about(territory_id, "ballot_project", about)),
        link=chain_of_code(territory_id, candidate) if candidate else None,
    )


def delivered(territory_id: int, codes: Sequence[str]) -> int:
    """How many of these candidates (by code) stand built: all their works are finished?"""
    works: dict[str, list[bool]] = defaultdict(list)
    for work in works_of_candidates(territory_id, codes):
        works[work.candidate].append(work.finished is not None)
    return sum(all(done) for done in works.values())


def _chain(territory_id: int, line: ProblemLine) -> Chain:
    weighed = candidates_of_problem(territory_id, line.id)
    decision = "no_measure"
    if weighed:
        chosen = any(one.chosen for one in weighed)
        decision = "measure_chosen" if chosen else "measures_refused"
    here: tuple[WorkView, ...] = ()
    if line.lon is not None and line.lat is not None:
        here = works_near(territory_id, lon=line.lon, lat=line.lat, radius_m=_AROUND_M)
    return Chain(line, decision, _links(territory_id, weighed), here)


def _links(territory_id: int, lines: Sequence[CandidateLine]) -> tuple[ChainLink, ...]:
    codes = [line.code for line in lines]
    votes = votes_of_candidates(territory_id, codes)
    promised: dict[int, list[PromiseView]] = defaultdict(list)
    for promise in promises_about(territory_id, "candidate", [line.id for line in lines]):
        promised[promise.subject_id].append(promise)
    done: dict[str, list[WorkView]] = defaultdict(list)
    for work in works_of_candidates(territory_id, codes):
        done[work.candidate].append(work)
    return tuple(
        ChainLink(
            candidate=line,
            vote=votes.get(line.code),
            promises=tuple(promised[line.id]),
            works=tuple(done[line.code]),
        )
        for line in lines
    )
