"""What stands of a month's recalculation, what a change reaches, what takes its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
from django.utils import timezone

from eutopia.core.evaluate.recalculation_batch import changed_events, touched_dwellings
from eutopia.core.evaluate.town_shares import Dwellings
from eutopia.core.records import Charge as ChargeRecord
from eutopia.core.records import Interruption as InterruptionRecord
from eutopia.core.records import Recalculation as RecalculationRecord
from eutopia.web.foundation.bulk import copy_rows
from eutopia.web.ledger.digests import digest, to_plain
from eutopia.web.ledger.models import Run
from eutopia.web.ledger.services import Computation, read_inputs, same_editions
from eutopia.web.territory.models import Territory
from eutopia.web.utilities import bridge
from eutopia.web.utilities.models import (
    Charge,
    Correction,
    FormerRecalculation,
    Recalculation,
    ReductionLine,
)

Outcome = tuple[RecalculationRecord, str]
"""A result and its digest."""


def outcome_of(told: RecalculationRecord) -> str:
    """What is the digest of a result?

    Notes
    -----
    The charge is among the inputs, and the packs' edition is the run's to tell: neither alone makes
    a result another. Most charges of a month owe nothing, for no reason that needs to be told.
    """
    parts = (told.lines, told.set_aside, told.advisory, told.assumed, told.notes)
    if not any(parts):
        return _NOTHING
    return digest((told.amount, told.capped, *parts))


_NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Standing:
    """The results that stand for a month: the run they are of, and their digests by charge."""

    run: Run | None = None
    """None: not recalculated yet, or not as a whole."""
    outcomes: Mapping[int, str] = field(default_factory=dict)

    def touched(self, now: Mapping[str, Sequence[Any]], asked: Computation) -> list[int]:
        """Which charges (positions) may come out otherwise than they stand?

        Parameters
        ----------
        now
            The month's `charges`, their `buildings`, the `events`.

        Notes
        -----
        Those of the buildings that an event which came, went or changed hits; where the norms are
        others, those of all buildings that any event hits; and those of dwellings that were
        charged otherwise. Nothing is missed: a charge without events owes nothing under any norm.
        """
        charges, buildings, events = now["charges"], now["buildings"], now["events"]
        if self.run is None:
            return list(range(len(charges)))
        was = read_inputs(self.run, {"charges": ChargeRecord, "events": InterruptionRecord})
        changed = changed_events(was["events"], events)
        if not same_editions(self.run, asked.editions):
            changed = (*was["events"], *events)
        elif self.run.as_of != asked.as_of:
            changed = (*changed, *(one for one in events if one.ended is None))
        names = {name: k for k, name in enumerate(dict.fromkeys(buildings))}
        place = np.array([names[building] for building in buildings], np.int64)
        hit = touched_dwellings(changed, Dwellings(tuple(names), place))
        charged = set(zip(was["charges"], was["buildings"], strict=True))
        otherwise = charged.symmetric_difference(zip(charges, buildings, strict=True))
        anew = {charge.dwelling for charge, _building in otherwise}
        return [k for k, one in enumerate(charges) if hit[k] or one.dwelling in anew]


def standing_month(territory: Territory, period: date) -> Standing:
    """Which results stand for the charges of a month?"""
    rows = Recalculation.objects.filter(charge__territory=territory, charge__period=period)
    told = list(rows.values_list("charge_id", "outcome", "run_id"))
    runs = {run for _charge, _outcome, run in told}
    if len(runs) != 1 or not all(outcome for _charge, outcome, _run in told):
        return Standing()
    run = Run.objects.get(pk=runs.pop())
    return Standing(run, {charge: outcome for charge, outcome, _run in told})


def store(
    run: Run,
    period: date,
    fresh: Mapping[Charge, Outcome],
    standing: Standing,
    *,
    edition: str,
    reason: str,
) -> None:
    """Put results in the place of those that stand, and keep what these said.

    Parameters
    ----------
    fresh
        What was computed now. All other charges of the month keep what they have, and from now on
        `run` and `edition` stand for them too.
    """
    told = {
        charge: (one, outcome)
        for charge, (one, outcome) in fresh.items()
        if outcome != standing.outcomes.get(charge.pk)
    }
    replaced = Recalculation.objects.filter(charge__in=[charge.pk for charge in told])
    if standing.run is not None:
        former = _former(told, replaced.select_related("charge").prefetch_related("lines"))
        _keep(run, period, former, before=standing.run, touched=len(fresh), reason=reason)
    ReductionLine.objects.filter(recalculation__in=replaced).delete()
    _write(run, told)
    if standing.run is not None:
        # A run is of one month: what it still stands for is what is left of that month.
        Recalculation.objects.filter(run=standing.run).update(run=run, edition=edition)


def _former(told: Mapping[Charge, Outcome], replaced: Any) -> list[FormerRecalculation]:
    """What was owed by which lines, where anything was or is."""
    now = {charge.pk: one.amount.amount for charge, (one, _outcome) in told.items()}
    return [
        FormerRecalculation(
            charge=row.charge,
            amount=row.amount,
            corrected=now[row.charge_id],
            lines=to_plain(bridge.recalculation(row).lines),
        )
        for row in replaced
        if row.amount or now[row.charge_id]
    ]


def _keep(
    run: Run,
    period: date,
    former: list[FormerRecalculation],
    *,
    before: Run,
    touched: int,
    reason: str,
) -> None:
    if not former:
        return
    made = Correction.objects.create(
        territory_id=run.territory_id,
        period=period,
        reason=reason,
        made=timezone.now(),
        before=before,
        run=run,
        touched=touched,
        difference=sum((row.corrected - row.amount for row in former), Decimal(0)),
    )
    for row in former:
        row.correction = made
    FormerRecalculation.objects.bulk_create(former, batch_size=2_000)


def _write(run: Run, told: Mapping[Charge, Outcome]) -> None:
    rows = (
        {
            "charge_id": charge.pk,
            "run_id": run.pk,
            "amount": one.amount.amount,
            "capped": one.capped,
            "set_aside": to_plain(one.set_aside),
            "notes": to_plain(one.notes),
            "edition": one.edition,
            "advisory": to_plain(one.advisory),
            "assumed": to_plain(one.assumed),
            "outcome": outcome,
        }
        for charge, (one, outcome) in told.items()
    )
    copy_rows(Recalculation, rows, key=("charge_id",))
    lines = [(charge.pk, line) for charge, (one, _) in told.items() for line in one.lines]
    stored = Recalculation.objects.filter(charge__in={charge for charge, _line in lines})
    keys = dict(stored.values_list("charge_id", "pk"))
    ReductionLine.objects.bulk_create(
        [
            ReductionLine(
                recalculation_id=keys[charge],
                norm_path=line.norm_path,
                article=line.article,
                verification=line.verification,
                interruptions=list(line.interruption_ids),
                supplied=line.supplied,
                permitted=line.permitted,
                excess=line.excess,
                unit=line.unit,
                percent=line.percent,
                amount=line.amount.amount,
            )
            for charge, line in lines
        ],
        batch_size=2_000,
    )
