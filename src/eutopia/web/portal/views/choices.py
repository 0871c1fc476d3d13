"""What a reader chooses for their own screen: colours and town, kept in a cookie, nowhere else."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_safe

from eutopia.web.portal.context import SCHEMES
from eutopia.web.portal.request import TOWN_COOKIE
from eutopia.web.territory import selectors as territories

YEAR = 365 * 24 * 3600


def _kept(response: HttpResponse, name: str, value: str) -> HttpResponse:
    response.set_cookie(
        name, value, max_age=YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
    )
    return response


@require_safe
def scheme(request: HttpRequest, scheme: str) -> HttpResponse:
    """Show the site in light or dark colours and go back."""
    if scheme not in SCHEMES:
        raise Http404
    back = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
        back = reverse("portal:start")
    return _kept(redirect(back), "scheme", scheme)


@require_safe
def choose_town(_request: HttpRequest, code: str) -> HttpResponse:
    """Show another municipality of this installation."""
    if territories.territory(code) is None:
        raise Http404
    return _kept(redirect("portal:start"), TOWN_COOKIE, code)
