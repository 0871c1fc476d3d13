"""One candidate at the desk: why in or out, what staff know better; candidates by hand."""

from __future__ import annotations

from decimal import Decimal

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from eutopia.web.desk.plan_forms import MalformedError, optional_number, refusal_words
from eutopia.web.desk.request import Desk, at_desk
from eutopia.web.desk.tasks import ask_turning_point
from eutopia.web.foundation.access import Scope, require
from eutopia.web.portal import graphs, maps
from eutopia.web.programmes import selectors, services
from eutopia.web.programmes.services import CandidateRefused


@at_desk
@require_http_methods(["GET", "HEAD", "POST"])
def programme_candidate(
    request: HttpRequest, desk: Desk, number: int, candidate_id: int
) -> HttpResponse:
    """Explain one candidate in one programme; edit it, take it back, let it compete again."""
    require(desk.actor, "programme.read", Scope(desk.town.code))
    view = selectors.candidate(desk.town.id, candidate_id, programme=number)
    programme = selectors.programme(desk.town.id, number)
    if view is None or programme is None:
        raise Http404
    fault = ("", "")
    if "turning" in request.POST:
        ask_turning_point(desk.actor, programme.id, candidate_id)
        return redirect("desk:programme_candidate", number, candidate_id)
    if request.method == "POST":
        try:
            _act(request, desk, candidate_id)
        except (CandidateRefused, MalformedError) as refused:
            fault = refusal_words(refused)
        else:
            messages.success(
                request, _("Written down. It counts from the next choice of a programme on.")
            )
            return redirect("desk:programme_candidate", number, candidate_id)
    context = {
        "desk": desk,
        "view": view,
        "programme": programme,
        "may_edit": desk.may("candidate.edit"),
        "may_ask": desk.may("programme.choose"),
        "fault_field": fault[0],
        "fault": fault[1],
        "given": request.POST,
        "sides": graphs.sides(view),
        "map": maps.close_up(
            desk.town,
            title=view.line.title,
            lon=view.lon,
            lat=view.lat,
            radius_m=60,
            shape=view.geometry,
        ),
    }
    status = 422 if fault[1] else 200
    return render(request, "desk/candidate.html", context, status=status)


def _act(request: HttpRequest, desk: Desk, candidate_id: int) -> None:
    post = request.POST
    reason = post.get("reason", "")[:1000]
    if "withdraw" in post:
        services.withdraw_candidate(desk.actor, candidate_id, reason=reason)
    elif "restore" in post:
        services.restore_candidate(desk.actor, candidate_id, reason=reason)
    else:
        title = post.get("title", "").strip()[:200]
        services.edit_candidate(
            desk.actor,
            candidate_id,
            reason=reason,
            quantity=optional_number(post, "quantity", "quantity"),
            cost=optional_number(post, "cost", "cost"),
            benefit=optional_number(post, "benefit", "quantity"),
            title=((get_language() or "en", title),) if title else (),
        )


@at_desk
@require_http_methods(["GET", "HEAD", "POST"])
def programme_add(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Bring in a candidate: a measure of the pack, a place, a quantity, and why."""
    require(desk.actor, "candidate.edit", Scope(desk.town.code))
    fault = ("", "")
    if request.method == "POST":
        try:
            done = _add(request, desk)
        except (CandidateRefused, MalformedError) as refused:
            fault = refusal_words(refused)
        else:
            messages.success(
                request, _("It is among the candidates: choose again to see whether it gets in.")
            )
            programme = selectors.programme(desk.town.id)
            if programme is None:
                return redirect("desk:programme")
            return redirect("desk:programme_candidate", programme.number, done.candidate_id)
    context = {
        "desk": desk,
        "measures": selectors.measure_choices(desk.town.id),
        "fault_field": fault[0],
        "fault": fault[1],
        "given": request.POST,
        "map": maps.whole_town(desk.town, title=_("Mark the place"), pick=True, eager=True),
    }
    return render(request, "desk/candidate_new.html", context, status=422 if fault[1] else 200)


def _add(request: HttpRequest, desk: Desk) -> services.Brought:
    post = request.POST
    lon, lat = (optional_number(post, name, "place") for name in ("lon", "lat"))
    if lon is None or lat is None or not (abs(lon) <= 180 and abs(lat) <= 90):
        raise CandidateRefused("place", "missing", "no place")
    language = get_language() or "en"
    return services.add_candidate(
        desk.actor,
        desk.town.id,
        measure=post.get("measure", ""),
        title=((language, post.get("title", "").strip()[:200]),),
        lon=float(lon),
        lat=float(lat),
        quantity=optional_number(post, "quantity", "quantity") or Decimal(0),
        cost=optional_number(post, "cost", "cost"),
        benefit=optional_number(post, "benefit", "quantity"),
        reason=post.get("reason", "")[:1000],
    )
