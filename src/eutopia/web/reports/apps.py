"""The app of the noun `reports`."""

from __future__ import annotations

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """Tables and rules of `reports`."""

    name = "eutopia.web.reports"
    label = "reports"
    default_auto_field = "django.db.models.BigAutoField"
