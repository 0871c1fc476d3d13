"""Votes: what was put to the vote, what each rule chose, step by step."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from eutopia.web.dialogue import selectors
from eutopia.web.portal import graphs, maps
from eutopia.web.portal.request import need_town


@require_safe
def votes(request: HttpRequest) -> HttpResponse:
    """List the votes; where there is one, show it."""
    town = need_town(request)
    held = selectors.elections(town.id)
    if len(held) == 1:
        return redirect("portal:vote", held[0].code)
    return render(request, "portal/votes.html", {"trail": [("", _("Vote"))], "held": held})


@require_safe
def vote(request: HttpRequest, code: str) -> HttpResponse:
    """Show one vote and its result."""
    town = need_town(request)
    view = selectors.election(town.id, code)
    if view is None:
        raise Http404
    places = None
    if any(p.lon is not None for p in view.projects):
        url = reverse("portal:layer", args=["vote"])
        places = maps.point_map(
            town,
            selectors.layer(town.id, code),
            title=_("Map: projects put to the vote"),
            url=f"{url}?vote={code}",
            key="code",
            page="",
            size="cost",
            top=max((float(p.cost) for p in view.projects), default=0.0),
            tones=("won", {"true": "lead"}),
            words=lambda p: str(p["name"]),
            legend=(
                maps.LegendItem(_("Chosen"), kind="lead"),
                maps.LegendItem(_("Not chosen"), kind="soft"),
            ),
            list_href="#projects",
        )
    context = {
        "trail": [(reverse("portal:votes"), _("Vote")), ("", view.line.title)],
        "view": view,
        "ladder": graphs.tally_steps(view, town.currency),
        "map": places,
    }
    return render(request, "portal/vote.html", context)
