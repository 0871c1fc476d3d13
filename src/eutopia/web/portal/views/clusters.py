"""The cluster explorer: where reports pile up, week by week."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from eutopia.web.portal import maps
from eutopia.web.portal.request import need_town, word_given
from eutopia.web.problems import selectors
from eutopia.web.problems.selectors import ClusterView, SurveyView


@dataclass(frozen=True, slots=True)
class Week:
    """A step of the slider: its number from 1, its days, how many clusters lie in it.

    `top` is where its bar begins: 0 for the most clusters, 20 for none.
    """

    number: int
    first: date
    last: date
    clusters: int
    top: float


@require_safe
def clusters(request: HttpRequest) -> HttpResponse:
    """Show where reports of one kind pile up more than chance lets them, and when."""
    town = need_town(request)
    survey = selectors.survey(town.id)
    spans = _weeks(survey)
    at = _week_given(request, len(spans))
    between = spans[at - 1] if at else None
    found = selectors.clusters(town.id)
    shown = [one for one in found if between is None or _inside(one, between)]
    url = reverse("portal:layer", args=["clusters"])
    context = {
        "trail": [(reverse("portal:problems"), _("Problems")), ("", _("Clusters"))],
        "survey": survey,
        "clusters": shown,
        "weeks": _slider(spans, found),
        "at": at,
        "between": between,
        "before": at - 1 if at > 1 else 0,
        "after": at + 1 if at and at < len(spans) else 0,
        "alive": sum(one.alive for one in shown),
        "map": maps.point_map(
            town,
            selectors.clusters_layer(town.id, between=between),
            title=_("Map: clusters of reports"),
            url=f"{url}?week={at}" if at else url,
            key="number",
            page="",
            pattern="#cluster-KEY",
            metres="radius_m",
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
    days = (survey.last_day - survey.first_day).days + 1
    begins = [survey.first_day + timedelta(days=k) for k in range(0, days, 7)]
    return [(first, min(first + timedelta(days=6), survey.last_day)) for first in begins]


def _inside(cluster: ClusterView, between: tuple[date, date]) -> bool:
    return cluster.start <= between[1] and cluster.end >= between[0]


def _slider(spans: Sequence[tuple[date, date]], found: Sequence[ClusterView]) -> tuple[Week, ...]:
    """How many clusters lie in each week, as bars beneath the slider?"""
    counts = [sum(_inside(one, span) for one in found) for span in spans]
    most = max(counts, default=0) or 1
    return tuple(
        Week(number, first, last, count, 20 - round(20 * count / most, 1))
        for number, ((first, last), count) in enumerate(zip(spans, counts, strict=True), start=1)
    )


def _week_given(request: HttpRequest, weeks: int) -> int:
    """Which week is asked for? 0 for all together."""
    given = word_given(request, "week", limit=4)
    return int(given) if given.isascii() and given.isdigit() and int(given) <= weeks else 0


def week_between(request: HttpRequest, town_id: int) -> tuple[date, date] | None:
    """Which week does a request for the layer ask for? None for all."""
    spans = _weeks(selectors.survey(town_id))
    at = _week_given(request, len(spans))
    return spans[at - 1] if at else None
