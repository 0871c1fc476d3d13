"""From what many sources say to events: what was out, for which buildings, from when to when."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from eutopia.core.records.utilities import Interruption, Signal

RESIDENTS = frozenset({"report", "call"})
OFFICIAL = frozenset({"dispatcher", "meter", "provider"})


@dataclass(frozen=True, slots=True)
class JoinRules:
    """When do two signals tell of one event?

    Official ones with at most `gap_minutes` between them at one place; residents' within
    `call_minutes` of one another, or of an official event. Residents of `mass_buildings` different
    buildings on one part of the network tell of that part.
    """

    gap_minutes: int = 30
    call_minutes: int = 180
    mass_buildings: int = 3


DEFAULT_RULES = JoinRules()


@dataclass(frozen=True, slots=True)
class JoinedEvent:
    """An event and who told of it. `known`: it was an event before, and is as it was."""

    interruption: Interruption
    signal_ids: tuple[str, ...]
    known: bool = False


@dataclass(frozen=True, slots=True)
class Joined:
    """Events by their beginning, and signals that could not be used (id and code)."""

    events: tuple[JoinedEvent, ...]
    set_aside: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class _Span:
    """A signal or known event with usable times (seconds) and the tokens of its place."""

    start: int
    end: int
    places: frozenset[str]
    key: tuple[object, ...]
    signal: Signal | None = None
    known: Interruption | None = None


def join_signals(
    signals: Iterable[Signal],
    *,
    as_of: datetime,
    known: Iterable[Interruption] = (),
    told_before: Mapping[str, str] | None = None,
    network: Mapping[tuple[str, str], str] | None = None,
    rules: JoinRules = DEFAULT_RULES,
) -> Joined:
    """Which events do reports, calls, the dispatcher's log, meters and providers tell of?

    Parameters
    ----------
    signals
        In any order; the order changes nothing.
    as_of
        Now, aware: up to when what goes on is counted.
    known
        Events that stand already. They are never changed nor joined with one another; signals
        that tell of them are named as theirs.
    told_before
        Known event (by id) of an official signal (by id) that is its already: it stays so, even
        where the event was corrected since.
    network
        Which part of the network (an asset) serves a building (first) with a service (second).
    rules
        Gaps, and from how many buildings on calls speak of the network.

    Returns
    -------
    Joined
        Every signal is in exactly one event or set aside. Codes: given_twice, unknown_source,
        time_without_zone, no_place, ends_before_it_starts, no_length, in_the_future (of residents;
        what is planned may lie ahead).

    Notes
    -----
    1. Official signals of one service, parameter, measured value and plannedness, at one building
       or asset, that overlap or are at most `gap_minutes` apart, are one event (transitively),
       unless they overlap a known one, whose they then are: one that only follows it is more than
       is known. Values are kept apart so that degree-hours stay exact.
    2. A resident's signal goes to the event of its service at its building or its building's part
       of the network that was on at that moment, or else nearest in time within `call_minutes`;
       ties go to the earlier beginning, then the lower id.
    3. Residents' signals left over are one event where they are of one building within
       `call_minutes` of one another, or of one part of the network if they come from at least
       `mass_buildings` buildings. Its end is not known, and nobody confirmed it.

    The id of a new event is that of its first signal. O(n log n) for places of bounded size.

    Source: own rules; transitive joining is single linkage (Sneath, P. and Sokal, R. (1973),
    *Numerical Taxonomy*), here on a line of time for each place.

    Examples
    --------
    >>> from datetime import timedelta
    >>> noon = datetime(2026, 1, 9, 12, tzinfo=UTC)
    >>> said = [
    ...     Signal("p1", "provider", "heating", noon, None, ("b1", "b2"), "heat", planned=False),
    ...     Signal("c7", "call", "heating", noon + timedelta(minutes=20), building_ids=("b2",)),
    ...     Signal("c8", "call", "gas", noon, building_ids=("b2",)),
    ... ]
    >>> for one in join_signals(said, as_of=noon + timedelta(hours=1)).events:
    ...     print(one.interruption.service, one.signal_ids)
    gas ('c8',)
    heating ('p1', 'c7')
    """
    until = int(as_of.timestamp())
    spans, aside = _vet(signals, until=until, network=network or {})
    standing = [_known_span(one, until=until) for one in known]
    told: dict[int, list[_Span]] = defaultdict(list)
    official = [one for one in spans if _of(one).source in OFFICIAL]
    left = _attach_official(official, standing, told, before=told_before or {})
    fresh = _join(left, gap=rules.gap_minutes * 60)
    groups = [[one, *told[number]] for number, one in enumerate(standing)] + fresh
    events = [_whole(group, number < len(standing)) for number, group in enumerate(groups)]
    heard: dict[int, list[_Span]] = defaultdict(list)
    residents = [one for one in spans if _of(one).source in RESIDENTS]
    left = _attach(residents, events, heard, reach=rules.call_minutes * 60)
    for number, group in enumerate(groups):
        group += heard[number]
    groups += _join(left, gap=rules.call_minutes * 60, mass=rules.mass_buildings)
    joined = [_event(group) for group in groups]
    return Joined(
        events=tuple(sorted(joined, key=lambda e: (e.interruption.started, e.interruption.id))),
        set_aside=tuple(sorted(aside)),
    )


def _of(span: _Span) -> Signal:
    if span.signal is None:
        raise TypeError("a known event is no signal")
    return span.signal


def _vet(
    signals: Iterable[Signal], *, until: int, network: Mapping[tuple[str, str], str]
) -> tuple[list[_Span], list[tuple[str, str]]]:
    """Which signals can be used, which are set aside and why? Order does not matter."""
    seen: set[str] = set()
    spans: list[_Span] = []
    aside: list[tuple[str, str]] = []
    for one in sorted(signals, key=lambda s: (s.id, repr(s))):
        code = "given_twice" if one.id in seen else _fault(one, until)
        seen.add(one.id)
        if code:
            aside.append((one.id, code))
        else:
            spans.append(_span(one, until=until, network=network))
    spans.sort(key=lambda s: (s.start, _of(s).id))
    return spans, aside


def _fault(one: Signal, until: int) -> str:
    if one.source not in RESIDENTS | OFFICIAL:
        return "unknown_source"
    if one.started.tzinfo is None or (one.ended is not None and one.ended.tzinfo is None):
        return "time_without_zone"
    if not one.building_ids and one.asset_id is None:
        return "no_place"
    if one.source in RESIDENTS:
        return "in_the_future" if one.started.timestamp() > until else ""
    if one.ended is not None and one.ended < one.started:
        return "ends_before_it_starts"
    return "no_length" if one.ended == one.started else ""


def _span(one: Signal, *, until: int, network: Mapping[tuple[str, str], str]) -> _Span:
    start = int(one.started.timestamp())
    places = {f"b:{code}" for code in one.building_ids}
    if one.asset_id is not None:
        places.add(f"a:{one.asset_id}")
    if one.source in RESIDENTS:
        served = {network[b, one.service] for b in one.building_ids if (b, one.service) in network}
        return _Span(
            start,
            start,
            frozenset(places | {f"a:{asset}" for asset in served}),
            (one.service, one.parameter),
            signal=one,
        )
    end = max(start, until) if one.ended is None else int(one.ended.timestamp())
    key = (one.service, one.parameter, one.measured, bool(one.planned))
    return _Span(start, end, frozenset(places), key, signal=one)


def _known_span(one: Interruption, *, until: int) -> _Span:
    start = int(one.started.timestamp())
    end = max(start, until) if one.ended is None else int(one.ended.timestamp())
    places = {f"b:{code}" for code in one.building_ids}
    if one.asset_id is not None:
        places.add(f"a:{one.asset_id}")
    key = (one.service, one.parameter, one.measured, one.planned)
    return _Span(start, end, frozenset(places), key, known=one)


def _attach_official(
    spans: Sequence[_Span],
    events: Sequence[_Span],
    told: dict[int, list[_Span]],
    *,
    before: Mapping[str, str],
) -> list[_Span]:
    """Give each official signal to the known event it tells of; return those that tell of none."""
    named = {_name(event): number for number, event in enumerate(events)}
    at = _by_place(events)
    left: list[_Span] = []
    for one in spans:
        number = named.get(before.get(_of(one).id, ""))
        if number is None:
            ranked = [
                (event.start, _name(event), n)
                for place in one.places
                for n in at.get((one.key[0], place), ())
                if (event := events[n]).key == one.key
                and event.start < one.end
                and one.start < event.end
            ]
            number = min(ranked)[-1] if ranked else None
        (left if number is None else told[number]).append(one)
    return left


def _attach(
    spans: Sequence[_Span],
    events: Sequence[_Span],
    told: dict[int, list[_Span]],
    *,
    reach: int,
) -> list[_Span]:
    """Give each resident's signal to the event it tells of; return those that tell of none."""
    at = _by_place(events)
    left = []
    for one in spans:
        ranked = []
        for place in one.places:
            for number in at.get((one.key[0], place), ()):
                event = events[number]
                away = max(event.start - one.end, one.start - event.end, 0)
                if away <= reach:
                    ranked.append((away, event.start, _name(event), number))
        if ranked:
            told[min(ranked)[3]].append(one)
        else:
            left.append(one)
    return left


