"""Opening a round: what is put to people, when, and by which rule it will be counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from fractions import Fraction
from itertools import pairwise

from django.db import transaction
from django.utils import timezone

from eutopia.core.kit.exact import parse_decimal
from eutopia.web.dialogue.models import Attendance, Round
from eutopia.web.dialogue.services.choices import KINDS, LIMITS
from eutopia.web.dialogue.services.counting import RULES
from eutopia.web.dialogue.services.rolls import ROLLS
from eutopia.web.dialogue.services.sealing import box_key
from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.territory.models import Territory
from eutopia.web.territory.services import territory_row


class RoundRefused(ValueError):  # noqa: N818 - a verdict on what was asked.
    """The round was not opened or changed. `fields` pairs each field with a code.

    Codes: missing, no_number, unknown, order, taken, too_late.
    """

    def __init__(self, fields: tuple[tuple[str, str], ...]) -> None:
        super().__init__(", ".join(f"{name}: {code}" for name, code in fields))
        self.fields = fields


@dataclass(frozen=True, slots=True)
class Phases:
    """When what begins and ends; moments have a zone. In between proposals are checked."""

    proposals_from: datetime
    proposals_until: datetime
    voting_from: datetime
    voting_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundDraft:
    """What a round shall be; `budget` is decimal digits."""

    code: str
    title: tuple[tuple[str, str], ...]
    budget: str
    phases: Phases
    lead: tuple[tuple[str, str], ...] = ()
    vote_type: str = "approval"
    limits: Mapping[str, int] = field(default_factory=dict)
    rule: str = "equal_shares"
    roll: str = "codes"
    smallest_group: int = 10


@transaction.atomic
def open_round(actor: Actor, territory: Territory | int, draft: RoundDraft) -> Round:
    """Which round is this now? Announced with its phases and its rule before anybody votes.

    Raises
    ------
    RoundRefused
        Naming every field at fault.
    AccessDenied
    """
    territory = territory_row(territory)
    require(actor, "ballot.open", territory)
    faults = tuple(_faults(territory, draft))
    if faults:
        raise RoundRefused(faults)
    row = Round.objects.create(
        territory=territory,
        code=draft.code,
        title=[list(pair) for pair in draft.title],
        lead=[list(pair) for pair in draft.lead],
        budget=draft.budget,
        vote_type=draft.vote_type,
        limits=dict(draft.limits),
        rule=draft.rule,
        roll=draft.roll,
        smallest_group=draft.smallest_group,
        **asdict(draft.phases),
        box_key=box_key(f"{territory.code}/{draft.code}"),
    )
    Attendance.objects.create(round=row)
    log_act(
        actor,
        "ballot.open",
        row,
        after={
            "code": draft.code,
            "budget": draft.budget,
            "kind": draft.vote_type,
            "limits": dict(draft.limits),
            "rule": draft.rule,
            "roll": draft.roll,
            **asdict(draft.phases),
        },
        municipality=territory.code,
    )
    return row


def _faults(territory: Territory, draft: RoundDraft) -> list[tuple[str, str]]:
    faults = []
    if not draft.code or not draft.code.isascii() or not draft.code.replace("-", "").isalnum():
        faults.append(("code", "missing"))
    elif Round.objects.filter(territory=territory, code=draft.code).exists():
        faults.append(("code", "taken"))
    if not any(words.strip() for _, words in draft.title):
        faults.append(("title", "missing"))
    try:
        if parse_decimal(draft.budget) <= Fraction(0):
            faults.append(("budget", "no_number"))
    except ValueError:
        faults.append(("budget", "no_number"))
    for name, given, known in (
        ("vote_type", draft.vote_type, KINDS),
        ("rule", draft.rule, RULES),
        ("roll", draft.roll, ROLLS),
    ):
        if given not in known:
            faults.append((name, "unknown"))
    if any(name not in LIMITS or value < 1 for name, value in draft.limits.items()):
        faults.append(("limits", "unknown"))
    phases = list(asdict(draft.phases).items())
    faults += [
        (name, "order") for (_, before), (name, after) in pairwise(phases) if before >= after
    ]
    return faults


@transaction.atomic
def move_dates(actor: Actor, round_id: int, phases: Phases, *, reason: str) -> None:
    """Give the phases other ends: the reason is public, and never once voting is over.

    Raises
    ------
    RoundRefused
    AccessDenied
    """
    row = Round.objects.select_for_update(of=("self",)).select_related("territory").get(pk=round_id)
    require(actor, "ballot.open", row.territory)
    faults = [
        (name, "order")
        for (_, before), (name, after) in pairwise(asdict(phases).items())
        if before >= after
    ]
    if not reason.strip():
        faults.append(("reason", "missing"))
    if row.closed is not None or timezone.now() >= row.voting_until:
        faults.append(("voting_until", "too_late"))
    if faults:
        raise RoundRefused(tuple(faults))
    before = {name: getattr(row, name) for name in asdict(phases)}
    for name, moment in asdict(phases).items():
        setattr(row, name, moment)
    row.moved.append(
        {
            "on": timezone.localdate().isoformat(),
            "reason": reason.strip(),
            "before": {name: moment.isoformat() for name, moment in before.items()},
        }
    )
    row.save(update_fields=[*before, "moved"])
    log_act(
        actor,
        "ballot.open",
        row,
        before=before,
        after=asdict(phases),
        reason=reason.strip(),
        municipality=row.territory.code,
    )
