"""How good the territory is by indices, and everything known of one district."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from eutopia.web.loop import selectors as loop
from eutopia.web.portal import quality_words
from eutopia.web.portal.request import need_town, word_given
from eutopia.web.quality import selectors
from eutopia.web.territory import selectors as territories


@require_safe
def quality(request: HttpRequest) -> HttpResponse:
    """List the indices assessed here, and the districts."""
    town = need_town(request)
    context = {
        "trail": [("", _("Quality of districts"))],
        "lines": selectors.indices(town.id),
        "districts": territories.districts(town.id),
    }
    return render(request, "portal/quality.html", context)


@require_safe
def index(request: HttpRequest, code: str) -> HttpResponse:
    """Show one index: its matrix, the places of the districts, how sure they are."""
    town = need_town(request)
    view = selectors.index(town.id, code, district=word_given(request, "district", limit=96))
    if view is None:
        raise Http404
    names = territories.district_names(town.id)
    context = {
        "trail": [(reverse("portal:quality"), _("Quality of districts")), ("", view.line.title)],
        "view": view,
        "district": names.get(view.district, ""),
        "districts": territories.districts(town.id),
        "spans": quality_words.spans(view.places),
        "scoring": quality_words.SCORING.get(view.scoring, view.scoring),
    }
    return render(request, "portal/quality_index.html", context)


@require_safe
def indicator(request: HttpRequest, code: str, indicator: str) -> HttpResponse:
    """Show one indicator: what it is, how it was found, in which district it is what."""
    town = need_town(request)
    view = selectors.indicator(town.id, code, indicator)
    if view is None:
        raise Http404
    context = {
        "trail": [
            (reverse("portal:quality"), _("Quality of districts")),
            (reverse("portal:quality_index", args=[code]), view.line.title),
            ("", view.cell.number),
        ],
        "view": view,
        "bars": quality_words.bars(view),
        "measure": quality_words.MEASURE.get(view.measure, view.measure),
        "parameters": quality_words.parameters(view.parameters),
    }
    return render(request, "portal/quality_indicator.html", context)


@require_safe
def area(request: HttpRequest, code: str) -> HttpResponse:
    """Show a district: its problems, programme, works, outages, places in the indices."""
    town = need_town(request)
    view = loop.area(town, code)
    if view is None:
        raise Http404
    context = {
        "trail": [
            (reverse("portal:quality"), _("Quality of districts")),
            ("", view.district.name),
        ],
        "view": view,
        "systemic": view.systemic,
    }
    return render(request, "portal/area.html", context)
