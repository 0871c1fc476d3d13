"""The app of the noun `problems`."""

from __future__ import annotations

from django.apps import AppConfig


class ProblemsConfig(AppConfig):
    """Tables and rules of `problems`."""

    name = "eutopia.web.problems"
    label = "problems"
    default_auto_field = "django.db.models.BigAutoField"
