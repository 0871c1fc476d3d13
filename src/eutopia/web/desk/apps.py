"""Registers the app `desk`."""

from __future__ import annotations

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """Pages or endpoints only: `desk` has no tables."""

    name = "eutopia.web.desk"
    label = "desk"
