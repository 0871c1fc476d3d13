"""What a meter measured hour by hour, told as one outage: an event for each value is for sums."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from eutopia.web.utilities.selectors.outages import OutageView

_GAP = timedelta(minutes=30)


def episodes(outages: Iterable[OutageView]) -> tuple[OutageView, ...]:
    """Which outages are there when those of one quality that follow one another are one?

    Parameters
    ----------
    outages
        Of one building, in any order.

    Returns
    -------
    tuple of OutageView
        The latest first. What is made of several has the first one's code, their lowest value, and
        is over where the last one is.
    """
    found: list[OutageView] = []
    for one in sorted(outages, key=lambda o: (o.service, o.parameter, o.started)):
        last = found[-1] if found else None
        if last is not None and _follows(one, last):
            ended = None if one.ended is None or last.ended is None else max(one.ended, last.ended)
            values = [value for value in (one.measured, last.measured) if value is not None]
            found[-1] = replace(last, ended=ended, measured=min(values, default=None))
        else:
            found.append(one)
    return tuple(sorted(found, key=lambda o: o.started, reverse=True))


def _follows(one: OutageView, last: OutageView) -> bool:
    same = (one.service, one.parameter, one.organisation, one.cause, one.confirmed)
    if same != (last.service, last.parameter, last.organisation, last.cause, last.confirmed):
        return False
    if one.cause != "meter" or last.ended is None:
        return False
    return one.started <= last.ended + _GAP
