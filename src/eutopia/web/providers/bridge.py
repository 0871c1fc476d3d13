"""Rows of reports, buildings and interruptions as what providers are compared by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

import numpy as np
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Extract
from numpy.typing import NDArray

from eutopia.core.evaluate.provider_cases import Cases, Stock
from eutopia.core.evaluate.reliability import Outages
from eutopia.core.kit.spatial import LocalPlane
from eutopia.web.reports.models import Report, StatusChange
from eutopia.web.reports.workflow import ACCEPTED, CLOSING
from eutopia.web.territory.models import Building, Organisation
from eutopia.web.utilities.models import Interruption

Floats = NDArray[np.float64]


def comparable(territory_id: int, *, since: datetime) -> dict[str, tuple[str, ...]]:
    """Which organisations of each kind can be compared with each other, ordered by code?

    Kinds of which two or more keep houses, or answer for reports of one kind. Three queries.
    """
    kinds: dict[str, list[str]] = defaultdict(list)
    rows = Organisation.objects.filter(territory_id=territory_id).order_by("code")
    for code, kind in rows.values_list("code", "kind"):
        kinds[kind].append(code)
    houses = Building.objects.filter(territory_id=territory_id).order_by()
    keepers = {code or "" for code in houses.values_list("housing_manager", flat=True).distinct()}
    reports = Report.objects.filter(territory_id=territory_id, opened__gte=since).order_by()
    answers: dict[str, set[str]] = defaultdict(set)
    for about, code in reports.values_list("problem_type", "organisation").distinct():
        answers[about].add(code)
    return {
        kind: tuple(codes)
        for kind, codes in kinds.items()
        if any(len(who.intersection(codes)) > 1 for who in (keepers, *answers.values()))
    }


def cases(territory_id: int, codes: Sequence[str], plane: LocalPlane, *, since: datetime) -> Cases:
    """Which reports do these organisations answer for, in the order of their numbers?

    Those opened, due or closed since then; what was over earlier changes nothing.
    """
    sent_back = StatusChange.objects.filter(
        report=OuterRef("pk"), before__in=CLOSING, after=ACCEPTED
    )
    rows = list(
        Report.objects.filter(
            Q(opened__gte=since) | Q(closed__gte=since) | Q(due__gte=since),
            territory_id=territory_id,
            organisation__in=codes,
        )
        .order_by("source", "number")
        .annotate(
            sent_back=Exists(sent_back),
            **{f"{moment}_s": Extract(moment, "epoch") for moment in ("opened", "closed", "due")},
        )
        .values_list(
            "organisation", "problem_type", "opened_s", "closed_s", "due_s", "lon", "lat",
            "sent_back",
        )
    )  # fmt: skip
    kinds = tuple(sorted({row[1] for row in rows}))
    place = {code: i for i, code in enumerate(codes)}
    kind = {code: i for i, code in enumerate(kinds)}
    x, y = plane.forward(_numbers([row[5] for row in rows]), _numbers([row[6] for row in rows]))
    return Cases(
        providers=tuple(codes),
        provider=np.array([place[row[0]] for row in rows], np.int64),
        kinds=kinds,
        kind=np.array([kind[row[1]] for row in rows], np.int64),
        opened=_numbers([row[2] for row in rows]),
        closed=_numbers([row[3] for row in rows]),
        due=_numbers([row[4] for row in rows]),
        x=x,
        y=y,
        reopened=np.array([row[7] for row in rows], bool),
    )


def stock(territory_id: int, codes: Sequence[str], plane: LocalPlane, *, year: int) -> Stock:
    """Which buildings do these organisations keep?"""
    place = {code: i for i, code in enumerate(codes)}
    rows = list(
        Building.objects.filter(territory_id=territory_id, housing_manager__in=codes)
        .order_by("code")
        .annotate(lon=(F("west") + F("east")) / 2, lat=(F("south") + F("north")) / 2)
        .values_list("housing_manager", "lon", "lat", "dwellings", "built", "storeys")
    )
    x, y = plane.forward(_numbers([row[1] for row in rows]), _numbers([row[2] for row in rows]))
    return Stock(
        provider=np.array([place[str(row[0])] for row in rows], np.int64),
        x=x,
        y=y,
        dwellings=np.array([row[3] for row in rows], np.int64),
        age=_numbers([None if row[4] is None else year - row[4] for row in rows]),
        storeys=_numbers([row[5] for row in rows]),
    )


def outages(
    rows: Sequence[Interruption], *, now: datetime
) -> tuple[Outages, tuple[tuple[str, str], ...]]:
    """What did these interruptions cost customers, and which could not be counted, and why?

    An interruption that goes on is counted up to `now`.
    """
    aside, kept = [], []
    for row in rows:
        end = min(row.ended or now, now)
        if end < row.started:
            aside.append((row.code, "ends_before_it_starts"))
        elif row.customers <= 0:
            aside.append((row.code, "no_customers"))
        else:
            kept.append((row.started.timestamp(), end.timestamp(), row.customers))
    columns = np.array(kept, np.float64).reshape(-1, 3).round().astype(np.int64)
    return Outages(columns[:, 0], columns[:, 1], columns[:, 2]), tuple(aside)


def _numbers(values: Sequence[float | int | None]) -> Floats:
    return np.array([np.nan if v is None else v for v in values], np.float64)
