"""Communal services: who serves whom, what was out, who called, and what is owed back."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from eutopia.web.foundation.access import Scope
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
    promised = models.DateTimeField(null=True)
    """When it is said to end."""
    origin = models.CharField(max_length=16, default="provider")
    """provider: as its source sent it; joined: from signals; dispatcher: begun at the desk."""
    confirmed = models.BooleanField(default=True)
    """False: residents alone told of it, and nothing is owed for it yet."""
    told_by = models.JSONField(default=list)
    """Pairs of source and id of the signals joined into it."""
    conditions = models.JSONField(default=list)
    """Pairs of circumstance and value that norms ask for: yearly maintenance, an accident ..."""

    class Meta:
        constraints = [natural_key("interruption_key")]
        indexes = [
            models.Index(fields=["territory", "-started"], name="interruption_newest"),
            GinIndex(fields=["buildings"], name="interruption_buildings"),
        ]

    def access_scope(self) -> Scope:
        """Say whose it is: the organisation's that answers for it."""
        return Scope(self.territory.code, self.organisation)


class Connection(models.Model):
    """Who serves a building with a service, by which part of the network, up to where."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="+", db_index=False)
    building = models.CharField(max_length=96)
    service = models.CharField(max_length=32)
    provider = models.CharField(max_length=96)
    supplier = models.CharField(max_length=96)
    asset = models.CharField(max_length=96, null=True)
    boundary = models.CharField(max_length=32)
    since = models.DateField(null=True)
    until = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["territory", "building", "service", "provider"], name="connection_key"
            )
        ]
        indexes = [
            models.Index(fields=["territory", "service", "asset"], name="connection_network")
        ]

    def __str__(self) -> str:
        return f"{self.building} {self.service}"


class Tariff(models.Model):
    """What a unit of a service costs, from which day to which."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="+", db_index=False)
    service = models.CharField(max_length=32)
    provider = models.CharField(max_length=96)
    since = models.DateField()
    until = models.DateField(null=True)
    price = models.DecimalField(max_digits=18, decimal_places=6)
    currency = models.CharField(max_length=3)
    unit = models.CharField(max_length=24)
    act = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["territory", "service", "provider", "since"], name="tariff_key"
            )
        ]

    def __str__(self) -> str:
        return f"{self.service} {self.since}"


class Meter(OfTerritory):
    """A meter in a building or a network, and when it is not believed."""

    service = models.CharField(max_length=32)
    parameter = models.CharField(max_length=24)
    organisation = models.CharField(max_length=96)
    buildings = ArrayField(models.CharField(max_length=96))

    class Meta:
        constraints = [natural_key("meter_key")]

    def access_scope(self) -> Scope:
        """Say whose it is."""
        return Scope(self.territory.code, self.organisation)


class Reading(models.Model):
    """What a meter said, as often as it said something else."""

    meter = models.ForeignKey(Meter, models.CASCADE, related_name="readings", db_index=False)
    at = models.DateTimeField()
    value = models.DecimalField(max_digits=14, decimal_places=4)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["meter", "at", "value"], name="reading_key")]

    def __str__(self) -> str:
        return f"{self.meter_id} {self.at}"


