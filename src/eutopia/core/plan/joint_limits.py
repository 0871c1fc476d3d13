"""What several funds can pay together: rows over candidates alone, without the flows of money."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from eutopia.core.kit.optimise import INFINITY, Row
from eutopia.core.plan.appraisal import net_cost
from eutopia.core.plan.capacity import Start
from eutopia.core.plan.rules import most_paid
from eutopia.core.records.programme import Candidate, Fund, PortfolioRules

MOST_FUNDS = 6
"""With more funds only single ones and all together are looked at: there are 2^n sets."""
Savings = Mapping[tuple[int, int], Sequence[tuple[int, float]]]
"""By candidate and year: columns of bundles, and what each takes off the candidate's cost."""


def joint_limits(
    candidates: Sequence[Candidate],
    starts: Mapping[int, Sequence[Start]],
    rules: PortfolioRules,
    *,
    payers: Sequence[tuple[str, ...]],
    savings: Savings,
    unit: float,
) -> tuple[Row, ...]:
    """What must the funds of a set pay by themselves over all years, and how much can they?

    Parameters
    ----------
    candidates, starts, payers
        Candidates, the columns of their starts, and which funds may pay for each.
    savings
        What bundles take off the cost of a candidate in a year, in `unit`.
    unit
        Money of 1 in the rows.

    Returns
    -------
    tuple of rows
        One for each set of funds that may be short: what other funds cannot pay of each candidate
        is paid by the set. None where fewer funds must pay the same.

    Notes
    -----
    They follow from the flows of money (Gale's condition), but those hide them: here a solver sees
    that of three dear works only two can be paid, and cuts off what splits the third.
    Source: Gale, "A theorem on flows in networks", Pacific Journal of Mathematics 7 (1957); on
    covers, Wolsey, *Integer Programming* (1998), 9.3.
    """
    found: list[Row] = []
    known: list[tuple[frozenset[str], dict[int, float]]] = []
    for group in _groups(rules.funds):
        need = {
            i: amount / unit
            for i in starts
            if (amount := _left_to(group, candidates[i], payers[i], rules.funds)) > 0
        }
        ids = frozenset(fund.id for fund in group)
        if any(fewer < ids and need == theirs for fewer, theirs in known):
            continue
        known.append((ids, need))
        budget = sum(float(money.amount) for fund in group for money in fund.by_year) / unit
        if sum(need.values()) > budget:
            terms = {s.column: need[i] for i in need for s in starts[i]}
            saved = [term for (i, _), bundles in savings.items() if i in need for term in bundles]
            terms.update((column, -saving) for column, saving in saved)
            found.append((list(terms), list(terms.values()), -INFINITY, budget))
    return tuple(found)


def _groups(funds: Sequence[Fund]) -> Iterator[tuple[Fund, ...]]:
    sizes = range(1, len(funds) + 1) if len(funds) <= MOST_FUNDS else (1, len(funds))
    for size in sizes:
        yield from itertools.combinations(funds, size)


def _left_to(
    group: Sequence[Fund], candidate: Candidate, payers: Sequence[str], funds: Sequence[Fund]
) -> float:
    """What of its cost the funds outside the group cannot pay."""
    need = net_cost(candidate).amount
    inside = {fund.id for fund in group}
    others = (most_paid(f, need) for f in funds if f.id in payers and f.id not in inside)
    return float(need - sum(others, Decimal(0)))
