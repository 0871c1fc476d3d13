"""Finding what keeps coming back, and storing it under numbers that stay."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db import transaction

from eutopia.core.diagnose.problems import DEFAULT_SETTINGS, ProblemSettings, find_problems
from eutopia.core.norms import NormsInForce
from eutopia.core.records import Money, Reports
from eutopia.core.records import Problem as ProblemRecord
from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.foundation.bulk import copy_rows
from eutopia.web.ledger.digests import digest, table_digest, to_plain
from eutopia.web.ledger.models import Run
from eutopia.web.ledger.services import (
    Computation,
    compute,
    find_run,
    record_run,
    register_digest,
    still_stands,
)
from eutopia.web.problems.models import Cause, Evidence, Problem, ProblemAsset, ProblemReport
from eutopia.web.reports import bridge as reports_bridge
from eutopia.web.reports.models import DuplicateGroup
from eutopia.web.reports.services import find_groups, norms_of
from eutopia.web.territory import bridge as territory_bridge
from eutopia.web.territory.models import Territory
from eutopia.web.territory.services import territory_row
from eutopia.web.utilities import bridge as utilities_bridge
from eutopia.web.utilities.models import Interruption
from eutopia.web.works import bridge as works_bridge
from eutopia.web.works.models import Work

METHOD = "eutopia.core.diagnose.problems:find_problems"
_HOUR = "resident_hour.value"
"""Path of what an hour of a resident's time is worth, in the territory's currency."""
_SAME = 0.5
"""Share of the smaller one's reports that two problems must have in common to be the same."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What a diagnosis found: problems now known, of these new, and those no longer found."""

    run_id: int
    problems: int
    new: int
    gone: int
    fresh: bool
    """False: the same had been diagnosed already, and nothing was computed."""


def diagnose_territory(
    actor: Actor,
    territory: Territory | int,
    *,
    columns: Reports | None = None,
    settings: ProblemSettings = DEFAULT_SETTINGS,
) -> Diagnosis:
    """What keeps coming back here? Found, stored and numbered.

    Parameters
    ----------
    columns
        The reports if they are at hand already; read otherwise.

    Notes
    -----
    Duplicates are grouped first, if the reports have changed. A problem found again keeps its
    number and what people decided about it: it is the same if the core gives it the same id, or
    if at least half of the smaller one's reports are in both. One no longer found keeps its page,
    marked as such. The same input is not computed twice.

    Raises
    ------
    AccessDenied
        The actor may not look for problems here.
    """
    territory = territory_row(territory)
    require(actor, "problem.find", territory)
    told = reports_bridge.reports(territory.pk) if columns is None else columns
    find_groups(actor, territory, columns=told, action="problem.find")
    norms = norms_of(territory)
    settings = _priced(settings, norms, territory.currency)
    asked = _asked(territory, told, norms, settings)
    earlier = find_run(asked)
    if earlier is not None and still_stands(earlier):
        known = Problem.objects.filter(territory=territory, current=True).count()
        return Diagnosis(earlier.pk, known, 0, 0, fresh=False)
    computed = compute(
        asked,
        lambda: find_problems(
            told,
            groups=reports_bridge.groups(territory.pk, told.id.tolist()),
            territory=territory_bridge.territory(territory.pk),
            interruptions=utilities_bridge.interruptions(territory.pk),
            problem_types=norms.problem_types(),
            as_of=territory.as_of,
            works=works_bridge.works(territory.pk),
            settings=settings,
        ),
    )
    with transaction.atomic():
        run = record_run(computed)
        new, gone = _store(territory, run, computed.result)
        log_act(
            actor,
            "problem.find",
            territory,
            after={"run": run.pk, "problems": len(computed.result), "new": new, "gone": gone},
            municipality=territory.code,
        )
    return Diagnosis(run.pk, len(computed.result), new, gone, fresh=True)


def _priced(settings: ProblemSettings, norms: NormsInForce, currency: str) -> ProblemSettings:
    """With the packs' price of a resident's hour, where they have one and none was given."""
    prices = norms.values(_HOUR)
    if settings.hour_value is not None or not prices:
        return settings
    return replace(settings, hour_value=Money(Decimal(prices[0].value), currency))


def _asked(
    territory: Territory, told: Reports, norms: NormsInForce, settings: ProblemSettings
) -> Computation:
    return Computation(
        territory.pk,
        METHOD,
        {"settings": to_plain(settings)},
        norms.editions,
        digest(
            told,
            register_digest(territory),
            table_digest(
                DuplicateGroup,
                territory.pk,
                order=("id",),
                columns=("member_ids", "score", "state"),
            ),
            table_digest(Interruption, territory.pk, order=("code",)),
            table_digest(Work, territory.pk, order=("code",)),
        ),
        territory.as_of,
    )


