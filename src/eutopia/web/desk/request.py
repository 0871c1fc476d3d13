"""Who works at the desk, for which municipality, on whose cases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from eutopia.web.foundation.access import (
    Actor,
    Scope,
    allows,
    municipalities,
    organisations,
    require,
)
from eutopia.web.foundation.services import actor_of
from eutopia.web.territory import selectors as territories
from eutopia.web.territory.selectors import TerritoryView

TOWN_COOKIE = "town"


@dataclass(frozen=True, slots=True)
class Desk:
    """Who is at work, and where."""

    actor: Actor
    town: TerritoryView

    def may(self, action: str) -> bool:
        """Whether this actor may do this to anything of this municipality."""
        return allows(self.actor, action, Scope(self.town.code))

    @property
    def reads_log(self) -> bool:
        """Whether this actor may read the log."""
        return allows(self.actor, "log.read")

    @property
    def enters_statistics(self) -> bool:
        """Whether this actor hands in figures for the indices."""
        return self.may("statistic.enter")

    @property
    def replies(self) -> bool:
        """Whether this actor speaks for a provider."""
        return bool(self.organisations("provider.reply"))

    @property
    def dispatches(self) -> bool:
        """Whether this actor takes calls, for anybody or for one organisation."""
        return self.organisations("call.take") != ()

    @property
    def keeps_meters(self) -> bool:
        """Whether this actor looks after meters and feeds, for anybody or for one organisation."""
        return self.organisations("reading.enter") != ()

    @property
    def exports_billing(self) -> bool:
        """Whether this actor may take over what is owed back."""
        return self.may("billing.export")

    def organisations(self, action: str) -> tuple[str, ...] | None:
        """Whose cases this actor sees: codes, None for everybody's."""
        codes = organisations(self.actor, action)
        return None if codes is None else tuple(sorted(codes))


Handler = Callable[..., HttpResponse]


def at_desk(view: Handler) -> Handler:
    """Let only staff in, and hand the view its `Desk`."""

    @login_required
    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        actor = actor_of(request.user)
        require(actor, "desk.enter")
        return view(request, Desk(actor, _town(request, actor)), *args, **kwargs)

    return inner


def _town(request: HttpRequest, actor: Actor) -> TerritoryView:
    """Which municipality is worked for: the one chosen if it is theirs, else their first."""
    mine = municipalities(actor, "desk.enter")
    found = [t for t in territories.territories() if mine is None or t.code in mine]
    if not found:
        raise Http404(_("There is no municipality here for which you may work."))
    chosen = request.COOKIES.get(TOWN_COOKIE)
    return next((t for t in found if t.code == chosen), found[0])


def page_number(request: HttpRequest) -> int:
    """Which page of a list is asked for? 1 where the address does not say."""
    given = request.GET.get("page", "1")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 8 else 1
