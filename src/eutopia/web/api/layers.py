"""Map layers as GeoJSON."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control
from ninja import Router, Schema
from ninja.errors import HttpError
from ninja.params.functions import Path, Query
from pydantic import Field

from eutopia.web.api.territories import REFUSALS, Town, clean, town_or_404
from eutopia.web.dialogue import selectors as dialogue
from eutopia.web.problems import selectors as problems
from eutopia.web.programmes import selectors as programmes
from eutopia.web.reports import selectors as reports
from eutopia.web.territory import selectors as territories
from eutopia.web.works import selectors as works

router = Router(tags=["map"])

Layer = Literal[
    "districts", "streets", "water", "spaces", "buildings", "heritage", "zones",
    "reports", "problems", "programme", "ballot", "works",
]  # fmt: skip


class LayerQuery(Schema):
    """What of a layer is wanted."""

    bbox: str = Field(
        "", max_length=120, description="West, south, east, north in degrees, for the town's layers"
    )
    year: int | None = Field(None, ge=1900, le=2200, description="For programme: built then.")
    problem_type: str = Field("", max_length=96, description="For reports and problems.")
    district: str = Field("", max_length=96, description="For reports and problems.")


def _ballot(town: int, _wanted: LayerQuery) -> str:
    held = dialogue.elections(town)
    return dialogue.layer(town, held[-1].code) if held else dialogue.layer(town, "")


_LAYERS: dict[str, Callable[[int, LayerQuery], str]] = {
    "reports": lambda town, wanted: reports.cells_layer(
        town,
        reports.ReportFilter(
            problem_type=clean(wanted.problem_type), district=clean(wanted.district)
        ),
    ),
    "problems": lambda town, wanted: problems.layer(
        town,
        problems.ProblemFilter(
            problem_type=clean(wanted.problem_type), district=clean(wanted.district)
        ),
    ),
    "programme": lambda town, wanted: programmes.layer(town, year=wanted.year),
    "ballot": _ballot,
    "works": lambda town, _wanted: works.layer(town),
}


@router.get(
    "territories/{town}/layers/{layer}.geojson",
    response={200: dict[str, Any], **REFUSALS},
    summary="A layer of the map",
)
def get_layer(
    request: HttpRequest,  # noqa: ARG001
    town: str = Town,
    layer: Layer = Path(...),  # noqa: B008
    wanted: LayerQuery = Query(...),  # noqa: B008
) -> HttpResponse:
    """Give a layer as a GeoJSON FeatureCollection. Reports are counted by H3 cell, never shown one
    by one."""
    found = town_or_404(town)
    if layer in _LAYERS:
        text = _LAYERS[layer](found.id, wanted)
    else:
        text = territories.layer(found.id, layer, bounds=_bounds(wanted.bbox))
    response = HttpResponse(text, content_type="application/geo+json")
    patch_cache_control(response, public=True, max_age=60)
    return response


def _bounds(text: str) -> tuple[float, float, float, float] | None:
    if not text:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise HttpError(400, "bbox takes four numbers: west,south,east,north") from None
    inside = all(map(math.isfinite, (west, south, east, north)))
    if not inside or west > east or south > north:
        raise HttpError(400, "bbox takes west,south,east,north in degrees, in this order")
    return west, south, east, north
