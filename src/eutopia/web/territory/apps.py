"""The app of the noun `territory`."""

from __future__ import annotations

from django.apps import AppConfig


class TerritoryConfig(AppConfig):
    """Tables and rules of `territory`."""

    name = "eutopia.web.territory"
    label = "territory"
    default_auto_field = "django.db.models.BigAutoField"
