"""The app of the noun `upkeep`."""

from __future__ import annotations

from django.apps import AppConfig


class UpkeepConfig(AppConfig):
    """Tables and rules of `upkeep`."""

    name = "eutopia.web.upkeep"
    label = "upkeep"
    default_auto_field = "django.db.models.BigAutoField"
