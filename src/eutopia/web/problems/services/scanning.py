"""Looking for clusters, and storing them with the run that found them."""

from __future__ import annotations

from typing import Any

import numpy as np
from django.db import transaction

from eutopia.core.diagnose.clusters import DEFAULT_SETTINGS, ClusterSettings, find_clusters
from eutopia.core.records import Cluster as ClusterRecord
from eutopia.core.records import Reports
from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.ledger.digests import digest, to_plain
from eutopia.web.ledger.services import Computation, compute, find_run, record_run, still_stands
from eutopia.web.problems.models import Cluster
from eutopia.web.reports import bridge as reports_bridge
from eutopia.web.territory.models import Territory

METHOD = "eutopia.core.diagnose.clusters:find_clusters"


def scan_territory(
    actor: Actor,
    territory: Territory,
    *,
    columns: Reports | None = None,
    settings: ClusterSettings = DEFAULT_SETTINGS,
) -> int:
    """Which run tells where reports of one kind piled up more than chance lets them?

    Parameters
    ----------
    columns
        The reports if they are at hand already; read otherwise.

    Notes
    -----
    Duplicates count once. The same input is not computed twice; clusters of earlier runs make room
    for the new ones.

    Raises
    ------
    AccessDenied
        The actor may not look for problems here.
    """
    require(actor, "problem.find", territory)
    told = reports_bridge.reports(territory.pk) if columns is None else columns
    groups = reports_bridge.groups(territory.pk, told.id.tolist())
    first = {group.first for group in groups}
    events = told.take(np.array([one in first for one in told.id.tolist()], dtype=bool))
    asked = Computation(
        territory.pk,
        METHOD,
        {"settings": to_plain(settings), "time_zone": territory.time_zone},
        (),
        digest(events),
        territory.as_of,
        seed=settings.seed,
    )
    earlier = find_run(asked)
    if earlier is not None and still_stands(earlier):
        return earlier.pk
    computed = compute(
        asked,
        lambda: find_clusters(
            events, as_of=territory.as_of, time_zone=territory.time_zone, settings=settings
        ),
    )
    survey = computed.result
    with transaction.atomic():
        run = record_run(computed, quality=survey.notes)
        Cluster.objects.filter(territory=territory).delete()
        Cluster.objects.bulk_create(
            [
                Cluster(territory=territory, run=run, place=number, **_row(record))
                for number, record in enumerate(survey.clusters, start=1)
            ]
        )
        log_act(
            actor,
            "problem.find",
            territory,
            after={"run": run.pk, "scans": survey.scans, "clusters": len(survey.clusters)},
            municipality=territory.code,
        )
    return run.pk


_AS_TOLD = (
    "problem_type", "prospective", "lon", "lat", "radius_m", "start", "end", "cases", "expected",
    "llr", "p",
)  # fmt: skip


def _row(record: ClusterRecord) -> dict[str, Any]:
    return {**{name: getattr(record, name) for name in _AS_TOLD}, "record": record}
