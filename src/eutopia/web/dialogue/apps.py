"""The app of the noun `dialogue`."""

from __future__ import annotations

from django.apps import AppConfig


class DialogueConfig(AppConfig):
    """Tables and rules of `dialogue`."""

    name = "eutopia.web.dialogue"
    label = "dialogue"
    default_auto_field = "django.db.models.BigAutoField"
