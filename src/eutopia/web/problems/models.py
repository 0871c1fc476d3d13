"""The central record: what many reports have in common, with its evidence, causes and cost."""

from __future__ import annotations

from django.db import models

from eutopia.web.foundation.access import Scope
from eutopia.web.foundation.record_field import RecordField
from eutopia.web.ledger.models import Run
from eutopia.web.reports.models import Report
from eutopia.web.territory.models import Territory


class Problem(models.Model):
    """What keeps coming back at a place. `number` never changes and is never given twice."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="+", db_index=False)
    number = models.IntegerField()
    code = models.CharField(max_length=96)
    """The core's id in the run that last found it."""
    run = models.ForeignKey(Run, models.PROTECT, related_name="+")
    state = models.CharField(max_length=16, default="found")
    """found, confirmed, rejected, merged."""
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="merged")
    current = models.BooleanField(default=True)
    """Whether the latest diagnosis still finds it."""
    problem_type = models.CharField(max_length=96)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    radius_m = models.FloatField()
    district = models.CharField(max_length=96)
    place = models.CharField(max_length=300)
    reports = models.IntegerField()
    events = models.IntegerField()
    recurrences = models.IntegerField()
    first_seen = models.DateField()
    last_seen = models.DateField()
    people_affected = models.IntegerField()
    severity = models.FloatField()
    trend = models.FloatField()
    owner = models.CharField(max_length=96)
    repeats_per_year = models.FloatField()
    horizon_years = models.SmallIntegerField()
    discount_rate = models.DecimalField(max_digits=8, decimal_places=6)
    cost_response = models.DecimalField(max_digits=20, decimal_places=6)
    cost_residents = models.DecimalField(max_digits=20, decimal_places=6)
    cost_total = models.DecimalField(max_digits=20, decimal_places=6)
    cost_low = models.DecimalField(max_digits=20, decimal_places=6)
    cost_high = models.DecimalField(max_digits=20, decimal_places=6)
    record = RecordField("eutopia.core.records.Problem")
    """The core's record, whole and exact: what is fed to planning."""
    certainty = models.FloatField(null=True)
    """Chance that staff who look will confirm it; NULL before enough was decided."""
    corrected = models.JSONField(default=dict)
    """What people set right, by name: problem_type, place, owner, radius_m, cause. It stands above
    what is found, in every diagnosis to come."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["territory", "number"], name="problem_number"),
        ]
        indexes = [
            models.Index(fields=["territory", "current", "-cost_total"], name="problem_by_cost"),
        ]

    def __str__(self) -> str:
        return f"P-{self.number}"

    def access_scope(self) -> Scope:
        """Say whose it is."""
        return Scope(self.territory.code, self.owner)


class ProblemChange(models.Model):
    """One line of a problem's history: what the engine found or people said, and when."""

    problem = models.ForeignKey(Problem, models.CASCADE, related_name="changes")
    kind = models.CharField(max_length=16)
    """found, ended, returned, merged, split, confirmed, rejected, corrected, joined, parted,
    inspected."""
    on = models.DateField()
    """The territory's day."""
    others = models.JSONField(default=list)
    """Numbers of the other problems it was merged with or split from."""
    fields = models.JSONField(default=dict)
    """What was corrected or seen, by name."""
    reason = models.TextField(default="")
    role = models.CharField(max_length=32, default="")
    """In which role a person did it; empty for the engine. No name is kept here."""

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.on}"


class Ruling(models.Model):
    """Staff's word on which reports are one problem and which are apart, in its order."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=16)
    """together or apart."""
    report_ids = models.JSONField()
    on = models.DateField()
    reason = models.TextField(default="")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.on}"


class Inspection(models.Model):
    """What somebody who went there saw."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="+", db_index=False)
    code = models.CharField(max_length=64)
    on = models.DateField()
    confirmed = models.BooleanField()
    problem_type = models.CharField(max_length=96, default="")
    cause = models.CharField(max_length=32, default="")
    asset = models.CharField(max_length=96, default="")
    condition = models.FloatField(null=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    note = models.TextField(default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["territory", "code"], name="inspection_key"),
        ]

    def __str__(self) -> str:
        return self.code


