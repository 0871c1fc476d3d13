"""Registers the app `works`."""

from __future__ import annotations

from django.apps import AppConfig


class WorksConfig(AppConfig):
    """The noun `works` and its tables."""

    name = "eutopia.web.works"
    label = "works"
    default_auto_field = "django.db.models.BigAutoField"
