"""What waits: reports to handle, groups of duplicates to check."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from eutopia.web.desk.forms import ReasonForm, StepForm, refusal
from eutopia.web.desk.request import Desk, at_desk, page_number
from eutopia.web.problems import selectors as problems
from eutopia.web.reports import selectors, services, workflow
from eutopia.web.territory import selectors as territories

QUEUES = ("new", "overdue", "due_soon", "working")
GROUP_STATES = ("suggested", "confirmed", "rejected")


@at_desk
@require_safe
def inbox(request: HttpRequest, desk: Desk) -> HttpResponse:
    """List what waits in one queue."""
    queue = request.GET.get("queue", QUEUES[0])
    queue = queue if queue in QUEUES else QUEUES[0]
    mine = desk.organisations("report.read")
    context = {
        "desk": desk,
        "queue": queue,
        "queues": QUEUES,
        "systemic": problems.systemic(desk.town.id),
        "districts": territories.districts(desk.town.id),
        "counts": selectors.inbox_counts(desk.town.id, organisations=mine),
        "page": selectors.inbox(
            desk.town.id, organisations=mine, queue=queue, page=page_number(request)
        ),
    }
    return render(request, "desk/inbox.html", context)


@at_desk
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, desk: Desk, report_id: int) -> HttpResponse:
    """Handle one report: the steps that its status allows and the actor may take."""
    view = selectors.report(desk.town.id, report_id)
    mine = desk.organisations("report.read")
    if view is None or (mine is not None and view.organisation not in mine):
        raise Http404
    steps = workflow.allowed_steps(view.status)
    form = StepForm(request.POST if request.method == "POST" else None, steps=steps)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        evidence = {"seen": given["evidence"]} if given["evidence"] else {}
        try:
            services.change_status(
                desk.actor, report_id, to=given["to"], note=given["note"], evidence=evidence
            )
        except services.StepRefused as refused:
            form.add_error(*refusal(refused.code))
        else:
            messages.success(request, _("The step is taken and written in the log."))
            return redirect("desk:report", report_id)
    context = {
        "desk": desk,
        "view": view,
        "form": form,
        "steps": steps,
        "may_merge": desk.may("problem.confirm"),
        "may_group": desk.may("report.group"),
        "problems": problems.problems_of_report(desk.town.id, report_id),
    }
    return render(request, "desk/report.html", context, status=422 if form.errors else 200)


@at_desk
@require_safe
def groups(request: HttpRequest, desk: Desk) -> HttpResponse:
    """List the groups of duplicates: those that wait for a decision, those decided."""
    state = request.GET.get("state", GROUP_STATES[0])
    state = state if state in GROUP_STATES else GROUP_STATES[0]
    context = {
        "desk": desk,
        "state": state,
        "states": GROUP_STATES,
        "page": selectors.groups(desk.town.id, state=state, page=page_number(request)),
        "full_run": selectors.last_full_grouping(desk.town.id),
    }
    return render(request, "desk/groups.html", context)


@at_desk
@require_http_methods(["GET", "HEAD", "POST"])
def group(request: HttpRequest, desk: Desk, group_id: int) -> HttpResponse:
    """Decide whether reports tell of one event."""
    view = selectors.group(desk.town.id, group_id)
    if view is None:
        raise Http404
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and _decided(request, desk, form, group_id):
        return redirect("desk:groups")
    context = {
        "desk": desk,
        "view": view,
        "lines": selectors.group_reports(desk.town.id, group_id),
        "form": form,
        "may_group": desk.may("report.group"),
    }
    return render(request, "desk/group.html", context, status=422 if form.errors else 200)


def _decided(request: HttpRequest, desk: Desk, form: ReasonForm, group_id: int) -> bool:
    """Whether the decision is written down; words in the form where it is not."""
    if request.POST.get("decision") == "confirm":
        services.confirm_group(desk.actor, group_id)
        messages.success(request, _("Confirmed: these reports are one event."))
        return True
    try:
        services.reject_group(desk.actor, group_id, reason=form.cleaned_data["reason"])
    except services.GroupRefused:
        form.add_error("reason", _("What was confirmed is taken apart for a reason: give it."))
        return False
    messages.success(request, _("Taken apart: these reports are separate events."))
    return True
