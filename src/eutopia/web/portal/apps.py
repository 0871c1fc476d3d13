"""Registers the app `portal`."""

from __future__ import annotations

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Pages or endpoints only: `portal` has no tables."""

    name = "eutopia.web.portal"
    label = "portal"
