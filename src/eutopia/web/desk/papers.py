"""Papers that a desk prints."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from eutopia.web.dialogue.selectors import ProposalView, RoundView
from eutopia.web.foundation.papers import pdf
from eutopia.web.portal import figures, words
from eutopia.web.territory.selectors import TerritoryView


def code_letters(
    view: RoundView, town: TerritoryView, codes: Sequence[str], *, address: str
) -> bytes:
    """Which PDF has a letter for each code, a page each, without a name?"""
    content = {
        "language": get_language() or "en",
        "title": view.title,
        "town": town.name,
        "codes": list(codes),
        "greeting": _("Your code for the vote"),
        "how": _("Open the address, give the code and choose. Each code votes once."),
        "address": f"{address}{get_language()}/ballots/{view.code}/vote/",
        "until": _("Voting until %(day)s.") % {"day": view.voting_until.strftime("%d.%m.%Y")},
        "secret": _(
            "Nobody learns how you vote: the roll notes that this code has voted, the ballot goes "
            "into the box without it."
        ),
        "help": _("No telephone at hand? Come with this letter to a desk of the municipality."),
    }
    return pdf("codes", content, as_of=timezone.now())


def paper_ballots(
    view: RoundView, town: TerritoryView, lines: Sequence[ProposalView], serials: Sequence[str]
) -> bytes:
    """Which PDF has a ballot to fill in for each serial?"""
    content = {
        "language": get_language() or "en",
        "title": view.title,
        "foot": f"{town.name}. {view.title}",
        "serials": list(serials),
        "serial": _("Serial number"),
        "numbers": view.vote_type not in ("approval", "choose-1"),
        "how": _how_to_fill(view, town.currency),
        "secret": _(
            "Write neither your name nor anything else on it. Fold it and put it into the box: "
            "nobody knows whose it is."
        ),
        "lines": [
            {
                "number": str(line.number),
                "title": line.title,
                "place": line.district,
                "cost": figures.money(line.cost, town.currency, short=True),
            }
            for line in lines
        ],
    }
    return pdf("ballots", content, as_of=timezone.now())


def _how_to_fill(view: RoundView, currency: str) -> str:
    """What does somebody do who has the paper in hand?"""
    said = [words.word("vote_type", view.vote_type)]
    if view.vote_type == "approval":
        said = [_("Mark the projects you want")]
    most = view.limits.get("max_length")
    if most and view.vote_type != "choose-1":
        told = ngettext("At most %(n)s project.", "At most %(n)s projects.", most)
        said.append(told % {"n": most})
    if together := view.limits.get("max_sum_cost"):
        told = _("Together they may cost %(sum)s at most.")
        said.append(told % {"sum": figures.money(together, currency)})
    points = view.limits.get("max_sum_points")
    if points and view.vote_type == "cumulative":
        told = ngettext(
            "You have %(n)s point to share out.", "You have %(n)s points to share out.", points
        )
        said.append(told % {"n": points})
    if view.vote_type == "ordinal":
        said.append(
            _(
                "Write 1 at the project you want most, 2 at the next, and so on; leave out those "
                "you do not want."
            )
        )
    return " ".join(one if one.endswith(".") else f"{one}." for one in said)
