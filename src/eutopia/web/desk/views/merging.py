"""Say that problems are one, or that a report speaks for one, though the engine never said so."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from eutopia.web.desk.forms import MergeForm
from eutopia.web.desk.request import Desk, at_desk
from eutopia.web.desk.tasks import diagnose_again
from eutopia.web.foundation.access import Scope, require
from eutopia.web.problems import selectors, services
from eutopia.web.problems.selectors import ProblemLine
from eutopia.web.reports import selectors as reports

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
    ids = []
    for number, found in reports.ids_by_number(desk.town.id, given["reports"]).items():
        if len(found) != 1:
            words = _("There is no report %(n)s here.")
            if found:
                words = _("Several reports have the number %(n)s: their sources gave it twice.")
            form.add_error("reports", words % {"n": number})
            return 0
        ids += found
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


def _refusal(refused: services.MergeRefused) -> tuple[str, str]:
    if refused.code == "fallen":
        words = _("%(n)s was merged or rejected: choose problems that stand.")
        return "numbers", words % {"n": refused.what}
    return "numbers", _("Name another problem, or a report that is not in this one yet.")
