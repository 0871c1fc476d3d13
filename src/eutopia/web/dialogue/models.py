"""Votes: what was put to people, how they voted, what each rule would choose.

Ballots hold no voter. Money and prices are exact: fractions are kept as text (`3/7`).
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from eutopia.web.ledger.models import Run
from eutopia.web.territory.models import OfTerritory, natural_key


class Election(OfTerritory):
    """One participatory budget."""

    title = models.CharField(max_length=300)
    budget = models.CharField(max_length=80)
    vote_type = models.CharField(max_length=24)
    voters = models.IntegerField()
    attributes = models.JSONField(default=list)
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [natural_key("election_key")]


class BallotProject(models.Model):
    """What could be voted for."""

    election = models.ForeignKey(Election, models.CASCADE, related_name="projects")
    position = models.IntegerField()
    code = models.CharField(max_length=96)
    name = models.TextField()
    cost = models.CharField(max_length=80)
    categories = models.JSONField(default=list)
    targets = models.JSONField(default=list)
    selected = models.BooleanField(null=True)
    attributes = models.JSONField(default=list)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    votes = models.IntegerField()
    candidate = models.CharField(max_length=96, default="")
    """Code of the programme's candidate it became, where it did."""

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["election", "code"], name="ballot_project_code"),
            models.UniqueConstraint(fields=["election", "position"], name="ballot_project_place"),
        ]

    def __str__(self) -> str:
        return self.name or self.code


class Ballot(models.Model):
    """What `count` equal voters said."""

    election = models.ForeignKey(Election, models.CASCADE, related_name="ballots")
    position = models.IntegerField()
    approvals = ArrayField(models.IntegerField())
    scores = ArrayField(models.CharField(max_length=40))
    count = models.IntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["election", "position"], name="ballot_place"),
        ]


class Tally(models.Model):
    """What one rule chooses. At most one tally of an election is the binding one."""

    election = models.ForeignKey(Election, models.CASCADE, related_name="tallies")
    run = models.ForeignKey(Run, models.PROTECT, related_name="+")
    rule = models.CharField(max_length=48)
    parameters = models.JSONField(default=list)
    binding = models.BooleanField(default=False)
    cost = models.CharField(max_length=80)
    budget = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["election"], condition=models.Q(binding=True), name="tally_one_binding"
            ),
            models.UniqueConstraint(fields=["election", "rule", "parameters"], name="tally_once"),
        ]

    def __str__(self) -> str:
        return self.rule


class TallyStep(models.Model):
    """One choice of a rule, in order."""

    tally = models.ForeignKey(Tally, models.CASCADE, related_name="steps")
    position = models.IntegerField()
    project = models.ForeignKey(BallotProject, models.CASCADE, related_name="+")
    supporters = models.IntegerField(null=True)
    price = models.CharField(max_length=400, null=True)
    tied_with = models.JSONField(default=list)

    class Meta:
        ordering = ["position"]
