"""The interface for programs: what pages show, as JSON and GeoJSON, for everybody; feeds by token.

The schema is at `/api/openapi.json`.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, ValidationError

from eutopia import __version__
from eutopia.web.api.feeds import router as feeds
from eutopia.web.api.layers import router as layers
from eutopia.web.api.open311 import router as open311
from eutopia.web.api.territories import router as territories

api = NinjaAPI(
    title="Eutopia",
    version=__version__,
    description="Reports, problems, the programme and map layers of a municipality. Everything "
    "that is read here is public; places of reports are rounded, their words redacted. Providers' "
    "machines send readings and interruptions with a token.",
    urls_namespace="api",
    # The schema is enough: pages of documentation would load scripts from elsewhere.
    docs_url=None,
)
api.add_router("/v1/", territories)
api.add_router("/v1/", layers)
api.add_router("/v1/", feeds)
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


@api.exception_handler(AuthenticationError)
def refuse_token(request: HttpRequest, error: AuthenticationError) -> HttpResponse:  # noqa: ARG001
    """Answer 401 where a token is missing, wrong or revoked."""
    answer = {"detail": "No token, or one that is not known or was revoked.", "faults": []}
    response = api.create_response(request, answer, status=401)
    response["WWW-Authenticate"] = "Bearer"
    return response
