"""Rows of communal services as the core's records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db.models import Count, Sum
from django.db.models.functions import Coalesce

from eutopia.core.records import (
    Charge,
    Connection,
    Interruption,
    Meter,
    Money,
    OutageLosses,
    Reading,
    Recalculation,
    ReductionLine,
    Signal,
    Tariff,
)
from eutopia.web.utilities import models


def interruptions(territory_id: int) -> tuple[Interruption, ...]:
    """Which interruptions were there, ordered by code?"""
    return _records(_confirmed(territory_id))


def _confirmed(territory_id: int) -> Any:
    """What residents alone told of proves nothing yet."""
    return models.Interruption.objects.filter(territory_id=territory_id, confirmed=True)


def interruptions_between(territory_id: int, first: Any, last: Any) -> tuple[Interruption, ...]:
    """Which interruptions touch the time from `first` to `last` (aware), ordered by code?"""
    rows = _confirmed(territory_id).filter(started__lt=last)
    return _records(rows.exclude(ended__lte=first))


def standing(territory_id: int, since: Any) -> tuple[Interruption, ...]:
    """Which interruptions, confirmed or not, had not ended by `since`, ordered by code?"""
    rows = models.Interruption.objects.filter(territory_id=territory_id)
    return _records(rows.exclude(ended__lte=since))


def outage_losses(territory_id: int, currency: str, *, call_out: Decimal | None) -> OutageLosses:
    """What did outages cost besides their repair: sums by the outages they rest on, crews sent?

    Parameters
    ----------
    call_out
        What sending a crew once costs; None where nobody says.
    """
    done = models.Recalculation.objects.filter(charge__territory_id=territory_id)
    sums = (
        models.ReductionLine.objects.filter(recalculation__in=done)
        .values_list("interruptions")
        .annotate(total=Sum("amount"))
        .order_by("interruptions")
    )
    sent = models.CallOut.objects.filter(crew__territory_id=territory_id)
    event = Coalesce("interruption__code", "call__interruption__code")
    counted = sent.annotate(event=event).exclude(event=None).values_list("event")
    return OutageLosses(
        given_back=tuple((tuple(ids), Money(total, currency)) for ids, total in sums if total),
        months=done.values("charge__period").distinct().count(),
        call_out=None if call_out is None else Money(call_out, currency),
        call_outs=tuple(counted.annotate(n=Count("pk")).order_by("event")),
    )


def connections(territory_id: int) -> tuple[Connection, ...]:
    """Who serves which building, ordered by building, service and provider?"""
    rows = models.Connection.objects.filter(territory_id=territory_id).order_by(
        "building", "service", "provider"
    )
    return tuple(
        Connection(*row)
        for row in rows.values_list(
            "building", "service", "provider", "supplier", "asset", "boundary", "since", "until"
        )
    )


def tariffs(territory_id: int) -> tuple[Tariff, ...]:
    """What does a unit of each service cost, ordered by service, provider and first day?"""
    rows = models.Tariff.objects.filter(territory_id=territory_id).order_by(
        "service", "provider", "since"
    )
    return tuple(
        Tariff(
            row.service,
            row.provider,
            row.since,
            row.until,
            Money(row.price, row.currency),
            row.unit,
            row.act,
        )
        for row in rows
    )


def signals(rows: Iterable[models.Signal]) -> tuple[Signal, ...]:
    """Turn rows of signals into records, in the order given."""
    return tuple(
        Signal(
            id=row.code,
            source=row.source,
            service=row.service,
            started=row.started,
            ended=row.ended,
            building_ids=tuple(row.buildings),
            organisation=row.organisation,
            planned=row.planned,
            parameter=row.parameter,
            measured=row.measured,
            asset_id=row.asset,
            cause=row.cause,
            promised=row.promised,
            notice_given=row.notice_given,
            customers=row.customers,
            conditions=pairs(row.conditions),
        )
        for row in rows
    )


def meters(
    territory_id: int, *, since: Any = None, only: int | None = None
) -> tuple[tuple[Meter, tuple[Reading, ...]], ...]:
    """Which meters are there and what did they say since, ordered by code and time?"""
    rows = models.Meter.objects.filter(territory_id=territory_id).order_by("code")
    said: dict[int, list[Reading]] = defaultdict(list)
    told = models.Reading.objects.filter(meter__territory_id=territory_id)
    if since is not None:
        told = told.filter(at__gte=since)
    if only is not None:
        rows, told = rows.filter(pk=only), told.filter(meter_id=only)
    for meter, at, value in told.order_by("at", "value").values_list("meter_id", "at", "value"):
        said[meter].append(Reading(at, value))
    return tuple(
        (
            Meter(row.code, row.service, row.parameter, row.organisation, tuple(row.buildings)),
            tuple(said[row.pk]),
        )
        for row in rows
    )


def of_building(
    territory_id: int, building: str, first: Any, last: Any
) -> tuple[Interruption, ...]:
    """Which interruptions hit a building from `first` to `last`, ordered by code?"""
    rows = models.Interruption.objects.filter(
        territory_id=territory_id, buildings__contains=[building], started__lt=last
    )
    return _records(rows.exclude(ended__lte=first).filter(confirmed=True))


def _records(rows: Any) -> tuple[Interruption, ...]:
    return interruption_records(rows.order_by("code"))


def interruption_records(rows: Iterable[models.Interruption]) -> tuple[Interruption, ...]:
    """Turn rows of interruptions into records, in the order given."""
    return tuple(
        Interruption(
            id=row.code,
            service=row.service,
            organisation=row.organisation,
            started=row.started,
            ended=row.ended,
            planned=row.planned,
            parameter=row.parameter,
            measured=row.measured,
            cause=row.cause,
            asset_id=row.asset,
            building_ids=tuple(row.buildings),
            customers=row.customers,
            notice_given=row.notice_given,
            promised=row.promised,
            conditions=pairs(row.conditions),
        )
        for row in rows
    )


def pairs(stored: Iterable[Iterable[str]]) -> tuple[tuple[str, str], ...]:
    """Pairs as they are stored, as the records have them."""
    return tuple((name, value) for name, value in stored)


def charges(rows: Iterable[models.Charge]) -> tuple[Charge, ...]:
    """Turn rows of charges into records, in the order given."""
    return tuple(
        Charge(
            dwelling=row.dwelling,
            service=row.service,
            period=row.period,
            fee=Money(row.fee, row.currency),
            volume=row.volume,
            tariff=None if row.tariff is None else Money(row.tariff, row.currency),
        )
        for row in rows
    )


def recalculation(row: models.Recalculation) -> Recalculation:
    """Turn what is stored of a recalculation into a record, without what was set aside."""
    currency = row.charge.currency
    (charge,) = charges([row.charge])
    return Recalculation(
        charge=charge,
        lines=tuple(reduction_line(line, currency) for line in row.lines.all()),
        amount=Money(row.amount, currency),
        capped=row.capped,
        set_aside=(),
        edition=row.edition,
    )


def reduction_line(row: models.ReductionLine, currency: str) -> ReductionLine:
    """Turn a stored line into a record."""
    return ReductionLine(
        norm_path=row.norm_path,
        article=row.article,
        verification=row.verification,
        interruption_ids=tuple(row.interruptions),
        supplied=row.supplied,
        permitted=row.permitted,
        excess=row.excess,
        unit=row.unit,
        percent=row.percent,
        amount=Money(row.amount, currency),
    )
