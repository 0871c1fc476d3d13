"""What was computed, promised and kept: tables that only grow.

A database trigger (see the first migration) refuses to change or delete a row of `Promise` or
`PromiseEvent`, whoever asks.
"""

from __future__ import annotations

from django.db import models

from eutopia.web.territory.models import Territory


class Run(models.Model):
    """One computation: enough to compute it again and compare bit by bit."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="+", db_index=False)
    method = models.CharField(max_length=120)
    """Path of the core's function, `module:function`."""
    parameters = models.JSONField(default=dict)
    editions = models.JSONField(default=list)
    """Packs read: id, edition, digest."""
    seed = models.BigIntegerField(null=True)
    input_digest = models.CharField(max_length=64)
    output_digest = models.CharField(max_length=64)
    as_of = models.DateField()
    started = models.DateTimeField()
    seconds = models.FloatField()
    software = models.CharField(max_length=64)
    quality = models.JSONField(default=list)
    """What was wrong with the data it read: code, count, treatment, values of each weakness."""
    inputs = models.BinaryField(null=True)
    """What went in, where a decision about people or money rests on it: compressed JSON."""

    class Meta:
        indexes = [models.Index(fields=["territory", "method", "-started"], name="run_latest")]

    def __str__(self) -> str:
        return f"{self.method} {self.started:%Y-%m-%d %H:%M}"


class Promise(models.Model):
    """What was promised to the public, by when."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="+", db_index=False)
    code = models.CharField(max_length=160)
    kind = models.CharField(max_length=32)
    """work, vote, deadline, warranty."""
    subject_kind = models.CharField(max_length=32)
    subject_id = models.BigIntegerField()
    title = models.JSONField()
    district = models.CharField(max_length=96, default="")
    made = models.DateField()
    due = models.DateField(null=True)
    amount = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    run = models.ForeignKey(Run, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["territory", "code"], name="promise_key"),
        ]

    def __str__(self) -> str:
        return self.code


class PromiseEvent(models.Model):
    """What became of a promise, with the evidence."""

    promise = models.ForeignKey(Promise, models.CASCADE, related_name="events")
    state = models.CharField(max_length=16)
    """made, kept, late, broken, withdrawn."""
    on = models.DateField()
    evidence = models.JSONField(default=dict)
    recorded = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["promise", "-id"], name="promise_event_latest")]

    def __str__(self) -> str:
        return f"{self.state} {self.on}"
