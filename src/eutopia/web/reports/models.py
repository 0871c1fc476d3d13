"""What people reported, and what was done with it.

No table says who reported. Contact data, where somebody left them, are sealed by the foundation;
the words as they were before redaction lie apart (`PrivateWords`); both are encrypted and erased on
a day set when they came in.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models

from eutopia.web.foundation.access import Scope
from eutopia.web.territory.models import OfTerritory, Territory, natural_key


class ProblemType(OfTerritory):
    """A kind of problem, as the territory's packs have it."""

    title = models.JSONField()
    group = models.CharField(max_length=48)
    owner = models.CharField(max_length=96)
    severity = models.DecimalField(max_digits=5, decimal_places=4)
    known = models.BooleanField(default=True)
    """False where reports name a type that no pack describes."""

    class Meta:
        constraints = [natural_key("problem_type_key")]
        ordering = ["code"]


class DuplicateGroup(models.Model):
    """Reports that tell of one event: suggested by the machine, decided by people."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="+", db_index=False)
    first = models.ForeignKey("Report", models.CASCADE, related_name="+")
    member_ids = ArrayField(models.BigIntegerField())
    """Its reports when it was last decided or suggested; `Report.group` names the live ones."""
    size = models.IntegerField()
    score = models.FloatField()
    state = models.CharField(max_length=16, default="suggested")
    """suggested, confirmed, rejected."""
    reason = models.TextField(default="")
    """Why people decided so, where they said."""
    run = models.ForeignKey("ledger.Run", models.PROTECT, related_name="+", null=True)
    """The run that suggested it; none where people put it together."""

    class Meta:
        indexes = [models.Index(fields=["territory", "state", "-size"], name="group_inbox")]

    def __str__(self) -> str:
        return f"{self.size} reports, {self.state}"


class KeptGrouping(models.Model):
    """What the latest grouping leaves to the next, so that only what changed is compared anew."""

    territory = models.OneToOneField(Territory, models.CASCADE, related_name="+")
    run = models.ForeignKey("ledger.Run", models.PROTECT, related_name="+")
    full_run = models.ForeignKey("ledger.Run", models.PROTECT, related_name="+")
    """The last full run: how rare words are and the threshold are its."""
    decided = models.CharField(max_length=64)
    """Digest of the decisions on groups that the threshold was learned from."""
    content = models.BinaryField()
    """The core's `KeptLinks`."""

    def __str__(self) -> str:
        return f"kept by run {self.run_id}"


class Report(models.Model):
    """One report. `text`, `address` and `closing_note` are redacted: fit for everybody."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="+", db_index=False)
    source = models.TextField()
    number = models.TextField()
    opened = models.DateTimeField()
    closed = models.DateTimeField(null=True)
    source_due = models.DateTimeField(null=True)
    due = models.DateTimeField(null=True)
    due_basis = models.JSONField(null=True)
    """How the deadline was counted: service level, counting, calendar, whether provisional."""
    problem_type = models.TextField()
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    cell = models.BigIntegerField(null=True)
    """H3 cell, resolution 10."""
    text = models.TextField(default="")
    language = models.TextField(default="")
    address = models.TextField(default="")
    district = models.TextField(default="")
    organisation = models.TextField(default="")
    channel = models.TextField(default="")
    closing_note = models.TextField(default="")
    status = models.CharField(max_length=20)
    status_changes = models.IntegerField(default=0)
    """How often people changed the status here; 0 lets a re-import follow the source."""
    group = models.ForeignKey(DuplicateGroup, models.SET_NULL, null=True, related_name="members")
    contact = models.UUIDField(null=True)
    """Key of the foundation's sealed contact, where somebody wants an answer."""
    search = models.GeneratedField(
        # The Russian configuration stems words in Latin letters as English.
        expression=SearchVector("text", config="russian")
        + SearchVector("address", config="russian"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["territory", "source", "number"], name="report_key"),
        ]
        indexes = [
            models.Index(fields=["territory", "-opened", "-id"], name="report_newest"),
            models.Index(fields=["territory", "problem_type", "-opened"], name="report_type"),
            models.Index(fields=["territory", "district", "-opened"], name="report_district"),
            models.Index(
                fields=["territory", "due"],
                name="report_open_due",
                condition=models.Q(closed__isnull=True),
            ),
            GinIndex(fields=["search"], name="report_search"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.number}"

    def access_scope(self) -> Scope:
        """Say whose it is."""
        return Scope(self.territory.code, self.organisation)


class PrivateWords(models.Model):
    """What was written before redaction, encrypted, until the day it is erased."""

    report = models.OneToOneField(Report, models.CASCADE, related_name="private_words")
    original = models.BinaryField()
    erase_on = models.DateField()

    def __str__(self) -> str:
        return f"until {self.erase_on}"


class StatusChange(models.Model):
    """One step of a report's way, with who (by role) and on what evidence."""

    report = models.ForeignKey(Report, models.CASCADE, related_name="changes")
    before = models.CharField(max_length=20)
    after = models.CharField(max_length=20)
    at = models.DateTimeField()
    role = models.CharField(max_length=32)
    note = models.TextField(default="")
    evidence = models.JSONField(default=dict)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.before} to {self.after}"


class Import(models.Model):
    """One file read: what came in and what was set aside."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="+", db_index=False)
    file_name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    source = models.CharField(max_length=64)
    started = models.DateTimeField()
    seconds = models.FloatField()
    read = models.IntegerField()
    added = models.IntegerField()
    changed = models.IntegerField()
    rejected = models.IntegerField()

    def __str__(self) -> str:
        return self.file_name
