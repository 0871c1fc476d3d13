"""Finding what keeps coming back, and storing it under numbers that stay."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction

from eutopia.core.diagnose.learning import learn, retell, verdicts_by_inspection
from eutopia.core.diagnose.problems import DEFAULT_SETTINGS, ProblemSettings, find_problems
from eutopia.core.diagnose.retyping import Prices
from eutopia.core.kit.drift import find_drift
from eutopia.core.norms import NormsInForce
from eutopia.core.records import Cluster, OutageLosses
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
from eutopia.web.problems import bridge
from eutopia.web.problems.models import (
    Cause,
    Evidence,
    Inspection,
    Problem,
    ProblemAsset,
    ProblemReport,
    Ruling,
    WeatherDay,
)
from eutopia.web.problems.services.history import Known, known_problems, track, write_changes
from eutopia.web.problems.services.people import (
    call_out_cost,
    columns_of,
    hour_value,
    prices_of,
    set_right,
    staff_verdicts,
)
from eutopia.web.problems.services.telling import Told, what_is_told
from eutopia.web.reports import bridge as reports_bridge
from eutopia.web.reports.services import find_groups, norms_of
from eutopia.web.territory import bridge as territory_bridge
from eutopia.web.territory.models import Territory
from eutopia.web.territory.services import territory_row
from eutopia.web.utilities import bridge as utilities_bridge
from eutopia.web.utilities.models import Interruption
from eutopia.web.works import bridge as works_bridge
from eutopia.web.works.models import Work

METHOD = "eutopia.core.diagnose.problems:find_problems"


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
    told: Told | None = None,
    clusters: Sequence[Cluster] | None = None,
) -> Diagnosis:
    """What keeps coming back here? Found, stored and numbered.

    Parameters
    ----------
    told
        What the reports tell, if it is at hand already, duplicates grouped; otherwise they are
        grouped, if they have changed, and read.
    clusters
        From a scan of these reports: evidence; those of the latest stored scan by default.

    Notes
    -----
    A problem found again keeps its
    number and what people decided about it: it is the same if at least half of the smaller one's
    reports are in both, or else if the core gives it the same id. One no longer found keeps its
    page, marked as such; merges, splits, ends and returns are written into its history. What staff
    confirmed, rejected and set right, and what inspectors saw, teaches the causes and the chance
    of confirmation. The same input is not computed twice.

    Raises
    ------
    AccessDenied
        The actor may not look for problems here.
    """
    territory = territory_row(territory)
    require(actor, "problem.find", territory)
    if told is None:
        columns = reports_bridge.reports(territory.pk)
        find_groups(actor, territory, columns=columns, action="problem.find")
        told = what_is_told(territory, columns)
    norms = norms_of(territory)
    settings = replace(DEFAULT_SETTINGS, hour_value=hour_value(norms, territory.currency))
    clusters = bridge.clusters(territory.pk) if clusters is None else clusters
    known = known_problems(territory.pk)
    losses = utilities_bridge.outage_losses(
        territory.pk, territory.currency, call_out=call_out_cost(norms)
    )
    asked = _asked(territory, told, norms, settings, known, clusters, losses)
    earlier = find_run(asked)
    if earlier is not None and still_stands(earlier):
        standing = sum(k.current for k in known)
        return Diagnosis(earlier.pk, standing, 0, 0, fresh=False)
    visits = bridge.inspections(territory.pk)

    def find() -> tuple[ProblemRecord, ...]:
        found = find_problems(
            told.reports,
            groups=told.groups,
            territory=territory_bridge.territory(territory.pk),
            interruptions=utilities_bridge.interruptions(territory.pk),
            problem_types=norms.problem_types(),
            as_of=territory.as_of,
            works=works_bridge.works(territory.pk),
            inspections=visits,
            clusters=clusters,
            weather=bridge.weather(territory.pk),
            rulings=bridge.rulings(territory.pk),
            losses=losses,
            table=told.recurrences,
            settings=settings,
        )
        verdicts = staff_verdicts(known, found)
        learned = learn((*verdicts, *verdicts_by_inspection(found, visits)))
        return retell(found, learned, inspections=visits)

    computed = compute(asked, find)
    with transaction.atomic():
        drift = find_drift(told.reports, time_zone=territory.time_zone, screening=told.screening)
        run = record_run(computed, quality=(*told.screening.notes, *drift))
        prices = prices_of(norms, settings.hour_value)
        new, gone = _store(territory, run, computed.result, known, prices)
        log_act(
            actor,
            "problem.find",
            territory,
            after={"run": run.pk, "problems": len(computed.result), "new": new, "gone": gone},
            municipality=territory.code,
        )
    return Diagnosis(run.pk, len(computed.result), new, gone, fresh=True)


def _asked(
    territory: Territory,
    told: Told,
    norms: NormsInForce,
    settings: ProblemSettings,
    known: Sequence[Known],
    clusters: Sequence[Cluster],
    losses: OutageLosses,
) -> Computation:
    return Computation(
        territory.pk,
        METHOD,
        {"settings": to_plain(settings)},
        norms.editions,
        digest(
            told.digest,
            register_digest(territory),
            table_digest(Interruption, territory.pk, order=("code",)),
            table_digest(Inspection, territory.pk, order=("code",)),
            table_digest(WeatherDay, territory.pk, order=("day",)),
            table_digest(Ruling, territory.pk, order=("id",), columns=("kind", "report_ids")),
            tuple((k.number, k.state, to_plain(dict(k.corrected))) for k in known if k.decided),
            tuple(clusters),
            table_digest(Work, territory.pk, order=("code",)),
            losses,
        ),
        territory.as_of,
    )


def _store(
    territory: Territory,
    run: Run,
    found: Sequence[ProblemRecord],
    known: Sequence[Known],
    prices: Prices,
) -> tuple[int, int]:
    tracked = track(known, found)
    gone = [row for row in known if row.current and row.number in tracked.ended]
    Problem.objects.filter(pk__in=[row.pk for row in gone]).update(current=False)
    corrected = {row.number: row.corrected for row in known}
    numbered = [
        (number, set_right(record, corrected.get(number, {}), prices=prices))
        for number, record in zip(tracked.numbers, found, strict=True)
    ]
    rows = (_row(territory.pk, number, record, run) for number, record in numbered)
    copy_rows(Problem, rows, key=("territory_id", "number"))
    ids = dict(Problem.objects.filter(territory=territory).values_list("number", "pk"))
    told = {row.number: row.record for row in known}
    pairs = [(ids[number], record) for number, record in numbered]
    _store_links(pairs)
    _store_parts(
        [
            (ids[number], record)
            for number, record in numbered
            if number not in told or _parts(told[number]) != _parts(record)
        ]
    )
    write_changes(territory, tracked, known, ids)
    return len(tracked.new), len(gone)


def _row(territory_id: int, number: int, record: ProblemRecord, run: Run) -> dict[str, Any]:
    placed = math.isfinite(record.lon) and math.isfinite(record.lat)
    return {
        "territory_id": territory_id,
        "number": number,
        "code": record.id,
        "run_id": run.pk,
        "current": True,
        "lon": record.lon if placed else None,
        "lat": record.lat if placed else None,
        "reports": len(record.report_ids),
        **columns_of(record),
    }


def _store_links(pairs: Sequence[tuple[int, ProblemRecord]]) -> None:
    """Reports of each problem: only links that come or go are written."""
    wanted = {(pk, int(one)) for pk, record in pairs for one in record.report_ids}
    stored = ProblemReport.objects.filter(problem_id__in=[pk for pk, _ in pairs])
    gone = []
    for pk, problem, report in stored.values_list("pk", "problem_id", "report_id"):
        if (problem, report) in wanted:
            wanted.discard((problem, report))
        else:
            gone.append(pk)
    ProblemReport.objects.filter(pk__in=gone).delete()
    links = ({"problem_id": pk, "report_id": report} for pk, report in sorted(wanted))
    copy_rows(ProblemReport, links, key=("problem_id", "report_id"))


def _parts(record: ProblemRecord) -> tuple[Any, ...]:
    return record.evidence, record.causes, record.asset_ids


def _store_parts(pairs: Sequence[tuple[int, ProblemRecord]]) -> None:
    for model in (Evidence, Cause, ProblemAsset):
        model.objects.filter(problem_id__in=[pk for pk, _ in pairs]).delete()
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
