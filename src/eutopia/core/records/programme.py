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
class IndexGap:
    """Which indicator of an index is low in which district, and against what?

    `basis`: target (the nearest value that brings all points) or peers (the median of the
    districts); `reference` is that value.
    """

    indicator: str
    district: str
    value: float
    reference: float
    basis: str


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
    """problem, condition, index, proposal, business, staff, mandate, capital_plan."""
    mandate: bool = False
    soft_mandate: bool = False
    """A mandate that only weighs (`mandate_weight`), whatever `PortfolioRules.mandates` says."""
    upkeep_funded: bool = True
    asset_ids: tuple[str, ...] = ()
    work_groups: tuple[str, ...] = ()
    """Groups of its works: what crews are counted by and the heritage gate reads."""
    place: str = ""
    """Key of the place (a street, a yard): candidates that share it may be bundled and their
    benefits overlap."""
    cost_low: Money | None = None
    cost_high: Money | None = None
    """Bounds of the cost (80 %), None where not known."""
    overlaps: tuple[tuple[str, Decimal], ...] = ()
    """Pairs of another candidate and the yearly benefit that both would bring but that comes only
    once (they answer the same problem); named by one of the two or by both."""
    groups: tuple[str, ...] = ()
    """Groups of people it serves (children, older, disabled …), for floors by group."""
    season: tuple[int, int] = (1, 12)
    """First and last month of a year in which works can go on."""
    ready_month: int = 0
    """Months from the January of the programme's first year before which works cannot begin:
    approvals, design and tender. `not_before` says the same in whole years."""
    crew_months: tuple[tuple[str, Decimal], ...] = ()
    """Work by group, in months of one crew; what `PortfolioRules.crew_calendars` count."""
    closes: tuple[str, ...] = ()
    """Places (streets) that are closed to traffic while it is built."""
    gift_kinds: tuple[tuple[str, str], ...] = ()
    """What each donor of `co_funding` gives: cash (where not named), in_kind or labour."""
    effects: tuple[tuple[str, Decimal], ...] = ()
    """Pairs of quality (access, safety, greenery, identity) and persons a year for whom it
    improves by one step; money only where `PortfolioRules.quality_values` price a step."""
    sources: tuple[str, ...] = ()
    """Ids of what it arose from besides problems: proposals, indicators of an index."""
    gaps: tuple[IndexGap, ...] = ()
    """Indicators that are low in its district and that its measure lifts, as they were then."""


@dataclass(frozen=True, slots=True)
class CandidateRequest:
    """What does somebody ask for: which measure, where, how much of it, in whose words?

    `quantity` is in the measure's unit. `cost` and `benefit` (yearly) are given where somebody
    knows better than the catalogue and the problems at the place. `origin`: proposal (residents),
    business, staff. `co_funding` is money offered for it alone.
    """

    id: str
    measure: str
    title: Text
    geometry: BaseGeometry
    quantity: Decimal
    origin: str
    cost: Money | None = None
    benefit: Decimal | None = None
    co_funding: tuple[tuple[str, Money], ...] = ()


@dataclass(frozen=True, slots=True)
class Floor:
    """Which part must get at least which share of the money?

    `scope` is district, measure or group and `key` its code. The share is of the money `of` the
    funds spent or of the budget. `years` are the first and last year offset it holds over, None
    for the whole programme. A floor of the budget is hard: if it cannot be kept, the rules
    conflict. A floor of what is spent asks, at a spent budget, for at most half of what its
    candidates could take together, so that a part with few candidates does not stop the rest.
    """

    scope: str
    key: str
    share: Decimal
    of: str = "spent"
    years: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Bundle:
    """Which works, done in one year, save how much (one mobilisation, one dig)?

    The saving is made once if all of them are built in the same year.
    """

    id: str
    candidate_ids: tuple[str, ...]
    saving: Money


@dataclass(frozen=True, slots=True)
class Fund:
    """Whose money, how much in each year, may it be carried over?"""

    id: str
    title: Text
    by_year: tuple[Money, ...]
    carry_over: bool = False
    restricted_to: tuple[str, ...] = ()
    """Measures it may pay for; empty means every measure."""
    max_share: Decimal | None = None
    """The largest share of one candidate's cost (less what donors give) it pays; None is all."""
    most_each: Money | None = None
    """The most it pays for one candidate; None is no limit."""
    districts: tuple[str, ...] = ()
    """Districts it may pay in; empty means every district."""
    needs_gift: Decimal | None = None
    """It pays only where donors give at least this share of the cost; None asks for nothing."""
    gifts_counted: tuple[str, ...] = ("cash", "in_kind", "labour")
    """Kinds of gifts that count towards `needs_gift`."""
    carry_limit: Money | None = None
    """With `carry_over`: the most that may be carried from one year to the next."""
    kind: str = "cash"
    """cash, in_kind or labour: what a pool of residents or businesses consists of."""
    side: str = ""
    """Whose money: residents, business, municipality, state; empty where nobody said."""


