"""Figures that the offices hand in for the indices: one by one or as a table."""

from __future__ import annotations

import csv
import io
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from eutopia.web.desk.request import Desk, at_desk
from eutopia.web.desk.tasks import assess_quality
from eutopia.web.foundation.access import Scope, require
from eutopia.web.foundation.spreadsheet import inert
from eutopia.web.quality import selectors, services
from eutopia.web.territory import selectors as territories

COLUMNS = ("indicator", "district", "day", "value", "source")
_SHOWN = 40


@at_desk
@require_http_methods(["GET", "HEAD", "POST"])
def statistics(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Take figures for the indices; show those that stand."""
    require(desk.actor, "statistic.enter", Scope(desk.town.code))
    given = {name: request.POST.get(name, "").strip()[:300] for name in COLUMNS}
    entered, fault = None, ""
    if request.method == "POST":
        try:
            entered = _enter(request, desk, given)
        except services.FiguresError as error:
            fault = _("The table has no column %(lacking)s; its heading is %(heading)s.") % {
                "lacking": ", ".join(error.lacking),
                "heading": ", ".join(COLUMNS),
            }
        except UnicodeDecodeError:
            fault = _("Choose a file in UTF-8.")
        if entered and not entered.rejected:
            given = {}
    figures = selectors.figures(desk.town.id)
    context: dict[str, Any] = {
        "desk": desk,
        "given": given,
        "fault": fault,
        "rejected": entered.rejected if entered else (),
        "askable": selectors.askable(desk.town.id),
        "districts": territories.districts(desk.town.id),
        "figures": figures[:_SHOWN],
        "total": len(figures),
    }
    status = 422 if fault or context["rejected"] else 200
    return render(request, "desk/statistics.html", context, status=status)


def _enter(request: HttpRequest, desk: Desk, given: dict[str, str]) -> services.Entered:
    file = request.FILES.get("file")
    if isinstance(file, UploadedFile):
        text = bytes(file.read()).decode("utf-8-sig")
        entered = services.import_statistics(desk.actor, desk.town.id, text)
    else:
        entered = services.enter_figure(desk.actor, desk.town.id, given)
    copied = entered.copied
    changed = copied.inserted + copied.updated
    if changed:
        with transaction.atomic():
            assess_quality.defer(account=desk.actor.account, territory_id=desk.town.id)
        told = ngettext(
            "%(n)s figure is taken; the indices are being computed again.",
            "%(n)s figures are taken; the indices are being computed again.",
            changed,
        )
        messages.success(request, told % {"n": changed})
    elif not entered.rejected:
        messages.success(request, _("These figures stood already, just so."))
    return entered


@at_desk
@require_safe
def blank(request: HttpRequest, desk: Desk) -> HttpResponse:  # noqa: ARG001
    """Give the table to fill: a row for each indicator that an office may count."""
    require(desk.actor, "statistic.enter", Scope(desk.town.code))
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow([*COLUMNS, "title"])
    for code, title, _index in selectors.askable(desk.town.id):
        writer.writerow(
            [inert(c) for c in (code, "", f"{desk.town.as_of.year - 1}", "", "", title)]
        )
    response = HttpResponse(buffer.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="statistics.csv"'
    return response