def _by_place(events: Sequence[_Span]) -> dict[tuple[object, str], list[int]]:
    """Events by service and place."""
    at: dict[tuple[object, str], list[int]] = defaultdict(list)
    for number, event in enumerate(events):
        for place in event.places:
            at[event.key[0], place].append(number)
    return at


def _name(span: _Span) -> str:
    return span.known.id if span.known is not None else _of(span).id


def _join(spans: Sequence[_Span], *, gap: int, mass: int = 0) -> list[list[_Span]]:
    """Which signals hang together at a place, in groups by their beginning?

    With `mass`, a part of the network joins only where so many buildings tell of it.
    """
    parent = list(range(len(spans)))

    def root(n: int) -> int:
        while parent[n] != n:
            parent[n] = parent[parent[n]]
            n = parent[n]
        return n

    for place, run in _runs(spans, gap=gap):
        buildings = {b for n in run for b in _of(spans[n]).building_ids}
        if mass and place.startswith("a:") and len(buildings) < mass:
            continue
        for n in run[1:]:
            low, high = sorted((root(run[0]), root(n)))
            parent[high] = low
    groups: dict[int, list[_Span]] = defaultdict(list)
    for n, one in enumerate(spans):
        groups[root(n)].append(one)
    return list(groups.values())


def _runs(spans: Sequence[_Span], *, gap: int) -> Iterator[tuple[str, list[int]]]:
    """Yield, for each place and key, the signals that follow one another without a longer gap."""
    at: dict[tuple[str, tuple[object, ...]], list[int]] = defaultdict(list)
    for n, one in enumerate(spans):
        for place in one.places:
            at[place, one.key].append(n)
    for (place, _), numbers in at.items():
        numbers.sort(key=lambda n: spans[n].start)
        run: list[int] = []
        end = 0
        for n in numbers:
            if run and spans[n].start > end + gap:
                yield place, run
                run = []
            end = max(end, spans[n].end) if run else spans[n].end
            run.append(n)
        yield place, run


