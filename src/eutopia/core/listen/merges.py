"""From which score on does this municipality merge? Learned from its own yes and no."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from eutopia.core.listen.duplicates import DEFAULT_MODEL, DuplicateModel
from eutopia.core.listen.pair_evidence import Columns, pair_features, prepare_columns
from eutopia.core.records.reports import Reports

Floats = NDArray[np.float64]

_BOUND = 4.0
_MOST = 40
"""Members of a group that are compared with each other; more say nothing more."""


@dataclass(frozen=True, slots=True)
class MergeDecision:
    """What did staff say of these reports: one event, or several?"""

    report_ids: tuple[str, ...]
    one_event: bool


def learn_threshold(
    reports: Reports,
    decisions: Sequence[MergeDecision],
    *,
    base: DuplicateModel = DEFAULT_MODEL,
    worth: float = 1.0,
) -> DuplicateModel:
    """From which score on are two reports one event here, by staff's merges and separations?

    Parameters
    ----------
    reports
        All reports; those that decisions name are looked up by id.
    decisions
        On groups, in any order; groups of which fewer than two reports are known say nothing.
    base
        Its weights stay; only the threshold moves.
    worth
        Spread of the prior around the base's own threshold, in log-odds: the smaller, the more
        decisions it takes to move it.

    Returns
    -------
    model
        The base itself where nothing was decided.

    Notes
    -----
    A group's score is that of its weakest member's best link, in log-odds above the base's
    threshold; the new threshold is where the chance of a merge is one half, by a logistic law of
    slope one with a normal prior (penalised maximum likelihood, concave, found by bisection to
    1e-6 and rounded to four decimals). At most 40 members of a group are compared. Unlike
    `learn_model` it reads no silence: only what staff decided on counts. O(reports + decisions).

    Source: Platt, J. (1999), *Probabilistic outputs for support vector machines*, with the slope
    held at one.

    Examples
    --------
    >>> learn_threshold(Reports.from_rows([]), ()) == DEFAULT_MODEL
    True
    """
    if not decisions:
        return base
    columns = prepare_columns(reports)
    row = {str(value): k for k, value in enumerate(reports.id.tolist())}
    scores, verdicts = [], []
    for decision in decisions:
        rows = sorted({row[r] for r in decision.report_ids if r in row})[:_MOST]
        if len(rows) > 1:
            scores.append(_weakest(columns, np.array(rows), base))
            verdicts.append(float(decision.one_event))
    if not scores:
        return base
    moved = _balance(np.array(scores), np.array(verdicts), worth)
    return replace(
        base,
        id=f"{base.id}+{len(scores)}",
        threshold=round(base.threshold + moved, 4),
    )


def _weakest(columns: Columns, rows: NDArray[np.intp], base: DuplicateModel) -> float:
    """Log-odds above the threshold of the member that hangs on by least."""
    rows = rows[np.lexsort((rows, np.nan_to_num(columns.t[rows])))]
    i, j = np.triu_indices(len(rows), 1)
    features = np.nan_to_num(pair_features(columns, rows[i], rows[j]))
    excess = features @ np.array(base.coefficients) - base.threshold
    best = np.full(len(rows), -np.inf)
    np.maximum.at(best, j, excess)
    return float(np.clip(best[1:].min(), -10.0, 10.0))


def _balance(scores: Floats, verdicts: Floats, worth: float) -> float:
    """Where the slope of the penalised likelihood is nought."""
    low, high = -_BOUND, _BOUND
    while high - low > 1e-6:
        middle = (low + high) / 2
        merged = 1 / (1 + np.exp(-(scores - middle)))
        slope = float((merged - verdicts).sum()) - middle / worth**2
        low, high = (middle, high) if slope > 0 else (low, middle)
    return (low + high) / 2
