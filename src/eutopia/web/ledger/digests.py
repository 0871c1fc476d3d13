"""Digests of what went into a computation and of what came out: the same wherever computed."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry


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
    if isinstance(value, Mapping):
        return {str(name): to_plain(part) for name, part in value.items()}
    if isinstance(value, BaseGeometry):
        return shapely.to_wkb(value, hex=True, output_dimension=2, byte_order=1)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    raise TypeError(f"{type(value).__name__} has no plain form; records hold none")


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