class WeatherDay(models.Model):
    """How the weather was on a day; NULL where it was not measured."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    low_c = models.FloatField(null=True)
    high_c = models.FloatField(null=True)
    rain_mm = models.FloatField(null=True)
    wind_ms = models.FloatField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["territory", "day"], name="weather_day_once"),
        ]

    def __str__(self) -> str:
        return str(self.day)


class ProblemReport(models.Model):
    """A report that speaks for a problem."""

    problem = models.ForeignKey(Problem, models.CASCADE, related_name="report_links")
    report = models.ForeignKey(Report, models.CASCADE, related_name="problem_links")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["problem", "report"], name="problem_report_once"),
        ]


class Evidence(models.Model):
    """What speaks for a problem, how strongly."""

    problem = models.ForeignKey(Problem, models.CASCADE, related_name="evidence")
    kind = models.CharField(max_length=32)
    weight = models.FloatField()
    measure = models.FloatField()
    unit = models.CharField(max_length=32)
    subject_ids = models.JSONField(default=list)


class Cause(models.Model):
    """What may be behind a problem, how likely."""

    problem = models.ForeignKey(Problem, models.CASCADE, related_name="causes")
    cause = models.CharField(max_length=32)
    likelihood = models.FloatField()
    asset = models.CharField(max_length=96, default="")


class ProblemAsset(models.Model):
    """A thing of the municipality that a problem touches."""

    problem = models.ForeignKey(Problem, models.CASCADE, related_name="asset_links")
    asset = models.CharField(max_length=96)


class Cluster(models.Model):
    """Where reports of one kind piled up more than chance lets them, by the latest scan."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="+", db_index=False)
    run = models.ForeignKey(Run, models.PROTECT, related_name="+")
    place = models.IntegerField()
    """1 for the surest."""
    problem_type = models.CharField(max_length=96)
    prospective = models.BooleanField()
    """Whether it lasts to the last day."""
    lon = models.FloatField()
    lat = models.FloatField()
    radius_m = models.FloatField()
    start = models.DateField()
    end = models.DateField()
    cases = models.IntegerField()
    expected = models.FloatField()
    llr = models.FloatField()
    p = models.FloatField()
    record = RecordField("eutopia.core.records.Cluster")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["territory", "place"], name="cluster_once"),
        ]

    def __str__(self) -> str:
        return f"{self.problem_type} {self.start}"


class KeptScans(models.Model):
    """What the latest scans found in past weeks: as long as their reports stand, it does."""

    territory = models.OneToOneField(Territory, models.CASCADE, related_name="+")
    record = RecordField("eutopia.core.records.PastScans")

    def __str__(self) -> str:
        return str(self.territory_id)


class SystemicMonth(models.Model):
    """How systemic a month was in a district (empty: everywhere)."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="+", db_index=False)
    run = models.ForeignKey(Run, models.PROTECT, related_name="+")
    district = models.CharField(max_length=96, default="")
    month = models.DateField()
    reports = models.IntegerField()
    explained = models.IntegerField()
    events = models.IntegerField()
    repeats = models.IntegerField()
    repeat_cost = models.DecimalField(max_digits=18, decimal_places=2)
    problems = models.IntegerField()
    funded = models.IntegerField()
    median_age_days = models.FloatField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["territory", "district", "month"], name="systemic_month_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.district} {self.month}"


class Recurrence(models.Model):
    """How often closures come back: over all, by type, by organisation, at a chronic place."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="recurrences")
    run = models.ForeignKey(Run, models.PROTECT, related_name="+")
    by = models.CharField(max_length=16)
    """all, problem_type, organisation, place."""
    code = models.CharField(max_length=300, default="")
    """Of the type or organisation; the place in words."""
    problem_type = models.CharField(max_length=96, default="")
    """Of a place's events."""
    events = models.IntegerField()
    repeats = models.IntegerField()
    closures = models.IntegerField()
    returned = models.IntegerField()
    share = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()
    curve = models.JSONField(default=dict)
    """Kaplan-Meier: days, holding, low, high, median; empty where there are too few closures."""
    chronic = models.JSONField(default=dict)
    """Of a type: places, rate, least_events, chronic, false_alarms, false_share."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["territory", "by", "code", "problem_type"], name="recurrence_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.by} {self.code}"
