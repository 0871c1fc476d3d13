"""How systemic is what comes in, and does it come back after it was closed?"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from eutopia.web.portal import systemic_graphs
from eutopia.web.portal.request import need_town, word_given
from eutopia.web.problems import selectors


@require_safe
def indicators(request: HttpRequest) -> HttpResponse:
    """Show the systemic indicators, by area and month."""
    town = need_town(request)
    areas = selectors.systemic_by_district(town.id)
    district = word_given(request, "district", limit=96)
    district = district if district in {area.district for area in areas} else ""
    view = selectors.systemic(town.id, district=district)
    context = {
        "trail": [(reverse("portal:problems"), _("Problems")), ("", _("Systemic indicators"))],
        "view": view,
        "areas": areas,
        "district": district,
        "shares": systemic_graphs.shares_by_month(view) if view else None,
        "money": systemic_graphs.repeats_by_month(view, town.currency) if view else None,
    }
    return render(request, "portal/indicators.html", context)


@require_safe
def recurrence(request: HttpRequest) -> HttpResponse:
    """Show how long closures hold, by type and organisation, and the places that are chronic."""
    town = need_town(request)
    types = selectors.recurrence(town.id, "problem_type")
    kind = word_given(request, "type", limit=96)
    whole = next(iter(selectors.recurrence(town.id, "all")), None)
    shown = next((one for one in types if one.code == kind), whole)
    places = selectors.recurrence(town.id, "place")
    context = {
        "trail": [(reverse("portal:problems"), _("Problems")), ("", _("Does it come back?"))],
        "whole": whole,
        "shown": shown,
        "types": types,
        "kind": kind if shown is not whole else "",
        "chart": systemic_graphs.holding(shown) if shown and shown.days else None,
        "organisations": systemic_graphs.by_organisation(
            selectors.recurrence(town.id, "organisation")
        ),
        "places": [p for p in places if not kind or shown is whole or p.problem_type == kind],
    }
    return render(request, "portal/recurrence.html", context)
