"""Which bounds does a norm set for a meter, and when was what it measured truly beyond them?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from zoneinfo import ZoneInfo

from eutopia.core.evaluate.meters import MeterFindings, MeterRules, find_breaches
from eutopia.core.evaluate.spells import band_at
from eutopia.core.norms import NormsInForce
from eutopia.core.norms.conditions import choose, circumstance
from eutopia.core.records.service_norms import ServiceNorm
from eutopia.core.records.utilities import Interruption, Meter, Reading

_D = Decimal
RULES: Mapping[tuple[str, str], MeterRules] = MappingProxyType(
    {
        ("hot_water", "temperature"): MeterRules(low=_D(-5), high=_D(100), jump=_D(20)),
        ("heating", "temperature"): MeterRules(low=_D(-40), high=_D(60), jump=_D(8)),
        ("", "temperature"): MeterRules(low=_D(-40), high=_D(130), jump=_D(30)),
        ("", "pressure"): MeterRules(
            low=_D(0), high=_D(4), jump=_D("0.4"), stuck_hours=72, stuck_readings=60
        ),
        ("", "voltage"): MeterRules(low=_D(0), high=_D(500), jump=_D(60)),
    }
)
"""When readings are not believed, by service and parameter (°C, MPa, V). Assumed, not measured."""


@dataclass(frozen=True, slots=True)
class MeterJudgement:
    """What a meter found, by which norm: its path, empty where no norm bounds what it measures."""

    findings: MeterFindings
    norm: str
    low: Decimal | None
    high: Decimal | None


def meter_rules(meter: Meter) -> MeterRules | None:
    """When are readings of this meter not believed? None where its parameter is not known."""
    return RULES.get((meter.service, meter.parameter)) or RULES.get(("", meter.parameter))


def judge_meter(
    readings: Iterable[Reading], *, meter: Meter, norms: NormsInForce, time_zone: str
) -> MeterJudgement:
    """When was what a meter measured outside the norm, by more than the norm's tolerance?

    Parameters
    ----------
    readings
        In any order.
    norms
        In force; the norm for the meter's service and parameter is taken, with the circumstances
        that it assumes. Where it sets no target, a value `<service>.<parameter>.bounds` counts.
    time_zone
        IANA name: tolerances may differ by hour of the local day.

    Raises
    ------
    ValueError
        For a parameter that no meter here measures.

    Notes
    -----
    A stretch of one value is a breach where it is beyond the tolerance at any of its hours; how
    many of its hours count is for `recalculate` to say. Readings are vetted by `RULES`.
    O(n log n).

    Examples
    --------
    >>> from datetime import UTC, date, datetime
    >>> from eutopia.core.norms import load_norms
    >>> norms = load_norms(["ru-354"]).at(date(2026, 3, 1))
    >>> meter = Meter("m1", "hot_water", "temperature", "heat", ("b1",))
    >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> said = [Reading(noon + timedelta(hours=h), Decimal(v)) for h, v in
    ...         enumerate([62, 58, 51, 61])]
    >>> told = judge_meter(said, meter=meter, norms=norms, time_zone="Europe/Moscow")
    >>> told.norm, [int(one.measured) for one in told.findings.breaches]
    ('hot_water.temperature', [51])
    """
    rules = meter_rules(meter)
    if rules is None:
        raise ValueError(f"no meter measures {meter.parameter!r}; it is temperature, pressure ...")
    norm = _norm_for(meter, norms)
    low, high = _bounds(meter, norm, norms)
    found = find_breaches(readings, meter=meter, rules=rules, low=low, high=high)
    if norm is not None and norm.tolerances:
        zone = ZoneInfo(time_zone)
        kept = tuple(one for one in found.breaches if _beyond(one, norm, low, high, zone))
        found = replace(found, breaches=kept)
    named = "" if low is None and high is None else f"{meter.service}.{meter.parameter}"
    return MeterJudgement(found, named if norm is None else norm.path if named else "", low, high)


def _norm_for(meter: Meter, norms: NormsInForce) -> ServiceNorm | None:
    return next(
        (
            norm
            for norm in norms.service_norms()
            if norm.service == meter.service and meter.parameter in norm.parameters
        ),
        None,
    )


def _bounds(
    meter: Meter, norm: ServiceNorm | None, norms: NormsInForce
) -> tuple[Decimal | None, Decimal | None]:
    if norm is not None and norm.targets:
        facts = {name: circumstance(value) for name, value in norm.assume}
        target = choose(norm.targets, facts)
        return (None, None) if target is None else (target.low, target.high)
    path = f"{meter.service}.{meter.parameter}.bounds"
    told = next((one.value for one in norms.values(path) if one.path == path), None)
    if isinstance(told, tuple | list) and len(told) == 2:
        return Decimal(str(told[0])), Decimal(str(told[1]))
    return None, None


def _beyond(
    one: Interruption,
    norm: ServiceNorm,
    low: Decimal | None,
    high: Decimal | None,
    zone: ZoneInfo,
) -> bool:
    """Whether a breach is beyond the tolerance of any hour it touches."""
    if one.ended is None or one.measured is None:
        return True
    bands = {
        band_at(norm.bands, int(moment.timestamp()), zone) if norm.bands else ""
        for moment in _hours(one)
    }
    for band in bands:
        facts = {name: circumstance(value) for name, value in norm.assume} | {"time_of_day": band}
        room = choose(norm.tolerances, facts)
        below, above = (room.below, room.above) if room else (Decimal(0), Decimal(0))
        if low is not None and one.measured < low - below:
            return True
        if high is not None and one.measured > high + above:
            return True
    return False


def _hours(one: Interruption) -> Iterable[datetime]:
    """Moments of a breach, a quarter of an hour apart: bands of the day are no shorter."""
    moment, step, seen = one.started, timedelta(minutes=15), 0
    # A day holds every band there is.
    while one.ended is not None and moment < one.ended and seen <= 4 * 24:
        yield moment
        moment, seen = moment + step, seen + 1
