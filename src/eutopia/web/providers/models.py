"""How providers compare, how reliable their supply is, and what they say to that."""

from __future__ import annotations

from django.db import models

from eutopia.web.foundation.access import Scope
from eutopia.web.ledger.models import Run
from eutopia.web.territory.models import Territory


class Comparison(models.Model):
    """Providers of one kind beside each other in one respect."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="+", db_index=False)
    run = models.ForeignKey(Run, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=48)
    """Kind of organisation: housing_manager, resource_supplier ..."""
    measure = models.CharField(max_length=32)
    """complaints, late_answers, short_lived_closures."""
    first = models.DateField()
    last = models.DateField()
    overdispersion = models.FloatField()
    spread = models.FloatField()
    effects = models.JSONField(default=list)
    """Triples: covariate, rate ratio for one standard deviation more, standard error of its log."""
    limits = models.JSONField(default=list)
    """The funnel, for drawing: expected events, then low and high at 95 and at 99.8 per cent."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["territory", "kind", "measure"], name="comparison_once"
            ),
        ]
        ordering = ["kind", "measure"]

    def __str__(self) -> str:
        return f"{self.kind} {self.measure}"


class Standing(models.Model):
    """Where one provider stands in a comparison."""

    comparison = models.ForeignKey(Comparison, models.CASCADE, related_name="standings")
    organisation = models.CharField(max_length=96)
    events = models.IntegerField()
    exposure = models.FloatField()
    expected = models.FloatField()
    ratio = models.FloatField()
    shrunk = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()
    verdict = models.CharField(max_length=32)
    rank = models.IntegerField()
    rank_low = models.IntegerField()
    rank_high = models.IntegerField()

    class Meta:
        ordering = ["rank"]
        constraints = [
            models.UniqueConstraint(fields=["comparison", "organisation"], name="standing_once"),
        ]


class SupplyReliability(models.Model):
    """The indices of IEEE 1366 for one service of one supplier."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="+", db_index=False)
    run = models.ForeignKey(Run, models.PROTECT, related_name="+")
    service = models.CharField(max_length=32)
    organisation = models.CharField(max_length=96)
    first = models.DateField()
    last = models.DateField()
    customers = models.IntegerField()
    saidi = models.FloatField()
    saifi = models.FloatField()
    caidi = models.FloatField(null=True)
    maifi = models.FloatField()
    asai = models.FloatField()
    sustained = models.IntegerField()
    momentary = models.IntegerField()
    normal_saidi = models.FloatField()
    normal_saifi = models.FloatField()
    planned_saidi = models.FloatField()
    """What was planned is not in the other indices."""
    threshold_minutes = models.FloatField(null=True)
    threshold_from_period = models.BooleanField()
    major_days = models.JSONField(default=list)
    """Pairs of day and its SAIDI in minutes."""
    set_aside = models.JSONField(default=list)
    """Pairs of interruption and why it was not counted."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["territory", "service", "organisation"], name="supply_reliability_once"
            ),
        ]
        ordering = ["service", "organisation"]


class Reply(models.Model):
    """What a provider says to what is told of it: published as it stands, never changed."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="+", db_index=False)
    organisation = models.CharField(max_length=96)
    measure = models.CharField(max_length=32, default="")
    """What it speaks of: a measure of comparison, a service, or the whole where empty."""
    text = models.TextField()
    language = models.CharField(max_length=8)
    written = models.DateTimeField()
    run = models.ForeignKey(Run, models.PROTECT, null=True, related_name="+")
    """The computation that was on show when it was written."""

    class Meta:
        indexes = [
            models.Index(fields=["territory", "organisation", "-written"], name="reply_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.organisation} {self.written:%Y-%m-%d}"

    def access_scope(self) -> Scope:
        """Say whose it is."""
        return Scope(self.territory.code, self.organisation)
