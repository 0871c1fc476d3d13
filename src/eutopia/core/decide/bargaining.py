"""Which of the things that could be agreed on is a fair compromise between the sides?"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eutopia.core.kit.optimise import INFINITY, ModelBuilder, solve

Array = NDArray[np.float64]

SAME = 1e-9
"""Utilities nearer than this share of a side's range are taken for the same."""
RULES = ("nash", "kalai_smorodinsky", "egalitarian", "utilitarian")


@dataclass(frozen=True, slots=True)
class Option:
    """What could be agreed on, and how good is it for each side?

    `utilities` are in the order of the sides; any scale that is the same for all options of a side.
    """

    id: str
    utilities: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Deal:
    """What a rule settles on.

    Attributes
    ----------
    rule
        One of `RULES`.
    parts
        Pairs of option and its share, adding up to one; a single one unless mixtures are allowed.
        Empty: nobody gains, so nothing is agreed.
    utilities
        What each side gets.
    gains
        By how much that is more than without agreement.
    achieved
        The gain as a share of the most the side could get from any deal all can accept; 1 where
        it could get nothing.
    """

    rule: str
    parts: tuple[tuple[str, float], ...]
    utilities: tuple[float, ...]
    gains: tuple[float, ...]
    achieved: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """What would each side gain or lose by leaving the compromise for what `favours` likes most?

    `changes` are relative changes of the sides' gains, in their order (0.1: a tenth more), None
    where a side gains nothing in the compromise.
    """

    favours: str
    option: str
    changes: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Bargain:
    """What could be agreed on, what the rules settle on, and what each side gives and gets.

    Attributes
    ----------
    frontier
        Options that all can accept and of which none is better for some side and worse for none.
    dominated
        The others that all can accept: some option is at least as good for everybody.
    refused
        Options in which some side gets less than without agreement.
    ideal
        The most each side could get from options that all can accept.
    deals
        By rule, in the order of `RULES`.
    steps
        From the Nash deal to each side's favourite, in the order of sides.
    """

    sides: tuple[str, ...]
    disagreement: tuple[float, ...]
    ideal: tuple[float, ...]
    frontier: tuple[str, ...]
    dominated: tuple[str, ...]
    refused: tuple[str, ...]
    deals: tuple[Deal, ...]
    steps: tuple[Step, ...]
    mixed: bool

    def deal(self, rule: str) -> Deal:
        """What does one rule settle on?"""
        return next(one for one in self.deals if one.rule == rule)


@dataclass(frozen=True, slots=True)
class _Table:
    """Gains of what all can accept: options by sides."""

    ids: tuple[str, ...]
    gains: Array
    ideal: Array
    base: Array


