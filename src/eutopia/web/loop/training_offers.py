"""Offers of businesses of an invented town: one that was taken in, one that waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite

from eutopia.core.records import Measure, Problem
from eutopia.web.foundation.access import RESIDENT, Actor
from eutopia.web.problems import bridge as problems_bridge
from eutopia.web.programmes.selectors import offers
from eutopia.web.programmes.services import (
    CandidateRefused,
    OfferDraft,
    OfferRefused,
    submit_offer,
    take_offer,
)
from eutopia.web.reports.services import norms_of
from eutopia.web.territory.models import Territory

_HALF = Decimal("0.5")
_CENT = Decimal("0.01")
_TAKEN = "It is in the catalogue, the place may be worked on, and the money is promised in writing."


@dataclass(frozen=True, slots=True)
class _Invented:
    """Who offers half of which measure, in which words."""

    measure: str
    quantity: int
    organisation: str
    title: tuple[tuple[str, str], ...]
    text: tuple[tuple[str, str], ...]


_INVENTED = (
    _Invented(
        "new_lighting_line",
        1,
        "ООО «Вечерний хлеб»",
        (("en", "Light the way to the bakery"), ("ru", "Осветить дорогу к пекарне")),
        (
            ("en", "The night shift and our first customers walk here in the dark."),
            ("ru", "Ночная смена и первые покупатели идут здесь в темноте."),
        ),
    ),
    _Invented(
        "replace_benches",
        6,
        "Аптека «Липовый цвет»",
        (("en", "New benches by the chemist's"), ("ru", "Новые скамейки у аптеки")),
        (
            ("en", "Old people wait here standing; the old benches are broken."),
            ("ru", "Пожилые люди ждут стоя: старые скамейки сломаны."),
        ),
    ),
)


def make_offers(actor: Actor, territory: Territory) -> None:
    """Invent the offers once: where the costliest problem is that the measure answers.

    The first is taken in, so that it competes; the other waits for whoever tries the desk. A town
    that is not invented gets none.
    """
    if not territory.synthetic or offers(territory.pk):
        return
    measures = {one.code: one for one in norms_of(territory).measures()}
    problems = [record for _, record in problems_bridge.problems(territory.pk)]
    made = [
        _offer(territory, one, measures, problems) for one in _INVENTED if one.measure in measures
    ]
    for offer in offers(territory.pk, state="new"):
        if made and offer.number == made[0]:
            try:
                take_offer(actor, offer.id, reason=_TAKEN)
            except CandidateRefused:
                return  # Heritage forbids it there: it waits.


def _offer(
    territory: Territory,
    one: _Invented,
    measures: Mapping[str, Measure],
    problems: list[Problem],
) -> int | None:
    measure = measures[one.measure]
    answered = [
        p
        for p in problems
        if p.problem_type in measure.answers and isfinite(p.lon) and isfinite(p.lat)
    ]
    if not answered:
        return None
    place = min(answered, key=lambda p: (-p.cost.total.amount, p.id))
    draft = OfferDraft(
        organisation=one.organisation,
        title=one.title,
        text=one.text,
        measure=one.measure,
        quantity=Decimal(one.quantity),
        money=(measure.cost.amount * one.quantity * _HALF).quantize(_CENT),
        lon=place.lon,
        lat=place.lat,
    )
    try:
        return submit_offer(RESIDENT, territory.pk, draft)
    except OfferRefused:
        return None
