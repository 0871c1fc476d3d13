"""Many rows at once: COPY into the database, idempotent by a natural key.

A hundred thousand rows one by one take minutes; through COPY they take seconds. All or nothing:
a row that cannot be stored stops the whole call with its number, column and reason, and the table
stays as it was.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

import psycopg
from django.db import IntegrityError, connection, models, transaction
from psycopg import sql


@dataclass(frozen=True, slots=True)
class Copied:
    """How many rows were new, how many changed, how many were there already just so?"""

    inserted: int
    updated: int
    unchanged: int


class CopyRefused(ValueError):  # noqa: N818 - a verdict on the rows, not on the program.
    """A row cannot be stored; nothing was.

    Attributes
    ----------
    row
        Its position among the rows given, from 1; None where the row is not known.
    column
        Column at fault, empty where several are.
    """

    def __init__(self, reason: str, *, row: int | None = None, column: str = "") -> None:
        place = f"row {row}" if row else "rows"
        super().__init__(f"{place}{f', column {column}' if column else ''}: {reason}")
        self.row = row
        self.column = column


def copy_rows(
    model: type[models.Model],
    rows: Iterable[Mapping[str, Any]],
    *,
    key: Sequence[str],
    update: bool = True,
) -> Copied:
    """Store many rows; those whose key is there already are updated, not doubled.

    Parameters
    ----------
    model
        Whose table.
    rows
        Values by field name (`attname`: `municipality_id`, not `municipality`); every row with the
        same names. Fields left out take their defaults in new rows and keep their values in old
        ones. Read once, never held in memory as a whole.
    key
        Fields of a unique constraint of the model.
    update
        False leaves rows that are there as they are.

    Raises
    ------
    CopyRefused
        For a row that lacks a name or has one too many, holds a value the column cannot, breaks
        a constraint, or repeats a key within `rows`.
    ValueError
        Where `key` is no unique constraint of the model.

    Notes
    -----
    Rows are copied into a temporary table and merged from there by one statement, O(n log n).
    Neither `save` nor signals run. `updated_at`, where the model has it, is set on rows that
    really changed. Run inside a transaction, it is part of it.
    """
    _check_key(model, key)
    iterator = iter(rows)
    first = next(iterator, None)
    if first is None:
        return Copied(0, 0, 0)
    given = _fields(model, first)
    added = [f for f in model._meta.concrete_fields if f.attname not in first and _defaulted(f)]
    columns = [_column(f) for f in (*given, *added)]
    with transaction.atomic(), connection.cursor() as cursor:
        scratch = _scratch_table(cursor, model, columns)
        total = _copy(cursor, scratch, columns, _values(chain([first], iterator), given, added))
        _refuse_repeats(cursor, scratch, model, key)
        inserted, updated = _merge(
            cursor, scratch, model, columns, key, [_column(f) for f in given] if update else []
        )
        cursor.execute(sql.SQL("DROP TABLE {}").format(scratch))
    return Copied(inserted, updated, total - inserted - updated)


def _column(field: models.Field[Any, Any]) -> str:
    return str(field.column)


def _defaulted(field: models.Field[Any, Any]) -> bool:
    """Whether Python (not the database) makes this field's default: then it must be made here."""
    if isinstance(field, models.AutoField) or field.db_default is not models.NOT_PROVIDED:
        return False
    if isinstance(field, models.GeneratedField):
        return False
    # Django gives text an empty string where it has no default and may not be null.
    return field.has_default() or field.get_default() is not None


