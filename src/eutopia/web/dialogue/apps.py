"""Registers the app `dialogue`."""

from __future__ import annotations

from django.apps import AppConfig


class DialogueConfig(AppConfig):
    """The noun `dialogue` and its tables."""

    name = "eutopia.web.dialogue"
    label = "dialogue"
    default_auto_field = "django.db.models.BigAutoField"
