"""The cluster explorer: where reports pile up, week by week."""

from __future__ import annotations

from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from eutopia.web.portal import maps
from eutopia.web.portal.request import need_town, word_given
from eutopia.web.problems import selectors
from eutopia.web.problems.selectors import SurveyView


@require_safe
def clusters(request: HttpRequest) -> HttpResponse:
    """Show where reports of one kind pile up more than chance lets them, and when."""
    town = need_town(request)
    survey = selectors.survey(town.id)
    weeks = _weeks(survey)
    given = word_given(request, "week", limit=4)
    at = int(given) if given.isdecimal() and 1 <= int(given) <= len(weeks) else 0
    between = weeks[at - 1] if at else None
    found = selectors.clusters(town.id, between=between)
    url = reverse("portal:layer", args=["clusters"])
    context = {
        "trail": [(reverse("portal:problems"), _("Problems")), ("", _("Clusters"))],
        "survey": survey,
        "clusters": found,
        "weeks": len(weeks),
        "at": at,
        "between": between,
        "before": at - 1 if at > 1 else 0,
        "after": at + 1 if at and at < len(weeks) else 0,
        "alive": sum(one.alive for one in found),
        "map": maps.point_map(
            town,
            selectors.clusters_layer(town.id, between=between),
            title=_("Map: clusters of reports"),
            url=f"{url}?week={at}" if at else url,
            key="number",
            page="",
            size="cases",
            top=max((float(one.cases) for one in found), default=0.0),
            tones=("state", {"alive": "lead", "past": "soft"}),
            words=lambda p: f"{p['number']}. {p['title']}: {p['start']} – {p['end']}",
            legend=(
                maps.LegendItem(_("Still growing"), kind="lead"),
                maps.LegendItem(_("In the past"), kind="soft"),
            ),
            list_href="#list",
        ),
    }
    return render(request, "portal/clusters.html", context)


def _weeks(survey: SurveyView | None) -> list[tuple[date, date]]:
    """First and last day of each week looked at, the earliest first."""
    if survey is None:
        return []
    last, weeks = survey.last_day, []
    while last >= survey.first_day:
        weeks.append((last - timedelta(days=6), last))
        last -= timedelta(days=7)
    return weeks[::-1]


def week_between(request: HttpRequest, town_id: int) -> tuple[date, date] | None:
    """Which week does a request for the layer ask for? None for all."""
    weeks = _weeks(selectors.survey(town_id))
    given = word_given(request, "week", limit=4)
    return weeks[int(given) - 1] if given.isdecimal() and 1 <= int(given) <= len(weeks) else None
