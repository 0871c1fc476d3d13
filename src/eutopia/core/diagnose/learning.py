"""What do staff's decisions teach about causes, and about which finds they will confirm?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from eutopia.core.records.problems import CAUSES, CauseHypothesis, Inspection, Problem

Floats = NDArray[np.float64]

FEATURES = ("constant", "log_ratio", "log_events", "recurrence", "kinds_of_evidence", "has_asset")
"""What a confirmation is weighed by; see :func:`acceptance_features`."""
LEAST_DECISIONS = 50
"""From how many decisions on is a chance of confirmation told at all?"""
_LEAST_SHOWN = 0.05
_FLOOR = 0.005
_SEEN = 6.0
"""An inspector's word multiplies the odds of the cause he names by this: a judgement."""
_CLAIMED = 0.9
"""The rule's own claim, one false discovery in ten: where learning starts from."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What did staff say of a problem the engine found: is it one, and from which cause?

    `cause` is one of :data:`CAUSES`, empty where nobody named one.
    """

    problem: Problem
    accepted: bool
    cause: str = ""


@dataclass(frozen=True, slots=True)
class CauseModel:
    """How much do the signs tell here, and which causes are commoner than they say?

    Likelihoods are proportional to (by signs) ^ `sharpness` times e ^ offsets; `offsets` are
    (problem type or empty for all, cause, log-odds). `decisions` is the number learned from.
    """

    sharpness: float = 1.0
    offsets: tuple[tuple[str, str, float], ...] = ()
    decisions: int = 0


@dataclass(frozen=True, slots=True)
class AcceptanceModel:
    """Which finds do staff confirm? Log-odds by :data:`FEATURES`, with offsets by type."""

    coefficients: tuple[float, ...]
    type_offsets: tuple[tuple[str, float], ...] = ()
    decisions: int = 0


@dataclass(frozen=True, slots=True)
class Learned:
    """What a municipality's own decisions taught; None where they taught nothing yet."""

    causes: CauseModel | None = None
    acceptance: AcceptanceModel | None = None


def learn(
    verdicts: Sequence[Verdict], *, cause_ridge: float = 0.5, acceptance_ridge: float = 2.0
) -> Learned:
    """What do staff's decisions teach about causes and about what they will confirm?

    Parameters
    ----------
    verdicts
        Decisions on problems as they were found, in any order.
    cause_ridge, acceptance_ridge
        Penalty on the square of every coefficient: how many decisions it takes to be believed.

    Returns
    -------
    learned
        Causes from the verdicts that name one; the chance of confirmation from all, None below
        :data:`LEAST_DECISIONS`.

    Raises
    ------
    ValueError
        A cause that is none of :data:`CAUSES`.

    Notes
    -----
    Both are penalised maximum likelihood and concave, so the optimum is unique: a multinomial
    logit on the logarithm of the likelihoods by signs, shrunk to those likelihoods themselves;
    a logistic regression shrunk to the rule's own claim that nine finds in ten are right.
    Coefficients are rounded to four decimals, so that equal decisions teach equal models.
    O(decisions x types x steps); a thousand decisions take about 0.2 s.

    Source: multinomial logit: McFadden, D. (1974), *Conditional logit analysis of qualitative
    choice behavior*; shrinkage as in Hastie, T. et al. (2009), *The Elements of Statistical
    Learning*, 4.4.4.

    Examples
    --------
    >>> learn(())
    Learned(causes=None, acceptance=None)
    """
    for verdict in verdicts:
        if verdict.cause and verdict.cause not in CAUSES:
            raise ValueError(f"cause {verdict.cause!r} is none of {', '.join(CAUSES)}")
    ordered = sorted(verdicts, key=lambda v: (v.problem.id, v.problem.report_ids[:1], v.accepted))
    named = [v for v in ordered if v.accepted and v.cause]
    return Learned(
        causes=_learn_causes(named, cause_ridge) if named else None,
        acceptance=(
            _learn_acceptance(ordered, acceptance_ridge)
            if len(ordered) >= LEAST_DECISIONS
            else None
        ),
    )


