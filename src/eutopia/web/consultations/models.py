"""What people are asked, what they say, what is answered; what sides weigh; what is pledged.

No table says who commented or weighed: a comment is its redacted words, a weighing its numbers.
Pledges and what became of them only grow: a trigger of the database (see the migration) refuses
to change or delete them. Names are pairs of language and wording.
"""

from __future__ import annotations

from django.db import models

from eutopia.web.foundation.access import Scope
from eutopia.web.ledger.models import Promise, Run
from eutopia.web.programmes.models import Candidate, Programme
from eutopia.web.territory.models import Territory


class Numbered(models.Model):
    """What belongs to a municipality and has a number there that people can say aloud."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="+", db_index=False)
    number = models.IntegerField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.number)

    def access_scope(self) -> Scope:
        """Say whose it is."""
        return Scope(self.territory.code)


class Consultation(Numbered):
    """A question to everybody, with a day by which the municipality answers."""

    subject = models.CharField(max_length=16)
    """problem, candidate, programme, proposal or free."""
    subject_number = models.IntegerField(null=True)
    """Number of the problem or programme, key of the candidate or proposal."""
    standing = models.BooleanField(default=False)
    """Nobody asked: the first comment beside a proposal opened it."""
    title = models.JSONField()
    text = models.JSONField()
    opens = models.DateTimeField()
    closes = models.DateTimeField()
    moderation = models.CharField(max_length=8)
    """before or after comments are shown."""
    answer_due = models.DateTimeField()
    due_basis = models.JSONField(null=True)
    """How the deadline was counted: service level, counting, calendar, whether provisional."""
    answered = models.DateTimeField(null=True)
    summary = models.JSONField(default=list)
    promise = models.ForeignKey(Promise, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["territory", "number"], name="consultation_number"),
        ]


class Comment(models.Model):
    """What somebody said, redacted. One that is folded stands under the first that said it."""

    consultation = models.ForeignKey(Consultation, models.CASCADE, related_name="comments")
    number = models.IntegerField()
    text = models.TextField()
    language = models.CharField(max_length=8)
    at = models.DateTimeField()
    state = models.CharField(max_length=8)
    """waiting, shown, hidden."""
    why_hidden = models.CharField(max_length=16, default="")
    folded_under = models.ForeignKey("self", models.SET_NULL, null=True, related_name="folded")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["consultation", "number"], name="comment_number"),
        ]
        indexes = [models.Index(fields=["consultation", "state"], name="comment_state")]


class AnswerPoint(models.Model):
    """One point of the official answer: yes, no or partly, and why."""

    consultation = models.ForeignKey(Consultation, models.CASCADE, related_name="points")
    position = models.IntegerField()
    asked = models.JSONField()
    verdict = models.CharField(max_length=8)
    """yes, no, partly."""
    reason = models.JSONField()
    comments = models.ManyToManyField(Comment, related_name="points")

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["consultation", "position"], name="answer_point_once"),
        ]


class Change(models.Model):
    """What was done because of a point of an answer."""

    point = models.ForeignKey(AnswerPoint, models.CASCADE, related_name="changes")
    on = models.DateField()
    words = models.JSONField()
    candidate = models.ForeignKey(Candidate, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["on", "id"]


class Mediation(Numbered):
    """Three sides weigh the same criteria; a programme is sought that all can call fair."""

    title = models.JSONField()
    criteria = models.JSONField()
    """Codes of groups of problems, as the packs have them."""
    opens = models.DateTimeField()
    closes = models.DateTimeField()
    programme = models.ForeignKey(Programme, models.PROTECT, related_name="+")
    """Among whose candidates and under whose rules a compromise is sought."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["territory", "number"], name="mediation_number"),
        ]


class SideCode(models.Model):
    """A code by which one business (or another body) weighs once. The code itself is not kept."""

    mediation = models.ForeignKey(Mediation, models.CASCADE, related_name="codes")
    side = models.CharField(max_length=16)
    digest = models.CharField(max_length=64)
    used = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mediation", "digest"], name="side_code_once"),
        ]


class Weighing(models.Model):
    """What one person or body said of how much each criterion counts."""

    mediation = models.ForeignKey(Mediation, models.CASCADE, related_name="weighings")
    side = models.CharField(max_length=16)
    method = models.CharField(max_length=24)
    answers = models.JSONField()
    """As given: points, swings, pairs, or best and worst."""
    weights = models.JSONField()
    """One a criterion, in its order."""
    inconsistency = models.FloatField()
    day = models.DateField()
    """The day alone: a moment could be joined with a visit."""
    common = models.BooleanField(default=False)
    """The position of the whole side (a council's decision)."""

    class Meta:
        indexes = [models.Index(fields=["mediation", "side"], name="weighing_side")]


class Settlement(models.Model):
    """A compromise computed: the options, what each is worth to each side, what rules choose."""

    mediation = models.ForeignKey(Mediation, models.CASCADE, related_name="settlements")
    run = models.ForeignKey(Run, models.PROTECT, related_name="+")
    made = models.DateTimeField()
    sides = models.JSONField()
    """Weights with bounds by side, agreement by criterion."""
    options = models.JSONField()
    """By option: where from, candidates with years, cost, scores, utilities."""
    bargain = models.JSONField()
    """What the core's method said."""

    class Meta:
        ordering = ["-id"]


class Agreement(Numbered):
    """What was agreed between the municipality and others."""

    title = models.JSONField()
    parties = models.JSONField()
    """Names of bodies; never of a person."""
    terms = models.JSONField()
    """Paragraphs, each in its languages."""
    signed = models.DateField()
    until = models.DateField(null=True)
    candidate = models.ForeignKey(Candidate, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["territory", "number"], name="agreement_number"),
        ]


class Pledge(Numbered):
    """Who will give what for which project: money, things or work. Never changed."""

    organisation = models.CharField(max_length=96, default="")
    building = models.CharField(max_length=96, default="")
    """Whose residents pledge, where residents do."""
    candidate = models.ForeignKey(Candidate, models.PROTECT, null=True, related_name="+")
    agreement = models.ForeignKey(Agreement, models.PROTECT, null=True, related_name="pledges")
    kind = models.CharField(max_length=8)
    """cash, in_kind, labour."""
    what = models.JSONField()
    value = models.DecimalField(max_digits=18, decimal_places=2)
    hours = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    rate = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    """What an hour of labour is valued at."""
    valued_by = models.CharField(max_length=300, default="")
    """By which price list or rule things and hours are valued."""
    made = models.DateField()
    due = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["territory", "number"], name="pledge_number"),
            models.CheckConstraint(condition=models.Q(value__gt=0), name="pledge_worth_something"),
        ]


class PledgeEvent(models.Model):
    """What became of a pledge. Never changed."""

    pledge = models.ForeignKey(Pledge, models.PROTECT, related_name="events")
    state = models.CharField(max_length=12)
    """pledged, confirmed, received, withdrawn, lapsed."""
    on = models.DateField()
    value = models.DecimalField(max_digits=18, decimal_places=2, default=0)
    """What was received this time."""
    note = models.CharField(max_length=500, default="")

    class Meta:
        ordering = ["id"]
