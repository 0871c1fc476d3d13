"""The log of consequential acts, and whether its chain holds."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from eutopia.web.desk.request import Desk, at_desk, page_number
from eutopia.web.foundation import selectors
from eutopia.web.foundation.access import require


@at_desk
@require_safe
def log(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show the log, the latest act first; on request, whether the chain holds."""
    page = selectors.acts(desk.actor, page=page_number(request))
    verdict = None
    if "verify" in request.GET:
        require(desk.actor, "log.verify")
        verdict = selectors.verify_log()
    context = {
        "desk": desk,
        "page": page,
        "verdict": verdict,
    }
    return render(request, "desk/log.html", context)
