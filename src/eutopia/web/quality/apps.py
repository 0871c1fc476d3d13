"""Registers the app `quality`."""

from __future__ import annotations

from django.apps import AppConfig


class QualityConfig(AppConfig):
    """The noun `quality` and its tables."""

    name = "eutopia.web.quality"
    label = "quality"
    default_auto_field = "django.db.models.BigAutoField"
