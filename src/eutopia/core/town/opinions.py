"""What invented residents and businesses care about, as they would say it when asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.random import Generator

# How dear each group of problems is to a side, 1 being usual; assumed, so that sides differ.
_TASTES = {
    "residents": {"greenery": 1.9, "furniture": 1.5, "lighting": 1.4, "waste": 1.3, "roads": 0.9},
    "business": {"roads": 2.4, "lighting": 1.6, "winter": 1.5, "water": 0.7, "greenery": 0.5},
    "municipality": {
        "water": 2.2,
        "services": 1.8,
        "roads": 1.4,
        "lighting": 0.9,
        "furniture": 0.5,
    },
}
_SPREAD = 0.45
"""Standard deviation of the logarithm of one person's taste about the side's."""
_WAYS = (("budget_allocation", 0.6), ("swing", 0.25), ("best_worst", 0.15))


def voice_opinions(
    side: str, criteria: Sequence[str], *, count: int, rng: Generator
) -> tuple[tuple[str, dict[str, Any]], ...]:
    """How would so many members of a side answer when asked to weigh the criteria?

    Parameters
    ----------
    side
        residents, business or municipality.
    criteria
        Groups of problems, two or more.

    Returns
    -------
    tuple of pairs
        The way of asking and the answers, as the working place takes them.

    Notes
    -----
    Invented: tastes about a side's mean, rounded as people round (to five points).

    Examples
    --------
    >>> told = voice_opinions("business", ("roads", "trees"), count=3, rng=np.random.default_rng(1))
    >>> {way for way, _ in told} <= {"budget_allocation", "swing", "best_worst"}
    True
    """
    mean = np.array([_TASTES[side].get(one, 1.0) for one in criteria])
    ways = [way for way, _ in _WAYS]
    chance = [share for _, share in _WAYS]
    told = []
    for _ in range(count):
        taste = mean * np.exp(rng.normal(0.0, _SPREAD, len(mean)))
        way = ways[int(rng.choice(len(ways), p=chance))]
        told.append((way, _SAID[way](criteria, taste)))
    return tuple(told)


def _points(criteria: Sequence[str], taste: np.ndarray) -> dict[str, Any]:
    points = np.floor(taste / taste.sum() * 20).astype(int) * 5
    points[int(np.argmax(taste))] += 100 - int(points.sum())
    return {"points": dict(zip(criteria, points.tolist(), strict=True))}


def _swings(criteria: Sequence[str], taste: np.ndarray) -> dict[str, Any]:
    swings = np.rint(taste / taste.max() * 20).astype(int) * 5
    return {"swings": dict(zip(criteria, swings.tolist(), strict=True))}


def _best_worst(criteria: Sequence[str], taste: np.ndarray) -> dict[str, Any]:
    best, worst = int(np.argmax(taste)), int(np.argmin(taste))
    if best == worst:
        worst = 1 - best
    down = np.clip(np.rint(taste[best] / taste), 1, 9).astype(int).tolist()
    up = np.clip(np.rint(taste / taste[worst]), 1, 9).astype(int).tolist()
    rest = [i for i in range(len(criteria)) if i not in (best, worst)]
    return {
        "best": criteria[best],
        "worst": criteria[worst],
        "best_to_others": {criteria[i]: down[i] for i in (*rest, worst)},
        "others_to_worst": {criteria[i]: up[i] for i in rest},
    }


_SAID = {"budget_allocation": _points, "swing": _swings, "best_worst": _best_worst}
