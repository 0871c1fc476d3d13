"""What the dispatcher's desk reads: calls with their clocks, events with their story."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import Count, Prefetch, QuerySet

from eutopia.web.territory.models import Building
from eutopia.web.territory.selectors import wording
from eutopia.web.utilities.models import Call, CallOut, Connection, Crew, Entry, Interruption
from eutopia.web.utilities.selectors.house import _bodies, outage
from eutopia.web.utilities.selectors.outages import OutageView, where_out

_DONE = {"respond": "answered", "inform": "told", "temporary_fix": "localised",
         "inspect": "checked", "resolve": "resolved", "call_back": "answered"}  # fmt: skip
"""By which column of a call a clock has been kept."""


@dataclass(frozen=True, slots=True)
class ClockView:
    """By when something is due, when it was done, and whether that was in time."""

    clock: str
    due: datetime
    done: datetime | None
    late: bool
    article: str
    verification: str


@dataclass(frozen=True, slots=True)
class CallView:
    """One call."""

    id: int
    received: datetime
    answered: datetime | None
    building: str
    address: str
    dwelling: str
    service: str
    words: str
    organisation: str
    event: int | None
    resolved: datetime | None
    clocks: tuple[ClockView, ...]

    @property
    def next_clock(self) -> ClockView | None:
        """What is due next."""
        waiting = [one for one in self.clocks if one.done is None]
        return min(waiting, key=lambda one: one.due) if waiting else None


@dataclass(frozen=True, slots=True)
class CrewView:
    """A crew, and where it is."""

    id: int
    name: str
    organisation: str
    services: tuple[str, ...]
    out_to: int | None


@dataclass(frozen=True, slots=True)
class CallOutView:
    """A crew at an event."""

    id: int
    crew: str
    sent: datetime
    arrived: datetime | None
    finished: datetime | None


@dataclass(frozen=True, slots=True)
class EventLine:
    """An event in the list: how many called, is anybody on the way, is its end promised."""

    outage: OutageView
    calls: int
    crews: int
    told_by: tuple[tuple[str, int], ...] = ()
    """Sources of the signals joined into it, and how many of each."""

    @property
    def told_once(self) -> bool:
        """Whether one resident alone tells of it, and nobody has checked it."""
        return not self.outage.confirmed and self.calls + sum(n for _, n in self.told_by) < 2


@dataclass(frozen=True, slots=True)
class EventView:
    """One event whole."""

    outage: OutageView
    houses: tuple[tuple[str, str], ...]
    """Code and address of each building."""
    calls: tuple[CallView, ...]
    calls_total: int
    call_outs: tuple[CallOutView, ...]
    crews: tuple[CrewView, ...]
    story: tuple[tuple[datetime, str, str], ...]
    origin: str = ""
    told_by: tuple[tuple[str, int], ...] = ()
    fed: int = 0
    """How many buildings hang on the parts of the network that its buildings hang on."""
    ringing: int = 0
    """Calls about it that nobody has answered yet."""


def waiting_calls(
    territory_id: int, *, now: datetime, organisations: tuple[str, ...] | None = None
) -> tuple[CallView, ...]:
    """Which calls wait: those that ring first, then those of no event, by what is due next?"""
    rows = Call.objects.filter(territory_id=territory_id, resolved__isnull=True)
    if organisations is not None:
        rows = rows.filter(organisation__in=organisations)
    rows = rows.filter(interruption__isnull=True).order_by("received")[:100]
    views = _calls(territory_id, list(rows), now)
    last = datetime.max.replace(tzinfo=now.tzinfo)
    return tuple(
        sorted(
            views,
            key=lambda one: (
                one.answered is not None,
                one.next_clock.due if one.next_clock else last,
                one.id,
            ),
        )
    )


def _calls(territory_id: int, rows: list[Call], now: datetime) -> tuple[CallView, ...]:
    codes = {row.building for row in rows}
    found = Building.objects.filter(territory_id=territory_id, code__in=codes)
    addresses = {code: wording(words) for code, words in found.values_list("code", "address")}
    return tuple(
        CallView(
            id=row.pk,
            received=row.received,
            answered=row.answered,
            building=row.building,
            address=addresses.get(row.building, row.building),
            dwelling=row.dwelling,
            service=row.service,
            words=row.words,
            organisation=row.organisation,
            event=row.interruption_id,
            resolved=row.resolved,
            clocks=_clocks(row, now),
        )
        for row in rows
    )


def _clocks(row: Call, now: datetime) -> tuple[ClockView, ...]:
    found = []
    for told in row.clocks:
        due = datetime.fromisoformat(told["due"])
        done = getattr(row, _DONE.get(told["clock"], "resolved"))
        found.append(
            ClockView(
                clock=told["clock"],
                due=due,
                done=done,
                late=(done or now) > due,
                article=told["article"],
                verification=told["verification"],
            )
        )
    return tuple(sorted(found, key=lambda one: one.due))


def call(territory_id: int, call_id: int, *, now: datetime) -> CallView | None:
    """One call; None where there is none such here."""
    row = Call.objects.filter(territory_id=territory_id, pk=call_id).first()
    return None if row is None else _calls(territory_id, [row], now)[0]


def events_now(
    territory_id: int, *, now: datetime, organisations: tuple[str, ...] | None = None
) -> tuple[EventLine, ...]:
    """Which events go on, those with the most calls first? Planned ones last."""
    rows = Interruption.objects.filter(territory_id=territory_id, started__lte=now)
    rows = rows.exclude(ended__lte=now)
    if organisations is not None:
        rows = rows.filter(organisation__in=organisations)
    bodies = _bodies(territory_id)
    told = list(
        rows.annotate(heard=Count("calls", distinct=True), sent=Count("call_outs", distinct=True))
    )
    places = where_out(territory_id, ((row.pk, row.buildings) for row in told))
    lines = [
        EventLine(
            replace(outage(row, bodies), where=places[row.pk]), row.heard, row.sent, _sources(row)
        )
        for row in told
    ]
    return tuple(
        sorted(lines, key=lambda one: (one.outage.planned, -one.calls, -one.outage.customers))
    )


def event(territory_id: int, event_id: int, *, now: datetime) -> EventView | None:
    """One event with its calls, crews and story; None where there is none such here."""
    rows = Interruption.objects.filter(territory_id=territory_id, pk=event_id)
    row = rows.prefetch_related(
        Prefetch("entries", Entry.objects.order_by("at", "pk")),
        Prefetch("call_outs", CallOut.objects.select_related("crew").order_by("sent")),
    ).first()
    if row is None:
        return None
    found = Building.objects.filter(territory_id=territory_id, code__in=row.buildings)
    calls = list(row.calls.order_by("-received")[:50])
    sent = {one.crew.code: wording(one.crew.name) for one in row.call_outs.all()}
    return EventView(
        outage=outage(row, _bodies(territory_id)),
        houses=tuple(
            sorted(
                ((code, wording(a) or code) for code, a in found.values_list("code", "address")),
                key=lambda one: one[1],
            )
        ),
        calls=_calls(territory_id, calls, now),
        calls_total=row.calls.count(),
        call_outs=tuple(
            CallOutView(one.pk, wording(one.crew.name), one.sent, one.arrived, one.finished)
            for one in row.call_outs.all()
        ),
        crews=crews(territory_id, service=row.service),
        story=tuple((one.at, one.act, sent.get(one.words, one.words)) for one in row.entries.all()),
        origin=row.origin,
        told_by=_sources(row),
        fed=_fed(row),
        ringing=0 if row.ended is not None and row.ended <= now else ringing(row).count(),
    )


def ringing(event: Interruption) -> QuerySet[Call]:
    """Which calls that nobody has answered yet are about this event's service at its buildings?"""
    return Call.objects.filter(
        territory_id=event.territory_id,
        service=event.service,
        building__in=event.buildings,
        answered__isnull=True,
        resolved__isnull=True,
    )


