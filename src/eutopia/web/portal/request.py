"""What a page's address asks for: the town, the page of a list, a filter's fields."""

from __future__ import annotations

from datetime import date, datetime
from typing import cast
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from eutopia.web.territory import selectors as territories
from eutopia.web.territory.selectors import TerritoryView

TOWN_COOKIE = "town"


def town_of(request: HttpRequest) -> TerritoryView | None:
    """Which municipality does the reader look at? The one chosen, else the first."""
    if not hasattr(request, "eutopia_town"):
        chosen = request.COOKIES.get(TOWN_COOKIE)
        found = territories.territory(chosen) if chosen else None
        request.eutopia_town = found or territories.territory()  # type: ignore[attr-defined]
    return cast("TerritoryView | None", request.eutopia_town)  # type: ignore[attr-defined]


def need_town(request: HttpRequest) -> TerritoryView:
    """Which municipality does the reader look at?

    Raises
    ------
    Http404
        There is none yet.
    """
    town = town_of(request)
    if town is None:
        raise Http404(_("There is no town here yet. Load one with `eutopia demo`."))
    return town


def page_number(request: HttpRequest) -> int:
    """Which page of a list is asked for? 1 where the address does not say."""
    given = request.GET.get("page", "1")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 8 else 1


def day_given(request: HttpRequest, name: str) -> date | None:
    """Which day does a field of the address name? None where empty or no date."""
    try:
        return date.fromisoformat(request.GET.get(name, ""))
    except ValueError:
        return None


def moment_of(text: str, town: TerritoryView) -> datetime | None:
    """Which moment does a field name, on the town's clocks? None where empty or no time."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(town.time_zone))
    except ValueError:
        return None


def field_of(moment: datetime | None, town: TerritoryView) -> str:
    """What does a field say that names a moment on the town's clocks? Empty for none."""
    if moment is None:
        return ""
    return moment.astimezone(ZoneInfo(town.time_zone)).strftime("%Y-%m-%dT%H:%M")


def word_given(request: HttpRequest, name: str, *, limit: int = 200) -> str:
    """What does a field of the address say, cut to `limit` characters?"""
    return request.GET.get(name, "").replace("\x00", "").strip()[:limit]


def choice_given(request: HttpRequest, name: str, choices: tuple[str, ...]) -> str:
    """Which of the choices does a field name? The first where it names none of them."""
    given = request.GET.get(name, "")
    return given if given in choices else choices[0]
