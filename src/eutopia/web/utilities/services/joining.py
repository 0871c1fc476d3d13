"""Signals joined into events: reports, calls, meters and providers, begun, extended and ended.

An event joined from signals is found anew from all its signals each time, so it grows and ends with
them. What a dispatcher has taken in hand stands as it is: later signals are named as its own.
"""

from __future__ import annotations

import secrets
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import shapely
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from eutopia.core.evaluate.joining import OFFICIAL, JoinedEvent, join_signals
from eutopia.core.evaluate.meter_norms import judge_meter, meter_rules
from eutopia.core.evaluate.serving import serving_on
from eutopia.core.records import Signal as SignalRecord
from eutopia.web.foundation.access import Actor, Grant
from eutopia.web.foundation.audit import log_act
from eutopia.web.foundation.bulk import copy_rows
from eutopia.web.reports.models import Report
from eutopia.web.reports.services import norms_of
from eutopia.web.reports.services.submitting import SOURCE as HERE
from eutopia.web.territory.models import Building, Territory
from eutopia.web.territory.services import KEY, territory_row, town_clock
from eutopia.web.utilities import bridge
from eutopia.web.utilities.models import Call, Entry, Interruption, SetAside, Signal
from eutopia.web.utilities.services.dispatching import provider_of
from eutopia.web.utilities.services.feeding import signal_row
from eutopia.web.utilities.services.importing import name_aside
from eutopia.web.utilities.services.ruling import UNDONE

WINDOW = timedelta(days=14)
_MARGIN = timedelta(days=5)
"""Readings before the window, by which a meter that sticks or jumps is known."""
_NEAR_DEGREES = 40 / 111_200
_JUDGED = ("sent_twice", "contradicts_itself", "impossible", "stuck", "jump", "time_without_zone")


@dataclass(frozen=True, slots=True)
class JoinDone:
    """What a joining changed: events begun, changed, taken back; signals; what was set aside."""

    signals: int
    begun: int
    changed: int
    withdrawn: int
    set_aside: int


@transaction.atomic
def join_territory(territory: Territory | int, *, since: datetime | None = None) -> JoinDone:
    """Which events do the signals of the last days tell of?

    Parameters
    ----------
    since
        From when on signals are looked at; fourteen days ago by default, or whatever is earlier
        than that among what was sent.

    Notes
    -----
    Done again, it changes nothing. Every signal is of an event or named in `SetAside`. Events that
    residents alone tell of are not confirmed: a dispatcher confirms or undoes them, and nothing is
    owed before. Calls join an event that is confirmed.
    """
    # One joining at a time in a municipality: two would begin the same events twice.
    row = Territory.objects.select_for_update().get(pk=territory_row(territory).pk)
    now = town_clock(row)
    since = min(now - WINDOW, since or now)
    _harvest(row, since, now)
    signals = _signals(row, since)
    free = _free(row)
    touching = Interruption.objects.filter(territory=row).exclude(ended__lt=since - WINDOW)
    standing = {one.code: one for one in touching if one.pk not in free}
    joined = join_signals(
        bridge.signals(signals),
        as_of=now,
        known=bridge.interruption_records(standing.values()),
        told_before={
            one.code: one.interruption.code for one in signals if one.interruption is not None
        },
        network=serving_on(bridge.connections(row.pk), row.as_of).network,
    )
    used = {code for event in joined.events for code in event.signal_ids}
    SetAside.objects.filter(territory=row, kind="signal", subject__in=used).delete()
    name_aside(row, (("signal", name, code) for name, code in joined.set_aside))
    return _Applying(row, signals, free, standing).apply(joined.events, len(joined.set_aside))


def _free(territory: Territory) -> dict[int, Interruption]:
    """Events joined from signals that no dispatcher has taken in hand."""
    rows = Interruption.objects.filter(territory=territory, origin="joined")
    return {one.pk: one for one in rows.filter(entries__isnull=True, call_outs__isnull=True)}


