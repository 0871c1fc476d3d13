"""How much of what people report is systemic, and how much of that is in hand?"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from statistics import median

import numpy as np

from eutopia.core.diagnose.recurrence import RecurrenceTable
from eutopia.core.records.money import Money
from eutopia.core.records.problems import Problem


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
