"""How systemic is what people report, month by month, and how long do closures hold?"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from django.db import transaction

from eutopia.core.diagnose.indicators import indicators_by_month
from eutopia.core.diagnose.problems import DEFAULT_SETTINGS
from eutopia.core.diagnose.recurrence import (
    RecurrenceTable,
    ReturnCurve,
    chronic_places,
    time_to_return,
)
from eutopia.core.kit.stats import share_interval
from eutopia.core.records import Reports
from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.ledger.digests import digest
from eutopia.web.ledger.models import Run
from eutopia.web.ledger.services import Computation, compute, find_run, record_run, still_stands
from eutopia.web.problems.models import Problem, Recurrence, SystemicMonth
from eutopia.web.problems.services.telling import Told, what_is_told
from eutopia.web.reports.services import norms_of
from eutopia.web.territory.models import Territory

METHOD = "eutopia.core.diagnose.recurrence:count_recurrences"
AT_DAYS = tuple(range(0, 361, 15))
"""Evenly apart, so that a curve over them has time to scale."""
_PLACES = 30
_LEAST_AT_PLACE = 4


def measure_systemic(
    actor: Actor,
    territory: Territory,
    *,
    funded: Collection[int],
    told: Told | None = None,
) -> int:
    """Count the systemic indicators and the returns anew; give the run's number.

    Parameters
    ----------
    funded
        Rows of problems that a funded measure answers.
    told
        What the reports tell, if it is at hand already; read otherwise.

    Notes
    -----
    The same problems, reports and money are not counted twice.

    Raises
    ------
    AccessDenied
        The actor may not look for problems here.
    """
    require(actor, "problem.find", territory)
    rows = Problem.objects.filter(
        territory=territory, current=True, state__in=("found", "confirmed")
    ).order_by("number")
    numbers = {row.pk: row.number for row in rows}
    paid = frozenset(str(numbers[pk]) for pk in funded if pk in numbers)
    told = told or what_is_told(territory)
    asked = Computation(
        territory.pk,
        METHOD,
        {"window_days": DEFAULT_SETTINGS.recurrence_days, "months": 36},
        norms_of(territory).editions,
        digest(told.digest, sorted(paid), [(r.number, r.code, r.state) for r in rows]),
        territory.as_of,
    )
    earlier = find_run(asked)
    if earlier is not None and still_stands(earlier):
        return earlier.pk
    computed = compute(asked, lambda: told.recurrences, compared=lambda table: table.shares)
    table = computed.result
    problems = [replace(row.record, id=str(row.number)) for row in rows]
    costs = {t.code: t.response_cost.amount for t in norms_of(territory).problem_types()}
    months = indicators_by_month(
        problems, reports=told.reports, table=table, response_cost=costs,
        as_of=territory.as_of, funded=paid,
    )  # fmt: skip
    with transaction.atomic():
        run = record_run(computed)
        SystemicMonth.objects.filter(territory=territory).delete()
        Recurrence.objects.filter(territory=territory).delete()
        SystemicMonth.objects.bulk_create(
            [SystemicMonth(territory=territory, run=run, **asdict(one)) for one in months],
            batch_size=5_000,
        )
        Recurrence.objects.bulk_create(
            _returns(territory, run, told.reports, table), batch_size=5_000
        )
        log_act(
            actor,
            "problem.find",
            territory,
            after={"run": run.pk, "months": len(months)},
            municipality=territory.code,
        )
    return run.pk


def _returns(
    territory: Territory, run: Run, told: Reports, table: RecurrenceTable
) -> Iterator[Recurrence]:
    first = table.events.first
    columns: dict[str, tuple[Any, Sequence[str]]] = {
        "all": (np.zeros(len(first), dtype=np.int32), ("",)),
        "problem_type": (table.events.problem_type, told.problem_types),
        "organisation": (told.organisation[first], told.organisations),
    }
    chronic, rules = chronic_places(table, told.problem_types)
    rule_of = {rule.problem_type: asdict(rule) for rule in rules}
    for by, (codes, names) in columns.items():
        curves = {c.code: c for c in time_to_return(table, codes, names, at_days=AT_DAYS)}
        for share in table.shares:
            if share.by == by:
                rule = rule_of.get(share.code, {}) if by == "problem_type" else {}
                yield Recurrence(
                    territory=territory, run=run, by=by, code=share.code,
                    curve=_plain(curves.get(share.code)), chronic=rule,
                    **{n: getattr(share, n) for n in _COUNTED},
                )  # fmt: skip
    yield from _places(territory, run, told, table, chronic)


_COUNTED = ("events", "repeats", "closures", "returned", "share", "low", "high")


def _plain(curve: ReturnCurve | None) -> dict[str, Any]:
    if curve is None:
        return {}
    told = {n: list(getattr(curve, n)) for n in ("days", "holding", "low", "high")}
    return told | {"median": curve.median_days if math.isfinite(curve.median_days) else None}


def _places(
    territory: Territory, run: Run, told: Reports, table: RecurrenceTable, chronic: Any
) -> Iterator[Recurrence]:
    """The chronic places with most events that have words for the place."""
    if not len(table.place):
        return
    counts = np.bincount(table.place)
    order = np.argsort(-np.where(chronic, counts, 0), kind="stable")
    given: set[tuple[str, str]] = set()
    for label in order[chronic[order]].tolist():
        rows = np.flatnonzero(table.place == label)
        words = Counter(a for a in told.address[table.events.first[rows]].tolist() if a)
        kind = told.problem_types[int(table.events.problem_type[rows[0]])]
        if not words or (key := (min(words, key=lambda a: (-words[a], a))[:300], kind)) in given:
            continue
        given.add(key)
        closed = np.isfinite(table.days_to_next[rows])
        back = int((table.observed[rows] & (table.days_to_next[rows] <= table.window_days)).sum())
        low, high = share_interval(back, int(closed.sum()))
        yield Recurrence(
            territory=territory, run=run, by="place", code=key[0], problem_type=kind,
            events=len(rows), repeats=int(table.repeat[rows].sum()), closures=int(closed.sum()),
            returned=back, share=back / max(int(closed.sum()), 1), low=low, high=high,
            curve=_plain(_curve_at(table, label)),
        )  # fmt: skip
        if len(given) == _PLACES:
            return


def _curve_at(table: RecurrenceTable, label: int) -> ReturnCurve | None:
    here = np.where(table.place == label, 0, -1).astype(np.int32)
    found = time_to_return(table, here, ("",), at_days=AT_DAYS, least=_LEAST_AT_PLACE)
    return found[0] if found else None
