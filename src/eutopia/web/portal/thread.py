"""The thread that runs through the loop: from report to problem, measure, vote, works, outcome."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from eutopia.web.loop.selectors import Chain, ChainLink
from eutopia.web.portal import figures, words
from eutopia.web.works.selectors import OutcomeView


@dataclass(frozen=True, slots=True)
class Knot:
    """One place on the thread. `state`: done, here, open, none."""

    stage: str
    words: str
    href: str = ""
    note: str = ""
    state: str = "done"


def of_problem(chain: Chain, *, here: str = "diagnose", currency: str) -> tuple[Knot, ...]:
    """How does the thread of a problem read, seen from one of its places?"""
    problem = chain.problem
    link = _main(chain)
    knots = [
        Knot(
            "listen",
            ngettext("%(n)s report", "%(n)s reports", problem.reports)
            % {"n": figures.count(problem.reports)},
            reverse("portal:problem_reports", args=[problem.number]),
        ),
        Knot("diagnose", problem.title, reverse("portal:problem", args=[problem.number])),
    ]
    if link is None:
        knots.append(
            Knot(
                "plan",
                _("No measure of the catalogue fits this problem at this place."),
                state="none",
            )
        )
        return _marked(knots, here)
    knots += of_candidate(link, here="", currency=currency)
    return _marked(knots, here)


def of_candidate(link: ChainLink, *, here: str = "plan", currency: str) -> tuple[Knot, ...]:
    """How does the thread from a candidate onwards read?"""
    candidate = link.candidate
    said = (
        _("In the programme for %(year)s") % {"year": candidate.year}
        if candidate.chosen
        else _("Built: it needs no place in the programme any more")
        if stands(link)
        else words.reason(candidate.main_reason, currency)
        if candidate.main_reason
        else _("It has a mandate: the next programme builds it or says why not.")
        if candidate.mandate
        else _("Not in the programme")
    )
    knots = [
        Knot(
            "plan",
            candidate.title,
            reverse("portal:project", args=[candidate.id]),
            said,
            "done" if candidate.chosen or stands(link) else "none",
        )
    ]
    if link.vote:
        won = _("Chosen by the vote") if link.vote.won else _("Not chosen by the vote")
        href = reverse("portal:vote", args=[link.vote.election.code])
        knots.append(Knot("decide", link.vote.election.title, href, won))
    elif candidate.chosen:
        knots.append(Knot("decide", _("No vote was held on it"), state="open"))
    knots += _built(link)
    return _marked(knots, here)


def stands(link: ChainLink) -> bool:
    """Whether what was asked for is built."""
    return bool(link.works) and all(work.finished for work in link.works)


def _built(link: ChainLink) -> list[Knot]:
    """Say what was built, and what it changed."""
    if not link.works:
        if not link.candidate.chosen:
            return []
        return [
            Knot("deliver", _("Works have not begun"), state="open"),
            Knot("evaluate", _("Measured once the works are done"), state="open"),
        ]
    knots = []
    for work in link.works[:3]:
        note = _("Under way since %(day)s") % {"day": figures.day(work.started)}
        if work.finished:
            note = _("Finished on %(day)s") % {"day": figures.day(work.finished)}
        if work.under_warranty:
            until = {"day": figures.day(work.warranty_until)}
            note += "; " + _("under warranty until %(day)s") % until
        href = reverse("portal:work", args=[work.id])
        knots.append(Knot("deliver", work.title, href, note))
        if work.outcome:
            verdict = words.word("verdict", work.outcome.verdict)
            knots.append(Knot("evaluate", verdict, f"{href}#outcome", _effect(work.outcome)))
        else:
            knots.append(Knot("evaluate", _("Not measured yet"), state="open"))
    return knots


def _effect(outcome: OutcomeView) -> str:
    """By how much more or fewer events came than without the work, where that is known."""
    if (
        outcome.verdict == "too_early"
        or outcome.ratio is None
        or outcome.low is None
        or outcome.high is None
    ):
        return ""
    return _("%(change)s events (95 %%: %(low)s to %(high)s)") % {
        "change": figures.change(outcome.ratio - 1),
        "low": figures.change(outcome.low - 1),
        "high": figures.change(outcome.high - 1),
    }


def _main(chain: Chain) -> ChainLink | None:
    """Which measure does the thread follow: one that is built, else chosen, else the first?"""
    ranked = sorted(chain.links, key=lambda k: (not k.works, not k.candidate.chosen))
    return ranked[0] if ranked else None


def _marked(knots: list[Knot], here: str) -> tuple[Knot, ...]:
    return tuple(
        Knot(k.stage, k.words, "" if k.stage == here else k.href, k.note, "here")
        if k.stage == here
        else k
        for k in knots
    )
