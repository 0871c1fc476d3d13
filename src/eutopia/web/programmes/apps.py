"""The app of the noun `programmes`."""

from __future__ import annotations

from django.apps import AppConfig


class ProgrammesConfig(AppConfig):
    """Tables and rules of `programmes`."""

    name = "eutopia.web.programmes"
    label = "programmes"
    default_auto_field = "django.db.models.BigAutoField"
