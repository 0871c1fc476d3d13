"""The places of the loop as the start page shows them: a figure, words, where they lead."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from eutopia.web.loop.selectors import StartView
from eutopia.web.portal import figures, words


@dataclass(frozen=True, slots=True)
class Place:
    """One place of the loop."""

    stage: str
    name: str
    icon: str
    figure: str
    words: str
    href: str


_ICONS = {
    "listen": "ear",
    "diagnose": "stethoscope",
    "plan": "compass-tool",
    "decide": "scales",
    "deliver": "hard-hat",
    "maintain": "wrench",
    "evaluate": "chart-line-up",
}
_PAGES = {
    "listen": "portal:reports",
    "diagnose": "portal:problems",
    "plan": "portal:programme",
    "decide": "portal:votes",
    "deliver": "portal:works",
    "maintain": "portal:upkeep",
    "evaluate": "portal:works",
}


def _said(stage: str, first: int, second: Decimal, currency: str) -> str:
    """What do the two figures of a stage say? `first` chooses the plural form."""
    amount = figures.money(second, currency, short=True)
    number = figures.count(second)
    forms = {
        "listen": ngettext(
            "report heard; %(n)s still open", "reports heard; %(n)s still open", first
        ),
        "diagnose": ngettext(
            "problem found; %(money)s is the cost of doing nothing",
            "problems found; %(money)s is the cost of doing nothing",
            first,
        ),
        "plan": ngettext(
            "measure weighed; %(n)s in the programme",
            "measures weighed; %(n)s in the programme",
            first,
        ),
        "decide": ngettext(
            "voter took part; projects chosen: %(n)s",
            "voters took part; projects chosen: %(n)s",
            first,
        ),
        "deliver": ngettext(
            "work done; %(n)s under warranty", "works done; %(n)s under warranty", first
        ),
        "maintain": ngettext(
            "asset kept; %(n)s past their service life",
            "assets kept; %(n)s past their service life",
            first,
        ),
        "evaluate": ngettext(
            "work measured; %(n)s made things better",
            "works measured; %(n)s made things better",
            first,
        ),
    }
    return forms[stage] % {"n": number, "money": amount}


def places(view: StartView) -> tuple[Place, ...]:
    """Which eight places does the loop have, the account being the last?"""
    found = []
    for stage in view.stages:
        (_name, first), (_other, second) = stage.figures[:2]
        found.append(
            Place(
                stage=stage.stage,
                name=words.word("stage", stage.stage),
                icon=_ICONS[stage.stage],
                figure=figures.count(first),
                words=_said(stage.stage, int(first), second, view.territory.currency),
                href=reverse(_PAGES[stage.stage])
                + ("#outcomes" if stage.stage == "evaluate" else ""),
            )
        )
    kept = view.promises.kept
    found.append(
        Place(
            stage="account",
            name=_("Account"),
            icon="megaphone",
            figure=figures.count(kept),
            words=ngettext(
                "promise kept of %(n)s made public",
                "promises kept of %(n)s made public",
                kept,
            )
            % {"n": figures.count(view.promises.made)},
            href=reverse("portal:account"),
        )
    )
    return tuple(found)
