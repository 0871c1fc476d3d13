"""Three sides weigh the same criteria: residents, businesses by a code, the municipality itself."""

from __future__ import annotations

import hashlib
import secrets
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from eutopia.core.decide.weights import Weights, from_swings, share_out
from eutopia.core.decide.weights_best_worst import from_best_and_worst
from eutopia.core.decide.weights_pairs import from_pairs
from eutopia.web.consultations.models import Mediation, SideCode, Weighing
from eutopia.web.consultations.services.refusals import (
    DialogueRefused,
    Forms,
    faults_of,
    spoken,
)
from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.programmes.models import Programme
from eutopia.web.reports.services import norms_of
from eutopia.web.territory.models import Territory
from eutopia.web.territory.services import territory_row

SIDES = ("residents", "business", "municipality")
METHODS = ("budget_allocation", "swing", "pairs", "best_worst")
MOST_CRITERIA = 6
"""More than six kinds of work nobody weighs on a phone: fifteen pairs at most."""
_MOST_CODES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class MediationDraft:
    """What the sides are asked to weigh, from when to when, for which programme."""

    title: Forms
    programme: int
    """Number of the programme whose candidates and rules a compromise is sought with."""
    opens: datetime
    closes: datetime
    criteria: Sequence[str] = ()
    """Groups of problems; those that the candidates serve most, where none are named."""


def criterion_by_measure(territory: Territory) -> dict[str, str]:
    """Which group of problems does each measure of the packs answer first?"""
    norms = norms_of(territory)
    groups = {kind.code: kind.group for kind in norms.problem_types()}
    return {
        measure.code: next((groups[code] for code in measure.answers if groups.get(code)), "")
        for measure in norms.measures()
    }


def likely_criteria(territory: Territory, programme: Programme) -> tuple[str, ...]:
    """Which groups of problems do the candidates' benefits lie in, the largest first?"""
    of = criterion_by_measure(territory)
    total: dict[str, Decimal] = defaultdict(Decimal)
    rows = programme.verdicts.values_list("candidate__measure", "candidate__benefit")
    for measure, benefit in rows:
        total[of.get(measure, "")] += benefit
    ranked = sorted(total, key=lambda code: (-total[code], code))
    return tuple(code for code in ranked if code and total[code] > 0)[:MOST_CRITERIA]


@transaction.atomic
def open_mediation(actor: Actor, territory: Territory | int, draft: MediationDraft) -> Mediation:
    """Which mediation is this now?

    Raises
    ------
    DialogueRefused
    AccessDenied
    """
    territory = territory_row(territory)
    require(actor, "mediation.open", territory)
    faults = faults_of("title", draft.title, 200)
    if draft.closes <= draft.opens:
        faults.append(("closes", "order"))
    programme = Programme.objects.filter(territory=territory, number=draft.programme).first()
    if programme is None:
        raise DialogueRefused(*faults, ("programme", "unknown"))
    possible = likely_criteria(territory, programme)
    criteria = tuple(dict.fromkeys(draft.criteria)) or possible
    if not 2 <= len(criteria) <= MOST_CRITERIA or not set(criteria) <= set(possible):
        faults.append(("criteria", "unknown"))
    if faults:
        raise DialogueRefused(*faults)
    Territory.objects.select_for_update().get(pk=territory.pk)
    last = Mediation.objects.filter(territory=territory).aggregate(last=Max("number"))["last"]
    made = Mediation.objects.create(
        territory=territory,
        number=(last or 0) + 1,
        title=spoken(draft.title),
        criteria=list(criteria),
        opens=draft.opens,
        closes=draft.closes,
        programme=programme,
    )
    log_act(
        actor,
        "mediation.open",
        made,
        after={"number": made.number, "criteria": list(criteria), "programme": draft.programme},
        municipality=territory.code,
    )
    return made


def _code_digest(mediation: Mediation, code: str) -> str:
    plain = "".join(sign for sign in code.upper() if sign.isalnum())
    return hashlib.sha256(f"weights:{mediation.pk}:{plain}".encode()).hexdigest()


@transaction.atomic
def issue_side_codes(actor: Actor, mediation_id: int, *, count: int) -> tuple[str, ...]:
    """Which new codes let a business each weigh once? They are shown now and kept nowhere.

    Notes
    -----
    Twelve signs of thirty: 58 bits. A code is not tied to a business: who got which is not known
    here.

    Raises
    ------
    DialogueRefused
    AccessDenied
    """
    row = Mediation.objects.select_related("territory").get(pk=mediation_id)
    require(actor, "mediation.open", row)
    if not 1 <= count <= _MOST_CODES:
        raise DialogueRefused(("count", "number"))
    signs = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
    plain = ["".join(secrets.choice(signs) for _ in range(12)) for _ in range(count)]
    SideCode.objects.bulk_create(
        SideCode(mediation=row, side="business", digest=_code_digest(row, one)) for one in plain
    )
    log_act(actor, "mediation.open", row, after={"codes": count}, municipality=row.territory.code)
    return tuple("-".join((one[:4], one[4:8], one[8:])) for one in plain)


