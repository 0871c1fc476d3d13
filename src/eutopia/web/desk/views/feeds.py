"""Meters and feeds: what machines said, what was set aside, who may send, files taken in."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from eutopia.web.desk.request import Desk, at_desk
from eutopia.web.desk.tasks import recalculate_charged
from eutopia.web.foundation.access import Scope, allows, require
from eutopia.web.portal import charts, figures
from eutopia.web.territory import selectors as territories
from eutopia.web.utilities import selectors, services
from eutopia.web.utilities.tasks import join_soon

_SHOWN = timedelta(days=7)
_ROWS = 40
_FIRST, _MOST = 10, 2_000
FILES = {
    "readings": "meter, at, value",
    "meters": "meter, service, parameter, organisation, buildings",
    "outages": "id, service, started, ended, planned, buildings, parameter, measured, promised, "
    "notice_given, asset, cause, conditions",
    "charges": "dwelling, service, period, fee, volume, tariff",
    "tariffs": "service, provider, since, until, price, unit, act",
    "houses": "HOUSE_ID, ADDRESS, LAT, LON, YEAR, LEVELS_MAX, ROOM_COUNT, MGMT_COMPANY, …",
    "providers": "provider, name_ru, name_en, kind, services, phone",
    "connections": "buildings, service, provider, supplier, asset, boundary, since, until",
    "crews": "crew, name_ru, name_en, organisation, services",
}
"""What a file may hold, and its columns."""
_ACTIONS = {
    "readings": "reading.enter",
    "meters": "reading.enter",
    "outages": "interruption.record",
    "charges": "billing.import",
}
"""What has to be allowed for it; for all else, territory.import."""


@dataclass(frozen=True, slots=True)
class Received:
    """What came of a file: how many rows, and those set aside or remarked on."""

    taken: int
    known: int
    rejected: tuple[Any, ...]
    remarks: tuple[Any, ...] = ()
    sums: Any = None


@at_desk
@require_http_methods(["GET", "HEAD", "POST"])
def feeds(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show meters, what was set aside and the tokens; give and take tokens, take files in."""
    mine = desk.organisations("reading.enter")
    scope = Scope(desk.town.code, mine[0] if mine else "")
    require(desk.actor, "reading.enter", scope)
    secret, fault, received = "", "", None
    if request.method == "POST":
        try:
            secret, received = _act(request, desk)
        except ValidationError as error:
            fault = " ".join(error.messages)
        except (services.FileRefused, services.UnreadableFileError) as error:
            fault = str(error)
        except ObjectDoesNotExist as error:
            raise Http404 from error
        if not (secret or fault or received):
            return redirect("desk:feeds")
    shown = _MOST if request.GET.get("aside") == "all" else _FIRST
    aside, total = selectors.set_aside(desk.town.id, organisations=mine, limit=shown)
    names = territories.organisation_names(desk.town.id, without=("business",))
    address = request.build_absolute_uri(f"/api/v1/territories/{desk.town.code}/")
    context = {
        "desk": desk,
        "meters": selectors.meters(desk.town.id, organisations=mine),
        "aside": aside,
        "aside_total": total,
        "tokens": selectors.feed_tokens(desk.town.id, organisations=mine),
        "organisations": sorted(
            ((code, name) for code, name in names.items() if mine is None or code in mine),
            key=lambda one: one[1],
        ),
        "files": {
            kind: columns
            for kind, columns in FILES.items()
            if allows(desk.actor, _ACTIONS.get(kind, "territory.import"), scope)
        },
        "secret": secret,
        "fault": fault,
        "received": received,
        "example": 'curl -H "Authorization: Bearer eut_…" -H "Content-Type: text/csv" '
        f"--data-binary @readings.csv {address}readings",
        "address": f"{address}interruptions",
    }
    response = render(request, "desk/feeds.html", context, status=422 if fault else 200)
    if secret:
        add_never_cache_headers(response)
    return response


def _act(request: HttpRequest, desk: Desk) -> tuple[str, Received | None]:
    """Do what was asked: the secret of a token issued, or what came of a file."""
    post = request.POST
    decision = post.get("decision", "")
    if decision == "issue":
        _token, secret = services.issue_token(
            desk.actor,
            desk.town.id,
            organisation=post.get("organisation", "")[:96],
            name=post.get("name", ""),
        )
        return secret, None
    if decision == "revoke":
        services.revoke_token(desk.actor, desk.town.id, _number(post.get("token", "")))
        messages.success(request, _("The token is revoked: it opens nothing any more."))
    elif decision == "again":
        services.use_again(desk.actor, desk.town.id, post.get("subject", "")[:160])
        join_soon(desk.town.id)
        messages.success(request, _("The signal is used again; events are being joined anew."))
    elif decision == "file":
        return "", _receive(request, desk)
    else:
        raise Http404
    return "", None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0


def _receive(request: HttpRequest, desk: Desk) -> Received:
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        raise ValidationError(_("Choose a file."))
    kind = request.POST.get("kind", "")
    if kind not in FILES:
        raise ValidationError(_("Say what the file holds."))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / (Path(str(file.name)).name[-80:] or "file.csv")
        path.write_bytes(file.read())
        received = _READERS[kind](desk, path, request.POST.get("organisation", "")[:96])
    told = ngettext(
        "%(n)s row is new or changed.", "%(n)s rows are new or changed.", received.taken
    )
    messages.success(request, told % {"n": figures.count(received.taken)})
    return received


