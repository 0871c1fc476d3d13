"""Weights of a side from its members', how sure they are, and where sides agree and differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from eutopia.core.decide.weights import Weights, check_criteria

Array = NDArray[np.float64]

FLOOR = 0.005
"""What a weight of nothing counts as when answers are multiplied: half a point of a hundred."""
LEAST = 5
"""Answers below which no interval is told: too few to draw from again."""


@dataclass(frozen=True, slots=True)
class SideWeights:
    """How much does each criterion count for a side, and between which bounds?

    `low` and `high` bound each weight with the confidence asked for; both are None where there
    are fewer than five answers. `speaks_as_one` marks a side with one common position (a council's
    decision): its weights are exact, its bounds the weights themselves.
    """

    side: str
    criteria: tuple[str, ...]
    values: tuple[float, ...]
    low: tuple[float, ...] | None
    high: tuple[float, ...] | None
    answers: int
    speaks_as_one: bool = False


@dataclass(frozen=True, slots=True)
class Agreement:
    """Where do the sides agree about one criterion?

    `verdict`: differ (the bounds of some two sides do not meet), no_difference_shown (the bounds
    of all meet), unknown (some side has no bounds, or has not answered). `apart` is the greatest
    distance between two sides' weights, between `highest` and `lowest`.
    """

    criterion: str
    verdict: str
    apart: float
    highest: str
    lowest: str


def pool(answers: Sequence[Weights], *, floor: float = FLOOR) -> Weights:
    """How much does each criterion count for people together?

    Parameters
    ----------
    answers
        Of each person, all about the same criteria in the same order.
    floor
        A weight below it counts as it, so that one person's nothing does not outvote everybody.

    Raises
    ------
    ValueError
        No answers, or answers about different criteria.

    Notes
    -----
    The geometric mean of each weight over people, made to add up to one: the only way of pooling
    that keeps ratios (Aczél and Saaty 1983) and treats everybody alike. Inconsistency is the mean
    of the answers'.
    Sources: Aczél and Saaty (1983), "Procedures for synthesizing ratio judgements", Journal of
    Mathematical Psychology 27 (1); Forman and Peniwati (1998), European Journal of Operational
    Research 108 (1).

    Examples
    --------
    >>> from eutopia.core.decide.weights import share_out
    >>> two = [share_out({"a": 80, "b": 20}), share_out({"a": 20, "b": 80})]
    >>> [round(value, 6) for value in pool(two).values]
    [0.5, 0.5]
    """
    logs = _logs(answers, floor)
    return Weights(
        answers[0].criteria,
        tuple(_closed(logs.mean(axis=0)).tolist()),
        "pooled",
        inconsistency=float(np.mean([one.inconsistency for one in answers])),
    )


def _logs(answers: Sequence[Weights], floor: float) -> Array:
    if not answers:
        raise ValueError("nobody has answered: there is nothing to pool")
    criteria = check_criteria(answers[0].criteria)
    if any(one.criteria != criteria for one in answers):
        raise ValueError("the answers are about different criteria; pool those about the same")
    values = np.array([one.values for one in answers])
    return np.asarray(np.log(np.maximum(values, floor)))


def _closed(logs: Array) -> Array:
    """Weights that add up to one along the last axis."""
    values = np.exp(logs - logs.max(axis=-1, keepdims=True))
    return np.asarray(values / values.sum(axis=-1, keepdims=True))


def weigh_side(
    side: str,
    answers: Sequence[Weights],
    *,
    rng: Generator,
    draws: int = 2_000,
    confidence: float = 0.95,
    speaks_as_one: bool = False,
    floor: float = FLOOR,
) -> SideWeights:
    """How much does each criterion count for a side, and how sure is that?

    Parameters
    ----------
    answers
        Of its members.
    rng
        Draws the answers again.
    draws, confidence
        How many times, and which share of the draws the bounds hold.
    speaks_as_one
        The side has one position, not a sample of members.

    Raises
    ------
    ValueError
        As `pool`.

    Notes
    -----
    Bootstrap by people: as many answers as there are, drawn with replacement, pooled each time;
    bounds are percentiles. They tell how much chance among those who answered does, not who did
    not answer: people who answer of their own accord are no sample of all.
    Source: Efron and Tibshirani (1993), *An Introduction to the Bootstrap*, chapter 13.
    O(draws × (answers + criteria)).

    Examples
    --------
    >>> from eutopia.core.decide.weights import share_out
    >>> same = [share_out({"a": 3, "b": 1})] * 9
    >>> told = weigh_side("residents", same, rng=np.random.default_rng(1))
    >>> [round(bound[0], 6) for bound in (told.low, told.values, told.high)]
    [0.75, 0.75, 0.75]
    """
    logs = _logs(answers, floor)
    values = _closed(logs.mean(axis=0))
    low = high = None
    if speaks_as_one:
        if len(answers) == 1:
            # Nothing is multiplied, so a weight of nothing may stay nothing.
            values = np.array(answers[0].values)
        low = high = tuple(values.tolist())
    elif len(answers) >= LEAST:
        n = len(answers)
        taken = rng.multinomial(n, np.full(n, 1 / n), size=draws)
        drawn = _closed(taken @ logs / n)
        tail = (1 - confidence) / 2
        bounds = np.quantile(drawn, [tail, 1 - tail], axis=0)
        low, high = (tuple(row.tolist()) for row in bounds)
    return SideWeights(
        side, answers[0].criteria, tuple(values.tolist()), low, high, len(answers), speaks_as_one
    )


def agreement(sides: Sequence[SideWeights]) -> tuple[Agreement, ...]:
    """Where do the sides agree and where do they differ, the furthest apart first?

    Raises
    ------
    ValueError
        Fewer than two sides, or sides that weighed different criteria.

    Notes
    -----
    Bounds that do not meet are a cautious sign of a difference; bounds that meet prove no
    agreement, so the verdict then is `no_difference_shown`. Equal distances keep the criteria's
    order.
    """
    if len(sides) < 2 or any(one.criteria != sides[0].criteria for one in sides):
        raise ValueError("give two or more sides that weighed the same criteria")
    found = []
    for place, criterion in enumerate(sides[0].criteria):
        ranked = sorted(sides, key=lambda one: one.values[place])
        found.append(
            Agreement(
                criterion,
                _verdict(sides, place),
                ranked[-1].values[place] - ranked[0].values[place],
                ranked[-1].side,
                ranked[0].side,
            )
        )
    return tuple(sorted(found, key=lambda one: -one.apart))


def _verdict(sides: Sequence[SideWeights], place: int) -> str:
    lows, highs = [], []
    for one in sides:
        if one.low is None or one.high is None:
            return "unknown"
        lows.append(one.low[place])
        highs.append(one.high[place])
    return "differ" if max(lows) > min(highs) + 1e-12 else "no_difference_shown"


def in_common(first: SideWeights, second: SideWeights) -> float:
    """Which share of their weights do two sides give alike? 1: the same, 0: nothing in common.

    Notes
    -----
    One less half the sum of the differences (total variation).
    """
    apart = sum(abs(a - b) for a, b in zip(first.values, second.values, strict=True))
    return 1 - apart / 2
