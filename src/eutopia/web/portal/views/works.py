"""Works and what they changed; the state of what the town keeps."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from eutopia.web.portal import graphs, maps, words
from eutopia.web.portal.request import choice_given, need_town, page_number, word_given
from eutopia.web.programmes import selectors as programmes
from eutopia.web.territory import selectors as territories
from eutopia.web.upkeep import selectors as upkeep_selectors
from eutopia.web.works import selectors

VERDICTS = ("", "better", "worse", "unclear", "too_early")


@require_safe
def works(request: HttpRequest) -> HttpResponse:
    """List works, the latest first, and what each measure changed."""
    town = need_town(request)
    measure = word_given(request, "measure")
    verdict = choice_given(request, "verdict", VERDICTS)
    district = word_given(request, "district", limit=96)
    page = selectors.works(
        town.id, measure=measure, verdict=verdict, district=district, page=page_number(request)
    )
    outcomes = selectors.measure_outcomes(town.id)
    context = {
        "trail": [("", _("Works"))],
        "page": page,
        "measure": measure,
        "verdict": verdict,
        "district": district,
        "districts": territories.districts(town.id),
        "verdicts": VERDICTS[1:],
        "measures": [(o.measure, o.title) for o in outcomes],
        "outcomes": graphs.outcome_rows(outcomes),
        "counts": selectors.verdict_counts(town.id),
        "map": maps.point_map(
            town,
            selectors.layer(town.id),
            title=_("Map: works"),
            url=reverse("portal:layer", args=["works"]),
            key="id",
            page="portal:work",
            tones=("verdict", {"better": "lead", "worse": ""}),
            words=lambda p: str(p["title"]),
            legend=(
                maps.LegendItem(_("Better"), kind="lead"),
                maps.LegendItem(_("Worse")),
                maps.LegendItem(_("Unclear or too early"), kind="soft"),
            ),
            list_href="#list",
        ),
    }
    return render(request, "portal/works.html", context)


@require_safe
def work(request: HttpRequest, work_id: int) -> HttpResponse:
    """Show one work, what it cost and what it changed."""
    town = need_town(request)
    view = selectors.work(town.id, work_id)
    if view is None:
        raise Http404
    realised = programmes.candidate_lines(town.id, [view.candidate]) if view.candidate else ()
    where = None
    if view.lon is not None and view.lat is not None:
        where = maps.close_up(town, title=view.title, lon=view.lon, lat=view.lat, radius_m=40)
    context = {
        "trail": [(reverse("portal:works"), _("Works")), ("", view.title)],
        "view": view,
        "realised": realised,
        "before_after": graphs.before_after(view.outcome) if view.outcome else None,
        "map": where,
    }
    return render(request, "portal/work.html", context)


@require_safe
def upkeep(request: HttpRequest) -> HttpResponse:
    """Show in what condition the town's things are and where they go."""
    town = need_town(request)
    view = upkeep_selectors.condition(town.id)
    context = {
        "trail": [("", _("Upkeep"))],
        "view": view,
        "rows": graphs.condition_rows(view),
        "forecasts": [
            (words.word("asset", c.asset_class), graphs.forecast(c))
            for c in view.classes
            if len(c.forecast) > 1
        ][:6],
    }
    return render(request, "portal/upkeep.html", context)
