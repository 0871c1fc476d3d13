"""Writing interruptions and charges, and recalculating what is owed back."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import transaction

from eutopia.core.evaluate.recalculation import recalculate
from eutopia.core.records import Charge as ChargeRecord
from eutopia.core.records import Interruption as InterruptionRecord
from eutopia.core.records import Money
from eutopia.core.records import Recalculation as RecalculationRecord
from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.foundation.bulk import Copied, copy_rows
from eutopia.web.ledger.digests import digest, to_plain
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
from eutopia.web.utilities.models import Charge, Interruption, Recalculation, ReductionLine

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

    Raises
    ------
    AccessDenied
    """
    require(actor, "territory.import", territory)
    done = copy_rows(
        Interruption,
        (_interruption_row(territory.pk, one) for one in interruptions),
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


def recalculate_period(actor: Actor, territory: Territory, period: date) -> Recalculated:
    """What is owed back for every charge of a month?

    Parameters
    ----------
    period
        First day of the month.

    Notes
    -----
    Stored in place of what was. The same charges and interruptions are not recalculated twice.

    Raises
    ------
    AccessDenied
    """
    require(actor, "recalculation.make", territory)
    rows = list(
        Charge.objects.filter(territory=territory, period=period).order_by("dwelling", "service")
    )
    zone = ZoneInfo(territory.time_zone)
    first, last = (datetime.combine(d, time.min, zone) for d in (period, _next_month(period)))
    events = bridge.interruptions_between(territory.pk, first, last)
    norms = all_norms(tuple(territory.packs))
    charges = bridge.charges(rows)
    asked = Computation(
        territory.pk,
        METHOD,
        {"period": period},
        norms.editions,
        digest(charges, tuple(row.building for row in rows), events),
        territory.as_of,
    )
    earlier = find_run(asked)
    if earlier is not None and Recalculation.objects.filter(run=earlier).exists():
        return _summary(earlier, period, fresh=False)
    buildings = tuple(row.building for row in rows)
    computed = compute(asked, lambda: _recalculated(territory, period, charges, buildings, events))
    with transaction.atomic():
        run = record_run(
            computed, inputs={"charges": charges, "buildings": buildings, "events": events}
        )
        _store(run, rows, computed.result)
        done = _summary(run, period, fresh=True)
        log_act(
            actor,
            "recalculation.make",
            territory,
            after={"run": run.pk, "period": period, "reduced": done.reduced, "owed": done.owed},
            municipality=territory.code,
        )
    return done


def _recalculated(
    territory: Territory,
    period: date,
    charges: Sequence[ChargeRecord],
    buildings: Sequence[str],
    events: Sequence[InterruptionRecord],
) -> tuple[RecalculationRecord, ...]:
    norms = all_norms(tuple(territory.packs))
    # Within most months no norm changes: then the one in force need not be looked up each time.
    changes = norms.changes(first=period, last=_next_month(period))
    in_force = norms if changes else norms.at(period)
    hit = _by_building(events)
    zone = ZoneInfo(territory.time_zone)
    now = datetime.combine(territory.as_of + timedelta(days=1), time.min, zone)
    # What another service costs there in that month: hot water that is cold is charged as cold.
    tariffs: dict[str, dict[str, Money]] = defaultdict(dict)
    for charge in charges:
        if charge.tariff is not None:
            tariffs[charge.dwelling][charge.service] = charge.tariff
    return tuple(
        recalculate(
            charge,
            hit.get(building, ()),
            norms=in_force,
            time_zone=territory.time_zone,
            tariffs=tariffs.get(charge.dwelling),
            as_of=now,
        )
        for charge, building in zip(charges, buildings, strict=True)
    )


def replay_recalculation(run: Run) -> str:
    """What is the digest of what the run's own inputs give now?"""
    told = read_inputs(run, {"charges": ChargeRecord, "events": InterruptionRecord})
    period = date.fromisoformat(run.parameters["period"])
    run.territory.as_of = run.as_of
    return digest(
        _recalculated(run.territory, period, told["charges"], told["buildings"], told["events"])
    )


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _by_building(
    events: Iterable[InterruptionRecord],
) -> dict[str, list[InterruptionRecord]]:
    hit: dict[str, list[InterruptionRecord]] = defaultdict(list)
    for event in events:
        for building in event.building_ids:
            hit[building].append(event)
    return hit


def _summary(run: Run, period: date, *, fresh: bool) -> Recalculated:
    amounts = list(Recalculation.objects.filter(run=run).values_list("amount", flat=True))
    return Recalculated(
        run_id=run.pk,
        period=period,
        charges=len(amounts),
        reduced=sum(amount > 0 for amount in amounts),
        owed=sum(amounts, Decimal(0)),
        fresh=fresh,
    )


def _store(run: Run, rows: Sequence[Charge], told: Sequence[RecalculationRecord]) -> None:
    Recalculation.objects.filter(charge__in=[row.pk for row in rows]).only("pk").delete()
    stored = Recalculation.objects.bulk_create(
        [
            Recalculation(
                charge=row,
                run=run,
                amount=one.amount.amount,
                capped=one.capped,
                set_aside=[list(pair) for pair in one.set_aside],
                notes=[list(pair) for pair in one.notes],
                edition=one.edition,
                advisory=to_plain(one.advisory),
                assumed=to_plain(one.assumed),
            )
            for row, one in zip(rows, told, strict=True)
        ],
        batch_size=2_000,
    )
    ReductionLine.objects.bulk_create(
        [
            ReductionLine(
                recalculation=row,
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
            for row, one in zip(stored, told, strict=True)
            for line in one.lines
        ],
        batch_size=2_000,
    )
