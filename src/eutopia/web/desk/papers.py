"""Papers that a desk prints."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from eutopia.web.dialogue.selectors import RoundView
from eutopia.web.foundation.papers import pdf
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
