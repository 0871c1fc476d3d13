"""Say what is one though the engine never said so: problems, a problem's reports, an event's."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from eutopia.web.desk.forms import MergeForm, SameEventForm
from eutopia.web.desk.request import Desk, at_desk
from eutopia.web.desk.tasks import diagnose_again
from eutopia.web.foundation.access import Scope, require
from eutopia.web.problems import selectors, services
from eutopia.web.problems.selectors import ProblemLine
from eutopia.web.reports import selectors as reports
from eutopia.web.reports.services import GroupRefused, merge_reports

_MOST = 50


@at_desk
@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Merge problems and reports by their numbers; the first problem keeps its own."""
    require(desk.actor, "problem.confirm", Scope(desk.town.code))
    if request.method == "POST":
        form = MergeForm(request.POST)
        if form.is_valid() and (into := _merged(form, desk)):
            messages.success(request, _("Written down. The diagnosis is being made anew."))
            return redirect("desk:problem", into)
        named = form.cleaned_data.get("numbers", [])
    else:
        named = [int(n) for n in request.GET.getlist("n") if n.isascii() and n.isdigit()][:_MOST]
        given = {
            "numbers": ", ".join(f"P-{n}" for n in named),
            "reports": request.GET.get("report", "")[:200],
        }
        form = MergeForm(initial=given)
    context = {"desk": desk, "form": form, "lines": _lines(desk, named)}
    status = 422 if form.is_bound else 200
    return render(request, "desk/problem_merge.html", context, status=status)


def _lines(desk: Desk, numbers: list[int]) -> list[ProblemLine]:
    found = (selectors.problem_line(desk.town.id, number) for number in numbers[:_MOST])
    return [line for line in found if line is not None]


def _merged(form: MergeForm, desk: Desk) -> int:
    """The number that all now stand under; 0 and words in the form where they cannot be merged."""
    given = form.cleaned_data
    into, *others = given["numbers"]
    for number in given["numbers"]:
        if selectors.problem_line(desk.town.id, number) is None:
            form.add_error("numbers", _("There is no problem P-%(n)s here.") % {"n": number})
            return 0
    ids = _numbered(form, "reports", desk)
    if form.errors:
        return 0
    try:
        with transaction.atomic():
            services.merge_problems(
                desk.actor, desk.town.id, others, into=into, report_ids=ids, reason=given["why"]
            )
            diagnose_again.defer(account=desk.actor.account, territory_id=desk.town.id)
    except services.MergeRefused as refused:
        form.add_error(*_refusal(refused))
        return 0
    return int(into)


def _numbered(form: forms.Form, field: str, desk: Desk) -> list[int]:
    """Reports by the numbers in a field; words in the form for the first one not to be found."""
    ids = []
    for number, found in reports.ids_by_number(desk.town.id, form.cleaned_data[field]).items():
        if len(found) != 1:
            words = _("There is no report %(n)s here.")
            if found:
                words = _("Several reports have the number %(n)s: their sources gave it twice.")
            form.add_error(field, words % {"n": number})
            return []
        ids += found
    return ids


@at_desk
@require_http_methods(["GET", "HEAD", "POST"])
def same_event(request: HttpRequest, desk: Desk, report_id: int) -> HttpResponse:
    """Say which other reports tell of the same event as this one."""
    require(desk.actor, "report.group", Scope(desk.town.code))
    view = reports.report(desk.town.id, report_id)
    if view is None:
        raise Http404
    form = SameEventForm(request.POST if request.method == "POST" else None)
    chosen = [one for one in request.POST.getlist("report") if one.isascii() and one.isdigit()]
    if request.method == "POST" and form.is_valid():
        ids = [report_id, *map(int, chosen[:_MOST]), *_numbered(form, "numbers", desk)]
        if not form.errors and _same(form, desk, ids):
            messages.success(
                request, _("Written down: one event, in this and every grouping to come.")
            )
            return redirect("desk:report", report_id)
    context = {
        "desk": desk,
        "view": view,
        "form": form,
        "near": reports.reports_near(desk.town.id, report_id),
        "chosen": chosen,
    }
    return render(request, "desk/same_event.html", context, status=422 if form.errors else 200)


def _same(form: SameEventForm, desk: Desk, ids: list[int]) -> bool:
    """Whether it was written down; words in the form where not."""
    try:
        merge_reports(desk.actor, desk.town.id, ids, reason=form.cleaned_data["why"])
    except GroupRefused as refused:
        words = {
            "alone": _("Mark another report, or give its number."),
            "done": _("It is written down so already."),
            "too_many": _("One event has 500 reports at most."),
            "unknown": _("A report that was marked is not here."),
        }
        form.add_error("numbers", words[refused.code])
        return False
    return True


def _refusal(refused: services.MergeRefused) -> tuple[str, str]:
    if refused.code == "fallen":
        words = _("%(n)s was merged or rejected: choose problems that stand.")
        return "numbers", words % {"n": refused.what}
    return "numbers", _("Name another problem, or a report that is not in this one yet.")
