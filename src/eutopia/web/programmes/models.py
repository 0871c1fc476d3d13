"""What can be done, what was chosen, when, from whose money, and why."""

from __future__ import annotations

from django.db import models

from eutopia.web.foundation.access import Scope
from eutopia.web.foundation.located import Located
from eutopia.web.foundation.record_field import RecordField
from eutopia.web.ledger.models import Run
from eutopia.web.problems.models import Problem
from eutopia.web.territory.models import OfTerritory, Territory, natural_key


class Candidate(OfTerritory, Located):
    """A measure at a place that the programme may choose. `code` is stable between runs."""

    run = models.ForeignKey(Run, models.PROTECT, null=True, related_name="+")
    current = models.BooleanField(default=True)
    title = models.JSONField()
    measure = models.CharField(max_length=96)
    district = models.CharField(max_length=96)
    quantity = models.DecimalField(max_digits=20, decimal_places=6)
    unit = models.CharField(max_length=32)
    cost = models.DecimalField(max_digits=20, decimal_places=6)
    upkeep = models.DecimalField(max_digits=20, decimal_places=6)
    life_years = models.SmallIntegerField()
    benefit = models.DecimalField(max_digits=20, decimal_places=6)
    benefit_low = models.DecimalField(max_digits=20, decimal_places=6)
    benefit_high = models.DecimalField(max_digits=20, decimal_places=6)
    people_reached = models.IntegerField()
    gate = models.CharField(max_length=24)
    """allow, allow_with_conditions, needs_approval, forbid."""
    origin = models.CharField(max_length=24)
    mandate = models.BooleanField()
    upkeep_funded = models.BooleanField()
    withdrawn = models.BooleanField(default=False)
    """Staff took it back: it stands, with its history, and competes no more."""
    mandate_kind = models.CharField(max_length=8, default="")
    """hard, soft, or empty where no vote decided on it."""
    overrides = models.JSONField(default=dict)
    """What staff know better than the derivation (`quantity`, `cost`), kept through the next."""
    request = RecordField("eutopia.core.records.CandidateRequest", null=True)
    """What was asked for, where it was: the candidate is made from it anew when norms change."""
    record = RecordField("eutopia.core.records.Candidate")
    """The core's record, whole and exact: what is fed to the choice."""

    class Meta(Located.Meta):
        abstract = False
        constraints = [natural_key("candidate_key")]


class CandidateChange(models.Model):
    """One entry of a candidate's history: who did what to it, and why. Never changed."""

    candidate = models.ForeignKey(Candidate, models.CASCADE, related_name="changes")
    kind = models.CharField(max_length=12)
    """added, edited, withdrawn, restored, mandated."""
    at = models.DateTimeField()
    by = models.CharField(max_length=160)
    reason = models.TextField()
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.candidate_id}"


class CandidateProblem(models.Model):
    """Which problem a candidate answers."""

    candidate = models.ForeignKey(Candidate, models.CASCADE, related_name="problem_links")
    problem = models.ForeignKey(Problem, models.CASCADE, related_name="candidate_links")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["candidate", "problem"], name="candidate_problem_once"),
        ]


class Rules(models.Model):
    """The rules a territory's programme is chosen under: funds, limits, floors, weights."""

    territory = models.OneToOneField(Territory, models.CASCADE, related_name="+")
    record = RecordField("eutopia.core.records.PortfolioRules")

    def __str__(self) -> str:
        return f"rules of {self.territory}"


class Programme(models.Model):
    """One solved programme. At most one of a territory is published."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="+", db_index=False)
    number = models.IntegerField()
    run = models.ForeignKey(Run, models.PROTECT, related_name="+")
    based_on = models.ForeignKey("self", models.SET_NULL, null=True, related_name="variants")
    state = models.CharField(max_length=16, default="draft")
    """draft, published, superseded."""
    created = models.DateTimeField()
    published = models.DateTimeField(null=True)
    first_year = models.SmallIntegerField()
    years = models.SmallIntegerField()
    rules = RecordField("eutopia.core.records.PortfolioRules")
    objective = models.FloatField()
    bound = models.FloatField()
    gap = models.FloatField()
    seconds = models.FloatField()
    violations = models.JSONField(default=list)
    title = models.JSONField(default=list)
    """What its makers call it; nothing where nobody named it."""
    reason = models.TextField(default="")
    """Why it was adopted, in public words."""
    amends = models.ForeignKey("self", models.SET_NULL, null=True, related_name="amendments")
    """The programme that it took the place of when it was adopted."""
    summary = models.JSONField(default=dict)
    """What it comes to by side, district, fund and year: the core's `Summary`, plain."""
    assessment = models.JSONField(null=True)
    """What each rule costs and in how many drawn worlds robustness was seen, once computed."""
    assessed = models.ForeignKey(Run, models.PROTECT, null=True, related_name="+")
    status = models.CharField(max_length=16, default="complete")
    """complete, stopped (time ran out), infeasible (the rules conflict)."""
    conflicts = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["territory", "number"], name="programme_number"),
            models.UniqueConstraint(
                fields=["territory"],
                condition=models.Q(state="published"),
                name="programme_one_published",
            ),
        ]

    def __str__(self) -> str:
        return f"programme {self.number}"

    def access_scope(self) -> Scope:
        """Say whose it is."""
        return Scope(self.territory.code)


