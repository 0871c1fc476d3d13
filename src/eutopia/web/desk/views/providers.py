"""Providers at the desk: their own reply, and the export for billing."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from eutopia.web.desk.forms import ReplyForm
from eutopia.web.desk.request import Desk, at_desk
from eutopia.web.foundation.access import AccessDenied, Scope, require
from eutopia.web.providers import selectors, services
from eutopia.web.providers.billing import billing_csv, corrections_csv
from eutopia.web.territory.services import town_clock
from eutopia.web.utilities import selectors as utilities


@at_desk
@require_http_methods(["GET", "HEAD", "POST"])
def replies(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Let a provider answer what is told of it."""
    codes = desk.organisations("provider.reply") or ()
    if not codes:
        raise AccessDenied("provider.reply")
    code = request.POST.get("organisation") or request.GET.get("organisation") or codes[0]
    view = selectors.provider(desk.town.id, code, now=town_clock(desk.town.id))
    if view is None or code not in codes:
        raise Http404
    subjects = tuple(
        [told.measure for told, _one in view.standings] + [one.service for one in view.supplies]
    )
    form = ReplyForm(request.POST if request.method == "POST" else None, subjects=subjects)
    if request.method == "POST" and form.is_valid():
        try:
            services.reply(
                desk.actor,
                desk.town.id,
                code,
                text=form.cleaned_data["text"],
                measure=form.cleaned_data["measure"],
                language=get_language() or "en",
            )
        except ValidationError as error:
            form.add_error("text", error)
        else:
            messages.success(request, _("Your reply is public, on your page."))
            return redirect("portal:provider", code)
    context = {"desk": desk, "view": view, "form": form, "codes": codes}
    return render(request, "desk/replies.html", context, status=422 if form.errors else 200)


@at_desk
@require_safe
def billing(request: HttpRequest, desk: Desk) -> HttpResponse:
    """List the months that a billing system can take over, or give one as CSV."""
    require(desk.actor, "billing.export", Scope(desk.town.code))
    month = _month(request.GET.get("month", ""))
    if month is None:
        given = request.GET.get("correction", "")
        if given.isascii() and given.isdigit() and len(given) < 12:
            return _corrections(desk, int(given))
        context = {
            "desk": desk,
            "months": selectors.billing_months(desk.town.id),
            "corrections": utilities.corrections(desk.town.id),
        }
        return render(request, "desk/billing.html", context)
    try:
        text = billing_csv(desk.actor, desk.town.id, month)
    except LookupError as error:
        raise Http404(str(error)) from error
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    name = f"{desk.town.code}-billing-{month:%Y-%m}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _corrections(desk: Desk, number: int) -> HttpResponse:
    try:
        text = corrections_csv(desk.actor, desk.town.id, number)
    except LookupError as error:
        raise Http404(str(error)) from error
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    name = f"{desk.town.code}-correction-{number}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _month(given: str) -> date | None:
    try:
        return date.fromisoformat(given) if given else None
    except ValueError as error:
        raise Http404 from error
