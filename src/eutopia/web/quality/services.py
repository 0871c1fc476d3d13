"""Entering statistics, assessing indices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import transaction

from eutopia.core.diagnose.index.assessment import assess, gather
from eutopia.core.diagnose.index.figures import (
    FiguresError,
    RejectedFigure,
    read_figure,
    read_figures,
)
from eutopia.core.diagnose.index.measures import Evidence, measure
from eutopia.core.norms import NormsInForce
from eutopia.core.records import (
    AssessedIndex,
    CompositeIndex,
    IndexIndicator,
    IndicatorValue,
    Reports,
    Statistic,
)
from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.foundation.bulk import Copied, copy_rows
from eutopia.web.ledger.digests import digest, table_digest
from eutopia.web.ledger.models import Run
from eutopia.web.ledger.services import (
    Computation,
    compute,
    find_run,
    read_inputs,
    record_run,
    register_digest,
)
from eutopia.web.quality import bridge, models
from eutopia.web.reports import bridge as reports_bridge
from eutopia.web.reports.services import norms_of
from eutopia.web.territory import bridge as territory_bridge
from eutopia.web.territory.models import District, Territory
from eutopia.web.territory.services import territory_row
from eutopia.web.utilities import bridge as utilities_bridge
from eutopia.web.utilities.models import Interruption

METHOD = "eutopia.core.diagnose.index.assessment:assess"
REPLICATES = 1_000
_KEY = ("territory_id", "indicator", "unit", "as_of")
_PARTS = frozenset({"districts", "streets", "spaces", "buildings", "assets", "heritage"})

__all__ = [
    "Entered",
    "FiguresError",
    "RejectedFigure",
    "assess_indices",
    "enter_figure",
    "enter_statistics",
    "import_statistics",
    "replay_assessment",
]


@dataclass(frozen=True, slots=True)
class Entered:
    """What came of a table of figures."""

    copied: Copied
    rejected: tuple[RejectedFigure, ...]


def import_statistics(actor: Actor, territory: Territory | int, text: str) -> Entered:
    """Which figures of a table are new or changed, and which rows were set aside?

    Parameters
    ----------
    text
        CSV as `read_figures` takes it.

    Notes
    -----
    Rows that cannot be used are named and do not stop the rest. The same table again changes
    nothing. The indices say what they said until `assess_indices`.

    Raises
    ------
    AccessDenied
    FiguresError
        The table has not the columns; nothing is stored.
    """
    territory = territory_row(territory)
    require(actor, "statistic.enter", territory)
    read = read_figures(text, **_bounds(territory))
    return Entered(enter_statistics(actor, territory, read.usable), read.rejected)


def enter_figure(actor: Actor, territory: Territory | int, cells: dict[str, str]) -> Entered:
    """Is one figure, its cells named as the table's columns, taken?

    Raises
    ------
    AccessDenied
    """
    territory = territory_row(territory)
    require(actor, "statistic.enter", territory)
    read = read_figure(cells, **_bounds(territory))
    if isinstance(read, Statistic):
        return Entered(enter_statistics(actor, territory, (read,)), ())
    return Entered(Copied(0, 0, 0), (RejectedFigure(1, *read, cells[read[0]]),))


def _bounds(territory: Territory) -> dict[str, Any]:
    """What a figure may be of, and until when."""
    districts = District.objects.filter(territory=territory).values_list("code", flat=True)
    return {
        "indicators": {one.code for one in norms_of(territory).indicators()},
        "districts": set(districts),
        "as_of": territory.as_of,
    }


@transaction.atomic
def enter_statistics(actor: Actor, territory: Territory, statistics: Sequence[Statistic]) -> Copied:
    """How many of these figures are new, how many changed?

    Raises
    ------
    AccessDenied
        The actor may not enter figures here.
    """
    require(actor, "statistic.enter", territory)
    rows = [
        {
            "territory_id": territory.pk,
            "indicator": one.indicator,
            "unit": one.unit,
            "as_of": one.as_of,
            "value": one.value,
            "source": one.source,
        }
        for one in statistics
    ]
    before = _stored(territory, statistics)
    done = copy_rows(models.Statistic, rows, key=_KEY)
    if done.inserted or done.updated:
        log_act(
            actor,
            "statistic.enter",
            territory,
            before=before,
            after={
                "inserted": done.inserted,
                "updated": done.updated,
                "figures": [_plain(one) for one in statistics[:50]],
            },
            municipality=territory.code,
        )
    return done


def _plain(one: Statistic) -> list[str]:
    return [one.indicator, one.unit, one.as_of.isoformat(), str(one.value), one.source]


def _stored(territory: Territory, statistics: Sequence[Statistic]) -> dict[str, Any]:
    """What the log keeps of the figures that are overwritten."""
    asked = {(one.indicator, one.unit, one.as_of): one for one in statistics}
    kept = [
        _plain(one)
        for one in bridge.statistics(territory.pk)
        if (one.indicator, one.unit, one.as_of) in asked
        and asked[one.indicator, one.unit, one.as_of] != one
    ]
    return {"figures": kept[:50]} if kept else {}


def assess_indices(
    actor: Actor, territory: Territory | int, *, columns: Reports | None = None
) -> tuple[Run, ...]:
    """What does each index of the packs in force say? The runs, in the packs' order.

    Parameters
    ----------
    columns
        The reports if they are at hand already; read otherwise.

    Notes
    -----
    Register, reports, outages and figures unchanged: nothing is computed again. The values that
    went in are kept with the run, so that points and places can be replayed when the register has
    moved on.

    Raises
    ------
    AccessDenied
    """
    territory = territory_row(territory)
    require(actor, "index.assess", territory)
    norms = norms_of(territory)
    asked = _asked(territory, norms, columns)
    standing = {
        row.index: row.run
        for row in models.Assessment.objects.filter(territory=territory).select_related("run")
    }
    models.Assessment.objects.filter(territory=territory).exclude(index__in=asked).delete()
    waiting = {
        code: one
        for code, one in asked.items()
        if code not in standing or standing[code] != find_run(one)
    }
    if not waiting:
        return tuple(standing[code] for code in asked)
    values = _values(territory, norms, list(waiting), columns)
    for position, index in enumerate(norms.indices()):
        if index.code in waiting:
            known = tuple(v for v in values if v.indicator in _codes(norms, index))
            standing[index.code] = _assess(
                actor, territory, norms, index, known, waiting[index.code], position
            )
    return tuple(standing[code] for code in asked)


def _codes(norms: NormsInForce, index: CompositeIndex) -> frozenset[str]:
    return frozenset(one.code for one in norms.indicators(index.code))


def _asked(
    territory: Territory, norms: NormsInForce, columns: Reports | None
) -> dict[str, Computation]:
    if not norms.indices():
        return {}
    told = reports_bridge.reports(territory.pk) if columns is None else columns
    went_in = digest(
        register_digest(territory),
        told,
        table_digest(Interruption, territory.pk, order=("code",)),
        table_digest(models.Statistic, territory.pk, order=("indicator", "unit", "as_of")),
    )
    return {
        one.code: Computation(
            territory.pk,
            METHOD,
            {"index": one.code, "replicates": REPLICATES},
            norms.editions,
            went_in,
            territory.as_of,
            seed=0,
        )
        for one in norms.indices()
    }


def _values(
    territory: Territory, norms: NormsInForce, indices: Sequence[str], columns: Reports | None
) -> tuple[IndicatorValue, ...]:
    evidence = Evidence(
        territory_bridge.territory(territory.pk, parts=_PARTS),
        territory.as_of,
        reports_bridge.reports(territory.pk) if columns is None else columns,
        utilities_bridge.interruptions(territory.pk),
    )
    indicators = tuple(one for code in indices for one in norms.indicators(code))
    # The same question of two indices is measured once.
    found: dict[tuple[str, Any], np.ndarray[Any, np.dtype[np.float64]]] = {}
    measured = {}
    for one in indicators:
        if one.measure:
            key = (one.measure, one.parameters)
            if key not in found:
                found[key] = measure(one, evidence)
            measured[one.code] = found[key]
    statistics = bridge.statistics(territory.pk)
    return gather(indicators, evidence.units, measured, statistics, as_of=territory.as_of)


def _assess(
    actor: Actor,
    territory: Territory,
    norms: NormsInForce,
    index: CompositeIndex,
    values: tuple[IndicatorValue, ...],
    asked: Computation,
    position: int,
) -> Run:
    indicators = norms.indicators(index.code)
    computed = compute(asked, lambda: assess(index, indicators, values, replicates=REPLICATES))
    with transaction.atomic():
        run = record_run(
            computed, inputs={"index": (index,), "indicators": indicators, "values": values}
        )
        models.Assessment.objects.update_or_create(
            territory=territory,
            index=index.code,
            defaults={
                "run": run,
                "position": position,
                "record": AssessedIndex(index, indicators, computed.result),
            },
        )
        log_act(
            actor,
            "index.assess",
            territory,
            after={"run": run.pk, "index": index.code},
            municipality=territory.code,
        )
    return run


def replay_assessment(run: Run) -> str:
    """Which digest do points and places have when computed again from the values kept?

    Raises
    ------
    LookupError
        The run kept no inputs.
    """
    kept = read_inputs(
        run, {"index": CompositeIndex, "indicators": IndexIndicator, "values": IndicatorValue}
    )
    return digest(
        assess(
            kept["index"][0],
            kept["indicators"],
            kept["values"],
            replicates=run.parameters["replicates"],
        )
    )
