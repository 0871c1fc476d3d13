"""Statistics that people entered, and what each index said with them."""

from __future__ import annotations

from django.db import models

from eutopia.web.foundation.record_field import RecordField
from eutopia.web.ledger.models import Run
from eutopia.web.territory.models import Territory


class Statistic(models.Model):
    """One figure of one indicator, for a district or (unit empty) the whole municipality."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="+", db_index=False)
    indicator = models.CharField(max_length=96)
    unit = models.CharField(max_length=96, blank=True)
    as_of = models.DateField()
    value = models.DecimalField(max_digits=24, decimal_places=8)
    source = models.CharField(max_length=300)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["territory", "indicator", "unit", "as_of"], name="statistic_key"
            ),
        ]
        ordering = ["indicator", "unit", "as_of"]

    def __str__(self) -> str:
        return f"{self.indicator} {self.unit} {self.as_of}"


class Assessment(models.Model):
    """The latest word of one index on a municipality."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="+", db_index=False)
    index = models.CharField(max_length=96)
    run = models.ForeignKey(Run, models.PROTECT, related_name="+")
    position = models.SmallIntegerField()
    """In the order of the packs."""
    record = RecordField("eutopia.core.records.AssessedIndex")
    """The index, its indicators and the result, whole: what pages show."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["territory", "index"], name="assessment_key"),
        ]
        ordering = ["position", "index"]

    def __str__(self) -> str:
        return self.index
