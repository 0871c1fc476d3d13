"""How much does each criterion count? Answers people can give at once: points and swings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

Number = int | Decimal | Fraction


@dataclass(frozen=True, slots=True)
class Doubt:
    """Which judgement fits the others worst?

    `first` was said to count `said` times as much as `second`; the weights say `implied` times.
    """

    first: str
    second: str
    said: float
    implied: float


@dataclass(frozen=True, slots=True)
class Weights:
    """How much does each criterion count, and do the answers hang together?

    Attributes
    ----------
    criteria
        Codes, as they were asked about.
    values
        One a criterion, none negative, adding up to one.
    method
        budget_allocation, swing, pairs_geometric_mean, pairs_eigenvector, best_worst or pooled.
    inconsistency
        Saaty's consistency ratio of pairs, Rezaei's of best and worst; 0 where answers can't
        contradict each other.
    limit
        Above which `inconsistency` asks for another look; None where no limit is agreed on.
    doubt
        The judgement that fits worst, None where all fit.
    """

    criteria: tuple[str, ...]
    values: tuple[float, ...]
    method: str
    inconsistency: float = 0.0
    limit: float | None = None
    doubt: Doubt | None = None

    @property
    def acceptable(self) -> bool:
        """Whether the answers hang together well enough to be used as they are."""
        return self.limit is None or self.inconsistency <= self.limit

    def of(self, criterion: str) -> float:
        """How much does one criterion count?"""
        return self.values[self.criteria.index(criterion)]


def check_criteria(criteria: Sequence[str], *, least: int = 2) -> tuple[str, ...]:
    """Which criteria are asked about?

    Raises
    ------
    ValueError
        Fewer than `least`, an empty code, or one code twice.
    """
    found = tuple(criteria)
    if len(found) < least:
        raise ValueError(f"{len(found)} criteria: give {least} or more to weigh against each other")
    if not all(found) or len(set(found)) != len(found):
        raise ValueError("a criterion is empty or named twice; give each once")
    return found


def share_out(points: Mapping[str, Number], *, total: Number | None = None) -> Weights:
    """How much does each criterion count, if points are shared out among them?

    Parameters
    ----------
    points
        Points by criterion, none negative, not all of them 0.
    total
        What the points must add up to exactly (100); None takes any sum.

    Raises
    ------
    ValueError
        Fewer than two criteria, a negative number, nothing given, another sum than `total`.

    Notes
    -----
    A weight is the criterion's points over their sum, exact until it becomes a float. Answers
    cannot contradict each other, so inconsistency is 0.
    Source: Bottomley, Doyle and Green (2000), "Testing the reliability of weight elicitation
    methods: direct rating versus point allocation", Journal of Marketing Research 37 (4).

    Examples
    --------
    >>> share_out({"roads": 50, "lighting": 30, "trees": 20}, total=100).values
    (0.5, 0.3, 0.2)
    """
    criteria, values = _exact(points)
    whole = sum(values, Fraction(0))
    if total is not None and whole != Fraction(total):
        raise ValueError(f"the points add up to {whole}, not to {total}: share out {total}")
    return Weights(criteria, tuple(float(v / whole) for v in values), "budget_allocation")


def from_swings(swings: Mapping[str, Number]) -> Weights:
    """How much does each criterion count, by how welcome its step from worst to best is?

    Parameters
    ----------
    swings
        The most welcome step is given 100; every other says how welcome it is beside that, 0 to
        100.

    Raises
    ------
    ValueError
        Fewer than two criteria, a number outside 0 to 100, or nothing rated 100.

    Notes
    -----
    A weight is the criterion's rating over their sum. What is weighed is the step between the
    worst and the best that can be had, not the importance of a word: asked so, weights are right
    for adding up scores that run from worst (0) to best (1).
    Source: von Winterfeldt and Edwards (1986), *Decision Analysis and Behavioral Research*,
    chapter 8.

    Examples
    --------
    >>> from_swings({"roads": 100, "lighting": 60, "trees": 40}).values
    (0.5, 0.3, 0.2)
    """
    criteria, values = _exact(swings)
    if max(values) != 100:
        raise ValueError(f"the highest rating is {max(values)}: rate the most welcome step 100")
    whole = sum(values, Fraction(0))
    return Weights(criteria, tuple(float(v / whole) for v in values), "swing")


def _exact(points: Mapping[str, Number]) -> tuple[tuple[str, ...], list[Fraction]]:
    criteria = check_criteria(tuple(points))
    values = []
    for name, number in points.items():
        value = Fraction(number)
        if value < 0:
            raise ValueError(f"{name}: {number} is less than 0; give 0 or more")
        values.append(value)
    if not any(values):
        raise ValueError("every criterion has 0 points: give at least one of them some")
    return criteria, values
