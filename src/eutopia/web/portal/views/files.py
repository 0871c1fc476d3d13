"""Files behind the pages: the town's picture, map layers, tables as CSV."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_safe

from eutopia.web.dialogue import selectors as votes
from eutopia.web.loop import selectors as loop
from eutopia.web.portal import maps
from eutopia.web.portal.filters import problem_filter, report_filter
from eutopia.web.portal.request import need_town, word_given
from eutopia.web.portal.views.clusters import week_between
from eutopia.web.problems import selectors as problems
from eutopia.web.programmes import selectors as programmes
from eutopia.web.reports import selectors as reports
from eutopia.web.territory import selectors as territories
from eutopia.web.works import selectors as works

_HOUR = "public, max-age=3600"
_DAY = "public, max-age=86400"


@require_safe
def picture(request: HttpRequest) -> HttpResponse:
    """Give the town's picture, for every map to lay its marks on."""
    response = HttpResponse(maps.base_picture(need_town(request)), content_type="image/svg+xml")
    response["Cache-Control"] = _DAY
    return response


def _reports(request: HttpRequest, town: int) -> str:
    return reports.cells_layer(town, report_filter(request))


def _problems(request: HttpRequest, town: int) -> str:
    return problems.layer(town, problem_filter(request))


def _programme(request: HttpRequest, town: int) -> str:
    year = word_given(request, "year", limit=4)
    return programmes.layer(town, year=int(year) if year.isdigit() else None)


def _works(_request: HttpRequest, town: int) -> str:
    return works.layer(town)


def _vote(request: HttpRequest, town: int) -> str:
    return votes.layer(town, word_given(request, "vote"))


def _clusters(request: HttpRequest, town: int) -> str:
    return problems.clusters_layer(town, between=week_between(request, town))


def _proposals(request: HttpRequest, town: int) -> str:
    return votes.proposal_layer(town, word_given(request, "round"))


_OVERLAYS: dict[str, Callable[[HttpRequest, int], str]] = {
    "reports": _reports,
    "problems": _problems,
    "programme": _programme,
    "clusters": _clusters,
    "works": _works,
    "vote": _vote,
    "proposals": _proposals,
}


@require_safe
def layer(request: HttpRequest, name: str) -> HttpResponse:
    """Give a layer of the map as GeoJSON; `box` cuts it to west,south,east,north."""
    town = need_town(request)
    if name in _OVERLAYS:
        text = _OVERLAYS[name](request, town.id)
    elif name in territories.LAYERS:
        text = territories.layer(town.id, name, bounds=_box(request))
    else:
        raise Http404
    response = HttpResponse(text, content_type="application/geo+json")
    response["Cache-Control"] = _HOUR
    return response


def _box(request: HttpRequest) -> tuple[float, float, float, float] | None:
    try:
        west, south, east, north = (float(v) for v in request.GET["box"].split(","))
    except (KeyError, ValueError):
        return None
    return west, south, east, north


@require_safe
def download(request: HttpRequest, table: str) -> StreamingHttpResponse:
    """Give a table as CSV."""
    town = need_town(request)
    if table not in loop.DOWNLOADS:
        raise Http404
    response = StreamingHttpResponse(
        loop.rows_csv(town.id, table), content_type="text/csv; charset=utf-8"
    )
    name = f"{town.code}-{table}-{town.as_of:%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
