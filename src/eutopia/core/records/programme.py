"""From measures at places to a funded programme with reasons."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from shapely.geometry.base import BaseGeometry

from eutopia.core.records.money import Money
from eutopia.core.records.text import Text


@dataclass(frozen=True, slots=True)
class Approval:
    """Whose approval is needed, with which documents, within how many days, by which rule?"""

    authority_role: str
    documents: tuple[str, ...]
    statutory_days: int | None
    rule_id: str
    legal_basis: str


@dataclass(frozen=True, slots=True)
class GateDecision:
    """May these works go on at this place, and under which conditions?

    `outcome`: allow, allow_with_conditions, needs_approval, forbid; the strongest rule wins, all
    approvals are collected. `rule_ids` and `edition` make it replayable; `unknown` names what was
    not known (and made the gate fail closed).
    """

    outcome: str
    rule_ids: tuple[str, ...]
    approvals: tuple[Approval, ...]
    conditions: tuple[Text, ...]
    heritage_ids: tuple[str, ...]
    zone_ids: tuple[str, ...]
    unknown: tuple[str, ...]
    edition: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """Which measure at which place, at what price, answering what, with what effect?

    `benefit` is the yearly value (currency units) once built; `benefit_low`/`high` bound it
    (80 %). `sides` splits it between residents, business and municipality. `upkeep` is yearly.
    `not_before` is the first year offset (0 is the programme's first year) it can start in, lead
    times of approvals included. `after` names candidates that must come before it if chosen.
    """

    id: str
    measure: str
    title: Text
    district: str
    geometry: BaseGeometry
    quantity: Decimal
    unit: str
    cost: Money
    upkeep: Money
    life_years: int
    benefit: Decimal
    benefit_low: Decimal
    benefit_high: Decimal
    sides: tuple[tuple[str, Decimal], ...]
    problem_ids: tuple[str, ...]
    people_reached: int
    gate: GateDecision
    not_before: int = 0
    after: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    funds: tuple[str, ...] = ()
    """Funds that may pay for it; empty means every fund."""
    co_funding: tuple[tuple[str, Money], ...] = ()
    """Money offered for this candidate only, by side or donor."""
    origin: str = "problem"
    """problem, condition, index, proposal, mandate, capital_plan."""
    mandate: bool = False
    upkeep_funded: bool = True
    asset_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fund:
    """Whose money, how much in each year, may it be carried over?"""

    id: str
    title: Text
    by_year: tuple[Money, ...]
    carry_over: bool = False
    restricted_to: tuple[str, ...] = ()
    """Measures it may pay for; empty means every measure."""


@dataclass(frozen=True, slots=True)
class PortfolioRules:
    """Under which rules is the programme chosen?

    `upkeep_limit` is the yearly upkeep that the operating budget can take on, one a year. `floors`
    are pairs of district and the least share of the money. `crews` caps candidates a year by work
    group. `weights` of the three sides multiply their share of the benefit.
    """

    first_year: int
    years: int
    funds: tuple[Fund, ...]
    upkeep_limit: tuple[Money, ...]
    discount_rate: Decimal
    floors: tuple[tuple[str, Decimal], ...] = ()
    crews: tuple[tuple[str, int], ...] = ()
    weights: tuple[tuple[str, Decimal], ...] = ()
    must: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """Which candidate, in which year, paid by whom?"""

    candidate_id: str
    year: int
    paid: tuple[tuple[str, Money], ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why is a candidate in or out, as a code with its numbers, for any language to word?

    Codes: chosen, mandated, budget, upkeep_unfunded, heritage_forbidden, heritage_lead_time,
    excluded_by, requires_missing, floor_displaced, crew_full, no_benefit, pinned_out, too_late.
    `values` are pairs of name and printed value; `candidate_ids` those that displaced it.
    """

    code: str
    values: tuple[tuple[str, str], ...] = ()
    candidate_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why is this candidate in or out, and what would change it?

    `enters_at_cost` is the highest cost at which it would be chosen (others unchanged), None if
    chosen already or if no price helps; `enters_at_benefit` likewise.
    """

    candidate_id: str
    chosen: bool
    reasons: tuple[Reason, ...]
    value: Decimal
    """Discounted benefit over the life, weighted by side."""
    enters_at_cost: Money | None = None
    enters_at_benefit: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Programme:
    """What is built when, from whose money, how near to the best possible, and why?

    `objective` is the value found, `bound` the best that could exist, `gap` their relative
    difference. `violations` is the independent verifier's verdict: empty means sound.
    """

    choices: tuple[Choice, ...]
    explanations: tuple[Explanation, ...]
    objective: float
    bound: float
    gap: float
    seconds: float
    violations: tuple[str, ...]
