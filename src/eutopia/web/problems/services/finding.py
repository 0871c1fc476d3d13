"""Finding what keeps coming back, and storing it under numbers that stay."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Max

from eutopia.core.diagnose.problems import DEFAULT_SETTINGS, ProblemSettings, find_problems
from eutopia.core.records import Problem as ProblemRecord
from eutopia.core.records import Reports
from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.foundation.bulk import copy_rows
from eutopia.web.ledger.digests import digest, to_plain
from eutopia.web.ledger.models import Run
from eutopia.web.ledger.services import Computation, compute, find_run, record_run
from eutopia.web.problems.models import Cause, Evidence, Problem, ProblemAsset, ProblemReport
from eutopia.web.reports import bridge as reports_bridge
from eutopia.web.reports.services import find_groups, norms_of
from eutopia.web.territory import bridge as territory_bridge
from eutopia.web.territory.models import Territory
from eutopia.web.utilities import bridge as utilities_bridge
from eutopia.web.works import bridge as works_bridge

METHOD = "eutopia.core.diagnose.problems:find_problems"
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
    territory: Territory,
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
    require(actor, "problem.find", territory)
    told = reports_bridge.reports(territory.pk) if columns is None else columns
    find_groups(actor, territory, columns=told, action="problem.find")
    groups = reports_bridge.groups(territory.pk, told.id.tolist())
    register = territory_bridge.territory(territory.pk)
    interruptions = utilities_bridge.interruptions(territory.pk)
    works = works_bridge.works(territory.pk)
    norms = norms_of(territory)
    asked = Computation(
        territory.pk,
        METHOD,
        {"settings": to_plain(settings)},
        norms.editions,
        digest(told, groups, register, interruptions, works),
        territory.as_of,
    )
    earlier = find_run(asked)
    if earlier is not None and Problem.objects.filter(run=earlier, current=True).exists():
        known = Problem.objects.filter(territory=territory, current=True).count()
        return Diagnosis(earlier.pk, known, 0, 0, fresh=False)
    computed = compute(
        asked,
        lambda: find_problems(
            told,
            groups=groups,
            territory=register,
            interruptions=interruptions,
            problem_types=norms.problem_types(),
            as_of=territory.as_of,
            works=works,
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


def _store(territory: Territory, run: Run, found: Sequence[ProblemRecord]) -> tuple[int, int]:
    rows = list(Problem.objects.filter(territory=territory).order_by("number"))
    same = match_problems(rows, found)
    highest = Problem.objects.filter(territory=territory).aggregate(n=Max("number"))["n"] or 0
    stored: list[Problem] = []
    for record in found:
        row = same.get(record.id)
        if row is None:
            highest += 1
            row = Problem(territory=territory, number=highest)
        _fill(row, record, run)
        stored.append(row)
    kept = {row.pk for row in same.values()}
    gone = [row.pk for row in rows if row.pk not in kept and row.current]
    Problem.objects.filter(pk__in=gone).update(current=False)
    Problem.objects.bulk_create([r for r in stored if r.pk is None], batch_size=1_000)
    _update([row for row in stored if row.pk in kept])
    _store_parts(stored, found)
    return len(stored) - len(kept), len(gone)


def _update(rows: list[Problem]) -> None:
    fields = [
        f.name
        for f in Problem._meta.concrete_fields
        if f.name not in ("id", "territory", "number", "state", "merged_into")
    ]
    if rows:
        Problem.objects.bulk_update(rows, fields, batch_size=500)


def match_problems(rows: Sequence[Problem], found: Sequence[ProblemRecord]) -> dict[str, Problem]:
    """Which stored problem is each found one, by the core's id?

    Notes
    -----
    The same id is the same problem. Else the one of the same type with which it shares the most
    reports, if that is at least half of the smaller one's; ties go to the lower number. No stored
    problem is matched twice.
    """
    by_code = {row.code: row for row in rows if row.current}
    same = {record.id: by_code[record.id] for record in found if record.id in by_code}
    taken = {row.pk for row in same.values()}
    left = {row.pk: row for row in rows if row.pk not in taken}
    of_report: dict[tuple[str, str], list[int]] = defaultdict(list)
    for pk, row in left.items():
        for one in row.record.report_ids:
            of_report[row.problem_type, one].append(pk)
    pairs = []
    for position, record in enumerate(found):
        if record.id in same:
            continue
        shared = Counter(
            pk for one in record.report_ids for pk in of_report[record.problem_type, one]
        )
        for pk, n in shared.items():
            smaller = min(len(record.report_ids), len(left[pk].record.report_ids))
            if n >= _SAME * smaller:
                pairs.append((-n, left[pk].number, position, pk))
    for _, _, position, pk in sorted(pairs):
        if pk not in taken and found[position].id not in same:
            same[found[position].id] = left[pk]
            taken.add(pk)
    return same


def _fill(row: Problem, record: ProblemRecord, run: Run) -> None:
    row.run, row.current, row.record, row.code = run, True, record, record.id
    row.reports = len(record.report_ids)
    for name in (
        "problem_type", "radius_m", "district", "place", "events", "recurrences",
        "first_seen", "last_seen", "people_affected", "severity", "trend", "owner",
    ):  # fmt: skip
        setattr(row, name, getattr(record, name))
    placed = math.isfinite(record.lon) and math.isfinite(record.lat)
    row.lon, row.lat = (record.lon, record.lat) if placed else (None, None)
    cost = record.cost
    row.repeats_per_year = cost.repeats_per_year
    row.horizon_years = cost.horizon_years
    row.discount_rate = cost.discount_rate
    row.cost_response = cost.response.amount
    row.cost_residents = cost.residents_time.amount
    row.cost_total = cost.total.amount
    row.cost_low = cost.low.amount
    row.cost_high = cost.high.amount


def _store_parts(rows: Sequence[Problem], found: Sequence[ProblemRecord]) -> None:
    ids = [row.pk for row in rows]
    for model in (ProblemReport, Evidence, Cause, ProblemAsset):
        model.objects.filter(problem_id__in=ids).delete()  # type: ignore[attr-defined]
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
