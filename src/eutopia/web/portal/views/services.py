"""Communal services: interruptions, and what is owed back for them."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from eutopia.web.portal import claims, graphs, owed_words
from eutopia.web.portal.charts import Chart
from eutopia.web.portal.request import (
    choice_given,
    day_given,
    need_town,
    page_number,
    word_given,
)
from eutopia.web.utilities import selectors
from eutopia.web.utilities.services import remedy_notes


@require_safe
def services(request: HttpRequest) -> HttpResponse:
    """List interruptions of services, the latest first."""
    town = need_town(request)
    kinds = selectors.services(town.id)
    service = choice_given(request, "service", ("", *(code for code, _n in kinds)))
    ongoing = request.GET.get("ongoing") == "1"
    periods = selectors.periods(town.id)
    context = {
        "trail": [("", _("Outages"))],
        "page": selectors.interruptions(
            town.id,
            service=service,
            ongoing=True if ongoing else None,
            page=page_number(request),
        ),
        "service": service,
        "ongoing": ongoing,
        "kinds": kinds,
        "periods": periods,
        "chart": _owed_chart(periods),
    }
    return render(request, "portal/services.html", context)


def _owed_chart(periods: tuple[selectors.PeriodView, ...]) -> Chart | None:
    months: dict[date, Decimal] = defaultdict(Decimal)
    for period in periods:
        months[period.period] += period.owed
    if not any(months.values()):
        return None
    return graphs.owed_by_month(tuple(sorted(months.items())), periods[0].currency)


@require_safe
def owed(request: HttpRequest) -> HttpResponse:
    """List what is owed back for a month, the most first: in the whole town or in one house."""
    town = need_town(request)
    periods = selectors.periods(town.id)
    if not periods:
        raise Http404
    house = word_given(request, "house", limit=96)
    of_house = selectors.owed_by_month(town.id, house) if house else {}
    months = sorted(of_house or {p.period for p in periods}, reverse=True)
    wanted = day_given(request, "month")
    month = wanted if wanted in months else months[0]
    service = choice_given(request, "service", ("", *sorted({p.service for p in periods})))
    context = {
        "trail": [(reverse("portal:services"), _("Outages")), ("", _("What is owed back"))],
        "months": months,
        "month": month,
        "service": service,
        "kinds": sorted({p.service for p in periods}),
        "house": house,
        "address": selectors.house_address(town.id, house) if house else "",
        "page": selectors.dwellings(
            town.id, month, service=service, building=house, page=page_number(request)
        ),
    }
    return render(request, "portal/owed.html", context)


@require_safe
def owed_to(request: HttpRequest, code: str) -> HttpResponse:
    """Show what was charged to a dwelling and what is owed back, line by line."""
    town = need_town(request)
    charges = selectors.dwelling(town.id, code)
    if not charges:
        raise Http404
    context = {
        "trail": [
            (reverse("portal:services"), _("Outages")),
            (reverse("portal:owed"), _("What is owed back")),
            ("", owed_words.where(charges[0])),
        ],
        "told": [one for one in charges if not one.plain],
        "plain": [one for one in charges if one.plain],
        "owed": sum((c.owed for c in charges), Decimal(0)),
        "paid": sum((c.fee for c in charges), Decimal(0)),
        "first": charges[0],
        "where": owed_words.where(charges[0]),
        "notes": remedy_notes(town.id),
    }
    return render(request, "portal/owed_to.html", context)


@require_safe
def claim(request: HttpRequest, code: str) -> HttpResponse:
    """Give the letter that claims what is owed back to a dwelling; `month` narrows it to one."""
    town = need_town(request)
    month = day_given(request, "month")
    charges = [
        one
        for one in selectors.dwelling(town.id, code)
        if one.owed > 0 and month in (None, one.period)
    ]
    if not charges:
        raise Http404
    paper = claims.claim(town, charges, remedy_notes(town.id))
    response = HttpResponse(paper, content_type="application/pdf")
    response["Content-Disposition"] = 'inline; filename="claim.pdf"'
    return response
