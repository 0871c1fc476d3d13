"""Digests of what went into a computation and of what came out: the same wherever computed."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import shapely
from django.db import connection, models
from psycopg import sql
from shapely.geometry.base import BaseGeometry

_AS_THEY_ARE = frozenset((type(None), str, bool, int, float))


@functools.cache
def _names(kind: type) -> tuple[str, ...] | None:
    """Names of a record's fields; None of what is no record."""
    if not dataclasses.is_dataclass(kind):
        return None
    return tuple(field.name for field in dataclasses.fields(kind))


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
    kind: type = type(value)
    if kind in _AS_THEY_ARE:
        return value
    # Records come first: a town's charges are hundreds of thousands.
    names = _names(kind)
    if names is not None:
        return {name: to_plain(getattr(value, name)) for name in names}
    if isinstance(value, Decimal | Fraction):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple | list):
        # Long columns of plain values are not worth a call each.
        return [item if type(item) in _AS_THEY_ARE else to_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(name): to_plain(part) for name, part in value.items()}
    if isinstance(value, BaseGeometry):
        return shapely.to_wkb(value, hex=True, output_dimension=2, byte_order=1)
    # Subclasses of plain types (numpy's floats among them) come last: they are rare.
    if isinstance(value, str | bool | int | float):
        return value
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
            # Of words their lengths and all of them in a row: sooner than as JSON.
            words = value.tolist()
            _feed(total, np.array([*map(len, words)], dtype=np.int64))
            total.update("".join(words).encode())
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


def table_digest(
    model: type[models.Model],
    territory_id: int,
    *,
    order: Sequence[str],
    columns: Sequence[str] = (),
) -> str:
    """What is the SHA-256 of a territory's rows of a table?

    Parameters
    ----------
    model
        Whose table; it must have a column `territory_id`.
    order
        Columns that tell rows apart.
    columns
        Those that count; all but `id` and `territory_id` if none are named.

    Notes
    -----
    Computed in the database, a hundred times faster than over records: for tables that are an
    input as a whole.
    """
    names = columns or [
        str(field.column)
        for field in model._meta.concrete_fields
        if field.column not in ("id", "territory_id")
    ]
    query = sql.SQL(
        "SELECT encode(sha256(coalesce(string_agg(md5(ROW({columns})::text), '' ORDER BY {order}), "
        "'')::bytea), 'hex') FROM {table} WHERE territory_id = %s"
    ).format(
        columns=sql.SQL(", ").join(map(sql.Identifier, names)),
        order=sql.SQL(", ").join(map(sql.Identifier, order)),
        table=sql.Identifier(model._meta.db_table),
    )
    with connection.cursor() as cursor:
        cursor.execute(query, [territory_id])
        return str(cursor.fetchone()[0])
