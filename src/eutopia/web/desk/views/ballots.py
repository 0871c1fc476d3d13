"""Votes at the desk: rounds opened and closed, proposals judged, the roll, papers, help, files."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from eutopia.web.desk.papers import code_letters, paper_ballots
from eutopia.web.desk.request import Desk, at_desk
from eutopia.web.desk.tasks import count_vote
from eutopia.web.dialogue import selectors, services
from eutopia.web.dialogue.selectors import RoundView
from eutopia.web.dialogue.services import BallotRefused, Sheet
from eutopia.web.foundation.spreadsheet import inert
from eutopia.web.loop import ballots as loop
from eutopia.web.territory import selectors as territories

KINDS = ("approval", "choose-1", "cumulative", "scoring", "ordinal")
_DATES = ("proposals_from", "proposals_until", "voting_from", "voting_until")
_MOVABLE = ("announced", "proposals", "feasibility", "voting")
_SHEETS = 200
ROLLS = ("codes", "list", "provider", "nobody")


def _need_round(desk: Desk, code: str) -> RoundView:
    found = selectors.round_of(desk.town.id, code)
    if found is None:
        raise Http404
    return found


class RoundForm(forms.Form):
    """A new vote: what, how much, when, by which rule, for whom."""

    code = forms.SlugField(label=gettext_lazy("Code in the address"), max_length=60)
    title_ru = forms.CharField(label=gettext_lazy("Title in Russian"), max_length=200)
    title_en = forms.CharField(
        label=gettext_lazy("Title in English"), max_length=200, required=False
    )
    budget = forms.CharField(label=gettext_lazy("Money to share out"), max_length=40)
    vote_type = forms.ChoiceField(label=gettext_lazy("Ballot"))
    max_length = forms.IntegerField(
        label=gettext_lazy("Projects on a ballot at most"), min_value=1, required=False
    )
    max_sum_points = forms.IntegerField(
        label=gettext_lazy("Points to share out"), min_value=1, required=False
    )
    rule = forms.ChoiceField(label=gettext_lazy("Counted by"))
    roll = forms.ChoiceField(label=gettext_lazy("Who may vote"))
    proposals_from = forms.DateField(label=gettext_lazy("Proposals from"))
    proposals_until = forms.DateField(label=gettext_lazy("Proposals until"))
    voting_from = forms.DateField(label=gettext_lazy("Voting from"))
    voting_until = forms.DateField(label=gettext_lazy("Voting until"))

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        for name, codes in (("vote_type", KINDS), ("rule", tuple(services.RULES)), ("roll", ROLLS)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - tells the type checker
            field.choices = [(code, code) for code in codes]
        for name in _DATES:
            self.fields[name].widget = forms.DateInput(attrs={"type": "date"})


@at_desk
@require_http_methods(["GET", "HEAD", "POST"])
def ballots(request: HttpRequest, desk: Desk) -> HttpResponse:
    """List the votes; open another."""
    form = RoundForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.open_round(
                desk.actor, desk.town.id, _draft(form.cleaned_data, desk.town.time_zone)
            )
        except services.RoundRefused as refused:
            for field, code in refused.fields:
                named = {"title": "title_ru", "limits": "max_length"}.get(field, field)
                form.add_error(named, code)
        else:
            return redirect("desk:ballot", made.code)
    context = {
        "desk": desk,
        "rounds": selectors.rounds(desk.town.id),
        "held": selectors.elections(desk.town.id),
        "form": form,
        "may_open": desk.may("ballot.open"),
        "rules": tuple(services.RULES),
        "rolls": ROLLS,
        "kinds": KINDS,
    }
    return render(request, "desk/ballots.html", context, status=422 if form.errors else 200)


def _draft(given: dict[str, Any], zone: str) -> services.RoundDraft:
    moments = (datetime.combine(given[n], datetime.min.time(), ZoneInfo(zone)) for n in _DATES)
    titles = (("ru", given["title_ru"]), ("en", given["title_en"]))
    return services.RoundDraft(
        code=given["code"],
        title=tuple(pair for pair in titles if pair[1].strip()),
        budget=given["budget"],
        vote_type=given["vote_type"],
        limits={n: given[n] for n in ("max_length", "max_sum_points") if given[n]},
        rule=given["rule"],
        roll=given["roll"],
        phases=services.Phases(*moments),
    )


@at_desk
@require_safe
def ballot(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    """Show one vote with what can be done about it now."""
    view = _need_round(desk, code)
    found = selectors.proposals(
        desk.town.id, view.id, states=("new", "feasible", "refused", "merged", "hidden")
    )
    zone = ZoneInfo(desk.town.time_zone)
    context = {
        "desk": desk,
        "view": view,
        "waiting": [p for p in found if p.state == "new"],
        "others": [p for p in found if p.state != "new"],
        "batches": selectors.batches(view.id),
        "papers": selectors.papers(view.id),
        "districts": territories.districts(desk.town.id),
        "may_roll": desk.may("roll.keep"),
        "may_close": desk.may("ballot.close"),
        "may_key": desk.may("ballot.key"),
        "may_help": desk.may("ballot.assist"),
        "may_move": desk.may("ballot.open") and view.phase in _MOVABLE,
        "dates": [
            (name, f"{getattr(view, name).astimezone(zone):%Y-%m-%dT%H:%M}") for name in _DATES
        ],
    }
    return render(request, "desk/ballot.html", context)


@at_desk
@require_POST
def move(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    """Move the dates of a vote, with the reason that everybody reads."""
    view = _need_round(desk, code)
    zone = ZoneInfo(desk.town.time_zone)
    moments = []
    for name in _DATES:
        try:
            moment = datetime.fromisoformat(request.POST.get(name, ""))
        except ValueError:
            messages.error(request, "missing", extra_tags="proposal_refused")
            return redirect("desk:ballot", code)
        moments.append(moment.replace(tzinfo=zone))
    _told(
        request,
        lambda: services.move_dates(
            desk.actor,
            view.id,
            services.Phases(*moments),
            reason=request.POST.get("reason", "")[:500],
        ),
        _("The dates are moved; the reason stands on the page of the vote."),
    )
    return redirect("desk:ballot", code)


def _told(request: HttpRequest, act: Callable[[], object], done: str) -> None:
    """Do it and say so, or say why not."""
    try:
        act()
    except BallotRefused as refused:
        messages.error(request, refused.code, extra_tags="ballot_refused")
    except services.ProposalRefused as refused:
        for _field, code in refused.fields:
            messages.error(request, code, extra_tags="proposal_refused")
    except services.RoundRefused as refused:
        for code in dict.fromkeys(code for _field, code in refused.fields):
            messages.error(request, code, extra_tags="proposal_refused")
    except services.NotYet as refused:
        messages.error(request, refused.code, extra_tags="not_yet")
    except services.RollRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, done)


@at_desk
@require_http_methods(["GET", "HEAD", "POST"])
def proposal(request: HttpRequest, desk: Desk, code: str, number: int) -> HttpResponse:
    """Judge one proposal in public, join it with another, or take it off the site."""
    view = _need_round(desk, code)
    found = selectors.proposal(desk.town.id, view.id, number)
    if found is None:
        raise Http404
    if request.method == "POST":
        reason = ((get_language() or "en", request.POST.get("reason", "")[:2000]),)
        step = request.POST.get("step", "")
        into = request.POST.get("into", "")
        acts: dict[str, Callable[[], object]] = {
            "feasible": lambda: services.judge_proposal(
                desk.actor, found.id, feasible=True, reason=reason, cost=request.POST["cost"]
            ),
            "refused": lambda: services.judge_proposal(
                desk.actor, found.id, feasible=False, reason=reason
            ),
            "hide": lambda: services.hide_proposal(desk.actor, found.id, reason=reason),
            "merge": lambda: services.merge_proposal(
                desk.actor, found.id, into=int(into) if into.isdigit() else 0
            ),
        }
        if step in acts:
            _told(request, acts[step], _("The step is taken and written in the log."))
        return redirect("desk:ballot_proposal", code, number)
    context = {
        "desk": desk,
        "round": view,
        "view": found,
        "may_judge": desk.may("proposal.judge"),
        "may_moderate": desk.may("proposal.moderate"),
        "others": [p for p in selectors.proposals(desk.town.id, view.id) if p.number != number],
    }
    return render(request, "desk/ballot_proposal.html", context)


# -- the roll ---------------------------------------------------------------------------------


@at_desk
@never_cache
@require_POST
def codes(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    """Make codes and give them once: as letters to print, or as a table."""
    view = _need_round(desk, code)
    wanted = request.POST.get("count", "")
    district = request.POST.get("district", "")[:96]
    count = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 8 else 0
    try:
        made = services.issue_codes(desk.actor, view.id, count=count, district=district)
    except services.RollRefused as refused:
        messages.error(request, str(refused))
        return redirect("desk:ballot", code)
    if request.POST.get("form") == "csv":
        out = io.StringIO(newline="")
        table = csv.writer(out)
        table.writerow(["code", "district"])
        table.writerows([inert(one), inert(district)] for one in made)
        return _attached(out.getvalue().encode(), f"{code}-codes.csv", "text/csv; charset=utf-8")
    letters = code_letters(view, desk.town, made, address=request.build_absolute_uri("/"))
    return _attached(letters, f"{code}-codes.pdf", "application/pdf")


def _attached(content: bytes, name: str, kind: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@at_desk
@require_POST
def roll(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    """Take in a list of voters, or withdraw a batch of codes."""
    view = _need_round(desk, code)
    if batch := request.POST.get("expire", ""):
        reason = request.POST.get("reason", "")[:500]
        if batch not in {str(one.id) for one in selectors.batches(view.id)}:
            raise Http404
        _told(
            request,
            lambda: services.expire_batch(desk.actor, int(batch), reason=reason),
            _("These codes are no longer taken."),
        )
        return redirect("desk:ballot", code)
    text = _text(request.FILES.get("list"))
    if text is None:
        messages.error(request, _("Choose a file in UTF-8."))
    else:
        _told(
            request,
            lambda: services.load_list(desk.actor, view.id, text),
            _("The list is taken in."),
        )
    return redirect("desk:ballot", code)


def _text(file: object) -> str | None:
    """What does an uploaded file say? None where there is none, or it is no UTF-8."""
    if not isinstance(file, UploadedFile):
        return None
    try:
        return bytes(file.read()).decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


# -- at the desk of a library, on paper ----------------------------------------------------------


@at_desk
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def help_vote(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    """Let somebody vote at this desk who has shown a document or a code; nothing is noted of it."""
    view = _need_round(desk, code)
    context: dict[str, Any] = {"desk": desk, "view": view}
    step = request.POST.get("step", "")
    try:
        if step == "enter":
            loop.may_help(desk.actor, desk.town.id)
            voter = services.find_voter_of(view.id, request.POST.get("voter", ""))
            context |= _sheet(desk, view, services.hand_sheet(view.id, voter), {})
        elif step == "paper":
            out = services.hand_out_paper(desk.actor, view.id, request.POST.get("voter", ""))
            context["papers"] = out
        elif step == "cast":
            names = ("right", "secret", "nonce", "was")
            sheet = Sheet(**{name: request.POST.get(name, "")[:4000] for name in names})
            given = services.read_marks(request.POST.dict())
            context |= _sheet(desk, view, sheet, given)
            cast = services.cast_vote(view.id, sheet, given)
            context |= {
                "cast": cast,
                "groups": [cast.secret[i : i + 4] for i in range(0, len(cast.secret), 4)],
            }
    except BallotRefused as refused:
        context["refused"] = refused.code
    status = 422 if context.get("refused") else 200
    return render(request, "desk/ballot_help.html", context, status=status)


def _sheet(desk: Desk, view: RoundView, sheet: Sheet, given: dict[int, str]) -> dict[str, Any]:
    return {"sheet": asdict(sheet), "lines": _lines(desk, view, given)}


def _lines(desk: Desk, view: RoundView, given: dict[int, str]) -> list[tuple[Any, str]]:
    found = selectors.proposals(desk.town.id, view.id, states=("feasible",))
    return [(line, given.get(line.number, "")) for line in found]


@at_desk
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def paper(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    """Key a paper ballot; another clerk keys it again."""
    view = _need_round(desk, code)
    context: dict[str, Any] = {"desk": desk, "view": view, "serial": "", "given": {}}
    if request.method == "POST":
        serial = request.POST.get("serial", "")[:40]
        given = services.read_marks(request.POST.dict())
        try:
            context["state"] = services.key_paper(desk.actor, view.id, serial, given)
            context["keyed"] = serial
        except BallotRefused as refused:
            context |= {"refused": refused.code, "serial": serial, "given": given}
    context["lines"] = _lines(desk, view, context["given"])
    context["papers"] = selectors.papers(view.id)
    status = 422 if context.get("refused") else 200
    return render(request, "desk/ballot_paper.html", context, status=status)


@at_desk
@require_POST
def paper_sheets(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    """Give paper ballots to print, each with a serial of its own."""
    view = _need_round(desk, code)
    loop.may_help(desk.actor, desk.town.id)
    wanted = request.POST.get("count", "")
    count = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 5 else 0
    if view.phase != "voting" or not 1 <= count <= _SHEETS:
        said = _("While voting goes on, 1 to %(n)s ballots are printed at once.")
        messages.error(request, said % {"n": _SHEETS})
        return redirect("desk:ballot", code)
    lines = selectors.proposals(desk.town.id, view.id, states=("feasible",))
    sheets = paper_ballots(view, desk.town, lines, services.new_serials(count))
    return _attached(sheets, f"{code}-ballots.pdf", "application/pdf")


# -- the end, and files ---------------------------------------------------------------------------


@at_desk
@require_POST
def close(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    """Open the box, publish and count it."""
    view = _need_round(desk, code)
    _told(
        request,
        lambda: loop.close_round(desk.actor, view.id),
        _("The box is opened, published and counted."),
    )
    return redirect("desk:ballot", code)


@at_desk
@require_POST
def import_file(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Read a vote from a Pabulib file; count it by every rule behind the pages."""
    text = _text(request.FILES.get("file"))
    code = request.POST.get("code", "").strip()[:60]
    rule = request.POST.get("rule", "")
    if text is None:
        messages.error(request, _("Choose a file in UTF-8."))
    elif not code or not code.replace("-", "").isalnum() or rule not in services.RULES:
        messages.error(request, _("Give it a code of letters, digits and hyphens, and a rule."))
    else:
        file = request.FILES["file"]
        name = getattr(file, "name", None) or "file"
        try:
            with transaction.atomic():
                held = services.import_election(
                    desk.actor, desk.town.id, text, code=code, name=name
                )
                count_vote.defer(account=desk.actor.account, election_id=held.pk, rule=rule)
        except ValueError as refused:
            messages.error(request, str(refused))
        else:
            messages.success(
                request, _("The vote is read. Its page shows each rule as soon as it is counted.")
            )
    return redirect("desk:ballots")