def _signals(territory: Territory, since: datetime) -> list[Signal]:
    """Signals of the window, and all others of the events that these are of; none undone."""
    undone = SetAside.objects.filter(territory=territory, kind="signal", code=UNDONE)
    rows = Signal.objects.filter(territory=territory).exclude(
        code__in=undone.values_list("subject", flat=True)
    )
    here = rows.filter(Q(started__gte=since) | Q(ended__gte=since) | _going_on())
    events = set(here.exclude(interruption=None).values_list("interruption_id", flat=True))
    found = rows.filter(Q(pk__in=here.values("pk")) | Q(interruption_id__in=events))
    return list(found.select_related("interruption").order_by("code"))


def _going_on() -> Q:
    return Q(source__in=sorted(OFFICIAL), ended__isnull=True)


def _harvest(territory: Territory, since: datetime, now: datetime) -> None:
    """Make signals of calls, reports and readings."""
    found = [*_of_calls(territory, since), *_of_reports(territory, since, now)]
    copy_rows(Signal, (signal_row(territory.pk, one) for one in found), key=KEY)
    _of_meters(territory, since, now)


def _of_calls(territory: Territory, since: datetime) -> Iterable[SignalRecord]:
    rows = Call.objects.filter(territory=territory, received__gte=since)
    # A call that the desk put to an event is that event's, whatever else goes on.
    for row in rows.filter(Q(interruption=None) | Q(interruption__origin="joined")):
        yield SignalRecord(
            id=f"call/{row.code}"[:96],
            source="call",
            service=row.service,
            started=row.received,
            building_ids=(row.building,),
            organisation=row.organisation,
        )


def _of_reports(territory: Territory, since: datetime, now: datetime) -> Iterable[SignalRecord]:
    kinds = {one.code: one for one in norms_of(territory).problem_types() if one.service}
    told = Report.objects.filter(territory=territory, problem_type__in=kinds)
    rows = list(told.filter(opened__gte=since, opened__lte=now).exclude(source=HERE).order_by("pk"))
    # What is reported on the site is stamped by the world's clock; a training town has its own.
    ahead = now - timezone.now()
    for row in told.filter(source=HERE, opened__gte=since - ahead).order_by("pk"):
        row.opened += ahead
        rows.append(row)
    if not rows:
        return
    found = _nearest_homes(territory, rows)
    lost = []
    for row in rows:
        building = found.get(row.pk)
        if building is None:
            lost.append(("signal", f"report/{row.pk}", "no_place"))
            continue
        kind = kinds[row.problem_type]
        yield SignalRecord(
            id=f"report/{row.pk}",
            source="report",
            service=kind.service,
            started=row.opened,
            building_ids=(building,),
            parameter=kind.parameter,
        )
    name_aside(territory, lost)


def _nearest_homes(territory: Territory, rows: Sequence[Report]) -> dict[int, str]:
    """The home nearest to each report, within about forty metres."""
    homes = [
        (code, shape)
        for code, shape in Building.objects.filter(
            territory=territory, dwellings__gt=0, geometry__isnull=False
        )
        .order_by("code")
        .values_list("code", "geometry")
        if shape is not None
    ]
    placed = [one for one in rows if one.lon is not None and one.lat is not None]
    if not homes or not placed:
        return {}
    points = shapely.points(np.array([[one.lon, one.lat] for one in placed], dtype=float))
    tree = shapely.STRtree([shape for _, shape in homes])
    hits = tree.query_nearest(points, max_distance=_NEAR_DEGREES, all_matches=False)
    return {placed[n].pk: homes[home][0] for n, home in hits.T.tolist()}


