"""The planner's page: a programme in space, time and money, its rules edited and solved again."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from eutopia.web.desk.plan_forms import (
    LIMITS,
    PLACES,
    WISH_WORDS,
    MalformedError,
    limit_given,
    read_wish,
)
from eutopia.web.desk.request import Desk, at_desk, page_number
from eutopia.web.desk.tasks import solve_variant
from eutopia.web.foundation.access import Scope, require
from eutopia.web.portal import graphs, maps
from eutopia.web.portal.filters import PLAN_ORDERS, PROJECT_SHOWN, project_filter
from eutopia.web.portal.gantt import Gantt
from eutopia.web.programmes import selectors, services
from eutopia.web.programmes.selectors import CandidateFilter, ProgrammeView
from eutopia.web.territory import selectors as territories


def number_given(request: HttpRequest) -> int | None:
    """Which programme does the address name?"""
    text = request.GET.get("number", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


@at_desk
@require_safe
def programme(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show a programme: map, works in time, money, candidates; what can be changed about it."""
    require(desk.actor, "programme.read", Scope(desk.town.code))
    number = number_given(request)
    view = selectors.programme(desk.town.id, number)
    if view is None and number is not None:
        raise Http404
    context: dict[str, Any] = {
        "desk": desk,
        "view": view,
        "variants": selectors.programmes(desk.town.id),
        "running": selectors.solvings_running(desk.town.id),
        "may_choose": desk.may("programme.choose"),
        "may_adopt": desk.may("programme.adopt"),
        "may_edit": desk.may("candidate.edit"),
        "limits": LIMITS,
    }
    if view is not None:
        context |= _planner(request, desk, view)
    return render(request, "desk/programme.html", context)


def _planner(request: HttpRequest, desk: Desk, view: ProgrammeView) -> dict[str, Any]:
    wanted = project_filter(request, orders=PLAN_ORDERS)
    rules = selectors.rules_of(desk.town.id, view.number, desk.actor.account)
    return {
        "rules": rules,
        "pins": rules.pins if rules else {},
        "objectives": _objectives(view),
        "priorities": _places(rules),
        "criteria": selectors.CRITERIA,
        "wanted": wanted,
        "shown": {None: "", True: "chosen", False: "refused"}[wanted.chosen],
        "shown_choices": PROJECT_SHOWN[1:],
        "orders": PLAN_ORDERS,
        "page": selectors.candidates(
            desk.town.id, wanted, programme=view.number, page=page_number(request)
        ),
        "districts": territories.districts(desk.town.id),
        "measures": sorted(selectors.measure_titles(desk.town.id).items(), key=lambda m: m[1]),
        "reasons": [code for code, _n, _cost in view.refusals],
        "budget": graphs.budget(view),
        "gantt": Gantt(
            title=_("Works in time"),
            first_year=view.first_year,
            years=len(view.years),
            rows=selectors.bar_rows(
                desk.town.id, view.number, district=wanted.district, year=wanted.year
            ),
            href=lambda pk: reverse("desk:programme_candidate", args=[view.number, pk]),
            currency=view.currency,
        ),
        "map": _map(desk, view, wanted),
        "upkeep": graphs.upkeep_by_year(view),
        "changes": _changes(desk, view),
    }


def _objectives(view: ProgrammeView) -> list[tuple[str, selectors.AimView | None]]:
    """Each aim with what it brings, where that was assessed."""
    told = {aim.objective: aim for aim in view.aims}
    return [(objective, told.get(objective)) for objective in selectors.OBJECTIVES]


def _places(rules: selectors.RulesView | None) -> list[tuple[int, str, Decimal]]:
    """The places that criteria can be put in: number, criterion, what it may give up."""
    known = dict(enumerate(() if rules is None else rules.priorities, start=1))
    return [(place, *known.get(place, ("", Decimal(0)))) for place in PLACES]


