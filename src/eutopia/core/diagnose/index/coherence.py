"""Do the indicators belong together? Correlation, reliability and principal components."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eutopia.core.diagnose.index.engine import IndexResult
from eutopia.core.diagnose.index.structure import IndexTable

Floats = NDArray[np.float64]
COLLINEAR, AGAINST = 0.92, -0.4
"""Above the first, two siblings say the same; below the second, they work against each other."""


@dataclass(frozen=True, slots=True)
class Coherence:
    """Do the children of one aggregate measure one thing?

    `correlations` has shape (k, k) in the order of `children`, NaN where one has no spread.
    `alpha` is Cronbach's, NaN for fewer than two children. `variance` is the share of variance of
    each principal component, the largest first; `loadings` are the children's on the first.
    `collinear` and `against` are pairs of children with their correlation.
    """

    aggregate: str
    children: tuple[str, ...]
    correlations: Floats
    alpha: float
    variance: tuple[float, ...]
    loadings: tuple[float, ...]
    collinear: tuple[tuple[str, str, float], ...]
    against: tuple[tuple[str, str, float], ...]


def check_coherence(table: IndexTable, result: IndexResult) -> tuple[Coherence, ...]:
    """Which aggregates are held together by their children, and which children disagree?

    Notes
    -----
    On normalised values (more is better), so that a negative correlation is a real trade-off.
    Pearson's r over the units that have both; alpha and components over complete rows.
    O(units * children^2) an aggregate.

    Source: OECD and JRC, Handbook on Constructing Composite Indicators, 2008, chapter 1.4; the
    marks for collinear and opposed pairs are those of COINr's get_corr_flags.
    """
    normalised = dict(result.steps)["normalised"]
    known = {n.code: normalised[:, j] for j, n in enumerate(table.indicators)} | dict(result.scores)
    found = []
    for level in table.levels():
        for node in level:
            codes = tuple(n.code for n in table.children(node.code))
            values = np.column_stack([known[code] for code in codes])
            r = correlations(values)
            pairs = [
                (codes[i], codes[j], float(r[i, j]))
                for i in range(len(codes))
                for j in range(i + 1, len(codes))
            ]
            variance, loadings = principal_components(values)
            found.append(
                Coherence(
                    node.code, codes, r, cronbach_alpha(values), variance, loadings,
                    collinear=tuple(p for p in pairs if p[2] > COLLINEAR),
                    against=tuple(p for p in pairs if p[2] < AGAINST),
                )
            )  # fmt: skip
    return tuple(found)


def correlations(values: Floats) -> Floats:
    """How does each pair of columns go together? Pearson's r over rows that have both.

    Examples
    --------
    >>> rows = np.array([[1.0, 2.0], [2.0, 4.0], [3.0, np.nan]])
    >>> correlations(rows).round(6).tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """
    k = values.shape[1]
    found = np.full((k, k), np.nan)
    for i in range(k):
        for j in range(i, k):
            both = values[~np.isnan(values[:, [i, j]]).any(axis=1)][:, [i, j]]
            if len(both) > 1 and both.std(axis=0).min() > 0:
                found[i, j] = found[j, i] = np.asarray(np.corrcoef(both.T))[0, 1]
    return found


def cronbach_alpha(values: Floats) -> float:
    """Do the indicators measure one thing? Cronbach's alpha over complete rows, NaN if undefined.

    Source: L. J. Cronbach, Psychometrika 16 (1951).

    Examples
    --------
    >>> round(cronbach_alpha(np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]])), 6)
    1.0
    """
    complete = values[~np.isnan(values).any(axis=1)]
    k = values.shape[1]
    total = complete.sum(axis=1).var(ddof=1) if len(complete) > 1 else 0.0
    if k < 2 or total == 0:
        return float("nan")
    return float(k / (k - 1) * (1 - complete.var(axis=0, ddof=1).sum() / total))


def principal_components(values: Floats) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Which share of the variance has each component, and how do the columns load on the first?

    Notes
    -----
    Of the correlation matrix over complete rows; columns without spread load 0. The first
    component is turned so that its loadings sum to no less than zero. Empty where fewer than two
    rows are complete.

    Examples
    --------
    >>> rows = np.array([[1.0, 1.0], [2.0, 2.0], [4.0, 4.0]])
    >>> shares, loadings = principal_components(rows)
    >>> [round(x, 6) for x in shares], [round(x, 6) for x in loadings]
    ([1.0, 0.0], [0.707107, 0.707107])
    """
    complete = values[~np.isnan(values).any(axis=1)]
    if len(complete) < 2:
        return (), ()
    spread = complete.std(axis=0)
    scaled = (complete - complete.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    roots, vectors = np.linalg.eigh(scaled.T @ scaled / len(scaled))
    roots = np.clip(roots[::-1], 0.0, None)
    first = vectors[:, -1] * (1.0 if vectors[:, -1].sum() >= 0 else -1.0)
    total = roots.sum()
    shares = roots / total if total > 0 else roots
    return tuple(shares.tolist()), tuple(first.tolist())
