"""Problems for staff: confirm, correct, reject, merge, split, inspect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from eutopia.web.desk.forms import CorrectionForm, InspectionForm, ReasonForm
from eutopia.web.desk.request import Desk, at_desk, page_number
from eutopia.web.desk.tasks import diagnose_again
from eutopia.web.problems import selectors, services
from eutopia.web.problems.selectors import ProblemFilter, ProblemView
from eutopia.web.reports import selectors as reports
from eutopia.web.territory import selectors as territories

STATES = ("found", "confirmed", "rejected", "merged")
_MOST_SHOWN = 200


@at_desk
@require_safe
def problems(request: HttpRequest, desk: Desk) -> HttpResponse:
    """List problems in one state, the costliest first."""
    state = request.GET.get("state", STATES[0])
    state = state if state in STATES else STATES[0]
    context = {
        "desk": desk,
        "state": state,
        "states": STATES,
        "may_merge": state in STATES[:2] and desk.may("problem.confirm"),
        "page": selectors.problems(
            desk.town.id, ProblemFilter(state=state), page=page_number(request)
        ),
    }
    return render(request, "desk/problems.html", context)


_CAUSES = [(code, code) for code in services.CAUSES if code != "unknown"]
"""The template puts the codes into words."""


def _forms(request: HttpRequest, desk: Desk, view: ProblemView, act: str) -> dict[str, forms.Form]:
    """The forms of the page; the one that was sent holds what was sent."""
    corrected = dict(view.corrected)
    choices = {
        "types": sorted(reports.type_titles(desk.town.id).items(), key=lambda pair: pair[1]),
        "causes": _CAUSES,
        "owners": sorted(
            territories.organisation_names(desk.town.id).items(), key=lambda pair: pair[1]
        ),
    }
    sent = request.POST if request.method == "POST" else None
    return {
        "decide": ReasonForm(sent if act == "decide" else None),
        "correct": CorrectionForm(sent if act == "correct" else None, initial=corrected, **choices),
        "inspect": InspectionForm(sent if act == "inspect" else None, causes=_CAUSES),
    }


@at_desk
@require_http_methods(["GET", "HEAD", "POST"])
def problem(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """Show one problem with everything that may be said of it."""
    view = selectors.problem(desk.town.id, number)
    if view is None:
        raise Http404
    act = request.POST.get("act", "decide")
    sheets = _forms(request, desk, view, act)
    if request.method == "POST" and act in _ACTS and _ACTS[act](request, desk, view, sheets):
        return redirect("desk:problem", number)
    context = {
        "desk": desk,
        "view": view,
        "form": sheets["decide"],
        "correction": sheets["correct"],
        "inspection": sheets["inspect"],
        "act": act if request.method == "POST" else "",
        "area": view.line.district in territories.district_names(desk.town.id),
        "neighbours": selectors.neighbours(desk.town.id, number),
        "may_decide": desk.may("problem.confirm"),
        "may_inspect": desk.may("inspection.record"),
        "stands": view.line.state in ("found", "confirmed"),
    }
    failed = any(sheet.errors for sheet in sheets.values())
    return render(request, "desk/problem.html", context, status=422 if failed else 200)


Sheets = dict[str, forms.Form]


def _decide(request: HttpRequest, desk: Desk, view: ProblemView, sheets: Sheets) -> bool:
    form = sheets["decide"]
    if not form.is_valid():
        return False
    reason, number = form.cleaned_data["reason"], view.line.number
    if request.POST.get("decision") == "confirm":
        services.confirm_problem(desk.actor, desk.town.id, number, reason=reason)
        messages.success(request, _("The problem is confirmed."))
        return True
    if not reason.strip():
        form.add_error("reason", _("A problem is rejected for a reason: give it."))
        return False
    services.reject_problem(desk.actor, desk.town.id, number, reason=reason)
    messages.success(request, _("The problem is rejected; the reason is public."))
    return True


def _correct(request: HttpRequest, desk: Desk, view: ProblemView, sheets: Sheets) -> bool:
    form = sheets["correct"]
    if not form.is_valid():
        return False
    changes = dict(form.cleaned_data)
    why = changes.pop("why")
    try:
        services.correct_problem(desk.actor, desk.town.id, view.line.number, changes, reason=why)
    except services.CorrectionRefused as refused:
        known = refused.field if refused.field in form.fields else "why"
        form.add_error(known, _("This cannot be set so, or nothing was changed."))
        return False
    messages.success(request, _("Corrected. It stands above what is found, from now on."))
    return True


def _inspect(request: HttpRequest, desk: Desk, view: ProblemView, sheets: Sheets) -> bool:
    form = sheets["inspect"]
    if not form.is_valid():
        return False
    given = form.cleaned_data
    try:
        services.record_inspection(
            desk.actor,
            desk.town.id,
            view.line.number,
            confirmed=given["seen"] == "yes",
            cause=given["seen_cause"] if given["seen"] == "yes" else "",
            condition=given["condition"],
            note=given["note"],
        )
    except ValueError:
        form.add_error("condition", _("This problem is at no thing of the register."))
        return False
    messages.success(request, _("The inspection is written down."))
    return True


def _merge(request: HttpRequest, desk: Desk, view: ProblemView, _sheets: Sheets) -> bool:
    others = [int(n) for n in request.POST.getlist("other") if n.isascii() and n.isdigit()]
    reason = request.POST.get("why", "")[:1000]
    with transaction.atomic():
        try:
            services.merge_problems(
                desk.actor, desk.town.id, others, into=view.line.number, reason=reason
            )
        except services.MergeRefused:
            words = _("Choose the problems that are the same as this one, and give the reason.")
            messages.error(request, words)
            return False
        _again(request, desk)
    return True


def _again(request: HttpRequest, desk: Desk) -> None:
    diagnose_again.defer(account=desk.actor.account, territory_id=desk.town.id)
    messages.success(request, _("Written down. The diagnosis is being made anew."))


_ACTS: dict[str, Callable[[HttpRequest, Desk, ProblemView, Sheets], bool]] = {
    "decide": _decide,
    "correct": _correct,
    "inspect": _inspect,
    "merge": _merge,
}


@at_desk
@require_http_methods(["GET", "HEAD", "POST"])
def split(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """Choose the reports that are a problem of their own."""
    view = selectors.problem(desk.town.id, number)
    if view is None or view.line.state not in ("found", "confirmed"):
        raise Http404
    chosen = [r for r in request.POST.getlist("report") if r.isascii() and r.isdigit()]
    refused = False
    if request.method == "POST":
        with transaction.atomic():
            try:
                services.split_problem(
                    desk.actor,
                    desk.town.id,
                    number,
                    [int(one) for one in chosen],
                    reason=request.POST.get("why", "")[:1000],
                )
            except services.MergeRefused:
                refused = True
            else:
                _again(request, desk)
        if not refused:
            return redirect("desk:problem", number)
    context: dict[str, Any] = {
        "desk": desk,
        "view": view,
        "page": selectors.problem_reports(desk.town.id, number, size=_MOST_SHOWN),
        "chosen": chosen,
        "why": request.POST.get("why", ""),
        "refused": refused,
    }
    return render(request, "desk/problem_split.html", context, status=422 if refused else 200)
