"""Deriving candidates and choosing among them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from eutopia.core.plan.candidates import derive_candidates
from eutopia.core.records import Candidate as CandidateRecord
from eutopia.core.records import PortfolioRules
from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.foundation.bulk import Copied, copy_rows
from eutopia.web.ledger.digests import digest
from eutopia.web.ledger.models import Run
from eutopia.web.ledger.services import (
    Computation,
    compute,
    find_run,
    record_run,
    register_digest,
    still_stands,
)
from eutopia.web.problems import bridge as problems_bridge
from eutopia.web.programmes import bridge
from eutopia.web.programmes.models import Candidate, CandidateProblem, Rules
from eutopia.web.programmes.services.choosing import Planned, PlanRefused, choose
from eutopia.web.programmes.services.rows import CANDIDATE_KEY, candidate_rows
from eutopia.web.programmes.services.workshop import remake_requested, settled
from eutopia.web.quality import bridge as quality_bridge
from eutopia.web.reports.services import norms_of
from eutopia.web.territory import bridge as territory_bridge
from eutopia.web.territory.models import Territory
from eutopia.web.territory.services import territory_row
from eutopia.web.works.models import Work
from eutopia.web.works.services import store_measures

DERIVE = "eutopia.core.plan.candidates:derive_candidates"


@transaction.atomic
def set_rules(actor: Actor, territory: Territory, rules: PortfolioRules) -> bool:
    """Are these rules new? They are stored: funds, limits and floors a programme is chosen under.

    Raises
    ------
    AccessDenied
    """
    require(actor, "programme.choose", territory)
    before = bridge.rules(territory.pk)
    if before == rules:
        return False
    Rules.objects.update_or_create(territory=territory, defaults={"record": rules})
    log_act(
        actor,
        "programme.choose",
        territory,
        before=None if before is None else {"rules": digest(before)},
        after={"rules": digest(rules), "first_year": rules.first_year, "years": rules.years},
        municipality=territory.code,
    )
    return True


@transaction.atomic
def load_candidates(
    actor: Actor, territory: Territory, candidates: Sequence[CandidateRecord]
) -> Copied:
    """How many of these proposed works are new? They compete with those derived from problems.

    Raises
    ------
    AccessDenied
    """
    require(actor, "candidate.edit", territory)
    measures = {measure.code: measure for measure in norms_of(territory).measures()}
    standing = settled(territory, candidates, measures)
    done = copy_rows(Candidate, candidate_rows(territory.pk, standing, None), key=CANDIDATE_KEY)
    if done.inserted or done.updated:
        log_act(
            actor,
            "candidate.edit",
            territory,
            after={"inserted": done.inserted, "updated": done.updated},
            municipality=territory.code,
        )
    return done


def plan_programme(
    actor: Actor, territory: Territory | int, *, time_limit_s: float = 60.0, gap: float = 0.001
) -> Planned:
    """What should be built when, from whose money, and why?

    Parameters
    ----------
    time_limit_s, gap
        Passed on to the solver.

    Notes
    -----
    Candidates are derived from the problems now known and from what the indices found low, as
    they were last assessed, and join those that were brought in and are not built yet. The
    same candidates under the same rules are not chosen among twice. The result is a draft.

    Raises
    ------
    PlanRefused
        Nobody has set the rules yet.
    AccessDenied
    """
    territory = territory_row(territory)
    require(actor, "programme.choose", territory)
    rules = bridge.rules(territory.pk)
    if rules is None:
        raise PlanRefused(f"{territory.code} has no rules to plan under; set funds and years first")
    norms = norms_of(territory)
    derived = _derive(actor, territory, rules, norms)
    remake_requested(territory)
    known = {one.id for one in derived}
    gone = known | _built(territory)
    candidates = (*derived, *(c for c in bridge.proposed(territory.pk) if c.id not in gone))
    return choose(
        actor,
        territory,
        tuple(sorted(candidates, key=lambda one: one.id)),
        rules,
        editions=norms.editions,
        time_limit_s=time_limit_s,
        gap=gap,
    )


def _built(territory: Territory) -> frozenset[str]:
    """Which candidates stand: works made them true, and all of those are finished?"""
    works = Work.objects.filter(territory=territory).exclude(candidate="")
    going = works.filter(finished=None).values("candidate")
    return frozenset(works.exclude(candidate__in=going).values_list("candidate", flat=True))


def _derive(
    actor: Actor, territory: Territory, rules: PortfolioRules, norms: Any
) -> tuple[CandidateRecord, ...]:
    problems = problems_bridge.problems(territory.pk)
    register = territory_bridge.territory(territory.pk)
    records = tuple(record for _, record in problems)
    indices = quality_bridge.assessed(territory.pk)
    asked = Computation(
        territory.pk,
        DERIVE,
        {},
        norms.editions,
        digest(records, register_digest(territory), rules, indices),
        territory.as_of,
    )
    earlier = find_run(asked)
    if earlier is not None and still_stands(earlier):
        return bridge.derived(earlier.pk)
    computed = compute(
        asked,
        lambda: derive_candidates(
            records,
            measures=norms.measures(),
            territory=register,
            heritage_rules=norms.heritage_rules(),
            rules=rules,
            as_of=territory.as_of,
            edition=norms.edition,
            indices=indices,
        ),
    )
    measures = {measure.code: measure for measure in norms.measures()}
    standing = settled(territory, computed.result, measures)
    with transaction.atomic():
        run = record_run(computed)
        store_measures(territory, norms)
        _store_derived(territory, standing, run, {r.id: pk for pk, r in problems})
        log_act(
            actor,
            "programme.choose",
            territory,
            after={"run": run.pk, "candidates": len(computed.result)},
            municipality=territory.code,
        )
    gone = bridge.withdrawn(territory.pk)
    return tuple(one for one in standing if one.id not in gone)


def _store_derived(
    territory: Territory,
    candidates: Sequence[CandidateRecord],
    run: Run,
    problem_ids: dict[str, int],
) -> None:
    copy_rows(Candidate, candidate_rows(territory.pk, candidates, run), key=CANDIDATE_KEY)
    derived = Candidate.objects.filter(territory=territory, run__isnull=False)
    derived.exclude(run=run).update(current=False)
    ids = dict(derived.filter(run=run).values_list("code", "pk"))
    CandidateProblem.objects.filter(candidate_id__in=ids.values()).delete()
    links = (
        {"candidate_id": ids[one.id], "problem_id": problem_ids[problem]}
        for one in candidates
        for problem in dict.fromkeys(one.problem_ids)
        if problem in problem_ids
    )
    copy_rows(CandidateProblem, links, key=("candidate_id", "problem_id"))
