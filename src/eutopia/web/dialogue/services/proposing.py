"""Proposals: taken from anybody, checked by staff in public, put to the vote."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

import shapely
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from eutopia.core.decide.proposals import similar_proposals
from eutopia.core.kit.exact import parse_decimal
from eutopia.core.plan.heritage import pass_gate
from eutopia.web.dialogue.models import Proposal, Round
from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.foundation.contacts import seal_contact
from eutopia.web.reports.services import norms_of, public_words
from eutopia.web.territory import bridge as territory_bridge
from eutopia.web.territory.models import District
from eutopia.web.territory.selectors import wording
from eutopia.web.territory.services import forms

WORKS_OF_CATEGORY = {
    "play": ("surface", "small_forms", "earthworks"),
    "sport": ("surface", "small_forms", "earthworks"),
    "lighting": ("lighting", "earthworks"),
    "greenery": ("planting", "earthworks"),
    "mobility": ("surface", "small_forms"),
    "animals": ("surface", "small_forms"),
    "furniture": ("small_forms",),
    "safety": ("surface", "signage"),
    "access": ("surface",),
    "culture": ("small_forms", "surface"),
    "roads": ("surface",),
    "embankment": ("earthworks", "surface", "small_forms"),
    "other": (),
}
"""Groups of works that the heritage gate is asked about; none: every rule applies."""
CATEGORIES = tuple(WORKS_OF_CATEGORY)
Forms = Sequence[tuple[str, str]]
"""Pairs of language and wording."""

_TITLE, _TEXT = 120, 3_000
_KEPT = timedelta(days=365)


class ProposalRefused(ValueError):  # noqa: N818 - a verdict on what was sent.
    """Nothing was changed. `fields` pairs each field with a code of what is wrong.

    Codes: missing, too_long, unknown, outside, too_many, not_now, no_number, forbidden, itself.
    """

    def __init__(self, fields: tuple[tuple[str, str], ...]) -> None:
        super().__init__(", ".join(f"{name}: {code}" for name, code in fields))
        self.fields = fields


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalDraft:
    """What somebody proposes, in one language or several."""

    title: tuple[tuple[str, str], ...]
    text: tuple[tuple[str, str], ...]
    category: str
    lon: float | None
    lat: float | None


@dataclass(frozen=True, slots=True)
class Alike:
    """An earlier proposal that may be the same."""

    number: int
    title: str
    metres: int


def similar_to(round_id: int, draft: ProposalDraft) -> tuple[Alike, ...]:
    """Which proposals of the round are about the same thing at the same place?"""
    if draft.lon is None or draft.lat is None:
        return ()
    rows = list(
        Proposal.objects.filter(round_id=round_id, state__in=("new", "feasible", "refused"))
    )
    found = similar_proposals(
        [_words(row.title, row.text) for row in rows],
        [(row.lon, row.lat) for row in rows],
        new_words=_words(draft.title, draft.text),
        new_place=(draft.lon, draft.lat),
    )
    return tuple(
        Alike(rows[one.position].number, wording(rows[one.position].title), round(one.metres))
        for one in found
    )


def _words(title: Sequence[Sequence[str]], text: Sequence[Sequence[str]]) -> str:
    # The title says most: it counts twice.
    said = [words for _, words in title]
    return " ".join([*said, *said, *(words for _, words in text)])


@transaction.atomic
def submit_proposal(
    actor: Actor,
    round_id: int,
    draft: ProposalDraft,
    *,
    contact: str = "",
    allow: Callable[[], bool] = lambda: True,
) -> Proposal:
    """Which proposal is this now? No name is asked.

    Parameters
    ----------
    contact
        An address for an answer, if somebody wants one: sealed apart, erased after a year.
    allow
        Asked once: False when too many come from where this one does.

    Raises
    ------
    ProposalRefused
        Naming every field at fault.
    AccessDenied
    """
    row = Round.objects.select_for_update().select_related("territory").get(pk=round_id)
    require(actor, "proposal.submit", row.territory)
    faults = tuple(_faults(row, draft))
    if faults:
        raise ProposalRefused(faults)
    if not allow():
        raise ProposalRefused((("", "too_many"),))
    lon, lat = float(draft.lon or 0.0), float(draft.lat or 0.0)
    erase_on = timezone.localdate() + _KEPT
    last = row.proposals.aggregate(last=Max("number"))["last"] or 0
    made = Proposal.objects.create(
        round=row,
        number=last + 1,
        title=[[code, public_words(words.strip())] for code, words in draft.title],
        text=[[code, public_words(words.strip())] for code, words in draft.text],
        category=draft.category,
        lon=lon,
        lat=lat,
        district=_district(row, lon, lat),
        made=timezone.localdate(),
        contact=seal_contact({"email": contact}, erase_on=erase_on) if contact else None,
    )
    log_act(
        actor,
        "proposal.submit",
        made,
        after={"number": made.number, "category": made.category},
        municipality=row.territory.code,
    )
    return made


def _faults(row: Round, draft: ProposalDraft) -> list[tuple[str, str]]:
    faults = []
    if not row.proposals_from <= timezone.now() < row.proposals_until:
        faults.append(("", "not_now"))
    for name, said, most in (("title", draft.title, _TITLE), ("text", draft.text, _TEXT)):
        if not any(words.strip() for _, words in said):
            faults.append((name, "missing"))
        elif any(len(words) > most for _, words in said):
            faults.append((name, "too_long"))
    if draft.category not in CATEGORIES:
        faults.append(("category", "unknown" if draft.category else "missing"))
    if draft.lon is None or draft.lat is None:
        faults.append(("place", "missing"))
    elif not _within(row, draft.lon, draft.lat):
        faults.append(("place", "outside"))
    return faults


def _within(row: Round, lon: float, lat: float) -> bool:
    town = row.territory
    sides = (town.west, town.south, town.east, town.north)
    west, south, east, north = (-180.0, -90.0, 180.0, 90.0)
    if all(side is not None for side in sides):
        west, south, east, north = (float(side or 0) for side in sides)
    return west <= lon <= east and south <= lat <= north


def _district(row: Round, lon: float, lat: float) -> str:
    point = shapely.Point(lon, lat)
    found = District.objects.filter(
        territory=row.territory, west__lte=lon, east__gte=lon, south__lte=lat, north__gte=lat
    ).order_by("code")
    for district in found:
        if district.geometry is not None and district.geometry.intersects(point):
            return district.code
    return ""


# -- staff ------------------------------------------------------------------------------------


def _for_staff(actor: Actor, action: str, proposal_id: int) -> Proposal:
    row = (
        Proposal.objects.select_for_update(of=("self",))
        .select_related("round__territory")
        .get(pk=proposal_id)
    )
    require(actor, action, row.round.territory)
    if timezone.now() >= row.round.voting_from:
        # What is on the ballot does not change while people vote.
        raise ProposalRefused((("", "not_now"),))
    return row


def _said(reason: Forms) -> str:
    return reason[0][1].strip() if reason else ""


def _stored(reason: Forms) -> list[list[str]]:
    return [[code, words.strip()] for code, words in reason]


def _log(actor: Actor, action: str, row: Proposal, before: str, reason: str) -> None:
    log_act(
        actor,
        action,
        row,
        before={"state": before},
        after={"state": row.state, "number": row.number, "cost": row.cost},
        reason=reason,
        municipality=row.round.territory.code,
    )


@transaction.atomic
def hide_proposal(actor: Actor, proposal_id: int, *, reason: Forms) -> None:
    """Take words off the site that may not stand there; the reason stays in their place.

    Raises
    ------
    ProposalRefused
    AccessDenied
    """
    row = _for_staff(actor, "proposal.moderate", proposal_id)
    if not _said(reason):
        raise ProposalRefused((("reason", "missing"),))
    before, row.state, row.reason = row.state, "hidden", _stored(reason)
    row.save(update_fields=["state", "reason"])
    _log(actor, "proposal.moderate", row, before, _said(reason))


@transaction.atomic
def merge_proposal(actor: Actor, proposal_id: int, *, into: int) -> None:
    """Let a proposal be one with another of its round, by the other's number; both keep a page.

    Raises
    ------
    ProposalRefused
    AccessDenied
    """
    row = _for_staff(actor, "proposal.moderate", proposal_id)
    kept = Proposal.objects.select_for_update().filter(round=row.round, number=into).first()
    if kept is None or kept.state in ("merged", "hidden"):
        raise ProposalRefused((("into", "unknown"),))
    if kept.pk == row.pk or row.state == "merged":
        raise ProposalRefused((("into", "itself"),))
    before, row.state, row.merged_into = row.state, "merged", kept
    row.save(update_fields=["state", "merged_into"])
    row.merged.update(merged_into=kept)
    kept.backing += row.backing
    kept.save(update_fields=["backing"])
    _log(actor, "proposal.moderate", row, before, f"merged into {into}")


@transaction.atomic
def judge_proposal(
    actor: Actor, proposal_id: int, *, feasible: bool, reason: Forms, cost: str = ""
) -> Proposal:
    """Say in public whether a proposal can be built, and for how much.

    Parameters
    ----------
    reason
        Language and wording, in one language or several.
    cost
        Decimal digits, in the town's currency; needed where it is feasible.

    Raises
    ------
    ProposalRefused
        A field is missing; or the heritage gate forbids the works there (forbidden), which nobody
        can overrule here.
    AccessDenied
    """
    row = _for_staff(actor, "proposal.judge", proposal_id)
    if row.state in ("hidden", "merged"):
        raise ProposalRefused((("", "not_now"),))
    faults = [] if _said(reason) else [("reason", "missing")]
    if feasible:
        try:
            if parse_decimal(cost.strip()) <= Fraction(0):
                faults.append(("cost", "no_number"))
        except ValueError:
            faults.append(("cost", "no_number"))
    row.gate = _gate(row)
    if feasible and row.gate["outcome"] == "forbid":
        faults.append(("", "forbidden"))
    if faults:
        raise ProposalRefused(tuple(faults))
    before, row.state = row.state, "feasible" if feasible else "refused"
    row.reason, row.cost = _stored(reason), cost.strip() if feasible else ""
    row.checked = timezone.localdate()
    row.save(update_fields=["gate", "state", "reason", "cost", "checked"])
    _log(actor, "proposal.judge", row, before, _said(reason))
    return row


def _gate(row: Proposal) -> dict[str, object]:
    """What does the heritage gate say of works of this kind at this place?"""
    territory = row.round.territory
    norms = norms_of(territory)
    register = territory_bridge.territory(territory.pk, parts=frozenset({"heritage", "zones"}))
    decision = pass_gate(
        shapely.Point(row.lon, row.lat),
        work_groups=WORKS_OF_CATEGORY[row.category],
        heritage=register.heritage,
        zones=register.zones,
        rules=norms.heritage_rules(),
        as_of=territory.as_of,
        edition=norms.edition,
        reach_m=15.0,
    )
    return {
        "outcome": decision.outcome,
        "rules": list(decision.rule_ids),
        "conditions": [forms(text) for text in decision.conditions],
        "unknown": list(decision.unknown),
        "edition": decision.edition,
    }
