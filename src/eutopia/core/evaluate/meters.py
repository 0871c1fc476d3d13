"""From a meter's readings to breaches of quality; its own faults are named, never counted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby, pairwise

from eutopia.core.records.utilities import Interruption, Meter, Reading

__all__ = ["Meter", "MeterFindings", "MeterRules", "Reading", "find_breaches"]


@dataclass(frozen=True, slots=True)
class MeterRules:
    """When is a reading not believed?

    `low` and `high` bound what is physically possible. A reading that leaves the last good one by
    more than `jump`, and comes back within `spike_readings`, is a jump; a change that stays is
    real. The same value for `stuck_hours` and `stuck_readings` is a meter that sticks. A reading
    holds until the next, at most `hold_minutes`; after that nothing is known.
    """

    low: Decimal
    high: Decimal
    jump: Decimal
    spike_readings: int = 2
    stuck_hours: int = 24
    stuck_readings: int = 12
    hold_minutes: int = 90


@dataclass(frozen=True, slots=True)
class MeterFindings:
    """Breaches, readings not used (time and code), and stretches of which nothing is known."""

    breaches: tuple[Interruption, ...]
    set_aside: tuple[tuple[datetime, str], ...]
    gaps: tuple[tuple[datetime, datetime], ...]


def find_breaches(
    readings: Iterable[Reading],
    *,
    meter: Meter,
    rules: MeterRules,
    low: Decimal | None,
    high: Decimal | None,
) -> MeterFindings:
    """When was what a meter measured outside the norm?

    Parameters
    ----------
    readings
        In any order.
    meter, rules
        Where it hangs, and when it is not believed.
    low, high
        Bounds of the norm without tolerance (None: no bound); tolerances are the norm's to judge
        in `recalculate`.

    Returns
    -------
    MeterFindings
        A breach for each stretch with one value, so that degree-hours come out exactly. Codes:
        sent_twice, contradicts_itself, impossible, jump, stuck, time_without_zone.

    Raises
    ------
    ValueError
        When `high` is below `low`.

    Notes
    -----
    Of two readings at one time with one value the second is set aside; with two values both are.
    The last reading has no length: it starts nothing. O(n log n).

    Examples
    --------
    >>> meter = Meter("m1", "hot_water", "temperature", "heat", ("b1",))
    >>> rules = MeterRules(low=Decimal(0), high=Decimal(95), jump=Decimal(20))
    >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> said = [Reading(noon + timedelta(hours=h), Decimal(v)) for h, v in
    ...         enumerate([62, 51, 51, 5, 52, 61])]
    >>> found = find_breaches(said, meter=meter, rules=rules, low=Decimal(60), high=Decimal(75))
    >>> [(one.started.hour, one.ended.hour, int(one.measured)) for one in found.breaches]
    [(13, 15, 51), (16, 17, 52)]
    >>> [(at.hour, code) for at, code in found.set_aside]
    [(15, 'jump')]
    """
    if low is not None and high is not None and high < low:
        raise ValueError(f"high {high} is below low {low}; swap them")
    aside: list[tuple[datetime, str]] = []
    good = _without_doubles(readings, aside)
    good = _without(good, aside, "impossible", _impossible(good, rules))
    good = _without(good, aside, "stuck", _stuck(good, rules))
    good = _without(good, aside, "jump", _jumps(good, rules))
    bad = {at for at, _ in aside}
    held, gaps = _held(good, bad, timedelta(minutes=rules.hold_minutes))
    stretches = [
        (start, end, value)
        for start, end, value in held
        if (low is not None and value < low) or (high is not None and value > high)
    ]
    return MeterFindings(
        breaches=tuple(_breaches(stretches, meter)),
        set_aside=tuple(sorted(aside)),
        gaps=tuple(gaps),
    )


def _without_doubles(
    readings: Iterable[Reading], aside: list[tuple[datetime, str]]
) -> list[Reading]:
    usable = []
    for one in readings:
        if one.at.tzinfo is None:
            aside.append((one.at.replace(tzinfo=UTC), "time_without_zone"))
        else:
            usable.append(Reading(one.at.astimezone(UTC), one.value))
    good = []
    usable.sort(key=lambda one: one.at)
    for at, group in groupby(usable, key=lambda one: one.at):
        same = list(group)
        if len({one.value for one in same}) > 1:
            aside += [(at, "contradicts_itself")] * len(same)
            continue
        good.append(same[0])
        aside += [(at, "sent_twice")] * (len(same) - 1)
    return good


def _without(
    readings: Sequence[Reading], aside: list[tuple[datetime, str]], code: str, bad: set[int]
) -> list[Reading]:
    aside += [(readings[n].at, code) for n in sorted(bad)]
    return [one for n, one in enumerate(readings) if n not in bad]


def _impossible(readings: Sequence[Reading], rules: MeterRules) -> set[int]:
    return {
        n
        for n, one in enumerate(readings)
        if not one.value.is_finite() or not rules.low <= one.value <= rules.high
    }


def _stuck(readings: Sequence[Reading], rules: MeterRules) -> set[int]:
    """Runs of one value, long and with many readings."""
    bad: set[int] = set()
    for _, group in groupby(range(len(readings)), key=lambda n: readings[n].value):
        run = list(group)
        lasted = readings[run[-1]].at - readings[run[0]].at
        if len(run) >= rules.stuck_readings and lasted >= timedelta(hours=rules.stuck_hours):
            bad.update(run)
    return bad


def _jumps(readings: Sequence[Reading], rules: MeterRules) -> set[int]:
    """Readings that leave the last good one and come back soon."""
    bad: set[int] = set()
    last: Decimal | None = None
    for n, one in enumerate(readings):
        if last is not None and abs(one.value - last) > rules.jump:
            ahead = readings[n + 1 : n + 1 + rules.spike_readings]
            if any(abs(later.value - last) <= rules.jump for later in ahead):
                bad.add(n)
                continue
        last = one.value
    return bad


def _held(
    good: Sequence[Reading], bad: set[datetime], longest: timedelta
) -> tuple[list[tuple[datetime, datetime, Decimal]], list[tuple[datetime, datetime]]]:
    """How long does each reading hold, and of which stretches is nothing known?

    A reading holds until the next one, good or set aside.
    """
    held: list[tuple[datetime, datetime, Decimal]] = []
    gaps: list[tuple[datetime, datetime]] = []
    value_at = {one.at: one.value for one in good}
    times = sorted({*value_at, *bad})
    for at, after in pairwise(times):
        known = at
        if at in value_at:
            known = min(after, at + longest)
            held.append((at, known, value_at[at]))
        if known < after:
            if gaps and gaps[-1][1] == known:
                gaps[-1] = (gaps[-1][0], after)
            else:
                gaps.append((known, after))
    return held, gaps


def _breaches(
    stretches: Sequence[tuple[datetime, datetime, Decimal]], meter: Meter
) -> Iterable[Interruption]:
    """One breach for each stretch of one value without a gap."""
    joined: list[tuple[datetime, datetime, Decimal]] = []
    for start, end, value in stretches:
        if joined and joined[-1][1] == start and joined[-1][2] == value:
            joined[-1] = (joined[-1][0], end, value)
        else:
            joined.append((start, end, value))
    for start, end, value in joined:
        yield Interruption(
            id=f"{meter.id}/{start.isoformat()}",
            service=meter.service,
            organisation=meter.organisation,
            started=start,
            ended=end,
            planned=False,
            parameter=meter.parameter,
            measured=value,
            cause="meter",
            building_ids=meter.building_ids,
        )
