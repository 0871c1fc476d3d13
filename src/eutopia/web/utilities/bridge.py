"""Rows of communal services as the core's records."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from eutopia.core.records import Charge, Interruption, Money
from eutopia.web.utilities import models


def interruptions(territory_id: int) -> tuple[Interruption, ...]:
    """Which interruptions were there, ordered by code?"""
    return _records(models.Interruption.objects.filter(territory_id=territory_id))


def interruptions_between(territory_id: int, first: Any, last: Any) -> tuple[Interruption, ...]:
    """Which interruptions touch the time from `first` to `last` (aware), ordered by code?"""
    rows = models.Interruption.objects.filter(territory_id=territory_id, started__lt=last)
    return _records(rows.exclude(ended__lte=first))


def _records(rows: Any) -> tuple[Interruption, ...]:
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
        )
        for row in rows.order_by("code")
    )


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
