"""What do the outages behind a problem cost a year besides their repair?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from eutopia.core.records.money import Money
from eutopia.core.records.utilities import Interruption, OutageLosses

_DAY_S = 86_400.0
_NEAR_DAYS = 1.0
"""A report that opens so near to an outage tells of it."""


@dataclass(frozen=True, slots=True)
class OutagesAYear:
    """Money a year: taken off the bills, and for crews sent out. None where it is not known."""

    given_back: Money | None = None
    call_outs: Money | None = None


class Losses:
    """What outages cost, by outage, indexed once."""

    def __init__(self, told: OutageLosses) -> None:
        self._told = told
        self._given_back: dict[str, Decimal] = defaultdict(Decimal)
        for ids, money in told.given_back:
            for one in ids:
                self._given_back[one] += money.amount / len(ids)
        self._call_outs = dict(told.call_outs)

    def of(
        self,
        outages: Sequence[Interruption],
        *,
        reported: NDArray[np.float64],
        years: float,
        currency: str,
    ) -> OutagesAYear:
        """What do these outages cost a year?

        Parameters
        ----------
        outages
            Those that speak for one problem.
        reported
            When its reported events opened (days since 1970).
        years
            How long events and outages have been watched.
        currency
            Of all money here.

        Notes
        -----
        A sum that rests on several outages is split evenly among them, so that the sums of all
        outages add up to what was given back. Money of less than a year counts as that of a year:
        what was not seen is not assumed. An outage within a day of a reported event is that event,
        whose response is priced already; to every other one a crew went at least once.
        """
        told = self._told
        given_back = call_outs = None
        if told.months:
            back = sum((self._given_back.get(one.id, Decimal(0)) for one in outages), Decimal(0))
            given_back = Money(back / max(Decimal(told.months) / 12, Decimal(1)), currency)
        if told.call_out is not None:
            went = sum(
                max(self._call_outs.get(one.id, 1), 1)
                for one in outages
                if not _was_reported(one, reported)
            )
            call_outs = told.call_out * (Decimal(went) / Decimal(repr(float(max(years, 1.0)))))
        return OutagesAYear(given_back, call_outs)


def _was_reported(outage: Interruption, opened: NDArray[np.float64]) -> bool:
    first = outage.started.timestamp() / _DAY_S
    last = first if outage.ended is None else outage.ended.timestamp() / _DAY_S
    return bool(((opened >= first - _NEAR_DAYS) & (opened <= last + _NEAR_DAYS)).any())
