"""Registers the app `upkeep`."""

from __future__ import annotations

from django.apps import AppConfig


class UpkeepConfig(AppConfig):
    """The noun `upkeep` and its tables."""

    name = "eutopia.web.upkeep"
    label = "upkeep"
    default_auto_field = "django.db.models.BigAutoField"
