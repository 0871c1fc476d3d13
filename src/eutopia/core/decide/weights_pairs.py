"""Weights from comparisons two by two (AHP), with how consistent they are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from eutopia.core.decide.weights import Doubt, Number, Weights, check_criteria

Matrix = NDArray[np.float64]

RANDOM_INDEX: Mapping[int, float] = MappingProxyType(
    {3: 0.58, 4: 0.90, 5: 1.12, 6: 1.24, 7: 1.32, 8: 1.41, 9: 1.45, 10: 1.49}
)
"""Mean consistency index of random judgements by number of criteria: Saaty (1980), table 1.4."""

LIMIT = 0.10
"""The consistency ratio up to which Saaty (1980) takes judgements as they are."""

WAYS = ("geometric_mean", "eigenvector")


def from_pairs(
    criteria: Sequence[str],
    judgements: Mapping[tuple[str, str], Number],
    *,
    way: str = "geometric_mean",
) -> Weights:
    """How much does each criterion count, if every two were compared?

    Parameters
    ----------
    criteria
        Two to ten codes.
    judgements
        For each pair, once, how many times as much the first counts as the second: 1/9 to 9 on
        Saaty's scale (any positive number is taken).
    way
        geometric_mean (of the rows) or eigenvector (the principal one).

    Raises
    ------
    ValueError
        A pair is missing, given twice or the other way round as well, not positive, or names what
        is no criterion; more than ten criteria; an unknown way.

    Notes
    -----
    The consistency ratio is ((λ - n) / (n - 1)) over the random index, with λ the principal
    eigenvalue whichever way the weights are made; nil for two criteria, which cannot contradict.
    Perfectly consistent judgements give the same weights either way. The geometric mean minimises
    the squares of the logarithms' errors, and does not change its order when all judgements are
    turned round; so it is the usual one here.
    Sources: Saaty (1980), *The Analytic Hierarchy Process*; Crawford and Williams (1985), "A note
    on the analysis of subjective judgment matrices", Journal of Mathematical Psychology 29 (4).

    Examples
    --------
    >>> told = from_pairs("abc", {("a", "b"): 2, ("a", "c"): 6, ("b", "c"): 3})
    >>> [round(value, 6) for value in told.values], told.inconsistency
    ([0.6, 0.3, 0.1], 0.0)
    """
    names = check_criteria(criteria)
    if len(names) > max(RANDOM_INDEX):
        raise ValueError(f"{len(names)} criteria are too many to compare: take ten or fewer")
    if way not in WAYS:
        raise ValueError(f"'{way}' is no way to weigh pairs; one of {', '.join(WAYS)}")
    matrix = _matrix(names, judgements)
    largest, vector = _principal(matrix)
    if way == "geometric_mean":
        vector = np.exp(np.log(matrix).mean(axis=1))
        vector /= vector.sum()
    return Weights(
        names,
        tuple(vector.tolist()),
        f"pairs_{way}",
        inconsistency=_ratio(largest, len(names)),
        limit=LIMIT,
        doubt=_worst(names, matrix, vector),
    )


def _matrix(names: tuple[str, ...], judgements: Mapping[tuple[str, str], Number]) -> Matrix:
    place = {name: i for i, name in enumerate(names)}
    matrix = np.eye(len(names))
    for (first, second), number in judgements.items():
        if first not in place or second not in place or first == second:
            raise ValueError(f"'{first}' against '{second}' are no two of the criteria")
        i, j = place[first], place[second]
        if number <= 0:
            raise ValueError(f"'{first}' against '{second}': {number} is not positive")
        if matrix[i, j]:
            raise ValueError(f"'{first}' and '{second}' were compared twice; compare them once")
        matrix[i, j], matrix[j, i] = float(number), 1 / float(number)
    missing = np.argwhere(matrix == 0)
    if len(missing):
        i, j = missing[0].tolist()
        raise ValueError(f"'{names[i]}' and '{names[j]}' were not compared: compare every two")
    return matrix


def _principal(matrix: Matrix) -> tuple[float, Matrix]:
    """The largest eigenvalue and its vector, which of a positive matrix are real and positive."""
    values, vectors = np.linalg.eig(matrix)
    first = int(np.argmax(values.real))
    vector = np.abs(vectors[:, first].real)
    return float(values[first].real), vector / vector.sum()


def _ratio(largest: float, n: int) -> float:
    if n not in RANDOM_INDEX:
        return 0.0
    # Rounding of the eigenvalue must not show as a doubt about consistent answers.
    index = max(0.0, largest - n) / (n - 1)
    return 0.0 if index < 1e-9 else index / RANDOM_INDEX[n]


def _worst(names: tuple[str, ...], matrix: Matrix, vector: Matrix) -> Doubt | None:
    error = np.abs(np.log(matrix) - np.log(vector[:, None] / vector[None, :]))
    i, j = divmod(int(np.argmax(np.triu(error, 1))), len(names))
    if error[i, j] < 1e-9:
        return None
    said, implied = float(matrix[i, j]), float(vector[i] / vector[j])
    # Told as a multiple, never as a fraction.
    if said < 1 or (math.isclose(said, 1) and implied < 1):
        return Doubt(names[j], names[i], 1 / said, 1 / implied)
    return Doubt(names[i], names[j], said, implied)
