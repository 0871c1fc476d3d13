"""Registers the app `ledger`."""

from __future__ import annotations

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """The noun `ledger` and its tables."""

    name = "eutopia.web.ledger"
    label = "ledger"
    default_auto_field = "django.db.models.BigAutoField"
