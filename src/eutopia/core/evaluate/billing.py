"""What a billing system takes over: a row a line, sums that add up, nothing else to ask for."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TextIO

from eutopia.core.kit.spreadsheet import inert
from eutopia.core.records.utilities import Recalculation, ReductionLine

COLUMNS = (
    "dwelling",
    "service",
    "period",
    "currency",
    "fee",
    "line",
    "kind",
    "norm",
    "article",
    "verification",
    "events",
    "excess",
    "unit",
    "percent",
    "amount",
    "total",
    "to_pay",
    "capped",
    "edition",
)
"""Documented in docs/reference/billing-export.md."""


CORRECTIONS = (
    "dwelling",
    "service",
    "period",
    "currency",
    "correction",
    "reason",
    "before",
    "after",
    "difference",
)
"""Documented in docs/reference/billing-export.md."""


@dataclass(frozen=True, slots=True)
class CorrectedCharge:
    """What was owed back for a charge before a correction, and what is after it?"""

    dwelling: str
    service: str
    period: date
    currency: str
    correction: str
    reason: str
    before: Decimal
    after: Decimal


def write_corrections(found: Iterable[CorrectedCharge], file: TextIO) -> int:
    """Write what a correction changed, for a billing system that took over what was owed before.

    A row for each charge whose sum is another; differences add up to that of the month. How many
    were written?
    """
    writer = csv.writer(file)
    writer.writerow(CORRECTIONS)
    number = 0
    for one in found:
        if one.before == one.after:
            continue
        row = (
            one.dwelling,
            one.service,
            f"{one.period:%Y-%m}",
            one.currency,
            one.correction,
            one.reason,
            str(one.before),
            str(one.after),
            str(one.after - one.before),
        )
        writer.writerow([*map(inert, row[:6]), *row[6:]])
        number += 1
    return number


def billing_rows(found: Iterable[Recalculation]) -> Iterator[tuple[str, ...]]:
    """Which rows does a billing system get?

    A row for each line of each recalculation that owes something, in the order given.

    Notes
    -----
    `amount` of the lines of one charge add up to `total`. `to_pay` is the fee less its reductions;
    compensations are paid apart from the bill and do not lower it.

    Examples
    --------
    >>> list(billing_rows([]))
    []
    """
    for one in found:
        charge = one.charge
        reduced = sum((line.amount.amount for line in one.lines if line.percent), Decimal(0))
        head = (
            charge.dwelling,
            charge.service,
            f"{charge.period:%Y-%m}",
            charge.fee.currency,
            str(charge.fee.amount),
        )
        tail = (
            str(one.amount.amount),
            str(charge.fee.rounded().amount - reduced),
            "yes" if one.capped else "no",
            one.edition,
        )
        for number, line in enumerate(one.lines, start=1):
            yield (*head, str(number), *_line(line), *tail)


def _line(line: ReductionLine) -> tuple[str, ...]:
    return (
        "reduction" if line.percent else "compensation",
        line.norm_path,
        line.article,
        line.verification,
        " ".join(line.interruption_ids),
        str(line.excess),
        line.unit,
        str(line.percent),
        str(line.amount.amount),
    )


def write_billing(found: Iterable[Recalculation], file: TextIO) -> int:
    """Write the rows as CSV (RFC 4180, with a header); how many were written?"""
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    number = 0
    for row in billing_rows(found):
        writer.writerow([inert(text) for text in row])
        number += 1
    return number
