"""The interface for programs: what pages show, as JSON and GeoJSON; reading only, for everybody.

The schema is at `/api/openapi.json`.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import ValidationError

from eutopia import __version__
from eutopia.web.api.layers import router as layers
from eutopia.web.api.open311 import router as open311
from eutopia.web.api.territories import router as territories

api = NinjaAPI(
    title="Eutopia",
    version=__version__,
    description="Reports, problems, the programme and map layers of a municipality. Everything "
    "here is public; places of reports are rounded, their words redacted.",
    urls_namespace="api",
    # The schema is enough: pages of documentation would load scripts from elsewhere.
    docs_url=None,
)
api.add_router("/v1/", territories)
api.add_router("/v1/", layers)
api.add_router("/open311/v2/", open311)


@api.exception_handler(ValidationError)
def refuse(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Answer 422 with where each fault is, what is wrong there and how to mend it."""
    faults = [
        {
            "field": ".".join(str(part) for part in fault.get("loc", ())[1:]),
            "message": str(fault.get("msg", "")),
        }
        for fault in error.errors
    ]
    answer = {"detail": "The request is not well formed.", "faults": faults}
    return api.create_response(request, answer, status=422)
