"""Which rules cannot all hold, and what is the cheapest way out?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import ROUND_UP, Decimal

import numpy as np

from eutopia.core.kit.optimise import INFINITY, LinearModel, Solution, rows_in_conflict, solve
from eutopia.core.plan.model import PortfolioModel
from eutopia.core.records.programme import Conflict, PortfolioRules, Reason, Relaxation

Rule = tuple[str, str]
STRUCTURE = frozenset({"once", "paid", "share", "bundle", "overlap", "closing"})
"""Rows that say what a programme is: never given up."""
FACTS = frozenset({"excludes", "requires", "after"})
"""Rules between works: named in a conflict, but no way out is sought through them."""
REFUSED_BY = {
    "heritage_forbidden": "gate",
    "heritage_lead_time": "lead_time",
    "too_late": "lead_time",
    "upkeep_unfunded": "upkeep",
    "pinned_out": "must_not",
    "budget": "fund",
}
ORDER = ("must", "must_in", "mandate", "floor", "closure", "season", "crew", "upkeep", "fund")
PINS = ("must", "must_in", "mandate")
WHOLE = ("crew", "closure")
UNITS = {"crew": "candidates", "closure": "years", "season": "crew_months"}
"""What a rule that is not about money gives by."""
MOST_CONFLICTS = 5


def find_conflicts(
    model: PortfolioModel, *, rules: PortfolioRules, time_limit_s: float = 12.0
) -> tuple[Conflict, ...]:
    """Which smallest sets of rules cannot all hold, and how is each conflict ended most cheaply?

    Parameters
    ----------
    model
        A model that has no solution.
    rules
        The rules it was built from.
    time_limit_s
        Seconds of solver time for all checks, and as many for the ways out; a single check gets a
        sixth. A check that takes longer counts as 'can hold': the rules found then cannot hold,
        but some of them may be more than are needed.

    Returns
    -------
    tuple of Conflict
        Each minimal, if time allows: its rules alone cannot hold, without any one of them the
        others can. Found one after another, giving up one rule of each, until the rest can hold;
        at most five.

    Notes
    -----
    QuickXplain over rules, not rows (a fund is one rule over all its years), with a feasibility
    check of the integer model at each step; where even the linear relaxation has no solution,
    over the rules that prove it (a dual ray) alone. The relaxation of a rule is the least amount
    by which it alone must give, the other rules of the conflict kept.
    Source: Junker, "QuickXplain: preferred explanations and relaxations for over-constrained
    problems", AAAI 2004.
    """
    conflicts = list(_refused_pins(model, rules))
    barred = {conflict.rules[0] for conflict in conflicts}
    check = _Checks(model, time_limit_s)
    left = [rule for rule in check.rules if rule not in barred]
    fails = not conflicts or not check.can_hold(left)
    found: list[list[Rule]] = []
    while left and fails and len(conflicts) + len(found) < MOST_CONFLICTS:
        core = sorted(_smallest(check, [], check.proof(left), changed=False), key=check.rules.index)
        found.append(core)
        left.remove(next((rule for rule in core if rule[0] not in FACTS), core[0]))
        fails = not check.can_hold(left)
    check.left_s = time_limit_s
    for core in found:
        ways = [_way_out(check, core, rule) for rule in core if rule[0] not in FACTS]
        conflicts.append(Conflict(tuple(core), tuple(way for way in ways if way is not None)))
    return tuple(conflicts)


def _refused_pins(model: PortfolioModel, rules: PortfolioRules) -> list[Conflict]:
    """Pins on candidates that cannot start whatever the rest of the programme is."""
    open_ = {(model.candidates[s.candidate].id, s.year) for s in model.starts}
    pins = [("must", id_, model.refused.get(id_)) for id_ in rules.must]
    pins += [
        ("must_in", id_, model.refused.get(id_, Reason("too_late")))
        for id_, year in rules.must_in
        if (id_, year) not in open_
    ]
    found = []
    for kind, id_, reason in pins:
        if reason is not None:
            pin = (kind, id_)
            other = (REFUSED_BY.get(reason.code, reason.code), id_)
            found.append(Conflict((pin, other), (Relaxation(pin, Decimal(1), "pin"),)))
    return found


class _Checks:
    """Can these rules hold together? Asked again and again of one model."""

    def __init__(self, model: PortfolioModel, time_limit_s: float) -> None:
        self.model = model
        self.left_s = time_limit_s
        self.each_s = time_limit_s / 6
        self.labels = [(kind, key) for kind, key, _ in model.labels]
        found = dict.fromkeys(rule for rule in self.labels if rule[0] not in STRUCTURE)
        # What is hardest to change stands first: QuickXplain keeps the later rules by preference.
        self.rules = sorted(
            found, key=lambda r: (ORDER.index(r[0]) if r[0] in ORDER else len(ORDER), r[1])
        )
        self.memory: dict[frozenset[Rule], bool] = {}

    def can_hold(self, rules: Sequence[Rule]) -> bool:
        key = frozenset(rules)
        if key not in self.memory:
            linear = self.only(rules)
            found = self.solve(replace(linear, objective=np.zeros(len(linear.objective))))
            self.memory[key] = found is None or found.status != "infeasible"
        return self.memory[key]

    def solve(self, linear: LinearModel) -> Solution | None:
        """Its solution, as far as one check may go; None once all time is spent."""
        if self.left_s <= 0:
            return None
        found = solve(linear, time_limit_s=min(self.each_s, self.left_s), gap=1e-6)
        self.left_s -= found.seconds
        return found

    def proof(self, rules: Sequence[Rule]) -> list[Rule]:
        """Those of the rules that prove the relaxation without solution; all where it has one."""
        rows = rows_in_conflict(self.only(rules), time_limit_s=self.each_s)
        proving = {self.labels[row] for row in rows}
        return [rule for rule in rules if rule in proving] or list(rules)

    def only(self, rules: Sequence[Rule]) -> LinearModel:
        """The model with the rows of all other rules loosened."""
        kept = set(rules)
        loose = np.array(
            [rule[0] not in STRUCTURE and rule not in kept for rule in self.labels], dtype=bool
        )
        linear = self.model.linear
        return replace(
            linear,
            row_lower=np.where(loose, -INFINITY, linear.row_lower),
            row_upper=np.where(loose, INFINITY, linear.row_upper),
        )


def _smallest(check: _Checks, kept: list[Rule], open_: list[Rule], *, changed: bool) -> list[Rule]:
    """QuickXplain: the rules of `open_` that, with `kept`, make a smallest conflict."""
    if changed and not check.can_hold(kept):
        return []
    if len(open_) == 1:
        return list(open_)
    half = len(open_) // 2
    first, second = open_[:half], open_[half:]
    from_second = _smallest(check, kept + first, second, changed=True)
    from_first = _smallest(check, kept + from_second, first, changed=bool(from_second))
    return from_first + from_second


def _way_out(check: _Checks, core: Sequence[Rule], rule: Rule) -> Relaxation | None:
    """By how much must this rule alone give for the others of the conflict to hold?"""
    kind, _ = rule
    if kind in PINS:
        return Relaxation(rule, Decimal(1), "pin")
    found = check.solve(_elastic(check, core, rule))
    if found is None or not len(found.values):
        return None
    return Relaxation(rule, _amount(found, check.model, kind), _unit(check.model, kind))


def _amount(found: Solution, model: PortfolioModel, kind: str) -> Decimal:
    if kind in WHOLE:
        return Decimal(round(-found.objective))
    amount = Decimal(-found.objective * (1.0 if kind in UNITS else model.money_unit))
    return amount.quantize(Decimal("0.01"), ROUND_UP)


def _unit(model: PortfolioModel, kind: str) -> str:
    return UNITS.get(kind) or model.candidates[0].cost.currency


def _elastic(check: _Checks, core: Sequence[Rule], rule: Rule) -> LinearModel:
    """The conflict's rules with one of them made elastic, to minimise what it must give.

    A fund that cannot carry over gets an amount a year; every other rule one amount for all its
    rows (more money from the first year, more upkeep every year, one more crew).
    """
    linear = check.only(core)
    rows = [r for r, label in enumerate(check.labels) if label == rule]
    carried = rule[0] != "fund" or _cumulative(check.model, rows)
    extra = 1 if carried else len(rows)
    n = len(linear.objective)
    slack = {row: n + (0 if carried else k) for k, row in enumerate(rows)}
    starts, columns, entries = [0], [], []
    for row in range(len(linear.row_lower)):
        part = slice(linear.starts[row], linear.starts[row + 1])
        columns += linear.columns[part].tolist()
        entries += linear.entries[part].tolist()
        if row in slack:
            columns.append(slack[row])
            entries.append(-1.0 if np.isfinite(linear.row_upper[row]) else 1.0)
        starts.append(len(columns))
    whole = rule[0] in WHOLE
    return LinearModel(
        objective=np.concatenate([np.zeros(n), np.full(extra, -1.0)]),
        lower=np.concatenate([linear.lower, np.zeros(extra)]),
        upper=np.concatenate([linear.upper, np.full(extra, INFINITY)]),
        integer=np.concatenate([linear.integer, np.full(extra, whole)]),
        starts=np.array(starts, dtype=np.int64),
        columns=np.array(columns, dtype=np.int64),
        entries=np.array(entries, dtype=float),
        row_lower=linear.row_lower,
        row_upper=linear.row_upper,
    )


def _cumulative(model: PortfolioModel, rows: Sequence[int]) -> bool:
    """Do later rows of the fund contain the earlier ones (money is carried over)?"""
    linear = model.linear
    sizes = [int(linear.starts[row + 1] - linear.starts[row]) for row in rows]
    first = set(linear.columns[linear.starts[rows[0]] : linear.starts[rows[0] + 1]].tolist())
    last = set(linear.columns[linear.starts[rows[-1]] : linear.starts[rows[-1] + 1]].tolist())
    return len(rows) == 1 or (first < last and sizes == sorted(sizes))
