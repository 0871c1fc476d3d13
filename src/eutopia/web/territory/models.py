"""The territory and what stands on it, as tables.

Everything of a municipality hangs on its `Territory`, so several live side by side. Natural keys
(`code`) are the sources' own and make loading idempotent. Names are pairs of language and wording,
the first being the fallback. Geometry is WKB in WGS 84 with its bounding box and, where a thing is
small enough, its H3 cell.
"""

from __future__ import annotations

from django.db import models

from eutopia.web.foundation.access import Scope
from eutopia.web.foundation.located import Located


class Territory(models.Model):
    """One municipality."""

    code = models.CharField(max_length=64, unique=True)
    name = models.JSONField()
    time_zone = models.CharField(max_length=64)
    currency = models.CharField(max_length=3)
    synthetic = models.BooleanField()
    as_of = models.DateField()
    packs = models.JSONField(default=list)
    sources = models.JSONField(default=list)
    west = models.FloatField(null=True)
    south = models.FloatField(null=True)
    east = models.FloatField(null=True)
    north = models.FloatField(null=True)
    clock_from = models.DateTimeField(null=True)
    """When the clock of a training town was set going, at the end of `as_of`; see `services`."""

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code

    def access_scope(self) -> Scope:
        """Say whose it is: the municipality's own."""
        return Scope(self.code)


class OfTerritory(models.Model):
    """What belongs to one territory and carries its source's key there."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="+", db_index=False)
    code = models.CharField(max_length=96)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.code


def natural_key(name: str) -> models.UniqueConstraint:
    """Return the constraint: one row a source's key within a territory."""
    return models.UniqueConstraint(fields=["territory", "code"], name=name)


class District(OfTerritory, Located):
    """A part of the territory with people in it."""

    name = models.JSONField()
    population = models.IntegerField()

    class Meta(Located.Meta):
        abstract = False
        constraints = [natural_key("district_key")]
        ordering = ["code"]


class Street(OfTerritory, Located):
    """A street or a piece of it."""

    name = models.JSONField()
    street_class = models.CharField(max_length=32)
    district = models.CharField(max_length=96)

    class Meta(Located.Meta):
        abstract = False
        constraints = [natural_key("street_key")]


class PublicSpace(OfTerritory, Located):
    """A yard, park, square or other space used by everybody."""

    name = models.JSONField()
    space_type = models.CharField(max_length=48)
    district = models.CharField(max_length=96)

    class Meta(Located.Meta):
        abstract = False
        constraints = [natural_key("public_space_key")]


class Building(OfTerritory, Located):
    """A building."""

    address = models.JSONField()
    district = models.CharField(max_length=96)
    use = models.CharField(max_length=32)
    built = models.SmallIntegerField(null=True)
    storeys = models.SmallIntegerField(null=True)
    dwellings = models.IntegerField()
    residents = models.IntegerField()
    facts = models.JSONField(default=list)
    """What the house register tells besides: pairs of a code and words."""
    housing_manager = models.CharField(max_length=96, null=True)
    street = models.CharField(max_length=96, null=True)
    space = models.CharField(max_length=96, null=True)

    class Meta(Located.Meta):
        abstract = False
        constraints = [natural_key("building_key")]


class Dwelling(OfTerritory):
    """A dwelling: a number in a building, never a person."""

    building = models.CharField(max_length=96)
    number = models.CharField(max_length=24)
    area_m2 = models.DecimalField(max_digits=9, decimal_places=2, null=True)

    class Meta:
        constraints = [natural_key("dwelling_key")]
        indexes = [models.Index(fields=["territory", "building"], name="dwelling_building")]


class Asset(OfTerritory, Located):
    """A thing the municipality keeps."""

    asset_class = models.CharField(max_length=48)
    district = models.CharField(max_length=96)
    installed = models.SmallIntegerField(null=True)
    condition = models.FloatField(null=True)
    street = models.CharField(max_length=96, null=True)
    space = models.CharField(max_length=96, null=True)
    attributes = models.JSONField(default=list)

    class Meta(Located.Meta):
        abstract = False
        constraints = [natural_key("asset_key")]
        indexes = (
            *Located.Meta.indexes,
            models.Index(fields=["territory", "asset_class"], name="asset_class"),
        )


class HeritageAsset(OfTerritory, Located):
    """An object of heritage."""

    name = models.JSONField()
    kind = models.CharField(max_length=48)
    significance = models.CharField(max_length=48)
    status = models.CharField(max_length=48)
    register_ref = models.CharField(max_length=200)

    class Meta(Located.Meta):
        abstract = False
        constraints = [natural_key("heritage_asset_key")]


class ProtectionZone(OfTerritory, Located):
    """An area under a heritage regime; no geometry means that its extent is unknown."""

    name = models.JSONField(null=True)
    kind = models.CharField(max_length=64)
    heritage_asset = models.CharField(max_length=96, null=True)
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)

    class Meta(Located.Meta):
        abstract = False
        constraints = [natural_key("protection_zone_key")]


class Organisation(OfTerritory, Located):
    """Who answers for something."""

    name = models.JSONField()
    kind = models.CharField(max_length=48)
    services = models.JSONField(default=list)
    district = models.CharField(max_length=96, null=True)
    phone = models.CharField(max_length=48, default="", blank=True)

    class Meta(Located.Meta):
        abstract = False
        constraints = [natural_key("organisation_key")]
        ordering = ["code"]


class WaterBody(OfTerritory, Located):
    """A river, a lake, the sea: for the map."""

    class Meta(Located.Meta):
        abstract = False
        constraints = [natural_key("water_body_key")]
