"""What the forms of the planner's pages say, read; what is wrong with it, in words."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import QueryDict
from django.utils.translation import get_language
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from eutopia.web.programmes.selectors import ProgrammeView
from eutopia.web.programmes.services import CandidateRefused, Wish

LIMITS = (2, 20, 60)
"""Seconds that a search may take; the first lets a meeting see what comes of it in five."""
HUNDRED = Decimal(100)
PLACES = (1, 2, 3)
"""How many criteria can be put in order."""

WISH_WORDS: Mapping[str, Any] = {
    "objective": _("Choose one of the aims in the list."),
    "priorities": _("Say which criterion comes first; each can be named once, giving 0 to 99 %."),
    "mandates": _("Mandates bind or weigh: choose one of the two."),
    "weights": _("A weight is a number from 0 to 10, and one side at least counts."),
    "funds": _("Money of a fund is a number of 0 or more."),
    "upkeep": _("A limit of upkeep is a number of 0 or more."),
    "floors": _("Least shares are from 0 to 100 %, together not above 100 %."),
    "pins": _("One of the pinned measures is no longer there: reload the page."),
    "": _("This cannot be taken as it is: nothing was changed."),
}
CANDIDATE_WORDS: Mapping[tuple[str, str], Any] = {
    ("measure", "unknown"): _("Choose a measure of the list."),
    ("quantity", "invalid"): _("Quantity, cost and benefit are numbers above zero."),
    ("cost", "invalid"): _("Quantity and cost are numbers above zero."),
    ("place", "heritage_forbidden"): _(
        "Protection of heritage forbids these works at this place: nothing was changed."
    ),
    ("place", "outside"): _("This place is outside the town: choose one on the map."),
    ("place", "missing"): _("Say where it is: mark the place on the map or give coordinates."),
    ("title", "missing"): _("Say in a few words what it is."),
    ("reason", "missing"): _("Say why: the reason is public."),
    ("", "nothing"): _("Nothing would change."),
    ("", "no_rules"): _("Nobody has said yet how much money there is."),
}


class MalformedError(ValueError):
    """A field of a form holds no number: says which."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def refusal_words(refused: CandidateRefused | MalformedError) -> tuple[str, str]:
    """Which field is at fault, in which words?"""
    code = refused.code if isinstance(refused, CandidateRefused) else "invalid"
    words = CANDIDATE_WORDS.get((refused.field, code))
    return refused.field, str(words or _now("This cannot be taken as it is."))


def number_of(text: str, field: str) -> Decimal:
    """Which number does a field hold? A comma is taken for a point, spaces are left out.

    Raises
    ------
    MalformedError
        None.

    Examples
    --------
    >>> number_of("1 200,50", "cost")
    Decimal('1200.50')
    """
    plain = "".join(text.split()).replace(",", ".")
    try:
        value = Decimal(plain)
    except InvalidOperation:
        raise MalformedError(field) from None
    if not value.is_finite() or abs(value) > Decimal(10) ** 14:
        raise MalformedError(field)
    return value


def optional_number(post: QueryDict, name: str, field: str) -> Decimal | None:
    """Which number does a field hold, None where it is empty?"""
    text = post.get(name, "").strip()
    return number_of(text, field) if text else None


def read_wish(post: QueryDict, view: ProgrammeView) -> Wish:
    """What of the rules is to be otherwise? Only fields that the form has are taken.

    Fields: objective, priority-N with give-N (per cent), mandates, title, weight-SIDE,
    fund-YEAR-CODE, upkeep-YEAR, floor-CODE (per cent), pin-ID. A fund's money that is left as it
    was shown stays exact.

    Raises
    ------
    MalformedError
        A field holds no number.
    """
    title = post.get("title")
    known = {(bar.fund, bar.year) for bar in view.funds}
    weights: dict[str, Decimal] = {}
    funds: dict[tuple[str, int], Decimal] = {}
    upkeep: dict[int, Decimal] = {}
    floors: dict[str, Decimal] = {}
    pins: dict[int, str] = {}
    for name, text in post.items():
        kind, _dash, rest = name.partition("-")
        if not isinstance(text, str) or not rest:
            continue
        if kind == "weight":
            weights[rest] = number_of(text, "weights")
        elif kind == "fund":
            year, _dash, code = rest.partition("-")
            if year.isdigit() and (code, int(year)) in known:
                funds[code, int(year)] = number_of(text, "funds")
        elif kind == "upkeep" and rest.isdigit():
            upkeep[int(rest)] = number_of(text, "upkeep")
        elif kind == "floor":
            floors[rest] = number_of(text or "0", "floors") / HUNDRED
        elif kind == "pin" and rest.isdigit() and len(rest) < 12:
            pins[int(rest)] = text
    return Wish(
        objective=post.get("objective") or None,
        priorities=_priorities(post),
        mandates=post.get("mandates") or None,
        title=None if title is None else ((get_language() or "en", title.strip()),),
        weights=weights,
        funds=funds,
        upkeep=upkeep,
        floors=floors,
        pins=pins,
    )


def _priorities(post: QueryDict) -> tuple[tuple[str, Decimal], ...] | None:
    if "priority-1" not in post:
        return None
    return tuple(
        (criterion, number_of(post.get(f"give-{place}") or "0", "priorities") / HUNDRED)
        for place in PLACES
        if (criterion := post.get(f"priority-{place}", ""))
    )


def limit_given(post: QueryDict) -> float:
    """How many seconds may the search take? One of `LIMITS`."""
    given = post.get("seconds", "")
    return float(given) if given in {str(one) for one in LIMITS} else float(LIMITS[0])