class Verdict(models.Model):
    """Why a candidate is in or out of a programme, and what would change that."""

    programme = models.ForeignKey(Programme, models.CASCADE, related_name="verdicts")
    candidate = models.ForeignKey(Candidate, models.PROTECT, related_name="verdicts")
    chosen = models.BooleanField()
    year = models.SmallIntegerField(null=True)
    value = models.DecimalField(max_digits=22, decimal_places=6)
    cost = models.DecimalField(max_digits=20, decimal_places=6)
    main_reason = models.CharField(max_length=32)
    reasons = models.JSONField(default=list)
    enters_at_cost = models.DecimalField(max_digits=20, decimal_places=6, null=True)
    enters_at_benefit = models.DecimalField(max_digits=20, decimal_places=6, null=True)
    npv = models.DecimalField(max_digits=22, decimal_places=2, null=True)
    npv_low = models.DecimalField(max_digits=22, decimal_places=2, null=True)
    npv_high = models.DecimalField(max_digits=22, decimal_places=2, null=True)
    ratio = models.DecimalField(max_digits=14, decimal_places=4, null=True)
    robust_share = models.FloatField(null=True)
    """In which share of drawn worlds it is chosen; None until that was assessed."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["programme", "candidate"], name="verdict_once"),
        ]
        indexes = [models.Index(fields=["programme", "chosen", "year"], name="verdict_by_year")]


class Turning(models.Model):
    """At which benefit and cost a candidate left out would be in: asked for, then found."""

    verdict = models.OneToOneField(Verdict, models.CASCADE, related_name="turning")
    asked = models.DateTimeField()
    run = models.ForeignKey(Run, models.PROTECT, null=True, related_name="+")
    found = RecordField("eutopia.core.records.TurningPoint", null=True)
    """None until a worker found it."""

    def __str__(self) -> str:
        return f"turning point of verdict {self.verdict_id}"


class Payment(models.Model):
    """Which fund pays how much for a chosen candidate."""

    programme = models.ForeignKey(Programme, models.CASCADE, related_name="payments")
    candidate = models.ForeignKey(Candidate, models.PROTECT, related_name="payments")
    fund = models.CharField(max_length=96)
    year = models.SmallIntegerField()
    amount = models.DecimalField(max_digits=20, decimal_places=6)


class FundYear(models.Model):
    """How much a fund has in a year."""

    programme = models.ForeignKey(Programme, models.CASCADE, related_name="fund_years")
    fund = models.CharField(max_length=96)
    title = models.JSONField()
    year = models.SmallIntegerField()
    available = models.DecimalField(max_digits=20, decimal_places=6)


class Pin(models.Model):
    """What staff insisted on when they asked 'what if'."""

    programme = models.ForeignKey(Programme, models.CASCADE, related_name="pins")
    candidate = models.ForeignKey(Candidate, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8)
    """must, must_not."""


class Solving(models.Model):
    """A variant that somebody asks for: its rules while they are edited, its progress, its end."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="+")
    based_on = models.ForeignKey(Programme, models.CASCADE, related_name="solvings")
    account = models.BigIntegerField(null=True)
    title = models.JSONField(default=list)
    rules = RecordField("eutopia.core.records.PortfolioRules")
    state = models.CharField(max_length=8, default="draft")
    """draft, waiting, running, done, failed."""
    time_limit_s = models.FloatField(default=20.0)
    asked = models.DateTimeField()
    best = models.FloatField(null=True)
    bound = models.FloatField(null=True)
    gap = models.FloatField(null=True)
    seconds = models.FloatField(null=True)
    stop = models.BooleanField(default=False)
    """Somebody asked to stop: the best found is kept."""
    programme = models.ForeignKey(Programme, models.SET_NULL, null=True, related_name="+")
    fault = models.TextField(default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["based_on", "account"],
                condition=models.Q(state="draft"),
                nulls_distinct=False,
                name="solving_one_draft",
            ),
        ]

    def __str__(self) -> str:
        return f"solving {self.pk}: {self.state}"

    def access_scope(self) -> Scope:
        """Say whose it is."""
        return Scope(self.territory.code)


class Offer(models.Model):
    """A work that a business proposes and pays a part of; staff take it in or decline it."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="+", db_index=False)
    number = models.IntegerField()
    organisation = models.CharField(max_length=160)
    title = models.JSONField()
    text = models.JSONField()
    measure = models.CharField(max_length=96)
    quantity = models.DecimalField(max_digits=20, decimal_places=6)
    lon = models.FloatField()
    lat = models.FloatField()
    money = models.DecimalField(max_digits=20, decimal_places=2)
    """What the business pays of it, in the territory's currency."""
    made = models.DateField()
    state = models.CharField(max_length=8, default="new")
    """new, taken, declined."""
    reason = models.TextField(default="")
    """Why staff took it in or declined it: public."""
    contact = models.UUIDField(null=True)
    candidate = models.ForeignKey(Candidate, models.PROTECT, null=True, related_name="offers")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["territory", "number"], name="offer_number"),
        ]
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"offer {self.number}"

    def access_scope(self) -> Scope:
        """Say whose it is."""
        return Scope(self.territory.code)


class Share(models.Model):
    """A link by which anybody who has it reads some variants side by side."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="+")
    programmes = models.ManyToManyField(Programme, related_name="shares")
    by = models.CharField(max_length=160)
    at = models.DateTimeField()
    ended = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"share {self.pk}"

    def access_scope(self) -> Scope:
        """Say whose it is."""
        return Scope(self.territory.code)