def _whole(group: Sequence[_Span], known: bool) -> _Span:
    """The span of a group, by which residents find it: a known event's own, else all of it."""
    first = group[0]
    if known:
        return first
    return _Span(
        min(one.start for one in group),
        max(one.end for one in group),
        frozenset().union(*(one.places for one in group)),
        first.key,
        signal=first.signal,
    )


def _event(group: Sequence[_Span]) -> JoinedEvent:
    ids = tuple(_of(one).id for one in sorted(group, key=_order) if one.signal is not None)
    known = group[0].known
    if known is not None:
        return JoinedEvent(known, ids, known=True)
    signals = [_of(one) for one in sorted(group, key=_order)]
    official = [one for one in signals if one.source in OFFICIAL] or signals
    first = official[0]
    ends = [one.ended for one in official]
    promised = [one.promised for one in official if one.promised is not None]
    return JoinedEvent(
        Interruption(
            id=first.id,
            service=first.service,
            organisation=next((one.organisation for one in official if one.organisation), ""),
            started=min(one.started for one in official).astimezone(UTC),
            ended=None if None in ends else max(e.astimezone(UTC) for e in ends if e is not None),
            planned=bool(first.planned),
            parameter=first.parameter,
            measured=first.measured,
            cause=next((one.cause for one in official if one.cause), ""),
            asset_id=_asset(group),
            building_ids=tuple(sorted({b for one in signals for b in one.building_ids})),
            customers=max(one.customers for one in official),
            notice_given=min(
                (one.notice_given for one in official if one.notice_given is not None), default=None
            ),
            promised=max(promised, default=None),
            conditions=_conditions(official),
        ),
        ids,
    )


def _conditions(signals: Sequence[Signal]) -> tuple[tuple[str, str], ...]:
    """Circumstances that the signals tell; of two that contradict each other the first."""
    told: dict[str, str] = {}
    for signal in signals:
        for name, value in signal.conditions:
            told.setdefault(name, value)
    return tuple(sorted(told.items()))


def _order(span: _Span) -> tuple[bool, int, str]:
    """Official signals first, then by time and id."""
    signal = span.signal
    return (
        signal is not None and signal.source in RESIDENTS,
        span.start,
        "" if signal is None else signal.id,
    )


def _asset(group: Sequence[_Span]) -> str | None:
    """The part of the network that most signals of a group name; ties to the lower code."""
    named = Counter(
        asset for one in group if one.signal is not None and (asset := one.signal.asset_id)
    )
    return min(named, key=lambda a: (-named[a], a)) if named else None
