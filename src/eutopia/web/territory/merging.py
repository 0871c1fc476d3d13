"""Many rows at once into a table, so that doing it again changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, models, transaction
from psycopg import sql


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge did: rows read, new rows, rows that had changed."""

    read: int
    added: int
    changed: int

    def __add__(self, other: Merged) -> Merged:
        return Merged(
            self.read + other.read, self.added + other.added, self.changed + other.changed
        )


def merge_rows(
    model: type[models.Model],
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    key: Sequence[str],
    keep: Sequence[str] = (),
    follows: str = "true",
) -> Merged:
    """Which of these rows are new, which have changed, and now stand in the table?

    Parameters
    ----------
    model
        Its table is written.
    columns
        Names of the table's columns (not of fields: `territory_id`), one a value of each row.
    rows
        Read once, as they come; memory does not grow with their number.
    key
        Columns of a unique constraint: rows with the same key are the same row.
    keep
        Columns that an existing row keeps whatever comes in.
    follows
        SQL condition on the existing row (`t`) under which it takes over what comes in; written
        in this code, never by a user.

    Notes
    -----
    COPY into a table of the session, then one INSERT ... ON CONFLICT; all in the transaction that
    is open, or in one of its own. An existing row is written only if something differs, so a
    rerun leaves no dead rows. Of several rows with one key in `rows` the last one counts.

    Raises
    ------
    django.db.utils.DatabaseError
        Whatever the database refuses; nothing is written then.
    """
    table = sql.Identifier(model._meta.db_table)
    stage = sql.Identifier(f"stage_{model._meta.db_table}")
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "CREATE TEMPORARY TABLE {stage} ON COMMIT DROP AS SELECT {names}, 0 AS stage_row "
                "FROM {table} WITH NO DATA"
            ).format(stage=stage, names=names, table=table)
        )
        read = _copy(cursor, stage, names, rows)
        added, changed = _upsert(
            cursor,
            table=table,
            stage=stage,
            columns=columns,
            key=key,
            action=_action(columns, key=key, keep=keep, follows=follows),
        )
        cursor.execute(sql.SQL("DROP TABLE {}").format(stage))
    return Merged(read, added, changed)


def _copy(cursor: Any, stage: sql.Composable, names: sql.Composable, rows: Any) -> int:
    read = 0
    command = sql.SQL("COPY {} ({}, stage_row) FROM STDIN").format(stage, names)
    with cursor.copy(command) as copy:
        for read, row in enumerate(rows, start=1):  # noqa: B007 - the count is the result.
            copy.write_row((*row, read))
    return read


def _action(
    columns: Sequence[str], *, key: Sequence[str], keep: Sequence[str], follows: str
) -> sql.Composable:
    written = [sql.Identifier(n) for n in columns if n not in key and n not in keep]
    if not written:
        return sql.SQL("NOTHING")
    return sql.SQL(
        "UPDATE SET ({names}) = ROW({incoming}) "
        "WHERE ({current}) IS DISTINCT FROM ({incoming}) AND ({follows})"
    ).format(
        names=sql.SQL(", ").join(written),
        incoming=sql.SQL(", ").join(sql.SQL("excluded.{}").format(n) for n in written),
        current=sql.SQL(", ").join(sql.SQL("t.{}").format(n) for n in written),
        follows=sql.SQL(follows),
    )


def _upsert(
    cursor: Any,
    *,
    table: sql.Composable,
    stage: sql.Composable,
    columns: Sequence[str],
    key: Sequence[str],
    action: sql.Composable,
) -> tuple[int, int]:
    cursor.execute(
        sql.SQL(
            "WITH written AS ("
            "INSERT INTO {table} AS t ({names}) "
            "SELECT {names} FROM (SELECT DISTINCT ON ({keys}) * FROM {stage} "
            "ORDER BY {keys}, stage_row DESC) AS latest ORDER BY stage_row "
            "ON CONFLICT ({keys}) DO {action} RETURNING (xmax = 0) AS added) "
            "SELECT count(*) FILTER (WHERE added), count(*) FILTER (WHERE NOT added) FROM written"
        ).format(
            table=table,
            names=sql.SQL(", ").join(map(sql.Identifier, columns)),
            keys=sql.SQL(", ").join(map(sql.Identifier, key)),
            stage=stage,
            action=action,
        )
    )
    added, changed = cursor.fetchone()
    return added, changed
