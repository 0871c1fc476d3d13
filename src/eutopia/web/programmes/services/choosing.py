"""Choosing among candidates, storing what was chosen, choosing it again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction

from eutopia.core.plan.portfolio import choose_programme
from eutopia.core.records import Candidate as CandidateRecord
from eutopia.core.records import PackEdition, PortfolioRules
from eutopia.core.records import Programme as ProgrammeRecord
from eutopia.web.foundation.access import Actor
from eutopia.web.foundation.audit import log_act
from eutopia.web.ledger.digests import digest
from eutopia.web.ledger.models import Run
from eutopia.web.ledger.services import (
    Computation,
    compute,
    find_run,
    read_inputs,
    record_run,
)
from eutopia.web.programmes.models import Candidate, Pin, Programme
from eutopia.web.programmes.services.storing import store_programme
from eutopia.web.territory.models import Territory

CHOOSE = "eutopia.core.plan.portfolio:choose_programme"
KEEPS = "keeps_most_of"
"""Parameter of a run: the number of the programme of which it keeps most, at equal value."""
STOPPED = "stopped_early"
"""Parameter of a run whose search was ended before its time: what it kept was good enough."""

Progress = Callable[[float, float, float], bool]


class PlanRefused(ValueError):  # noqa: N818 - a verdict on what was asked.
    """The programme cannot be planned as asked; nothing was."""


@dataclass(frozen=True, slots=True)
class Planned:
    """Which programme was chosen. `fresh` False: it had been chosen from the same input already."""

    programme_id: int
    number: int
    chosen: int
    refused: int
    status: str
    fresh: bool


def choose(
    actor: Actor,
    territory: Territory,
    candidates: tuple[CandidateRecord, ...],
    rules: PortfolioRules,
    *,
    editions: Sequence[PackEdition],
    time_limit_s: float,
    gap: float,
    based_on: Programme | None = None,
    title: Sequence[Sequence[str]] = (),
    on_progress: Progress | None = None,
) -> Planned:
    """Which programme do these candidates make under these rules? Stored as a draft, once.

    Parameters
    ----------
    based_on
        The programme it varies: of variants worth the same the one is chosen that keeps most of it.
    on_progress
        Passed on to the solver; where it returns False the best found is kept, and the run says
        that it was stopped early, so that nobody takes it for the answer.

    Raises
    ------
    PlanRefused
        Candidates and rules do not fit together.
    """
    limits: dict[str, Any] = {"time_limit_s": time_limit_s, "gap": gap}
    if based_on is not None:
        limits[KEEPS] = based_on.number
    asked = Computation(
        territory.pk,
        CHOOSE,
        limits,
        editions,
        digest(candidates, rules),
        territory.as_of,
    )
    earlier = find_run(asked)
    known = None if earlier is None else Programme.objects.filter(run=earlier).first()
    if known is not None:
        return _planned(known, fresh=False)
    watch = _Watch(on_progress)
    try:
        computed = compute(
            asked,
            lambda: choose_programme(
                candidates,
                rules=rules,
                time_limit_s=time_limit_s,
                gap=gap,
                on_progress=None if on_progress is None else watch,
                kept=() if based_on is None else _planned_in(based_on),
            ),
            compared=_timeless,
        )
    except ValueError as error:
        raise PlanRefused(str(error)) from error
    if watch.stopped:
        told = {**asked.parameters, STOPPED: True}
        computed = replace(computed, computation=replace(asked, parameters=told))
    with transaction.atomic():
        run = record_run(computed, inputs={"candidates": candidates, "rules": (rules,)})
        row = store_programme(
            territory,
            run,
            rules,
            computed.result,
            candidates=candidates,
            based_on=based_on,
            title=title,
        )
        _pin(row, based_on, rules)
        _log(actor, row, computed.result)
    return _planned(row, fresh=True)


def _planned_in(row: Programme) -> tuple[tuple[str, int], ...]:
    """What a programme holds: candidate and year offset, by candidate."""
    chosen = row.verdicts.filter(year__isnull=False).order_by("candidate__code")
    years: list[tuple[str, Any]] = list(chosen.values_list("candidate__code", "year"))
    return tuple((code, year - row.first_year) for code, year in years)


class _Watch:
    """Passes progress on, and remembers whether that stopped the search."""

    def __init__(self, on_progress: Progress | None) -> None:
        self.on_progress = on_progress
        self.stopped = False

    def __call__(self, best: float, bound: float, seconds: float) -> bool:
        going = self.on_progress is None or self.on_progress(best, bound, seconds)
        self.stopped = self.stopped or not going
        return going


def _timeless(programme: ProgrammeRecord) -> ProgrammeRecord:
    """Everything of a programme but the seconds it took."""
    return replace(programme, seconds=0.0)


def replay_choice(run: Run) -> str:
    """What is the digest of the programme that the run's own inputs give now?

    Raises
    ------
    LookupError
        The search was stopped, by hand or by the clock: it cannot be stopped at the same moment
        again.
    """
    if Programme.objects.filter(run=run, status="stopped").exists():
        raise LookupError(f"the search of run {run.pk} was stopped before its end")
    told = read_inputs(run, {"candidates": CandidateRecord, "rules": PortfolioRules})
    limits = dict(run.parameters)
    before = Programme.objects.filter(
        territory=run.territory, number=limits.pop(KEEPS, None)
    ).first()
    kept = () if before is None else _planned_in(before)
    programme = choose_programme(told["candidates"], rules=told["rules"][0], kept=kept, **limits)
    return digest(_timeless(programme))


def _log(actor: Actor, row: Programme, told: ProgrammeRecord) -> None:
    log_act(
        actor,
        "programme.choose",
        row,
        after={
            "run": row.run_id,
            "chosen": len(told.choices),
            "status": told.status,
            "sound": not told.violations,
        },
        municipality=row.territory.code,
    )


def _pin(row: Programme, based_on: Programme | None, rules: PortfolioRules) -> None:
    if based_on is None:
        return
    kinds = dict.fromkeys(rules.must, "must") | dict.fromkeys(rules.must_not, "must_not")
    ids = dict(
        Candidate.objects.filter(territory=row.territory, code__in=kinds).values_list("code", "pk")
    )
    Pin.objects.bulk_create(
        Pin(programme=row, candidate_id=ids[code], kind=kind) for code, kind in kinds.items()
    )


def _planned(row: Programme, *, fresh: bool) -> Planned:
    chosen = row.verdicts.filter(chosen=True).count()
    refused = row.verdicts.count() - chosen
    return Planned(row.pk, row.number, chosen, refused, row.status, fresh)
