"""Registers the app `territory`."""

from __future__ import annotations

from django.apps import AppConfig


class TerritoryConfig(AppConfig):
    """The noun `territory` and its tables."""

    name = "eutopia.web.territory"
    label = "territory"
    default_auto_field = "django.db.models.BigAutoField"
