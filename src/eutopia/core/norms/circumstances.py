"""Which circumstances of an event do the norms ask about, beyond its times and its measurement?"""

from __future__ import annotations

from collections.abc import Iterable

from eutopia.core.records.service_norms import Condition, ServiceNorm

_KNOWN = frozenset(
    {"measured", "deviation_percent", "time_of_day", "planned", "hours", "notice_hours",
     "customers"}
)  # fmt: skip
"""What the event itself tells."""
_YES_NO = ("no", "yes")


def circumstances_asked(
    norms: Iterable[ServiceNorm], *, service: str | None = None, parameter: str | None = None
) -> dict[str, tuple[str, ...]]:
    """Which circumstances do norms ask about, and which values may each have?

    Parameters
    ----------
    service, parameter
        Norms that judge these alone; None: all.

    Returns
    -------
    dict
        Values by name, both in alphabetical order; no values where it is a number. What an event's
        own times, measurement and notice tell is left out.

    Examples
    --------
    >>> from datetime import date
    >>> from eutopia.core.norms import load_norms
    >>> held = load_norms(["ru-354"]).at(date(2026, 6, 1)).service_norms()
    >>> circumstances_asked(held, service="hot_water", parameter="continuity")
    {'accident_on_dead_end_main': ('no', 'yes'), 'annual_maintenance': ('no', 'yes')}
    """
    values: dict[str, set[str]] = {}
    for norm in norms:
        if service not in (None, norm.service) or parameter not in (None, *norm.parameters):
            continue
        for condition in conditions_of(norm):
            if condition.variable not in _KNOWN:
                values.setdefault(condition.variable, set()).update(_words(condition))
        for name, assumed in norm.assume:
            if values.get(name):
                values[name].add(assumed)
    return {name: _all(values[name]) for name in sorted(values)}


def conditions_of(norm: ServiceNorm) -> Iterable[Condition]:
    """Under which conditions do a norm and its parts hold?"""
    yield from norm.when
    for part in (norm.targets, norm.tolerances, norm.permitted, norm.remedies):
        for one in part:
            yield from one.when


def _words(condition: Condition) -> set[str]:
    """The values a condition names; none where it compares numbers."""
    if condition.op not in ("=", "!=", "in"):
        return set()
    return {str(value) for value in condition.values}


def _all(named: set[str]) -> tuple[str, ...]:
    return _YES_NO if named & set(_YES_NO) else tuple(sorted(named))
