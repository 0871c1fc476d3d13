"""Dialogue at the desk: consultations asked and answered, weights gathered, pledges recorded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from eutopia.web.consultations import selectors, services
from eutopia.web.consultations.services import (
    AgreementDraft,
    ConsultationDraft,
    DialogueRefused,
    MediationDraft,
    PledgeDraft,
    PointDraft,
)
from eutopia.web.desk.request import Desk, at_desk
from eutopia.web.desk.tasks import pin_compromise, seek_compromise
from eutopia.web.foundation.access import Scope, require
from eutopia.web.portal import words
from eutopia.web.portal.views.weights import questions, read_answers
from eutopia.web.programmes import selectors as programmes
from eutopia.web.territory import selectors as territories

POINTS = 8
"""Points an answer may have on the form; empty ones are left out."""
Act = Callable[[], object]


def _both(given: QueryDict, name: str) -> tuple[tuple[str, str], ...]:
    return (("ru", given.get(f"{name}_ru", "")), ("en", given.get(f"{name}_en", "")))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _need_day(given: QueryDict, name: str) -> date:
    found = _day(given.get(name, ""))
    if found is None:
        raise DialogueRefused((name, "missing"))
    return found


def _moment(given: QueryDict, name: str, zone: str) -> datetime:
    return datetime.combine(_need_day(given, name), datetime.min.time(), ZoneInfo(zone))


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _amount(given: QueryDict, name: str) -> Decimal | None:
    plain = given.get(name, "").replace("\xa0", "").replace(" ", "").replace(",", ".")
    if not plain:
        return None
    try:
        return Decimal(plain)
    except InvalidOperation:
        raise DialogueRefused((name, "number")) from None


def _done(request: HttpRequest, act: Act, said: str) -> tuple[tuple[str, str], ...]:
    """Do it and say so; else which fields are at fault, in words."""
    try:
        act()
    except DialogueRefused as refused:
        return tuple((_named(f), words.word("talk_refused", code)) for f, code in refused.fields)
    messages.success(request, said)
    return ()


def _named(field: str) -> str:
    """What is a field called, one of a row with its number?"""
    base, _dash, number = field.rpartition("_")
    if number.isdigit():
        return f"{words.word('talk_field', base)} {number}"
    return words.word("talk_field", field) if field else ""


def _page(
    request: HttpRequest, template: str, context: dict[str, Any], faults: Any
) -> HttpResponse:
    """Show a page again with what was sent and what is wrong with it."""
    # A link may fill a form in beforehand.
    more = {"faults": faults, "given": request.POST if faults else request.GET}
    return render(request, template, context | more, status=422 if faults else 200)


@at_desk
@require_http_methods(["GET", "HEAD", "POST"])
def consultations(request: HttpRequest, desk: Desk) -> HttpResponse:
    """List consultations; open another."""
    faults: Any = ()
    if request.method == "POST":

        def act() -> None:
            given, zone = request.POST, desk.town.time_zone
            services.open_consultation(
                desk.actor,
                desk.town.id,
                ConsultationDraft(
                    title=_both(given, "title"),
                    text=_both(given, "text"),
                    opens=_moment(given, "opens", zone),
                    closes=_moment(given, "closes", zone),
                    subject=given.get("subject", ""),
                    subject_number=_whole(given.get("subject_number", "")),
                    moderation=given.get("moderation", ""),
                    answer_days=_whole(given.get("answer_days", "")) or 0,
                ),
            )

        faults = _done(request, act, _("Opened. The day of the answer is a public promise now."))
        if not faults:
            return redirect("desk:consultations")
    context = {
        "desk": desk,
        "lines": selectors.consultations(desk.town.id, taken_off=True),
        "may_open": desk.may("consultation.open"),
        "subjects": services.SUBJECTS,
        "moderations": services.MODERATION,
        "answer_days": services.ANSWER_DAYS,
    }
    return _page(request, "desk/consultations.html", context, faults)


@at_desk
@require_http_methods(["GET", "HEAD", "POST"])
def consultation(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """Check comments, answer point by point, say what was done because of it."""
    view = selectors.consultation(desk.town.id, number)
    if view is None:
        raise Http404
    faults: Any = ()
    if request.method == "POST":
        act = _acts(request.POST, desk, view).get(request.POST.get("step", ""))
        if act is None:
            raise Http404
        faults = _done(request, act, _("The step is taken and written in the log."))
        if not faults:
            return redirect("desk:consultation", number)
    context = {
        "desk": desk,
        "view": view,
        "comments": selectors.comments_to_judge(desk.town.id, number),
        "may_judge": desk.may("consultation.moderate"),
        "may_answer": desk.may("consultation.answer"),
        "reasons": services.WHY_HIDDEN,
        "verdicts": services.VERDICTS,
        "numbers": range(1, POINTS + 1),
    }
    return _page(request, "desk/consultation.html", context, faults)


def _acts(given: QueryDict, desk: Desk, view: selectors.ConsultationView) -> dict[str, Act]:
    known = {c.id for c in selectors.comments_to_judge(desk.town.id, view.line.number)}
    comment = _whole(given.get("comment", "")) or 0
    point = next((p.id for p in view.points if str(p.position) == given.get("point")), 0)

    def judge(*, show: bool) -> None:
        if comment not in known:
            raise DialogueRefused(("comment", "unknown"))
        services.judge_comment(desk.actor, comment, show=show, why=given.get("why", ""))

    def change() -> None:
        if not point:
            raise DialogueRefused(("point", "unknown"))
        services.note_change(
            desk.actor,
            point,
            words=_both(given, "words"),
            on=_need_day(given, "on"),
            candidate_id=_whole(given.get("candidate", "")),
        )

    return {
        "show": lambda: judge(show=True),
        "hide": lambda: judge(show=False),
        "answer": lambda: services.answer_consultation(
            desk.actor, view.line.id, points=_points(given), summary=_both(given, "summary")
        ),
        "change": change,
    }


def _points(given: QueryDict) -> tuple[PointDraft, ...]:
    found = []
    for n in range(1, POINTS + 1):
        asked, reason = _both(given, f"asked_{n}"), _both(given, f"reason_{n}")
        if any(text.strip() for _, text in (*asked, *reason)):
            numbers = given.get(f"comments_{n}", "").replace(",", " ").split()
            found.append(
                PointDraft(
                    asked=asked,
                    verdict=given.get(f"verdict_{n}", ""),
                    reason=reason,
                    comments=tuple(_whole(one) or 0 for one in numbers),
                )
            )
    return tuple(found)


# -- weights ----------------------------------------------------------------------------------


@at_desk
@require_http_methods(["GET", "HEAD", "POST"])
def mediations(request: HttpRequest, desk: Desk) -> HttpResponse:
    """List what the sides weigh; open another."""
    faults: Any = ()
    if request.method == "POST":

        def act() -> None:
            given, zone = request.POST, desk.town.time_zone
            services.open_mediation(
                desk.actor,
                desk.town.id,
                MediationDraft(
                    title=_both(given, "title"),
                    programme=_whole(given.get("programme", "")) or 0,
                    opens=_moment(given, "opens", zone),
                    closes=_moment(given, "closes", zone),
                ),
            )

        faults = _done(request, act, _("Opened: the sides may answer."))
        if not faults:
            return redirect("desk:mediations")
    context = {
        "desk": desk,
        "held": selectors.mediations(desk.town.id),
        "programmes": programmes.programmes(desk.town.id),
        "may_open": desk.may("mediation.open"),
    }
    return _page(request, "desk/mediations.html", context, faults)


@at_desk
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def mediation(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """Make codes for businesses, enter the municipality's position, seek the compromise."""
    view = selectors.mediation(desk.town.id, number)
    if view is None:
        raise Http404
    faults: Any = ()
    codes: list[str] = []
    way = request.POST.get("way", "")
    if request.method == "POST":
        step = request.POST.get("step", "")
        faults = _mediation_step(request, desk, view, step, codes)
        if not faults and not codes:
            return redirect("desk:mediation", number)
    context = {
        "desk": desk,
        "view": view,
        "codes": codes,
        "may_open": desk.may("mediation.open"),
        "may_speak": desk.may("weights.speak"),
        "may_settle": desk.may("mediation.settle"),
        **questions(view.criteria, "budget_allocation", request.POST if way else {}),
    }
    return _page(request, "desk/mediation.html", context, faults)


