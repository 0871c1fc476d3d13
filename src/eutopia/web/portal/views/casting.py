"""Voting. No session, no cookie, no log: what a voter sends goes with the form and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from eutopia.web.dialogue import selectors, services
from eutopia.web.dialogue.selectors import RoundView
from eutopia.web.dialogue.services import BallotRefused, Sheet
from eutopia.web.foundation import openid
from eutopia.web.loop import ballots as loop
from eutopia.web.portal.request import need_town
from eutopia.web.portal.throttle import (
    TEST_CODES,
    UNCHECKED_VOTES,
    WRONG_CODES,
    once_more,
    too_often,
)
from eutopia.web.portal.views.rounds import need_round, trail
from eutopia.web.territory.selectors import TerritoryView

_ASKED = "asked"
_ASKED_S = 600
_LONGEST = 4_000
_AT_THE_DOOR = frozenset(
    {"expired", "wrong_code", "voted", "stale", "bad_secret", "closed", "not_open"}
)
"""Refusals after which one begins again; others are about the marks on the ballot."""


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def vote_cast(request: HttpRequest, code: str) -> HttpResponse:
    """Vote: first who may, then for what."""
    town = need_town(request)
    view = need_round(town, code)
    if request.method != "POST":
        return _door(request, town, view)
    if request.POST.get("step") == "cast":
        return _take(request, town, view)
    return _enter(request, town, view, lambda: _sheet_for(request, view))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def vote_change(request: HttpRequest, code: str) -> HttpResponse:
    """Change a vote with the secret that was shown when it was cast."""
    town = need_town(request)
    view = need_round(town, code)
    if request.method != "POST":
        return _door(request, town, view, change=True)
    secret = request.POST.get("secret", "")
    return _enter(
        request, town, view, lambda: services.hand_change_sheet(view.id, secret), change=True
    )


def _sheet_for(request: HttpRequest, view: RoundView) -> Sheet:
    if view.roll == "nobody":
        sheet = services.hand_sheet(view.id, None)
        if not once_more(request, UNCHECKED_VOTES):
            raise BallotRefused("too_fast")
        return sheet
    if view.roll != "codes":
        # A document's number is known to others too: lists are checked at a desk.
        raise BallotRefused("wrong_code")
    found = services.find_voter_of(view.id, request.POST.get("code", ""))
    return services.hand_sheet(view.id, found)


def _enter(
    request: HttpRequest,
    town: TerritoryView,
    view: RoundView,
    hand: Callable[[], Sheet],
    *,
    change: bool = False,
) -> HttpResponse:
    """Hand out the ballot, or say at the door why not."""
    if too_often(request, WRONG_CODES):
        return _door(request, town, view, refused="too_fast", change=change)
    try:
        sheet = hand()
    except BallotRefused as refused:
        if refused.code in ("wrong_code", "expired", "bad_secret"):
            once_more(request, WRONG_CODES)
        return _door(request, town, view, refused=refused.code, change=change)
    return _ballot(request, town, view, sheet)


def _door(
    request: HttpRequest,
    town: TerritoryView,
    view: RoundView,
    *,
    refused: str = "",
    change: bool = False,
    code: str = "",
) -> HttpResponse:
    words = _("Change a vote") if change else _("Vote")
    context = {
        "trail": trail(view, ("", words)),
        "view": view,
        "change": change,
        "refused": refused,
        "code": code,
        "provider": openid.is_set_up(),
        "may_test": town.synthetic and view.roll == "codes" and view.phase == "voting",
    }
    return render(request, "portal/vote_door.html", context, status=422 if refused else 200)


def _ballot(
    request: HttpRequest,
    town: TerritoryView,
    view: RoundView,
    sheet: Sheet,
    *,
    refused: str = "",
    given: dict[int, str] | None = None,
) -> HttpResponse:
    given = given or {}
    lines = selectors.proposals(town.id, view.id, states=("feasible",))
    context = {
        "trail": trail(view, ("", _("Vote"))),
        "view": view,
        "sheet": asdict(sheet),
        "lines": [(line, given.get(line.number, "")) for line in lines],
        "refused": refused,
    }
    return render(request, "portal/vote_ballot.html", context, status=422 if refused else 200)


def _take(request: HttpRequest, town: TerritoryView, view: RoundView) -> HttpResponse:
    fields = {
        name: request.POST.get(name, "")[:4000] for name in ("right", "secret", "nonce", "was")
    }
    sheet = Sheet(**fields)
    given = services.read_marks(request.POST.dict())
    try:
        cast = services.cast_vote(view.id, sheet, given)
    except BallotRefused as refused:
        if refused.code in _AT_THE_DOOR:
            return _door(request, town, view, refused=refused.code)
        return _ballot(request, town, view, sheet, refused=refused.code, given=given)
    context: dict[str, Any] = {
        "trail": trail(view, ("", _("Your vote is in the box"))),
        "view": view,
        "cast": cast,
        "groups": [cast.secret[i : i + 4] for i in range(0, len(cast.secret), 4)],
    }
    return render(request, "portal/vote_done.html", context)


_AT_THE_DOOR = frozenset(
    {"expired", "wrong_code", "voted", "stale", "bad_secret", "closed", "not_open"}
)


@never_cache
@require_POST
def vote_test_code(request: HttpRequest, code: str) -> HttpResponse:
    """Give a visitor of an invented town a code to try voting with."""
    town = need_town(request)
    view = need_round(town, code)
    if not town.synthetic or view.roll != "codes" or view.phase != "voting":
        raise Http404
    if not once_more(request, TEST_CODES):
        return _door(request, town, view, refused="too_fast")
    return _door(request, town, view, code=loop.code_to_try(town.id, view.id))


# -- by an identity provider --------------------------------------------------------------------


def _back(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("portal:vote_login"))


@never_cache
@require_safe
def vote_ask(request: HttpRequest, code: str) -> HttpResponse:
    """Send a voter to the identity provider."""
    town = need_town(request)
    view = need_round(town, code)
    if view.roll != "provider" or not openid.is_set_up():
        raise Http404
    try:
        address, asked = openid.ask(_back(request))
    except openid.ProviderRefused:
        return _door(request, town, view, refused="provider")
    response = redirect(address)
    kept = {**asdict(asked), "round": view.code}
    response.set_cookie(
        _ASKED,
        signing.dumps(kept, salt="eutopia.openid", compress=True),
        max_age=_ASKED_S,
        httponly=True,
        secure=request.is_secure(),
        samesite="Lax",
    )
    return response


@never_cache
@require_safe
def vote_login(request: HttpRequest) -> HttpResponse:
    """Take a voter back from the identity provider and hand out the ballot."""
    town = need_town(request)
    try:
        kept = signing.loads(
            request.COOKIES.get(_ASKED, ""), salt="eutopia.openid", max_age=_ASKED_S
        )
    except signing.BadSignature:
        raise Http404 from None
    view = need_round(town, kept.pop("round"))
    try:
        person = openid.answer(_back(request), openid.Asked(**kept), request.build_absolute_uri())
    except openid.ProviderRefused:
        response = _door(request, town, view, refused="provider")
    else:
        voter = services.person_may_vote(
            view.id, issuer=person.issuer, subject=person.subject, district=person.district
        )
        response = _enter(request, town, view, lambda: services.hand_sheet(view.id, voter))
    response.delete_cookie(_ASKED)
    return response
