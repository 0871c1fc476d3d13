"""Consultations: what is asked, said and answered; agreements and pledges."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.feedgenerator import Rss201rev2Feed
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from eutopia.web.consultations import selectors, services
from eutopia.web.consultations.selectors import ConsultationLine
from eutopia.web.dialogue import selectors as dialogue
from eutopia.web.foundation.access import RESIDENT
from eutopia.web.portal import agreements as papers
from eutopia.web.portal import words
from eutopia.web.portal.request import choice_given, need_town
from eutopia.web.portal.throttle import COMMENTS, once_more

STATES = ("", "open", "answering", "overdue", "answered")


class CommentForm(forms.Form):
    """What somebody says. Nothing else is asked."""

    text = forms.CharField(
        label=gettext_lazy("Your comment"),
        widget=forms.Textarea(attrs={"rows": 5}),
        max_length=2000,
        error_messages={
            "required": gettext_lazy("Write what you want to say."),
            "max_length": gettext_lazy("This is too long: 2,000 characters are taken."),
        },
    )


def _together() -> tuple[str, str]:
    return reverse("portal:consultations"), _("Consultations")


@require_safe
def consultations(request: HttpRequest) -> HttpResponse:
    """List consultations, the overdue answers first."""
    town = need_town(request)
    # What was said beside proposals is on their pages; an answer that is late is here too.
    every = selectors.consultations(town.id)
    found = [one for one in every if not one.standing or one.state == "overdue"]
    state = choice_given(request, "state", STATES)
    context = {
        "trail": [("", _("Consultations"))],
        "lines": [one for one in found if state in ("", one.state)],
        "state": state,
        "counts": [(s, n) for s in STATES[1:] if (n := sum(one.state == s for one in found))],
        "mediations": selectors.mediations(town.id),
        "here": "consultations",
    }
    return render(request, "portal/consultations.html", context)


@require_safe
def consultation_feed(request: HttpRequest) -> HttpResponse:
    """Give what happened lately as RSS."""
    town = need_town(request)
    home = request.build_absolute_uri(reverse("portal:consultations"))
    feed = Rss201rev2Feed(
        title=f"{town.name}: {_('Consultations')}",
        link=home,
        description=_("What is asked, what was answered, and what was done because of it."),
        language=get_language(),
        feed_url=request.build_absolute_uri(),
    )
    for one in selectors.feed(town.id):
        address = reverse("portal:consultation", args=[one.number])
        feed.add_item(
            title=words.word("feed", one.what) % {"title": one.title},
            link=request.build_absolute_uri(address),
            description=one.words,
            pubdate=one.at,
            unique_id=f"{town.code}:{one.number}:{one.what}:{one.at.isoformat()}",
            unique_id_is_permalink=False,
        )
    return HttpResponse(feed.writeString("utf-8"), content_type="application/rss+xml")


def subject_href(territory_id: int, line: ConsultationLine) -> str:
    """Where is the page of what a consultation is about? Empty where it has none."""
    number = line.subject_number
    if line.subject == "problem":
        return reverse("portal:problem", args=[number])
    if line.subject == "candidate":
        return reverse("portal:project", args=[number])
    if line.subject == "proposal":
        place = dialogue.proposal_place(territory_id, number or 0)
        return reverse("portal:vote_proposal", args=[place.code, place.number]) if place else ""
    return reverse("portal:programme") if line.subject == "programme" else ""


@require_http_methods(["GET", "HEAD", "POST"])
def consultation(request: HttpRequest, number: int) -> HttpResponse:
    """Show one consultation; take a comment in."""
    town = need_town(request)
    view = selectors.consultation(town.id, number)
    if view is None:
        raise Http404
    form = CommentForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.submit_comment(
                RESIDENT,
                view.line.id,
                text=form.cleaned_data["text"],
                language=get_language() or "",
                allow=lambda: once_more(request, COMMENTS),
            )
        except services.DialogueRefused as refused:
            say(form, refused)
        else:
            shown = "shown" if made.state == "shown" else "waits"
            return redirect(f"{request.path}?sent={shown}#said")
    context = {
        "trail": [_together(), ("", view.line.title)],
        "view": view,
        "form": form,
        "sent": request.GET.get("sent", ""),
        "subject_href": subject_href(town.id, view.line),
        "here": "consultations",
    }
    return render(request, "portal/consultation.html", context, status=422 if form.errors else 200)


def say(form: forms.Form, refused: services.DialogueRefused) -> None:
    """Put a service's codes into words beside their fields."""
    for field, code in refused.fields:
        form.add_error(field if field in form.fields else None, words.word("talk_refused", code))


@require_safe
def pledges(request: HttpRequest) -> HttpResponse:
    """List what was pledged and agreed, and what became of it."""
    town = need_town(request)
    found = selectors.pledges(town.id)
    context: dict[str, Any] = {
        "trail": [_together(), ("", _("Pledges and agreements"))],
        "pledges": found,
        "figures": selectors.pledge_figures(found),
        "agreements": selectors.agreements(town.id),
        "here": "pledges",
    }
    return render(request, "portal/pledges.html", context)


@require_safe
def agreement(request: HttpRequest, number: int) -> HttpResponse:
    """Show one agreement."""
    town = need_town(request)
    view = selectors.agreement(town.id, number)
    if view is None:
        raise Http404
    here = reverse("portal:pledges"), _("Pledges and agreements")
    context = {"trail": [_together(), here, ("", view.title)], "view": view, "here": "pledges"}
    return render(request, "portal/agreement.html", context)


@require_safe
def agreement_paper(request: HttpRequest, number: int) -> HttpResponse:
    """Give an agreement as PDF, in both languages."""
    town = need_town(request)
    made = papers.agreement_paper(town, number)
    if made is None:
        raise Http404
    response = HttpResponse(made, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{town.code}-agreement-{number}.pdf"'
    return response