def bargain(
    options: Sequence[Option],
    *,
    sides: Sequence[str],
    disagreement: Mapping[str, float],
    mixed: bool = False,
) -> Bargain:
    """Which option is a fair compromise, and what does each side give and get?

    Parameters
    ----------
    options
        What could be agreed on, ids distinct.
    sides
        Codes, in the order of the utilities.
    disagreement
        What each side has if nothing is agreed.
    mixed
        Whether options may be mixed in shares (done in turns, in parts, by lot): the frontier
        becomes convex. Without it one option is chosen as it is.

    Raises
    ------
    ValueError
        Fewer than two sides, no options, an id twice, a wrong number of utilities, one that is no
        number, or a side without a disagreement value.

    Notes
    -----
    * nash: the largest product of gains. Where no option gives every side a gain, as many sides
      as can gain together gain (then the product of theirs). The only rule that is efficient,
      treats equals alike, does not depend on units and ignores options that are not taken.
    * kalai_smorodinsky: the largest least share of what each side could get at best.
    * egalitarian: the largest least gain (here utilities of sides are compared).
    * utilitarian: the largest sum of gains (likewise).

    Ties of a rule: the larger least share achieved, the next larger share and so on, then the
    order in which options were given. Among options alone the rules are those for finite sets,
    least gains being compared lexicographically. Mixed: nash by Cover's algorithm until no option
    could raise the mean log gain by more than 1e-9 (`proof_gap`), the others by linear programmes.
    Sources: Nash (1950), "The bargaining problem", Econometrica 18; Kalai and Smorodinsky (1975),
    Econometrica 43; Mariotti (1998), "Nash bargaining theory when the number of alternatives can
    be finite", Social Choice and Welfare 15; Cover (1984), "An algorithm for maximizing expected
    log investment return", IEEE Transactions on Information Theory 30.

    Examples
    --------
    >>> told = bargain(
    ...     [Option("roads", (8, 1)), Option("both", (5, 4)), Option("trees", (1, 6))],
    ...     sides=("business", "residents"), disagreement={"business": 0, "residents": 0},
    ... )
    >>> told.deal("nash").parts, told.deal("utilitarian").parts
    ((('both', 1.0),), (('both', 1.0),))
    """
    names, base, table = _read(options, tuple(sides), disagreement)
    spread = np.abs(table - base).max(axis=0)
    fits = (table >= base - SAME * spread).all(axis=1).tolist()
    gains = np.maximum(table[fits] - base, 0.0)
    ids = tuple(one.id for one, fit in zip(options, fits, strict=True) if fit)
    ideal = gains.max(axis=0) if len(gains) else np.zeros(len(names))
    ideal[ideal <= SAME * spread] = 0.0
    told = _Table(ids, gains, ideal, base)
    best = undominated(gains / np.where(ideal > 0, ideal, 1.0)).tolist()
    deals = tuple(_deal(rule, told, mixed) for rule in RULES)
    return Bargain(
        sides=names,
        disagreement=tuple(base.tolist()),
        ideal=tuple((base + ideal).tolist()),
        frontier=tuple(one for one, keep in zip(ids, best, strict=True) if keep),
        dominated=tuple(one for one, keep in zip(ids, best, strict=True) if not keep),
        refused=tuple(one.id for one, fit in zip(options, fits, strict=True) if not fit),
        deals=deals,
        steps=_steps(names, told, np.array(deals[0].gains)),
        mixed=mixed,
    )


def _read(
    options: Sequence[Option], sides: tuple[str, ...], disagreement: Mapping[str, float]
) -> tuple[tuple[str, ...], Array, Array]:
    if len(sides) < 2 or len(set(sides)) != len(sides):
        raise ValueError("a bargain has two or more sides, each named once")
    if not options or len({one.id for one in options}) != len(options):
        raise ValueError("give one option or more, each under an id of its own")
    missing = [side for side in sides if side not in disagreement]
    if missing:
        raise ValueError(f"say what '{missing[0]}' has if nothing is agreed")
    for one in options:
        if len(one.utilities) != len(sides) or not all(map(math.isfinite, one.utilities)):
            raise ValueError(f"option '{one.id}': give a number for each of {', '.join(sides)}")
    base = np.array([float(disagreement[side]) for side in sides])
    return sides, base, np.array([one.utilities for one in options], dtype=float)


def undominated(points: Array) -> NDArray[np.bool_]:
    """Which points (n options by sides) are on the frontier?

    Notes
    -----
    A point is out if another is at least as good for every side and better for one. O(n²).

    Examples
    --------
    >>> undominated(np.array([[1.0, 2.0], [2.0, 1.0], [1.0, 1.0]])).tolist()
    [True, True, False]
    """
    keep = np.ones(len(points), dtype=bool)
    for i, point in enumerate(points):
        as_good = (points >= point - SAME).all(axis=1)
        keep[i] = not (as_good & (points > point + SAME).any(axis=1)).any()
    return keep


def _deal(rule: str, told: _Table, mixed: bool) -> Deal:
    shares = np.zeros(len(told.ids))
    if len(told.ids) and told.ideal.any():
        if mixed:
            shares = _MIXED[rule](told)
        else:
            shares[max(range(len(told.ids)), key=lambda i: (*_score(rule, told, i), -i))] = 1.0
    gains = shares @ told.gains if len(told.ids) else np.zeros(len(told.base))
    achieved = np.divide(gains, told.ideal, out=np.ones_like(gains), where=told.ideal > 0)
    return Deal(
        rule=rule,
        parts=tuple(
            (name, float(share)) for name, share in zip(told.ids, shares, strict=True) if share > 0
        ),
        utilities=tuple((told.base + gains).tolist()),
        gains=tuple(gains.tolist()),
        achieved=tuple(achieved.tolist()),
    )


def _rounded(values: Array) -> list[float]:
    """Values so rounded that a difference of the computer is none of the sides'."""
    return [float(f"{value:.12g}") for value in values]


def _achieved(told: _Table, i: int) -> list[float]:
    able = told.ideal > 0
    return _rounded(np.sort(told.gains[i, able] / told.ideal[able]))


