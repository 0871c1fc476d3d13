"""Communal services: what was out, for whom, and what is owed back."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from eutopia.web.ledger.models import Run
from eutopia.web.territory.models import OfTerritory, Territory, natural_key


class Interruption(OfTerritory):
    """A service out or off its norm."""

    service = models.CharField(max_length=32)
    organisation = models.CharField(max_length=96)
    started = models.DateTimeField()
    ended = models.DateTimeField(null=True)
    planned = models.BooleanField()
    parameter = models.CharField(max_length=24)
    measured = models.DecimalField(max_digits=14, decimal_places=4, null=True)
    cause = models.CharField(max_length=96)
    asset = models.CharField(max_length=96, null=True)
    buildings = ArrayField(models.CharField(max_length=96))
    customers = models.IntegerField()
    notice_given = models.DateTimeField(null=True)

    class Meta:
        constraints = [natural_key("interruption_key")]
        indexes = [
            models.Index(fields=["territory", "-started"], name="interruption_newest"),
            GinIndex(fields=["buildings"], name="interruption_buildings"),
        ]


class Charge(models.Model):
    """What a dwelling (a number, never a person) was charged for a service in a month."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="+", db_index=False)
    dwelling = models.CharField(max_length=96)
    building = models.CharField(max_length=96)
    service = models.CharField(max_length=32)
    period = models.DateField()
    fee = models.DecimalField(max_digits=18, decimal_places=6)
    currency = models.CharField(max_length=3)
    volume = models.DecimalField(max_digits=18, decimal_places=6, null=True)
    tariff = models.DecimalField(max_digits=18, decimal_places=6, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["territory", "dwelling", "service", "period"], name="charge_key"
            ),
        ]
        indexes = [models.Index(fields=["territory", "period", "building"], name="charge_period")]

    def __str__(self) -> str:
        return f"{self.dwelling} {self.service} {self.period:%Y-%m}"


class Recalculation(models.Model):
    """What is owed back for one charge."""

    charge = models.OneToOneField(Charge, models.CASCADE, related_name="recalculation")
    run = models.ForeignKey(Run, models.PROTECT, related_name="+")
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    capped = models.BooleanField()
    set_aside = models.JSONField(default=list)
    notes = models.JSONField(default=list)
    edition = models.TextField()
    advisory = models.JSONField(default=list)
    """Ranges that courts or guides gave where the norm sets no value; no part of the amount."""
    assumed = models.JSONField(default=list)
    """Circumstances taken for granted because nobody gave them."""


class ReductionLine(models.Model):
    """How much is taken off for what, by which article."""

    recalculation = models.ForeignKey(Recalculation, models.CASCADE, related_name="lines")
    norm_path = models.TextField()
    article = models.TextField()
    verification = models.CharField(max_length=4)
    interruptions = models.JSONField(default=list)
    supplied = models.TextField()
    permitted = models.DecimalField(max_digits=14, decimal_places=4)
    excess = models.DecimalField(max_digits=14, decimal_places=4)
    unit = models.CharField(max_length=24)
    percent = models.DecimalField(max_digits=14, decimal_places=6)
    amount = models.DecimalField(max_digits=18, decimal_places=2)
