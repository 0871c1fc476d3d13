"""What pages read about the state of what the municipality keeps."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Avg, Count, Q, Sum

from eutopia.web.territory.models import Asset, Territory
from eutopia.web.upkeep.models import ConditionForecast


@dataclass(frozen=True, slots=True)
class ClassCondition:
    """How the things of one class stand now."""

    asset_class: str
    assets: int
    inspected: int
    """How many have a condition on record."""
    mean_condition: float | None
    bands: tuple[int, int, int, int]
    """How many inspected are at 0-25, 25-50, 50-75, 75-100."""
    mean_age: float | None
    life_years: float | None
    worn_out: int
    """How many are at or past the end of their service life."""
    forecast: tuple[tuple[int, float | None, int], ...]
    """Year, mean condition, worn out, if nothing is renewed."""


@dataclass(frozen=True, slots=True)
class UpkeepView:
    """Whether everything built can be kept."""

    classes: tuple[ClassCondition, ...]
    run_id: int | None


@dataclass(frozen=True, slots=True)
class UpkeepBalance:
    """Yearly upkeep the published programme adds, against what the budget takes on."""

    year: int
    added: Decimal
    limit: Decimal | None
    unfunded: Decimal
    """Zero in a sound programme."""


def condition(territory_id: int) -> UpkeepView:
    """In what condition are the things, by class, and where do they go? Three queries.

    Classes with the most things first.
    """
    forecasts = defaultdict(list)
    run_id = None
    for row in ConditionForecast.objects.filter(territory_id=territory_id):
        forecasts[row.asset_class].append(row)
        run_id = row.run_id
    as_of = Territory.objects.values_list("as_of", flat=True).get(pk=territory_id)
    classes = []
    for told in _counted(territory_id):
        code = told["asset_class"]
        years = sorted(forecasts[code], key=lambda row: row.year)
        age = told["installed"]
        classes.append(
            ClassCondition(
                asset_class=code,
                assets=told["assets"],
                inspected=told["inspected"],
                mean_condition=told["mean"],
                bands=(told["b0"], told["b1"], told["b2"], told["b3"]),
                mean_age=None if age is None else as_of.year - age,
                life_years=years[0].life_years if years else None,
                worn_out=years[0].worn_out if years else 0,
                forecast=tuple((row.year, row.mean_condition, row.worn_out) for row in years),
            )
        )
    return UpkeepView(tuple(classes), run_id)


def _counted(territory_id: int) -> Any:
    band = {
        f"b{i}": Count("pk", filter=Q(condition__gte=low) & Q(condition__lt=high))
        for i, (low, high) in enumerate(((0, 25), (25, 50), (50, 75), (75, 101)))
    }
    return (
        Asset.objects.filter(territory_id=territory_id)
        .order_by()
        .values("asset_class")
        .annotate(
            assets=Count("pk"),
            inspected=Count("condition"),
            mean=Avg("condition"),
            installed=Avg("installed"),
            **band,
        )
        .order_by("-assets", "asset_class")
    )


def worn_out(territory_id: int) -> int:
    """How many things are at or past the end of their service life now?"""
    as_of = Territory.objects.values_list("as_of", flat=True).get(pk=territory_id)
    rows = ConditionForecast.objects.filter(territory_id=territory_id, year=as_of.year)
    return rows.aggregate(n=Sum("worn_out"))["n"] or 0