def _sources(row: Interruption) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(source for source, _code in row.told_by).items()))


def _fed(row: Interruption) -> int:
    rows = Connection.objects.filter(territory_id=row.territory_id, service=row.service)
    parts = rows.filter(building__in=row.buildings, asset__isnull=False).values("asset")
    return rows.filter(asset__in=parts).values("building").distinct().count()


def crews(territory_id: int, *, service: str = "") -> tuple[CrewView, ...]:
    """Which crews are there for a service, and which are out? Free ones first."""
    rows = Crew.objects.filter(territory_id=territory_id)
    if service:
        rows = rows.filter(services__contains=[service])
    away = dict(
        CallOut.objects.filter(crew__territory_id=territory_id, finished__isnull=True).values_list(
            "crew_id", "interruption_id"
        )
    )
    views = [
        CrewView(row.pk, wording(row.name), row.organisation, tuple(row.services), away.get(row.pk))
        for row in rows
    ]
    return tuple(sorted(views, key=lambda one: (one.out_to is not None, one.name)))


@dataclass(frozen=True, slots=True)
class ShiftView:
    """How a time went: calls, and how many clocks were kept."""

    calls: int
    clocks: tuple[tuple[str, int, int], ...]
    """Clock, how many were due, how many were kept."""


def shift(territory_id: int, *, now: datetime, days: int = 1, organisation: str = "") -> ShiftView:
    """How were the clocks of the calls of the last days kept? Of one organisation, or of all."""
    rows = Call.objects.filter(territory_id=territory_id, received__gt=now - timedelta(days=days))
    if organisation:
        rows = rows.filter(organisation=organisation)
    due: dict[str, int] = {}
    kept: dict[str, int] = {}
    for row in rows:
        for one in _clocks(row, now):
            if one.done is None and not one.late:
                continue
            due[one.clock] = due.get(one.clock, 0) + 1
            kept[one.clock] = kept.get(one.clock, 0) + (not one.late)
    return ShiftView(len(rows), tuple((clock, n, kept[clock]) for clock, n in due.items()))