class Signal(OfTerritory):
    """What one source says of a service out or off its norm, before it is joined with others."""

    source = models.CharField(max_length=16)
    service = models.CharField(max_length=32)
    parameter = models.CharField(max_length=24)
    measured = models.DecimalField(max_digits=14, decimal_places=4, null=True)
    planned = models.BooleanField(null=True)
    organisation = models.CharField(max_length=96, blank=True)
    asset = models.CharField(max_length=96, null=True)
    buildings = ArrayField(models.CharField(max_length=96))
    customers = models.IntegerField(default=0)
    cause = models.CharField(max_length=96, blank=True)
    started = models.DateTimeField()
    ended = models.DateTimeField(null=True)
    promised = models.DateTimeField(null=True)
    notice_given = models.DateTimeField(null=True)
    conditions = models.JSONField(default=list)
    interruption = models.ForeignKey(Interruption, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [natural_key("signal_key")]
        indexes = [models.Index(fields=["territory", "-started"], name="signal_newest")]


class SetAside(models.Model):
    """What could not be used, and why: never dropped silently."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=16)
    """signal, call, report, reading, connection or tariff."""
    subject = models.CharField(max_length=160)
    code = models.CharField(max_length=48)
    at = models.DateTimeField()
    """The time that it tells of."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["territory", "kind", "subject", "code"], name="set_aside_key"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject} {self.code}"


class Crew(OfTerritory):
    """A crew that goes out."""

    name = models.JSONField()
    organisation = models.CharField(max_length=96)
    services = ArrayField(models.CharField(max_length=32))

    class Meta:
        constraints = [natural_key("crew_key")]
        ordering = ["code"]

    def access_scope(self) -> Scope:
        """Say whose it is."""
        return Scope(self.territory.code, self.organisation)


class Call(OfTerritory):
    """A call to the dispatcher. Who called is not in it: a number to call back lies apart."""

    received = models.DateTimeField()
    answered = models.DateTimeField(null=True)
    building = models.CharField(max_length=96)
    dwelling = models.CharField(max_length=24, blank=True)
    service = models.CharField(max_length=32)
    words = models.TextField(blank=True)
    language = models.CharField(max_length=8, blank=True)
    organisation = models.CharField(max_length=96, blank=True)
    interruption = models.ForeignKey(Interruption, models.SET_NULL, null=True, related_name="calls")
    told = models.DateTimeField(null=True)
    """When the caller was told by when it will be mended."""
    checked = models.DateTimeField(null=True)
    """When it was looked at on the spot."""
    localised = models.DateTimeField(null=True)
    resolved = models.DateTimeField(null=True)
    note = models.TextField(blank=True)
    clocks = models.JSONField(default=list)
    """By when what must be done: clock, due, level, article, verification."""
    contact = models.UUIDField(null=True)

    class Meta:
        constraints = [natural_key("call_key")]
        indexes = [models.Index(fields=["territory", "-received"], name="call_newest")]

    def access_scope(self) -> Scope:
        """Say whose it is: the organisation's that answers for it."""
        return Scope(self.territory.code, self.organisation)


class CallOut(models.Model):
    """A crew sent out to a call or an event, and when it came and was done."""

    crew = models.ForeignKey(Crew, models.PROTECT, related_name="call_outs")
    call = models.ForeignKey(Call, models.CASCADE, null=True, related_name="call_outs")
    interruption = models.ForeignKey(
        Interruption, models.CASCADE, null=True, related_name="call_outs"
    )
    sent = models.DateTimeField()
    arrived = models.DateTimeField(null=True)
    finished = models.DateTimeField(null=True)
    note = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.crew_id} {self.sent}"


class Entry(models.Model):
    """One line of an event's story: what the desk did and when, without who."""

    interruption = models.ForeignKey(Interruption, models.CASCADE, related_name="entries")
    at = models.DateTimeField()
    act = models.CharField(max_length=24)
    """begun, promised, crew_sent, crew_arrived, crew_done, localised, told, ended, note."""
    words = models.TextField(blank=True)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.act} {self.at}"


class Subscription(models.Model):
    """A building's news by e-mail. The address lies sealed apart; nothing else of anybody."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="+", db_index=False)
    building = models.CharField(max_length=96)
    contact = models.UUIDField()
    mark = models.CharField(max_length=64)
    """Keyed digest of address and building together: one letter each, yet no list of a person."""
    token = models.CharField(max_length=64, unique=True)
    """Keyed digest of the secret in the letters' links."""
    language = models.CharField(max_length=8)
    confirmed = models.DateTimeField(null=True)
    asked = models.DateTimeField()
    told = models.JSONField(default=dict)
    """In which state each outage of the house was when it was written of last."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["territory", "building", "mark"], name="subscription_once"
            )
        ]

    def __str__(self) -> str:
        return self.building


class FeedToken(models.Model):
    """The right of a machine to send readings and events for one organisation."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="+")
    organisation = models.CharField(max_length=96)
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    made = models.DateTimeField()
    revoked = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


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
    outcome = models.CharField(max_length=64, default="")
    """Digest of the result without the packs' edition: whether a later one says anything else."""


class Correction(models.Model):
    """A month computed anew after something it rests on was corrected."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="+", db_index=False)
    period = models.DateField()
    reason = models.TextField()
    made = models.DateTimeField()
    before = models.ForeignKey(Run, models.PROTECT, related_name="+")
    run = models.ForeignKey(Run, models.PROTECT, related_name="+")
    touched = models.IntegerField()
    """Charges computed anew: those of the dwellings that what was corrected can reach."""
    difference = models.DecimalField(max_digits=18, decimal_places=2)

    class Meta:
        indexes = [
            models.Index(fields=["territory", "period", "-made"], name="correction_newest"),
        ]
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.period:%Y-%m} {self.made:%Y-%m-%d}"


class FormerRecalculation(models.Model):
    """What was owed back for a charge before a correction: kept, with what replaced it."""

    correction = models.ForeignKey(Correction, models.CASCADE, related_name="former")
    charge = models.ForeignKey(Charge, models.CASCADE, related_name="former")
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    corrected = models.DecimalField(max_digits=18, decimal_places=2)
    lines = models.JSONField(default=list)
    """The lines as they were, as plain values."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["correction", "charge"], name="former_once"),
        ]

    def __str__(self) -> str:
        return f"{self.charge_id} {self.amount} {self.corrected}"


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
