"""Letters to those who asked for news of their house, each in its reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from eutopia.web.portal import figures
from eutopia.web.territory.selectors import TerritoryView, territory
from eutopia.web.utilities import selectors
from eutopia.web.utilities.services import News, Reader


def letters_go() -> bool:
    """Whether this installation sends letters at all."""
    return bool(settings.EUTOPIA_MAIL)


def confirmation(reader: Reader) -> EmailMessage:
    """Which letter asks whether the news is really wanted?"""
    with translation.override(reader.language):
        town = _town(reader)
        house = selectors.house_address(town.id, reader.building)
        content = {"house": house, "page": _subscription(reader), "town": town.name}
        subject = _("Confirm: news of %(house)s") % {"house": house}
        return _letter(reader, subject, "letters/confirm.txt", content)


def house_news(reader: Reader, news: Sequence[News]) -> EmailMessage | None:
    """Which letter tells this news? None where nothing of it stands any more."""
    with translation.override(reader.language):
        town = _town(reader)
        codes = [one.code for one in news if one.code]
        shown = {one.code: one for one in selectors.outages_by_code(town.id, codes)}
        outages = [(one.kind, shown[one.code]) for one in news if one.code in shown]
        sums = selectors.owed_by_month(town.id, reader.building)
        owed = [
            (one.month, figures.money(sums[one.month], town.currency, exact=True))
            for one in news
            if one.month is not None and sums.get(one.month, Decimal(0))
        ]
        if not outages and not owed:
            return None
        house = selectors.house_address(town.id, reader.building)
        content = {
            "house": house,
            "outages": outages,
            "owed": owed,
            "zone": town.time_zone,
            "page": _absolute(reverse("portal:house", args=[reader.building])),
            "owed_page": _absolute(reverse("portal:owed")),
            "stop": _subscription(reader),
            "until": reader.until,
            "town": town.name,
        }
        return _letter(reader, _subject(outages, house), "letters/news.txt", content)


def _subject(outages: Sequence[tuple[str, selectors.OutageView]], house: str) -> str:
    kinds = {kind for kind, _outage in outages}
    if "begun" in kinds:
        return _("Outage: %(house)s") % {"house": house}
    if "changed" in kinds:
        return _("Outage, time changed: %(house)s") % {"house": house}
    if "ended" in kinds:
        return _("Service is back: %(house)s") % {"house": house}
    if "planned" in kinds:
        return _("Planned works: %(house)s") % {"house": house}
    return _("Owed back: %(house)s") % {"house": house}


def _letter(
    reader: Reader, subject: str, template: str, content: Mapping[str, object]
) -> EmailMessage:
    stop = _absolute(reverse("portal:news_stop", args=[reader.secret]))
    return EmailMessage(
        subject=" ".join(subject.split()),
        body=render_to_string(template, content),
        to=[reader.address],
        headers={
            "List-Unsubscribe": f"<{stop}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
        },
    )


def _town(reader: Reader) -> TerritoryView:
    town = territory(reader.town)
    if town is None:
        raise LookupError(f"there is no municipality {reader.town} here any more")
    return town


def _subscription(reader: Reader) -> str:
    return _absolute(reverse("portal:news", args=[reader.secret]))


def _absolute(path: str) -> str:
    return f"{settings.EUTOPIA_URL}{path}"
