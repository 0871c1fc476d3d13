"""What pages get to see of the programme and of what may enter it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from eutopia.web.problems.selectors import OutageCostView, ProblemLine


@dataclass(frozen=True, slots=True)
class CandidateFilter:
    """Which candidates are wanted? Empty means all of the programme."""

    district: str = ""
    measure: str = ""
    year: int | None = None
    chosen: bool | None = None
    reason: str = ""
    gate: str = ""
    origin: str = ""
    robust: str = ""
    """core, borderline, outside: how sure it is over errors, where that was assessed."""
    words: str = ""
    """Words of the title, in any language."""
    order: str = "value"
    """value, cost, year, ratio, people."""


@dataclass(frozen=True, slots=True)
class ReasonView:
    """Why in or out: a code with numbers, for the template to word in any language.

    Codes: chosen, mandated, budget, upkeep_unfunded, heritage_forbidden, heritage_lead_time,
    excluded_by, requires_missing, floor_displaced, crew_full, no_benefit, pinned_out, too_late.
    `values` by name, as printed numbers; `candidates` are those that displaced it (id, title).
    """

    code: str
    values: dict[str, str]
    candidates: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class CandidateLine:
    """A candidate with what the programme says of it."""

    id: int
    code: str
    title: str
    measure: str
    district: str
    district_name: str
    cost: Decimal
    upkeep: Decimal
    benefit: Decimal
    """Yearly value once built."""
    value: Decimal
    """Discounted benefit over its life, weighted by side."""
    people_reached: int
    chosen: bool
    year: int | None
    main_reason: ReasonView | None
    gate: str
    origin: str
    mandate: bool
    ratio: Decimal | None
    """Benefit for each unit of whole-life cost; None where it is not known."""
    robust: str
    """core, borderline, outside; empty where that was not assessed."""


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One entry of a candidate's history. `kind`: added, edited, withdrawn, restored, mandated.

    `facts` are triples of name (title, quantity, cost, benefit, gate, mandate), before and after.
    """

    kind: str
    at: datetime
    by: str
    reason: str
    facts: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class ApprovalView:
    """Whose approval is needed for works at heritage."""

    authority_role: str
    documents: tuple[str, ...]
    statutory_days: int | None
    rule_id: str
    legal_basis: str


@dataclass(frozen=True, slots=True)
class GateView:
    """The heritage gate's decision, with the rules and objects it rests on."""

    outcome: str
    rule_ids: tuple[str, ...]
    approvals: tuple[ApprovalView, ...]
    conditions: tuple[str, ...]
    heritage: tuple[tuple[str, str], ...]
    """Code and name of the objects met."""
    zones: tuple[tuple[str, str], ...]
    unknown: tuple[str, ...]
    edition: str


@dataclass(frozen=True, slots=True)
class PaymentView:
    """Which fund pays how much."""

    fund: str
    title: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class GapView:
    """An indicator that was low in the district when the candidate arose, and against what.

    `basis`: target or peers (the median of the districts). `index` is empty where the index is no
    longer assessed: the code stands for the title then.
    """

    indicator: str
    index: str
    title: str
    unit: str
    value: float
    reference: float
    basis: str


@dataclass(frozen=True, slots=True)
class TurningView:
    """Where a candidate left out would be in, found by choosing again; `run_id` None: it waits.

    `holds`: a programme that holds it as it is, as good as this one, was found.
    """

    run_id: int | None
    holds: bool = False
    benefit: Decimal | None = None
    benefit_below: Decimal | None = None
    """Surely out below it; None where the two are as good as one."""
    cost: Decimal | None = None
    cost_above: Decimal | None = None
    """Surely out above it; None where the two are as good as one."""


@dataclass(frozen=True, slots=True)
class CandidateView:
    """A project, on its page."""

    line: CandidateLine
    quantity: Decimal
    unit: str
    life_years: int
    benefit_low: Decimal
    benefit_high: Decimal
    sides: tuple[tuple[str, Decimal], ...]
    """Side (residents, business, municipality) and its share of the yearly value."""
    co_funding: tuple[tuple[str, Decimal], ...]
    currency: str
    effect: tuple[Decimal, Decimal, Decimal] | None
    """Share of events that disappear: low, likely, high."""
    reasons: tuple[ReasonView, ...]
    enters_at_cost: Decimal | None
    enters_at_benefit: Decimal | None
    turning: TurningView | None
    may_turn: bool
    """Its exact turning point can be asked for: it is out, and one price decides."""
    payments: tuple[PaymentView, ...]
    gate: GateView
    problems: tuple[ProblemLine, ...]
    gaps: tuple[GapView, ...]
    after: tuple[tuple[int, str], ...]
    requires: tuple[tuple[int, str], ...]
    excludes: tuple[tuple[int, str], ...]
    lon: float
    lat: float
    geometry: str
    """GeoJSON geometry."""
    run_id: int | None
    """None where it was brought in, not derived."""
    programme: int | None
    """Number of the programme whose verdict this is."""
    npv: tuple[Decimal, Decimal, Decimal] | None
    """Net present value: low, likely, high (80 %)."""
    robust_share: float | None
    """In which share of drawn worlds it is chosen."""
    samples: int
    """How many worlds were drawn; 0 where none were."""
    withdrawn: bool
    mandate_kind: str
    by_hand: bool
    """It was asked for by hand, so its words and benefit can be edited too."""
    changes: tuple[ChangeView, ...]
    spared: OutageCostView | None
    """What it likely spares of the money given back for outages, and of crews sent to them."""


