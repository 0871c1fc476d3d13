"""Variants of a programme: side by side, shared, assessed, adopted; the papers of one."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from eutopia.web.desk.request import Desk, at_desk
from eutopia.web.desk.tasks import ask_assessment
from eutopia.web.foundation.access import Scope, require
from eutopia.web.portal import passport
from eutopia.web.portal.side_by_side import comparison
from eutopia.web.programmes import selectors, services


def _numbers(values: list[str]) -> list[int]:
    return [int(v) for v in values if v.isascii() and v.isdigit() and len(v) < 10]


@at_desk
@require_http_methods(["GET", "HEAD", "POST"])
def programme_compare(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show two to four variants side by side; make and close links to them."""
    require(desk.actor, "programme.read", Scope(desk.town.code))
    if request.method == "POST":
        return _link(request, desk)
    numbers = _numbers(request.GET.getlist("n")) or _first_two(desk)
    view = selectors.side_by_side(desk.town, numbers)
    shown = [one.number for one in view.scenarios]
    # The list is cut where it grows long, but never what is compared.
    variants = sorted(selectors.programmes(desk.town.id), key=lambda v: v.number not in shown)
    context = {
        "desk": desk,
        "view": view,
        "told": comparison(view),
        "variants": variants,
        "numbers": shown,
        "differences": _differences(desk, view),
        "shares": selectors.shares(desk.town.id),
        "may_share": desk.may("programme.share"),
        "base": f"{request.scheme}://{request.get_host()}",
    }
    return render(request, "desk/compare.html", context)


def _first_two(desk: Desk) -> list[int]:
    """The adopted programme and the latest other, where the address names none."""
    lines = selectors.programmes(desk.town.id)
    adopted = [line.number for line in lines if line.state == "published"]
    return (adopted + [line.number for line in lines if line.number not in adopted])[:2]


def _differences(
    desk: Desk, view: selectors.SideBySide
) -> list[tuple[selectors.Scenario, tuple[selectors.Difference, ...]]]:
    if len(view.scenarios) < 2:
        return []
    first, *others = view.scenarios
    return [(one, selectors.compare(desk.town.id, first.number, one.number)[:12]) for one in others]


def _link(request: HttpRequest, desk: Desk) -> HttpResponse:
    numbers = _numbers(request.POST.getlist("n"))
    if "end" in request.POST:
        mine = {share.id for share in selectors.shares(desk.town.id)}
        ended = _numbers([request.POST["end"]])
        if not ended or ended[0] not in mine:
            raise Http404
        services.end_share(desk.actor, ended[0])
        messages.success(request, _("The link is closed."))
    else:
        try:
            services.share_programmes(desk.actor, desk.town.id, numbers)
        except services.ShareRefused:
            messages.error(request, _("Choose one to four variants to share."))
        else:
            messages.success(request, _("The link stands below: whoever has it can read it."))
    query = "&".join(f"n={number}" for number in numbers)
    return redirect(f"{reverse('desk:programme_compare')}?{query}#links")


@at_desk
@require_http_methods(["GET", "HEAD", "POST"])
def programme_adopt(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """Show what adopting a variant changes and which promises it breaks; adopt it."""
    require(desk.actor, "programme.read", Scope(desk.town.code))
    view = selectors.programme(desk.town.id, number)
    if view is None:
        raise Http404
    before, differences = selectors.amendment_asked(desk.town.id, number)
    if request.method == "POST":
        reason = request.POST.get("reason", "")[:2000]
        try:
            made = services.publish_programme(desk.actor, view.id, reason=reason)
        except services.PublishRefused:
            words = _("This variant cannot be adopted: it is not sound or was superseded.")
            if before is not None and not reason.strip():
                words = _("Say why it takes the place of what was promised: everybody reads it.")
            messages.error(request, words)
            return redirect("desk:programme_adopt", number)
        messages.success(request, _("Adopted. Promises made public: %(n)s.") % {"n": made})
        return redirect("desk:programme")
    context = {
        "desk": desk,
        "view": view,
        "before": before,
        "broken": [d for d in differences if d.broken],
        "others": [d for d in differences if not d.broken],
        "may_adopt": desk.may("programme.adopt"),
    }
    return render(request, "desk/adopt.html", context)


@at_desk
@require_POST
def programme_assess(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """Ask how sure a programme is over errors, and what its rules and its aim cost."""
    view = selectors.programme(desk.town.id, number)
    if view is None:
        raise Http404
    ask_assessment(desk.actor, view.id)
    messages.success(request, _("It is being computed; this page shows it when it is ready."))
    return redirect(f"{reverse('desk:programme')}?number={number}")


@at_desk
@require_safe
def programme_paper(_request: HttpRequest, desk: Desk, number: int, kind: str) -> HttpResponse:
    """Give the passport of a variant, as PDF or XLSX."""
    require(desk.actor, "programme.read", Scope(desk.town.code))
    made = passport.paper(desk.town, number, kind)
    if made is None:
        raise Http404
    return made
