"""Registers the app `foundation`."""

from __future__ import annotations

from django.apps import AppConfig


class FoundationConfig(AppConfig):
    """Accounts, access, the log of acts, jobs, geometry fields and storage."""

    name = "eutopia.web.foundation"
    label = "foundation"
    default_auto_field = "django.db.models.BigAutoField"
