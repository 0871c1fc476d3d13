"""The act of inspection: what both sides, or the residents alone, sign at the place."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from eutopia.web.foundation.papers import pdf
from eutopia.web.portal import words
from eutopia.web.territory.selectors import TerritoryView
from eutopia.web.utilities.services import ActRules


def inspection_act(
    town: TerritoryView, address: str, service: str, rules: ActRules, *, alone: bool = False
) -> bytes:
    """Which form is filled in and signed when a breach is looked at?

    Parameters
    ----------
    service
        Code of the service; empty leaves a line to write it on.
    alone
        True for the act that residents sign where the provider did not come in time.

    Notes
    -----
    Address and service are filled in; the rest are lines to write on, as the norm has them. Who
    signs is the pack's.
    """
    content = {
        "language": get_language() or "en",
        "title": _("Act of inspection of a communal service"),
        "kind": _("Drawn up by residents: the provider did not come in time")
        if alone
        else _("Drawn up by the provider together with the consumer"),
        "article": rules.article,
        "known": [
            [_("Address"), address],
            *([[_("Service"), words.word("service", service)]] if service else []),
        ],
        "write": [
            _("Report: number, day and time, by which channel"),
            _("Dwelling"),
            *([] if service else [_("Service")]),
            _("What is wrong"),
            _("Who takes part in the inspection"),
            _("Day and time of the inspection"),
            _("Breach began (day, time)"),
            _("Breach ended (day, time), or goes on"),
            _("Measured value, unit, time, instrument and its check"),
            _("What the norm permits"),
            _("Cause, if found"),
            _("Photographs: number"),
            _("Reduction by the norm, per cent"),
        ],
        "signers_title": _("Signatures"),
        "signers": _signers(rules, alone=alone),
        "note": _(
            "One copy stays with each who signs. Whoever disagrees writes so above the signature."
        ),
        "foot": town.name,
    }
    as_of = datetime.combine(town.as_of, time.min, ZoneInfo(town.time_zone))
    return pdf("act", content, as_of=as_of)


def _signers(rules: ActRules, *, alone: bool) -> list[str]:
    if not alone:
        return [_("For the provider: name, signature"), _("Consumer: signature")]
    residents = [
        _("Resident %(n)s: dwelling, signature") % {"n": n + 1} for n in range(rules.residents)
    ]
    chair = [_("Chair of the house council: signature")] if rules.chair else []
    return [*residents, *chair]
