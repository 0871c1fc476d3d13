"""Candidates and rules for tests: small by hand, random by seed."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
from shapely.geometry import Point

from eutopia.core.plan.appraisal import annuity, discounted_value
from eutopia.core.plan.payments import allocate_payments
from eutopia.core.plan.verification import verify_programme
from eutopia.core.records import (
    Bundle,
    Candidate,
    Closure,
    CrewCalendar,
    Floor,
    Fund,
    GateDecision,
    Money,
    PortfolioRules,
    Text,
)

FREE = GateDecision("allow", (), (), (), (), (), (), "e1")
FORBIDDEN = GateDecision("forbid", ("r1",), (), (), (), (), (), "e1")


def rub(amount: int | str | Decimal) -> Money:
    return Money(Decimal(amount), "RUB")


def candidate(id_: str, cost: int | str, benefit: int | str, **extra: Any) -> Candidate:
    """A candidate of measure `paving` in district `A` that costs and brings so much."""
    fields: dict[str, Any] = {
        "measure": "paving",
        "title": Text.of(en=id_),
        "district": "A",
        "geometry": Point(30, 60),
        "quantity": Decimal(1),
        "unit": "place",
        "cost": rub(cost),
        "upkeep": rub(0),
        "life_years": 10,
        "benefit": Decimal(benefit),
        "benefit_low": Decimal(benefit) / 2,
        "benefit_high": Decimal(benefit) * 2,
        "sides": (("residents", Decimal(1)),),
        "problem_ids": (),
        "people_reached": 10,
        "gate": FREE,
    }
    return Candidate(id=id_, **{**fields, **extra})


def fund(id_: str, *by_year: int | str, **extra: Any) -> Fund:
    return Fund(id=id_, title=Text.of(en=id_), by_year=tuple(rub(m) for m in by_year), **extra)


def rules(*funds: Fund, **extra: Any) -> PortfolioRules:
    years = len(funds[0].by_year)
    fields: dict[str, Any] = {"first_year": 2027, "years": years, "upkeep_limit": ()}
    return PortfolioRules(
        funds=tuple(funds), **{**fields, "discount_rate": Decimal("0.05"), **extra}
    )


def random_case(seed: int, *, n: int, years: int) -> tuple[tuple[Candidate, ...], PortfolioRules]:
    """A case with two or three funds, links, gates, upkeep and crews, of every kind at random."""
    rng = random.Random(seed)
    ids = [f"c{i:02d}" for i in range(n)]
    found = []
    for i, id_ in enumerate(ids):
        cost = rng.randint(5, 60)
        link = rng.random()
        earlier = tuple(rng.sample(ids[:i], 1)) if i else ()
        found.append(
            candidate(
                id_,
                cost,
                Decimal(rng.randint(5, 400)) / 10,
                district=rng.choice("ABC"),
                measure=rng.choice(["paving", "pipes", "lamps"]),
                upkeep=rub(rng.choice([0, 0, 1, 2])),
                life_years=rng.choice([1, 3, 10, 25]),
                gate=FORBIDDEN if rng.random() < 0.06 else FREE,
                not_before=rng.choice([0, 0, 0, 1]),
                after=earlier if link < 0.12 else (),
                requires=earlier if 0.12 < link < 0.2 else (),
                excludes=earlier if 0.2 < link < 0.35 else (),
                co_funding=(("residents", rub(rng.randint(1, 9))),) if rng.random() < 0.2 else (),
                upkeep_funded=rng.random() > 0.03,
                groups=("children",) if rng.random() < 0.3 else (),
                mandate=rng.random() < 0.05,
                overlaps=tuple((other, Decimal(2)) for other in earlier if 0.35 < link < 0.5),
            )
        )
    funds = [
        fund("city", *[rng.randint(20, 90) for _ in range(years)], carry_over=rng.random() < 0.5),
        fund("grant", *[rng.randint(0, 40) for _ in range(years)], restricted_to=("pipes",)),
    ]
    if rng.random() < 0.4:
        funds.append(fund("state", *[30] * years, max_share=Decimal("0.5"), carry_over=True))
    extra: dict[str, Any] = {}
    if rng.random() < 0.5:
        extra["upkeep_limit"] = tuple(rub(rng.randint(1, 6)) for _ in range(years))
    if rng.random() < 0.5:
        extra["crews"] = (("paving", rng.randint(1, 2)),)
    if rng.random() < 0.5:
        extra["floors"] = ((rng.choice("ABC"), Decimal("0.3")),)
    if rng.random() < 0.3:
        extra["floor_rules"] = (Floor("group", "children", Decimal("0.1"), of="budget"),)
    if rng.random() < 0.3 and n > 3:
        extra["bundles"] = (Bundle("b", tuple(rng.sample(ids, 2)), rub(5)),)
    if rng.random() < 0.2:
        extra["must_not"] = (rng.choice(ids),)
    return tuple(found), rules(*funds, **extra)


def worth(candidates: Sequence[Candidate], chosen: dict[int, int], r: PortfolioRules) -> Decimal:
    total = sum((discounted_value(candidates[i], rules=r, year=t) for i, t in chosen.items()),
                Decimal(0))  # fmt: skip
    position = {c.id: i for i, c in enumerate(candidates)}
    for i in chosen:
        for other, benefit in candidates[i].overlaps:
            j = position[other]
            if j in chosen:
                # Both bring it from the later year on, until the first of them wears out.
                later = max(chosen[i], chosen[j])
                total -= min(discounted_value(candidates[k], rules=r, year=later, benefit=benefit)
                             for k in (i, j))  # fmt: skip
    if r.objective == "net":
        for i, t in chosen.items():
            c = candidates[i]
            spent = c.cost.amount + c.upkeep.amount * annuity(
                years=c.life_years, rate=r.discount_rate
            )
            total -= spent / (1 + r.discount_rate) ** t
    return total


def best_by_brute_force(
    candidates: Sequence[Candidate], r: PortfolioRules
) -> tuple[float, dict[int, int]] | None:
    """The best of all programmes: the first, from the dearest down, that keeps the rules.

    None where no programme keeps them. Up to 14 candidates in one year, 8 in two.
    """
    n = len(candidates)
    picks = np.array(list(itertools.product(range(-1, r.years), repeat=n)))
    single = np.zeros((n, r.years + 1))
    for i, t in itertools.product(range(n), range(r.years)):
        single[i, t] = float(worth(candidates, {i: t}, r))
    values = single[np.arange(n), picks].sum(axis=1)
    for i, j in itertools.combinations(range(n), 2):
        for s, t in itertools.product(range(r.years), repeat=2):
            both = float(worth(candidates, {i: s, j: t}, r)) - single[i, s] - single[j, t]
            if both:
                values += both * ((picks[:, i] == s) & (picks[:, j] == t))
    for k in np.argsort(-values, kind="stable"):
        chosen = {i: t for i, t in enumerate(picks[k].tolist()) if t >= 0}
        choices = allocate_payments(chosen, candidates, rules=r)
        if choices is not None and not verify_programme(choices, candidates, rules=r):
            return float(values[k]), chosen
    return None


def rich_case(seed: int, *, n: int, years: int) -> tuple[tuple[Candidate, ...], PortfolioRules]:
    """`random_case` with crews by month, closed streets, rules of funds, gifts, qualities, pins."""
    found, r = random_case(seed, n=n, years=years)
    rng = random.Random(seed + 10_000)
    candidates = []
    for c in found:
        first = rng.choice([1, 4, 4, 5])
        kind = rng.choice(["cash", "in_kind", "labour"])
        candidates.append(
            replace(
                c,
                season=(first, rng.choice([9, 10, 12])),
                ready_month=rng.choice([0, 0, 0, 6, 10, 14]) if years > 1 else rng.choice([0, 6]),
                crew_months=(("surface", Decimal(rng.randint(1, 8)) / 2),),
                closes=(rng.choice(["s1", "s2"]),) if rng.random() < 0.5 else (),
                gift_kinds=tuple((donor, kind) for donor, _ in c.co_funding),
                effects=(("safety", Decimal(rng.randint(0, 20))),),
            )
        )
    r = replace(r, funds=tuple(_with_rules(f, rng) for f in r.funds))
    by_month = [Decimal(0)] * 3 + [Decimal(rng.choice([1, 1, 2]))] * 7 + [Decimal(0)] * 2
    extra: dict[str, Any] = {"crew_calendars": (CrewCalendar("surface", tuple(by_month)),)}
    if rng.random() < 0.6:
        open_ = (rng.randrange(years),) if rng.random() < 0.3 else ()
        extra["closures"] = (Closure("s1", 1, open_), Closure("s2", rng.choice([0, 1])))
    if rng.random() < 0.5:
        extra["quality_values"] = (("safety", Decimal("0.2")),)
    if rng.random() < 0.3:
        extra["must_in"] = ((rng.choice(found).id, rng.randrange(years)),)
    if rng.random() < 0.3:
        extra["mandates"] = "soft"
    return tuple(candidates), replace(r, **extra)


def _with_rules(f: Fund, rng: random.Random) -> Fund:
    return replace(
        f,
        most_each=rub(rng.randint(10, 40)) if rng.random() < 0.35 else None,
        districts=("A", "B") if rng.random() < 0.2 else (),
        needs_gift=Decimal("0.05") if rng.random() < 0.15 else None,
        gifts_counted=rng.choice([("cash",), ("cash", "in_kind", "labour")]),
        carry_limit=rub(rng.randint(0, 30)) if f.carry_over and rng.random() < 0.5 else None,
    )


def with_cost(found: Sequence[Candidate], id_: str, cost: Money) -> tuple[Candidate, ...]:
    return tuple(replace(c, cost=cost) if c.id == id_ else c for c in found)


def with_benefit(found: Sequence[Candidate], id_: str, benefit: Decimal) -> tuple[Candidate, ...]:
    return tuple(replace(c, benefit=benefit) if c.id == id_ else c for c in found)
