"""Is it the same problem as at the last diagnosis, and what became of the others?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from eutopia.core.diagnose.identity import track_problems
from eutopia.core.records import Problem as ProblemRecord
from eutopia.web.foundation.access import ACTIONS, Actor
from eutopia.web.problems.models import Problem, ProblemChange
from eutopia.web.territory.models import Territory


@dataclass(frozen=True, slots=True)
class Known:
    """A problem as it stands stored, the record under its number; `into` the number it was merged
    into by people."""

    pk: int
    number: int
    code: str
    state: str
    current: bool
    into: int | None
    corrected: Mapping[str, Any]
    record: ProblemRecord

    @property
    def decided(self) -> bool:
        """Whether people said that it is a problem, or none."""
        return self.state in ("confirmed", "rejected")


@dataclass(frozen=True, slots=True)
class Tracked:
    """Numbers of the problems found, in their order, and what became of the others.

    `merged` and `split` are pairs of a number and the numbers it took in or came from.
    """

    numbers: tuple[int, ...]
    new: frozenset[int]
    merged: tuple[tuple[int, tuple[int, ...]], ...]
    split: tuple[tuple[int, tuple[int, ...]], ...]
    ended: frozenset[int]
    """All known numbers that were not found, whether current or not."""


def known_problems(territory_id: int) -> tuple[Known, ...]:
    """Which problems are stored, by number?"""
    rows = Problem.objects.filter(territory_id=territory_id).select_related("merged_into")
    return tuple(
        Known(
            pk=row.pk,
            number=row.number,
            code=row.code,
            state=row.state,
            current=row.current,
            into=row.merged_into.number if row.merged_into is not None else None,
            corrected=row.corrected,
            record=replace(row.record, id=str(row.number)),
        )
        for row in rows.defer("merged_into__record").order_by("number")
    )


def _folded(known: Sequence[Known], found: Sequence[ProblemRecord]) -> list[ProblemRecord]:
    """What is tracked: what people merged is one where the engine now finds it as one."""
    holder = {report: k for k, one in enumerate(found) for report in one.report_ids}
    lies = {k.number: _mostly_in(k.record.report_ids, holder) for k in known}
    more: dict[int, list[str]] = defaultdict(list)
    for k in known:
        if k.into is not None and lies[k.number] == lies[k.into]:
            more[k.into] += k.record.report_ids
    return [
        replace(k.record, report_ids=tuple(dict.fromkeys((*k.record.report_ids, *more[k.number]))))
        for k in known
        if k.into is None or lies[k.number] != lies[k.into]
    ]


def _mostly_in(reports: Sequence[str], holder: Mapping[str, int]) -> int:
    """In which found problem do at least half of the reports lie? -1 for none."""
    count = Counter(holder[r] for r in reports if r in holder)
    best = min(count, key=lambda k: (-count[k], k), default=-1)
    return best if best >= 0 and 2 * count[best] >= len(reports) else -1


def track(known: Sequence[Known], found: Sequence[ProblemRecord]) -> Tracked:
    """Under which number does each found problem stand, and what became of the others?

    Notes
    -----
    By the reports they share (the core's `track_problems`); what people merged away counts for the
    problem it went into. One that shares no reports with any keeps the number under which the core
    last gave it this id, the latest such. New ones get the next free numbers.
    """
    previous = _folded(known, found)
    tracked = track_problems(previous, found)
    by_reports = {record.id for record in previous}
    numbers: list[int | None] = [
        int(p.id) if p.id in by_reports else None for p in tracked.problems
    ]
    free = {k.code: k.number for k in known if k.number not in set(numbers)}
    for position, record in enumerate(found):
        if numbers[position] is None and record.id in free:
            numbers[position] = free.pop(record.id)
    highest = max((k.number for k in known), default=0)
    fresh = set()
    for position, number in enumerate(numbers):
        if number is None:
            highest += 1
            numbers[position] = highest
            fresh.add(highest)
    given = tuple(n for n in numbers if n is not None)
    number_of = {p.id: n for p, n in zip(tracked.problems, given, strict=True)}
    merged, split = [], []
    for change in tracked.changes:
        number = number_of.get(change.problem, 0)
        others = tuple(sorted({int(o) for o in change.others} - {number} - set(given)))
        if change.kind == "merged" and others:
            merged.append((number, others))
        if change.kind == "split" and number in fresh:
            split.append((number, tuple(int(o) for o in change.others)))
    return Tracked(
        given,
        frozenset(fresh),
        tuple(merged),
        tuple(split),
        frozenset(k.number for k in known) - set(given),
    )


def write_changes(
    territory: Territory, tracked: Tracked, known: Sequence[Known], ids: Mapping[int, int]
) -> None:
    """Add a line to the history of each problem of which something became."""
    ProblemChange.objects.bulk_create(
        [
            ProblemChange(
                problem_id=ids[number], kind=kind, on=territory.as_of, others=list(others)
            )
            for number, kind, others in _lines(tracked, known)
        ],
        batch_size=5_000,
    )


def _lines(tracked: Tracked, known: Sequence[Known]) -> Iterator[tuple[int, str, tuple[int, ...]]]:
    origin = dict(tracked.split)
    took = {other: number for number, others in tracked.merged for other in others}
    for number in sorted(tracked.new):
        yield number, "split" if number in origin else "found", origin.get(number, ())
    for number, others in tracked.merged:
        yield number, "merged", others
    for row in known:
        if row.current and row.number in tracked.ended:
            into = took.get(row.number)
            yield row.number, "ended", () if into is None else (into,)
        if not row.current and row.number not in tracked.ended:
            yield row.number, "returned", ()


def role_of(actor: Actor, action: str) -> str:
    """In which role may the actor do this? What the public history tells, instead of a name."""
    return next((role for role in actor.roles if role in ACTIONS[action].roles), "")
