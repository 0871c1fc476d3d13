"""What would have been enough for a project that equal shares did not buy, exactly?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from eutopia.core.decide.sharing import Purchase, Sharing

# Moments whose float estimate comes this near to the best are all worked out exactly.
_NEAR = 1e-9


@dataclass(frozen=True, slots=True)
class Shortfall:
    """What would have been enough, all else equal?

    `supporters`: so many more voters who mark this project alone, each with the same purse (None
    where no number would do or points make voters unequal). `cost`: the highest cost at which it
    would have been bought; just at this cost a tie may decide.
    """

    supporters: int | None
    cost: Fraction


def shortfalls(run: Sharing, ranks: Sequence[int]) -> dict[int, Shortfall]:
    """What would have been enough for each project the run did not buy?

    Parameters
    ----------
    run : Sharing
        A finished run.
    ranks : sequence of int

    Returns
    -------
    dict of int to Shortfall
        By project; supported projects only.

    Notes
    -----
    Until it is bought, a project changes nothing. So it is bought if and only if at some moment of
    the run without it its price is at most the price paid then, or at the end its supporters can
    pay it. At a moment with price `rho` the supporters, who have `m[i]`, would pay up to
    `g(c) = sum(min(m[i], rho * value * weight[i]))`; the highest cost with `g(c) >= c` is sought.
    Floats find the best moment, fractions give the figure. O(m) for m marks a purchase.
    """
    waiting = [
        p
        for p, cost in enumerate(run.votes.cost)
        if cost > 0 and run.votes.heads[p + 1] > run.votes.heads[p] and run.bought[p] < 0
    ]
    if not waiting or run.purse == 0:
        return {}
    steps: list[Purchase | None] = [s for s in run.purchases if not s.by_all]
    steps.append(None)
    table = _estimates(run, waiting, steps, ranks)
    costs: dict[int, Fraction] = dict.fromkeys(waiting, Fraction(0))
    numbers: dict[int, int] = {}
    state = Sharing.start(run.votes, run.purse)
    for t, step in enumerate(steps):
        for k, p in enumerate(waiting):
            best_cost, best_number = table.cost[:, k].max(), table.number[:, k].min()
            if table.cost[t, k] >= best_cost * (1 - _NEAR):
                costs[p] = max(costs[p], _exact_cost(run, state, p, step, ranks))
            if table.number[t, k] <= best_number * (1 + _NEAR) and run.votes.weights is None:
                number = _exact_number(run, state, p, step, ranks)
                numbers[p] = min(numbers.get(p, number), number)
        if step is not None:
            state.replay(step)
    scale = run.votes.money_unit * run.votes.voters
    return {p: Shortfall(numbers.get(p), costs[p] / scale) for p in waiting}


@dataclass(frozen=True, slots=True)
class _Table:
    cost: NDArray[np.float64]
    number: NDArray[np.float64]


def _estimates(
    run: Sharing,
    waiting: Sequence[int],
    steps: Sequence[Purchase | None],
    ranks: Sequence[int],
) -> _Table:
    cost = np.zeros((len(steps), len(waiting)))
    number = np.zeros_like(cost)
    state = Sharing.start(run.votes, run.purse)
    for t, step in enumerate(steps):
        for k, p in enumerate(waiting):
            cost[t, k], number[t, k] = _estimate(run, state, p, step, ranks)
        if step is not None:
            state.replay(step)
    return _Table(cost, number)


def _price(run: Sharing, step: Purchase | None) -> Fraction | None:
    """The price of a unit of satisfaction paid at this step; None at the end (any price)."""
    if step is None:
        return None
    return run.chain.value(step.payment) / run.votes.value[step.project]


def _never(run: Sharing, state: Sharing, p: int, step: Purchase, ranks: Sequence[int]) -> bool:
    """Where satisfaction is the cost: does the step's project come first whatever `p` costs?"""
    rows = state.backing(p).rows
    held = ~state.broke[rows]
    counts = state.backing(p).counts[held]
    weights = state.backing(p).weights
    if weights is not None:
        counts = counts * weights[held]
    price = run.chain.value(step.payment) / run.votes.value[step.project]
    rich = price * int(counts.sum()) / (run.votes.money_unit * run.votes.voters)
    return rich < 1 or (rich == 1 and ranks[p] > ranks[step.project])


