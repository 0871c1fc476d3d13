"""The life of a proposal, knot by knot: from the day it was made to what it changed."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from eutopia.web.consultations.selectors import ConsultationView
from eutopia.web.dialogue.selectors import ProposalResult, ProposalView, RoundView
from eutopia.web.loop.selectors import ProposalLife
from eutopia.web.portal import figures, thread, words
from eutopia.web.portal.thread import Knot


def of_proposal(
    view: ProposalView,
    held: RoundView,
    gatherings: Sequence[ConsultationView],
    life: ProposalLife,
    *,
    currency: str,
) -> tuple[Knot, ...]:
    """How does the life of a proposal read, with its days and where each is told in full?"""
    knots = [_proposed(view), _checked(view), *map(_discussed, gatherings)]
    if view.state == "feasible":
        if life.result is None:
            address = reverse("portal:vote_round", args=[held.code])
            knots.append(Knot("decide", words.word("phase", held.phase), address, state="open"))
        else:
            knots.append(_decided(life.result, held, currency))
    for promise in life.promises:
        said = words.word("promise", promise.state)
        address = reverse("portal:account") + "#promises"
        note = figures.day(promise.since)
        state = {"made": "open", "broken": "none", "withdrawn": "none"}.get(promise.state, "done")
        knots.append(Knot("promised", said, address, note, state))
    if life.link is not None:
        after = thread.of_candidate(life.link, here="", currency=currency)
        knots += [knot for knot in after if knot.stage != "decide"]
    elif life.result is not None and life.result.won:
        knots.append(Knot("plan", _("Not among the candidates of the programme"), state="none"))
    return tuple(knots)


def _proposed(view: ProposalView) -> Knot:
    note = ""
    if view.backing > 1:
        note = ngettext("proposed by %(n)s", "proposed by %(n)s", view.backing) % {
            "n": view.backing
        }
    return Knot("proposed", figures.day(view.made), note=note)


def _checked(view: ProposalView) -> Knot:
    state = {"new": "open", "feasible": "done"}.get(view.state, "none")
    note = figures.day(view.checked) if view.checked else ""
    said = words.word("proposal", view.state)
    return Knot("checked", said, "#checked" if view.reason else "", note, state)


def _discussed(gathering: ConsultationView) -> Knot:
    line = gathering.line
    said = ngettext("%(n)s comment", "%(n)s comments", line.comments) % {
        "n": figures.count(line.comments)
    }
    if line.answered is not None:
        note = _("answered %(day)s") % {"day": figures.day(line.answered.date())}
    else:
        note = _("answer due %(day)s") % {"day": figures.day(line.answer_due.date())}
    state = {"answered": "done", "overdue": "none"}.get(line.state, "open")
    return Knot("discussed", said, "#comments", note, state)


def _decided(result: ProposalResult, held: RoundView, currency: str) -> Knot:
    note = ngettext("%(votes)s of %(n)s voter", "%(votes)s of %(n)s voters", result.voters) % {
        "votes": figures.count(result.votes),
        "n": figures.count(result.voters),
    }
    if result.on is not None:
        note = f"{figures.day(result.on)}, {note}"
    if result.more is not None:
        note += "; " + ngettext(
            "%(n)s more supporter would have been enough",
            "%(n)s more supporters would have been enough",
            result.more,
        ) % {"n": figures.count(result.more)}
    if result.cost:
        cost = figures.money(result.cost, currency)
        note += "; " + _("a cost of %(cost)s would have been enough") % {"cost": cost}
    said = _("Chosen by the vote") if result.won else _("Not chosen by the vote")
    address = reverse("portal:vote", args=[held.code])
    return Knot("decide", said, address, note, "done" if result.won else "none")
