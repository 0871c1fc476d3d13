"""My house: what is out there, until when, whom to call; and the town's outages now and then."""

from __future__ import annotations

from datetime import timedelta
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from eutopia.web.portal import acts, figures, letters, maps, words
from eutopia.web.portal.request import choice_given, moment_of, need_town, word_given
from eutopia.web.portal.town_map import Spot
from eutopia.web.problems import selectors as problems
from eutopia.web.programmes import selectors as programmes
from eutopia.web.territory.selectors import TerritoryView
from eutopia.web.territory.services import town_clock
from eutopia.web.utilities import selectors, services
from eutopia.web.utilities.selectors import OutageView

_STEPS = (("1h", timedelta(hours=1)), ("6h", timedelta(hours=6)), ("24h", timedelta(hours=24)))


@require_safe
def find_house(request: HttpRequest) -> HttpResponse:
    """Ask for an address; go on at once where only one building answers."""
    town = need_town(request)
    asked = word_given(request, "address")
    codes = services.find_houses(town.id, asked)
    if len(codes) == 1:
        return redirect("portal:house", codes[0])
    nearby = () if codes else services.houses_of_street(town.id, asked)
    context = {
        "trail": [(reverse("portal:services"), _("Outages")), ("", _("My house"))],
        "asked": asked,
        "lines": selectors.house_lines(town.id, codes or nearby, now=town_clock(town.id)),
        "nearby": bool(nearby),
        "more": len(codes or nearby) == services.MOST_FOUND,
    }
    return render(request, "portal/find_house.html", context)


@require_safe
def house(request: HttpRequest, code: str) -> HttpResponse:
    """Show a building's services: now, ahead, lately, and what is owed."""
    town = need_town(request)
    now = town_clock(town.id)
    view = selectors.house(town.id, code, now=now)
    if view is None:
        raise Http404
    repeats = selectors.repeats(town.id, code, now=now)
    behind = problems.problems_behind(town.id, [c for one in repeats for c in one.codes])
    context = {
        "trail": [
            (reverse("portal:services"), _("Outages")),
            (reverse("portal:find_house"), _("My house")),
            ("", view.address or code),
        ],
        "view": view,
        "repeats": repeats,
        "behind": [(one, programmes.candidates_of_problem(town.id, one.id)) for one in behind[:5]],
        "now": now,
        "so_far": services.owed_so_far(town.id, code),
        "notes": services.remedy_notes(town.id),
        "letters": letters.letters_go(),
        "late_notice": _notices(town.id, view.ahead),
        "map": maps.close_up(
            town, lon=view.lon, lat=view.lat, radius_m=25, title=_("Map: the house")
        )
        if view.lon
        else None,
    }
    return render(request, "portal/house.html", context)


def _notices(territory_id: int, ahead: tuple[OutageView, ...]) -> dict[int, bool]:
    """Which planned works were announced in time? Those of which no pack speaks are left out."""
    found = {}
    for one in ahead:
        if one.planned:
            told = services.notice_of(territory_id, one.started, one.notice_given)
            if told is not None:
                found[one.id] = told.in_time
    return found


@require_safe
def house_feed(request: HttpRequest, code: str) -> HttpResponse:
    """Give a building's outages as RSS 2.0: nobody needs to leave an address for that."""
    town = need_town(request)
    view = selectors.house(town.id, code, now=town_clock(town.id))
    if view is None:
        raise Http404
    page = request.build_absolute_uri(reverse("portal:house", args=[code]))
    items = "".join(_item(one, town, page) for one in (*view.ahead, *view.now, *view.past))
    title = escape(_("Outages: %(address)s") % {"address": view.address or code})
    text = (
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel>'
        f"<title>{title}</title><link>{escape(page)}</link>"
        f"<description>{title}</description>{items}</channel></rss>\n"
    )
    return HttpResponse(text, content_type="application/rss+xml; charset=utf-8")


def _item(one: OutageView, town: TerritoryView, page: str) -> str:
    name = f"{words.word('service', one.service)}: {words.word('parameter', one.parameter)}"
    until = one.ended or one.promised
    ends = figures.moment(until, town.time_zone) if until else _("not known yet")
    told = _("From %(start)s, until %(end)s. %(who)s %(phone)s") % {
        "start": figures.moment(one.started, town.time_zone),
        "end": ends,
        "who": one.organisation_name,
        "phone": one.phone,
    }
    stamp = one.started.astimezone(ZoneInfo("UTC")).strftime("%a, %d %b %Y %H:%M:%S +0000")
    state = "over" if one.ended else "on"
    return (
        f"<item><title>{escape(name)}</title><link>{escape(page)}</link>"
        f'<guid isPermaLink="false">{escape(one.code)}-{state}</guid>'
        f"<pubDate>{stamp}</pubDate><description>{escape(told)}</description></item>"
    )


@require_safe
def outage_map(request: HttpRequest) -> HttpResponse:
    """Show the town's outages at a moment: now, or one that is picked."""
    town = need_town(request)
    now = town_clock(town.id)
    at = moment_of(request.GET.get("at", ""), town) or now
    outages = selectors.outages_at(town.id, at)
    frame = maps.town_frame(town)
    spots = []
    for lon, lat, number in selectors.buildings_out(town.id, at):
        x, y = frame.place(lon, lat)
        told = ngettext("%(n)s service out", "%(n)s services out", number) % {"n": number}
        spots.append(Spot(x, y, 3.0 + 2.0 * min(number, 3), told))
    zone = ZoneInfo(town.time_zone)
    context = {
        "trail": [(reverse("portal:services"), _("Outages")), ("", _("Map of outages"))],
        "outages": outages,
        "at": at,
        "now": now,
        "picked": at.astimezone(zone).strftime("%Y-%m-%dT%H:%M"),
        "steps": [
            (name, back, (at + sign * span).astimezone(zone).strftime("%Y-%m-%dT%H:%M"))
            for sign, back in ((-1, True), (1, False))
            for name, span in _STEPS
        ],
        "map": maps.whole_town(
            town,
            title=_("Map: houses where something is out"),
            spots=tuple(spots),
            legend=(maps.LegendItem(_("A house without a service: the larger, the more")),),
            list_href="#list",
        ),
    }
    return render(request, "portal/outage_map.html", context)


@require_safe
def act(request: HttpRequest, code: str) -> HttpResponse:
    """Give the act of inspection to fill in at the place, for both sides or residents alone."""
    town = need_town(request)
    view = selectors.house(town.id, code, now=town_clock(town.id))
    if view is None:
        raise Http404
    served = ("", *(one.service for one in view.served), *(one.service for one in view.now))
    paper = acts.inspection_act(
        town,
        view.address or code,
        choice_given(request, "service", served),
        services.act_rules(town.id),
        alone=request.GET.get("by") == "residents",
    )
    response = HttpResponse(paper, content_type="application/pdf")
    response["Content-Disposition"] = 'inline; filename="act.pdf"'
    return response
