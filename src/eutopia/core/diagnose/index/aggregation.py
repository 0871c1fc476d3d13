"""From normalised indicators to one number: means, and duels between the units."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from eutopia.core.diagnose.index.structure import IndexTable

Floats = NDArray[np.float64]
AGGREGATIONS = ("arithmetic", "geometric", "harmonic", "copeland", "outranking")


def aggregate(
    normalised: Floats,
    table: IndexTable,
    *,
    method: str,
    weights: Mapping[str, float],
) -> dict[str, Floats]:
    """Which score has each unit in each aggregate, level by level up to the index?

    Parameters
    ----------
    normalised
        Shape (units, indicators), more is better.
    table
        Gives the tree.
    method
        One of `AGGREGATIONS`, at every level.
    weights
        By code; nodes not named weigh as in the table. Only ratios between siblings matter.

    Returns
    -------
    dict of str to array
        By code of the aggregate, shape (units,).

    Raises
    ------
    ValueError
        An unknown method, negative weights, or values that the method can't take: geometric and
        harmonic means need values above zero; normalise to a scale that starts above zero.

    Notes
    -----
    A missing child is left out and the others' weights grow; a unit with no child at all is
    missing. Copeland counts, weighted, against how many others a unit wins less how many it loses
    (ties none), divided by n - 1. Outranking adds up, over the others, the share of weight in which
    a unit is ahead (ties half). O(units * nodes); both of these O(units^2 * nodes).

    Source: OECD and JRC, Handbook on Constructing Composite Indicators, 2008, chapter 1.6;
    outranking is what COINr's a_copeland computes.
    """
    if method not in AGGREGATIONS:
        raise ValueError(f"aggregation {method!r} is none of {', '.join(AGGREGATIONS)}")
    known: dict[str, Floats] = {n.code: normalised[:, j] for j, n in enumerate(table.indicators)}
    found: dict[str, Floats] = {}
    for level in table.levels():
        for node in level:
            children = table.children(node.code)
            if not children:
                raise ValueError(f"{node.code} has no children; give it some or remove it")
            weight = np.array([weights.get(c.code, c.weight) for c in children])
            if weight.min() < 0 or weight.sum() <= 0:
                raise ValueError(f"the weights below {node.code} must not be negative or all zero")
            stacked = np.column_stack([known[c.code] for c in children])
            found[node.code] = known[node.code] = mean_of(stacked, weight, method=method)
    return found


def mean_of(values: Floats, weights: Floats, *, method: str) -> Floats:
    """Which weighted mean (or score of duels) has each row?

    Parameters
    ----------
    values
        Shape (rows, k), NaN missing.
    weights
        Shape (k,).
    method
        One of `AGGREGATIONS`.

    Examples
    --------
    >>> rows = np.array([[1.0, 4.0], [2.0, np.nan]])
    >>> mean_of(rows, np.ones(2), method="geometric").tolist()
    [2.0, 2.0]
    """
    known = ~np.isnan(values)
    share = np.where(known, weights, 0.0)
    total = share.sum(axis=1)
    share = np.divide(share, total[:, None], out=np.zeros_like(share), where=total[:, None] > 0)
    if method in ("copeland", "outranking"):
        score = _duels(values, weights, by_share=method == "outranking")
    else:
        if method != "arithmetic" and (values[known] <= 0).any():
            raise ValueError(
                f"a {method} mean needs values above zero; choose another normalisation or a "
                "scale that starts above zero"
            )
        x = np.where(known, values, 1.0)
        score = _mean(method, share, x)
    result: Floats = np.where(total > 0, score, np.nan)
    return result


def _mean(method: str, share: Floats, x: Floats) -> Floats:
    """One of the three means, with shares that add up to one in each row."""
    if method == "arithmetic":
        return np.asarray((share * x).sum(axis=1))
    if method == "geometric":
        return np.asarray(np.exp((share * np.log(np.where(share > 0, x, 1.0))).sum(axis=1)))
    whole = (share / np.where(share > 0, x, 1.0)).sum(axis=1)
    return np.asarray(1.0 / np.where(whole > 0, whole, 1.0))


def _duels(values: Floats, weights: Floats, *, by_share: bool) -> Floats:
    ahead = np.sign(values[:, None, :] - values[None, :, :])
    if by_share:
        share: Floats = np.nansum((ahead + 1) / 2 * (weights / weights.sum()), axis=2)
        share[np.diag_indices(len(share))] = 0.0
        summed: Floats = share.sum(axis=1)
        return summed
    balance = np.nansum(ahead * weights, axis=2)
    others = max(1, len(values) - 1)
    wins: Floats = np.sign(balance).sum(axis=1) / others
    return wins


def ranks_of(scores: Floats) -> NDArray[np.int64]:
    """Which place has each unit, 1 the best? Equal scores share the better place; missing are 0.

    Examples
    --------
    >>> ranks_of(np.array([3.0, 5.0, 3.0, np.nan])).tolist()
    [2, 1, 2, 0]
    """
    known = ~np.isnan(scores)
    ranks = np.zeros(len(scores), dtype=np.int64)
    ordered = np.sort(scores[known])
    ranks[known] = len(ordered) - np.searchsorted(ordered, scores[known], side="right") + 1
    return ranks
