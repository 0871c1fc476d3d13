"""How candidates hang together: variants, overlaps, requirements, order, one dig."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from shapely import STRtree

from eutopia.core.plan.benefits import DerivationSettings, yearly_benefit
from eutopia.core.plan.places import Ground
from eutopia.core.records.norms import Measure
from eutopia.core.records.problems import Problem
from eutopia.core.records.programme import Bundle, Candidate

CENT = Decimal("0.01")
OPENING = frozenset({"earthworks", "linear_network", "surface"})
"""Groups of works that open the ground, and close the street."""


def link_candidates(
    candidates: Sequence[Candidate],
    measures: Mapping[str, Measure],
    ground: Ground,
    settings: DerivationSettings,
    problems: Mapping[str, Problem],
) -> tuple[Candidate, ...]:
    """What excludes, overlaps, requires and follows what?

    Parameters
    ----------
    candidates
        Without links.
    measures
        By code: their order, requirements and exclusions.
    ground, settings
        For what is at one place.
    problems
        By id, for the benefit that two answers to one problem have in common.
    """
    required = _requirements(candidates, measures)
    before = _precedence(candidates, measures, ground, settings)
    rivals = _rivals(candidates, measures)
    common = _common_benefits(candidates, measures, problems)
    linked = []
    for candidate in candidates:
        needs = required.get(candidate.id, ())
        joined = set(needs) | {other for other, own in required.items() if candidate.id in own}
        excludes = rivals.get(candidate.id, set()) - joined - {candidate.id}
        after = before.get(candidate.id, set()) - excludes
        overlaps = {
            other: benefit
            for other, benefit in common.get(candidate.id, {}).items()
            if other not in excludes
        }
        linked.append(
            replace(
                candidate,
                requires=needs,
                excludes=tuple(sorted(excludes)),
                after=tuple(sorted(after)),
                overlaps=tuple(sorted(overlaps.items())),
            )
        )
    return tuple(linked)


def _rivals(
    candidates: Sequence[Candidate], measures: Mapping[str, Measure]
) -> dict[str, set[str]]:
    """Variants: candidates that work on the same assets, or whose measures exclude one another."""
    rivals: dict[str, set[str]] = {}
    for sharing in _sharing(candidates, lambda c: c.asset_ids).values():
        for candidate in sharing:
            rivals.setdefault(candidate.id, set()).update(c.id for c in sharing)
    for sharing in _sharing(candidates, lambda c: (*c.problem_ids, c.place)).values():
        for one in sharing:
            for two in sharing:
                if two.measure in measures[one.measure].excludes:
                    rivals.setdefault(one.id, set()).add(two.id)
                    rivals.setdefault(two.id, set()).add(one.id)
    return rivals


def _sharing(
    candidates: Sequence[Candidate], keys: Callable[[Candidate], Iterable[str]]
) -> dict[str, list[Candidate]]:
    """Candidates by what they share."""
    sharing: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        for key in keys(candidate):
            sharing.setdefault(key, []).append(candidate)
    return sharing


def _common_benefits(
    candidates: Sequence[Candidate],
    measures: Mapping[str, Measure],
    problems: Mapping[str, Problem],
) -> dict[str, dict[str, Decimal]]:
    """Of two candidates for one problem, the benefit that comes once: the product of effects."""
    common: dict[str, dict[str, Decimal]] = {}
    for id_, sharing in _sharing(candidates, lambda c: c.problem_ids).items():
        for k, one in enumerate(sharing):
            _, benefit, _ = yearly_benefit(problems[id_], measures[one.measure])
            for two in sharing[k + 1 :]:
                both = (benefit * measures[two.measure].effect[1]).quantize(CENT)
                if both > 0:
                    found = common.setdefault(one.id, {})
                    found[two.id] = found.get(two.id, Decimal(0)) + both
    return common


def _requirements(
    candidates: Sequence[Candidate], measures: Mapping[str, Measure]
) -> dict[str, tuple[str, ...]]:
    """What a candidate needs at its own place, where that is proposed at all."""
    at: dict[tuple[str, str], str] = {(c.place, c.measure): c.id for c in candidates}
    required = {}
    for candidate in candidates:
        needs = [at.get((candidate.place, code)) for code in measures[candidate.measure].requires]
        found = tuple(sorted(id_ for id_ in needs if id_ is not None))
        if found:
            required[candidate.id] = found
    return required


def _precedence(
    candidates: Sequence[Candidate],
    measures: Mapping[str, Measure],
    ground: Ground,
    settings: DerivationSettings,
) -> dict[str, set[str]]:
    """Which candidates nearby must come before, by the measures' order?"""
    shapes = [ground.metres(candidate.geometry) for candidate in candidates]
    tree = STRtree(shapes)
    before: dict[str, set[str]] = {}
    for i, candidate in enumerate(candidates):
        followers = set(measures[candidate.measure].precedes)
        if not followers:
            continue
        near = tree.query(shapes[i], predicate="dwithin", distance=settings.same_place_m)
        for k in near:
            other = candidates[int(k)]
            if other.measure in followers and other.id != candidate.id:
                before.setdefault(other.id, set()).add(candidate.id)
    return before


def derive_bundles(
    candidates: Sequence[Candidate],
    *,
    share: Decimal = Decimal("0.08"),
    groups: frozenset[str] = OPENING,
) -> tuple[Bundle, ...]:
    """Which works would be cheaper if the street were opened and closed once?

    Parameters
    ----------
    candidates
        With their order at one place (`after`).
    share
        Share of the cheaper one's cost that one mobilisation and one dig save; assumed.
    groups
        Groups of works that open the ground.

    Returns
    -------
    tuple of Bundle
        One for each pair that follows one another at a place, both opening the ground.
    """
    known = {candidate.id: candidate for candidate in candidates}
    bundles = []
    for candidate in candidates:
        for other in candidate.after:
            first = known.get(other)
            if first is None or not groups & set(first.work_groups):
                continue
            if groups & set(candidate.work_groups):
                saving = (min(first.cost, candidate.cost) * share).rounded()
                id_ = f"{first.id}+{candidate.id}"
                bundles.append(Bundle(id_, (first.id, candidate.id), saving))
    return tuple(bundles)
