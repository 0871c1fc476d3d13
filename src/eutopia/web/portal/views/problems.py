"""Problems: the list with its map, one problem with everything that became of it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from eutopia.web.consultations import selectors as consultations
from eutopia.web.loop import selectors as loop
from eutopia.web.portal import briefs, graphs, maps, thread
from eutopia.web.portal.filters import PROBLEM_ORDERS, PROBLEM_STATES, problem_filter
from eutopia.web.portal.request import need_town, page_number
from eutopia.web.problems import selectors
from eutopia.web.problems.selectors import ProblemView
from eutopia.web.programmes import selectors as programmes
from eutopia.web.reports import selectors as reports
from eutopia.web.territory import selectors as territories
from eutopia.web.territory.selectors import TerritoryView
from eutopia.web.utilities import selectors as utilities


@require_safe
def problems(request: HttpRequest) -> HttpResponse:
    """List the problems, the costliest first."""
    town = need_town(request)
    wanted = problem_filter(request)
    page = selectors.problems(town.id, wanted, page=page_number(request))
    figures = selectors.figures(town.id)
    url = reverse("portal:layer", args=["problems"])
    query = request.GET.copy()
    query.pop("page", None)
    top = max((float(p.cost_total) for p in page.items), default=0.0)
    town_map = maps.point_map(
        town,
        selectors.layer(town.id, wanted),
        title=_("Map: problems"),
        url=f"{url}?{query.urlencode()}" if query else url,
        key="number",
        page="portal:problem",
        size="cost",
        top=top,
        words=lambda p: f"{p['label']} {p['title']}",
        legend=(maps.LegendItem(_("The larger, the costlier")),),
        list_href="#list",
    )
    context = {
        "trail": [("", _("Problems"))],
        "page": page,
        "wanted": wanted,
        "figures": figures,
        "states": PROBLEM_STATES[1:],
        "orders": PROBLEM_ORDERS,
        "types": figures.by_type,
        "districts": territories.districts(town.id),
        "owners": selectors.owners(town.id),
        "map": town_map,
    }
    return render(request, "portal/problems.html", context)


@require_safe
def problem(request: HttpRequest, number: int) -> HttpResponse:
    """Show one problem: what speaks for it, why, at what cost, and what is done."""
    town = need_town(request)
    view = selectors.problem(town.id, number)
    if view is None:
        raise Http404
    line = view.line
    chain = loop.chain_of_problem(town.id, number)
    context = {
        "trail": [(reverse("portal:problems"), _("Problems")), ("", line.label)],
        "view": view,
        "chain": chain,
        "thread": thread.of_problem(chain, currency=town.currency) if chain else (),
        "candidates": programmes.candidates_of_problem(town.id, line.id),
        "given_back": utilities.given_back(town.id, selectors.outages_of_problem(town.id, number)),
        "chart": graphs.problem_by_month(view.by_month),
        "map": _where(town, view),
        "talks": consultations.consultations_about(town.id, "problem", number),
        "types": reports.type_titles(town.id),
        "area": line.district in territories.district_names(town.id),
        "share": request.build_absolute_uri(request.path),
    }
    return render(request, "portal/problem.html", context)


@require_safe
def problem_brief(request: HttpRequest, number: int) -> HttpResponse:
    """Give one problem as a paper for a meeting."""
    town = need_town(request)
    view = selectors.problem(town.id, number)
    if view is None:
        raise Http404
    address = request.build_absolute_uri(reverse("portal:problem", args=[number]))
    planned = programmes.candidates_of_problem(town.id, view.line.id)
    paper = briefs.problem_brief(town, view, planned, address=address)
    response = HttpResponse(paper, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{view.line.label}.pdf"'
    return response


def _where(town: TerritoryView, view: ProblemView) -> maps.TownMap | None:
    """Where is the problem? None where no place is known."""
    line = view.line
    if line.lon is None or line.lat is None:
        return None
    return maps.close_up(
        town,
        title=f"{line.label} {line.title}",
        lon=line.lon,
        lat=line.lat,
        radius_m=view.radius_m,
    )


@require_safe
def problem_reports(request: HttpRequest, number: int) -> HttpResponse:
    """List the reports that speak for a problem."""
    town = need_town(request)
    view = selectors.problem(town.id, number)
    if view is None:
        raise Http404
    context = {
        "trail": [
            (reverse("portal:problems"), _("Problems")),
            (reverse("portal:problem", args=[number]), view.line.label),
            ("", _("Reports")),
        ],
        "view": view,
        "page": selectors.problem_reports(town.id, number, page=page_number(request)),
    }
    return render(request, "portal/problem_reports.html", context)
