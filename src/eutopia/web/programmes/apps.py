"""Registers the app `programmes`."""

from __future__ import annotations

from django.apps import AppConfig


class ProgrammesConfig(AppConfig):
    """The noun `programmes` and its tables."""

    name = "eutopia.web.programmes"
    label = "programmes"
    default_auto_field = "django.db.models.BigAutoField"
