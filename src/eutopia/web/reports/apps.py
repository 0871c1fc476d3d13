"""Registers the app `reports`."""

from __future__ import annotations

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """The noun `reports` and its tables."""

    name = "eutopia.web.reports"
    label = "reports"
    default_auto_field = "django.db.models.BigAutoField"
