"""The rules of a programme, read: who may pay, what keeps out, what excludes what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from eutopia.core.plan.appraisal import net_cost
from eutopia.core.records.programme import (
    Bundle,
    Candidate,
    Floor,
    Fund,
    PortfolioRules,
    Reason,
)

OBJECTIVES = ("benefit", "net", "fair_districts", "fair_sides", "nash")


def check_rules(candidates: Sequence[Candidate], rules: PortfolioRules) -> None:
    """Do the candidates and rules fit together? Raises ValueError that says what does not."""
    ids = [candidate.id for candidate in candidates]
    if len(set(ids)) < len(ids):
        twice = sorted({i for i in ids if ids.count(i) > 1})[:5] if len(ids) < 20_000 else ["…"]
        raise ValueError(f"candidate ids occur twice: {', '.join(twice)}; give each its own")
    if rules.years < 1:
        raise ValueError("the programme needs at least one year")
    if rules.objective not in OBJECTIVES:
        raise ValueError(f"objective {rules.objective!r} is none of {', '.join(OBJECTIVES)}")
    for fund in rules.funds:
        if len(fund.by_year) != rules.years:
            raise ValueError(
                f"fund {fund.id} has {len(fund.by_year)} years, the programme {rules.years}; "
                "give one amount a year"
            )
    currencies = {c.cost.currency for c in candidates} | {c.upkeep.currency for c in candidates}
    currencies |= {m.currency for fund in rules.funds for m in fund.by_year}
    currencies |= {m.currency for m in rules.upkeep_limit}
    if len(currencies) > 1:
        raise ValueError(f"one programme, one currency: found {', '.join(sorted(currencies))}")
    unknown = sorted({*rules.must, *rules.must_not} - set(ids))
    if unknown:
        raise ValueError(f"pinned candidates are not there: {', '.join(unknown[:5])}")


def payers_of(candidate: Candidate, funds: Sequence[Fund]) -> tuple[str, ...]:
    """Which funds may pay for a candidate?"""
    return tuple(
        fund.id
        for fund in funds
        if (not candidate.funds or fund.id in candidate.funds)
        and (not fund.restricted_to or candidate.measure in fund.restricted_to)
    )


def upkeep_limit(rules: PortfolioRules, year: int) -> Decimal | None:
    """What upkeep can the operating budget take on in a year? The last limit given holds on."""
    if not rules.upkeep_limit:
        return None
    return rules.upkeep_limit[min(year, len(rules.upkeep_limit) - 1)].amount


def bundle_bearers(
    candidates: Sequence[Candidate], bundles: Sequence[Bundle]
) -> dict[str, tuple[Bundle, int, Decimal]]:
    """Whose payment does each bundle's saving lower, and by how much?

    The dearest candidate of the bundle; a saving above what is left for the funds to pay for it is
    cut to that. Bundles that name an unknown candidate are left out.
    """
    position = {candidate.id: i for i, candidate in enumerate(candidates)}
    left = {i: net_cost(candidate).amount for i, candidate in enumerate(candidates)}
    bearers = {}
    for bundle in bundles:
        if not all(id_ in position for id_ in bundle.candidate_ids):
            continue
        bearer = max((position[id_] for id_ in bundle.candidate_ids), key=lambda i: (left[i], -i))
        saving = min(bundle.saving.amount, left[bearer])
        left[bearer] -= saving
        bearers[bundle.id] = (bundle, bearer, saving)
    return bearers


def all_floors(rules: PortfolioRules) -> tuple[Floor, ...]:
    """All floors, the simple ones by district first."""
    simple = tuple(Floor(scope="district", key=key, share=share) for key, share in rules.floors)
    return simple + rules.floor_rules


def in_scope(candidate: Candidate, floor: Floor) -> bool:
    """Does money spent on this candidate count towards the floor?"""
    if floor.scope == "district":
        return candidate.district == floor.key
    if floor.scope == "measure":
        return candidate.measure == floor.key
    return floor.key in candidate.groups


def cannot_start(candidate: Candidate, rules: PortfolioRules) -> Reason | None:
    """What keeps a candidate out whatever the money? None where nothing does."""
    if candidate.id in rules.must_not:
        return Reason("pinned_out")
    if candidate.gate.outcome == "forbid":
        return Reason("heritage_forbidden", (("rules", ", ".join(candidate.gate.rule_ids)),))
    if not candidate.upkeep_funded:
        return Reason("upkeep_unfunded", (("upkeep", str(candidate.upkeep.amount)),))
    if candidate.not_before >= rules.years:
        code = "heritage_lead_time" if candidate.gate.approvals else "too_late"
        return Reason(code, (("first_year", str(rules.first_year + candidate.not_before)),))
    if net_cost(candidate).amount > 0 and not payers_of(candidate, rules.funds):
        return Reason("budget", (("fund", ""), ("missing", str(net_cost(candidate).amount))))
    return None


def exclusion_cliques(candidates: Sequence[Candidate]) -> tuple[tuple[int, ...], ...]:
    """Which groups of candidates (by position) exclude one another, every pair covered?

    Notes
    -----
    Greedy edge clique cover: few long rows make the relaxation tighter than a row a pair.
    """
    position = {candidate.id: i for i, candidate in enumerate(candidates)}
    near: dict[int, set[int]] = defaultdict(set)
    for i, candidate in enumerate(candidates):
        for other in candidate.excludes:
            j = position.get(other)
            if j is not None and j != i:
                near[i].add(j)
                near[j].add(i)
    covered: set[tuple[int, int]] = set()
    cliques = []
    for i in sorted(near):
        for j in sorted(near[i]):
            if j < i or (i, j) in covered:
                continue
            clique = [i, j]
            for k in sorted(near[i] & near[j]):
                if all(k in near[member] for member in clique):
                    clique.append(k)
            clique.sort()
            covered.update((a, b) for a in clique for b in clique if a < b)
            cliques.append(tuple(clique))
    return tuple(cliques)
