"""The dispatcher's desk: calls with their clocks, events, crews, the act of inspection."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from eutopia.web.desk.request import Desk, at_desk
from eutopia.web.desk.tasks import recalculate_months
from eutopia.web.foundation.access import Scope, allows, require
from eutopia.web.portal import figures
from eutopia.web.portal.request import field_of, moment_of
from eutopia.web.territory.services import town_clock
from eutopia.web.utilities import selectors, services
from eutopia.web.utilities.tasks import join_soon

SERVICES = (
    "cold_water", "hot_water", "heating", "electricity", "gas", "sewage", "solid_waste",
)  # fmt: skip


@at_desk
@require_safe
def dispatch(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show what rings, what waits, what goes on, and how the clocks were kept."""
    require(desk.actor, "interruption.read", _scope(desk))
    now = town_clock(desk.town.id)
    mine = desk.organisations("interruption.read")
    events = selectors.events_now(desk.town.id, now=now, organisations=mine)
    context = {
        "desk": desk,
        "now": now,
        "calls": selectors.waiting_calls(desk.town.id, now=now, organisations=mine),
        "events": events,
        "clear": [one for one in events if not one.told_once],
        "told_once": [one for one in events if one.told_once],
        "crews": selectors.crews(desk.town.id),
        "shift": selectors.shift(desk.town.id, now=now),
    }
    return render(request, "desk/dispatch.html", context)


def _scope(desk: Desk) -> Scope:
    """The desk's municipality, for whoever acts for one organisation as that organisation."""
    mine = desk.organisations("interruption.read")
    return Scope(desk.town.code, mine[0] if mine else "")


