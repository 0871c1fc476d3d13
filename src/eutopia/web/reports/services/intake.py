"""Many reports at once: from a town's record, from anybody's file."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any

import h3
import numpy as np
import shapely
from django.db import transaction
from django.utils import timezone

from eutopia.core.listen.intake import ReportMapping, read_reports
from eutopia.core.listen.redaction import redact
from eutopia.core.listen.rejections import Rejection, write_rejections
from eutopia.core.records import Report
from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.foundation.bulk import Copied, CopyRefused, copy_rows
from eutopia.web.foundation.located import CELL_RESOLUTION
from eutopia.web.foundation.said import said
from eutopia.web.reports import models
from eutopia.web.reports.services.norms import DeadlineClock, norms_of, store_problem_types
from eutopia.web.reports.workflow import CLOSED_AT_SOURCE, RECEIVED
from eutopia.web.territory.models import District, Territory
from eutopia.web.territory.services import territory_row

_CHUNK = 5_000
_KEY = ("territory_id", "source", "number")
Progress = Callable[[str], None]


class ImportRefused(ValueError):  # noqa: N818 - a verdict on the file, not on the program.
    """The file cannot be imported; nothing was."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did. `rejects` is the file of rows set aside, None where there were none."""

    read: int
    added: int
    changed: int
    unchanged: int
    rejected: int
    rejects: Path | None


@transaction.atomic
def load_reports(
    actor: Actor, territory: Territory, reports: Iterable[Report], *, source: str = ""
) -> Copied:
    """How many of these reports are new, and how many had changed at their source?

    Parameters
    ----------
    source
        Named in the log.

    Notes
    -----
    Known by source and number, so loading again changes nothing. What people have done with a
    report here (its status, its closing) is never overwritten by its source. Text is redacted on
    the way in; a report without a district gets the one it lies in. Memory does not grow with
    their number.

    Raises
    ------
    AccessDenied
        The actor may not import here.
    CopyRefused
        A row cannot be stored; nothing is then.
    """
    require(actor, "report.import", territory)
    norms = norms_of(territory)
    done = copy_rows(models.Report, _rows(territory, reports, norms), key=_KEY)
    store_problem_types(territory, norms)
    if done.inserted or done.updated:
        log_act(
            actor,
            "report.import",
            territory,
            after={"source": source, "inserted": done.inserted, "updated": done.updated},
            municipality=territory.code,
        )
    return done


def import_reports(
    actor: Actor,
    territory: Territory | int,
    path: Path,
    *,
    mapping: ReportMapping,
    rejects: Path | None = None,
) -> Imported:
    """What of this file is new, what was set aside?

    Parameters
    ----------
    path
        CSV, JSON, JSON lines, GeoJSON or Parquet, gzip or not.
    mapping
        What its columns mean.
    rejects
        Where rows set aside are written; beside the file by default.

    Notes
    -----
    One transaction: a file that breaks off, or a program that is killed, leaves nothing half done.
    Rows that cannot be used are set aside with row, field, reason and mend, and do not stop the
    rest.

    Raises
    ------
    AccessDenied, UnreadableFileError, MappingError
        Not allowed; the file or the mapping cannot be used as a whole.
    ImportRefused
        A row cannot be stored although it could be read.
    """
    territory = territory_row(territory)
    require(actor, "report.import", territory)
    started, clock = timezone.now(), perf_counter()
    set_aside: list[Rejection] = []
    try:
        with transaction.atomic():
            rows = _usable(read_reports(path, mapping=mapping), set_aside)
            done = load_reports(actor, territory, rows, source=mapping.source)
            models.Import.objects.create(
                territory=territory,
                file_name=path.name,
                digest=_digest(path),
                source=mapping.source,
                started=started,
                seconds=perf_counter() - clock,
                read=done.inserted + done.updated + done.unchanged + len(set_aside),
                added=done.inserted,
                changed=done.updated,
                rejected=len(set_aside),
            )
    except CopyRefused as refused:
        raise ImportRefused(f"{path.name}: {refused}; nothing was imported") from refused
    beside = rejects or path.with_name(path.name + ".rejects.csv")
    write_rejections(set_aside, beside, words=said)
    return Imported(
        read=done.inserted + done.updated + done.unchanged + len(set_aside),
        added=done.inserted,
        changed=done.updated,
        unchanged=done.unchanged,
        rejected=len(set_aside),
        rejects=beside if set_aside else None,
    )


