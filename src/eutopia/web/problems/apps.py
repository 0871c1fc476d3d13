"""Registers the app `problems`."""

from __future__ import annotations

from django.apps import AppConfig


class ProblemsConfig(AppConfig):
    """The noun `problems` and its tables."""

    name = "eutopia.web.problems"
    label = "problems"
    default_auto_field = "django.db.models.BigAutoField"
