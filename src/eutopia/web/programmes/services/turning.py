"""At which benefit or cost would a candidate be in? Asked for, found by choosing again, kept."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from eutopia.core.plan.turning_point import TELLING, explain_exactly
from eutopia.core.records import Candidate as CandidateRecord
from eutopia.core.records import PortfolioRules
from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.ledger.digests import digest
from eutopia.web.ledger.services import Computation, compute, read_inputs, record_run
from eutopia.web.programmes.models import Solving, Turning, Verdict
from eutopia.web.programmes.services.behind import politely

FIND = "eutopia.core.plan.turning_point:explain_exactly"
GAP, EACH_S = 0.001, 5.0


@transaction.atomic
def ask_turning_point(actor: Actor, programme_id: int, candidate_id: int) -> int | None:
    """Which question waits now? None where it was asked already, or no price can answer it.

    Whoever calls this defers the job.

    Raises
    ------
    AccessDenied, Verdict.DoesNotExist
    """
    rows = Verdict.objects.select_related("programme__territory")
    verdict = rows.get(programme_id=programme_id, candidate_id=candidate_id)
    programme = verdict.programme
    require(actor, "programme.choose", programme)
    if verdict.chosen or programme.rules.objective not in TELLING:
        return None
    row, fresh = Turning.objects.get_or_create(verdict=verdict, defaults={"asked": timezone.now()})
    if not fresh:
        return None
    told = {"turning_point": verdict.candidate_id}
    log_act(actor, "programme.choose", programme, after=told, municipality=programme.territory.code)
    return row.pk


def find_turning_point(turning_id: int) -> bool:
    """Whether nothing is left to find; False where a search that waits was let go first.

    Notes
    -----
    From the inputs that the programme's own run kept, against what that programme is worth. Some
    twenty programmes are chosen, each to 0.1 % in a few seconds. A second time changes nothing.
    """
    row = Turning.objects.select_related("verdict__candidate", "verdict__programme__run").get(
        pk=turning_id
    )
    if row.found is not None:
        return True
    programme, code = row.verdict.programme, row.verdict.candidate.code
    told = read_inputs(programme.run, {"candidates": CandidateRecord, "rules": PortfolioRules})
    candidates, rules = told["candidates"], told["rules"][0]
    given: dict[str, Any] = {"value": programme.objective, "gap": GAP, "time_limit_s": EACH_S}
    asked = Computation(
        programme.territory_id,
        FIND,
        {"candidate": code, **given},
        [],
        digest(candidates, rules),
        programme.run.as_of,
    )
    find = partial(explain_exactly, code, candidates, rules=rules, **given)
    going = politely(partial(compute, asked, find), _a_search_waits)
    if going is None:
        return False
    computed = going.result()
    with transaction.atomic():
        row.run, row.found = record_run(computed), computed.result
        row.save(update_fields=["run", "found"])
    return True


def _a_search_waits() -> bool:
    return Solving.objects.filter(state="waiting").exists()
