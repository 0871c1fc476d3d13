"""Signals become events: the same in any order, nobody lost, equal to comparing every pair."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eutopia.core.evaluate.joining import JoinRules, join_signals
from eutopia.core.records import Interruption, Signal

NOON = datetime(2026, 1, 9, 12, tzinfo=UTC)
AS_OF = NOON + timedelta(hours=48)
RULES = JoinRules(gap_minutes=30, call_minutes=120, mass_buildings=3)
NETWORK = {(f"b{n}", "heating"): f"m{n // 4}" for n in range(8)}


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


def official(name: str, start: int, end: int | None, *buildings: str, **more: object) -> Signal:
    given = {"planned": False, "organisation": "heat", **more}
    ended = None if end is None else at(end)
    return Signal(name, "provider", "heating", at(start), ended, buildings, **given)  # type: ignore[arg-type]


def call(name: str, minute: int, building: str, service: str = "heating") -> Signal:
    return Signal(name, "call", service, at(minute), building_ids=(building,))


def told(signals: list[Signal], known: tuple[Interruption, ...] = ()) -> list[tuple[str, ...]]:
    found = join_signals(signals, as_of=AS_OF, known=known, network=NETWORK, rules=RULES)
    return sorted(event.signal_ids for event in found.events)


CASES = [
    # Twenty minutes between two entries for one building: one event.
    ([official("p1", 0, 60, "b0"), official("p2", 80, 120, "b0")], [("p1", "p2")]),
    # Forty minutes: two.
    ([official("p1", 0, 60, "b0"), official("p2", 100, 120, "b0")], [("p1",), ("p2",)]),
    # Through a third building they hang together.
    (
        [official("p1", 0, 60, "b0", "b1"), official("p2", 10, 70, "b2", "b1")],
        [("p1", "p2")],
    ),
    # What was planned and what was not are two events; a call goes to the one that was on.
    (
        [
            official("p1", 0, 60, "b0", planned=True),
            official("p2", 50, 600, "b0"),
            call("c1", 300, "b0"),
        ],
        [("p1",), ("p2", "c1")],
    ),
    # Two values are two events: degree-hours stay exact.
    (
        [
            official("p1", 0, 60, "b0", parameter="temperature", measured=Decimal(15)),
            official("p2", 60, 120, "b0", parameter="temperature", measured=Decimal(16)),
        ],
        [("p1",), ("p2",)],
    ),
    # Two buildings of one main are two faults in houses; three are the main.
    ([call("c0", 0, "b0"), call("c1", 30, "b1")], [("c0",), ("c1",)]),
    (
        [call("c0", 0, "b0"), call("c1", 30, "b1"), call("c2", 60, "b2")],
        [("c0", "c1", "c2")],
    ),
    # A call from a house whose main is named by the provider.
    ([official("p1", 0, 60, asset_id="m0"), call("c1", 30, "b3")], [("p1", "c1")]),
    # Another service is another matter.
    ([official("p1", 0, 60, "b0"), call("c1", 30, "b0", "gas")], [("c1",), ("p1",)]),
]


@pytest.mark.parametrize(("signals", "events"), CASES)
def test_cases(signals: list[Signal], events: list[tuple[str, ...]]) -> None:
    assert told(signals) == events


def test_what_follows_from_a_group() -> None:
    """Times from who knows them, buildings from everybody, the end only where it is known."""
    (event,) = join_signals(
        [
            call("c1", -15, "b3"),
            official("p1", 0, 60, "b0", asset_id="m0", promised=at(90), customers=80),
            official("p2", 30, 90, "b1", asset_id="m0", cause="burst"),
        ],
        as_of=AS_OF,
        network=NETWORK,
        rules=RULES,
    ).events
    one = event.interruption
    assert (one.id, one.started, one.ended) == ("p1", at(0), at(90))
    assert one.building_ids == ("b0", "b1", "b3")
    assert (one.asset_id, one.cause, one.promised, one.customers) == ("m0", "burst", at(90), 80)
    (lone,) = join_signals([call("c1", 0, "b0")], as_of=AS_OF).events
    assert lone.interruption.ended is None


def test_a_known_event_is_never_changed() -> None:
    """Later signals are named as its own; two known ones stay two, whatever bridges them."""
    known = tuple(
        Interruption(
            name, "heating", "heat", at(start), at(end), planned=False, building_ids=("b0",)
        )
        for name, start, end in (("k1", 0, 60), ("k2", 70, 120))
    )
    found = join_signals(
        [official("p1", 50, 80, "b0", "b7"), call("c1", 100, "b0")], as_of=AS_OF, known=known
    )
    assert tuple(event.interruption for event in found.events) == known
    assert [event.signal_ids for event in found.events] == [("p1",), ("c1",)]


def test_what_is_an_events_stays_so_and_what_only_follows_is_more() -> None:
    """An event of 15 degrees was corrected to 12: its signal is still its own, and the hour at
    12 degrees that follows is another event, none of it lost."""
    measured = [
        official("p1", 0, 60, "b0", parameter="temperature", measured=Decimal(15)),
        official("p2", 60, 120, "b0", parameter="temperature", measured=Decimal(12)),
    ]
    known = Interruption(
        "k1", "heating", "heat", at(0), at(60), planned=False, parameter="temperature",
        measured=Decimal(12), building_ids=("b0",),
    )  # fmt: skip
    found = join_signals(measured, as_of=AS_OF, known=(known,), told_before={"p1": "k1"})
    assert [(e.interruption.id, e.signal_ids) for e in found.events] == [
        ("k1", ("p1",)),
        ("p2", ("p2",)),
    ]
    assert found.events[1].interruption.ended == at(120)


ASIDE = [
    (official("x", 60, 0, "b0"), "ends_before_it_starts"),
    (official("x", 60, 60, "b0"), "no_length"),
    (official("x", 0, 60), "no_place"),
    (call("x", 48 * 60 + 1, "b0"), "in_the_future"),
    (Signal("x", "rumour", "heating", NOON, building_ids=("b0",)), "unknown_source"),
    (
        Signal("x", "call", "heating", datetime(2026, 1, 9), building_ids=("b0",)),  # noqa: DTZ001 - naive on purpose
        "time_without_zone",
    ),
]


@pytest.mark.parametrize(("signal", "code"), ASIDE)
def test_unusable_signals_are_named(signal: Signal, code: str) -> None:
    found = join_signals([signal, call("c1", 0, "b1")], as_of=AS_OF)
    assert found.set_aside == (("x", code),)
    assert [event.signal_ids for event in found.events] == [("c1",)]


def test_given_twice_counts_once() -> None:
    found = join_signals([call("c1", 0, "b1"), call("c1", 0, "b1")], as_of=AS_OF)
    assert found.set_aside == (("c1", "given_twice"),)
    assert len(found.events) == 1


def test_across_a_change_of_clocks() -> None:
    """02:30 comes twice in Berlin on 25 October 2026: the two are an hour apart, not one moment."""
    from zoneinfo import ZoneInfo

    zone = ZoneInfo("Europe/Berlin")
    first = datetime(2026, 10, 25, 2, 30, tzinfo=zone)
    again = first.replace(fold=1)
    signals = [
        Signal("p1", "provider", "gas", first - timedelta(hours=1), first, ("b",), planned=False),
        Signal("p2", "provider", "gas", again, again + timedelta(hours=1), ("b",), planned=False),
    ]
    later = datetime(2026, 10, 26, tzinfo=UTC)
    assert len(join_signals(signals, as_of=later, rules=RULES).events) == 2
    wide = JoinRules(gap_minutes=60)
    (event,) = join_signals(signals, as_of=later, rules=wide).events
    assert event.interruption.ended is not None
    lasted = event.interruption.ended - event.interruption.started
    assert lasted == timedelta(hours=3)


SIGNALS = st.lists(
    st.builds(
        lambda kind, start, length, buildings, asset: (
            Signal("", "call", "heating", at(start), building_ids=(buildings[0],))
            if kind == "call"
            else Signal(
                "",
                "provider",
                "heating",
                at(start),
                None if length == 0 else at(start + length),
                tuple(buildings),
                planned=kind == "planned",
                asset_id=asset,
            )
        ),
        st.sampled_from(["call", "call", "planned", "unplanned"]),
        st.integers(-600, 600),
        st.integers(0, 200),
        st.lists(st.sampled_from([f"b{n}" for n in range(8)]), min_size=1, max_size=2, unique=True),
        st.sampled_from([None, None, "m0", "m1"]),
    ),
    max_size=14,
).map(
    lambda rows: [
        Signal(
            f"s{n:02d}", one.source, one.service, one.started, one.ended, one.building_ids,
            planned=one.planned, asset_id=one.asset_id,
        )
        for n, one in enumerate(rows)
    ]
)  # fmt: skip


@given(SIGNALS, st.integers(0, 5))
def test_any_order_and_nobody_lost(signals: list[Signal], seed: int) -> None:
    shuffled = list(signals)
    random.Random(seed).shuffle(shuffled)
    kept = join_signals(signals, as_of=AS_OF, network=NETWORK, rules=RULES)
    assert join_signals(shuffled, as_of=AS_OF, network=NETWORK, rules=RULES) == kept
    ids = [name for event in kept.events for name in event.signal_ids]
    assert sorted(ids) == sorted(one.id for one in signals)


@given(SIGNALS)
def test_equal_to_comparing_every_pair(signals: list[Signal]) -> None:
    assert told(signals) == by_pairs(signals)


def by_pairs(signals: list[Signal]) -> list[tuple[str, ...]]:  # noqa: C901 - the plain loop that proves the quick one
    """The rules word by word, each pair compared; no sweeping, no index."""
    span = {
        s.id: (s.started, s.started if s.source == "call" else s.ended or AS_OF) for s in signals
    }

    def apart(a: str, b: str) -> timedelta:
        return max(span[a][0] - span[b][1], span[b][0] - span[a][1], timedelta(0))

    def places(s: Signal) -> set[str]:
        served = {NETWORK[b, "heating"] for b in s.building_ids} if s.source == "call" else set()
        return {*s.building_ids, *served, *([s.asset_id] if s.asset_id else [])}

    def grouped(members: list[Signal], linked: object) -> list[list[Signal]]:
        groups = [[one] for one in members]
        while True:
            pair = next(
                (
                    (i, j)
                    for i in range(len(groups))
                    for j in range(i)
                    if any(linked(a, b) for a in groups[i] for b in groups[j])  # type: ignore[operator]
                ),
                None,
            )
            if pair is None:
                return groups
            groups[pair[1]] += groups.pop(pair[0])

    gap, near = timedelta(minutes=30), timedelta(minutes=120)
    entries = [s for s in signals if s.source == "provider"]
    calls = [s for s in signals if s.source == "call"]

    def official_link(a: Signal, b: Signal) -> bool:
        return a.planned == b.planned and bool(places(a) & places(b)) and apart(a.id, b.id) <= gap

    groups = grouped(entries, official_link)
    heard: dict[int, list[Signal]] = defaultdict(list)
    left = []
    for one in calls:
        ranked = []
        for number, group in enumerate(groups):
            start, end = min(span[s.id][0] for s in group), max(span[s.id][1] for s in group)
            away = max(start - one.started, one.started - end, timedelta(0))
            first = min(group, key=lambda s: (s.started, s.id)).id
            if away <= near and any(places(one) & places(s) for s in group):
                ranked.append((away, start, first, number))
        if ranked:
            heard[min(ranked)[3]].append(one)
        else:
            left.append(one)

    def mains(asset: str) -> list[list[Signal]]:
        of_main = [s for s in left if asset in places(s)]
        return grouped(of_main, lambda a, b: apart(a.id, b.id) <= near)

    crowds = [
        {s.id for s in run}
        for asset in ("m0", "m1")
        for run in mains(asset)
        if len({b for s in run for b in s.building_ids}) >= 3
    ]

    def call_link(a: Signal, b: Signal) -> bool:
        same = bool(set(a.building_ids) & set(b.building_ids)) and apart(a.id, b.id) <= near
        return same or any(a.id in crowd and b.id in crowd for crowd in crowds)

    found = [[*group, *heard[number]] for number, group in enumerate(groups)]
    found += grouped(left, call_link)

    def order(s: Signal) -> tuple[bool, datetime, str]:
        return s.source == "call", s.started, s.id

    return sorted(tuple(s.id for s in sorted(group, key=order)) for group in found)