def _map(desk: Desk, view: ProgrammeView, wanted: CandidateFilter) -> maps.TownMap:
    address = reverse("desk:programme_layer", args=[view.number])
    query = f"?year={wanted.year}" if wanted.year else ""
    return maps.point_map(
        desk.town,
        selectors.layer(desk.town.id, programme=view.number, year=wanted.year),
        title=_("Map: the programme's works"),
        url=f"{address}{query}",
        key="id",
        page="portal:project",
        size="cost",
        top=max((float(line.cost) for line in _dearest(desk, view)), default=0.0),
        tones=("chosen", {"true": "lead"}),
        words=lambda p: str(p["title"]),
        legend=(
            maps.LegendItem(_("In the programme"), kind="lead"),
            maps.LegendItem(_("Not in the programme"), kind="soft"),
        ),
    )


def _dearest(desk: Desk, view: ProgrammeView) -> tuple[selectors.CandidateLine, ...]:
    wanted = CandidateFilter(chosen=True, order="cost")
    return selectors.candidates(desk.town.id, wanted, programme=view.number, size=1).items


def _changes(desk: Desk, view: ProgrammeView) -> tuple[selectors.Difference, ...]:
    if view.based_on is None:
        return ()
    return selectors.compare(desk.town.id, view.based_on, view.number)


@at_desk
@require_safe
def programme_layer(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """Give what a programme builds where, as a layer of the map."""
    require(desk.actor, "programme.read", Scope(desk.town.code))
    year = request.GET.get("year", "")
    text = selectors.layer(
        desk.town.id, programme=number, year=int(year) if year.isdigit() else None
    )
    return HttpResponse(text, content_type="application/geo+json")


@at_desk
@require_POST
def programme_wish(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """Keep what was changed about the rules, and solve where that was asked."""
    view = selectors.programme(desk.town.id, number)
    if view is None:
        raise Http404
    if "drop" in request.POST:
        services.drop_draft(desk.actor, view.id)
        return redirect(f"{reverse('desk:programme')}?number={number}")
    fault: services.WishRefused | MalformedError | None
    try:
        fault = services.edit_what_fits(desk.actor, view.id, read_wish(request.POST, view))
    except MalformedError as malformed:
        fault = malformed
    if fault is not None:
        messages.error(request, WISH_WORDS.get(fault.field, WISH_WORDS[""]))
        return redirect(f"{reverse('desk:programme')}?number={number}")
    if "solve" in request.POST:
        with transaction.atomic():
            solving = services.begin_solving(
                desk.actor, view.id, time_limit_s=limit_given(request.POST)
            )
            solve_variant.defer(account=desk.actor.account, solving_id=solving)
        return redirect("desk:programme_solving", solving)
    if getattr(request, "htmx", False):
        rules = selectors.rules_of(desk.town.id, number, desk.actor.account)
        context = {"rules": rules, "view": view, "limits": LIMITS, "may_choose": True}
        return render(request, "desk/parts/pinned.html", context)
    return redirect(f"{reverse('desk:programme')}?number={number}#candidates")


@at_desk
@require_http_methods(["GET", "HEAD", "POST"])
def programme_solving(request: HttpRequest, desk: Desk, solving_id: int) -> HttpResponse:
    """Show how far a search is; stop it; go to what came of it."""
    require(desk.actor, "programme.read", Scope(desk.town.code))
    view = selectors.solving(desk.town.id, solving_id)
    if view is None:
        raise Http404
    if request.method == "POST":
        services.stop_solving(desk.actor, solving_id)
        return redirect("desk:programme_solving", solving_id)
    if view.state == "done" and view.programme is not None:
        address = f"{reverse('desk:programme')}?number={view.programme}"
        if getattr(request, "htmx", False):
            return HttpResponse(headers={"HX-Redirect": address})
        return redirect(address)
    whole = not getattr(request, "htmx", False)
    template = "desk/solving.html" if whole else "desk/parts/progress.html"
    may_stop = desk.may("programme.choose")
    return render(request, template, {"desk": desk, "solving": view, "may_choose": may_stop})
