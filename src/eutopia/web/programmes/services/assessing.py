"""How sure is a programme, what does each of its rules cost, what would another aim bring?

A worker sees to it behind the pages, in steps of one solve. What is found is kept after each
step, and where somebody waits for a programme to be chosen, the assessment lets them go first. It
takes what of the processor the site leaves. Jobs come each minute: a step that took longer would
never end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from math import isfinite
from time import perf_counter
from typing import Any

import numpy as np
from django.db import transaction

from eutopia.core.plan.aims import AimOutcome, cost_of_aims
from eutopia.core.plan.robustness import (
    RuleCost,
    assess_robustness,
    best_total,
    dearest_first,
    without_each,
    worth_of_money,
)
from eutopia.core.records import Candidate as CandidateRecord
from eutopia.core.records import PortfolioRules
from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.foundation.record_field import from_json, to_json
from eutopia.web.ledger.digests import digest
from eutopia.web.ledger.services import Computation, compute, read_inputs, record_run
from eutopia.web.programmes.models import Programme, Verdict
from eutopia.web.programmes.selectors import OBJECTIVES
from eutopia.web.programmes.services.behind import politely

ASSESS = "eutopia.core.plan.robustness:assess_robustness"
SEED = 2026
SAMPLES = 30
GAP, EACH_S = 0.01, 4.0
FINE_GAP, AIM_S = 0.0025, 10.0
"""Costs of rules and aims are differences: they need a finer gap than a drawn world does."""
_WAITING = "waiting"


@transaction.atomic
def ask_assessment(actor: Actor, programme_id: int) -> bool:
    """Is an assessment of this programme wanted now? Whoever calls this defers the job.

    False where it was assessed, or waits already, or nothing is chosen.

    Raises
    ------
    AccessDenied, Programme.DoesNotExist
    """
    rows = Programme.objects.select_for_update(of=("self",)).select_related("territory")
    row = rows.get(pk=programme_id)
    require(actor, "programme.choose", row)
    if row.assessment is not None or not row.verdicts.filter(chosen=True).exists():
        return False
    row.assessment = {"state": _WAITING}
    row.save(update_fields=["assessment"])
    told = {"assessment": "asked"}
    log_act(actor, "programme.choose", row, after=told, municipality=row.territory.code)
    return True


@dataclass(frozen=True, slots=True)
class Study:
    """What an assessment has found so far: worlds drawn, in how many each was chosen, costs."""

    worlds: int = 0
    chosen: tuple[tuple[str, int], ...] = ()
    base: float | None = None
    """The value of the best programme under all rules, in currency."""
    gains: tuple[RuleCost, ...] = ()
    """What dropping each rule gains, as far as it was tried."""
    costs: tuple[RuleCost, ...] | None = None
    tried: int = 0
    """How many of the aims were tried."""
    aims: tuple[AimOutcome, ...] = ()
    seconds: float = 0.0


def aims_of(rules: PortfolioRules) -> tuple[str, ...]:
    """Which aims can be set side by side? Those in order of criteria only where it is told."""
    return tuple(one for one in OBJECTIVES if one != "lexicographic" or rules.priorities)


def assess_programme(
    programme_id: int, *, samples: int = SAMPLES, waits: Callable[[], bool] = lambda: False
) -> bool:
    """Whether nothing is left to assess; False where somebody who waits was let go first.

    Parameters
    ----------
    samples
        Worlds drawn; each is solved anew.
    waits
        Asked now and then: does anybody wait? A step that was begun is then begun again later.

    Notes
    -----
    From the inputs that the programme's own run kept, so that it speaks of what was chosen then.
    Only where an assessment was asked for; a second time changes nothing. A share is known to
    about 1 / sqrt(samples).
    """
    row = Programme.objects.select_related("run__territory").get(pk=programme_id)
    standing: dict[str, Any] = row.assessment or {}
    if standing.get("state") != _WAITING:
        return True
    told = read_inputs(row.run, {"candidates": CandidateRecord, "rules": PortfolioRules})
    candidates, rules = told["candidates"], told["rules"][0]
    kept = standing.get("study")
    study: Study = Study() if kept is None else from_json(kept, Study)
    while (step := politely(partial(_step, study, candidates, rules, samples), waits)) is not None:
        further = step.result()
        if further is None:
            _store(row, study, candidates, rules, samples)
            return True
        study = further
        kept = {"state": _WAITING, "study": to_json(study), "samples": samples}
        Programme.objects.filter(pk=row.pk).update(assessment=kept)
        if waits():
            break
    return False


def _step(
    study: Study, candidates: tuple[CandidateRecord, ...], rules: PortfolioRules, samples: int
) -> Study | None:
    """What is known after one step more; None where nothing is left to do."""
    clock = perf_counter()
    aims = aims_of(rules)
    if study.worlds < samples:
        # Each world has a seed of its own: stopping in between changes nothing.
        drawn = assess_robustness(
            candidates,
            rules=rules,
            rng=np.random.default_rng([SEED, study.worlds]),
            samples=1,
            gap=GAP,
            time_limit_s=EACH_S,
        )
        counts = Counter(dict(study.chosen))
        counts.update(one.candidate_id for one in drawn if one.share)
        study = replace(study, worlds=study.worlds + 1, chosen=tuple(sorted(counts.items())))
    elif study.costs is None:
        study = _price(study, candidates, rules)
    elif study.tried < len(aims):
        asked = aims[study.tried : study.tried + 1]
        found = cost_of_aims(
            candidates, rules=rules, objectives=asked, gap=FINE_GAP, time_limit_s=AIM_S
        )
        study = replace(study, tried=study.tried + 1, aims=(*study.aims, *found))
    else:
        return None
    return replace(study, seconds=study.seconds + perf_counter() - clock)


def _price(study: Study, candidates: tuple[CandidateRecord, ...], rules: PortfolioRules) -> Study:
    """What is known of the costs of rules after one solve more."""
    best = partial(best_total, candidates, gap=FINE_GAP, time_limit_s=EACH_S)
    if study.base is None:
        base = best(rules=rules)
        return replace(study, base=base) if isfinite(base) else replace(study, costs=())
    left = next(islice(without_each(rules), len(study.gains), None), None)
    if left is None:
        dear = dearest_first(study.gains, base=study.base)
        return replace(study, costs=(*dear, *worth_of_money(candidates, rules=rules)))
    rule, freed = left
    gain = max(best(rules=freed) - study.base, 0.0)
    return replace(study, gains=(*study.gains, RuleCost(rule, gain)))


def _store(
    row: Programme,
    study: Study,
    candidates: tuple[CandidateRecord, ...],
    rules: PortfolioRules,
    samples: int,
) -> None:
    asked = Computation(
        row.territory_id,
        ASSESS,
        {"samples": samples, "gap": GAP, "time_limit_s": EACH_S},
        [],
        digest(candidates, rules),
        row.run.as_of,
        seed=SEED,
    )
    found = replace(study, seconds=0.0)
    computed = replace(compute(asked, lambda: found), seconds=study.seconds)
    counts = dict(study.chosen)
    verdicts: list[Any] = [
        Verdict(pk=pk, robust_share=counts.get(code, 0) / max(samples, 1))
        for pk, code in row.verdicts.values_list("pk", "candidate__code")
    ]
    with transaction.atomic():
        run = record_run(computed)
        Verdict.objects.bulk_update(verdicts, ["robust_share"], batch_size=1_000)
        row.assessment = {
            "state": "done",
            "samples": samples,
            "rules": [[*cost.rule, cost.gain] for cost in study.costs or ()],
            "aims": [[one.objective, one.value, one.districts, one.sides] for one in study.aims],
        }
        row.assessed = run
        row.save(update_fields=["assessment", "assessed"])