def _of_meters(territory: Territory, since: datetime, now: datetime) -> None:
    """Judge every meter that spoke in the window; its signals from then on are made anew."""
    norms = norms_of(territory)
    aside: list[tuple[str, str, datetime]] = []
    for meter, readings in bridge.meters(territory.pk, since=since - _MARGIN):
        if not readings or meter_rules(meter) is None:
            continue
        told = judge_meter(readings, meter=meter, norms=norms, time_zone=territory.time_zone)
        aside += [
            (f"{meter.id} {at.isoformat()}", code, at)
            for at, code in told.findings.set_aside
            if at >= since
        ]
        fresh = {f"meter/{one.id}"[:96]: one for one in told.findings.breaches
                 if one.started >= since and one.started <= now}  # fmt: skip
        before = Signal.objects.filter(
            territory=territory, source="meter", code__startswith=f"meter/{meter.id}/"
        )
        before.filter(started__gte=since).exclude(code__in=fresh).delete()
        copy_rows(
            Signal,
            (
                signal_row(
                    territory.pk,
                    SignalRecord(
                        id=code,
                        source="meter",
                        service=one.service,
                        started=one.started,
                        ended=one.ended,
                        building_ids=one.building_ids,
                        organisation=one.organisation,
                        planned=False,
                        parameter=one.parameter,
                        measured=one.measured,
                        cause="meter",
                    ),
                )
                for code, one in fresh.items()
            ),
            key=KEY,
        )
    # Later readings may show that one was right after all.
    SetAside.objects.filter(
        territory=territory, kind="reading", code__in=_JUDGED, at__gte=since
    ).delete()
    SetAside.objects.bulk_create(
        (
            SetAside(territory=territory, kind="reading", subject=subject[:160], code=code, at=at)
            for subject, code, at in aside
        ),
        ignore_conflicts=True,
    )


