"""What the territory's packs say about reports: kinds of problems, deadlines."""

from __future__ import annotations

import contextlib
import functools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count

from eutopia.core.listen.deadlines import deadlines, service_levels_for
from eutopia.core.norms import Norms, NormsInForce, PackError, load_norms
from eutopia.core.records import Deadline, Report, ServiceLevel
from eutopia.web.foundation.bulk import copy_rows
from eutopia.web.reports import models
from eutopia.web.territory.models import Territory
from eutopia.web.territory.services import forms

_CLOCK = "resolve"


@functools.lru_cache(maxsize=16)
def all_norms(packs: tuple[str, ...]) -> Norms:
    """What do these packs say over time? Read once while the program runs: packs ship with it."""
    return load_norms(packs)


def read_packs() -> None:
    """Read the packs of every municipality now, so that who asks first need not wait for it."""
    for packs in {tuple(packs) for packs in Territory.objects.values_list("packs", flat=True)}:
        with contextlib.suppress(PackError):  # Whoever asks for these is told.
            all_norms(packs)


def norms_of(territory: Territory) -> NormsInForce:
    """Which norms are in force in this municipality on its day?"""
    return all_norms(tuple(territory.packs)).at(territory.as_of)


def store_problem_types(territory: Territory, norms: NormsInForce) -> None:
    """Store the kinds of problems that the packs name, and those that only reports name.

    Notes
    -----
    A kind without a description keeps its code as its title and is marked as unknown.
    """
    known = [
        {
            "territory_id": territory.pk,
            "code": kind.code,
            "title": forms(kind.title),
            "group": kind.group,
            "owner": kind.owner,
            "severity": kind.severity,
            "known": True,
        }
        for kind in norms.problem_types()
    ]
    codes = {kind["code"] for kind in known}
    reported = (
        models.Report.objects.filter(territory=territory)
        .order_by()
        .values_list("problem_type")
        .annotate(n=Count("pk"))
    )
    unknown = [
        {
            "territory_id": territory.pk,
            "code": code,
            "title": [["en", code.replace("_", " ").capitalize()]],
            "group": "",
            "owner": "",
            "severity": 0,
            "known": False,
        }
        for code, _ in reported
        if code not in codes
    ]
    copy_rows(models.ProblemType, [*known, *unknown], key=("territory_id", "code"))


class DeadlineClock:
    """Counts deadlines for many reports: the levels of each kind are looked up once."""

    def __init__(self, territory: Territory, norms: NormsInForce) -> None:
        self._zone = territory.time_zone
        self._levels = norms.service_levels()
        calendars = norms.calendars()
        self._calendar = calendars[0] if calendars else None
        self._by_type: dict[str, ServiceLevel | None] = {}

    def level(self, problem_type: str) -> ServiceLevel | None:
        """Which level says by when such a problem must be resolved? None where none does."""
        if problem_type not in self._by_type:
            levels = service_levels_for(self._levels, problem_type=problem_type, attributes={})
            self._by_type[problem_type] = next((v for v in levels if v.clock == _CLOCK), None)
        return self._by_type[problem_type]

    def due(self, reports: Sequence[Report]) -> list[tuple[datetime | None, dict[str, Any] | None]]:
        """By when must each be resolved, and how was that counted?

        Notes
        -----
        A deadline that the source set itself comes first: it is the municipality's own word.
        Without it, the service level in force; without that, none.
        """
        found: list[tuple[datetime | None, dict[str, Any] | None]] = [(None, None)] * len(reports)
        waiting: dict[str, list[int]] = defaultdict(list)
        for position, report in enumerate(reports):
            if report.due is not None:
                found[position] = report.due, _set_by_source()
            else:
                waiting[report.problem_type].append(position)
        for problem_type, positions in waiting.items():
            starts = [reports[i].opened for i in positions]
            for i, told in zip(positions, self._count(problem_type, starts), strict=False):
                found[i] = told.due, basis(told)
        return found

    def _count(self, problem_type: str, starts: Iterable[datetime]) -> tuple[Deadline, ...]:
        level = self.level(problem_type)
        if level is None or self._calendar is None:
            return ()
        return deadlines(starts, level=level, calendar=self._calendar, time_zone=self._zone)


def basis(told: Deadline) -> dict[str, Any]:
    """How was a deadline counted, as it is stored beside it?"""
    return {
        "service_level": told.service_level,
        "clock": told.clock,
        "counting": told.counting,
        "calendar": told.calendar,
        "calendar_complete": told.calendar_complete,
    }


def _set_by_source() -> dict[str, Any]:
    return {
        "service_level": "",
        "clock": _CLOCK,
        "counting": "set_by_source",
        "calendar": "",
        "calendar_complete": True,
    }
