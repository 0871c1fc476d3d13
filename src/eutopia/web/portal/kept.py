"""What many readers ask for at once is computed once a minute, not once a reader."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.core.cache import cache
from django.utils.translation import get_language

from eutopia.web.territory.selectors import TerritoryView

T = TypeVar("T")
SECONDS = 60


def kept(name: str, town: TerritoryView, make: Callable[[], T], *, seconds: int = SECONDS) -> T:
    """What does `make` say of this town, at most so many seconds ago?

    Parameters
    ----------
    name
        Of what is kept; language and town are added.
    """
    key = f"portal-{name}-{town.id}-{town.as_of:%Y%m%d}-{get_language()}"
    found: T | None = cache.get(key)
    if found is None:
        found = make()
        cache.set(key, found, seconds)
    return found
