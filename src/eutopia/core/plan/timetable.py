"""In which months is each of the works of a programme carried out?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from eutopia.core.plan.capacity import crew_work
from eutopia.core.plan.rules import building_months
from eutopia.core.records.programme import Candidate, Choice, PortfolioRules

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Works:
    """When is one candidate built?

    `first_month` and `last_month` are 1 to 12 of the year offset. `by_month` are triples of group,
    month and months of one crew; empty where no calendar counts its crews: the months are then
    those its season and approvals leave open. `late` is work that found no crew in time (nothing
    in a programme that keeps its rules).
    """

    candidate_id: str
    year: int
    first_month: int
    last_month: int
    by_month: tuple[tuple[str, int, Decimal], ...] = ()
    late: Decimal = NOTHING


def timetable(
    choices: Sequence[Choice], candidates: Sequence[Candidate], *, rules: PortfolioRules
) -> tuple[Works, ...]:
    """In which months are the works of a programme carried out, given the crews there are?

    Parameters
    ----------
    choices
        The programme: one entry a candidate, with its year.
    candidates, rules
        What it was chosen from and by; `rules.crew_calendars` say how many crews there are.

    Returns
    -------
    tuple of Works
        In the order of the choices.

    Notes
    -----
    Month by month, crews go to what must be finished first (ties: by id); work may be split
    between crews and months, so whatever can be finished in time is. Groups are looked at one by
    one: which of a candidate's works comes first within its months is left to the contractor.
    Source: Jackson (1955), earliest due date; exact for divisible work.

    Examples
    --------
    See `docs/methods/portfolio.md`.
    """
    known = {candidate.id: candidate for candidate in candidates}
    done: dict[str, list[tuple[str, int, Decimal]]] = defaultdict(list)
    late: dict[str, Decimal] = defaultdict(Decimal)
    for calendar in rules.crew_calendars:
        for year in sorted({choice.year for choice in choices}):
            ids = sorted(c.candidate_id for c in choices if c.year == year)
            left = {id_: crew_work(known[id_], calendar.group) for id_ in ids}
            for month, id_, amount in _earliest_due(left, known, year, calendar.by_month):
                done[id_].append((calendar.group, month, amount))
            for id_, amount in left.items():
                late[id_] += amount
    return tuple(
        _works(choice, known[choice.candidate_id], done[choice.candidate_id], late)
        for choice in choices
    )


def _earliest_due(
    left: dict[str, Decimal],
    known: Mapping[str, Candidate],
    year: int,
    by_month: Sequence[Decimal],
) -> list[tuple[int, str, Decimal]]:
    """Month, candidate and work done; `left` keeps what could not be done."""
    months = {id_: building_months(known[id_], year) for id_ in left}
    given = []
    for month, crews in enumerate(by_month, start=1):
        free = crews
        due = sorted(
            (window[1], id_)
            for id_, window in months.items()
            if window is not None and window[0] <= month <= window[1] and left[id_] > 0
        )
        for _, id_ in due:
            amount = min(free, left[id_])
            if amount > 0:
                given.append((month, id_, amount))
                left[id_] -= amount
                free -= amount
    return given


def _works(
    choice: Choice,
    candidate: Candidate,
    done: Sequence[tuple[str, int, Decimal]],
    late: Mapping[str, Decimal],
) -> Works:
    window = building_months(candidate, choice.year) or (1, 12)
    months = [month for _, month, _ in done]
    return Works(
        candidate_id=choice.candidate_id,
        year=choice.year,
        first_month=min(months, default=window[0]),
        last_month=max(months, default=window[1]),
        by_month=tuple(sorted(done, key=lambda row: (row[1], row[0]))),
        late=late.get(choice.candidate_id, NOTHING),
    )
