"""What pages read about promises and computations."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, OuterRef, QuerySet, Subquery, Sum

from eutopia.web.ledger.models import Promise, PromiseEvent, Run
from eutopia.web.territory.selectors import Page, page_bounds, wording


@dataclass(frozen=True, slots=True)
class EditionView:
    """A pack a computation read."""

    id: str
    edition: str
    digest: str


@dataclass(frozen=True, slots=True)
class QualityView:
    """A weakness of the data: its code, in how many reports, what was done, where."""

    code: str
    count: int
    treatment: str
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RunView:
    """How a result was computed: enough to do it again."""

    id: int
    method: str
    """Path of the core's function, `module:function`."""
    parameters: tuple[tuple[str, str], ...]
    editions: tuple[EditionView, ...]
    seed: int | None
    input_digest: str
    output_digest: str
    as_of: date
    started: datetime
    seconds: float
    software: str
    keeps_inputs: bool
    """Whether what went in is kept with it, so that it can be replayed for ever."""
    quality: tuple[QualityView, ...]
    """What was wrong with the data it read."""


@dataclass(frozen=True, slots=True)
class PromiseView:
    """What was promised and what became of it.

    `kind`: work, vote, deadline, warranty. `state`: made, kept, late, broken, withdrawn.
    `subject_kind` and `subject_id` say what it is about (candidate, ballot_project, work).
    """

    id: int
    kind: str
    title: str
    district: str
    made: date
    due: date | None
    amount: Decimal | None
    state: str
    since: date
    evidence: tuple[tuple[str, str], ...]
    subject_kind: str
    subject_id: int
    history: tuple[tuple[str, date], ...]


@dataclass(frozen=True, slots=True)
class PromiseFigures:
    """How many promises, in which state; `made` are those still open."""

    made: int
    kept: int
    late: int
    broken: int
    withdrawn: int
    amount: Decimal


def _run_view(row: Run) -> RunView:
    return RunView(
        id=row.pk,
        method=row.method,
        parameters=tuple((name, _printed(value)) for name, value in sorted(row.parameters.items())),
        editions=tuple(EditionView(e["id"], e["edition"], e["digest"]) for e in row.editions),
        seed=row.seed,
        input_digest=row.input_digest,
        output_digest=row.output_digest,
        as_of=row.as_of,
        started=row.started,
        seconds=row.seconds,
        software=row.software,
        keeps_inputs=row.inputs is not None,
        quality=tuple(
            QualityView(
                q["code"], q["count"], q["treatment"], tuple((n, v) for n, v in q["values"])
            )
            for q in row.quality
        ),
    )


def _printed(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def run(run_id: int) -> RunView | None:
    """How was a result computed? None where there is no such run."""
    row = Run.objects.filter(pk=run_id).first()
    return None if row is None else _run_view(row)


def runs(territory_id: int, *, page: int = 1, size: int = 50) -> Page[RunView]:
    """Which computations were made, the latest first?"""
    rows = Run.objects.filter(territory_id=territory_id)
    total = rows.count()
    number, pages, cut = page_bounds(total, number=page, size=size)
    items = tuple(_run_view(row) for row in rows.order_by("-started", "-pk")[cut])
    return Page(items, number, pages, total, size)


def _with_state(territory_id: int) -> QuerySet[Any]:
    latest = PromiseEvent.objects.filter(promise=OuterRef("pk")).order_by("-id")
    return Promise.objects.filter(territory_id=territory_id).annotate(
        state=Subquery(latest.values("state")[:1])
    )


def _promise_view(row: Any) -> PromiseView:
    events = sorted(row.events.all(), key=lambda event: event.pk)
    latest = events[-1]
    return PromiseView(
        id=row.pk,
        kind=row.kind,
        title=wording(row.title),
        district=row.district,
        made=row.made,
        due=row.due,
        amount=row.amount,
        state=latest.state,
        since=latest.on,
        evidence=tuple((k, _printed(v)) for k, v in sorted(latest.evidence.items())),
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        history=tuple((event.state, event.on) for event in events),
    )


def promises(
    territory_id: int, *, kind: str = "", state: str = "", page: int = 1, size: int = 25
) -> Page[PromiseView]:
    """What was promised, the next due first? Three queries, whatever the size."""
    rows = _with_state(territory_id)
    if kind:
        rows = rows.filter(kind=kind)
    if state:
        rows = rows.filter(state=state)
    total = rows.count()
    number, pages, cut = page_bounds(total, number=page, size=size)
    ordered = rows.order_by(F("due").asc(nulls_last=True), "pk").prefetch_related("events")
    items = tuple(_promise_view(row) for row in ordered[cut])
    return Page(items, number, pages, total, size)


def promise_figures(territory_id: int) -> PromiseFigures:
    """How many promises were made (and are still open), kept, broken?"""
    rows = _with_state(territory_id)
    counts = Counter(dict(rows.values_list("state").annotate(n=Count("pk"))))
    money = rows.exclude(state="withdrawn").aggregate(total=Sum("amount"))["total"]
    return PromiseFigures(
        made=counts["made"],
        kept=counts["kept"],
        late=counts["late"],
        broken=counts["broken"],
        withdrawn=counts["withdrawn"],
        amount=money or Decimal(0),
    )


def promises_about(
    territory_id: int, subject_kind: str, subject_ids: Sequence[int]
) -> tuple[PromiseView, ...]:
    """What was promised about these things, the earliest first?"""
    rows = Promise.objects.filter(
        territory_id=territory_id, subject_kind=subject_kind, subject_id__in=subject_ids
    )
    return tuple(
        _promise_view(row) for row in rows.order_by("made", "pk").prefetch_related("events")
    )