@at_desk
@require_http_methods(["GET", "HEAD", "POST"])
def call_new(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Take a call: the address first, then what is out there already is seen at once."""
    require(desk.actor, "call.take", _scope(desk))
    now = town_clock(desk.town.id)
    asked = request.GET.get("address", "")[:200]
    code = request.POST.get("building") or request.GET.get("building", "")
    codes = () if code else services.find_houses(desk.town.id, asked)
    if len(codes) == 1:
        return redirect(f"{request.path}?{urlencode({'building': codes[0]})}")
    errors: list[str] = []
    if request.method == "POST":
        try:
            call = services.take_call(
                desk.actor,
                desk.town.id,
                building=code,
                service=request.POST.get("service", ""),
                words=request.POST.get("words", "")[:1000],
                dwelling=request.POST.get("dwelling", "")[:24],
                language=get_language() or "en",
            )
        except ValidationError as error:
            errors = error.messages
        else:
            join_soon(desk.town.id)
            return redirect("desk:call", call.pk)
    house = selectors.house(desk.town.id, code, now=now) if code else None
    out = {one.service for one in house.now} if house else set()
    context = {
        "desk": desk,
        "asked": asked,
        "lines": selectors.house_lines(desk.town.id, codes, now=now),
        "house": house,
        "services": SERVICES,
        # In a mass outage most callers tell of what is known: one key less for each.
        "likely": request.POST.get("service") or (out.pop() if len(out) == 1 else ""),
        "errors": errors,
    }
    return render(request, "desk/call_new.html", context, status=422 if errors else 200)


@at_desk
@require_http_methods(["GET", "HEAD", "POST"])
def call(request: HttpRequest, desk: Desk, call_id: int) -> HttpResponse:
    """Show a call; answer it, or begin an event from it."""
    now = town_clock(desk.town.id)
    row = services.call_row(desk.town.id, call_id)
    view = selectors.call(desk.town.id, call_id, now=now)
    if row is None or view is None:
        raise Http404
    require(desk.actor, "interruption.read", row)
    if request.method == "POST":
        return _act_on_call(request, desk, row)
    standing = services.standing_event(desk.town.id, view.building, view.service, now)
    context = {
        "desk": desk,
        "view": view,
        "now": now,
        "others": 0 if standing is None else selectors.ringing(standing).count(),
        "house": selectors.house(desk.town.id, view.building, now=now),
        "fed": len(services.fed_with(desk.town.id, view.building, view.service)),
    }
    return render(request, "desk/call.html", context)


def _act_on_call(request: HttpRequest, desk: Desk, row: services.Call) -> HttpResponse:
    decision = request.POST.get("decision", "")
    try:
        if decision == "answer":
            services.answer_call(desk.actor, row)
            return redirect("desk:call", row.pk)
        if decision == "answer_all":
            return _answer_all(request, desk, row)
        if decision in ("begin", "begin_wide"):
            wide = decision == "begin_wide"
            fed = services.fed_with(desk.town.id, row.building, row.service) if wide else ()
            event = services.begin_event(desk.actor, row, buildings=fed)
            messages.success(request, _("The event is begun; open calls from there are its own."))
            return redirect("desk:event", event.pk)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("desk:call", row.pk)


@at_desk
@require_safe
def event(request: HttpRequest, desk: Desk, event_id: int) -> HttpResponse:
    """Show an event: what to tell callers, who called, who is on the way, what happened."""
    row = services.event_row(desk.town.id, event_id)
    now = town_clock(desk.town.id)
    view = selectors.event(desk.town.id, event_id, now=now)
    if row is None or view is None:
        raise Http404
    require(desk.actor, "interruption.read", row)
    context = {"desk": desk, "view": view, "now": now, "corrects": _corrects(desk, row)}
    return render(request, "desk/event.html", context)


def _corrects(desk: Desk, row: services.Interruption) -> bool:
    return allows(desk.actor, "interruption.correct", row.access_scope())


def _answer_all(request: HttpRequest, desk: Desk, row: services.Call) -> HttpResponse:
    now = town_clock(desk.town.id)
    event = services.standing_event(desk.town.id, row.building, row.service, now)
    if event is None:
        raise ValidationError(_("No event goes on there: answer this call alone."))
    _answer_ringing(request, desk, event)
    return redirect("desk:event", event.pk)


def _answer_ringing(request: HttpRequest, desk: Desk, event: services.Interruption) -> None:
    n = services.answer_ringing(desk.actor, event)
    told = ngettext("%(n)s call is answered.", "%(n)s calls are answered at once.", n)
    messages.success(request, told % {"n": figures.count(n)})


@at_desk
@require_http_methods(["GET", "HEAD", "POST"])
def event_correct(request: HttpRequest, desk: Desk, event_id: int) -> HttpResponse:
    """Correct what is known of an event; what is owed for it is computed anew."""
    row = services.event_row(desk.town.id, event_id)
    view = selectors.event(desk.town.id, event_id, now=town_clock(desk.town.id))
    if row is None or view is None:
        raise Http404
    require(desk.actor, "interruption.correct", row)
    faults: dict[str, list[str]] = {}
    if request.method == "POST":
        try:
            _correct(request, desk, row)
        except ValidationError as error:
            faults = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        else:
            messages.success(request, _("Corrected. What is owed back is being computed anew."))
            return redirect("desk:event", event_id)
    context = {
        "desk": desk,
        "view": view,
        "started": field_of(view.outage.started, desk.town),
        "ended": field_of(view.outage.ended, desk.town),
        "given": request.POST,
        "asked": _fields(request, row),
        "kept": request.POST.getlist("building") if faults else [c for c, _a in view.houses],
        "faults": faults,
    }
    return render(request, "desk/event_correct.html", context, status=422 if faults else 200)


def _fields(
    request: HttpRequest, row: services.Interruption
) -> list[tuple[str, tuple[str, ...], str]]:
    """Name, values to choose among and what stands there, of each circumstance asked about."""
    told = dict(services.facts_of(row).conditions)
    return [
        (name, values, request.POST.get(f"condition-{name}", told.get(name, "")))
        for name, values in _asked(row).items()
    ]


def _correct(request: HttpRequest, desk: Desk, row: services.Interruption) -> None:
    post = request.POST
    measured = post.get("measured", "").strip().replace(",", ".")
    houses = [code[:96] for code in post.getlist("building")]
    for words in filter(None, map(str.strip, post.get("more", "")[:2000].splitlines())):
        found = services.find_houses(desk.town.id, words)
        if len(found) != 1:
            told = _("“%(words)s” is not one house: write more of its address.")
            raise ValidationError({"more": told % {"words": words}})
        houses += found
    try:
        value = Decimal(measured) if measured else None
    except InvalidOperation as error:
        raise ValidationError({"measured": _("Write a number.")}) from error
    facts = services.Facts(
        started=_corrected(post.get("started", ""), row.started, desk) or row.started,
        ended=_corrected(post.get("ended", ""), row.ended, desk),
        measured=value,
        buildings=tuple(dict.fromkeys(houses)),
        conditions=_told(post, row),
    )
    reason = post.get("reason", "")
    with transaction.atomic():
        months = services.correct_interruption(desk.actor, row, facts, reason=reason)
        if months:
            recalculate_months.defer(
                account=desk.actor.account,
                territory_id=desk.town.id,
                months=[month.isoformat() for month in months],
                reason=reason.strip(),
            )


@at_desk
@require_POST
def event_act(request: HttpRequest, desk: Desk, event_id: int) -> HttpResponse:
    """Do one thing with an event: promise its end, send a crew, cut the damage off, end it."""
    row = services.event_row(desk.town.id, event_id)
    if row is None:
        raise Http404
    post = request.POST
    acts: dict[str, Callable[[], object]] = {
        "promise": lambda: services.promise_end(
            desk.actor, row, until=_moment(post.get("until", ""), desk)
        ),
        "send": lambda: services.send_crew(desk.actor, row, _number(post.get("crew", ""))),
        "arrived": lambda: services.crew_came(desk.actor, row, _number(post.get("out", ""))),
        "answer_all": lambda: _answer_ringing(request, desk, row),
        "confirm": lambda: services.confirm_event(desk.actor, row),
        "confirm_wide": lambda: services.confirm_event(desk.actor, row, wide=True),
        "undo": lambda: services.undo_event(desk.actor, row),
        "localise": lambda: services.localise(desk.actor, row, words=post.get("words", "")),
        "end": lambda: services.end_event(
            desk.actor, row, cause=post.get("cause", ""), words=post.get("words", "")
        ),
    }
    try:
        acts[post.get("decision", "")]()
    except KeyError as error:
        raise Http404 from error
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    if services.event_row(desk.town.id, event_id) is None:
        messages.success(request, _("Undone: its signals are set aside by name."))
        return redirect("desk:dispatch")
    return redirect("desk:event", event_id)


def _told(post: QueryDict, row: services.Interruption) -> tuple[tuple[str, str], ...]:
    """Circumstances as the form tells them, and those that it does not ask about as they were."""
    asked = _asked(row)
    told = {name: value for name, value in services.facts_of(row).conditions if name not in asked}
    for name in asked:
        if value := post.get(f"condition-{name}", "").strip().replace(",", ".")[:40]:
            told[name] = value
    return tuple(sorted(told.items()))


def _asked(row: services.Interruption) -> dict[str, tuple[str, ...]]:
    return services.circumstances_of(row.territory_id, service=row.service, parameter=row.parameter)


def _corrected(text: str, before: datetime | None, desk: Desk) -> datetime | None:
    """What a field says now; to the second what it was where nobody changed it."""
    if text == field_of(before, desk.town):
        return before
    return _moment(text, desk) if text else None


def _moment(text: str, desk: Desk) -> datetime:
    moment = moment_of(text, desk.town)
    if moment is None:
        raise ValidationError(_("Give a day and a time."))
    return moment


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0
