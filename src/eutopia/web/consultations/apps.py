"""Registers the app `consultations`."""

from __future__ import annotations

from django.apps import AppConfig


class ConsultationsConfig(AppConfig):
    """The noun `consultations` and its tables."""

    name = "eutopia.web.consultations"
    label = "consultations"
    default_auto_field = "django.db.models.BigAutoField"
