"""How sure is a programme, what does each of its rules cost, where exactly would one turn?"""

from __future__ import annotations

from typing import Any

import numpy as np
from django.db import transaction

from eutopia.core.plan.robustness import Robustness, RuleCost, assess_robustness, cost_of_rules
from eutopia.core.records import Candidate as CandidateRecord
from eutopia.core.records import PortfolioRules
from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.ledger.digests import digest
from eutopia.web.ledger.models import Run
from eutopia.web.ledger.services import Computation, compute, read_inputs, record_run
from eutopia.web.programmes.models import Programme, Verdict

ASSESS = "eutopia.core.plan.robustness:assess_robustness"
SEED = 2026
SAMPLES = 30
GAP, EACH_S = 0.01, 4.0
_WAITING = {"state": "waiting"}


@transaction.atomic
def ask_assessment(actor: Actor, programme_id: int) -> bool:
    """Is an assessment of this programme wanted now? Whoever calls this defers the job.

    False where it was assessed, or waits already.

    Raises
    ------
    AccessDenied, Programme.DoesNotExist
    """
    rows = Programme.objects.select_for_update(of=("self",)).select_related("territory")
    row = rows.get(pk=programme_id)
    require(actor, "programme.choose", row)
    if row.assessment is not None or not row.verdicts.filter(chosen=True).exists():
        return False
    row.assessment = _WAITING
    row.save(update_fields=["assessment"])
    told = {"assessment": "asked"}
    log_act(actor, "programme.choose", row, after=told, municipality=row.territory.code)
    return True


def assess_programme(programme_id: int, *, samples: int = SAMPLES) -> None:
    """Store in how many drawn worlds each candidate is chosen, and what each rule costs.

    Parameters
    ----------
    samples
        Worlds drawn; each is solved anew.

    Notes
    -----
    From the inputs that the programme's own run kept, so that it speaks of what was chosen then.
    Only where an assessment was asked for; a second time changes nothing. A share is known to
    about 1 / sqrt(samples).
    """
    row = Programme.objects.select_related("run__territory").get(pk=programme_id)
    if row.assessment != _WAITING:
        return
    told = read_inputs(row.run, {"candidates": CandidateRecord, "rules": PortfolioRules})
    candidates, rules = told["candidates"], told["rules"][0]
    asked = Computation(
        row.territory_id,
        ASSESS,
        {"samples": samples, "gap": GAP, "time_limit_s": EACH_S},
        [],
        digest(candidates, rules),
        row.run.as_of,
        seed=SEED,
    )
    computed = compute(asked, lambda: _assessed(candidates, rules, samples))
    robust, costs = computed.result
    with transaction.atomic():
        run = record_run(computed)
        _store(row, run, robust, costs, samples)


def _assessed(
    candidates: tuple[CandidateRecord, ...], rules: PortfolioRules, samples: int
) -> tuple[tuple[Robustness, ...], tuple[RuleCost, ...]]:
    robust = assess_robustness(
        candidates,
        rules=rules,
        rng=np.random.default_rng(SEED),
        samples=samples,
        gap=GAP,
        time_limit_s=EACH_S,
    )
    return robust, cost_of_rules(candidates, rules=rules, gap=GAP / 4, time_limit_s=EACH_S)


def _store(
    row: Programme,
    run: Run,
    robust: tuple[Robustness, ...],
    costs: tuple[RuleCost, ...],
    samples: int,
) -> None:
    shares = {one.candidate_id: one.share for one in robust}
    verdicts: list[Any] = []
    for pk, code in row.verdicts.values_list("pk", "candidate__code"):
        verdicts.append(Verdict(pk=pk, robust_share=shares.get(code)))
    Verdict.objects.bulk_update(verdicts, ["robust_share"], batch_size=1_000)
    row.assessment = {
        "state": "done",
        "samples": samples,
        "rules": [[*cost.rule, cost.gain] for cost in costs],
    }
    row.assessed = run
    row.save(update_fields=["assessment", "assessed"])
