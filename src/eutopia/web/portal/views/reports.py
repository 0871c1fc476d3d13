"""Reports: the list with its map, one report, the form."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from eutopia.web.foundation.access import RESIDENT
from eutopia.web.loop import selectors as loop
from eutopia.web.portal import graphs, maps, thread
from eutopia.web.portal.filters import REPORT_ORDERS, REPORT_STATUSES, report_filter
from eutopia.web.portal.forms import ReportForm
from eutopia.web.portal.kept import kept
from eutopia.web.portal.request import need_town, page_number
from eutopia.web.portal.throttle import once_more
from eutopia.web.reports import selectors, services
from eutopia.web.reports.selectors import ReportFilter
from eutopia.web.territory import selectors as territories
from eutopia.web.territory.selectors import TerritoryView
from eutopia.web.utilities.tasks import join_soon

HIDDEN = 100.0
"""Metres: the public sees no report's place more closely."""


@require_safe
def reports(request: HttpRequest) -> HttpResponse:
    """List reports; a part of the page alone where htmx asks for it."""
    town = need_town(request)
    wanted = report_filter(request)
    query = request.GET.copy()
    query.pop("page", None)
    page = selectors.reports(town.id, wanted, page=page_number(request))
    url = reverse("portal:layer", args=["reports"])
    context = {
        "trail": [("", _("Reports"))],
        "page": page,
        "wanted": wanted,
        "statuses": REPORT_STATUSES[1:],
        "orders": REPORT_ORDERS,
        "types": selectors.problem_types(town.id),
        "districts": territories.districts(town.id),
        "map": maps.report_cells(
            town,
            _cells(town, wanted),
            url=f"{url}?{query.urlencode()}" if query else url,
            list_href="#list",
        ),
    }
    figures = kept("figures", town, lambda: selectors.figures(town.id))
    context |= {"figures": figures, "chart": graphs.reports_by_month(figures.by_month)}
    return render(request, "portal/reports.html", context)


def _cells(town: TerritoryView, wanted: ReportFilter) -> str:
    """Where are the reports; the unfiltered answer, which most readers see, is kept a minute."""
    if wanted == ReportFilter():
        return kept("cells", town, lambda: selectors.cells_layer(town.id, wanted))
    return selectors.cells_layer(town.id, wanted)


@require_safe
def report(request: HttpRequest, report_id: int) -> HttpResponse:
    """Show one report and what became of it."""
    town = need_town(request)
    view = selectors.report(town.id, report_id)
    if view is None:
        raise Http404
    chains = loop.chains_of_report(town.id, report_id)
    where = None
    if view.lon is not None and view.lat is not None:
        where = maps.close_up(
            town,
            title=_("About here: the public sees a report's place to 100 metres"),
            lon=view.lon,
            lat=view.lat,
            radius_m=HIDDEN,
        )
    context = {
        "trail": [(reverse("portal:reports"), _("Reports")), ("", view.number)],
        "view": view,
        "sent": request.GET.get("sent") == "1",
        "map": where,
        "threads": [
            (c.problem, thread.of_problem(c, here="listen", currency=town.currency)) for c in chains
        ],
    }
    return render(request, "portal/report.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def report_new(request: HttpRequest) -> HttpResponse:
    """Take a report in; no name is asked."""
    town = need_town(request)
    types = selectors.problem_types(town.id)
    form = ReportForm(request.POST if request.method == "POST" else None, types=types)
    if request.method == "POST" and form.is_valid():
        try:
            sent = services.submit_report(
                RESIDENT,
                town.id,
                language=get_language() or "",
                allow=lambda: once_more(request),
                **form.cleaned_data,
            )
        except services.SubmissionRefused as refused:
            form.take_refusal(refused.fields)
        else:
            join_soon(town.id)
            return redirect(f"{reverse('portal:report', args=[sent.id])}?sent=1")
    context = {
        "trail": [(reverse("portal:reports"), _("Reports")), ("", _("Report a problem"))],
        "form": form,
        "streets": territories.street_names(town.id),
        "map": maps.whole_town(
            town,
            title=_("Map of the town"),
            pick={"lon": "id_lon", "lat": "id_lat"},
        ),
    }
    status = 422 if form.errors else 200
    return render(request, "portal/report_new.html", context, status=status)
