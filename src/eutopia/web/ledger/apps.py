"""The app of the noun `ledger`."""

from __future__ import annotations

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """Tables and rules of `ledger`."""

    name = "eutopia.web.ledger"
    label = "ledger"
    default_auto_field = "django.db.models.BigAutoField"
