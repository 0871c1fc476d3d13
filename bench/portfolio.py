"""Choosing a programme: time to 1 % and 0.1 %, against greedy, CBC and the plain model.

Run `python bench/portfolio.py --help`. Cases are random, made from a seed.
"""

from __future__ import annotations

import random
from decimal import Decimal

from shapely.geometry import Point

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
        link = rng.random()
        near = (ids[max(0, i - rng.randint(1, 20))],) if i else ()
        donors = (("residents", Money(Decimal(int(cost * rng.uniform(0.05, 0.3))), "RUB")),)
        candidates.append(
            Candidate(
                id=id_,
                measure=rng.choice(MEASURES),
                title=Text.of(en=id_),
                district=rng.choice(DISTRICTS),
                geometry=Point(30, 60),
                quantity=Decimal(1),
                unit="place",
                cost=Money(Decimal(int(cost)), "RUB"),
                upkeep=Money(Decimal(int(cost * rng.uniform(0, 0.04))), "RUB"),
                life_years=rng.choice((5, 10, 15, 20, 30)),
                benefit=Decimal(int(cost * rng.lognormvariate(-1.6, 0.6))),
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
        upkeep_limit=(Money(Decimal(int(total * 0.0055)), "RUB"),),
        discount_rate=Decimal("0.05"),
        crews=(("paving", max(2, int(total / 8e6 / years))),),
        floor_rules=rows[floors],
    )
