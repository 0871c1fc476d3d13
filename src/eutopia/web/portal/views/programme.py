"""The programme: years, funds, what is in and what is out, and why; one project."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from eutopia.web.consultations import selectors as consultations
from eutopia.web.loop import selectors as loop
from eutopia.web.portal import graphs, maps, passport, thread
from eutopia.web.portal.filters import PROJECT_ORDERS, PROJECT_SHOWN, project_filter, year_given
from eutopia.web.portal.request import need_town, page_number
from eutopia.web.portal.side_by_side import comparison
from eutopia.web.programmes import selectors
from eutopia.web.programmes.selectors import CandidateFilter
from eutopia.web.territory import selectors as territories

FEW, MANY = 3, 12
"""Works told of each year, and of one year that was chosen."""


@require_safe
def programme(request: HttpRequest) -> HttpResponse:
    """Show the programme as a whole."""
    town = need_town(request)
    view = selectors.programme(town.id)
    trail = [("", _("Programme"))]
    if view is None:
        return render(request, "portal/programme_none.html", {"trail": trail})
    largest = selectors.candidates(
        town.id, CandidateFilter(chosen=True, order="cost"), page=1, size=1
    ).items
    year = year_given(request)
    shown = [one for one in view.years if year in (None, one.year)]
    if not shown:
        raise Http404
    address = reverse("portal:layer", args=["programme"])
    context = {
        "trail": trail,
        "view": view,
        "money": graphs.money_by_year(view),
        "upkeep": graphs.upkeep_by_year(view),
        "refusals": graphs.refusals(view),
        "districts": graphs.districts(view),
        "budget": graphs.budget(view),
        "year": year,
        "years": [
            (one, selectors.candidates(
                town.id, CandidateFilter(year=one.year), size=FEW if year is None else MANY))
            for one in shown
        ],
        "map": maps.point_map(
            town,
            selectors.layer(town.id, year=year),
            title=_("Map: the programme's works"),
            url=f"{address}?year={year}" if year else address,
            key="id",
            page="portal:project",
            size="cost",
            top=float(largest[0].cost) if largest else 0.0,
            tones=("chosen", {"true": "lead"}),
            words=lambda p: str(p["title"]),
            legend=(
                maps.LegendItem(_("In the programme"), kind="lead"),
                *([] if year else [maps.LegendItem(_("Not in the programme"), kind="soft")]),
            ),
            list_href=reverse("portal:projects") + (f"?year={year}" if year else ""),
        ),
    }  # fmt: skip
    return render(request, "portal/programme.html", context)


@require_safe
def projects(request: HttpRequest) -> HttpResponse:
    """List what was weighed, in and out, with the reason."""
    town = need_town(request)
    view = selectors.programme(town.id)
    wanted = project_filter(request)
    context = {
        "trail": [(reverse("portal:programme"), _("Programme")), ("", _("Projects"))],
        "view": view,
        "wanted": wanted,
        "shown": {None: "", True: "chosen", False: "refused"}[wanted.chosen],
        "shown_choices": PROJECT_SHOWN[1:],
        "orders": PROJECT_ORDERS,
        "page": selectors.candidates(town.id, wanted, page=page_number(request)),
        "districts": territories.districts(town.id),
        "measures": sorted(selectors.measure_titles(town.id).items(), key=lambda m: m[1]),
        "reasons": [code for code, _n, _cost in view.refusals] if view else [],
    }
    return render(request, "portal/projects.html", context)


@require_safe
def project(request: HttpRequest, candidate_id: int) -> HttpResponse:
    """Show one project: why in or out, for whom, at what price, under which conditions."""
    town = need_town(request)
    view = selectors.candidate(town.id, candidate_id)
    if view is None:
        raise Http404
    link = loop.chain_of_candidate(town.id, candidate_id)
    chains = [loop.chain_of_problem(town.id, p.number) for p in view.problems[:1]]
    knots: tuple[thread.Knot, ...] = ()
    if link:
        knots = thread.of_candidate(link, currency=town.currency)
        if chains and chains[0]:
            knots = thread.of_problem(chains[0], here="", currency=town.currency)[:2] + knots
    context = {
        "trail": [
            (reverse("portal:programme"), _("Programme")),
            (reverse("portal:projects"), _("Projects")),
            ("", view.line.title),
        ],
        "view": view,
        "link": link,
        "stands": link is not None and thread.stands(link),
        "thread": knots,
        "pledges": consultations.pledges(town.id, candidate_id=candidate_id),
        "talks": consultations.consultations_about(town.id, "candidate", candidate_id),
        "sides": graphs.sides(view),
        "map": maps.close_up(
            town,
            title=view.line.title,
            lon=view.lon,
            lat=view.lat,
            radius_m=60,
            shape=view.geometry,
        ),
    }
    return render(request, "portal/project.html", context)


@require_safe
def amendments(request: HttpRequest) -> HttpResponse:
    """Show each adoption of a programme: why, what it changed, which promises it broke."""
    town = need_town(request)
    context = {
        "trail": [(reverse("portal:programme"), _("Programme")), ("", _("Amendments"))],
        "amendments": selectors.amendments(town.id),
    }
    return render(request, "portal/amendments.html", context)


@require_safe
def passport_paper(request: HttpRequest, kind: str) -> HttpResponse:
    """Give the passport of the programme that everybody sees, as PDF or XLSX."""
    town = need_town(request)
    view = selectors.programme(town.id)
    made = None if view is None else passport.paper(town, view.number, kind)
    if made is None:
        raise Http404
    return made


@require_safe
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """Show variants side by side to whoever has the link; nothing tells whether others exist."""
    view = selectors.shared(token)
    if view is None:
        raise Http404
    return render(request, "portal/shared.html", {"view": view, "told": comparison(view)})
