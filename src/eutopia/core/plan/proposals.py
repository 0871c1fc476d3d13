"""A candidate that somebody asks for: a measure of the catalogue, a place, a quantity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from math import cos, hypot, isfinite, pi, radians, sqrt

from eutopia.core.plan.benefits import DEFAULT_SETTINGS, DerivationSettings, yearly_benefit
from eutopia.core.plan.candidates import CENT, crew_time, first_start, ready_month
from eutopia.core.plan.heritage import METRES_PER_DEGREE, HeritageGate
from eutopia.core.records.money import Money
from eutopia.core.records.norms import Measure
from eutopia.core.records.problems import Problem
from eutopia.core.records.programme import Candidate, CandidateRequest, PortfolioRules
from eutopia.core.records.territory import District


def candidate_of(
    request: CandidateRequest,
    measure: Measure,
    *,
    problems: Sequence[Problem],
    districts: Sequence[District],
    gate: HeritageGate,
    rules: PortfolioRules,
    as_of: date,
    settings: DerivationSettings = DEFAULT_SETTINGS,
) -> Candidate:
    """Which candidate is asked for: at what price, answering what, with what effect, allowed?

    Parameters
    ----------
    request
        Its quantity is in the measure's unit.
    measure
        The measure it names.
    problems
        Of the territory; those of a kind that the measure answers and within `settings.reach_m`
        metres (or their own radius) of the place are what it answers.
    districts
        The first that holds the place is its district; empty where none does.
    gate
        Asked with the extent of the works: a quantity in m² as a circle of that area, in metres
        as half its length around the place, so that a point never slips past a protected border.
    rules, as_of
        Lead times of approvals run from `as_of`.

    Raises
    ------
    ValueError
        The quantity is not above zero, or the request and the measure are not of one kind or
        currency.

    Notes
    -----
    Without a cost of its own it takes the catalogue's with its bounds; a given cost keeps the
    catalogue's relative bounds. Without a benefit of its own it is worth what the problems it
    answers cost a year times the measure's effect; nothing where there are none. A given benefit
    has no bounds. Linear in problems.
    """
    _check(request, measure)
    near = _answered(request, measure, problems, settings)
    low, likely, high = _benefit(request, measure, near)
    listed = (measure.cost * request.quantity).rounded()
    cost = listed if request.cost is None else request.cost
    factor = cost.amount / listed.amount if listed.amount else Decimal(1)
    decision = gate.decide(
        request.geometry,
        work_groups=measure.work_groups,
        reach_m=settings.border_m + extent_m(request.quantity, measure.unit),
    )
    point = request.geometry.representative_point()
    return Candidate(
        id=request.id,
        measure=measure.code,
        title=request.title,
        district=next((d.id for d in districts if d.boundary.intersects(point)), ""),
        geometry=request.geometry,
        quantity=request.quantity,
        unit=measure.unit,
        cost=cost,
        upkeep=(cost * measure.upkeep_share).rounded(),
        life_years=measure.life_years,
        benefit=likely.quantize(CENT),
        benefit_low=low.quantize(CENT),
        benefit_high=high.quantize(CENT),
        sides=measure.benefits,
        problem_ids=tuple(sorted(problem.id for problem in near)),
        people_reached=max((problem.people_affected for problem in near), default=0),
        gate=decision,
        not_before=first_start(
            decision, measure, rules=rules, as_of=as_of, approval_days=settings.approval_days
        ),
        season=measure.season,
        ready_month=ready_month(decision, rules, as_of, settings.approval_days),
        co_funding=request.co_funding,
        origin=request.origin,
        work_groups=measure.work_groups,
        sources=(request.id,),
        place=request.id,
        cost_low=(measure.cost_low * (request.quantity * factor)).rounded(),
        cost_high=(measure.cost_high * (request.quantity * factor)).rounded(),
        crew_months=crew_time(measure, request.quantity),
    )


def repriced(
    candidate: Candidate,
    measure: Measure | None,
    *,
    quantity: Decimal | None = None,
    cost: Money | None = None,
) -> Candidate:
    """Which candidate is this at another quantity or another cost?

    Parameters
    ----------
    measure
        Of the candidate; without one (a capital project) a new quantity changes no cost.
    quantity, cost
        None leaves it; a quantity without a cost is priced by the measure.

    Raises
    ------
    ValueError
        A quantity or cost that is not above zero, or a cost in another currency.

    Notes
    -----
    Upkeep and the bounds of the cost move with the cost, crew time with the quantity. The benefit
    stays: it is what the problems answered cost, not a share of the price.
    """
    new_quantity = candidate.quantity if quantity is None else quantity
    new_cost = candidate.cost if cost is None else cost
    if cost is None and quantity is not None and measure is not None:
        new_cost = (measure.cost * quantity).rounded()
    if new_quantity <= 0 or new_cost.amount <= 0:
        raise ValueError("quantity and cost are above zero")
    if new_cost.currency != candidate.cost.currency:
        raise ValueError(f"{candidate.id} is priced in {candidate.cost.currency}")
    old = candidate.cost.amount
    factor = new_cost.amount / old if old else Decimal(1)
    low, high = candidate.cost_low, candidate.cost_high
    return replace(
        candidate,
        quantity=new_quantity,
        cost=new_cost,
        upkeep=(candidate.upkeep * factor).rounded(),
        cost_low=None if low is None else (low * factor).rounded(),
        cost_high=None if high is None else (high * factor).rounded(),
        crew_months=candidate.crew_months if measure is None else crew_time(measure, new_quantity),
    )


def extent_m(quantity: Decimal, unit: str) -> float:
    """How far do works of this quantity reach from their middle, in metres?

    Examples
    --------
    >>> extent_m(Decimal(200), "m"), extent_m(Decimal(5), "piece")
    (100.0, 0.0)
    """
    if unit == "m":
        return float(quantity) / 2
    return sqrt(float(quantity) / pi) if unit == "m2" else 0.0


def _check(request: CandidateRequest, measure: Measure) -> None:
    if request.measure != measure.code:
        raise ValueError(f"{request.id} asks for {request.measure}, not {measure.code}")
    if request.quantity <= 0:
        raise ValueError(f"{request.id}: the quantity is {request.quantity}; give one above zero")
    if request.cost is not None and request.cost.currency != measure.cost.currency:
        raise ValueError(f"{request.id} is priced in {request.cost.currency}, not the catalogue's")
    if request.cost is not None and request.cost.amount <= 0:
        raise ValueError(f"{request.id}: the cost is {request.cost.amount}; give one above zero")
    if request.benefit is not None and request.benefit < 0:
        raise ValueError(f"{request.id}: the benefit is below zero")


def _answered(
    request: CandidateRequest,
    measure: Measure,
    problems: Sequence[Problem],
    settings: DerivationSettings,
) -> list[Problem]:
    point = request.geometry.representative_point()
    across = METRES_PER_DEGREE * cos(radians(point.y))

    def near(problem: Problem) -> bool:
        if not (isfinite(problem.lon) and isfinite(problem.lat)):
            return False
        away = hypot((problem.lon - point.x) * across, (problem.lat - point.y) * METRES_PER_DEGREE)
        return away <= max(settings.reach_m, problem.radius_m)

    return [p for p in problems if p.problem_type in measure.answers and near(p)]


def _benefit(
    request: CandidateRequest, measure: Measure, answered: Sequence[Problem]
) -> tuple[Decimal, Decimal, Decimal]:
    if request.benefit is not None:
        return request.benefit, request.benefit, request.benefit
    parts = [yearly_benefit(problem, measure) for problem in answered]
    low, likely, high = (sum((part[i] for part in parts), Decimal(0)) for i in range(3))
    return low, likely, high


def beside(
    candidate: Candidate,
    others: Sequence[Candidate],
    *,
    measures: Mapping[str, Measure],
    problems: Sequence[Problem],
) -> Candidate:
    """Which candidate is this beside others that answer the same problems?

    Parameters
    ----------
    candidate
        Made by `candidate_of`.
    others
        Those that may share a problem with it.
    measures, problems
        By which the others were made.

    Notes
    -----
    The same measure for the same problem, and measures that exclude one another, are variants: at
    most one is built, unless votes decided on both. Of others, effects e and f on one problem
    together are worth e + f - ef. A benefit given by hand is not shared out: what it counts is
    not known.
    """
    known = {problem.id: problem for problem in problems}
    mine = measures[candidate.measure]
    excludes: set[str] = set()
    overlaps: dict[str, Decimal] = {}
    for other in others:
        shared = set(candidate.problem_ids) & set(other.problem_ids)
        theirs = measures.get(other.measure)
        if other.id == candidate.id or not shared or theirs is None:
            continue
        variants = other.measure in (mine.code, *mine.excludes) or mine.code in theirs.excludes
        if variants and not (candidate.mandate and other.mandate):
            excludes.add(other.id)
            continue
        both = sum(
            (yearly_benefit(known[id_], mine)[1] * theirs.effect[1] for id_ in shared & set(known)),
            Decimal(0),
        ).quantize(CENT)
        if both > 0:
            overlaps[other.id] = both
    return replace(
        candidate, excludes=tuple(sorted(excludes)), overlaps=tuple(sorted(overlaps.items()))
    )
