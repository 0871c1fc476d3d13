"""How much of what people report is systemic, and how much of that is in hand?"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from statistics import median

import numpy as np
from numpy.typing import NDArray

from eutopia.core.diagnose.recurrence import RecurrenceTable
from eutopia.core.records.money import Money
from eutopia.core.records.problems import Problem
from eutopia.core.records.reports import Reports


@dataclass(frozen=True, slots=True)
class SystemicIndicators:
    """How systemic are a territory's, an area's or a month's reports?

    `explained_share`: reports that belong to a known problem over all reports. `funded_share`:
    problems with a funded measure over all problems. `repetition_rate`: events that followed a
    closure at their place within the window over all events. `median_age_days`: of the problems,
    from first seen to today; None without problems. `cost_of_repetition`: what the repeats are
    expected to cost in the next year, the municipality's money; None without problems.
    """

    reports: int
    problems: int
    explained_share: float
    funded_share: float
    repetition_rate: float
    median_age_days: float | None
    cost_of_repetition: Money | None

    def as_pairs(self) -> dict[str, object]:
        """Plain values by name, money as text."""
        cost = self.cost_of_repetition
        return {
            "reports": self.reports,
            "problems": self.problems,
            "explained_share": round(self.explained_share, 4),
            "funded_share": round(self.funded_share, 4),
            "repetition_rate": round(self.repetition_rate, 4),
            "median_age_days": self.median_age_days,
            "cost_of_repetition": f"{cost.amount} {cost.currency}" if cost else None,
        }


def systemic_indicators(
    problems: Sequence[Problem],
    *,
    table: RecurrenceTable,
    as_of: date,
    funded: Collection[str] = (),
) -> SystemicIndicators:
    """How much of what people report is systemic, and how much of that is in hand?

    Parameters
    ----------
    problems
        Known today, of the territory or of one area.
    table
        Recurrence over the same reports.
    funded
        Ids of problems that a funded measure answers.

    Raises
    ------
    ValueError
        The problems' costs are of two currencies.

    Notes
    -----
    The yearly cost is repeats a year times the response cost of one (the cost over the horizon over
    its discounted years), summed. O(problems + events).
    """
    reports = int((table.events.event_of >= 0).sum())
    explained = len({r for p in problems for r in p.report_ids})
    yearly: Money | None = None
    for problem in problems:
        cost = problem.cost
        rate = float(1 + cost.discount_rate)
        years = sum(rate ** -(k + 0.5) for k in range(cost.horizon_years))
        one = cost.response * Decimal(repr(round(1 / years, 9)))
        yearly = one if yearly is None else yearly + one
    ages = [(as_of - p.first_seen).days for p in problems]
    return SystemicIndicators(
        reports=reports,
        problems=len(problems),
        explained_share=explained / reports if reports else 0.0,
        funded_share=sum(p.id in funded for p in problems) / len(problems) if problems else 0.0,
        repetition_rate=table.repetition_rate,
        median_age_days=float(median(ages)) if ages else None,
        cost_of_repetition=yearly.rounded() if yearly is not None else None,
    )


def indicators_by_district(
    problems: Sequence[Problem],
    *,
    table: RecurrenceTable,
    district_of_event: np.ndarray,
    districts: Sequence[str],
    as_of: date,
    funded: Collection[str] = (),
) -> Mapping[str, SystemicIndicators]:
    """The same by district: problems by theirs, events by `district_of_event` (-1: none).

    Parameters
    ----------
    district_of_event : shape (events,)
        Positions in `districts`.
    """
    from dataclasses import replace

    found = {}
    sizes = table.events.size
    for k, district in enumerate(districts):
        own = [p for p in problems if p.district == district]
        rows = district_of_event == k
        whole = systemic_indicators(own, table=table, as_of=as_of, funded=funded)
        reports = int(sizes[rows].sum())
        explained = len({r for p in own for r in p.report_ids})
        found[district] = replace(
            whole,
            reports=reports,
            explained_share=min(1.0, explained / reports) if reports else 0.0,
            repetition_rate=float(table.repeat[rows].mean()) if rows.any() else 0.0,
        )
    return found


@dataclass(frozen=True, slots=True)
class SystemicMonth:
    """How systemic was a month in an area (empty: everywhere)?

    `reports` opened in it, of which `explained` belong to a problem known today; `events` (reports
    less duplicates), of which `repeats` followed a closure at their place within the window;
    `repeat_cost` what answering these took at the types' response cost. `problems` known today
    that had begun by its end, `funded` of them with a funded measure, `median_age_days` of them at
    its end, None for none.
    """

    district: str
    month: date
    reports: int
    explained: int
    events: int
    repeats: int
    repeat_cost: Decimal
    problems: int
    funded: int
    median_age_days: float | None


def indicators_by_month(
    problems: Sequence[Problem],
    *,
    reports: Reports,
    table: RecurrenceTable,
    response_cost: Mapping[str, Decimal],
    as_of: date,
    funded: Collection[str] = (),
    months: int = 36,
) -> tuple[SystemicMonth, ...]:
    """How systemic were the last months, everywhere and by district?

    Parameters
    ----------
    problems
        Known today.
    reports, table
        The reports and the recurrence counted over them.
    response_cost
        The municipality's money for answering one event, by problem type; others cost nothing.
    funded
        Ids of problems that a funded measure answers.
    months
        How many, the month of `as_of` the last.

    Returns
    -------
    months
        By district (everywhere first), oldest first; a district without a report is left out.

    Notes
    -----
    The past is told by the problems known today: a problem solved long ago explains nothing any
    more. A month that has not ended yet counts up to `as_of`. O(n + areas x months x problems).

    Examples
    --------
    >>> indicators_by_month((), reports=Reports.from_rows([]), table=None, response_cost={},
    ...                     as_of=date(2026, 6, 30))
    ()
    """
    if not len(reports):
        return ()
    last = np.datetime64(as_of, "M").astype(int)
    known = {r for p in problems for r in p.report_ids}
    explained = np.array([str(r) in known for r in reports.id.tolist()])
    of_report = reports.opened.astype("datetime64[M]").astype(np.int64) - (last - months + 1)
    of_event = table.events.opened.astype("datetime64[D]").astype("datetime64[M]")
    event_month = of_event.astype(np.int64) - (last - months + 1)
    kinds = reports.problem_types
    cost = [int(response_cost.get(code, Decimal(0)) * 100) for code in kinds] + [0]
    event_cost = np.where(table.repeat, np.array(cost)[table.events.problem_type], 0)
    event_district = reports.district[table.events.first]
    rows: list[SystemicMonth] = []
    for k, district in ((-2, ""), *enumerate(reports.districts)):
        told = reports.district == k if k >= 0 else np.ones(len(reports), dtype=bool)
        seen = event_district == k if k >= 0 else np.ones(len(event_district), dtype=bool)
        if not told.any():
            continue
        columns = (
            _by_month(of_report[told], months),
            _by_month(of_report[told & explained], months),
            _by_month(event_month[seen], months),
            _by_month(event_month[seen & table.repeat], months),
            _by_month(event_month[seen], months, event_cost[seen]),
        )
        own = [p for p in problems if k < 0 or p.district == district]
        for m in range(months):
            month = np.datetime64(int(last) - months + 1 + m, "M").astype(date)
            n, why, events, repeats, cents = (int(column[m]) for column in columns)
            begun, paid, age = _standing(own, min(_month_end(month), as_of), funded)
            rows.append(
                SystemicMonth(
                    district, month, n, why, events, repeats, Decimal(cents) / 100, begun, paid, age
                )
            )
    return tuple(rows)


def _by_month(
    month: NDArray[np.int64], months: int, weight: NDArray[np.int64] | None = None
) -> NDArray[np.int64]:
    inside = (month >= 0) & (month < months)
    weights = None if weight is None else weight[inside]
    return np.bincount(month[inside], weights, months).astype(np.int64)


def _month_end(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _standing(
    problems: Sequence[Problem], day: date, funded: Collection[str]
) -> tuple[int, int, float | None]:
    """Problems begun by the day, of these funded, and their median age then."""
    begun = [p for p in problems if p.first_seen <= day]
    ages = [(day - p.first_seen).days for p in begun]
    return len(begun), sum(p.id in funded for p in begun), float(median(ages)) if ages else None