def _store(territory: Territory, run: Run, found: Sequence[ProblemRecord]) -> tuple[int, int]:
    known = list(
        Problem.objects.filter(territory=territory).values_list("number", "code", "current")
    )
    same = match_problems(territory.pk, known, found)
    highest = max((number for number, _, _ in known), default=0)
    numbers = []
    for record in found:
        if record.id not in same:
            highest += 1
        numbers.append(same.get(record.id, highest))
    kept = set(same.values())
    gone = [number for number, _, current in known if current and number not in kept]
    Problem.objects.filter(territory=territory, number__in=gone).update(current=False)
    rows = (
        _row(territory.pk, number, record, run)
        for number, record in zip(numbers, found, strict=True)
    )
    copy_rows(Problem, rows, key=("territory_id", "number"))
    ids = dict(Problem.objects.filter(territory=territory).values_list("number", "pk"))
    _store_parts([ids[number] for number in numbers], found)
    return len(found) - len(same), len(gone)


def match_problems(
    territory_id: int, known: Sequence[tuple[int, str, bool]], found: Sequence[ProblemRecord]
) -> dict[str, int]:
    """Under which number does each found problem stand already, by the core's id?

    Parameters
    ----------
    known
        Number, code and whether current, of each stored problem.

    Notes
    -----
    The same id is the same problem. Else the one of the same type with which it shares the most
    reports, if that is at least half of the smaller one's; ties go to the lower number. No stored
    problem is matched twice.
    """
    by_code = {
        code: number for number, code, _ in sorted(known, key=lambda told: (told[2], -told[0]))
    }
    same = {record.id: by_code[record.id] for record in found if record.id in by_code}
    left = [record for record in found if record.id not in same]
    free = {number for number, _, _ in known} - set(same.values())
    if not left or not free:
        return same
    size, of_report = _stored_reports(territory_id, free)
    pairs = []
    for position, record in enumerate(left):
        ids = dict.fromkeys(map(int, record.report_ids))
        shared = Counter(n for one in ids for n in of_report[record.problem_type, one])
        pairs += [
            (-together, number, position)
            for number, together in shared.items()
            if together >= _SAME * min(len(ids), size[number])
        ]
    for _, number, position in sorted(pairs):
        if number in free and left[position].id not in same:
            same[left[position].id] = number
            free.remove(number)
    return same


def _stored_reports(
    territory_id: int, numbers: set[int]
) -> tuple[Counter[int], dict[tuple[str, int], list[int]]]:
    """How many reports has each stored problem, and which problems has each report, by type?"""
    size: Counter[int] = Counter()
    of_report: dict[tuple[str, int], list[int]] = defaultdict(list)
    rows = ProblemReport.objects.filter(
        problem__territory_id=territory_id, problem__number__in=numbers
    ).values_list("problem__number", "problem__problem_type", "report_id")
    for number, problem_type, report in rows:
        size[number] += 1
        of_report[problem_type, report].append(number)
    return size, of_report


_AS_TOLD = (
    "problem_type", "radius_m", "district", "place", "events", "recurrences", "first_seen",
    "last_seen", "people_affected", "severity", "trend", "owner",
)  # fmt: skip


def _row(territory_id: int, number: int, record: ProblemRecord, run: Run) -> dict[str, Any]:
    placed = math.isfinite(record.lon) and math.isfinite(record.lat)
    cost = record.cost
    return {
        "territory_id": territory_id,
        "number": number,
        "code": record.id,
        "run_id": run.pk,
        "current": True,
        "lon": record.lon if placed else None,
        "lat": record.lat if placed else None,
        "reports": len(record.report_ids),
        **{name: getattr(record, name) for name in _AS_TOLD},
        "repeats_per_year": cost.repeats_per_year,
        "horizon_years": cost.horizon_years,
        "discount_rate": cost.discount_rate,
        "cost_response": cost.response.amount,
        "cost_residents": cost.residents_time.amount,
        "cost_total": cost.total.amount,
        "cost_low": cost.low.amount,
        "cost_high": cost.high.amount,
        "record": record,
    }


def _store_parts(ids: Sequence[int], found: Sequence[ProblemRecord]) -> None:
    for model in (ProblemReport, Evidence, Cause, ProblemAsset):
        model.objects.filter(problem_id__in=ids).delete()
    pairs = list(zip(ids, found, strict=True))
    copy_rows(ProblemReport, _links(pairs), key=("problem_id", "report_id"))
    Evidence.objects.bulk_create(
        [
            Evidence(
                problem_id=pk,
                kind=one.kind,
                weight=one.weight,
                measure=one.measure,
                unit=one.unit,
                subject_ids=list(one.subject_ids),
            )
            for pk, record in pairs
            for one in record.evidence
        ],
        batch_size=5_000,
    )
    Cause.objects.bulk_create(
        [
            Cause(
                problem_id=pk, cause=one.cause, likelihood=one.likelihood, asset=one.asset_id or ""
            )
            for pk, record in pairs
            for one in record.causes
        ],
        batch_size=5_000,
    )
    ProblemAsset.objects.bulk_create(
        [
            ProblemAsset(problem_id=pk, asset=one)
            for pk, record in pairs
            for one in record.asset_ids
        ],
        batch_size=5_000,
    )


def _links(pairs: Iterable[tuple[int, ProblemRecord]]) -> Iterable[dict[str, int]]:
    for pk, record in pairs:
        for one in dict.fromkeys(record.report_ids):
            yield {"problem_id": pk, "report_id": int(one)}
