"""Is it the same problem as yesterday? Numbers are kept, merges and splits recorded."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from eutopia.core.records.problems import Problem


@dataclass(frozen=True, slots=True)
class IdentityChange:
    """What became of a problem's number from one run to the next?

    `kind`: new (no problem before had its reports), merged (the reports of `others` are now in
    `problem`), split (`problem` was part of `others` and has its own number now), ended (no problem
    found has its reports any more).
    """

    kind: str
    problem: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TrackedProblems:
    """Today's problems under their lasting numbers, in the order found, and what changed."""

    problems: tuple[Problem, ...]
    changes: tuple[IdentityChange, ...]


def track_problems(
    previous: Sequence[Problem], found: Sequence[Problem], *, least_share: float = 0.5
) -> TrackedProblems:
    """Which of today's problems is which of yesterday's?

    Parameters
    ----------
    previous
        As they were numbered at the last run; a problem that ended may be among them, so that it
        gets its number back when it returns.
    found
        By `find_problems` today.
    least_share
        Two are the same only if they share at least this part of the reports of the smaller one.

    Returns
    -------
    tracked
        Every number of `previous` goes to at most one problem: the one that shares most reports
        with it (ties: the number that was first seen first, then by number). A number in use is
        never given anew.

    Notes
    -----
    Greedy on the number of shared reports, highest first. Deterministic and independent of the
    order of either argument but for the order of the result. O(reports).

    Examples
    --------
    >>> track_problems((), ()).changes
    ()
    """
    shared = _shared_reports(previous, found)
    number_of: dict[int, str] = {}
    taken: set[int] = set()
    pairs = sorted(
        shared.items(),
        key=lambda item: (
            -item[1],
            previous[item[0][0]].first_seen,
            previous[item[0][0]].id,
            found[item[0][1]].id,
        ),
    )
    akin: dict[int, list[int]] = defaultdict(list)
    for (p, f), count in pairs:
        smaller = min(len(previous[p].report_ids), len(found[f].report_ids))
        if count < least_share * smaller:
            continue
        akin[f].append(p)
        if p not in taken and f not in number_of:
            taken.add(p)
            number_of[f] = previous[p].id
    problems = _numbered(previous, found, number_of)
    return TrackedProblems(problems, _changes(previous, problems, akin, number_of))


def _shared_reports(
    previous: Sequence[Problem], found: Sequence[Problem]
) -> Counter[tuple[int, int]]:
    holder = {report: p for p, problem in enumerate(previous) for report in problem.report_ids}
    shared: Counter[tuple[int, int]] = Counter()
    for f, problem in enumerate(found):
        shared.update((holder[r], f) for r in problem.report_ids if r in holder)
    return shared


def _numbered(
    previous: Sequence[Problem], found: Sequence[Problem], number_of: dict[int, str]
) -> tuple[Problem, ...]:
    """Kept numbers, and for the others their own, with a suffix where it is in use."""
    used = {p.id for p in previous}
    problems = []
    for f, problem in enumerate(found):
        number = number_of.get(f)
        if number is None:
            number, attempt = problem.id, 1
            while number in used:
                attempt += 1
                number = f"{problem.id}-{attempt}"
            used.add(number)
        problems.append(problem if number == problem.id else replace(problem, id=number))
    return tuple(problems)


def _changes(
    previous: Sequence[Problem],
    problems: Sequence[Problem],
    akin: dict[int, list[int]],
    number_of: dict[int, str],
) -> tuple[IdentityChange, ...]:
    kept = set(number_of.values())
    changes = []
    continued = set()
    for f, problem in enumerate(problems):
        others = [previous[p].id for p in akin.get(f, ())]
        continued.update(others)
        if f not in number_of:
            kind = "split" if others else "new"
            changes.append(IdentityChange(kind, problem.id, tuple(sorted(others))))
            continue
        absorbed = tuple(sorted(o for o in others if o != problem.id and o not in kept))
        if absorbed:
            changes.append(IdentityChange("merged", problem.id, absorbed))
    changes += [IdentityChange("ended", p.id) for p in previous if p.id not in continued]
    return tuple(sorted(changes, key=lambda c: (c.kind, c.problem)))
