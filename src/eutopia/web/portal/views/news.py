"""News of a house by e-mail: asked for, confirmed by a link, stopped by one click."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from eutopia.web.foundation.access import RESIDENT
from eutopia.web.portal import letters
from eutopia.web.portal.request import need_town
from eutopia.web.portal.tasks import send_confirmation
from eutopia.web.portal.throttle import NEWS, NEWS_TO_ONE, once_more, once_more_to
from eutopia.web.utilities import selectors, services


@require_POST
def news_ask(request: HttpRequest, code: str) -> HttpResponse:
    """Take an address and send a letter to it; the answer is the same for one known already."""
    town = need_town(request)
    if not letters.letters_go():
        raise Http404
    email = request.POST.get("email", "")
    error = ""
    if not once_more(request, NEWS):
        error = _("Too many requests came from here: try again in a quarter of an hour.")
    else:
        error = _ask(town.id, code, email)
    context = {
        "trail": _trail(selectors.house_address(town.id, code), code),
        "code": code,
        "email": email if error else "",
        "error": error,
        "house": selectors.house_address(town.id, code),
    }
    return render(request, "portal/news_asked.html", context, status=422 if error else 200)


def _ask(territory_id: int, code: str, email: str) -> str:
    """Ask for the news; what stands against it, in words."""
    with transaction.atomic():
        try:
            row = services.ask_for_news(
                RESIDENT, territory_id, code, email, language=get_language() or "en"
            )
        except ValidationError as error:
            return " ".join(error.messages)
        if once_more_to(services.address_mark(email), NEWS_TO_ONE):
            send_confirmation.defer(subscription_id=row.pk)
    return ""


@require_http_methods(["GET", "HEAD", "POST"])
def news(request: HttpRequest, secret: str) -> HttpResponse:
    """Show what a letter's link means; confirm or stop it by a button, so that no robot does."""
    row = services.subscription_by(secret)
    if request.method == "POST" and row is not None:
        if request.POST.get("decision") == "stop":
            services.stop_news(row)
        else:
            services.confirm_news(row)
        return redirect("portal:news", secret)
    house = "" if row is None else selectors.house_address(row.territory_id, row.building)
    context = {
        "trail": _trail(house, "" if row is None else row.building),
        "row": row,
        "house": house,
        "secret": secret,
    }
    response = render(request, "portal/news.html", context)
    response["X-Robots-Tag"] = "noindex"
    return response


def _trail(house: str, code: str) -> list[tuple[str, str]]:
    steps = [
        (reverse("portal:services"), _("Outages")),
        (reverse("portal:find_house"), _("My house")),
    ]
    if code:
        steps.append((reverse("portal:house", args=[code]), house))
    return [*steps, ("", _("News of this house"))]


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def news_stop(request: HttpRequest, secret: str) -> HttpResponse:
    """Stop at once, as a mail program asks (RFC 8058): whoever knows the secret may."""
    if request.method == "POST":
        row = services.subscription_by(secret)
        if row is not None:
            services.stop_news(row)
        return HttpResponse(status=204)
    return redirect("portal:news", secret)
