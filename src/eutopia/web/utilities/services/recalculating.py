"""Writing interruptions and charges, and recalculating what is owed back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Count, Q, Sum

from eutopia.core.evaluate.recalculation import recalculate_month
from eutopia.core.records import Charge as ChargeRecord
from eutopia.core.records import Interruption as InterruptionRecord
from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.foundation.bulk import Copied, copy_rows
from eutopia.web.ledger.digests import digest
from eutopia.web.ledger.models import Run
from eutopia.web.ledger.services import (
    Computation,
    compute,
    find_run,
    read_inputs,
    record_run,
)
from eutopia.web.reports.services import all_norms
from eutopia.web.territory.models import Building, Territory
from eutopia.web.territory.services import add_counts
from eutopia.web.utilities import bridge
from eutopia.web.utilities.models import Charge, Entry, Interruption, Recalculation
from eutopia.web.utilities.services.storing import (
    Outcome,
    Standing,
    outcome_of,
    standing_month,
    store,
)

METHOD = "eutopia.core.evaluate.recalculation:recalculate"
_SEPARATOR = re.compile(r"[/:#-]")


@transaction.atomic
def load_interruptions(
    actor: Actor,
    territory: Territory,
    interruptions: Sequence[InterruptionRecord],
    charges: Sequence[ChargeRecord] = (),
) -> Copied:
    """How many of these interruptions and charges are new, how many have changed?

    Notes
    -----
    A dwelling belongs to the building whose code its own begins with (`u00012/7` to `u00012`).
    What the desk has corrected stays corrected, whatever its source says again.

    Raises
    ------
    AccessDenied
    """
    require(actor, "territory.import", territory)
    by_hand = Entry.objects.filter(interruption__territory=territory, act="corrected")
    corrected = set(by_hand.values_list("interruption__code", flat=True))
    done = copy_rows(
        Interruption,
        (_interruption_row(territory.pk, one) for one in interruptions if one.id not in corrected),
        key=("territory_id", "code"),
    )
    buildings = set(Building.objects.filter(territory=territory).values_list("code", flat=True))
    rows = (_charge_row(territory.pk, one, buildings) for one in charges)
    key = ("territory_id", "dwelling", "service", "period")
    done = add_counts(done, copy_rows(Charge, rows, key=key))
    if done.inserted or done.updated:
        log_act(
            actor,
            "territory.import",
            territory,
            after={"interruptions_and_charges": done.inserted, "changed": done.updated},
            municipality=territory.code,
        )
    return done


def _interruption_row(territory_id: int, one: InterruptionRecord) -> dict[str, object]:
    return {
        "territory_id": territory_id,
        "code": one.id,
        "service": one.service,
        "organisation": one.organisation,
        "started": one.started,
        "ended": one.ended,
        "planned": one.planned,
        "parameter": one.parameter,
        "measured": one.measured,
        "cause": one.cause,
        "asset": one.asset_id,
        "buildings": list(one.building_ids),
        "customers": one.customers,
        "notice_given": one.notice_given,
        "conditions": [list(pair) for pair in one.conditions],
        "promised": one.promised,
    }


def _charge_row(territory_id: int, one: ChargeRecord, buildings: set[str]) -> dict[str, object]:
    return {
        "territory_id": territory_id,
        "dwelling": one.dwelling,
        "building": building_of(one.dwelling, buildings),
        "service": one.service,
        "period": one.period,
        "fee": one.fee.amount,
        "currency": one.fee.currency,
        "volume": one.volume,
        "tariff": None if one.tariff is None else one.tariff.amount,
    }


def building_of(dwelling: str, buildings: set[str]) -> str:
    """In which building is a dwelling, by its number? Empty where none fits.

    Examples
    --------
    >>> building_of("u00012/7", {"u00012", "u0"})
    'u00012'
    >>> building_of("cottage", {"u00012"})
    ''
    """
    if dwelling in buildings:
        return dwelling
    ends = [found.start() for found in _SEPARATOR.finditer(dwelling)]
    return next((dwelling[:end] for end in reversed(ends) if dwelling[:end] in buildings), "")


@dataclass(frozen=True, slots=True)
class Recalculated:
    """What is owed back for a month: charges looked at, of these reduced, and how much."""

    run_id: int
    period: date
    charges: int
    reduced: int
    owed: Decimal
    fresh: bool
    """False: the same had been recalculated already, and nothing was computed."""
    touched: int
    """Charges computed now: all of them, or those that a correction can reach."""


@dataclass(frozen=True, slots=True)
class _Month:
    """What is charged in a month, and what it is judged by."""

    period: date
    charges: tuple[ChargeRecord, ...]
    buildings: tuple[str, ...]
    events: tuple[InterruptionRecord, ...]

    @property
    def inputs(self) -> dict[str, tuple[Any, ...]]:
        """All of it by name, as it is kept and compared."""
        return {"charges": self.charges, "buildings": self.buildings, "events": self.events}

    def take(self, positions: Sequence[int]) -> _Month:
        """Some of the charges, judged by the same events."""
        return replace(
            self,
            charges=tuple(self.charges[k] for k in positions),
            buildings=tuple(self.buildings[k] for k in positions),
        )


def recalculate_period(
    actor: Actor, territory: Territory, period: date, *, reason: str = ""
) -> Recalculated:
    """What is owed back for every charge of a month?

    Parameters
    ----------
    period
        First day of the month.
    reason
        Why it is computed anew, where something was corrected: kept with what was owed before.

    Notes
    -----
    The same charges and interruptions are not recalculated twice. Where the month was recalculated
    before, only the dwellings that a change can reach are (`Standing.touched`); the outcome, and
    the run that stands for it, are those of computing all of it. What was owed before is kept.

    Raises
    ------
    AccessDenied
    """
    require(actor, "recalculation.make", territory)
    rows = list(
        Charge.objects.filter(territory=territory, period=period).order_by("dwelling", "service")
    )
    month = _read(territory, period, rows)
    norms = all_norms(tuple(territory.packs))
    asked = Computation(
        territory.pk,
        METHOD,
        {"period": period},
        norms.editions,
        digest(*month.inputs.values()),
        territory.as_of,
    )
    earlier = find_run(asked)
    if earlier is not None and Recalculation.objects.filter(run=earlier).exists():
        return _summary(earlier, period, touched=None)
    standing = standing_month(territory, period)
    touched = standing.touched(month.inputs, asked)
    computed = compute(
        asked,
        lambda: _recalculated(territory, month.take(touched)),
        compared=lambda told: _outcomes(rows, standing, touched, told),
    )
    with transaction.atomic():
        run = record_run(computed, inputs=month.inputs)
        fresh = {rows[k]: one for k, one in zip(touched, computed.result, strict=True)}
        store(run, period, fresh, standing, edition=norms.at(period).edition, reason=reason)
        done = _summary(run, period, touched=len(touched))
        log_act(
            actor,
            "recalculation.make",
            territory,
            reason=reason,
            after={"run": run.pk, "period": period, "reduced": done.reduced, "owed": done.owed},
            municipality=territory.code,
        )
    return done


def _read(territory: Territory, period: date, rows: Sequence[Charge]) -> _Month:
    zone = ZoneInfo(territory.time_zone)
    first, last = (datetime.combine(d, time.min, zone) for d in (period, _next_month(period)))
    return _Month(
        period=period,
        charges=bridge.charges(rows),
        buildings=tuple(row.building for row in rows),
        events=bridge.interruptions_between(territory.pk, first, last),
    )


def _recalculated(territory: Territory, month: _Month) -> tuple[Outcome, ...]:
    """What is owed back for each charge, with the digest that tells whether a later one differs."""
    norms = all_norms(tuple(territory.packs))
    # Within most months no norm changes: then the one in force need not be looked up each time.
    changes = norms.changes(first=month.period, last=_next_month(month.period))
    zone = ZoneInfo(territory.time_zone)
    found = recalculate_month(
        month.charges,
        month.buildings,
        month.events,
        norms=norms if changes else norms.at(month.period),
        time_zone=territory.time_zone,
        as_of=datetime.combine(territory.as_of + timedelta(days=1), time.min, zone),
    )
    return tuple((one, outcome_of(one)) for one in found)


def _outcomes(
    rows: Sequence[Charge], standing: Standing, touched: Sequence[int], told: Sequence[Outcome]
) -> tuple[str, ...]:
    """Digests of all results of the month: of those computed now, and of those that stand."""
    now = {k: outcome for k, (_one, outcome) in zip(touched, told, strict=True)}
    return tuple(now.get(k) or standing.outcomes[row.pk] for k, row in enumerate(rows))


def replay_recalculation(run: Run) -> str:
    """What is the digest of what the run's own inputs give now? The whole month is computed."""
    told = read_inputs(run, {"charges": ChargeRecord, "events": InterruptionRecord})
    run.territory.as_of = run.as_of
    month = _Month(period=date.fromisoformat(run.parameters["period"]), **told)
    return digest(tuple(outcome for _one, outcome in _recalculated(run.territory, month)))


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _summary(run: Run, period: date, *, touched: int | None) -> Recalculated:
    told = Recalculation.objects.filter(run=run).aggregate(
        charges=Count("pk"), reduced=Count("pk", filter=Q(amount__gt=0)), owed=Sum("amount")
    )
    return Recalculated(
        run_id=run.pk,
        period=period,
        charges=told["charges"],
        reduced=told["reduced"],
        owed=told["owed"] or Decimal(0),
        fresh=touched is not None,
        touched=touched or 0,
    )