def _score(rule: str, told: _Table, i: int) -> tuple[object, ...]:
    """What a rule compares, the largest first, with the rule for ties after it."""
    row, shares = told.gains[i], _achieved(told, i)
    if rule == "nash":
        gaining = row > SAME * told.ideal
        product = float(np.log(row[gaining] / told.ideal[gaining]).sum()) if gaining.any() else 0.0
        return (int(gaining.sum()), *_rounded(np.array([product])), *shares)
    if rule == "egalitarian":
        return (*_rounded(np.sort(row[told.ideal > 0])), *shares)
    if rule == "utilitarian":
        return (*_rounded(np.array([row.sum()])), *shares)
    return tuple(shares)


def _mixed_nash(told: _Table) -> Array:
    """Cover's algorithm on gains as shares of the ideal, over sides that can gain at all."""
    able = told.ideal > 0
    gains = told.gains[:, able] / told.ideal[able]
    shares = np.full(len(gains), 1 / len(gains))
    for _ in range(100_000):
        pull = (gains / (shares @ gains)).mean(axis=1)
        if pull.max() - 1 < SAME:
            break
        shares *= pull
        shares /= shares.sum()
    shares[shares < 1e-6] = 0.0
    return np.asarray(shares / shares.sum())


def proof_gap(gains: Array, shares: Array) -> float:
    """By how much could a mixture's mean log gain be below the best possible, at most?

    Parameters
    ----------
    gains
        Of each option, (options, sides); each side gains from some of them.
    shares
        Of the options in the mixture, adding up to one.

    Notes
    -----
    The mean log gain is concave in the shares, so its best value lies below the tangent: by no
    more than the largest mean ratio of an option's gains to the mixture's, less one.
    """
    return float((gains / (shares @ gains)).mean(axis=1).max() - 1)


def _mixed_least(told: _Table, scale: Array) -> Array:
    """The mixture with the largest least gain in units of `scale`, then the largest total."""
    able = told.ideal > 0
    gains = told.gains[:, able] / scale[able]
    least = _mixture(gains, floor=None)
    level = float((least @ gains).min())
    return _mixture(gains, floor=level * (1 - SAME))


def _mixture(gains: Array, *, floor: float | None) -> Array:
    builder = ModelBuilder()
    totals = gains.sum(axis=1)
    columns = [
        builder.add_column(objective=0.0 if floor is None else float(total), integer=False)
        for total in totals
    ]
    builder.add_row(columns, [1.0] * len(columns), lower=1.0, upper=1.0)
    level = builder.add_column(objective=1.0, upper=INFINITY, integer=False)
    for side in gains.T:
        entries = side.tolist()
        if floor is None:
            builder.add_row([*columns, level], [*entries, -1.0], lower=0.0)
        else:
            builder.add_row(columns, entries, lower=floor)
    if floor is not None:
        builder.add_row([level], [1.0], upper=0.0)
    shares = np.maximum(solve(builder.build()).values[: len(columns)], 0.0)
    shares[shares < SAME] = 0.0
    return np.asarray(shares / shares.sum())


def _mixed_sum(told: _Table) -> Array:
    """The option with the largest sum: no mixture has a larger one."""
    shares = np.zeros(len(told.ids))
    best = max(range(len(shares)), key=lambda i: (*_score("utilitarian", told, i), -i))
    shares[best] = 1.0
    return shares


_MIXED: Mapping[str, Callable[[_Table], Array]] = {
    "nash": _mixed_nash,
    "kalai_smorodinsky": lambda told: _mixed_least(told, told.ideal),
    "egalitarian": lambda told: _mixed_least(told, np.ones_like(told.ideal)),
    "utilitarian": _mixed_sum,
}


def _steps(sides: tuple[str, ...], told: _Table, gains: Array) -> tuple[Step, ...]:
    steps = []
    for place, side in enumerate(sides):
        if not len(told.ids):
            break
        liked = max(
            range(len(told.ids)),
            key=lambda i: (told.gains[i, place], *_score("nash", told, i), -i),
        )
        changes = tuple(
            None if had <= SAME * most else float(then / had - 1)
            for had, then, most in zip(gains, told.gains[liked], told.ideal, strict=True)
        )
        steps.append(Step(side, told.ids[liked], changes))
    return tuple(steps)
