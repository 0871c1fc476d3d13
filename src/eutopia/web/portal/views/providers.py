"""Providers: how they compare, how reliable their supply is, what they say to it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from eutopia.web.portal.funnel import Funnel
from eutopia.web.portal.request import need_town
from eutopia.web.providers import selectors
from eutopia.web.territory.services import town_clock


@require_safe
def providers(request: HttpRequest) -> HttpResponse:
    """Show how providers compare."""
    town = need_town(request)
    compared = selectors.comparisons(town.id)
    context = {
        "trail": [(reverse("portal:services"), _("Outages")), ("", _("Providers"))],
        "lines": selectors.providers(town.id),
        "funnels": tuple(Funnel(one) for one in compared),
        "supplies": selectors.supplies(town.id),
    }
    return render(request, "portal/providers.html", context)


@require_safe
def provider(request: HttpRequest, code: str) -> HttpResponse:
    """Show all that is told of one provider, and what it says to that."""
    town = need_town(request)
    view = selectors.provider(town.id, code, now=town_clock(town.id))
    if view is None:
        raise Http404
    context = {
        "trail": [
            (reverse("portal:services"), _("Outages")),
            (reverse("portal:providers"), _("Providers")),
            ("", view.name),
        ],
        "view": view,
        "funnels": tuple((Funnel(told, code), one) for told, one in view.standings),
    }
    return render(request, "portal/provider.html", context)
