"""How well are duplicates found, against pairs that people merged?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from eutopia.core.kit.spatial import LocalPlane, connected, neighbour_pairs
from eutopia.core.kit.stats import share_interval
from eutopia.core.listen.duplicates import DuplicateModel, group_duplicates
from eutopia.core.records.problems import DuplicateGroup
from eutopia.core.records.reports import Reports

SHIFTS = (-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0)
"""By how much the threshold is moved to draw the curve, in log-odds."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """How many of the pairs that people merged are in one group, at what price?

    `recall` of the pairs with a 95 % interval (Wilson); `precision` is the share of the reports
    called duplicates that people merged, likewise: a lower bound where people find some only.
    """

    name: str
    duplicates: int
    pairs: int
    hits: int
    recall: float
    recall_low: float
    recall_high: float
    precision: float
    precision_low: float
    precision_high: float
    f1: float


def assess(
    name: str, groups: Sequence[DuplicateGroup], pairs: Sequence[tuple[str, str]]
) -> Assessment:
    """How well do groups find the pairs that people merged?

    Parameters
    ----------
    groups
        Of all reports; one that is in none is alone.
    pairs
        (report id, report id), in any direction. A pair counts as found when both are in one group.

    Examples
    --------
    >>> groups = (DuplicateGroup(("a", "b", "c"), "a", 0.9),)
    >>> told = assess("ours", groups, [("a", "b"), ("x", "y")])
    >>> told.recall, told.precision, told.duplicates
    (0.5, 0.5, 2)
    """
    member = {report: k for k, group in enumerate(groups) for report in group.report_ids}
    hits = sum(a in member and member[a] == member.get(b) for a, b in pairs)
    duplicates = len(member) - len(groups)
    low, high = share_interval(hits, len(pairs))
    p_low, p_high = share_interval(min(hits, duplicates), duplicates)
    return Assessment(
        name=name,
        duplicates=duplicates,
        pairs=len(pairs),
        hits=hits,
        recall=hits / len(pairs) if pairs else 0.0,
        recall_low=low,
        recall_high=high,
        precision=min(hits / duplicates, 1.0) if duplicates else 0.0,
        precision_low=p_low,
        precision_high=p_high,
        f1=2 * hits / (duplicates + len(pairs)) if duplicates + len(pairs) else 0.0,
    )


def duplicate_curve(
    reports: Reports,
    pairs: Sequence[tuple[str, str]],
    *,
    model: DuplicateModel,
    shifts: Sequence[float] = SHIFTS,
) -> tuple[Assessment, ...]:
    """What do recall and precision come to as the threshold moves, strictest last?

    Notes
    -----
    The reports are grouped once for every shift.
    """
    return tuple(
        assess(
            f"{shift:+}",
            group_duplicates(reports, model=replace(model, threshold=model.threshold + shift)),
            pairs,
        )
        for shift in shifts
    )


def group_by_rule(
    reports: Reports, *, within_m: float = 50.0, span_days: float = 7.0
) -> tuple[DuplicateGroup, ...]:
    """Which reports does the usual rule join: one type, so near in place and time, and chained?

    What every method must beat. Reports without time or place are alone.
    """
    x, y = LocalPlane.around(reports.lon, reports.lat).forward(reports.lon, reports.lat)
    t = np.where(np.isnat(reports.opened), np.nan, reports.opened.astype(np.int64) / 86_400)
    usable = np.isfinite(x) & np.isfinite(t)
    first, second = [np.empty(0, dtype=np.intp)], [np.empty(0, dtype=np.intp)]
    for code in np.unique(reports.problem_type[usable]):
        rows = np.flatnonzero(usable & (reports.problem_type == code))
        for i, j in neighbour_pairs(x[rows], y[rows], t[rows], within=within_m, span=span_days):
            first.append(rows[i])
            second.append(rows[j])
    labels = connected(len(reports), np.concatenate(first), np.concatenate(second))
    members: dict[int, list[str]] = {}
    for label, report in zip(labels.tolist(), reports.id.tolist(), strict=True):
        members.setdefault(label, []).append(str(report))
    return tuple(DuplicateGroup(tuple(m), m[0], 1.0) for m in members.values())