def read_weights(criteria: Sequence[str], method: str, answers: Mapping[str, Any]) -> Weights:
    """What do these answers weigh each criterion with?

    Parameters
    ----------
    answers
        points or swings by criterion; pairs as [first, second, number]; or best, worst,
        best_to_others and others_to_worst.

    Raises
    ------
    DialogueRefused
        Codes: missing, sum (not 100 points), top (nothing rated 100), best_worst (they are one),
        answers (anything else, told in `said`).
    """
    fault = _answer_fault(criteria, method, answers)
    if fault:
        raise DialogueRefused(("answers", fault))
    try:
        if method == "budget_allocation":
            return share_out({c: answers["points"][c] for c in criteria}, total=100)
        if method == "swing":
            return from_swings({c: answers["swings"][c] for c in criteria})
        if method == "pairs":
            told = {(a, b): Fraction(number) for a, b, number in answers["pairs"]}
            return from_pairs(criteria, told)
        return from_best_and_worst(
            criteria,
            best=answers["best"],
            worst=answers["worst"],
            best_to_others=answers["best_to_others"],
            others_to_worst=answers["others_to_worst"],
        )
    except (ValueError, TypeError, KeyError) as error:
        raise DialogueRefused(("answers", "answers"), said=str(error)) from error


def _answer_fault(criteria: Sequence[str], method: str, answers: Mapping[str, Any]) -> str:
    if method not in METHODS:
        return "unknown"
    if method == "best_worst":
        return "best_worst" if answers.get("best") == answers.get("worst") else ""
    if method == "pairs":
        return "" if len(answers.get("pairs", ())) >= len(criteria) - 1 else "missing"
    given = answers.get("points" if method == "budget_allocation" else "swings", {})
    if not all(isinstance(given.get(one), int) for one in criteria):
        return "missing"
    if method == "budget_allocation":
        return "" if sum(given[one] for one in criteria) == 100 else "sum"
    return "" if max(given[one] for one in criteria) == 100 else "top"


@transaction.atomic
def weigh(
    actor: Actor,
    mediation_id: int,
    *,
    side: str,
    method: str,
    answers: Mapping[str, Any],
    code: str = "",
    common: bool = False,
    allow: Callable[[], bool] = lambda: True,
) -> Weighing:
    """Take in what one person or body weighs each criterion with.

    Parameters
    ----------
    side
        residents (anybody), business (with a code), municipality (staff, as its common position).
    code
        Of a business; it serves once.
    common
        The position of the whole side, entered by staff: the latest counts, and alone.
    allow
        Asked once: False when too many come from where this one does.

    Raises
    ------
    DialogueRefused
    AccessDenied
    """
    row = Mediation.objects.select_related("territory").get(pk=mediation_id)
    speaks = common or side == "municipality"
    require(actor, "weights.speak" if speaks else "weights.give", row)
    if side not in SIDES:
        raise DialogueRefused(("side", "unknown"))
    if not row.opens <= timezone.now() < row.closes:
        raise DialogueRefused(("", "not_now"))
    told = read_weights(row.criteria, method, answers)
    if not allow():
        raise DialogueRefused(("", "too_many"))
    if side == "business" and not speaks:
        _use_code(row, code)
    made = _store_weighing(row, side, method, answers, told, common=speaks)
    log_act(
        actor,
        "weights.speak" if speaks else "weights.give",
        row,
        after={"side": side, "method": method, "common": speaks},
        municipality=row.territory.code,
    )
    return made


def _store_weighing(
    row: Mediation,
    side: str,
    method: str,
    answers: Mapping[str, Any],
    told: Weights,
    *,
    common: bool,
) -> Weighing:
    return Weighing.objects.create(
        mediation=row,
        side=side,
        method=method,
        answers=dict(answers),
        weights=list(told.values),
        inconsistency=told.inconsistency,
        day=timezone.localdate(),
        common=common,
    )


@transaction.atomic
def load_weighings(
    actor: Actor,
    mediation_id: int,
    side: str,
    told: Sequence[tuple[str, Mapping[str, Any]]],
) -> int:
    """How many weighings gathered elsewhere (on paper, at a meeting) are now in? All or none.

    Raises
    ------
    DialogueRefused
    AccessDenied
    """
    row = Mediation.objects.select_related("territory").get(pk=mediation_id)
    require(actor, "mediation.open", row)
    if side not in ("residents", "business"):
        raise DialogueRefused(("side", "unknown"))
    read = [
        (method, answers, read_weights(row.criteria, method, answers)) for method, answers in told
    ]
    for method, answers, weights in read:
        _store_weighing(row, side, method, answers, weights, common=False)
    log_act(
        actor,
        "mediation.open",
        row,
        after={"side": side, "loaded": len(read)},
        municipality=row.territory.code,
    )
    return len(read)


def _use_code(row: Mediation, code: str) -> None:
    digest = _code_digest(row, code)
    found = row.codes.select_for_update().filter(digest=digest, side="business").first()
    if found is None:
        raise DialogueRefused(("code", "code" if code.strip() else "missing"))
    if found.used:
        raise DialogueRefused(("code", "used"))
    found.used = True
    found.save(update_fields=["used"])
