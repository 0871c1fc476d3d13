"""Registers the app `providers`."""

from __future__ import annotations

from django.apps import AppConfig


class ProvidersConfig(AppConfig):
    """The noun `providers` and its tables."""

    name = "eutopia.web.providers"
    label = "providers"
    default_auto_field = "django.db.models.BigAutoField"
