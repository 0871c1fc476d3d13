"""Offers of businesses at the desk: taken in as candidates, or declined, with a public reason."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from eutopia.web.desk.plan_forms import refusal_words
from eutopia.web.desk.request import Desk, at_desk
from eutopia.web.foundation.access import Scope, require
from eutopia.web.programmes import selectors, services


@at_desk
@require_http_methods(["GET", "HEAD", "POST"])
def programme_offers(request: HttpRequest, desk: Desk) -> HttpResponse:
    """List what waits and what was decided; decide."""
    require(desk.actor, "programme.read", Scope(desk.town.code))
    told = selectors.offers(desk.town.id)
    fault = ""
    if request.method == "POST":
        mine = {str(offer.id): offer.id for offer in told}
        number = mine.get(request.POST.get("offer", ""))
        if number is None:
            raise Http404
        decide = services.take_offer if "take" in request.POST else services.decline_offer
        try:
            decide(desk.actor, number, reason=request.POST.get("reason", "")[:1000])
        except services.CandidateRefused as refused:
            fault = refusal_words(refused)[1]
        else:
            messages.success(request, _("Decided; everybody reads the reason."))
            return redirect("desk:programme_offers")
    context = {
        "desk": desk,
        "new": [offer for offer in told if offer.state == "new"],
        "decided": [offer for offer in told if offer.state != "new"],
        "may_decide": desk.may("candidate.propose"),
        "fault": fault,
    }
    return render(request, "desk/offers.html", context, status=422 if fault else 200)
