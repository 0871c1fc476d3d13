"""Votes: what was put to people, how they voted, what each rule would choose.

Ballots hold no voter. Money and prices are exact: fractions are kept as text (`3/7`). A vote that
is going on is a `Round`; what it ends in, or what was read from a file, is an `Election`.

What a voter does touches two tables that share no key, no time and no order: `Attendance` (one row
a round, who has voted) and `Envelope` (sealed ballots). See docs/adr/0019-secret-ballot.md.
"""

from __future__ import annotations

import uuid

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

    @property
    def forms(self) -> list[list[str]]:
        """Pairs of language and name: the file's own name first (its language is not told), then
        those that it gives by language, as `name_en`."""
        by_language = [
            [key.removeprefix("name_"), words]
            for key, words in self.attributes
            if key.startswith("name_") and words
        ]
        return [["", self.name or self.code], *by_language]


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
    reasons = models.JSONField(default=list)
    """Of each project, by its place in the election: why it was chosen or not."""
    fairness = models.JSONField(default=dict)
    """Who got what: rows of satisfaction, groups that the rule left out."""
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
    price = models.TextField(null=True)
    """An exact fraction, which may have thousands of digits."""
    tied_with = models.JSONField(default=list)

    class Meta:
        ordering = ["position"]


# -- a vote that is going on ------------------------------------------------------------------


class Round(OfTerritory):
    """One vote on a part of the budget, from ideas to the result."""

    title = models.JSONField()
    lead = models.JSONField(default=list)
    """What it is about, in a sentence or two."""
    budget = models.CharField(max_length=80)
    vote_type = models.CharField(max_length=24)
    limits = models.JSONField(default=dict)
    """Whole numbers by name: min_length, max_length, max_points, max_sum_points, max_sum_cost."""
    rule = models.CharField(max_length=48)
    roll = models.CharField(max_length=16)
    """How voters are known: codes, list, provider (OpenID Connect), nobody (not checked)."""
    smallest_group = models.IntegerField(default=10)
    """Districts from which fewer voted are published together."""
    proposals_from = models.DateTimeField()
    proposals_until = models.DateTimeField()
    voting_from = models.DateTimeField()
    voting_until = models.DateTimeField()
    moved = models.JSONField(default=list)
    """Public: the day and the reason each time the dates were moved, and the dates until then."""
    box_key = models.BinaryField()
    """What ballots are sealed with; what opens them is not in the database."""
    papers = models.IntegerField(default=0)
    """Paper ballots handed out."""
    closed = models.DateTimeField(null=True)
    election = models.OneToOneField(Election, models.PROTECT, null=True, related_name="round")

    class Meta:
        constraints = [natural_key("round_key")]


class Proposal(models.Model):
    """What somebody proposed; no account, no name."""

    round = models.ForeignKey(Round, models.CASCADE, related_name="proposals")
    number = models.IntegerField()
    title = models.JSONField()
    text = models.JSONField()
    category = models.CharField(max_length=32)
    lon = models.FloatField()
    lat = models.FloatField()
    district = models.CharField(max_length=96, default="")
    made = models.DateField()
    state = models.CharField(max_length=16, default="new")
    """new, hidden (not fit to be shown), merged, refused, feasible."""
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="merged")
    backing = models.IntegerField(default=1)
    """Who proposed the same: itself and what was merged into it."""
    cost = models.CharField(max_length=80, default="")
    reason = models.JSONField(default=list)
    """Why it may or may not be put to the vote: public."""
    checked = models.DateField(null=True)
    """When that was said last."""
    gate = models.JSONField(default=dict)
    """What the heritage gate said of the place."""
    contact = models.UUIDField(null=True)
    candidate = models.CharField(max_length=96, default="")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["round", "number"], name="proposal_number"),
        ]

    def __str__(self) -> str:
        return f"{self.number}"


class RollBatch(models.Model):
    """Codes printed together, or people listed together."""

    round = models.ForeignKey(Round, models.CASCADE, related_name="batches")
    made = models.DateField()
    size = models.IntegerField()
    district = models.CharField(max_length=96, default="")
    expired = models.BooleanField(default=False)
    """Its codes are no longer taken: lost on the way, printed wrongly."""

    def __str__(self) -> str:
        return f"{self.size}"


class RollEntry(models.Model):
    """Somebody who may vote, as a keyed digest of a code or an identity. No vote changes it."""

    batch = models.ForeignKey(RollBatch, models.CASCADE, related_name="entries", db_index=False)
    round = models.ForeignKey(Round, models.CASCADE, related_name="+", db_index=False)
    digest = models.BinaryField(max_length=8)
    district = models.CharField(max_length=96, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["round", "digest"], name="roll_entry_once"),
        ]

    def __str__(self) -> str:
        return "entry"


class Attendance(models.Model):
    """Who has voted in a round: digests in their own order, in one row, rewritten with each vote.

    A row of its own for each voter would carry the transaction that wrote it, and so lead to the
    ballot written with it.
    """

    round = models.OneToOneField(Round, models.CASCADE, primary_key=True, related_name="+")
    digests = models.BinaryField(default=b"")

    def __str__(self) -> str:
        return "attendance"


class Envelope(models.Model):
    """A sealed ballot. Nothing in it or beside it tells whose."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    round = models.ForeignKey(Round, models.CASCADE, related_name="+")
    row_key = models.CharField(max_length=32, unique=True)
    """Follows from the voter's secret, which is nowhere kept."""
    mark = models.CharField(max_length=64)
    """Tells a repeated sending from a change; says nothing without the secret."""
    sealed = models.BinaryField()
    place = models.BinaryField()
    """The voter's district, sealed by itself: a change of the vote keeps it."""

    def __str__(self) -> str:
        return self.row_key


class PaperBallot(models.Model):
    """A paper ballot that is being keyed: twice, by two people, without either seeing the other's.

    What was keyed stays sealed. Once two keyings agree it is an envelope, and only the serial and
    who keyed it stay here.
    """

    round = models.ForeignKey(Round, models.CASCADE, related_name="+", db_index=False)
    serial = models.CharField(max_length=32)
    state = models.CharField(max_length=16, default="once")
    """once (keyed once), differs (two keyings differ: a third decides), agreed."""
    keyed_by = ArrayField(models.BigIntegerField(), default=list)
    marks = ArrayField(models.CharField(max_length=64), default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["round", "serial"], name="paper_serial"),
        ]

    def __str__(self) -> str:
        return self.serial


class PublishedBox(models.Model):
    """The box as it was published at closing: the file, its hash, the receipts."""

    election = models.OneToOneField(Election, models.CASCADE, primary_key=True, related_name="box")
    packed = models.BinaryField()
    """The Pabulib file, compressed."""
    sha256 = models.CharField(max_length=64)
    receipts = ArrayField(models.CharField(max_length=32))
    """In their own order, not that of the rows."""
    receipts_root = models.CharField(max_length=64)
    together = models.JSONField(default=dict)
    """Voters whose district is not shown, since too few voted there."""
    refused = models.IntegerField(default=0)
    """Envelopes that held no valid ballot."""

    def __str__(self) -> str:
        return self.sha256