def _of_taken(taken: services.Taken) -> Received:
    copied = taken.copied
    return Received(
        copied.inserted + copied.updated,
        copied.unchanged,
        taken.rejected[:_ROWS],
        taken.remarks[:_ROWS],
        taken.sums,
    )


def _of_charges(desk: Desk, taken: services.Taken) -> Received:
    if taken.months:
        recalculate_charged.defer(
            territory_id=desk.town.id,
            months=[month.isoformat() for month in taken.months],
            reason=_("Charges were taken in"),
        )
    return _of_taken(taken)


def _of_entered(desk: Desk, entered: services.Entered) -> Received:
    if entered.earliest is not None:
        join_soon(desk.town.id, since=entered.earliest)
    return Received(
        entered.taken, entered.known, tuple(one.rejection for one in entered.refused[:_ROWS])
    )


_READERS: dict[str, Callable[[Desk, Path, str], Received]] = {
    "houses": lambda desk, path, _who: _of_taken(
        services.import_houses(desk.actor, desk.town.id, path)
    ),
    "readings": lambda desk, path, _who: _of_entered(
        desk, services.import_readings(desk.actor, desk.town.id, path)
    ),
    "meters": lambda desk, path, _who: _of_taken(
        services.import_meters(desk.actor, desk.town.id, path)
    ),
    "outages": lambda desk, path, who: _of_entered(
        desk, services.import_outages(desk.actor, desk.town.id, who, path)
    ),
    "charges": lambda desk, path, _who: _of_charges(
        desk, services.import_charges(desk.actor, desk.town.id, path)
    ),
    "tariffs": lambda desk, path, _who: _of_taken(
        services.import_tariffs(desk.actor, desk.town.id, path)
    ),
    "providers": lambda desk, path, _who: _of_taken(
        services.import_providers(desk.actor, desk.town.id, path)
    ),
    "connections": lambda desk, path, _who: _of_taken(
        services.import_connections(desk.actor, desk.town.id, path)
    ),
    "crews": lambda desk, path, _who: _of_taken(
        services.import_crews(desk.actor, desk.town.id, path)
    ),
}


def _meter(desk: Desk, meter_id: int) -> selectors.MeterLine:
    """The meter asked for, which this actor may see."""
    found = selectors.meters(desk.town.id, only=meter_id)
    if not found:
        raise Http404
    require(desk.actor, "reading.enter", Scope(desk.town.code, found[0].organisation))
    return found[0]


@at_desk
@require_safe
def meter(request: HttpRequest, desk: Desk, meter_id: int) -> HttpResponse:
    """Show what a meter said in its last week, against the norm, and what was set aside."""
    view = _meter(desk, meter_id)
    since = None if view.last_at is None else view.last_at - _SHOWN
    said = selectors.readings(desk.town.id, meter_id, since=since)
    judged = services.judged_meter(desk.town.id, meter_id, since=since)
    aside, total = selectors.set_aside(desk.town.id, subject=f"{view.code} ", limit=_ROWS)
    context = {
        "desk": desk,
        "view": view,
        "judged": judged,
        "aside": aside,
        "aside_total": total,
        "chart": _chart(desk, view, said, judged.low) if said else None,
    }
    return render(request, "desk/meter.html", context)


def _chart(
    desk: Desk, view: selectors.MeterLine, said: tuple[tuple[Any, Any], ...], low: Any
) -> charts.Chart:
    zone = ZoneInfo(desk.town.time_zone)
    times = tuple(figures.moment(at, desk.town.time_zone) for at, _value in said)
    values = tuple(float(value) for _at, value in said)
    return charts.Chart(
        id="readings",
        kind="lines",
        title=_("Readings of the last week, %(unit)s") % {"unit": view.unit},
        say=_("Lowest %(low)s, highest %(high)s %(unit)s") % {
            "low": figures.number(min(values), 2),
            "high": figures.number(max(values), 2),
            "unit": view.unit,
        },
        categories=times,
        short=tuple(figures.day(at.astimezone(zone), short=True) for at, _value in said),
        series=(charts.Series(view.code, values),),
        over=_("Time"),
        unit=view.unit,
        digits=2,
        csv=reverse("desk:meter_csv", args=[view.id]),
        how="",
        mark=None if low is None else (float(low), _("norm: at least")),
    )  # fmt: skip


@at_desk
@require_safe
def meter_csv(request: HttpRequest, desk: Desk, meter_id: int) -> HttpResponse:  # noqa: ARG001
    """Give all that a meter said, in the columns in which it may be sent."""
    view = _meter(desk, meter_id)
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(("meter", "at", "value"))
    for at, value in selectors.readings(desk.town.id, meter_id):
        writer.writerow((view.code, at.isoformat(), value.normalize().__format__("f")))
    response = HttpResponse(buffer.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="meter-{view.id}.csv"'
    return response
