"""Do the circumstances hold that a norm asks for?"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, Protocol, TypeVar

from eutopia.core.records.service_norms import Condition

Value = Decimal | str
_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Conditional(Protocol):
    """A part of a norm that holds under conditions."""

    @property
    def when(self) -> tuple[Condition, ...]:
        """Conditions that must all hold."""


P = TypeVar("P", bound=Conditional)


def circumstance(value: Decimal | float | str | bool) -> Value:
    """How is a circumstance compared: a number as Decimal, yes and no, anything else as words?

    Examples
    --------
    >>> circumstance("12.5"), circumstance(True), circumstance("night")
    (Decimal('12.5'), 'yes', 'night')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return value
    text = str(value)
    return Decimal(text) if _NUMBER.fullmatch(text) else text


def holds(conditions: Iterable[Condition], facts: Mapping[str, Value]) -> bool:
    """Do all conditions hold? One whose circumstance is not known does not.

    Examples
    --------
    >>> asked = (Condition("indoor_C", ">=", (Decimal(10),)),)
    >>> holds(asked, {"indoor_C": Decimal(11)}), holds(asked, {})
    (True, False)
    """
    return all(_holds(condition, facts.get(condition.variable)) for condition in conditions)


def _holds(condition: Condition, fact: Value | None) -> bool:
    if fact is None:
        return False
    if condition.op in ("=", "in"):
        return fact in condition.values
    if condition.op == "!=":
        return fact not in condition.values
    wanted = condition.values[0]
    if isinstance(fact, str) or isinstance(wanted, str):
        return False
    return _COMPARE[condition.op](fact, wanted)


def choose(parts: Iterable[P], facts: Mapping[str, Value]) -> P | None:
    """Which part of a norm applies: of those that hold, the most particular, then the first?"""
    best: P | None = None
    for part in parts:
        if holds(part.when, facts) and (best is None or len(part.when) > len(best.when)):
            best = part
    return best


def unknown(parts: Iterable[Conditional], facts: Mapping[str, Value]) -> tuple[str, ...]:
    """Which circumstances do these parts ask for that nobody gave?"""
    asked = {condition.variable for part in parts for condition in part.when}
    return tuple(sorted(asked - set(facts)))
