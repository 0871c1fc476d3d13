"""What a billing system takes over of a month that has been recalculated."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date

from django.db import transaction

from eutopia.core.evaluate.billing import CorrectedCharge, write_billing, write_corrections
from eutopia.core.records import Recalculation
from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.territory.models import Territory
from eutopia.web.territory.services import territory_row
from eutopia.web.utilities import bridge, models


@transaction.atomic
def billing_csv(actor: Actor, territory: Territory | int, period: date) -> str:
    """What is to be taken off the charges of a month, as docs/reference/billing-export.md has it?

    Raises
    ------
    AccessDenied
    LookupError
        The month has charges that are not recalculated yet, or none at all.
    """
    territory = territory_row(territory)
    require(actor, "billing.export", territory)
    rows = models.Charge.objects.filter(territory=territory, period=period)
    if not rows.exists() or rows.filter(recalculation__isnull=True).exists():
        raise LookupError(f"{period:%Y-%m} is not recalculated; run it first")
    file = io.StringIO(newline="")
    written = write_billing(_recalculations(territory.pk, period), file)
    log_act(
        actor,
        "billing.export",
        territory,
        after={"period": period, "lines": written},
        municipality=territory.code,
    )
    return file.getvalue()


@transaction.atomic
def corrections_csv(actor: Actor, territory: Territory | int, correction: int) -> str:
    """What did a correction change, as docs/reference/billing-export.md has it?

    Raises
    ------
    AccessDenied
    LookupError
        There is no such correction here.
    """
    territory = territory_row(territory)
    require(actor, "billing.export", territory)
    made = models.Correction.objects.filter(territory=territory, pk=correction).first()
    if made is None:
        raise LookupError(f"there is no correction {correction} here")
    rows = made.former.select_related("charge").order_by("charge__dwelling", "charge__service")
    file = io.StringIO(newline="")
    written = write_corrections(
        (
            CorrectedCharge(
                dwelling=row.charge.dwelling,
                service=row.charge.service,
                period=made.period,
                currency=row.charge.currency,
                correction=str(made.pk),
                reason=made.reason,
                before=row.amount,
                after=row.corrected,
            )
            for row in rows.iterator(chunk_size=2_000)
        ),
        file,
    )
    log_act(
        actor,
        "billing.export",
        territory,
        after={"correction": made.pk, "lines": written},
        municipality=territory.code,
    )
    return file.getvalue()


def _recalculations(territory_id: int, period: date) -> Iterator[Recalculation]:
    rows = (
        models.Recalculation.objects.filter(
            charge__territory_id=territory_id, charge__period=period, amount__gt=0
        )
        .select_related("charge")
        .prefetch_related("lines")
        .order_by("charge__dwelling", "charge__service")
    )
    return map(bridge.recalculation, rows.iterator(chunk_size=2_000))