@dataclass(frozen=True, slots=True)
class CrewCalendar:
    """How many crews for a group of works (or a measure) are there in each month of a year?

    `by_month` has twelve numbers from January; 0 where works rest. The same every year.
    """

    group: str
    by_month: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class Closure:
    """In how many of the programme's years may a street be closed for works, and in which?

    Everything in the programme that closes `place` is then built in those years: one closing, not
    five. `years` are the offsets in which it may be closed; empty means every year.
    """

    place: str
    most_years: int = 1
    years: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Priority:
    """Which criterion comes next, and how much of its best may be given up for those after it?

    `criterion`: benefit, net, people, cost (least), access, safety, greenery, identity,
    fair_districts, fair_sides. `give` is a share (0.02 is 2 %).
    """

    criterion: str
    give: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class PortfolioRules:
    """Under which rules is the programme chosen?

    `upkeep_limit` is the yearly upkeep that the operating budget can take on, one a year. `floors`
    are pairs of district and the least share of the money spent. `crews` caps candidates a year by
    work group or measure. `weights` of the three sides multiply their share of the benefit.
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
    floor_rules: tuple[Floor, ...] = ()
    """Floors beyond the simple ones by district: by group, by measure, by part of the period."""
    bundles: tuple[Bundle, ...] = ()
    mandates: str = "hard"
    """Candidates with a mandate from a ballot: hard (chosen or the rules conflict) or soft (their
    value counts `mandate_weight` times)."""
    mandate_weight: Decimal = Decimal("1.5")
    mandate_within: int = 0
    """So many years from the first in which it may be begun a hard mandate is kept in; 0: in any
    year of the programme."""
    objective: str = "benefit"
    """benefit (value for the money there is), net (value less cost and upkeep), fair_districts or
    fair_sides (the worst-off first, then the total), nash and nash_sides (the product of the
    districts' or the sides' gains), lexicographic (see `priorities`)."""
    priorities: tuple[Priority, ...] = ()
    """Criteria of the lexicographic objective, the first first; the total decides in the end."""
    crew_calendars: tuple[CrewCalendar, ...] = ()
    """Crews by month; `crews` cap candidates a year."""
    closures: tuple[Closure, ...] = ()
    """Streets that are closed once (or so many times)."""
    quality_values: tuple[tuple[str, Decimal], ...] = ()
    """What one person's step of a quality is worth a year, in currency; a quality that is not
    named is shown beside the money, not in it."""
    must_in: tuple[tuple[str, int], ...] = ()
    """Pairs of candidate and the year offset it is pinned to (a promise that is to be kept)."""


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
    excluded_by, requires_missing, floor_displaced, crew_full, no_benefit, pinned_out, too_late,
    precedence, counted_twice (another brings the same), closed_once (its street is closed in
    another year), priority (a criterion that comes first would lose), outweighed (it fits, but
    only with what brings more left out), conflict (the rules cannot all hold), stopped (time ran
    out before any programme was found).
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
class TurningPoint:
    """Where does one candidate turn from out to in, all else equal?

    Attributes
    ----------
    holds
        A programme that holds it as it is was found, as good as the one it is left out of.
    enters_at_benefit, stays_out_below_benefit
        Yearly benefit from which a programme that holds it was found as good, and below which
        there is surely none. The first is None where none was found: no benefit helps.
    enters_at_cost, stays_out_above_cost
        The same for the cost; both None where no cost helps, the first alone where none was found.
    """

    candidate_id: str
    holds: bool
    enters_at_benefit: Decimal | None = None
    stays_out_below_benefit: Decimal | None = None
    enters_at_cost: Money | None = None
    stays_out_above_cost: Money | None = None


@dataclass(frozen=True, slots=True)
class Relaxation:
    """Which one rule, loosened by how much, would end a conflict?

    `rule` is kind and key as in `Conflict.rules`; `amount` is in the rule's own unit: currency
    for funds, upkeep and floors, candidates for crews, crew_months for seasons, years for
    closures, 1 for a pin that is given up.
    """

    rule: tuple[str, str]
    amount: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """Which rules cannot all hold, and what is the cheapest way out?

    `rules` are pairs of kind (must, must_not, must_in, mandate, fund, upkeep, floor, crew, season,
    closure, excludes, requires, after, gate, lead_time) and key; without any one of them the rest
    can hold.
    """

    rules: tuple[tuple[str, str], ...]
    relaxations: tuple[Relaxation, ...] = ()


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
    """Seconds the solver counted."""
    violations: tuple[str, ...]
    status: str = "complete"
    """complete (within the gap asked for), stopped (time ran out; the best found is kept),
    infeasible (see `conflicts`; no choices)."""
    conflicts: tuple[Conflict, ...] = ()
    notes: tuple[Reason, ...] = ()
    """What was set aside when the rules were read (a floor nobody can reach …)."""