def reweigh_causes(
    by_signs: Sequence[CauseHypothesis],
    problem_type: str,
    *,
    model: CauseModel | None = None,
    seen: Sequence[Inspection] = (),
    least: float = _LEAST_SHOWN,
) -> tuple[CauseHypothesis, ...]:
    """How likely is each cause, given what staff found before and what inspectors saw here?

    Parameters
    ----------
    by_signs
        From `weigh_causes`.
    seen
        Inspections of this problem: each multiplies the odds of the cause it names by 6, from a
        likelihood of 0.05 where the signs give less.
    least
        Causes less likely are not named.

    Returns
    -------
    hypotheses
        Most likely first; ties by code. Likelihoods sum to at most 1 but for rounding.

    Examples
    --------
    >>> signs = (CauseHypothesis("worn_asset", 0.6, "A"), CauseHypothesis("unknown", 0.4))
    >>> model = CauseModel(offsets=(("pothole", "drainage", 6.0),), decisions=40)
    >>> [c.cause for c in reweigh_causes(signs, "pothole", model=model)]
    ['drainage', 'worn_asset', 'unknown']
    """
    asset = {c.cause: c.asset_id for c in by_signs}
    odds = _log_likelihoods(by_signs)
    weighed = np.isfinite(odds)
    if model is not None:
        odds = model.sharpness * np.where(weighed, odds, np.log(_FLOOR))
        odds += _offsets(model, problem_type)
        weighed = np.ones(len(CAUSES), dtype=bool)
    for one in seen:
        if one.confirmed and one.cause:
            at = CAUSES.index(one.cause)
            odds[at] = max(odds[at], np.log(_LEAST_SHOWN)) + np.log(_SEEN)
            weighed[at] = True
    share = np.where(weighed, np.exp(odds - odds[weighed].max(initial=0.0)), 0.0)
    share = share / max(share.sum(), 1e-300)
    found = [
        CauseHypothesis(cause, round(float(value), 3), asset.get(cause))
        for cause, value in zip(CAUSES, share, strict=True)
        if value >= least
    ]
    return tuple(sorted(found, key=lambda c: (-c.likelihood, c.cause)))


def retell(
    problems: Sequence[Problem], learned: Learned, *, inspections: Sequence[Inspection] = ()
) -> tuple[Problem, ...]:
    """How do these problems read with what was learned: their causes, their certainty?

    Parameters
    ----------
    problems
        From `find_problems`; nothing else of them changes, nor their order.
    inspections
        Those that went into finding them.
    """
    if learned == Learned():
        return tuple(problems)
    by_id = {one.id: one for one in inspections}
    return tuple(
        replace(
            problem,
            causes=reweigh_causes(
                problem.by_signs,
                problem.problem_type,
                model=learned.causes,
                seen=_visits(problem, by_id),
            ),
            certainty=certainty(problem, model=learned.acceptance),
        )
        for problem in problems
    )


def verdicts_by_inspection(
    problems: Sequence[Problem], inspections: Sequence[Inspection]
) -> tuple[Verdict, ...]:
    """What did those who went there say of each problem? The latest visit counts."""
    by_id = {one.id: one for one in inspections}
    seen = [(problem, _visits(problem, by_id)) for problem in problems]
    return tuple(Verdict(p, v[-1].confirmed, v[-1].cause) for p, v in seen if v)


def _visits(problem: Problem, by_id: Mapping[str, Inspection]) -> list[Inspection]:
    told = [s for e in problem.evidence if e.kind == "inspection" for s in e.subject_ids]
    return sorted((by_id[one] for one in told if one in by_id), key=lambda v: (v.day, v.id))


def certainty(problem: Problem, *, model: AcceptanceModel | None) -> float | None:
    """With which chance will staff who look confirm it? None before anything was learned."""
    if model is None:
        return None
    offsets = dict(model.type_offsets)
    odds = float(acceptance_features(problem) @ np.array(model.coefficients))
    return round(float(_logistic(np.array(odds + offsets.get(problem.problem_type, 0.0)))), 3)


def acceptance_features(problem: Problem) -> Floats:
    """What a confirmation is weighed by, as :data:`FEATURES`.

    `log_ratio` of events over those expected, `log_events` over six, `recurrence` the share of
    events that are repeats, `kinds_of_evidence` beyond the reports themselves.
    """
    ratio = next((e.measure for e in problem.evidence if e.kind == "reports"), 1.0)
    return np.array(
        [
            1.0,
            np.log(max(ratio, 1.0)) - 1.0,
            np.log(max(problem.events, 1) / 6),
            problem.recurrences / max(problem.events, 1),
            float(len({e.kind for e in problem.evidence}) - 1),
            float(bool(problem.asset_ids)),
        ]
    )


