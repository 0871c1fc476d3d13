"""Pages about the site itself: data, methods, computations, accessibility, words."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from eutopia.web.ledger import selectors as ledger
from eutopia.web.loop import selectors as loop
from eutopia.web.portal import graphs, terms, words
from eutopia.web.portal.request import need_town, page_number
from eutopia.web.reports import selectors as reports
from eutopia.web.territory import selectors as territories


@require_safe
def data(request: HttpRequest) -> HttpResponse:
    """Say where the data comes from, how results are computed, and give the files."""
    town = need_town(request)
    context = {
        "trail": [("", _("Data and methods"))],
        "sources": territories.sources(town.id),
        "stock": territories.stock(town.id),
        "tables": loop.DOWNLOADS,
        "latest": ledger.runs(town.id, size=8),
    }
    return render(request, "portal/data.html", context)


@require_safe
def runs(request: HttpRequest) -> HttpResponse:
    """List the computations, the latest first."""
    town = need_town(request)
    context = {
        "trail": [(reverse("portal:data"), _("Data and methods")), ("", _("Computations"))],
        "page": ledger.runs(town.id, page=page_number(request)),
    }
    return render(request, "portal/runs.html", context)


@require_safe
def run(request: HttpRequest, run_id: int) -> HttpResponse:
    """Show how one result was computed: enough to do it again."""
    need_town(request)
    view = ledger.run(run_id)
    if view is None:
        raise Http404
    context = {
        "trail": [
            (reverse("portal:data"), _("Data and methods")),
            (reverse("portal:runs"), _("Computations")),
            ("", str(view.id)),
        ],
        "view": view,
    }
    return render(request, "portal/run.html", context)


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """Say what this site is and what it is not."""
    return render(request, "portal/about.html", {"trail": [("", _("About this site"))]})


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """Say how accessible the site is and how that was found out."""
    return render(request, "portal/accessibility.html", {"trail": [("", _("Accessibility"))]})


@require_safe
def glossary(request: HttpRequest) -> HttpResponse:
    """List the words of the site in both languages."""
    context = {"trail": [("", _("Glossary"))], "terms": terms.terms()}
    return render(request, "portal/glossary.html", context)


@require_safe
def style(request: HttpRequest) -> HttpResponse:
    """Show the parts that pages are made of, for those who make pages."""
    town = need_town(request)
    months = reports.figures(town.id).by_month
    context = {
        "trail": [("", _("Style page"))],
        "chart": graphs.reports_by_month(months),
        "statuses": reports.STATUSES,
        "verdicts": words.WORDS["verdict"],
        "gates": words.WORDS["gate"],
    }
    return render(request, "portal/style.html", context)