class _Applying:
    """Writing joined events: each to the one it was before, if any."""

    def __init__(
        self,
        territory: Territory,
        signals: Sequence[Signal],
        free: dict[int, Interruption],
        standing: dict[str, Interruption],
    ) -> None:
        self.territory = territory
        self.signals = {one.code: one for one in signals}
        self.free = free
        self.standing = standing
        self.begun = self.changed = 0
        homes = Building.objects.filter(territory=territory)
        self.dwellings = dict(homes.values_list("code", "dwellings"))

    def apply(self, events: Sequence[JoinedEvent], set_aside: int) -> JoinDone:
        """Store the events; those that no signal tells of any more are withdrawn."""
        told = {one.interruption_id for one in self.signals.values()}
        of_any = set(
            Signal.objects.filter(interruption_id__in=self.free).values_list(
                "interruption_id", flat=True
            )
        )
        # What a meter said and then took back has no signal left at all.
        held = {key for key in self.free if key in told or key not in of_any}
        used: set[int] = set()
        where: dict[str, Interruption] = {}
        for event in events:
            if not event.signal_ids:
                continue
            if event.known:
                row = self.standing[event.interruption.id]
                self._ended_by_source(row, event.signal_ids)
            else:
                row = self._free_row(event, used)
                used.add(row.pk)
            self._tell(row, event.signal_ids)
            where.update(dict.fromkeys(event.signal_ids, row))
        withdrawn = held - used
        self._attach(where)
        Interruption.objects.filter(pk__in=withdrawn).delete()
        done = JoinDone(len(where), self.begun, self.changed, len(withdrawn), set_aside)
        if self.begun or self.changed or withdrawn:
            grant = Grant("case_officer", municipality=self.territory.code)
            log_act(
                Actor(None, "joining of signals", (grant,)),
                "interruption.record",
                self.territory,
                after={
                    "begun": self.begun, "changed": self.changed, "withdrawn": len(withdrawn),
                },
                municipality=self.territory.code,
            )  # fmt: skip
        return done

    def _free_row(self, event: JoinedEvent, used: set[int]) -> Interruption:
        """The event these signals were before, or a new one, as it is told now."""
        votes = Counter(
            key
            for code in event.signal_ids
            if (key := self.signals[code].interruption_id) in self.free and key not in used
        )
        told = self._values(event)
        if votes:
            best = min(votes, key=lambda key: (-votes[key], key))
            row = self.free[best]
            if any(getattr(row, name) != value for name, value in told.items()):
                for name, value in told.items():
                    setattr(row, name, value)
                row.save()
                self.changed += 1
            return row
        self.begun += 1
        code = f"j-{secrets.token_hex(5)}"
        return Interruption.objects.create(
            territory=self.territory, code=code, origin="joined", **told
        )

    def _values(self, event: JoinedEvent) -> dict[str, Any]:
        one = event.interruption
        signals = [self.signals[code] for code in event.signal_ids]
        confirmed = any(signal.source in OFFICIAL for signal in signals)
        organisation = one.organisation or next(
            (
                name
                for code in one.building_ids
                if (name := provider_of(self.territory.pk, code, one.service))
            ),
            "",
        )
        dwellings = sum(self.dwellings.get(code, 0) for code in one.building_ids)
        return {
            "service": one.service,
            "organisation": organisation,
            "started": one.started,
            "ended": one.ended if confirmed else self._closed(signals),
            "planned": one.planned,
            "parameter": one.parameter,
            "measured": one.measured,
            "cause": one.cause,
            "asset": one.asset_id,
            "buildings": list(one.building_ids),
            "customers": max(one.customers, dwellings),
            "notice_given": one.notice_given,
            "conditions": [list(pair) for pair in one.conditions],
            "promised": one.promised,
            "confirmed": confirmed,
        }

    def _closed(self, signals: Sequence[Signal]) -> datetime | None:
        """When the last of what residents told was closed; None while one of them is open."""
        calls = [s.code.removeprefix("call/") for s in signals if s.source == "call"]
        numbers = [int(s.code.removeprefix("report/")) for s in signals if s.source == "report"]
        ends = [
            *Call.objects.filter(territory=self.territory, code__in=calls).values_list(
                "resolved", flat=True
            ),
            *Report.objects.filter(pk__in=numbers).values_list("closed", flat=True),
        ]
        last = max((end for end in ends if end is not None), default=None)
        begun = min(signal.started for signal in signals)
        return None if last is None or None in ends or last <= begun else last

    def _tell(self, row: Interruption, codes: Iterable[str]) -> None:
        told = sorted([self.signals[code].source, code] for code in codes)
        if row.code in self.standing:
            # Signals older than the window told of it too.
            told = sorted([*told, *(one for one in row.told_by if one not in told)])
        if row.told_by != told:
            row.told_by = told
            row.save(update_fields=["told_by"])

    def _ended_by_source(self, row: Interruption, codes: Iterable[str]) -> None:
        """What the desk has in hand ends too when all who measured or cut it off say so."""
        ends = [s.ended for c in codes if (s := self.signals[c]).source in OFFICIAL]
        last = max((end for end in ends if end is not None), default=None)
        if row.origin != "joined" or row.ended is not None or last is None or None in ends:
            return
        row.ended = last
        row.save(update_fields=["ended"])
        Entry.objects.create(interruption=row, at=last, act="ended", words="")
        row.call_outs.filter(finished__isnull=True).update(finished=last)
        row.calls.filter(resolved__isnull=True).update(resolved=last)
        self.changed += 1

    def _attach(self, where: dict[str, Interruption]) -> None:
        """Say of each signal, and of each call to a confirmed event, which event it is of."""
        moved = []
        calls: dict[int, list[str]] = defaultdict(list)
        for code, signal in self.signals.items():
            row = where.get(code)
            if signal.interruption_id != (None if row is None else row.pk):
                signal.interruption = row
                moved.append(signal)
            if row is not None and signal.source == "call" and row.confirmed:
                calls[row.pk].append(code.removeprefix("call/"))
        Signal.objects.bulk_update(moved, ["interruption"], batch_size=500)
        for key, codes in calls.items():
            calls_here = Call.objects.filter(
                territory=self.territory, code__in=codes, answered__isnull=False
            )
            # A call that the desk put to an event stays there.
            loose = calls_here.filter(Q(interruption=None) | Q(interruption_id__in=self.free))
            loose.exclude(interruption_id=key).update(interruption_id=key)
