"""Writing works, and measuring what they changed."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from django.db import transaction

from eutopia.core.evaluate.outcomes import (
    DEFAULT_SETTINGS,
    OutcomeSettings,
    pool_outcomes,
)
from eutopia.core.evaluate.outcomes import (
    measure_outcomes as measure_each,
)
from eutopia.core.norms import NormsInForce
from eutopia.core.records import Measure as MeasureRecord
from eutopia.core.records import Outcome as OutcomeRecord
from eutopia.core.records import Reports
from eutopia.core.records import Work as WorkRecord
from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.foundation.bulk import Copied, copy_rows
from eutopia.web.ledger.digests import digest, table_digest, to_plain
from eutopia.web.ledger.models import Run
from eutopia.web.ledger.services import (
    Computation,
    compute,
    find_run,
    record_run,
    still_stands,
)
from eutopia.web.reports import bridge as reports_bridge
from eutopia.web.reports.services import norms_of
from eutopia.web.territory.models import Territory
from eutopia.web.territory.services import forms, place_rows
from eutopia.web.works import bridge
from eutopia.web.works.models import Measure, Outcome, Work

METHOD = "eutopia.core.evaluate.outcomes:measure_outcomes"
_KEY = ("territory_id", "code")


@transaction.atomic
def load_works(actor: Actor, territory: Territory, works: Sequence[WorkRecord]) -> Copied:
    """How many of these works are new, how many have changed?

    Raises
    ------
    AccessDenied
        The actor may not load this municipality's register.
    """
    require(actor, "territory.import", territory)
    places = place_rows([work.geometry for work in works])
    rows = (
        {
            "territory_id": territory.pk,
            "code": work.id,
            **place,
            "measure": work.measure,
            "district": work.district,
            "started": work.started,
            "finished": work.finished,
            "cost": work.cost.amount,
            "currency": work.cost.currency,
            "contractor": work.contractor,
            "warranty_until": work.warranty_until,
            "candidate": work.candidate_id or "",
            "assets": list(work.asset_ids),
        }
        for work, place in zip(works, places, strict=True)
    )
    done = copy_rows(Work, rows, key=_KEY)
    store_measures(territory, norms_of(territory))
    if done.inserted or done.updated:
        log_act(
            actor,
            "territory.import",
            territory,
            after={"works": done.inserted, "changed": done.updated},
            municipality=territory.code,
        )
    return done


def store_measures(territory: Territory, norms: NormsInForce) -> None:
    """Store the measures that the territory's packs name."""
    copy_rows(Measure, (_measure_row(territory.pk, m) for m in norms.measures()), key=_KEY)


def _measure_row(territory_id: int, measure: MeasureRecord) -> dict[str, Any]:
    low, likely, high = measure.effect
    return {
        "territory_id": territory_id,
        "code": measure.code,
        "title": forms(measure.title),
        "unit": measure.unit,
        "cost_low": measure.cost_low.amount,
        "cost": measure.cost.amount,
        "cost_high": measure.cost_high.amount,
        "price_date": measure.price_date,
        "life_years": measure.life_years,
        "effect_low": low,
        "effect": likely,
        "effect_high": high,
        "answers": list(measure.answers),
        "source": None if measure.source is None else asdict(measure.source),
    }


def measure_outcomes(
    actor: Actor,
    territory: Territory,
    *,
    columns: Reports | None = None,
    settings: OutcomeSettings = DEFAULT_SETTINGS,
) -> Run:
    """What did each work change, and each measure as a whole? Stored in place of what was.

    Parameters
    ----------
    columns
        The reports if they are at hand already; read otherwise.

    Notes
    -----
    Events are reports less duplicates, as grouped now. The same works and events are not measured
    twice.

    Raises
    ------
    AccessDenied
        The actor may not measure outcomes here.
    """
    require(actor, "outcome.measure", territory)
    told = reports_bridge.reports(territory.pk) if columns is None else columns
    events = reports_bridge.first_told(told, reports_bridge.groups(territory.pk))
    works = bridge.works(territory.pk)
    norms = norms_of(territory)
    asked = Computation(
        territory.pk,
        METHOD,
        {"settings": to_plain(settings)},
        norms.editions,
        digest(table_digest(Work, territory.pk, order=("code",)), events),
        territory.as_of,
    )
    earlier = find_run(asked)
    if earlier is not None and still_stands(earlier):
        return earlier
    measures = {m.code: m for m in norms.measures()}
    computed = compute(
        asked,
        lambda: measure_each(
            works, events, measures=measures, as_of=territory.as_of, settings=settings
        ),
    )
    with transaction.atomic():
        run = record_run(computed)
        _store(territory, run, computed.result)
        log_act(
            actor,
            "outcome.measure",
            territory,
            after={"run": run.pk, "works": len(computed.result)},
            municipality=territory.code,
        )
    return run


def _store(territory: Territory, run: Run, outcomes: Iterable[OutcomeRecord]) -> None:
    works = {row.code: row for row in Work.objects.filter(territory=territory).defer("geometry")}
    Outcome.objects.filter(territory=territory).delete()
    by_measure: dict[str, list[OutcomeRecord]] = defaultdict(list)
    rows = []
    for outcome in outcomes:
        work = works[outcome.subject]
        by_measure[work.measure].append(outcome)
        rows.append(_row(territory, run, outcome, measure=work.measure, work=work))
    for measure, each in sorted(by_measure.items()):
        if all(one.verdict == "too_early" for one in each):
            continue
        pooled = pool_outcomes(each, subject=measure)
        rows.append(_row(territory, run, pooled, measure=measure, work=None))
    Outcome.objects.bulk_create(rows, batch_size=2_000)


def _row(
    territory: Territory, run: Run, told: OutcomeRecord, *, measure: str, work: Work | None
) -> Outcome:
    def known(value: float) -> float | None:
        return value if math.isfinite(value) else None

    return Outcome(
        territory=territory,
        run=run,
        work=work,
        measure=measure,
        before=told.before,
        after=told.after,
        days_before=told.days_before,
        days_after=told.days_after,
        comparison_before=told.comparison_before,
        comparison_after=told.comparison_after,
        ratio=known(told.ratio),
        low=known(told.low),
        high=known(told.high),
        verdict=told.verdict,
    )
