"""Problems for staff: confirm, reject, merge."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from eutopia.web.desk.forms import ReasonForm
from eutopia.web.desk.request import Desk, at_desk, page_number
from eutopia.web.problems import selectors, services
from eutopia.web.problems.selectors import ProblemFilter

STATES = ("found", "confirmed", "rejected", "merged")


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
        "page": selectors.problems(
            desk.town.id, ProblemFilter(state=state), page=page_number(request)
        ),
    }
    return render(request, "desk/problems.html", context)


@at_desk
@require_http_methods(["GET", "HEAD", "POST"])
def problem(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """Decide on one problem."""
    view = selectors.problem(desk.town.id, number)
    if view is None:
        raise Http404
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        if request.POST.get("decision") == "confirm":
            services.confirm_problem(desk.actor, desk.town.id, number, reason=reason)
            messages.success(request, _("The problem is confirmed."))
            return redirect("desk:problem", number)
        if reason.strip():
            services.reject_problem(desk.actor, desk.town.id, number, reason=reason)
            messages.success(request, _("The problem is rejected; the reason is public."))
            return redirect("desk:problem", number)
        form.add_error("reason", _("A problem is rejected for a reason: give it."))
    context = {"desk": desk, "view": view, "form": form}
    return render(request, "desk/problem.html", context, status=422 if form.errors else 200)
