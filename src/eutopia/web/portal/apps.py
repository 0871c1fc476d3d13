"""The portal as a Django application."""

from __future__ import annotations

from django.apps import AppConfig


class Portal(AppConfig):
    """Pages for everybody, and the parts that the desk's templates share."""

    name = "eutopia.web.portal"
    label = "portal"
