"""The state of what the municipality keeps, now and in the years to come."""

from __future__ import annotations

from django.db import models

from eutopia.web.ledger.models import Run
from eutopia.web.territory.models import Territory


class ConditionForecast(models.Model):
    """How the things of one class stand in a year if nothing is renewed."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="+", db_index=False)
    run = models.ForeignKey(Run, models.PROTECT, related_name="+")
    asset_class = models.CharField(max_length=48)
    year = models.SmallIntegerField()
    assets = models.IntegerField()
    known = models.IntegerField()
    """How many of them have an age or an inspected condition to go by."""
    mean_condition = models.FloatField(null=True)
    worn_out = models.IntegerField()
    """At or past the end of the service life."""
    life_years = models.FloatField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["territory", "asset_class", "year"], name="condition_forecast_key"
            ),
        ]
        ordering = ["asset_class", "year"]

    def __str__(self) -> str:
        return f"{self.asset_class} {self.year}"
