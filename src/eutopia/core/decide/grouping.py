"""Publishing voters' fields without giving anybody away: small groups are put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from eutopia.core.records import Election, VoterColumns

TOGETHER = "*"
"""What a published field says where the true value would give somebody away."""


@dataclass(frozen=True, slots=True)
class GroupedVoters:
    """The election with fields safe to publish, and what was put together.

    `hidden` counts the voters whose value was replaced, by column.
    """

    election: Election
    hidden: tuple[tuple[str, int], ...]


def group_small(election: Election, *, columns: Sequence[str], least: int = 10) -> GroupedVoters:
    """Which fields of voters may be published beside their ballots?

    Parameters
    ----------
    election : Election
        With voters' fields.
    columns : sequence of str
        Fields to publish, the most wanted first. All others but `voter_id` are left out.
    least : int
        A combination of published values must be shared by so many voters.

    Returns
    -------
    GroupedVoters
        Values of combinations that fewer share, or all of whose voters cast the same ballot, are
        replaced by "*", the last column first. If those replaced are still too few, the smallest
        safe groups join them.

    Raises
    ------
    KeyError
        Where the election has no such column.

    Notes
    -----
    Afterwards every combination has at least `least` voters and two different ballots; where the
    whole election has not, every field is "*".
    """
    if election.voters is None:
        raise KeyError(columns[0] if columns else "voters")
    voters = election.voters
    table = [list(voters.column(name)) for name in columns]
    hidden = []
    for depth in range(len(columns), 0, -1):
        unsafe = _unsafe(table, voters.ballot, least)
        for row in np.flatnonzero(unsafe).tolist():
            table[depth - 1][row] = TOGETHER
    for row in np.flatnonzero(_joining(table, voters.ballot, least)).tolist():
        for column in table:
            column[row] = TOGETHER
    for name, column in zip(columns, table, strict=True):
        before = voters.column(name)
        hidden.append((name, sum(a != b for a, b in zip(before, column, strict=True))))
    names = ("voter_id", *columns) if "voter_id" in voters.columns else tuple(columns)
    kept = [voters.column("voter_id")] if "voter_id" in voters.columns else []
    values = (*kept, *(tuple(column) for column in table))
    shown = VoterColumns(names, values, voters.ballot)
    return GroupedVoters(replace(election, voters=shown), tuple(hidden))


def _groups(table: Sequence[Sequence[str]]) -> list[tuple[tuple[str, ...], list[int]]]:
    """Rows by combination, smallest first."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for row, key in enumerate(zip(*table, strict=True)):
        groups.setdefault(key, []).append(row)
    return sorted(groups.items(), key=lambda item: (len(item[1]), item[0]))


def _safe(rows: Sequence[int], ballots: NDArray[np.int32], least: int) -> bool:
    return len(rows) >= least and len({int(ballots[row]) for row in rows}) > 1


def _unsafe(
    table: Sequence[Sequence[str]], ballots: NDArray[np.int32], least: int
) -> NDArray[np.bool_]:
    """Whose combination is too rare, or of one mind?"""
    unsafe = np.zeros(len(ballots), dtype=bool)
    for _, rows in _groups(table):
        if not _safe(rows, ballots, least):
            unsafe[rows] = True
    return unsafe


def _joining(
    table: Sequence[Sequence[str]], ballots: NDArray[np.int32], least: int
) -> NDArray[np.bool_]:
    """Whose fields are hidden altogether: the unsafe, and so many that they are safe together?"""
    joined: list[int] = []
    waiting = []
    for key, rows in _groups(table):
        hidden = all(value == TOGETHER for value in key)
        if hidden or not _safe(rows, ballots, least):
            joined += rows
        else:
            waiting.append(rows)
    while joined and waiting and not _safe(joined, ballots, least):
        joined += waiting.pop(0)
    result = np.zeros(len(ballots), dtype=bool)
    result[joined] = True
    return result
