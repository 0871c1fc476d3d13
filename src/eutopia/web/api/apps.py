"""Registers the app `api`."""

from __future__ import annotations

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Pages or endpoints only: `api` has no tables."""

    name = "eutopia.web.api"
    label = "api"
