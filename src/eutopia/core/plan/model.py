"""The programme as a mixed-integer model: which candidate starts in which year, paid by whom."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from eutopia.core.kit.optimise import INFINITY, LinearModel, ModelBuilder
from eutopia.core.plan.appraisal import (
    counted_twice,
    discounted_value,
    net_cost,
    overlapping_pairs,
    whole_life_cost,
)
from eutopia.core.plan.capacity import Label, Start, crew_rows
from eutopia.core.plan.joint_limits import joint_limits
from eutopia.core.plan.rules import (
    all_floors,
    bundle_bearers,
    cannot_start,
    check_rules,
    exclusion_cliques,
    has_cap,
    in_scope,
    most_paid,
    open_years,
    payers_of,
    upkeep_limit,
)
from eutopia.core.records.money import Money
from eutopia.core.records.programme import Candidate, Floor, Fund, PortfolioRules, Reason


@dataclass(frozen=True, slots=True)
class PortfolioModel:
    """The model, and what its columns and rows stand for.

    Money is divided by `money_unit` and value by `value_unit`, so that the solver sees numbers
    near 1 whatever the currency. `labels` has one entry a row.
    """

    linear: LinearModel
    candidates: tuple[Candidate, ...]
    starts: tuple[Start, ...]
    by_candidate: Mapping[int, tuple[Start, ...]]
    labels: tuple[Label, ...]
    refused: Mapping[str, Reason]
    notes: tuple[Reason, ...]
    money_unit: float
    value_unit: float
    payers: tuple[tuple[str, ...], ...]
    """Funds that may pay for each candidate, by position."""
    closing: Mapping[tuple[str, int], int]
    """Column that is 1 where a place is closed in a year."""

    def chosen(self, values: NDArray[np.float64]) -> dict[int, int]:
        """Which candidates (by position) start in which year in this solution (n)?"""
        return {s.candidate: s.year for s in self.starts if values[s.column] > 0.5}


def build_model(candidates: Sequence[Candidate], *, rules: PortfolioRules) -> PortfolioModel:
    """Which mixed-integer model is the choice of a programme?

    Parameters
    ----------
    candidates
        In any order; ids are distinct, all money in one currency.
    rules
        See `PortfolioRules`.

    Raises
    ------
    ValueError
        Ids twice, two currencies, a fund or upkeep limit with too few years, an unknown objective
        or pinned id.

    Notes
    -----
    Column x[i,t] is 1 where candidate i starts in year t. Funds pay classes of candidates that
    the same funds may pay for, by continuous flows, so the model grows with classes and not with
    candidates. Precedence and requirement rows compare sums over years, which keeps the linear
    relaxation tight.
    """
    check_rules(candidates, rules)
    return _Assembly(candidates, rules).build()


class _Assembly:
    """Builds the model, one family of rules at a time."""

    def __init__(self, candidates: Sequence[Candidate], rules: PortfolioRules) -> None:
        self.candidates = tuple(candidates)
        self.rules = rules
        self.builder = ModelBuilder()
        self.labels: list[Label] = []
        self.refused: dict[str, Reason] = {}
        self.notes: list[Reason] = []
        self.starts: dict[int, list[Start]] = {}
        self.closing: dict[tuple[str, int], int] = {}
        self.savings: dict[tuple[int, int], list[tuple[int, float]]] = {}
        self.position = {c.id: i for i, c in enumerate(candidates)}
        self.net = [float(net_cost(c).amount) for c in candidates]
        totals = [sum(float(m.amount) for m in fund.by_year) for fund in rules.funds]
        self.money_unit = max([*totals, 1e-9]) / 1e4 or 1.0
        self.payers = [payers_of(c, rules.funds) for c in candidates]
        values = [abs(float(self.worth(c, 0))) for c in candidates]
        self.value_unit = (max([*values, 0.0]) or 1.0) / 1e3

    def build(self) -> PortfolioModel:
        self.add_starts()
        self.add_money()
        self.add_upkeep()
        self.add_floors()
        self.add_crews()
        self.add_closures()
        self.add_links()
        self.add_pins()
        self.add_overlaps()
        joint = joint_limits(
            self.candidates,
            self.starts,
            self.rules,
            payers=self.payers,
            savings=self.savings,
            unit=self.money_unit,
        )
        flat = tuple(start for starts in self.starts.values() for start in starts)
        return PortfolioModel(
            linear=self.builder.build(implied=joint, alike=True),
            candidates=self.candidates,
            starts=flat,
            by_candidate={i: tuple(starts) for i, starts in self.starts.items()},
            labels=tuple(self.labels),
            refused=self.refused,
            notes=tuple(self.notes),
            money_unit=self.money_unit,
            value_unit=self.value_unit,
            payers=tuple(self.payers),
            closing=self.closing,
        )

    def row(
        self,
        terms: Sequence[tuple[int, float]],
        label: Label,
        *,
        lower: float = -INFINITY,
        upper: float = INFINITY,
    ) -> None:
        columns, entries = [c for c, _ in terms], [e for _, e in terms]
        self.builder.add_row(columns, entries, lower=lower, upper=upper)
        self.labels.append(label)

    def worth(self, candidate: Candidate, year: int) -> Decimal:
        value = discounted_value(candidate, rules=self.rules, year=year)
        if self.rules.objective != "net":
            return value
        return value - whole_life_cost(candidate, rules=self.rules, year=year)

    def wanted(self) -> set[str]:
        """Ids that may enter without a benefit of their own: pinned, mandated or required."""
        wanted = {*self.rules.must, *(id_ for id_, _ in self.rules.must_in)}
        for candidate in self.candidates:
            wanted.update(candidate.requires)
            if candidate.mandate and self.rules.mandates == "hard":
                wanted.add(candidate.id)
        for bundle in self.rules.bundles:
            wanted.update(bundle.candidate_ids)
        if all_floors(self.rules) or self.rules.objective == "lexicographic":
            return {c.id for c in self.candidates}
        return wanted

    def add_starts(self) -> None:
        wanted = self.wanted()
        for i, candidate in enumerate(self.candidates):
            reason = cannot_start(candidate, self.rules)
            years = open_years(candidate, self.rules)
            if reason is None and candidate.id not in wanted:
                best = max(self.worth(candidate, t) for t in (years[0], years[-1]))
                if best <= 0:
                    reason = Reason("no_benefit", (("benefit", str(candidate.benefit)),))
            if reason is not None:
                self.refused[candidate.id] = reason
                continue
            starts = []
            for year in years:
                worth = float(self.worth(candidate, year)) / self.value_unit
                starts.append(Start(i, year, self.builder.add_column(objective=worth)))
            self.starts[i] = starts
            self.row([(s.column, 1.0) for s in starts], ("once", candidate.id, -1), upper=1.0)

    def add_money(self) -> None:
        """Each class of candidates is paid in the year it is built; funds keep to their budgets."""
        classes: dict[tuple[str, ...], list[Start]] = defaultdict(list)
        for i, starts in self.starts.items():
            if self.net[i] > 0:
                classes[self.payers[i]] += starts
        self.savings = self.add_bundles()
        flows: dict[tuple[str, int], list[int]] = defaultdict(list)
        for payers, starts in classes.items():
            for year in range(self.rules.years):
                self.add_class(payers, [s for s in starts if s.year == year], year, flows)
        for fund in self.rules.funds:
            self.add_fund(fund, flows)

    def add_class(
        self,
        payers: tuple[str, ...],
        starts: Sequence[Start],
        year: int,
        flows: dict[tuple[str, int], list[int]],
    ) -> None:
        if not starts:
            return
        unit = self.money_unit
        need = [(s.column, -self.net[s.candidate] / unit) for s in starts]
        saved = [
            (s, saving) for s in starts for saving in self.savings.get((s.candidate, year), [])
        ]
        terms = need + [saving for _, saving in saved]
        funds = {fund.id: fund for fund in self.rules.funds}
        columns: dict[str, int] = {}
        for fund_id in payers:
            column = self.builder.add_column(upper=INFINITY, integer=False)
            flows[fund_id, year].append(column)
            columns[fund_id] = column
            terms.append((column, 1.0))
        capped = [funds[fund_id] for fund_id in payers if has_cap(funds[fund_id])]
        for group in _groups_of_capped(capped):
            self.add_cap(group, starts, saved, [columns[fund.id] for fund in group], year)
        self.row(terms, ("paid", "+".join(payers), year), lower=0.0, upper=0.0)

    def add_cap(
        self,
        funds: Sequence[Fund],
        starts: Sequence[Start],
        saved: Sequence[tuple[Start, tuple[int, float]]],
        columns: Sequence[int],
        year: int,
    ) -> None:
        """What these funds together may pay in a class: the sum over its candidates."""
        unit = self.money_unit

        def most(need: float) -> float:
            total = sum(most_paid(fund, Decimal(max(need, 0.0))) for fund in funds)
            return min(float(total), max(need, 0.0)) / unit

        terms = [(column, 1.0) for column in columns]
        left: dict[int, float] = {s.candidate: self.net[s.candidate] for s in starts}
        terms += [(s.column, -most(left[s.candidate])) for s in starts]
        for start, (joint, saving) in saved:
            # A saving lowers what the funds may pay by what it takes off their parts.
            before = left[start.candidate]
            left[start.candidate] = before - saving * unit
            fall = most(before) - most(left[start.candidate])
            terms.append((joint, fall))
        self.row(terms, ("share", "+".join(f.id for f in funds), year), upper=0.0)

    def add_bundles(self) -> dict[tuple[int, int], list[tuple[int, float]]]:
        savings: dict[tuple[int, int], list[tuple[int, float]]] = defaultdict(list)
        bearers = bundle_bearers(self.candidates, self.rules.bundles)
        for id_, (bundle, bearer, saving) in bearers.items():
            members = [self.position[m] for m in bundle.candidate_ids]
            if saving <= 0 or any(m not in self.starts for m in members):
                continue
            for year in range(self.rules.years):
                columns = [s.column for m in members for s in self.starts[m] if s.year == year]
                if len(columns) < len(members):
                    continue
                joint = self.builder.add_column(integer=False)
                for column in columns:
                    self.row([(joint, 1.0), (column, -1.0)], ("bundle", id_, year), upper=0.0)
                savings[bearer, year].append((joint, float(saving) / self.money_unit))
        return savings

    def add_fund(self, fund: Fund, flows: Mapping[tuple[str, int], list[int]]) -> None:
        if fund.carry_over and fund.carry_limit is not None:
            self.add_limited_carry(fund, fund.carry_limit, flows)
            return
        spent: list[tuple[int, float]] = []
        budget = 0.0
        for year, money in enumerate(fund.by_year):
            now = [(column, 1.0) for column in flows.get((fund.id, year), [])]
            spent = spent + now if fund.carry_over else now
            budget = budget + float(money.amount) if fund.carry_over else float(money.amount)
            if spent:
                self.row(spent, ("fund", fund.id, year), upper=budget / self.money_unit)

    def add_limited_carry(
        self, fund: Fund, limit: Money, flows: Mapping[tuple[str, int], list[int]]
    ) -> None:
        """What is spent and carried on in a year is at most that year's money and what came."""
        came: list[tuple[int, float]] = []
        most = float(limit.amount) / self.money_unit
        for year, money in enumerate(fund.by_year):
            on = (self.builder.add_column(upper=most, integer=False), 1.0)
            terms = [(column, 1.0) for column in flows.get((fund.id, year), [])]
            upper = float(money.amount) / self.money_unit
            self.row([*terms, on, *came], ("fund", fund.id, year), upper=upper)
            came = [(on[0], -1.0)]

    def add_upkeep(self) -> None:
        if not self.rules.upkeep_limit:
            return
        last = max(self.rules.years, len(self.rules.upkeep_limit) - 1)
        for year in range(1, last + 1):
            limit = upkeep_limit(self.rules, year)
            terms = [
                (s.column, float(self.candidates[i].upkeep.amount) / self.money_unit)
                for i, starts in self.starts.items()
                if self.candidates[i].upkeep.amount > 0
                for s in starts
                if s.year < year <= s.year + self.candidates[i].life_years
            ]
            if terms and limit is not None:
                upper = float(limit) / self.money_unit
                self.row(terms, ("upkeep", "", year), upper=upper)

    def add_floors(self) -> None:
        for floor in all_floors(self.rules):
            first, last = floor.years or (0, self.rules.years - 1)
            inside = [
                s for starts in self.starts.values() for s in starts if first <= s.year <= last
            ]
            members = {s.candidate for s in inside if in_scope(self.candidates[s.candidate], floor)}
            if not members:
                self.note(floor, "floor_without_candidates", Decimal(0))
                continue
            budget = self.budget(first, last)
            share, lower = float(floor.share), 0.0
            if floor.of == "budget":
                share, lower = 0.0, share * budget
            else:
                most = self.takes(members) / 2 / max(budget, 1e-9)
                if most < share:
                    self.note(floor, "floor_lowered", Decimal(f"{most:.6f}"))
                    share = most
            terms = [
                (s.column, self.net[s.candidate] / self.money_unit * (s.candidate in members))
                for s in inside
            ]
            terms = [
                (column, entry - share * self.net[s.candidate] / self.money_unit)
                for (column, entry), s in zip(terms, inside, strict=True)
            ]
            label = ("floor", f"{floor.scope}:{floor.key}", -1 if floor.years is None else first)
            self.row([(c, e) for c, e in terms if e], label, lower=lower)

    def note(self, floor: Floor, code: str, share: Decimal) -> None:
        """Say that a floor holds with this share only, for more cannot be spent inside it."""
        place = (("scope", floor.scope), ("key", floor.key))
        values = (*place, ("asked", str(floor.share)), ("share", str(share)))
        self.notes.append(Reason(code, values))

    def budget(self, first: int, last: int) -> float:
        money = [m for fund in self.rules.funds for m in fund.by_year[first : last + 1]]
        return sum(float(m.amount) for m in money) / self.money_unit

    def takes(self, members: set[int]) -> float:
        """Money that candidates can surely take together, though some exclude one another.

        Each counts its cost shared with its rivals (Caro 1979, Wei 1981).
        """
        rivals: dict[int, set[int]] = {i: set() for i in members}
        for i in members:
            for other in self.candidates[i].excludes:
                j = self.position.get(other, i)
                if j in members and j != i:
                    rivals[i].add(j)
                    rivals[j].add(i)
        return sum(self.net[i] / (1 + len(rivals[i])) for i in members) / self.money_unit

    def add_crews(self) -> None:
        for terms, label, upper in crew_rows(self.candidates, self.starts, self.rules):
            self.row(terms, label, upper=upper)

    def add_closures(self) -> None:
        """A place that may be closed in so many years: what closes it is built in those."""
        for closure in self.rules.closures:
            closing = [s for i, starts in self.starts.items()
                       if closure.place in self.candidates[i].closes for s in starts]  # fmt: skip
            if not closing:
                continue
            label = ("closure", closure.place)
            columns = []
            for year in sorted({start.year for start in closing}):
                allowed = not closure.years or year in closure.years
                column = self.builder.add_column(integer=False)
                if not allowed:
                    self.row([(column, 1.0)], (*label, year), upper=0.0)
                self.closing[closure.place, year] = column
                columns.append((column, 1.0))
            self.row(columns, (*label, -1), upper=float(closure.most_years))
            for start in closing:
                column = self.closing[closure.place, start.year]
                link = ("closing", closure.place, start.year)
                self.row([(start.column, 1.0), (column, -1.0)], link, upper=0.0)

    def add_links(self) -> None:
        for clique in exclusion_cliques(self.candidates):
            members = [i for i in clique if i in self.starts]
            if len(members) > 1:
                terms = [(s.column, 1.0) for i in members for s in self.starts[i]]
                key = "+".join(self.candidates[i].id for i in members)
                self.row(terms, ("excludes", key, -1), upper=1.0)
        for i, starts in list(self.starts.items()):
            candidate = self.candidates[i]
            for other in candidate.after:
                self.add_precedence(starts, self.starts.get(self.position.get(other, -1), []), i)
            for other in candidate.requires:
                self.add_requirement(starts, other, i)

    def add_overlaps(self) -> None:
        """From the year in which both are built, what they have in common is taken off once."""
        last = self.rules.years - 1
        for (i, j), benefit in overlapping_pairs(self.candidates).items():
            if i not in self.starts or j not in self.starts:
                continue
            pair = (self.candidates[i], self.candidates[j])
            worth = [
                float(counted_twice(pair, benefit, rules=self.rules, year=t))
                for t in range(self.rules.years)
            ]
            key = f"{pair[0].id}+{pair[1].id}"
            for year in range(self.rules.years):
                built = [
                    (s.column, 1.0) for s in (*self.starts[i], *self.starts[j]) if s.year <= year
                ]
                loss = worth[year] - (worth[year + 1] if year < last else 0.0)
                both = self.builder.add_column(objective=-loss / self.value_unit, integer=False)
                self.row([*built, (both, -1.0)], ("overlap", key, year), upper=1.0)

    def add_precedence(self, starts: Sequence[Start], before: Sequence[Start], i: int) -> None:
        """Never this one by year t and the other after t."""
        for year in range(self.rules.years - 1):
            early = [(s.column, 1.0) for s in starts if s.year <= year]
            late = [(s.column, 1.0) for s in before if s.year > year]
            if early and late:
                self.row([*early, *late], ("after", self.candidates[i].id, year), upper=1.0)

    def add_requirement(self, starts: Sequence[Start], other: str, i: int) -> None:
        needed = self.starts.get(self.position.get(other, -1), [])
        for year in range(self.rules.years):
            mine = [(s.column, 1.0) for s in starts if s.year <= year]
            theirs = [(s.column, -1.0) for s in needed if s.year <= year]
            if mine:
                label = ("requires", f"{self.candidates[i].id}>{other}", year)
                self.row([*mine, *theirs], label, upper=0.0)

    def add_pins(self) -> None:
        hard = self.rules.mandates == "hard"
        for i, candidate in enumerate(self.candidates):
            pinned = candidate.id in self.rules.must
            if not pinned and not (hard and candidate.mandate):
                continue
            if i not in self.starts and not pinned:
                continue  # A mandate does not override the law: it is refused with its reason.
            starts = self.starts.get(i, [])
            if not pinned and self.rules.mandate_within:
                starts = starts[: self.rules.mandate_within]
            terms = [(s.column, 1.0) for s in starts]
            self.row(terms, ("must" if pinned else "mandate", candidate.id, -1), lower=1.0)
        for id_, year in self.rules.must_in:
            terms = [
                (s.column, 1.0) for s in self.starts.get(self.position[id_], []) if s.year == year
            ]
            self.row(terms, ("must_in", id_, -1), lower=1.0)


def _groups_of_capped(funds: Sequence[Fund]) -> list[tuple[Fund, ...]]:
    """Sets of funds whose parts must fit together in each candidate.

    With caps in proportion to the cost each fund for itself is enough; fixed caps need every set
    (Gale 1957: a transport problem can be served if every set of sources can).
    """
    if len(funds) < 2 or not any(fund.most_each for fund in funds):
        return [(fund,) for fund in funds]
    return [
        group for size in range(1, len(funds) + 1) for group in itertools.combinations(funds, size)
    ]
