"""Reading the VOTES section of a Pabulib file: column by column, equal ballots once."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from eutopia.core.kit.exact import common_scale, parse_decimal
from eutopia.core.records import BallotBox, VoterColumns

VOTE_TYPES = ("approval", "ordinal", "cumulative", "scoring", "choose-1")
POINT_TYPES = ("cumulative", "scoring")

# line, field, code, problem, mend
VoteFault = tuple[int, str, str, str, str]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Table:
    lines: Sequence[int]
    columns: dict[str, Sequence[str]]


def read_votes(
    lines: Sequence[str], at: int, vote_type: str, positions: dict[str, int]
) -> tuple[BallotBox, VoterColumns, list[VoteFault]]:
    """What did the voters say? `at` is where the line VOTES stands in `lines`.

    Returns
    -------
    (BallotBox, VoterColumns, faults)
        Rows with a fault are in neither; each fault names its line, field and mend.
    """
    faults: list[VoteFault] = []
    table = _table(lines, at, vote_type, faults)
    votes = table.columns["vote"]
    if vote_type in POINT_TYPES:
        row_key, pairs = _distinct(list(zip(votes, table.columns["points"], strict=True)))
        texts, points = [vote for vote, _ in pairs], [points for _, points in pairs]
    else:
        row_key, texts = _distinct(votes)
        points = []
    parsed = _Distinct.parse(texts, points, vote_type, positions)
    bad = parsed.bad_rows(row_key) | _bad_voters(table, faults)
    _name_faults(table, row_key, parsed, faults)
    return _grouped(table, row_key, bad, parsed, vote_type, faults)


def _distinct(ballots: Sequence[T]) -> tuple[NDArray[np.int64], list[T]]:
    """Which of the distinct ballots is each?"""
    distinct = list(dict.fromkeys(ballots))
    place = {ballot: i for i, ballot in enumerate(distinct)}
    return np.fromiter(map(place.__getitem__, ballots), np.int64, len(ballots)), distinct


def _table(lines: Sequence[str], at: int, vote_type: str, faults: list[VoteFault]) -> _Table:
    start = at + 1
    while start < len(lines) and not lines[start].strip():
        start += 1
    header = [h.strip() for h in lines[start].split(";")] if start < len(lines) else []
    needed = ["voter_id", "vote", *(["points"] if vote_type in POINT_TYPES else [])]
    missing = [n for n in needed if n not in header]
    for name in missing:
        mend = f"begin VOTES with the header {';'.join(needed)}"
        faults.append((start + 1, name, "votes-column", "is not a column", mend))
    if len(set(header)) != len(header):
        faults.append((start + 1, "header", "votes-column", "has a column twice", "rename one"))
    if faults:
        return _Table((), dict.fromkeys(needed, ()))
    body = lines[start + 1 :]
    width = len(header)
    while body and not body[-1].strip():
        body = body[:-1]
    joined = ";".join(body)
    if body and '"' not in joined and {line.count(";") for line in body} == {width - 1}:
        # The usual case, all at once: cells in one list, columns as its slices.
        cells = joined.split(";")
        numbers: Sequence[int] = range(start + 2, start + 2 + len(body))
        return _Table(numbers, {name: cells[i::width] for i, name in enumerate(header)})
    rows, numbers = _rows(body, start + 1)
    if any(len(row) != width for row in rows):
        kept = []
        for row, number in zip(rows, numbers, strict=True):
            if len(row) != width:
                problem = f"has {len(row)} fields, the header has {width}"
                mend = "give every column a value, quote a value that holds a semicolon"
                faults.append((number, "row", "ballot-ragged", problem, mend))
            else:
                kept.append((row, number))
        rows, numbers = [row for row, _ in kept], [number for _, number in kept]
    columns = list(zip(*rows, strict=True)) if rows else [()] * width
    return _Table(numbers, dict(zip(header, columns, strict=True)))


def _rows(body: Sequence[str], offset: int) -> tuple[list[list[str]], Sequence[int]]:
    rows, numbers = [], []
    reader = csv.reader(body, delimiter=";")
    before = 0
    for row in reader:
        if any(field.strip() for field in row):
            rows.append(row)
            numbers.append(offset + before + 1)
        before = reader.line_num
    return rows, numbers


@dataclass(frozen=True, slots=True)
class _Distinct:
    """The distinct texts of ballots, parsed: marks of text `i` at `starts[i]:starts[i + 1]`."""

    starts: NDArray[np.int64]
    marks: NDArray[np.int32]
    scores: NDArray[np.int64]
    score_unit: int
    wrong: dict[int, tuple[str, str, str, str]]
    """Faults by position of the text: field, code, problem, mend."""

    @classmethod
    def parse(
        cls, votes: Sequence[str], points: Sequence[str], vote_type: str, positions: dict[str, int]
    ) -> _Distinct:
        texts = [_empty_none(vote) for vote in votes]
        lengths = np.array([t.count(",") + 1 if t else 0 for t in texts], dtype=np.int64)
        names = ",".join(t for t in texts if t).split(",") if any(texts) else []
        starts = np.concatenate(([0], np.cumsum(lengths)))
        found = list(map(positions.get, names))
        if None in found:
            found = [positions.get(n.strip(), -1) for n in names]
        marks = np.array(found, dtype=np.int32)
        wrong: dict[int, tuple[str, str, str, str]] = {}
        owner = np.repeat(np.arange(len(texts)), lengths)
        for place in np.flatnonzero(marks < 0).tolist():
            problem = f"there is no project {names[place].strip()!r}"
            wrong[int(owner[place])] = (
                "vote", "ballot-unknown-project", problem,
                "write ids from PROJECTS, separated by commas",
            )  # fmt: skip
        _repeated(marks, owner, names, wrong)
        if vote_type == "choose-1":
            for text in np.flatnonzero(lengths > 1).tolist():
                mend = "one project a ballot, or vote_type;approval"
                wrong[text] = ("vote", "ballot-length", "names more than one project", mend)
        scores, unit = _scores(points, lengths, wrong)
        return cls(starts, marks, scores, unit, wrong)

    def bad_rows(self, row_key: NDArray[np.int64]) -> NDArray[np.bool_]:
        bad = np.zeros(len(self.starts), dtype=bool)
        bad[list(self.wrong)] = True
        return bad[row_key]


def _empty_none(text: str) -> str:
    text = text.strip()
    return "" if text.lower() == "none" else text


def _repeated(
    marks: NDArray[np.int32],
    owner: NDArray[np.int64],
    names: Sequence[str],
    wrong: dict[int, tuple[str, str, str, str]],
) -> None:
    order = np.lexsort((marks, owner))
    same = (marks[order][1:] == marks[order][:-1]) & (owner[order][1:] == owner[order][:-1])
    for place in order[1:][same & (marks[order][1:] >= 0)].tolist():
        problem = f"names project {names[place].strip()!r} twice"
        wrong[int(owner[place])] = ("vote", "ballot-twice", problem, "name each project once")


def _scores(
    points: Sequence[str],
    lengths: NDArray[np.int64],
    wrong: dict[int, tuple[str, str, str, str]],
) -> tuple[NDArray[np.int64], int]:
    values = {text: None for given in points for text in given.split(",")}
    known = {}
    for text in values:
        try:
            known[text] = parse_decimal(text)
        except ValueError:
            continue
    unit = common_scale(known.values())
    whole = {text: int(value * unit) for text, value in known.items()}
    scores: list[int] = []
    for i, given in enumerate(points):
        texts = _empty_none(given).split(",") if _empty_none(given) else []
        if len(texts) != lengths[i]:
            problem = f"gives {len(texts)} numbers for {lengths[i]} projects"
            mend = "give one number for each project of the vote, in its order"
            wrong.setdefault(i, ("points", "ballot-points", problem, mend))
            scores += [0] * int(lengths[i])
        elif any(t not in whole for t in texts):
            odd = next(t for t in texts if t not in whole)
            mend = "write numbers separated by commas, such as 3,2,1"
            wrong.setdefault(i, ("points", "ballot-points", f"{odd!r} is not a number", mend))
            scores += [0] * int(lengths[i])
        else:
            scores += map(whole.__getitem__, texts)
    if scores and max(map(abs, scores)) >= 2**53:
        raise ValueError("points: too large or too many decimals to be added up exactly")
    return np.array(scores, dtype=np.int64), unit


def _bad_voters(table: _Table, faults: list[VoteFault]) -> NDArray[np.bool_]:
    """Which rows have no voter id, or one that stood before?"""
    ids = table.columns["voter_id"]
    bad = np.zeros(len(ids), dtype=bool)
    if len(set(ids)) == len(ids) and "" not in ids:
        return bad
    first: dict[str, int] = {}
    for i, voter in enumerate(ids):
        if not voter.strip():
            mend = "give each voter an id of their own"
            faults.append((table.lines[i], "voter_id", "ballot-voter", "is empty", mend))
            bad[i] = True
        elif first.setdefault(voter, i) != i:
            problem = f"{voter!r} has voted in line {table.lines[first[voter]]} already"
            mend = "keep one ballot a voter"
            faults.append((table.lines[i], "voter_id", "ballot-voter", problem, mend))
            bad[i] = True
    return bad


def _name_faults(
    table: _Table, row_key: NDArray[np.int64], parsed: _Distinct, faults: list[VoteFault]
) -> None:
    if parsed.wrong:
        rows = np.flatnonzero(parsed.bad_rows(row_key)).tolist()
        faults += [(table.lines[i], *parsed.wrong[int(row_key[i])]) for i in rows]
    faults.sort(key=lambda fault: fault[0])


def _grouped(
    table: _Table,
    row_key: NDArray[np.int64],
    bad: NDArray[np.bool_],
    parsed: _Distinct,
    vote_type: str,
    faults: list[VoteFault],
) -> tuple[BallotBox, VoterColumns, list[VoteFault]]:
    marks, scores = parsed.marks, parsed.scores
    if vote_type != "ordinal":
        # A ballot is a set: equal sets in another order are equal ballots.
        owner = np.repeat(np.arange(len(parsed.starts) - 1), np.diff(parsed.starts))
        order = np.lexsort((marks, owner))
        marks = marks[order]
        scores = scores[order] if len(scores) else scores
    used = np.zeros(len(parsed.starts) - 1, dtype=bool)
    used[row_key[~bad]] = True
    group, first = _equal(parsed.starts, marks, scores, used)
    ballot = group[row_key[~bad]].astype(np.int32)
    counts = np.bincount(ballot, minlength=len(first)).astype(np.int64)
    lengths = np.diff(parsed.starts)[first]
    places = _places(parsed.starts[first], lengths)
    box = BallotBox(
        starts=np.concatenate(([0], np.cumsum(lengths))).astype(np.int64),
        marks=marks[places],
        counts=counts,
        scores=scores[places] if len(scores) else scores,
        score_unit=parsed.score_unit,
    )
    names = tuple(n for n in table.columns if n not in ("vote", "points"))
    kept = np.flatnonzero(~bad).tolist() if bad.any() else None
    values = tuple(
        tuple(column) if kept is None else tuple(column[i] for i in kept)
        for column in (table.columns[n] for n in names)
    )
    return box, VoterColumns(names, values, ballot), faults


def _equal(
    starts: NDArray[np.int64],
    marks: NDArray[np.int32],
    scores: NDArray[np.int64],
    used: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which texts are equal ballots? Group of each text, and the first text of each group."""
    asked = np.flatnonzero(used)
    said = zip(starts[asked].tolist(), starts[asked + 1].tolist(), strict=True)
    names, points = marks.tobytes(), scores.tobytes()
    # Its length tells how many marks a key has, so marks and points may stand side by side.
    keys = [names[4 * a : 4 * b] + points[8 * a : 8 * b] for a, b in said]
    group = np.full(len(used), -1, dtype=np.int64)
    group[used], _ = _distinct(keys)
    return group, asked[np.unique(group[used], return_index=True)[1]]


def _places(first: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total) + np.repeat(first - ends + lengths, lengths)
