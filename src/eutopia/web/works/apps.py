"""The app of the noun `works`."""

from __future__ import annotations

from django.apps import AppConfig


class WorksConfig(AppConfig):
    """Tables and rules of `works`."""

    name = "eutopia.web.works"
    label = "works"
    default_auto_field = "django.db.models.BigAutoField"
