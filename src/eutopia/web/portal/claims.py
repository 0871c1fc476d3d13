"""The claim that a resident may print, sign and hand over: what is owed back, line by line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from eutopia.web.foundation.papers import pdf
from eutopia.web.portal import figures, owed_words, words
from eutopia.web.territory.selectors import TerritoryView
from eutopia.web.utilities.selectors import ChargeView, LineView


def claim(
    town: TerritoryView, charges: Sequence[ChargeView], explained: Mapping[str, str]
) -> bytes:
    """Which letter claims what is owed back for these charges of one dwelling?

    Parameters
    ----------
    explained
        What may puzzle in a remedy, by its path.

    Notes
    -----
    The name is left to be written by hand: the site knows none. In the reader's language; what no
    one has checked (grade C) is named as such, so that nobody claims more than is known.
    """
    owed = [charge for charge in charges if charge.owed > 0]
    first = owed[0]
    whole = sum((one.owed for one in owed), Decimal(0))
    providers = sorted({name for one in owed for name in _addressees(one)})
    content = {
        "language": get_language() or "en",
        "title": _("Claim for recalculation"),
        "to-label": pgettext("letter", "To"),
        "to": providers or [_("The provider of the service")],
        "from-label": _("From (name, and how to be reached)"),
        "address-label": _("Address of the dwelling"),
        "address": owed_words.where(first),
        "intro": _(
            "Services to this dwelling were interrupted longer, or were worse, than is permitted."
            " By the acts named below I claim that the charges be reduced as follows."
        ),
        "head": [
            _("What happened"), _("Permitted"), _("Beyond it"), _("Sum"), _("By which article"),
        ],
        "charges": [_charge(one) for one in owed],
        "notes": _notes(owed, explained),
        "total": _("In all: %(sum)s")
        % {"sum": figures.money(whole, first.currency, exact=True)},
        "request": _(
            "Please take the sum off the next bill and answer this claim in writing. How each sum"
            " was computed can be checked on the public page of the dwelling."
        ),
        "unverified": _unverified(owed),
        "date-label": _("Date"),
        "signature-label": _("Signature"),
        "foot": town.name,
    }  # fmt: skip
    as_of = datetime.combine(town.as_of, time.min, ZoneInfo(town.time_zone))
    return pdf("claim", content, as_of=as_of)


def _addressees(charge: ChargeView) -> tuple[str, ...]:
    """Who answers to residents for the service; where nobody is known, whose outages they were."""
    told = (i.organisation_name for line in charge.lines for i in line.interruptions)
    return charge.answerable or tuple(told)


def _charge(charge: ChargeView) -> dict[str, object]:
    service = words.word("service", charge.service)
    return {
        "title": f"{service}, {figures.month(charge.period)}",
        "lines": [_line(line, charge.currency) for line in charge.lines],
        "total": _("%(sum)s of %(fee)s charged")
        % {
            "sum": figures.money(charge.owed, charge.currency, exact=True),
            "fee": figures.money(charge.fee, charge.currency, exact=True),
        },
    }


def _line(line: LineView, currency: str) -> list[str]:
    return [
        figures.spell(line.supplied),
        owed_words.permitted(line),
        words.measured(line.excess, line.unit),
        figures.money(line.amount, currency, exact=True),
        line.article,
    ]


def _notes(charges: Sequence[ChargeView], explained: Mapping[str, str]) -> list[str]:
    found = {
        f"{line.article}: {explained[line.norm_path]}"
        for charge in charges
        for line in charge.lines
        if line.norm_path in explained
    }
    return sorted(found)


def _unverified(charges: Sequence[ChargeView]) -> str:
    if all(line.verification != "C" for charge in charges for line in charge.lines):
        return ""
    return _("Some of the values used have not been checked against the text of the act yet.")