def _estimate(
    run: Sharing, state: Sharing, p: int, step: Purchase | None, ranks: Sequence[int]
) -> tuple[float, float]:
    rows = state.backing(p).rows
    counts = run.votes.counts[rows].astype(np.float64)
    money = state.money[rows]
    weights = state.backing(p).weights
    share = counts * 0 + 1 if weights is None else weights.astype(np.float64)
    cost = float(state.price(p))
    if step is None:
        have = float(counts @ money)
        return have, max(0.0, cost - have) / run.purse
    rho = run.chain.middle[step.payment] / float(run.votes.value[step.project])
    payment = rho * float(run.votes.value[p])
    have = float(counts @ np.minimum(money, payment * share))
    number = max(0.0, cost - have) / min(payment, float(run.purse))
    if run.votes.satisfaction != "cost":
        return have, number
    per_cost = rho / (run.votes.money_unit * run.votes.voters)
    top = cost
    if abs(1 - per_cost * float((counts * share).sum())) < _NEAR and _never(
        run, state, p, step, ranks
    ):
        return 0.0, number
    for _ in range(60):
        rich = money > per_cost * top * share
        slope = 1 - per_cost * float((counts * share)[rich].sum())
        if slope < _NEAR:
            # All who are left pay in full whatever it costs, up to here.
            break
        lower = float((counts * money)[~rich].sum()) / slope
        if lower >= top * (1 - 1e-15):
            break
        top = lower
    return top, number


def _left(state: Sharing, p: int) -> list[tuple[Fraction, int, int]]:
    """Exactly what the supporters have left: money, voters, weight; equal histories once."""
    rows = state.backing(p).rows.tolist()
    weights = state.backing(p).weights
    known: dict[object, Fraction] = {}
    held: dict[tuple[Fraction, int], int] = {}
    for k, ballot in enumerate(rows):
        key: object = None if state.broke[ballot] else state.history(ballot)
        if key not in known:
            known[key] = state.left(ballot)
        pair = (known[key], 1 if weights is None else int(weights[k]))
        held[pair] = held.get(pair, 0) + int(state.votes.counts[ballot])
    return [(money, n, weight) for (money, weight), n in held.items()]


def _exact_cost(
    run: Sharing, state: Sharing, p: int, step: Purchase | None, ranks: Sequence[int]
) -> Fraction:
    held = _left(state, p)
    price = _price(run, step)
    if price is None or step is None:
        return sum((money * n for money, n, _ in held), Fraction(0))
    if run.votes.satisfaction != "cost":
        payment = price * run.votes.value[p]
        return sum((min(m, payment * w) * n for m, n, w in held), Fraction(0))
    if _never(run, state, p, step, ranks):
        return Fraction(0)
    per_cost = price / (run.votes.money_unit * run.votes.voters)
    # The highest c with g(c) >= c is the least of `poor / (1 - rich)` over all ways to part them.
    held.sort(key=lambda h: h[0] / h[2])
    best = Fraction(state.price(p))
    poor, rich = Fraction(0), Fraction(sum(n * w for _, n, w in held)) * per_cost
    for money, n, weight in [(Fraction(0), 0, 1), *held]:
        poor += money * n
        rich -= per_cost * n * weight
        if rich < 1:
            best = min(best, poor / (1 - rich))
    return best


def _exact_number(
    run: Sharing, state: Sharing, p: int, step: Purchase | None, ranks: Sequence[int]
) -> int:
    held = _left(state, p)
    price = _price(run, step)
    cost = state.price(p)
    if price is None or step is None:
        have = sum((m * n for m, n, _ in held), Fraction(0))
        need = (cost - have) / run.purse
        return -(-need.numerator // need.denominator)
    payment = price * run.votes.value[p]
    have = sum((min(m, payment * w) * n for m, n, w in held), Fraction(0))
    need = (cost - have) / min(payment, Fraction(run.purse))
    number = -(-need.numerator // need.denominator)
    # With equal prices the rank decides.
    full = payment <= run.purse or any(m >= payment * w for m, _, w in held)
    just = number == need and full
    return number + 1 if just and ranks[p] > ranks[step.project] else number
