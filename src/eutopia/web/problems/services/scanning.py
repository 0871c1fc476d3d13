"""Looking for clusters, and storing them with the run that found them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from django.db import transaction

from eutopia.core.diagnose.clusters import (
    DEFAULT_SETTINGS,
    ClusterSettings,
    ClusterSurvey,
    find_clusters,
    find_past_clusters,
    of_past_weeks,
    past_weeks,
)
from eutopia.core.records import Cluster as ClusterRecord
from eutopia.core.records import PastClusters, QualityNote, Report, Reports
from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.ledger.digests import digest, to_plain
from eutopia.web.ledger.models import Run
from eutopia.web.ledger.services import (
    Computation,
    compute,
    find_run,
    read_inputs,
    record_run,
    still_stands,
)
from eutopia.web.problems.models import Cluster, KeptClusters
from eutopia.web.problems.services.telling import Told, what_is_told
from eutopia.web.reports import bridge as reports_bridge
from eutopia.web.territory.models import Territory

METHOD = "eutopia.core.diagnose.clusters:find_clusters"
_SPARE_DAYS = 2
"""More than any time zone is away from UTC."""


def scan_territory(
    actor: Actor,
    territory: Territory,
    *,
    told: Told | None = None,
    settings: ClusterSettings = DEFAULT_SETTINGS,
) -> int:
    """Which run tells where reports of one kind piled up more than chance lets them?

    Parameters
    ----------
    told
        What the reports tell, if it is at hand already; read otherwise.

    Notes
    -----
    Duplicates count once. The same input is not computed twice, and past weeks are not looked at
    anew while their reports stand as they were; clusters of earlier runs make room for the new
    ones. What was scanned is kept with the run, numbers in place of words, so that it can be
    replayed when reports have moved on.

    Raises
    ------
    AccessDenied
        The actor may not look for problems here.
    """
    require(actor, "problem.find", territory)
    told = told or what_is_told(territory)
    first, _ = past_weeks(territory.as_of, settings=settings)
    since = first - timedelta(days=_SPARE_DAYS)
    late = told.reports.take(told.reports.opened >= np.datetime64(since, "s"))
    events = reports_bridge.first_told(late, told.groups)
    kept = _without_words(events)
    asked = Computation(
        territory.pk,
        METHOD,
        {"settings": to_plain(settings), "time_zone": territory.time_zone},
        (),
        digest(kept),
        territory.as_of,
        seed=settings.seed,
    )
    earlier = find_run(asked)
    if earlier is not None and still_stands(earlier):
        return earlier.pk
    weeks = _weeks_of(asked, events)
    before = KeptClusters.objects.filter(territory=territory, asked=weeks).first()
    past = before.record if before else find_past_clusters(_reports(kept), **_look_of(asked))
    computed = compute(asked, lambda: _survey(asked, kept, past=past))
    survey = computed.result
    folded = QualityNote("duplicate", len(late) - len(events), "one_event")
    notes = (*survey.notes, *((folded,) if folded.count else ()))
    with transaction.atomic():
        run = record_run(computed, inputs=kept, quality=notes)
        if before is None:
            KeptClusters.objects.update_or_create(
                territory=territory, defaults={"asked": weeks, "record": past}
            )
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


def replay_scan(run: Run) -> str:
    """Which digest do the clusters have when found again in the reports kept?

    Raises
    ------
    LookupError
        The run kept no inputs.
    """
    return digest(_survey(run, read_inputs(run, {})))


def _survey(
    told: Computation | Run,
    kept: Mapping[str, Sequence[Any]],
    past: PastClusters | None = None,
) -> ClusterSurvey:
    return find_clusters(_reports(kept), past=past, **_look_of(told))


def _look_of(told: Computation | Run) -> dict[str, Any]:
    return {
        "as_of": told.as_of,
        "time_zone": told.parameters["time_zone"],
        "settings": ClusterSettings(**told.parameters["settings"]),
    }


def _weeks_of(asked: Computation, events: Reports) -> str:
    """What is asked of past weeks, as a digest: which they are, their reports, and how to look."""
    look = _look_of(asked)
    weeks = past_weeks(asked.as_of, settings=look["settings"])
    return digest(weeks, _without_words(of_past_weeks(events, **look)), asked.parameters)


def _without_words(events: Reports) -> dict[str, list[Any]]:
    """What a scan needs of the reports, as plain columns.

    It asks only whether two texts or addresses are the same, so numbers stand for them: words of
    residents are kept nowhere else than in their reports.
    """
    seconds = events.opened.astype("datetime64[s]").astype(np.int64)
    placed = np.isfinite(events.lon) & np.isfinite(events.lat)
    codes = (*events.problem_types, "")
    return {
        "id": events.id.tolist(),
        "opened": seconds.tolist(),
        "problem_type": [codes[k] for k in events.problem_type.tolist()],
        "lon": [
            lon if here else None for lon, here in zip(events.lon.tolist(), placed, strict=True)
        ],
        "lat": [
            lat if here else None for lat, here in zip(events.lat.tolist(), placed, strict=True)
        ],
        "text": _numbered(events.text, least=_LEAST_TEXT),
        "address": _numbered(events.address, least=1),
    }


_LEAST_TEXT = 20
"""Shorter texts are the same by chance: screening passes them over."""


def _numbered(words: Any, *, least: int) -> list[int]:
    """A number for each different text from this length on, 0 for the others."""
    number: dict[str, int] = {}
    return [
        number.setdefault(one, len(number) + 1) if len(one) >= least else 0
        for one in words.tolist()
    ]


def _reports(kept: Mapping[str, Sequence[Any]]) -> Reports:
    rows = zip(*(kept[name] for name in _KEPT), strict=True)
    return Reports.from_rows(
        [
            Report(
                id=str(id_),
                opened=datetime.fromtimestamp(opened, UTC),
                problem_type=kind,
                lon=lon,
                lat=lat,
                text=f"{text:0{_LEAST_TEXT}}" if text else "",
                address=str(address) if address else "",
            )
            for id_, opened, kind, lon, lat, text, address in rows
        ]
    )


_KEPT = ("id", "opened", "problem_type", "lon", "lat", "text", "address")
_AS_TOLD = (
    "problem_type", "prospective", "lon", "lat", "radius_m", "start", "end", "cases", "expected",
    "llr", "p",
)  # fmt: skip


def _row(record: ClusterRecord) -> dict[str, Any]:
    return {**{name: getattr(record, name) for name in _AS_TOLD}, "record": record}