def _mediation_step(
    request: HttpRequest,
    desk: Desk,
    view: selectors.MediationView,
    step: str,
    codes: list[str],
) -> tuple[tuple[str, str], ...]:
    given = request.POST
    if step == "codes":
        count = _whole(given.get("count", "")) or 0
        return _done(
            request,
            lambda: codes.extend(services.issue_side_codes(desk.actor, view.line.id, count=count)),
            _("Made. They are shown once: copy or print them now."),
        )
    if step == "speak":
        answers = read_answers(view.criteria, "budget_allocation", given)
        return _done(
            request,
            lambda: services.weigh(
                desk.actor,
                view.line.id,
                side="municipality",
                method="budget_allocation",
                answers=answers,
            ),
            _("The municipality's position is written down; the latest counts."),
        )
    if step in ("settle", "pin"):
        require(desk.actor, "mediation.settle", Scope(desk.town.code))
        job = seek_compromise if step == "settle" else pin_compromise
        with transaction.atomic():
            job.defer(account=desk.actor.account, mediation_id=view.line.id)
        messages.success(request, _("It is being computed; the page shows it when it is ready."))
        return ()
    raise Http404


# -- pledges ----------------------------------------------------------------------------------


@at_desk
@require_http_methods(["GET", "HEAD", "POST"])
def pledges(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Record what was pledged and agreed, and what became of it."""
    faults: Any = ()
    step = request.POST.get("step", "")
    if request.method == "POST":
        acts: dict[str, Act] = {
            "pledge": lambda: services.record_pledge(
                desk.actor, desk.town.id, _pledge_draft(request.POST)
            ),
            "state": lambda: _record_state(request.POST, desk),
            "agreement": lambda: services.record_agreement(
                desk.actor, desk.town.id, _agreement_draft(request.POST)
            ),
        }
        if step not in acts:
            raise Http404
        faults = _done(request, acts[step], _("Recorded and written in the log."))
        if not faults:
            return redirect("desk:pledges")
    context = {
        "desk": desk,
        "step": step,
        "pledges": selectors.pledges(desk.town.id),
        "agreements": selectors.agreements(desk.town.id),
        "may_pledge": desk.may("pledge.record"),
        "may_agree": desk.may("agreement.record"),
        "kinds": services.KINDS,
        "bodies": sorted(
            territories.organisation_names(desk.town.id).items(), key=lambda pair: pair[1]
        ),
        "states": ("confirmed", "received", "withdrawn", "lapsed"),
    }
    return _page(request, "desk/pledges.html", context, faults)


def _pledge_draft(given: QueryDict) -> PledgeDraft:
    return PledgeDraft(
        kind=given.get("kind", ""),
        what=_both(given, "what"),
        made=_need_day(given, "made"),
        due=_need_day(given, "due"),
        organisation=given.get("organisation", "").strip(),
        building=given.get("building", "").strip(),
        value=_amount(given, "value"),
        hours=_amount(given, "hours"),
        rate=_amount(given, "rate"),
        valued_by=given.get("valued_by", "")[:300],
        candidate_id=_whole(given.get("candidate", "")),
        agreement=_whole(given.get("agreement", "")),
    )


def _record_state(given: QueryDict, desk: Desk) -> None:
    found = selectors.pledge(desk.town.id, _whole(given.get("pledge", "")) or 0)
    if found is None:
        raise DialogueRefused(("pledge", "unknown"))
    services.record_pledge_state(
        desk.actor,
        found.id,
        state=given.get("state", ""),
        on=_need_day(given, "on"),
        value=_amount(given, "received") or Decimal(0),
        note=given.get("note", ""),
    )


def _agreement_draft(given: QueryDict) -> AgreementDraft:
    """Parties and terms: one a line, the languages line by line."""

    def lines(name: str) -> list[list[tuple[str, str]]]:
        russian, english = (given.get(f"{name}_{code}", "").splitlines() for code in ("ru", "en"))
        longest = max(len(russian), len(english))
        pad = [""] * longest
        return [
            [("ru", ru), ("en", en)]
            for ru, en in zip((russian + pad)[:longest], (english + pad)[:longest], strict=True)
        ]

    return AgreementDraft(
        title=_both(given, "title"),
        parties=lines("parties"),
        terms=lines("terms"),
        signed=_need_day(given, "signed"),
        until=_day(given.get("until", "")),
        candidate_id=_whole(given.get("candidate", "")),
    )