@dataclass(frozen=True, slots=True)
class FundBar:
    """Money of one fund in one year."""

    fund: str
    title: str
    year: int
    available: Decimal
    spent: Decimal
    left: Decimal
    """With what earlier years left, where the fund carries it over."""


@dataclass(frozen=True, slots=True)
class YearView:
    """What one year holds."""

    year: int
    chosen: int
    cost: Decimal
    upkeep_added: Decimal
    """Upkeep due in that year for what was built in the years before."""
    upkeep_limit: Decimal | None
    """None where no limit was set."""


@dataclass(frozen=True, slots=True)
class ConflictView:
    """Rules that cannot all hold, as pairs of kind and key, and single ways out.

    A way out is the rule's kind and key, by how much it is loosened, and the unit.
    """

    rules: tuple[tuple[str, str], ...]
    ways_out: tuple[tuple[str, str, Decimal, str], ...]
    words: str
    """The conflict in a sentence."""
    ways: tuple[str, ...]
    """The ways out in sentences, in the order of `ways_out`."""


@dataclass(frozen=True, slots=True)
class AimView:
    """What another aim would bring under the same rules.

    `loss` is the share (0 to 1) of the largest total that it costs; `districts` and `sides` are
    what the worst-off of them gets, as a share of all it could get were there no limits.
    """

    objective: str
    value: Decimal
    loss: float
    districts: float
    sides: float


@dataclass(frozen=True, slots=True)
class ProgrammeView:
    """A programme, on its page."""

    id: int
    number: int
    state: str
    created: datetime
    published: datetime | None
    currency: str
    first_year: int
    last_year: int
    years: tuple[YearView, ...]
    funds: tuple[FundBar, ...]
    chosen: int
    refused: int
    cost: Decimal
    value: Decimal
    people_reached: int
    objective: float
    bound: float
    gap: float
    """Share by which a better programme could at most exceed this one."""
    seconds: float
    violations: tuple[str, ...]
    """What the independent verifier found wrong: empty means sound."""
    status: str
    """complete, stopped (time ran out; the best found is kept), infeasible (see `conflicts`)."""
    conflicts: tuple[ConflictView, ...]
    title: str
    """What its makers call it; empty where nobody named it."""
    reason: str
    """Why it was adopted, in public words."""
    amends: int | None
    """Number of the programme it took the place of."""
    based_on: int | None
    objective_kind: str
    """benefit, net, fair_districts, fair_sides, nash."""
    assessment: str
    """Empty, waiting, done."""
    samples: int
    """Worlds that are drawn for it."""
    worlds: int
    """Worlds drawn so far, while it is waiting."""
    aims: tuple[AimView, ...]
    """What each aim brings, in the order of `OBJECTIVES`; empty until assessed."""
    rule_costs: tuple[tuple[str, str, Decimal], ...]
    """Rule's kind, name and what it costs in value; for a fund, the worth of one more unit. The
    name is a title, or the code of a group of works for crews."""
    sure: tuple[tuple[str, int], ...]
    """Core, borderline, outside, and how many candidates are so; empty until assessed."""
    assessed_run: int | None
    refusals: tuple[tuple[str, int, Decimal], ...]
    """Reason code, how many candidates, their cost; most frequent first."""
    by_district: tuple[tuple[str, str, Decimal, int], ...]
    """Code, name, money, chosen."""
    floors: tuple[tuple[str, str, Decimal], ...]
    """District and the least share of the money it must get."""
    lowered: tuple[tuple[str, Decimal, Decimal], ...]
    """Least shares that nobody can spend: whose, as asked, and as kept (0: nothing is proposed)."""
    fair_levels: tuple[tuple[str, Decimal, Decimal], ...]
    """What the worst-off is kept at, as a share of all it could get: by district or side, the
    level kept, and the most that any programme could give."""
    discount_rate: Decimal
    weights: tuple[tuple[str, Decimal], ...]
    must: tuple[tuple[int, str], ...]
    must_not: tuple[tuple[int, str], ...]
    run_id: int


@dataclass(frozen=True, slots=True)
class ProgrammeLine:
    """A programme among its variants, for the desk."""

    id: int
    number: int
    state: str
    created: datetime
    based_on: int | None
    chosen: int
    cost: Decimal
    objective: float
    gap: float
    pins: int
    sound: bool
    title: str
    people: int
    published: datetime | None


@dataclass(frozen=True, slots=True)
class Difference:
    """What one variant does otherwise than another."""

    candidate: CandidateLine
    before: int | None
    """Year in the first, None if not chosen there."""
    after: int | None

    @property
    def broken(self) -> bool:
        """Whether it breaks a promise of the first: out, or later."""
        return self.before is not None and (self.after is None or self.after > self.before)
