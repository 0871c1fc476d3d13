"""The programme for planners: what is in, what was put in or taken out by hand, a new run."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from eutopia.web.desk.request import Desk, at_desk
from eutopia.web.programmes import selectors


@at_desk
@require_safe
def programme(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show the programme and its variants."""
    context = {
        "desk": desk,
        "view": selectors.programme(desk.town.id),
        "variants": selectors.programmes(desk.town.id),
    }
    return render(request, "desk/programme.html", context)
