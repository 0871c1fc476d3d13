"""The start page: the town, the loop, what is going on."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from eutopia.web.consultations.selectors import ConsultationLine, consultations
from eutopia.web.loop import selectors as loop
from eutopia.web.portal import graphs, maps
from eutopia.web.portal.kept import kept
from eutopia.web.portal.request import town_of
from eutopia.web.portal.stages import places
from eutopia.web.problems import selectors as problems
from eutopia.web.problems.selectors import ProblemFilter

_FEW = 3


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Show the town and the loop with its figures."""
    town = town_of(request)
    if town is None:
        return render(request, "portal/empty.html", status=200)
    view = kept("start", town, lambda: loop.start(town))
    costliest = max((float(p.cost_total) for p in view.costliest), default=0.0)
    town_map = maps.point_map(
        town,
        kept("problems", town, lambda: problems.layer(town.id, ProblemFilter())),
        title=_("Map of the town with its problems"),
        url=reverse("portal:layer", args=["problems"]),
        key="number",
        page="portal:problem",
        size="cost",
        top=costliest,
        words=lambda p: f"{p['label']} {p['title']}",
        legend=(maps.LegendItem(_("Problems: the larger, the costlier"), kind=""),),
        list_href=reverse("portal:problems"),
    )
    context = {
        "view": view,
        "map": town_map,
        "places": places(view),
        "asked": _asked(town.id),
        "money": graphs.money_by_year(view.programme) if view.programme else None,
    }
    return render(request, "portal/start.html", context)


def _asked(territory_id: int) -> list[ConsultationLine]:
    """Which consultations are open or wait for an answer, the longest overdue first?"""
    going = ("overdue", "open", "answering")
    return [one for one in consultations(territory_id) if one.state in going][:_FEW]
