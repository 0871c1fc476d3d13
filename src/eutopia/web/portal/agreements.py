"""An agreement as a paper to sign, in both languages one after the other."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import override

from eutopia.web.consultations import selectors
from eutopia.web.consultations.selectors import AgreementView
from eutopia.web.foundation.papers import pdf
from eutopia.web.portal import figures, words
from eutopia.web.territory import selectors as territories
from eutopia.web.territory.selectors import TerritoryView

LANGUAGES = ("ru", "en")


def agreement_paper(town: TerritoryView, number: int) -> bytes | None:
    """Which paper holds an agreement, with its pledges and lines to sign on? None where none is."""
    parts = []
    view = None
    for language in LANGUAGES:
        with override(language):
            view = selectors.agreement(town.id, number)
            here = territories.territory(town.code)
            if view is None or here is None:
                return None
            parts.append({"language": language, **_part(here, view)})
    if view is None:
        return None
    signed = datetime.combine(view.signed, time.min, ZoneInfo(town.time_zone))
    title = " / ".join(str(part["title"]) for part in parts)
    return pdf("agreement", {"title": title, "parts": parts}, as_of=signed)


def _part(town: TerritoryView, view: AgreementView) -> dict[str, object]:
    dates = [[_("Signed"), figures.day(view.signed)]]
    if view.until:
        dates.append([_("Runs until"), figures.day(view.until)])
    if view.candidate_title:
        dates.append([_("Project"), view.candidate_title])
    synthetic = _("Synthetic training town: nothing here is real.") if town.synthetic else ""
    return {
        "title": view.title,
        "label": _("Agreement No. %(n)s") % {"n": view.number},
        "facts": dates,
        "parties-title": _("Parties"),
        "parties": list(view.parties),
        "terms-title": _("What was agreed"),
        "terms": list(view.terms),
        "pledges-title": _("What was pledged under it"),
        "pledges-head": [_("What"), _("By whom"), _("Worth"), _("By when")],
        "pledges": [
            [
                f"{words.word('pledge_kind', one.kind)}: {one.what}",
                one.who,
                figures.money(one.value, town.currency),
                figures.day(one.due, short=True),
            ]
            for one in view.pledges
        ],
        "foot": " · ".join(part for part in (town.name, synthetic) if part),
    }
