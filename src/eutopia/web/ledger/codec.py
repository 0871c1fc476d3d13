"""The core's records as plain JSON and back, to the last bit; and their digests.

Decimals, fractions and dates are text, geometry is hexadecimal WKB, floats are JSON numbers that
read back to the same double. What a record is, is read from its class, so nothing in the data
names a type.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import types
import typing
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeVar

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

T = TypeVar("T")


def to_plain(value: Any) -> Any:
    """What is this record in plain JSON values?

    Raises
    ------
    TypeError
        For a value that is no record and no part of one.

    Examples
    --------
    >>> to_plain((Decimal("1.50"), date(2026, 6, 30), Fraction(1, 3)))
    ['1.50', '2026-06-30', '1/3']
    """
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Decimal | Fraction):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [to_plain(item) for item in value]
    if isinstance(value, BaseGeometry):
        return shapely.to_wkb(value, hex=True, output_dimension=2, byte_order=1)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    raise TypeError(f"{type(value).__name__} has no plain form; records hold none")


def from_plain(kind: type[T], value: Any) -> T:
    """Which record was this, of the class `kind`?

    Raises
    ------
    TypeError
        Where the values do not fit the class: the record changed since they were stored.

    Examples
    --------
    >>> from eutopia.core.records import Money
    >>> money = Money(Decimal("10.005"), "RUB")
    >>> from_plain(Money, to_plain(money)) == money
    True
    """
    return typing.cast(T, _read(kind, value))


@functools.cache
def _fields(kind: type) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    return {f.name: hints[f.name] for f in dataclasses.fields(kind)}


_TEXT: dict[Any, Any] = {
    Decimal: Decimal,
    Fraction: Fraction,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
}


def _read(kind: Any, value: Any) -> Any:
    if value is None or kind is Any:
        return value
    if kind in _TEXT:
        return _TEXT[kind](value)
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return _read_optional(kind, value)
    if origin is tuple:
        return _read_tuple(typing.get_args(kind), value)
    if dataclasses.is_dataclass(kind):
        known = _fields(kind)  # type: ignore[arg-type]
        return kind(**{name: _read(known[name], part) for name, part in value.items()})
    if isinstance(kind, type) and issubclass(kind, BaseGeometry):
        return shapely.from_wkb(value)
    return float(value) if kind is float else value


def _read_optional(kind: Any, value: Any) -> Any:
    parts = [part for part in typing.get_args(kind) if part is not type(None)]
    if len(parts) != 1:
        raise TypeError(f"{kind} may be several things; records hold no such field")
    return _read(parts[0], value)


def _read_tuple(parts: tuple[Any, ...], value: list[Any]) -> tuple[Any, ...]:
    if len(parts) == 2 and parts[1] is Ellipsis:
        return tuple(_read(parts[0], item) for item in value)
    return tuple(_read(part, item) for part, item in zip(parts, value, strict=True))


def digest(*values: Any) -> str:
    """What is the SHA-256 of these records, the same wherever it is computed?

    Parameters
    ----------
    *values
        Records, plain values, tuples of them, or numpy arrays (as in `Reports`).

    Examples
    --------
    >>> digest(("a", 1)) == digest(["a", 1]) != digest(("a", 2))
    True
    """
    total = hashlib.sha256()
    for value in values:
        _feed(total, value)
    return total.hexdigest()


def _feed(total: Any, value: Any) -> None:
    if isinstance(value, np.ndarray):
        if value.dtype == object:
            total.update(json.dumps(value.tolist(), ensure_ascii=False).encode())
        else:
            total.update(str(value.dtype).encode())
            total.update(np.ascontiguousarray(value).view(np.uint8).data)
        return
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        total.update(type(value).__name__.encode())
        for field in dataclasses.fields(value):
            _feed(total, getattr(value, field.name))
        return
    total.update(json.dumps(to_plain(value), ensure_ascii=False, sort_keys=True).encode())
