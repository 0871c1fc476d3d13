"""The programme for planners: what was put in or taken out by hand, variants, adoption."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from eutopia.web.desk.request import Desk, at_desk, page_number
from eutopia.web.desk.tasks import repin_programme
from eutopia.web.foundation import jobs
from eutopia.web.foundation.access import Scope, require
from eutopia.web.programmes import selectors, services
from eutopia.web.programmes.selectors import CandidateFilter

PINS = ("free", "must", "must_not")


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


@at_desk
@require_http_methods(["GET", "HEAD", "POST"])
def programme(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show a programme with its candidates; take pins and have it chosen again."""
    number = _number(request.GET.get("number", ""))
    require(desk.actor, "programme.read", Scope(desk.town.code))
    view = selectors.programme(desk.town.id, number)
    if view is None and number is not None:
        raise Http404
    if request.method == "POST" and view is not None:
        return _choose_again(request, desk, view)
    shown = request.GET.get("show", "")
    wanted = CandidateFilter(chosen={"chosen": True, "refused": False}.get(shown), order="cost")
    context: dict[str, Any] = {
        "desk": desk,
        "view": view,
        "variants": selectors.programmes(desk.town.id),
        "shown": shown,
        "may_choose": desk.may("programme.choose"),
        "may_adopt": desk.may("programme.adopt"),
        "waiting": _waiting(),
    }
    if view is not None:
        context["page"] = selectors.candidates(
            desk.town.id, wanted, programme=view.number, page=page_number(request)
        )
        context["pins"] = {i: "must" for i, _t in view.must} | {
            i: "must_not" for i, _t in view.must_not
        }
    return render(request, "desk/programme.html", context)


def _waiting() -> int:
    counts = jobs.counts(prefix="desk.repin_programme")
    return counts.get("todo", 0) + counts.get("doing", 0)


def _choose_again(request: HttpRequest, desk: Desk, view: selectors.ProgrammeView) -> HttpResponse:
    """Join the pins on the page with those it had, and ask for a new choice."""
    require(desk.actor, "programme.choose", Scope(desk.town.code))
    pins = {i: "must" for i, _t in view.must} | {i: "must_not" for i, _t in view.must_not}
    for name, value in request.POST.items():
        kind, _dash, rest = name.partition("-")
        candidate = _number(rest)
        if kind == "pin" and candidate is not None and value in PINS:
            pins[candidate] = value
    with transaction.atomic():
        repin_programme.defer(
            account=desk.actor.account,
            programme_id=view.id,
            must=sorted(i for i, kind in pins.items() if kind == "must"),
            must_not=sorted(i for i, kind in pins.items() if kind == "must_not"),
        )
    messages.success(
        request, _("The programme is being chosen again; it will stand among the variants.")
    )
    return redirect("desk:programme")


@at_desk
@require_POST
def adopt(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """Adopt a variant: its choices become public promises."""
    view = selectors.programme(desk.town.id, number)
    if view is None:
        raise Http404
    try:
        made = services.publish_programme(
            desk.actor, view.id, reason=request.POST.get("reason", "")[:1000]
        )
    except services.PublishRefused:
        messages.error(
            request, _("This variant cannot be adopted: it is not sound or was superseded.")
        )
    else:
        messages.success(request, _("Adopted. Promises made public: %(n)s.") % {"n": made})
    return redirect("desk:programme")
