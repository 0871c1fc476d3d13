"""What a business proposes and helps to pay for: taken from anybody, decided in public."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.foundation.contacts import seal_contact
from eutopia.web.programmes.models import Offer
from eutopia.web.programmes.services.candidates import Brought, candidate_from_proposal
from eutopia.web.programmes.services.workshop import CandidateRefused
from eutopia.web.reports.services import public_words
from eutopia.web.territory.models import Territory
from eutopia.web.works.models import Measure

_NAME, _TITLE, _TEXT = 160, 120, 3_000
_MOST = Decimal(10) ** 12
_KEPT = timedelta(days=365)


class OfferRefused(ValueError):  # noqa: N818 - a verdict on what was sent.
    """Nothing was changed. `fields` pairs each field with a code of what is wrong.

    Codes: missing, too_long, unknown, outside, invalid, too_many.
    """

    def __init__(self, fields: tuple[tuple[str, str], ...]) -> None:
        super().__init__(", ".join(f"{name}: {code}" for name, code in fields))
        self.fields = fields


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferDraft:
    """What a business proposes and offers; title and text are pairs of language and wording.

    `quantity` is in the measure's unit; `money` is what it pays, in the territory's currency.
    """

    organisation: str
    title: tuple[tuple[str, str], ...]
    text: tuple[tuple[str, str], ...]
    measure: str
    quantity: Decimal | None
    money: Decimal | None
    lon: float | None
    lat: float | None


@transaction.atomic
def submit_offer(
    actor: Actor,
    territory_id: int,
    draft: OfferDraft,
    *,
    contact: str = "",
    allow: Callable[[], bool] = lambda: True,
) -> int:
    """Under which number does the offer stand now? Everybody reads it, the contact excepted.

    Parameters
    ----------
    contact
        An address for an answer, if one is wanted: sealed apart, erased after a year.
    allow
        Asked once: False when too many come from where this one does.

    Raises
    ------
    OfferRefused
        Naming every field at fault.
    AccessDenied
    """
    town = Territory.objects.select_for_update().get(pk=territory_id)
    require(actor, "offer.submit", town)
    faults = tuple(_faults(town, draft))
    if faults:
        raise OfferRefused(faults)
    if not allow():
        raise OfferRefused((("", "too_many"),))
    last = Offer.objects.filter(territory=town).aggregate(n=Max("number"))["n"] or 0
    erase_on = timezone.localdate() + _KEPT
    made = Offer.objects.create(
        territory=town,
        number=last + 1,
        organisation=draft.organisation.strip().replace("\x00", ""),
        title=[[code, public_words(words.strip())] for code, words in draft.title],
        text=[[code, public_words(words.strip())] for code, words in draft.text],
        measure=draft.measure,
        quantity=draft.quantity or 0,
        money=draft.money or 0,
        lon=draft.lon or 0.0,
        lat=draft.lat or 0.0,
        made=timezone.localdate(),
        contact=seal_contact({"email": contact}, erase_on=erase_on) if contact else None,
    )
    told = {"number": made.number, "measure": made.measure, "money": str(made.money)}
    log_act(actor, "offer.submit", made, after=told, municipality=town.code)
    return made.number


def _faults(town: Territory, draft: OfferDraft) -> list[tuple[str, str]]:
    faults = []
    name = (("", draft.organisation),)
    for field, said, most in (
        ("organisation", name, _NAME), ("title", draft.title, _TITLE), ("text", draft.text, _TEXT),
    ):  # fmt: skip
        if not any(words.strip() for _, words in said):
            faults.append((field, "missing"))
        elif any(len(words) > most for _, words in said):
            faults.append((field, "too_long"))
    if not Measure.objects.filter(territory=town, code=draft.measure).exists():
        faults.append(("measure", "unknown"))
    for field, amount in (("quantity", draft.quantity), ("money", draft.money)):
        if amount is None or not 0 < amount <= _MOST:
            faults.append((field, "invalid"))
    if draft.lon is None or draft.lat is None:
        faults.append(("place", "missing"))
    elif not _within(town, draft.lon, draft.lat):
        faults.append(("place", "outside"))
    return faults


def _within(town: Territory, lon: float, lat: float) -> bool:
    sides = (town.west, town.south, town.east, town.north)
    west, south, east, north = (float(side) if side is not None else 0.0 for side in sides)
    return None in sides or (west <= lon <= east and south <= lat <= north)


@transaction.atomic
def take_offer(actor: Actor, offer_id: int, *, reason: str) -> Brought:
    """Which candidate does an offer become, with what the business pays of it?

    Notes
    -----
    It competes from the next choice of a programme on; the offered money pays for nothing else.
    One taken in already, or declined, is not taken again.

    Raises
    ------
    CandidateRefused
        As in `add_candidate`, or it was decided on before: nothing changed.
    AccessDenied, Offer.DoesNotExist
    """
    row = _undecided(actor, offer_id, reason)
    done = candidate_from_proposal(
        actor,
        row.territory,
        proposal=f"offer-{row.number}",
        measure=row.measure,
        title=[(code, words) for code, words in row.title],
        lon=row.lon,
        lat=row.lat,
        quantity=row.quantity,
        side="business",
        co_funding=row.money,
        reason=reason,
    )
    row.state, row.reason, row.candidate_id = "taken", reason.strip(), done.candidate_id
    row.save(update_fields=["state", "reason", "candidate_id"])
    return done


@transaction.atomic
def decline_offer(actor: Actor, offer_id: int, *, reason: str) -> None:
    """Decline an offer; everybody reads why.

    Raises
    ------
    CandidateRefused
        No reason, or it was decided on before.
    AccessDenied, Offer.DoesNotExist
    """
    row = _undecided(actor, offer_id, reason)
    row.state, row.reason = "declined", reason.strip()
    row.save(update_fields=["state", "reason"])
    log_act(
        actor,
        "candidate.propose",
        row,
        after={"offer": row.number, "state": row.state},
        reason=row.reason,
        municipality=row.territory.code,
    )


def _undecided(actor: Actor, offer_id: int, reason: str) -> Offer:
    rows = Offer.objects.select_for_update(of=("self",)).select_related("territory")
    row = rows.get(pk=offer_id)
    require(actor, "candidate.propose", row)
    if not reason.strip():
        raise CandidateRefused("reason", "missing", "say why; the reason is public")
    if row.state != "new":
        raise CandidateRefused("", "nothing", f"{row} was {row.state} before")
    return row
