"""The app of the noun `utilities`."""

from __future__ import annotations

from django.apps import AppConfig


class UtilitiesConfig(AppConfig):
    """Tables and rules of `utilities`."""

    name = "eutopia.web.utilities"
    label = "utilities"
    default_auto_field = "django.db.models.BigAutoField"
