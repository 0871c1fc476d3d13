"""What every page's head and foot need."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from eutopia.web.portal.request import town_of
from eutopia.web.territory import selectors as territories

SCHEMES = ("auto", "light", "dark")


def site(request: HttpRequest) -> dict[str, Any]:
    """Which town is shown, in which colours, with which background map?"""
    scheme = request.COOKIES.get("scheme", "auto")
    return {
        "town": SimpleLazyObject(lambda: town_of(request)),
        "towns": SimpleLazyObject(territories.territories),
        "scheme": scheme if scheme in SCHEMES else "auto",
        "tile_url": settings.EUTOPIA_TILE_URL,
    }
