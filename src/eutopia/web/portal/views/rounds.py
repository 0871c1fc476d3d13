"""A vote that goes on: its phases, proposals, and what came of each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from eutopia.web.consultations import selectors as consultations
from eutopia.web.consultations import services as talks
from eutopia.web.dialogue import selectors, services
from eutopia.web.dialogue.selectors import ProposalView, RoundView
from eutopia.web.foundation.access import RESIDENT
from eutopia.web.loop import selectors as loop
from eutopia.web.portal import maps, proposal_life, words
from eutopia.web.portal.request import need_town, word_given
from eutopia.web.portal.throttle import COMMENTS, PROPOSALS, once_more
from eutopia.web.portal.views.talks import CommentForm, say
from eutopia.web.territory.selectors import TerritoryView

_TONES = ("state", {"feasible": "lead", "new": "river"})


def need_round(town: TerritoryView, code: str) -> RoundView:
    """Which round is meant? Http404 where there is none."""
    found = selectors.round_of(town.id, code)
    if found is None:
        raise Http404
    return found


def trail(round_: RoundView, *more: tuple[str, str]) -> list[tuple[str, str]]:
    """How does one come here?"""
    here = reverse("portal:vote_round", args=[round_.code]) if more else ""
    return [(reverse("portal:votes"), _("Vote")), (here, round_.title), *more]


def _map(town: TerritoryView, round_: RoundView) -> maps.TownMap:
    layer = selectors.proposal_layer(town.id, round_.code)
    url = reverse("portal:layer", args=["proposals"])
    probe = reverse("portal:vote_proposal", args=[round_.code, 0])
    return maps.point_map(
        town,
        layer,
        title=_("Map: proposals"),
        url=f"{url}?round={round_.code}",
        key="number",
        page="",
        pattern=probe.replace("/0/", "/KEY/"),
        tones=_TONES,
        words=lambda p: str(p["title"]),
        legend=(
            maps.LegendItem(words.word("proposal", "feasible"), kind="lead"),
            maps.LegendItem(words.word("proposal", "new"), kind="river"),
            maps.LegendItem(words.word("proposal", "refused"), kind="soft"),
        ),
        list_href="#proposals",
    )


@require_safe
def vote_round(request: HttpRequest, code: str) -> HttpResponse:
    """Show a vote that goes on: what one can do now, its phases, its proposals."""
    town = need_town(request)
    view = need_round(town, code)
    found = selectors.proposals(town.id, view.id)
    won = [p.candidate for p in found if p.won]
    built = loop.delivered(town.id, won)
    if won and built == len(won):
        view = replace(view, phase="delivered")
    shown = word_given(request, "show")
    context = {
        "trail": trail(view),
        "view": view,
        "proposals": [p for p in found if p.state == shown] if shown else found,
        "won": len(won),
        "built": built,
        "shown": shown,
        "counts": [
            (state, n)
            for state in ("feasible", "new", "refused", "merged")
            if (n := sum(p.state == state for p in found))
        ],
        "map": _map(town, view) if found else None,
    }
    return render(request, "portal/vote_round.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def vote_proposal(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Show one proposal: what, where, what was said of it, what came of it; take a comment in."""
    town = need_town(request)
    view = need_round(town, code)
    found = selectors.proposal(town.id, view.id, number)
    if found is None:
        raise Http404
    form = CommentForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        shown = _commented(request, found.id, form)
        if shown:
            return redirect(f"{request.path}?said={shown}#said")
    context = _told(town, view, found) | {
        "trail": trail(view, ("", _("Proposal %(n)s") % {"n": number})),
        "sent": request.GET.get("sent") == "1",
        "said": request.GET.get("said", ""),
        "form": form,
    }
    status = 422 if form.errors else 200
    return render(request, "portal/vote_proposal.html", context, status=status)