def _log_likelihoods(by_signs: Sequence[CauseHypothesis]) -> Floats:
    """By :data:`CAUSES`; -inf for those not weighed at all."""
    told = {c.cause: float(np.log(max(c.likelihood, _FLOOR))) for c in by_signs}
    return np.array([told.get(cause, -np.inf) for cause in CAUSES])


def _offsets(model: CauseModel, problem_type: str) -> Floats:
    found = np.zeros(len(CAUSES))
    for kind, cause, value in model.offsets:
        if kind in ("", problem_type):
            found[CAUSES.index(cause)] += value
    return found


def _learn_causes(verdicts: list[Verdict], ridge: float) -> CauseModel:
    kinds = sorted({v.problem.problem_type for v in verdicts})
    signs = np.array([_log_likelihoods(v.problem.by_signs) for v in verdicts])
    signs = np.where(np.isfinite(signs), signs, np.log(_FLOOR))
    kind = np.array([kinds.index(v.problem.problem_type) for v in verdicts])
    told = np.eye(len(CAUSES))[[CAUSES.index(v.cause) for v in verdicts]]
    shape = (len(kinds) + 1, len(CAUSES))

    def loss(at: Floats) -> tuple[float, Floats]:
        offsets = at[1:].reshape(shape)
        odds = at[0] * signs + offsets[0] + offsets[1 + kind]
        odds -= odds.max(axis=1, keepdims=True)
        share = np.exp(odds)
        share /= share.sum(axis=1, keepdims=True)
        off = share - told
        slope = np.zeros(shape)
        slope[0] = off.sum(axis=0)
        np.add.at(slope, 1 + kind, off)
        penalty = ridge * ((at[0] - 1) ** 2 + (at[1:] ** 2).sum()) / 2
        slopes = np.concatenate(([(off * signs).sum()], slope.ravel()))
        slopes += ridge * np.concatenate(([at[0] - 1], at[1:]))
        return -float((told * np.log(np.maximum(share, 1e-300))).sum()) + penalty, slopes

    found = _lowest(loss, np.concatenate(([1.0], np.zeros(shape[0] * shape[1]))))
    offsets = found[1:].reshape(shape)
    named = tuple(
        (kind_, cause, round(float(value), 4))
        for kind_, row in zip(("", *kinds), offsets, strict=True)
        for cause, value in zip(CAUSES, row, strict=True)
        if abs(value) >= 0.005
    )
    return CauseModel(round(float(found[0]), 4), named, len(verdicts))


def _learn_acceptance(verdicts: list[Verdict], ridge: float) -> AcceptanceModel:
    kinds = sorted({v.problem.problem_type for v in verdicts})
    features = np.array([acceptance_features(v.problem) for v in verdicts])
    kind = np.array([kinds.index(v.problem.problem_type) for v in verdicts])
    told = np.array([float(v.accepted) for v in verdicts])
    start = np.zeros(len(FEATURES) + len(kinds))
    start[0] = np.log(_CLAIMED / (1 - _CLAIMED))

    def loss(at: Floats) -> tuple[float, Floats]:
        beta, offsets = at[: len(FEATURES)], at[len(FEATURES) :]
        odds = features @ beta + offsets[kind]
        off = _logistic(odds) - told
        by_kind = np.bincount(kind, off, len(kinds))
        penalty = ridge * ((at - start) ** 2).sum() / 2
        value = float((np.logaddexp(0.0, odds) - told * odds).sum()) + penalty
        return value, np.concatenate((off @ features, by_kind)) + ridge * (at - start)

    found = _lowest(loss, start).round(4)
    offsets = zip(kinds, found[len(FEATURES) :].tolist(), strict=True)
    return AcceptanceModel(tuple(found[: len(FEATURES)].tolist()), tuple(offsets), len(verdicts))


def _logistic(odds: Floats) -> Floats:
    share: Floats = 1 / (1 + np.exp(-np.clip(odds, -500, 500)))
    return share


def _lowest(loss: Callable[[Floats], tuple[float, Floats]], start: Floats) -> Floats:
    from scipy.optimize import minimize

    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 500})
    lowest: Floats = found.x
    return lowest
