"""Funds, limits and floors of the training town's next programme."""

from __future__ import annotations

from decimal import Decimal

from eutopia.core.records.money import Money
from eutopia.core.records.programme import Fund, PortfolioRules
from eutopia.core.records.text import Text
from eutopia.core.town.assembly import Built
from eutopia.core.town.site import FULL_SIZE

# Roubles a resident and year, assumed: a quarter or so of what diagnosis suggests.
PER_RESIDENT = {"town": 700, "region": 400, "yards": 300, "initiative": 120}

UPKEEP_STEP = 35
"""Roubles a resident by which the yearly upkeep may grow every year (assumed)."""
CREWS = (("earthworks", 40), ("surface", 130), ("lighting", 80), ("planting", 60))
"""Places a year that a full-size town's crews manage, by group of works (assumed)."""


def rules(built: Built, *, residents: int, first_year: int) -> PortfolioRules:
    """Return four funds over five years, upkeep limits, floors by district and crews."""
    years = 5

    def by_year(fund: str, growth: float) -> tuple[Money, ...]:
        base = PER_RESIDENT[fund] * residents
        return tuple(
            Money(Decimal(round(base * (1 + growth) ** k, -3)), "RUB") for k in range(years)
        )

    funds = (
        Fund(
            "town",
            Text.of(en="Town budget", ru="Городской бюджет"),
            by_year("town", 0.03),
            carry_over=False,
        ),
        Fund(
            "region",
            Text.of(en="Regional road grant", ru="Областная дорожная субсидия"),
            by_year("region", 0.0),
            restricted_to=(
                "resurface_road",
                "reconstruct_road",
                "rebuild_footway",
                "build_crossing",
                "calm_traffic",
                "build_ramps",
                "replace_signs",
            ),
        ),
        Fund(
            "yards",
            Text.of(en="Comfortable yards programme", ru="Программа «Уютные дворы»"),
            by_year("yards", 0.02),
            restricted_to=(
                "yard_minimal",
                "yard_additional",
                "square_renewal",
                "renew_playground",
                "build_sports_ground",
                "replace_benches",
                "replace_bins",
                "plant_trees",
                "rebuild_container_site",
            ),
        ),
        Fund(
            "initiative",
            Text.of(en="Residents' initiatives", ru="Инициативные проекты жителей"),
            by_year("initiative", 0.0),
            carry_over=True,
        ),
    )
    people = {q.id: 0 for q in built.site.quarters}
    for lot, n in zip(built.lots, built.stock.residents.tolist(), strict=True):
        people[built.layout.blocks[lot.block].district] += n
    floors = tuple(
        (d, (Decimal(n) / Decimal(residents) * Decimal("0.45")).quantize(Decimal("0.001")))
        for d, n in people.items()
        if n * 200 > residents
    )
    # What stands is kept: each year the operating budget can take on a little more.
    upkeep = tuple(
        Money(Decimal(round(UPKEEP_STEP * residents * (k + 1), -3)), "RUB") for k in range(years)
    )
    return PortfolioRules(
        first_year=first_year,
        years=years,
        funds=funds,
        upkeep_limit=upkeep,
        discount_rate=Decimal("0.05"),
        floors=floors,
        crews=tuple(
            (group, max(round(count * residents / FULL_SIZE), 3)) for group, count in CREWS
        ),
        # Whoever won a vote does not wait for the programme's last year.
        mandate_within=2,
        weights=(("residents", Decimal(1)), ("business", Decimal(1)), ("municipality", Decimal(1))),
    )