def _told(town: TerritoryView, held: RoundView, view: ProposalView) -> dict[str, Any]:
    """What is known of a proposal: of a hidden one neither its place nor what was said."""
    hidden = view.state == "hidden"
    gatherings = () if hidden else consultations.comments_beside(town.id, view.id)
    life = loop.life_of_proposal(town.id, held.id, view.number, view.candidate)
    where = None
    if not hidden:
        where = maps.close_up(
            town,
            title=_("Map: where it would be"),
            lon=view.lon,
            lat=view.lat,
            radius_m=20,
            show_extent=True,
        )
    return {
        "round": held,
        "view": view,
        "life": proposal_life.of_proposal(view, held, gatherings, life, currency=town.currency),
        "talks": consultations.consultations_about(town.id, "proposal", view.id),
        "gatherings": gatherings,
        "may_comment": not hidden and timezone.now() < held.voting_until,
        "gather_days": talks.GATHER_DAYS,
        "answer_days": talks.ANSWER_DAYS,
        "map": where,
    }


def _commented(request: HttpRequest, proposal_id: int, form: CommentForm) -> str:
    """Take a comment in: shown, waits, or nothing where it is refused (said in the form)."""
    try:
        made = talks.comment_on_proposal(
            RESIDENT,
            proposal_id,
            text=form.cleaned_data["text"],
            language=get_language() or "",
            allow=lambda: once_more(request, COMMENTS),
        )
    except talks.DialogueRefused as refused:
        say(form, refused)
        return ""
    return "shown" if made.state == "shown" else "waits"


class ProposalForm(forms.Form):
    """What, where, why; a contact only from who wants an answer."""

    title = forms.CharField(label=gettext_lazy("What do you propose?"), required=False)
    text = forms.CharField(
        label=gettext_lazy("Why, and for whom?"),
        widget=forms.Textarea(attrs={"rows": 6}),
        required=False,
    )
    category = forms.ChoiceField(label=gettext_lazy("What is it about?"), required=False)
    lon = forms.FloatField(required=False, widget=forms.HiddenInput)
    lat = forms.FloatField(required=False, widget=forms.HiddenInput)
    contact = forms.EmailField(
        label=gettext_lazy("Where may an answer be sent?"), max_length=200, required=False
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        choice = self.fields["category"]
        assert isinstance(choice, forms.ChoiceField)  # noqa: S101 - tells the type checker
        named = [(c, words.word("category", c)) for c in services.CATEGORIES]
        choice.choices = [("", _("Choose")), *named]

    def take_refusal(self, fields: tuple[tuple[str, str], ...]) -> None:
        """Put the service's codes into words beside their fields."""
        for field, code in fields:
            said = words.word("proposal_refused", code)
            if (field, code) == ("place", "missing"):
                said = _("Say where it is: tap the map, or write its longitude and latitude.")
            self.add_error({"place": "lon", "": None}.get(field, field), said)


@require_http_methods(["GET", "HEAD", "POST"])
def vote_propose(request: HttpRequest, code: str) -> HttpResponse:
    """Take a proposal in; where there are similar ones, show them first."""
    town = need_town(request)
    view = need_round(town, code)
    form = ProposalForm(request.POST if request.method == "POST" else None)
    alike: tuple[Any, ...] = ()
    if request.method == "POST" and form.is_valid():
        draft = _draft(form.cleaned_data)
        alike = () if form.cleaned_data["seen"] else services.similar_to(view.id, draft)
        if not alike:
            try:
                made = services.submit_proposal(
                    RESIDENT,
                    view.id,
                    draft,
                    contact=form.cleaned_data["contact"],
                    allow=lambda: once_more(request, PROPOSALS),
                )
            except services.ProposalRefused as refused:
                form.take_refusal(refused.fields)
            else:
                return redirect(
                    reverse("portal:vote_proposal", args=[code, made.number]) + "?sent=1"
                )
    context = {
        "trail": trail(view, ("", _("Propose something"))),
        "view": view,
        "form": form,
        "alike": alike,
        "map": maps.whole_town(
            town, title=_("Map of the town"), pick={"lon": "id_lon", "lat": "id_lat"}
        ),
    }
    return render(request, "portal/vote_propose.html", context, status=422 if form.errors else 200)


def _draft(given: dict[str, Any]) -> services.ProposalDraft:
    language = get_language() or "en"
    return services.ProposalDraft(
        title=((language, given["title"]),),
        text=((language, given["text"]),),
        category=given["category"],
        lon=given["lon"],
        lat=given["lat"],
    )
