"""Looking for clusters, and storing them with the run that found them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from eutopia.core.diagnose.clusters import (
    DEFAULT_SETTINGS,
    EDITION,
    ClusterSettings,
    ClusterSurvey,
    find_clusters,
    first_day,
)
from eutopia.core.records import Cluster as ClusterRecord
from eutopia.core.records import PastScans, QualityNote, Reports
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
from eutopia.web.problems.models import Cluster, KeptScans
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
    Duplicates count once. The same input is not computed twice, and past weeks of a kind are not
    looked at anew while its reports stand as they were; clusters of earlier runs make room for the
    new ones. What was scanned is kept with the run, numbers in place of words, so that it can be
    replayed when reports have moved on.

    Raises
    ------
    AccessDenied
        The actor may not look for problems here.
    """
    require(actor, "problem.find", territory)
    told = told or what_is_told(territory)
    since = first_day(territory.as_of, settings=settings) - timedelta(days=_SPARE_DAYS)
    late = told.reports.take(told.reports.opened >= np.datetime64(since, "s"))
    events = _without_words(reports_bridge.first_told(late, told.groups))
    asked = Computation(
        territory.pk,
        METHOD,
        {"settings": to_plain(settings), "time_zone": territory.time_zone, "edition": EDITION},
        (),
        digest(events),
        territory.as_of,
        seed=settings.seed,
    )
    earlier = find_run(asked)
    if earlier is not None and still_stands(earlier):
        return earlier.pk
    before = KeptScans.objects.filter(territory=territory).first()
    kept = before.record if before else PastScans()
    computed = compute(
        asked, lambda: find_clusters(events, kept=kept, **_look_of(asked)), compared=_compared
    )
    survey = computed.result
    folded = QualityNote("duplicate", len(late) - len(events), "one_event")
    notes = (*survey.notes, *((folded,) if folded.count else ()))
    with transaction.atomic():
        run = record_run(computed, inputs=_plain(events), quality=notes)
        if kept != survey.past:
            KeptScans.objects.update_or_create(
                territory=territory, defaults={"record": survey.past}
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
    events = _events(read_inputs(run, {}))
    return digest(_compared(find_clusters(events, **_look_of(run))))


def _look_of(told: Computation | Run) -> dict[str, Any]:
    return {
        "as_of": told.as_of,
        "time_zone": told.parameters["time_zone"],
        "settings": ClusterSettings(**told.parameters["settings"]),
    }


def _compared(survey: ClusterSurvey) -> ClusterSurvey:
    """What must come out the same; what is kept for the next time says no more."""
    return replace(survey, past=PastScans())


def _without_words(events: Reports) -> Reports:
    """What a scan needs of the reports.

    It asks only whether two texts or addresses are the same, so numbers stand for them: words of
    residents are kept nowhere else than in their reports.
    """
    nobody = np.full(len(events), -1, dtype=np.int32)
    return replace(
        events,
        closed=np.full(len(events), "NaT", dtype="datetime64[s]"),
        district=nobody,
        districts=(),
        organisation=nobody,
        organisations=(),
        text=_numbered(events.text, least=_LEAST_TEXT),
        address=_numbered(events.address, least=1),
    )


_LEAST_TEXT = 20
"""Shorter texts are the same by chance: screening passes them over."""


def _numbered(words: NDArray[np.object_], *, least: int) -> NDArray[np.object_]:
    """A number, so many letters long, for each different text from this length on."""
    number: dict[str, str] = {"": ""}
    column = np.empty(len(words), dtype=object)
    column[:] = [
        number.setdefault(one, f"{len(number):0{least}}") if len(one) >= least else ""
        for one in words.tolist()
    ]
    return column


def _plain(events: Reports) -> dict[str, list[Any]]:
    """The columns as plain values."""
    return {
        "problem_types": list(events.problem_types),
        "opened": events.opened.astype("datetime64[s]").astype(np.int64).tolist(),
        "lon": [None if v != v else v for v in events.lon.tolist()],
        "lat": [None if v != v else v for v in events.lat.tolist()],
        **{name: getattr(events, name).tolist() for name in _AS_THEY_ARE},
    }


def _events(kept: Mapping[str, Sequence[Any]]) -> Reports:
    """The reports of which :func:`_plain` wrote the columns."""
    words = {name: np.array(kept[name], dtype=object) for name in ("id", "text", "address")}
    n = len(kept["id"])
    nobody = np.full(n, -1, dtype=np.int32)
    return Reports(
        opened=np.array(kept["opened"], dtype=np.int64).view("datetime64[s]"),
        closed=np.full(n, "NaT", dtype="datetime64[s]"),
        lon=np.array(kept["lon"], dtype=np.float64),
        lat=np.array(kept["lat"], dtype=np.float64),
        problem_type=np.array(kept["problem_type"], dtype=np.int32),
        problem_types=tuple(kept["problem_types"]),
        district=nobody,
        districts=(),
        organisation=nobody,
        organisations=(),
        **words,
    )


_AS_THEY_ARE = ("id", "problem_type", "text", "address")
_AS_TOLD = (
    "problem_type", "prospective", "lon", "lat", "radius_m", "start", "end", "cases", "expected",
    "llr", "p",
)  # fmt: skip


def _row(record: ClusterRecord) -> dict[str, Any]:
    return {**{name: getattr(record, name) for name in _AS_TOLD}, "record": record}
