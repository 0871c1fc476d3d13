"""Registers the app `utilities`."""

from __future__ import annotations

from django.apps import AppConfig


class UtilitiesConfig(AppConfig):
    """The noun `utilities` and its tables."""

    name = "eutopia.web.utilities"
    label = "utilities"
    default_auto_field = "django.db.models.BigAutoField"
