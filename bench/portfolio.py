"""Choosing a programme: time to 1 % and 0.1 %, against greedy, CBC and the plain model.

Run `python bench/portfolio.py --help`. Cases are random, made from a seed. Seconds and limits are
of the processor, so that a busy machine reaches what a quiet one does; its load is told.
CBC cannot tell what it has on the way: it is asked for 1 % and judged by the relaxation.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from multiprocessing import get_context

import numpy as np
from shapely.geometry import Point

from eutopia.core.kit.optimise import LinearModel, relative_gap, solve
from eutopia.core.kit.search import search
from eutopia.core.plan.model import PortfolioModel, build_model
from eutopia.core.records import (
    Candidate,
    Floor,
    Fund,
    GateDecision,
    Money,
    PortfolioRules,
    Text,
)

FREE = GateDecision("allow", (), (), (), (), (), (), "bench")
DISTRICTS = tuple(f"d{k:02d}" for k in range(12))
MEASURES = ("paving", "pipes", "lamps", "playground", "trees", "yard", "square", "crossing")


def make_case(
    n: int, years: int, *, seed: int = 1, floors: str = "period"
) -> tuple[tuple[Candidate, ...], PortfolioRules]:
    """n candidates over so many years: four funds, co-funding, links, upkeep, crews, floors.

    `floors`: none, spent (shares of money spent), period (hard shares of the budget) or half
    (hard shares of the budget in each half of the period).
    """
    rng = random.Random(seed)
    ids = [f"c{i:05d}" for i in range(n)]
    candidates = []
    for i, id_ in enumerate(ids):
        cost = round(rng.lognormvariate(13.0, 1.1), -2)
        district = rng.choice(DISTRICTS)
        # Half of the districts bring half as much for the money: floors for them cost something.
        rich = 1.3 if district in DISTRICTS[:6] else 0.5
        link = rng.random()
        near = (ids[max(0, i - rng.randint(1, 20))],) if i else ()
        donors = (("residents", Money(Decimal(int(cost * rng.uniform(0.05, 0.3))), "RUB")),)
        candidates.append(
            Candidate(
                id=id_,
                measure=rng.choice(MEASURES),
                title=Text.of(en=id_),
                district=district,
                geometry=Point(30, 60),
                quantity=Decimal(1),
                unit="place",
                cost=Money(Decimal(int(cost)), "RUB"),
                upkeep=Money(Decimal(int(cost * rng.uniform(0, 0.04))), "RUB"),
                life_years=rng.choice((5, 10, 15, 20, 30)),
                benefit=Decimal(int(cost * rng.lognormvariate(-1.6, 0.6) * rich)),
                benefit_low=Decimal(0),
                benefit_high=Decimal(int(cost)),
                sides=(("residents", Decimal("0.7")), ("business", Decimal("0.3"))),
                problem_ids=(),
                people_reached=rng.randint(10, 3000),
                gate=FREE,
                not_before=rng.choice((0, 0, 0, 1, 2)) if years > 2 else 0,
                after=near if link < 0.15 else (),
                requires=near if 0.15 < link < 0.2 else (),
                excludes=near if 0.2 < link < 0.35 else (),
                co_funding=donors if rng.random() < 0.2 else (),
            )
        )
    total = sum(int(c.cost.amount) for c in candidates)
    return tuple(candidates), make_rules(total, years, floors=floors)


def make_rules(total: int, years: int, *, floors: str) -> PortfolioRules:
    """A third of what everything costs, over four funds; upkeep for about as much."""

    def even(share: float) -> tuple[Money, ...]:
        return (Money(Decimal(int(total * share / years)), "RUB"),) * years

    funds = (
        Fund("city", Text.of(en="City"), even(0.18)),
        Fund("reserve", Text.of(en="Reserve"), even(0.04), carry_over=True),
        Fund("state", Text.of(en="State"), even(0.08), max_share=Decimal("0.7")),
        Fund("roads", Text.of(en="Roads"), even(0.05), restricted_to=("paving", "crossing")),
    )
    share = Decimal("0.06")
    half = years // 2
    rows: dict[str, tuple[Floor, ...]] = {
        "none": (),
        "spent": tuple(Floor("district", d, share) for d in DISTRICTS),
        "period": tuple(Floor("district", d, share, of="budget") for d in DISTRICTS),
        "half": tuple(
            Floor("district", d, share, of="budget", years=period)
            for d in DISTRICTS
            for period in ((0, half - 1), (half, years - 1))
        ),
    }
    return PortfolioRules(
        first_year=2027,
        years=years,
        funds=funds,
        upkeep_limit=(Money(Decimal(int(total * 0.0068)), "RUB"),),
        discount_rate=Decimal("0.05"),
        crews=(("paving", max(2, int(total / 8e6 / years))),),
        floor_rules=rows[floors],
    )


def greedy(model: PortfolioModel, rules: PortfolioRules) -> float:
    """Value of taking candidates by benefit for cost, each in the first year everything allows.

    Floors are left aside: the usual list of works knows none.
    """
    linear = model.linear
    money = np.array([label[0] in ("fund", "paid", "share") for label in model.labels])
    floors = np.array([label[0] == "floor" for label in model.labels])
    rows = np.repeat(np.arange(len(linear.row_lower)), np.diff(linear.starts))
    entries: dict[int, list[tuple[int, float]]] = {}
    for row, column, entry in zip(
        rows.tolist(), linear.columns.tolist(), linear.entries.tolist(), strict=True
    ):
        if not money[row] and not floors[row]:
            entries.setdefault(column, []).append((row, entry))
    activity = np.zeros(len(linear.row_lower))
    left = {f.id: [float(m.amount) for m in f.by_year] for f in rules.funds}
    carried = {f.id for f in rules.funds if f.carry_over}
    caps = {f.id: float(f.max_share or 1) for f in rules.funds}
    order = sorted(
        model.by_candidate,
        key=lambda i: -float(model.candidates[i].benefit / max(model.candidates[i].cost.amount, 1)),
    )
    value = 0.0
    for i in order:
        candidate = model.candidates[i]
        gifts = sum(float(m.amount) for _, m in candidate.co_funding)
        need = max(0.0, float(candidate.cost.amount) - gifts)
        for start in model.by_candidate[i]:
            touched = entries.get(start.column, [])
            if any(activity[r] + e > linear.row_upper[r] + 1e-9 for r, e in touched):
                continue
            taken = _pay(need, start.year, model.payers[i], left, carried, caps)
            if taken is None:
                continue
            for fund, year, amount in taken:
                left[fund][year] -= amount
            for row, entry in touched:
                activity[row] += entry
            value += float(linear.objective[start.column])
            break
    return value


def _pay(
    need: float,
    year: int,
    payers: tuple[str, ...],
    left: dict[str, list[float]],
    carried: set[str],
    caps: dict[str, float],
) -> list[tuple[str, int, float]] | None:
    taken, short = [], need
    for fund in sorted(payers, key=lambda f: caps[f]):
        most = caps[fund] * need
        for since in range(year, -1, -1) if fund in carried else (year,):
            amount = min(short, most, left[fund][since])
            if amount > 0:
                taken.append((fund, since, amount))
                short, most = short - amount, most - amount
    return taken if short <= 1e-6 else None


def cbc(linear: LinearModel, *, gap: float, time_limit_s: float) -> tuple[str, float]:
    """The same model in PuLP, solved by CBC with one thread."""
    import pulp

    problem = pulp.LpProblem("programme", pulp.LpMaximize)
    columns = [
        pulp.LpVariable(
            f"x{k}",
            low if np.isfinite(low) else None,
            high if np.isfinite(high) else None,
            "Integer" if whole else "Continuous",
        )
        for k, (low, high, whole) in enumerate(
            zip(linear.lower.tolist(), linear.upper.tolist(), linear.integer.tolist(), strict=True)
        )
    ]
    problem += pulp.LpAffineExpression(zip(columns, linear.objective.tolist(), strict=True))
    for row in range(len(linear.row_lower)):
        part = slice(linear.starts[row], linear.starts[row + 1])
        terms = pulp.LpAffineExpression(
            [
                (columns[c], e)
                for c, e in zip(
                    linear.columns[part].tolist(), linear.entries[part].tolist(), strict=True
                )
            ]
        )
        low, high = float(linear.row_lower[row]), float(linear.row_upper[row])
        if np.isfinite(high):
            problem += terms <= high
        if np.isfinite(low):
            problem += terms >= low
    problem.solve(
        pulp.PULP_CBC_CMD(msg=False, gapRel=gap, timeLimit=time_limit_s, timeMode="cpu", threads=1)
    )
    # Stopped before it has a solution, it calls the relaxation's values optimal.
    whole = np.array([c.varValue or 0.0 for c in columns])[linear.integer]
    if np.abs(whole - np.rint(whole)).max(initial=0.0) > 1e-5:
        return "Not solved", float("nan")
    return pulp.LpStatus[problem.status], float(pulp.value(problem.objective) or float("nan"))


GAPS = (0.01, 0.001)
WALL = 8.0
"""A search that tells nothing ends after so many times its limit, by the clock."""


class Clock:
    """Processor seconds (children's too) since it began, and those at which a gap was reached."""

    def __init__(self, limit: float) -> None:
        self.began, self.limit = self._spent(), limit
        self.found, self.bound = -np.inf, np.inf
        self.reached: dict[float, float] = {}

    def _spent(self) -> float:
        return time.process_time() + resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime

    def seconds(self) -> float:
        return round(self._spent() - self.began, 2)

    def tell(self, found: float, bound: float, _: float) -> bool:
        """Note what is known now; whether time is left to go on."""
        self.found, self.bound = max(self.found, found), min(self.bound, bound)
        for gap in GAPS:
            if relative_gap(self.found, self.bound) <= gap:
                self.reached.setdefault(gap, self.seconds())
        return self.seconds() < self.limit


def measured(method: str, case: Case, limit: float) -> dict[str, object]:
    """What a method gave: value, gap, processor seconds, when it was near enough, peak memory."""
    linear, clock = case.model.linear, Clock(limit)
    if method == "greedy":
        clock.tell(greedy(case.model, case.rules), case.relaxed, 0.0)
    elif method == "cbc":
        status, value = cbc(linear, gap=GAPS[0], time_limit_s=limit)
        clock.tell(value if status == "Optimal" else -np.inf, case.relaxed, 0.0)
    else:
        work = search if method == "search" else solve
        # Where nothing is told for long, the clock on the wall ends it after all.
        wall = WALL * limit
        found = work(linear, gap=GAPS[1], time_limit_s=wall, on_progress=clock.tell)
        clock.tell(found.objective, found.bound, 0.0)
    memory = max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    gap = relative_gap(clock.found, clock.bound)
    return {
        "method": method,
        "value": round(clock.found, 2) if np.isfinite(clock.found) else None,
        "gap": round(gap, 5) if np.isfinite(gap) else None,
        "cpu_s": clock.seconds(),
        **{f"to_{gap:g}": clock.reached.get(gap) for gap in GAPS},
        "peak_mb": memory // 1024,
    }


@dataclass(frozen=True)
class Case:
    """A random case, its model and the value of the relaxation."""

    rules: PortfolioRules
    model: PortfolioModel
    relaxed: float


def run(n: int, years: int, floors: str, methods: list[str], limit: float) -> None:
    """Measure one case by each method, each in a process of its own; a line of JSON for each."""
    candidates, rules = make_case(n, years, floors=floors)
    model = build_model(candidates, rules=rules)
    case = Case(rules, model, solve(model.linear, relax=True).objective)
    head = {"n": n, "years": years, "floors": floors, "limit_s": limit}
    for method in methods:
        load = round(os.getloadavg()[0], 1)
        with ProcessPoolExecutor(1, mp_context=get_context("fork")) as own:
            found = own.submit(measured, method, case, limit).result()
        print(json.dumps({**head, **found, "load": load}), flush=True)


def main() -> None:
    """Run the cases asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", nargs="*", default=["300x5", "2000x8", "10000x10"])
    parser.add_argument("--floors", nargs="*", default=["period", "half"])
    parser.add_argument("--methods", nargs="*", default=["search", "plain", "greedy", "cbc"])
    parser.add_argument("--limit", type=float, default=75.0, help="processor seconds a solve")
    asked = parser.parse_args()
    for case in asked.cases:
        n, years = (int(part) for part in case.split("x"))
        for floors in asked.floors:
            run(n, years, floors, asked.methods, asked.limit)


if __name__ == "__main__":
    main()
