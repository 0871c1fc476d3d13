"""What counts how much: three sides weigh, and a programme is found that all can call fair."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from eutopia.web.consultations import selectors, services
from eutopia.web.consultations.selectors import MediationView
from eutopia.web.foundation.access import RESIDENT
from eutopia.web.portal import talk_graphs, words
from eutopia.web.portal.request import choice_given, need_town
from eutopia.web.portal.throttle import WEIGHINGS, WRONG_CODES, once_more, too_often
from eutopia.web.programmes import selectors as programmes
from eutopia.web.territory.selectors import TerritoryView

WAYS = services.METHODS
SCALE = ("9", "7", "5", "3", "2", "1", "1/2", "1/3", "1/5", "1/7", "1/9")
"""How many times the first of a pair counts as much as the second: Saaty's scale, thinned."""
_SHOWN_WORKS = 12


@require_safe
def mediations(request: HttpRequest) -> HttpResponse:
    """List what the sides were asked to weigh; where there is one, show it."""
    town = need_town(request)
    held = selectors.mediations(town.id)
    if len(held) == 1:
        return redirect("portal:weights", held[0].number)
    trail = [(reverse("portal:consultations"), _("Consultations")), ("", _("What counts most"))]
    return render(
        request, "portal/weights_list.html", {"trail": trail, "held": held, "here": "weights"}
    )


def _need(town: TerritoryView, number: int) -> MediationView:
    found = selectors.mediation(town.id, number)
    if found is None:
        raise Http404
    return found


def _trail(view: MediationView, *more: tuple[str, str]) -> list[tuple[str, str]]:
    here = reverse("portal:weights", args=[view.line.number]) if more else ""
    return [
        (reverse("portal:consultations"), _("Consultations")),
        (here, view.line.title),
        *more,
    ]


@require_safe
def mediation(request: HttpRequest, number: int) -> HttpResponse:
    """Show how the sides weigh, where they differ, and the compromise with its reasons."""
    town = need_town(request)
    view = _need(town, number)
    told = view.settlement
    context: dict[str, Any] = {
        "trail": _trail(view),
        "view": view,
        "told": told,
        "sent": request.GET.get("sent") == "1",
        "here": "weights",
    }
    if told is not None:
        lines = [programmes.candidate_line(town.id, pk) for pk in told.works[:_SHOWN_WORKS]]
        context |= {
            "weights": talk_graphs.weights_by_side(view, told),
            "rows": talk_graphs.weight_rows(view, told),
            "options": talk_graphs.options_by_side(told),
            "names": [(one, talk_graphs.option_name(one)) for one in told.options],
            "taken": talk_graphs.deal_name(told.nash),
            "achieved": [
                (side.side, share)
                for side, share in zip(told.sides, told.nash.achieved, strict=True)
            ],
            "steps": talk_graphs.step_rows(told),
            "deals": [(deal, talk_graphs.deal_name(deal)) for deal in told.deals],
            "mixed": talk_graphs.deal_name(told.mixed) if len(told.mixed.parts) > 1 else "",
            "works": [line for line in lines if line is not None],
            "more_works": max(0, len(told.works) - _SHOWN_WORKS),
        }
    return render(request, "portal/weights.html", context)


# -- answering --------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def give(request: HttpRequest, number: int) -> HttpResponse:
    """Ask one person or business how much each kind of work counts, and take the answer in."""
    town = need_town(request)
    view = _need(town, number)
    given = request.POST if request.method == "POST" else request.GET
    way = choice_given(request, "way", WAYS)
    side = choice_given(request, "side", ("residents", "business"))
    fault, doubt = "", None
    if request.method == "POST":
        answers = read_answers(view.criteria, way, given)
        try:
            told = services.read_weights(view.criteria, way, answers)
            if told.acceptable or given.get("anyway") == "1":
                _send(request, view, side, way, answers)
                return redirect(f"{reverse('portal:weights', args=[number])}?sent=1")
            doubt = told.doubt
        except services.DialogueRefused as refused:
            fault = words.word("talk_refused", refused.fields[0][1])
    context = {
        "trail": _trail(view, ("", _("Say what counts"))),
        "view": view,
        "way": way,
        "ways": WAYS,
        "side": side,
        "fault": fault,
        "doubt": doubt,
        "code": given.get("code", "")[:40],
        "here": "weights",
        **questions(view.criteria, way, given),
    }
    status = 422 if fault or doubt else 200
    return render(request, "portal/weights_give.html", context, status=status)


def _send(
    request: HttpRequest, view: MediationView, side: str, way: str, answers: Mapping[str, Any]
) -> None:
    """Take the answer in; wrong codes are counted, so that none is found by trying."""
    code = request.POST.get("code", "")[:40]
    if side == "business" and too_often(request, WRONG_CODES):
        raise services.DialogueRefused(("", "too_many"))
    try:
        services.weigh(
            RESIDENT,
            view.line.id,
            side=side,
            method=way,
            answers=answers,
            code=code,
            allow=lambda: side == "business" or once_more(request, WEIGHINGS),
        )
    except services.DialogueRefused as refused:
        if ("code", "code") in refused.fields:
            once_more(request, WRONG_CODES)
        raise


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else None


def read_answers(criteria: tuple[str, ...], way: str, given: Mapping[str, str]) -> dict[str, Any]:
    """Which answers does a form hold, as the service takes them?"""
    if way in ("budget_allocation", "swing"):
        name = "points" if way == "budget_allocation" else "swings"
        blank = 0 if any(given.get(f"w-{c}", "").strip() for c in criteria) else None
        return {
            name: {
                c: _whole(given.get(f"w-{c}", "").strip())
                if given.get(f"w-{c}", "").strip()
                else blank
                for c in criteria
            }
        }
    if way == "pairs":
        return {
            "pairs": [
                [a, b, given[f"pair-{a}-{b}"]]
                for a, b in combinations(criteria, 2)
                if given.get(f"pair-{a}-{b}") in SCALE
            ]
        }
    best, worst = given.get("best", ""), given.get("worst", "")
    rest = [c for c in criteria if c not in (best, worst)]
    down = {c: _whole(given.get(f"down-{c}", "")) for c in (*rest, worst) if c}
    up = {c: _whole(given.get(f"up-{c}", "")) for c in rest}
    return {"best": best, "worst": worst, "best_to_others": down, "others_to_worst": up}


def questions(criteria: tuple[str, ...], way: str, given: Mapping[str, str]) -> dict[str, Any]:
    """What does a form ask, with what was answered so far?"""
    if way == "pairs":
        return {
            "pairs": [(a, b, given.get(f"pair-{a}-{b}", "")) for a, b in combinations(criteria, 2)],
            "scale": SCALE,
        }
    if way == "best_worst":
        best, worst = given.get("best", ""), given.get("worst", "")
        known = best in criteria and worst in criteria and best != worst
        rest = [c for c in criteria if c not in (best, worst)]
        return {
            "criteria": criteria,
            "best": best,
            "worst": worst,
            "known": known,
            "same": bool(best) and best == worst,
            "downs": [(c, given.get(f"down-{c}", "")) for c in (*rest, worst)] if known else [],
            "ups": [(c, given.get(f"up-{c}", "")) for c in rest] if known else [],
            "numbers": [str(n) for n in range(1, 10)],
        }
    return {"lines": [(c, given.get(f"w-{c}", "")) for c in criteria]}