def _listed(columns: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join([sql.Identifier(column) for column in columns])


def _columns(model: type[models.Model], names: Iterable[str]) -> list[str]:
    """Columns of fields named by `name` or `attname`."""
    known = {f.name: _column(f) for f in model._meta.concrete_fields}
    known |= {f.attname: _column(f) for f in model._meta.concrete_fields}
    return [known[name] for name in names]


def _check_key(model: type[models.Model], key: Sequence[str]) -> None:
    found = [{_column(f)} for f in model._meta.concrete_fields if f.unique]
    found += [
        set(_columns(model, constraint.fields))
        for constraint in model._meta.constraints
        if isinstance(constraint, models.UniqueConstraint) and constraint.condition is None
    ]
    if set(_columns(model, key)) not in found:
        raise ValueError(f"{', '.join(key)} is no unique constraint of {model._meta.label}")


def _fields(model: type[models.Model], row: Mapping[str, Any]) -> list[models.Field[Any, Any]]:
    known = {f.attname: f for f in model._meta.concrete_fields}
    unknown = [name for name in row if name not in known]
    if unknown:
        raise CopyRefused(
            f"{model._meta.label} has no field {', '.join(unknown)}; "
            f"it has {', '.join(sorted(known))}",
            row=1,
        )
    return [known[name] for name in row]


def _values(
    rows: Iterator[Mapping[str, Any]],
    given: list[models.Field[Any, Any]],
    added: list[models.Field[Any, Any]],
) -> Iterator[list[Any]]:
    names = [f.attname for f in given]
    size = len(names)
    converters = [_converter(f) for f in given]
    defaults = [(f.get_default, _converter(f)) for f in added]
    for number, row in enumerate(rows, start=1):
        try:
            values = [row[name] for name in names]
        except KeyError as error:
            raise CopyRefused("the value is missing", row=number, column=error.args[0]) from None
        if len(row) != size:
            extra = ", ".join(sorted(set(row) - set(names)))
            raise CopyRefused(f"not in the first row: {extra}", row=number)
        for position, convert in enumerate(converters):
            if convert is not None and values[position] is not None:
                try:
                    values[position] = convert(values[position])
                except (ValueError, TypeError) as error:
                    raise CopyRefused(str(error), row=number, column=names[position]) from None
        for make, convert in defaults:
            value = make()
            values.append(value if convert is None or value is None else convert(value))
        yield values


_PLAIN = (
    models.CharField,
    models.TextField,
    models.IntegerField,
    models.FloatField,
    models.BooleanField,
    models.DateField,
)
"""Fields whose Python values psycopg writes as they are."""


def _converter(field: models.Field[Any, Any]) -> Callable[[Any], Any] | None:
    if isinstance(field, models.DateTimeField):
        return _aware
    if isinstance(field, models.ForeignKey):
        return None
    if type(field) is models.JSONField and field.encoder is None:
        return _json
    if isinstance(field, _PLAIN) and type(field).get_db_prep_save is models.Field.get_db_prep_save:
        return None
    return lambda value: field.get_db_prep_save(value, connection)


def _json(value: Any) -> str:
    """As text: most are empty, and to wrap each for psycopg takes longer than to write it."""
    return "[]" if value == [] else json.dumps(value)


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a time without its zone; make it aware")
    return value


def _scratch_table(cursor: Any, model: type[models.Model], columns: list[str]) -> sql.Identifier:
    scratch = sql.Identifier(f"copy_{model._meta.db_table}"[:60])
    cursor.execute(
        sql.SQL(
            "CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA"
        ).format(
            scratch,
            _listed(columns),
            sql.Identifier(model._meta.db_table),
        )
    )
    return scratch


def _copy(
    cursor: Any, scratch: sql.Identifier, columns: list[str], rows: Iterator[list[Any]]
) -> int:
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(scratch, _listed(columns))
    total = 0
    try:
        with cursor.copy(statement) as copy:
            for values in rows:
                total += 1
                copy.write_row(values)
    except psycopg.DataError as error:
        # A value that psycopg itself cannot write has no context, but it is the last row read.
        context = error.diag.context or ""
        line = re.search(r"line (\d+)", context)
        column = re.search(r"column (\w+)", context)
        raise CopyRefused(
            error.diag.message_primary or str(error),
            row=int(line[1]) if line else total,
            column=column[1] if column else "",
        ) from None
    return total


def _refuse_repeats(
    cursor: Any, scratch: sql.Identifier, model: type[models.Model], key: Sequence[str]
) -> None:
    names = _listed(_columns(model, key))
    cursor.execute(
        sql.SQL("SELECT {0} FROM {1} GROUP BY {0} HAVING count(*) > 1 LIMIT 1").format(
            names, scratch
        )
    )
    repeated = cursor.fetchone()
    if repeated is not None:
        raise CopyRefused(f"the key {', '.join(map(repr, repeated))} occurs more than once")


def _merge(
    cursor: Any,
    scratch: sql.Identifier,
    model: type[models.Model],
    columns: list[str],
    key: Sequence[str],
    changeable: list[str],
) -> tuple[int, int]:
    keys = _columns(model, key)
    changed = [column for column in changeable if column not in keys]
    table = sql.Identifier(model._meta.db_table)
    action = _on_conflict(model, changed) if changed else sql.SQL("DO NOTHING")
    statement = sql.SQL(
        "WITH merged AS (INSERT INTO {table} AS old ({columns}) SELECT {columns} FROM {scratch} "
        "ON CONFLICT ({keys}) {action} RETURNING (old.xmax = 0) AS fresh) "
        "SELECT count(*) FILTER (WHERE fresh), count(*) FILTER (WHERE NOT fresh) FROM merged"
    ).format(
        table=table,
        columns=_listed(columns),
        scratch=scratch,
        keys=_listed(keys),
        action=action,
    )
    try:
        cursor.execute(statement)
        inserted, updated = cursor.fetchone()
        # References are looked at when a transaction ends; here already, to name the row.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    except IntegrityError as error:
        raise CopyRefused(" ".join(str(error).split())) from None
    return inserted, updated


def _on_conflict(model: type[models.Model], changed: list[str]) -> sql.Composed:
    """Update a row that is there, unless nothing about it is new."""
    sets = [sql.SQL("{0} = EXCLUDED.{0}").format(sql.Identifier(c)) for c in changed]
    if "updated_at" not in changed and "updated_at" in _names(model):
        sets.append(sql.SQL("updated_at = statement_timestamp()").format())
    old = [sql.SQL("old.{}").format(sql.Identifier(c)) for c in changed]
    new = [sql.SQL("EXCLUDED.{}").format(sql.Identifier(c)) for c in changed]
    return sql.SQL("DO UPDATE SET {} WHERE ({}) IS DISTINCT FROM ({})").format(
        sql.SQL(", ").join(sets), sql.SQL(", ").join(old), sql.SQL(", ").join(new)
    )


def _names(model: type[models.Model]) -> set[str]:
    return {_column(f) for f in model._meta.concrete_fields}