def _usable(told: Iterable[Report | Rejection], set_aside: list[Rejection]) -> Iterator[Report]:
    for one in told:
        if isinstance(one, Rejection):
            set_aside.append(one)
        else:
            yield one


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _rows(territory: Territory, reports: Iterable[Report], norms: Any) -> Iterator[dict[str, Any]]:
    clock = DeadlineClock(territory, norms)
    finder = DistrictFinder(territory)
    touched = _touched(territory)
    source = iter(reports)
    while chunk := list(islice(source, _CHUNK)):
        chunk = finder.fill(chunk)
        for report, (due, how) in zip(chunk, clock.due(chunk), strict=True):
            row = _row(territory.pk, report)
            row["due"], row["due_basis"] = due, how
            row.update(touched.get((report.source, report.id), {}))
            yield row


def _touched(territory: Territory) -> dict[tuple[str, str], dict[str, Any]]:
    """What people did here with reports, which no re-import may undo."""
    rows = models.Report.objects.filter(territory=territory, status_changes__gt=0)
    return {
        (row["source"], row["number"]): {
            name: row[name] for name in ("status", "closed", "closing_note")
        }
        for row in rows.values("source", "number", "status", "closed", "closing_note")
    }


def _row(territory_id: int, report: Report) -> dict[str, Any]:
    placed = report.lon is not None and report.lat is not None
    return {
        "territory_id": territory_id,
        "source": report.source,
        "number": report.id,
        "opened": report.opened,
        "closed": report.closed,
        "source_due": report.due,
        "due": None,
        "due_basis": None,
        "problem_type": report.problem_type,
        "lon": report.lon,
        "lat": report.lat,
        "cell": cell_at(report.lon, report.lat) if placed else None,
        "text": public_words(report.text),
        "language": report.language,
        "address": public_words(report.address),
        "district": report.district,
        "organisation": report.organisation,
        "channel": report.channel,
        "closing_note": public_words(report.closing_note),
        "status": RECEIVED if report.closed is None else CLOSED_AT_SOURCE,
    }


def cell_at(lon: float | None, lat: float | None) -> int | None:
    """In which H3 cell does a point count? None where it has no place."""
    if lon is None or lat is None:
        return None
    return int(h3.str_to_int(h3.latlng_to_cell(lat, lon, CELL_RESOLUTION)))


@functools.lru_cache(maxsize=8_192)
def public_words(words: str) -> str:
    """What of these words is fit for everybody?

    Notes
    -----
    Personal data are taken out by the core's redaction; the zero byte, which no text column
    holds, is dropped. The same words (addresses, closing notes) come again and again in an import:
    the latest are remembered.
    """
    return redact(words).text.replace("\x00", "") if words else ""


class DistrictFinder:
    """Tells in which district points lie: exactly, many at once."""

    def __init__(self, territory: Territory) -> None:
        rows = list(
            District.objects.filter(territory=territory, geometry__isnull=False)
            .order_by("code")
            .values_list("code", "geometry")
        )
        self._codes = [code for code, shape in rows if shape is not None]
        self._tree = shapely.STRtree([shape for _, shape in rows if shape is not None])

    def fill(self, reports: list[Report]) -> list[Report]:
        """Give each report with a place but no district the one it lies in (the first by code)."""
        missing = [i for i, r in enumerate(reports) if not r.district and r.lon is not None]
        if not missing or not self._codes:
            return reports
        points = shapely.points(
            np.array([[reports[i].lon, reports[i].lat] for i in missing], dtype=float)
        )
        hits = self._tree.query(points, predicate="intersects")
        found: dict[int, int] = {}
        for point, district in hits.T.tolist():
            found[point] = min(district, found.get(point, district))
        for point, district in found.items():
            i = missing[point]
            reports[i] = replace(reports[i], district=self._codes[district])
        return reports


def opened_now() -> datetime:
    """When is a report made that comes in at this moment, to the second?"""
    return timezone.now().replace(microsecond=0)
