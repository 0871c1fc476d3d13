"""Works done, and what they changed."""

from __future__ import annotations

from django.db import models

from eutopia.web.foundation.located import Located
from eutopia.web.ledger.models import Run
from eutopia.web.territory.models import OfTerritory, Territory, natural_key


class Measure(OfTerritory):
    """A measure of the territory's packs: what it costs, lasts and changes."""

    title = models.JSONField()
    unit = models.CharField(max_length=32)
    cost_low = models.DecimalField(max_digits=18, decimal_places=4)
    cost = models.DecimalField(max_digits=18, decimal_places=4)
    cost_high = models.DecimalField(max_digits=18, decimal_places=4)
    price_date = models.DateField()
    life_years = models.SmallIntegerField()
    effect_low = models.DecimalField(max_digits=6, decimal_places=4)
    effect = models.DecimalField(max_digits=6, decimal_places=4)
    effect_high = models.DecimalField(max_digits=6, decimal_places=4)
    answers = models.JSONField(default=list)
    source = models.JSONField(null=True)

    class Meta:
        constraints = [natural_key("measure_key")]
        ordering = ["code"]


class Work(OfTerritory, Located):
    """What was built where, when, by whom, for how much."""

    measure = models.CharField(max_length=96)
    district = models.CharField(max_length=96)
    started = models.DateField()
    finished = models.DateField(null=True)
    cost = models.DecimalField(max_digits=20, decimal_places=6)
    currency = models.CharField(max_length=3)
    contractor = models.CharField(max_length=96, default="")
    warranty_until = models.DateField(null=True)
    candidate = models.CharField(max_length=96, default="")
    assets = models.JSONField(default=list)

    class Meta(Located.Meta):
        abstract = False
        constraints = [natural_key("work_key")]
        indexes = (
            *Located.Meta.indexes,
            models.Index(fields=["territory", "candidate"], name="work_candidate"),
        )


class Outcome(models.Model):
    """Whether it worked: events before and after, against places where nothing was done.

    `work` is empty where the outcome is of a measure as a whole.
    """

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="+", db_index=False)
    run = models.ForeignKey(Run, models.PROTECT, related_name="+")
    work = models.OneToOneField(Work, models.CASCADE, null=True, related_name="outcome")
    measure = models.CharField(max_length=96)
    before = models.IntegerField()
    after = models.IntegerField()
    days_before = models.IntegerField()
    days_after = models.IntegerField()
    comparison_before = models.IntegerField()
    comparison_after = models.IntegerField()
    ratio = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    verdict = models.CharField(max_length=16)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["territory", "measure"],
                condition=models.Q(work__isnull=True),
                name="outcome_measure_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.measure}: {self.verdict}"
