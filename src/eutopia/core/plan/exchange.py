"""Which chosen candidates would have to give way for another to come in?

An exchange is checked against every row of the model, so what it says is feasible is feasible: a
benefit or a cost at which it pays is one at which the programme would really change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eutopia.core.plan.appraisal import net_cost
from eutopia.core.plan.capacity import Start
from eutopia.core.plan.model import PortfolioModel
from eutopia.core.plan.rules import has_cap
from eutopia.core.records.programme import Choice, PortfolioRules

Array = NDArray[np.float64]
SLACK = 1e-7
MOST_OUT = 40
"""More than so many giving way, for several reasons at once, is no exchange to tell anybody of."""
MONEY_ROWS = ("fund", "paid", "share", "bundle")


@dataclass(frozen=True, slots=True)
class Exchange:
    """A candidate comes in in a year, others (by position) give way; what does it cost?

    `lost` and `gained` are in the model's value unit; `room` is the money (currency) that would
    be there for it. `blocked` are kinds of rules that stood in the way before the exchange.
    """

    start: Start
    out: tuple[int, ...]
    lost: float
    gained: float
    room: float
    missing: float
    blocked: tuple[tuple[str, str], ...]


class Exchanges:
    """The programme as it stands, ready to be asked about one candidate after another."""

    def __init__(
        self, model: PortfolioModel, choices: Sequence[Choice], rules: PortfolioRules
    ) -> None:
        self.model, self.rules = model, rules
        position = {candidate.id: i for i, candidate in enumerate(model.candidates)}
        self.years = {position[choice.candidate_id]: choice.year for choice in choices}
        column_of = {(s.candidate, s.year): s.column for s in model.starts}
        self.inside = np.array(sorted(self.years), dtype=np.int64)
        self.columns = {i: column_of[i, self.years[i]] for i in self.years}
        objective = model.linear.objective
        self.worth = np.array([objective[self.columns[i]] for i in self.inside], dtype=float)
        self._index_rows()
        values = np.zeros(model.linear.size[1])
        values[list(self.columns.values())] = 1.0
        self._set_dependent(values)
        self.activity = model.linear.activity(values)
        self._spread_money(choices, position)
        self._frozen = self._cannot_leave()
        self._chosen_columns = np.array([self.columns[int(i)] for i in self.inside], dtype=np.int64)
        self._where = {int(column): k for k, column in enumerate(self._chosen_columns)}
        self._row_cache: dict[int, Array] = {}
        self._room_cache: dict[tuple[tuple[str, ...], int], tuple[float, Array]] = {}

    def _set_dependent(self, values: Array) -> None:
        """What follows from the choices: closed streets and benefits that come once."""
        linear = self.model.linear
        for closure in self.rules.closures:
            used = {
                year
                for i, year in self.years.items()
                if closure.place in self.model.candidates[i].closes
            }
            for year in range(self.rules.years):
                column = self.model.closing.get((closure.place, year))
                free = len(used) < closure.most_years and (
                    not closure.years or year in closure.years
                )
                if column is not None and (year in used or free):
                    values[column] = 1.0
        activity = linear.activity(values)
        for row, (kind, _, _) in enumerate(self.model.labels):
            if kind == "overlap":
                values[linear.columns[linear.starts[row + 1] - 1]] = max(0.0, activity[row] - 1.0)

    def _index_rows(self) -> None:
        linear = self.model.linear
        rows = np.repeat(np.arange(linear.size[0]), np.diff(linear.starts))
        money = np.array([label[0] in MONEY_ROWS for label in self.model.labels], dtype=bool)
        keep = ~money[rows] if len(rows) else np.zeros(0, dtype=bool)
        order = np.argsort(linear.columns[keep], kind="stable")
        self._rows = rows[keep][order]
        self._entries = linear.entries[keep][order]
        counts = np.bincount(linear.columns[keep], minlength=linear.size[1])
        self._starts = np.concatenate([[0], np.cumsum(counts)])

    def entries_of(self, column: int) -> tuple[NDArray[np.int64], Array]:
        """Rows (money rows left out) and entries of a column."""
        part = slice(self._starts[column], self._starts[column + 1])
        return self._rows[part], self._entries[part]

    def _spread_money(self, choices: Sequence[Choice], position: Mapping[str, int]) -> None:
        """What is left of each fund by year, and what each chosen candidate draws from it."""
        funds = self.rules.funds
        where = {int(i): k for k, i in enumerate(self.inside)}
        number = {fund.id: f for f, fund in enumerate(funds)}
        self.drawn = np.zeros((len(self.inside), len(funds)))
        self.left = np.array([[float(m.amount) for m in f.by_year] for f in funds]).reshape(
            len(funds), self.rules.years
        )
        for choice in choices:
            for payer, money in choice.paid:
                if payer in number:
                    k, f = where[position[choice.candidate_id]], number[payer]
                    self.drawn[k, f] += float(money.amount)
                    self.left[f, choice.year] -= float(money.amount)
        for f, fund in enumerate(funds):
            if fund.carry_over:
                limit = np.inf if fund.carry_limit is None else float(fund.carry_limit.amount)
                self.left[f] = _free_to_spend(self.left[f], limit)
        self.built = np.array([self.years[int(i)] for i in self.inside], dtype=np.int64)

    def _cannot_leave(self) -> NDArray[np.bool_]:
        """Pinned, mandated, needed by another that is chosen, or part of a bundle that saves."""
        candidates = self.model.candidates
        year_of = {candidates[i].id: year for i, year in self.years.items()}
        needed = {other for i in self.years for other in candidates[i].requires}
        needed |= {*self.rules.must, *(id_ for id_, _ in self.rules.must_in)}
        for bundle in self.rules.bundles:
            years = {year_of.get(id_) for id_ in bundle.candidate_ids}
            if len(years) == 1 and None not in years:
                needed |= set(bundle.candidate_ids)
        hard = self.rules.mandates == "hard"
        return np.array(
            [candidates[i].id in needed or (hard and candidates[i].mandate) for i in self.inside],
            dtype=bool,
        )

    def room(self, candidate: int, year: int) -> tuple[float, Array]:
        """Money there for a candidate in a year, and what each chosen one would set free for it.

        Funds with a share limit are left out where they are not the only payers: the answer is
        then on the safe side.
        """
        payers = self.model.payers[candidate]
        if (payers, year) not in self._room_cache:
            self._room_cache[payers, year] = self._room(payers, year)
        return self._room_cache[payers, year]

    def _room(self, payers: tuple[str, ...], year: int) -> tuple[float, Array]:
        there, freed = 0.0, np.zeros(len(self.inside))
        for f, fund in enumerate(self.rules.funds):
            if fund.id not in payers or has_cap(fund):
                continue
            there += max(0.0, float(self.left[f, year]))
            whole = fund.carry_over and fund.carry_limit is None
            usable = self.built <= year if whole else self.built == year
            freed += self.drawn[:, f] * usable
        return there, freed

    def enter(self, start: Start) -> Exchange | None:
        """Who would have to give way, at the least loss found, for this candidate in this year?"""
        need = float(net_cost(self.model.candidates[start.candidate]).amount)
        there, freed = self.room(start.candidate, start.year)
        rows, entries = self.entries_of(start.column)
        over, under = self._breaches(rows, entries)
        blocked = [self.model.labels[r] for r in (*over, *under)]
        missing = max(0.0, need - there)
        reliefs = self._reliefs(over, under)
        if missing > 0:
            reliefs.append((missing, freed))
        out = self._least_loss(reliefs)
        if out is None or not self._holds(start, out):
            return None
        return Exchange(
            start=start,
            out=tuple(int(self.inside[k]) for k in out),
            lost=float(self.worth[out].sum()),
            gained=float(self.model.linear.objective[start.column]),
            room=there + float(freed[out].sum()),
            missing=missing,
            blocked=tuple(dict.fromkeys((kind, key) for kind, key, _ in blocked)),
        )

    def obstacles(self, start: Start) -> tuple[float, tuple[tuple[str, str], ...]]:
        """Money missing (currency) and rules, by kind and key, that stand in its way now."""
        need = float(net_cost(self.model.candidates[start.candidate]).amount)
        there, _ = self.room(start.candidate, start.year)
        over, under = self._breaches(*self.entries_of(start.column))
        labels = [self.model.labels[row][:2] for row in (*over, *under)]
        return max(0.0, need - there), tuple(dict.fromkeys(labels))

    def _breaches(
        self, rows: NDArray[np.int64], entries: Array
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        linear = self.model.linear
        after = self.activity[rows] + entries
        over = rows[(after > linear.row_upper[rows] + SLACK) & (entries > 0)]
        under = rows[(after < linear.row_lower[rows] - SLACK) & (entries < 0)]
        self._wanting = dict(zip(rows.tolist(), after.tolist(), strict=True))
        return over, under

    def _reliefs(
        self, over: NDArray[np.int64], under: NDArray[np.int64]
    ) -> list[tuple[float, Array]]:
        """For each breached row, by how much, and what each chosen candidate's leaving gives."""
        linear = self.model.linear
        reliefs = []
        for row in over.tolist():
            excess = self._wanting[row] - float(linear.row_upper[row])
            reliefs.append((excess, self._entries_in(row)))
        for row in under.tolist():
            excess = float(linear.row_lower[row]) - self._wanting[row]
            reliefs.append((excess, -self._entries_in(row)))
        return reliefs

    def _entries_in(self, row: int) -> Array:
        """Entries of the chosen candidates' columns in a row."""
        if row not in self._row_cache:
            linear = self.model.linear
            part = slice(linear.starts[row], linear.starts[row + 1])
            entries = np.zeros(len(self.inside))
            for column, entry in zip(
                linear.columns[part].tolist(), linear.entries[part].tolist(), strict=True
            ):
                if column in self._where:
                    entries[self._where[column]] = entry
            self._row_cache[row] = entries
        return self._row_cache[row]

    def _least_loss(self, reliefs: Sequence[tuple[float, Array]]) -> list[int] | None:
        """Positions in `inside` whose leaving ends every shortage: one if one is enough."""
        if not reliefs:
            return []
        free = ~self._frozen
        alone = free.copy()
        for short, relief in reliefs:
            alone &= relief >= short - SLACK * max(1.0, short)
        several = self._greedy(reliefs, free)
        if alone.any():
            best = int(np.flatnonzero(alone)[np.argmin(self.worth[alone])])
            if several is None or self.worth[best] <= self.worth[several].sum():
                return [best]
        return several

    def _greedy(
        self, reliefs: Sequence[tuple[float, Array]], free: NDArray[np.bool_]
    ) -> list[int] | None:
        short = np.array([s for s, _ in reliefs])
        gives = np.array([r for _, r in reliefs]) / short[:, None]
        if len(reliefs) == 1:
            out = self._by_ratio(gives[0], free)
            return None if out is None else self._prune(out, gives)
        return self._by_turns(gives, free)

    def _by_ratio(self, gives: Array, free: NDArray[np.bool_]) -> list[int] | None:
        """One shortage: those that give most for what they bring, until it ends."""
        useful = np.flatnonzero(free & (gives > 0))
        ratio = np.maximum(self.worth[useful], 0.0) / np.minimum(gives[useful], 1.0)
        order = useful[np.argsort(ratio, kind="stable")]
        total = np.cumsum(gives[order])
        enough = int(np.searchsorted(total, 1 - SLACK))
        return None if enough >= len(order) else order[: enough + 1].tolist()

    def _by_turns(self, gives: Array, free: NDArray[np.bool_]) -> list[int] | None:
        """Several shortages: again and again who gives most to what is still short."""
        left, out = np.ones(len(gives)), list[int]()
        able = np.flatnonzero(free & (gives > 0).any(axis=0))
        everyone, gives = gives, np.maximum(gives[:, able], 0.0)
        worth = np.maximum(self.worth[able], 0.0)
        available = np.ones(len(able), dtype=bool)
        while (left > SLACK).any():
            useful = np.minimum(gives, np.maximum(left, 0.0)[:, None]).sum(axis=0)
            useful *= available
            if useful.max(initial=0.0) <= 0 or len(out) >= MOST_OUT:
                return None
            ratio = np.full(len(able), np.inf)
            np.divide(worth, useful, out=ratio, where=useful > 0)
            pick = int(ratio.argmin())
            out.append(int(able[pick]))
            available[pick] = False
            left -= gives[:, pick]
        return self._prune(out, everyone)

    def _prune(self, out: list[int], gives: Array) -> list[int]:
        """Take back whoever turned out not to be needed, dearest first."""
        gives = np.atleast_2d(gives)
        total = gives[:, out].sum(axis=1)
        kept = set(out)
        for k in sorted(out, key=lambda k: -self.worth[k]):
            if len(kept) > 1 and (total - gives[:, k] >= 1 - SLACK).all():
                kept.discard(k)
                total = total - gives[:, k]
        return [k for k in out if k in kept]

    def _holds(self, start: Start, out: Sequence[int]) -> bool:
        """Is every row kept after the exchange?"""
        linear = self.model.linear
        change: dict[int, float] = {}
        columns = [(start.column, 1.0)]
        columns += [(self.columns[int(self.inside[k])], -1.0) for k in out]
        for column, sign in columns:
            rows, entries = self.entries_of(column)
            for row, entry in zip(rows.tolist(), entries.tolist(), strict=True):
                change[row] = change.get(row, 0.0) + sign * entry
        return all(
            linear.row_lower[row] - SLACK
            <= self.activity[row] + delta
            <= linear.row_upper[row] + SLACK
            for row, delta in change.items()
        )

    def room_below(self, start: Start) -> tuple[float, tuple[int, ...]]:
        """How much money could be there for it from candidates that together bring less than it?

        Returns the money (currency) and who would give way (positions of candidates). Only money
        is looked at: where another rule stands in the way, `enter` tells.
        """
        there, freed = self.room(start.candidate, start.year)
        worth = float(self.model.linear.objective[start.column])
        useful = np.flatnonzero((freed > 0) & ~self._frozen & (self.worth < worth))
        order = useful[np.argsort(self.worth[useful] / freed[useful], kind="stable")]
        best: tuple[float, list[int]] = (0.0, [])
        total, lost, out = 0.0, 0.0, []
        for k in order.tolist():
            if lost + self.worth[k] < worth * (1 - 1e-9):
                total, lost = total + float(freed[k]), lost + float(self.worth[k])
                out.append(k)
        if total > best[0]:
            best = (total, out)
        for k in useful[np.argsort(-freed[useful], kind="stable")][:1].tolist():
            if freed[k] > best[0]:
                best = (float(freed[k]), [k])
        money, out = best
        while out and not self._holds(start, out):
            out = out[: len(out) // 2]
            money = float(freed[out].sum())
        if not out and not self._holds(start, out):
            return 0.0, ()
        return there + money, tuple(int(self.inside[k]) for k in out)


def _free_to_spend(left: Array, limit: float) -> Array:
    """What can be spent more in each year, given what each leaves and later years draw on."""
    came = np.zeros(len(left) + 1)
    for year, amount in enumerate(left):
        came[year + 1] = min(limit, max(0.0, came[year] + amount))
    free, promised = np.zeros(len(left)), 0.0
    for year in range(len(left) - 1, -1, -1):
        # Money that later years need of what is carried on is not free.
        free[year] = max(0.0, came[year] + left[year] - promised)
        promised = max(0.0, promised - left[year])
    return free
