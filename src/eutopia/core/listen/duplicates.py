"""Which reports tell of one and the same event?"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from eutopia.core.kit.spatial import bounded_components
from eutopia.core.kit.stats import fit_logistic
from eutopia.core.listen.pair_evidence import (
    FEATURES,
    Columns,
    Measures,
    PairReach,
    WordCounts,
    candidate_pairs,
    pair_features,
    prepare_columns,
)
from eutopia.core.records.problems import DuplicateGroup
from eutopia.core.records.reports import Reports

Floats = NDArray[np.float64]
Positions = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class DuplicateModel:
    """How are two reports weighed, and from which score on are they one event?

    `coefficients` go with :data:`FEATURES` (log-odds); `type_offsets` are pairs of problem type
    and log-odds, learned from a municipality's own merges; `threshold` is the sum of both at which
    the score is one half: pairs at or above are linked. `reach` bounds what is compared,
    `extent_m` and `extent_days` how wide a group may become.
    """

    id: str
    coefficients: tuple[float, ...]
    threshold: float
    type_offsets: tuple[tuple[str, float], ...] = ()
    reach: PairReach = field(default_factory=PairReach)
    extent_m: float = 120.0
    extent_days: float = 90.0

    def __post_init__(self) -> None:
        if len(self.coefficients) != len(FEATURES):
            raise ValueError(f"a model has {len(FEATURES)} coefficients: {', '.join(FEATURES)}")


DEFAULT_MODEL = DuplicateModel(
    id="general-2",
    # Fitted to the 828 pairs that Boston's staff merged in 2015, each counted twenty times, and to
    # the training town's true pairs (Boston publishes no text, and staff find some pairs only);
    # docs/methods/duplicates.md tells how well it does on either.
    coefficients=(
        -0.45, -2.54, -2.29, -0.10, -1.24, -0.28, -0.42, -0.03, -1.14, 3.38, 0.58, -0.67, 0.28,
    ),
    threshold=-1.45,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DuplicateLinks:
    """Which pairs of rows are linked, how strongly? Earlier row first; scores 0.5 to 1."""

    earlier: Positions
    later: Positions
    score: Floats

    def strongest_first(self) -> DuplicateLinks:
        """Sort by score, ties by rows."""
        order = np.lexsort((self.earlier, self.later, -self.score))
        return DuplicateLinks(self.earlier[order], self.later[order], self.score[order])


def group_duplicates(
    reports: Reports, *, model: DuplicateModel = DEFAULT_MODEL, words: WordCounts | None = None
) -> tuple[DuplicateGroup, ...]:
    """Which reports tell of one and the same event?

    Parameters
    ----------
    reports
        In any order.
    model
        Weights, threshold and bounds; :data:`DEFAULT_MODEL` serves any town, :func:`learn_model`
        makes one from a municipality's own merges.
    words
        How rare words are, as an earlier run counted them; counted in these reports by default.

    Returns
    -------
    groups
        Every report is in exactly one group; a lone report is a group of one with score 1. Groups
        are ordered by their first report's time and id, reports within a group likewise.

    Notes
    -----
    Pairs are compared within 150 m and 60 days for one type, 30 m and 14 days across types, and by
    address where a place is missing or not to be believed (a default point). The score is a
    logistic function of distance, gap, type, whether the earlier one was still open, address, words
    and crowding. Links are taken strongest first; a group never spans more than 120 m along an axis
    and 90 days, so a chain of near reports does not swallow a street. The result does not depend on
    the order of the rows, save that ties of equal score go by time and id. Time O(n log n + pairs),
    memory linear in both; 111,229 reports of Boston take about 3 s on one core. Where a few reports
    were added or changed since, :func:`~eutopia.core.listen.kept_links.regroup_duplicates` gives
    the same in a fraction of the time.

    Source: the record-linkage weights of Fellegi, I. P. and Sunter, A. B. (1969), *A theory for
    record linkage*, JASA 64, fitted by logistic regression.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from eutopia.core.records import Report
    >>> def lamp(number, day, lat):
    ...     return Report(number, datetime(2026, 3, day, tzinfo=UTC), "street_light_out", 37.6, lat,
    ...                   text="Не горит фонарь у подъезда", address="Садовая, 5")
    >>> rows = [lamp("a", 1, 55.75), lamp("b", 2, 55.75), lamp("c", 2, 55.80)]
    >>> [(g.report_ids, g.first) for g in group_duplicates(Reports.from_rows(rows))]
    [(('a', 'b'), 'a'), (('c',), 'c')]
    """
    reports = in_order(reports)
    columns = prepare_columns(reports, words=words)
    links = find_links(columns, reports.problem_types, model=model)
    return groups_of(reports, columns, links, model=model)


def in_order(reports: Reports) -> Reports:
    """Sort reports by opening and id, those without a time last."""
    return reports.take(reports.in_time_order())


def find_links(
    columns: Columns,
    problem_types: tuple[str, ...],
    *,
    model: DuplicateModel,
    among: NDArray[np.bool_] | None = None,
) -> DuplicateLinks:
    """Which pairs reach the threshold? Block by block, so that memory stays linear.

    With `among` only pairs with at least one report of these are looked at.
    """
    offsets = dict(model.type_offsets)
    by_type = np.array([offsets.get(code, 0.0) for code in problem_types] + [0.0])
    beta = np.array(model.coefficients)
    found = []
    for i, j in candidate_pairs(columns, reach=model.reach):
        if among is not None:
            wanted = among[i] | among[j]
            i, j = i[wanted], j[wanted]
        excess = _weighed(pair_features(columns, i, j), beta) - model.threshold
        # A pair of two types is as credible as the less often merged of the two.
        kinds = columns.problem_type
        excess += np.minimum(by_type[kinds[i]], by_type[kinds[j]])
        keep = excess >= 0
        found.append((i[keep], j[keep], 1 / (1 + np.exp(-excess[keep]))))
    if not found:
        none = np.empty(0, dtype=np.intp)
        return DuplicateLinks(none, none, np.empty(0))
    earlier, later = (np.concatenate([part[k] for part in found]) for k in (0, 1))
    score = np.concatenate([part[2] for part in found])
    return DuplicateLinks(earlier, later, score).strongest_first()


def _weighed(features: Floats, beta: Floats) -> Floats:
    """Sum feature by feature: a pair weighs the same to the last bit whatever stands beside it."""
    total = np.zeros(len(features))
    for k, weight in enumerate(beta.tolist()):
        total += features[:, k] * weight
    return total


def groups_of(
    reports: Reports,
    measures: Measures,
    links: DuplicateLinks,
    *,
    model: DuplicateModel,
    least: int = 1,
) -> tuple[DuplicateGroup, ...]:
    """Which groups of at least so many do the links make? Reports as from :func:`in_order`."""
    return _groups(reports, *_joined(measures, _with_floods(links, measures), model), least)


def _joined(
    measures: Measures, links: DuplicateLinks, model: DuplicateModel
) -> tuple[NDArray[np.int32], Floats]:
    return bounded_components(
        (links.earlier, links.later),
        links.score,
        (measures.x, measures.y, measures.t),
        (model.extent_m, model.extent_m, model.extent_days),
    )


def _with_floods(links: DuplicateLinks, columns: Measures) -> DuplicateLinks:
    """Tie all reports of a flood to its first: one event, however often it was sent."""
    flood = columns.flood
    rows = np.flatnonzero((flood >= 0) & ~columns.usable)
    if not len(rows):
        return links
    labels, first = np.unique(flood, return_index=True)
    head = first[np.searchsorted(labels, flood[rows])]
    return DuplicateLinks(
        np.concatenate((head, links.earlier)),
        np.concatenate((rows, links.later)),
        np.concatenate((np.ones(len(rows)), links.score)),
    )


def _groups(
    reports: Reports, labels: NDArray[np.int32], weakest: Floats, least: int = 1
) -> tuple[DuplicateGroup, ...]:
    order = np.argsort(labels, kind="stable")
    cuts = np.flatnonzero(np.diff(labels[order])) + 1
    ids = reports.id[order].tolist()
    score = np.where(np.isinf(weakest), 1.0, weakest)[order].tolist()
    starts = [0, *cuts.tolist(), len(ids)]
    groups = []
    for start, stop in itertools.pairwise(starts):
        if stop - start >= least:
            members = tuple(ids[start:stop])
            groups.append(DuplicateGroup(members, members[0], round(score[start], 4)))
    return tuple(groups)


@dataclass(frozen=True, slots=True)
class DuplicateStudy:
    """Which reports are one event, and which repeats which?

    `pairs` has a line a duplicate: its id, the id of the earlier member of its group that it is
    most like (the first where no direct link was scored), the score; highest score first.
    """

    groups: tuple[DuplicateGroup, ...]
    pairs: tuple[tuple[str, str, float], ...]

    @classmethod
    def of(cls, reports: Reports, *, model: DuplicateModel = DEFAULT_MODEL) -> DuplicateStudy:
        """Group the reports and pair each duplicate with the report it repeats."""
        reports = in_order(reports)
        columns = prepare_columns(reports)
        links = _with_floods(find_links(columns, reports.problem_types, model=model), columns)
        labels, weakest = _joined(columns, links, model)
        return cls(_groups(reports, labels, weakest), _pairs(reports, links, labels, weakest))


def _pairs(
    reports: Reports, links: DuplicateLinks, labels: NDArray[np.int32], weakest: Floats
) -> tuple[tuple[str, str, float], ...]:
    inside = labels[links.earlier] == labels[links.later]
    best: dict[int, tuple[int, float]] = {}
    for i, j, s in zip(
        links.earlier[inside].tolist(),
        links.later[inside].tolist(),
        links.score[inside].tolist(),
        strict=True,
    ):
        best.setdefault(j, (i, s))
    first = np.unique(labels, return_index=True)[1]
    rows = []
    for k in np.flatnonzero(first[labels] != np.arange(len(labels))).tolist():
        i, s = best.get(k, (int(first[labels[k]]), float(weakest[k])))
        rows.append((str(reports.id[k]), str(reports.id[i]), round(s, 4)))
    return tuple(sorted(rows, key=lambda row: (-row[2], row[0])))


def learn_model(
    reports: Reports,
    pairs: Iterable[tuple[str, str]],
    *,
    base: DuplicateModel = DEFAULT_MODEL,
    model_id: str = "learned",
    by_type: bool = True,
    type_strength: float = 1.0,
) -> DuplicateModel:
    """How does this municipality merge? Learned from pairs of reports its staff called duplicates.

    Parameters
    ----------
    reports
        All reports, merged or not.
    pairs
        (report id, report id), in any direction; at least 20 must be found among the candidates.
    base
        Where its reach and bounds come from, and the weight of words when the reports hold none.
    by_type
        Whether to learn offsets by problem type: log of (merged + k) / (expected + k), k =
        `type_strength`, expected by the model without them.

    Raises
    ------
    ValueError
        Fewer than 20 pairs are among the candidates.

    Notes
    -----
    Unmerged pairs count as 'not merged', although staff miss many: the order of the scores is
    right, their level too low. The threshold is therefore not one half but where F2 on the pairs
    given is best: recall weighs twice, because a pair staff missed is no error.
    """
    columns = prepare_columns(reports)
    kinds, features, merged = _labelled_candidates(reports, columns, pairs, base.reach)
    if merged.sum() < 20:
        raise ValueError(f"{int(merged.sum())} merged pairs within reach: at least 20 are needed")
    learnable = features.any(axis=0)
    beta = np.array(base.coefficients)
    fixed = features[:, ~learnable] @ beta[~learnable]
    beta[learnable] = fit_logistic(features[:, learnable], merged)
    log_odds = features @ beta + fixed * 0
    offsets = np.zeros(len(reports.problem_types) + 1)
    if by_type:
        expected = np.bincount(kinds, 1 / (1 + np.exp(-log_odds)), len(offsets))
        seen = np.bincount(kinds, merged, len(offsets))
        offsets = np.log((seen + type_strength) / (expected + type_strength))
        log_odds = log_odds + offsets[kinds]
    return replace(
        base,
        id=model_id,
        coefficients=tuple(round(float(v), 4) for v in beta),
        type_offsets=tuple(
            (code, round(float(v), 4))
            for code, v in zip(reports.problem_types, offsets, strict=False)
            if abs(v) >= 0.005
        ),
        threshold=round(_best_threshold(log_odds, merged), 4),
    )


def _labelled_candidates(
    reports: Reports, columns: Columns, pairs: Iterable[tuple[str, str]], reach: PairReach
) -> tuple[NDArray[np.int32], Floats, Floats]:
    n = len(reports)
    row = {str(value): k for k, value in enumerate(reports.id.tolist())}
    known = [(row[a], row[b]) for a, b in pairs if a in row and b in row]
    keys = np.array([min(a, b) * n + max(a, b) for a, b in known], dtype=np.int64)
    kinds, features, merged = [], [], []
    for i, j in candidate_pairs(columns, reach=reach):
        kinds.append(columns.problem_type[i])
        features.append(pair_features(columns, i, j))
        key = np.minimum(i, j).astype(np.int64) * n + np.maximum(i, j)
        merged.append(np.isin(key, keys).astype(np.float64))
    if not kinds:
        raise ValueError("no two reports are near enough to be compared")
    return np.concatenate(kinds), np.concatenate(features), np.concatenate(merged)


def _best_threshold(log_odds: Floats, merged: Floats) -> float:
    order = np.argsort(-log_odds, kind="stable")
    hits = np.cumsum(merged[order])
    f2 = 5 * hits / (np.arange(1, len(hits) + 1) + 4 * merged.sum())
    return float(log_odds[order][int(np.argmax(f2))])
