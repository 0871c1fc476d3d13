"""Meters that jump, stick and send twice: named, and never counted as a breach."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eutopia.core.evaluate.meters import Meter, MeterFindings, MeterRules, Reading, find_breaches
from eutopia.core.evaluate.recalculation import recalculate
from eutopia.core.norms import load_norms
from eutopia.core.records import Charge, Money

METER = Meter("m1", "heating", "temperature", "heat", ("b1",))
RULES = MeterRules(low=Decimal(-30), high=Decimal(60), jump=Decimal(8))
START = datetime(2026, 3, 2, 6, tzinfo=UTC)


def find(values: list[str | None], *, minutes: int = 60, low: str = "18") -> MeterFindings:
    readings = [
        Reading(START + timedelta(minutes=minutes * n), Decimal(value))
        for n, value in enumerate(values)
        if value is not None
    ]
    return find_breaches(readings, meter=METER, rules=RULES, low=Decimal(low), high=Decimal(24))


def told(found: MeterFindings) -> list[tuple[int, int, str]]:
    def hours(moment: datetime | None) -> int:
        assert moment is not None
        return int((moment - START).total_seconds() // 3600)

    return [(hours(b.started), hours(b.ended), str(b.measured)) for b in found.breaches]


def codes(found: MeterFindings) -> list[str]:
    return [code for _, code in found.set_aside]


CASES = [
    # Two hours at 16 °C, one at 17.
    (["19", "16", "16", "17", "20"], [(1, 3, "16"), (3, 4, "17")], []),
    # A jump to 2 °C and back is not believed, and the hour it stands for is not known.
    (["19", "2", "19", "16", "19"], [(3, 4, "16")], ["jump"]),
    # A change that stays is real.
    (["19", "5", "5", "5", "19"], [(1, 4, "5")], []),
    # 85 °C is impossible in a room.
    (["19", "85", "16", "19"], [(2, 3, "16")], ["impossible"]),
    # A day of exactly the same value: the meter sticks.
    (["19", *["15.5"] * 26, "19"], [], ["stuck"] * 26),
    # Three hours without a reading: it holds for 90 minutes, not longer.
    (["19", "16", None, None, "19"], [(1, 2, "16")], []),
]


@pytest.mark.parametrize(("values", "breaches", "aside"), CASES)
def test_what_counts_and_what_does_not(
    values: list[str | None], breaches: list[tuple[int, int, str]], aside: list[str]
) -> None:
    found = find(values)
    assert told(found) == breaches
    assert codes(found) == aside


def test_a_reading_holds_only_so_long() -> None:
    found = find(["19", "16", None, None, "19"])
    (breach,) = found.breaches
    assert breach.ended == breach.started + timedelta(minutes=90)
    assert found.gaps == ((breach.ended, START + timedelta(hours=4)),)


def test_readings_sent_twice_or_contradicting_are_named() -> None:
    readings = [
        Reading(START, Decimal(16)),
        Reading(START, Decimal(16)),
        Reading(START + timedelta(hours=1), Decimal(16)),
        Reading(START + timedelta(hours=1), Decimal(20)),
        Reading(START + timedelta(hours=2), Decimal(20)),
        Reading(START.replace(tzinfo=None), Decimal(20)),
    ]
    found = find_breaches(readings, meter=METER, rules=RULES, low=Decimal(18), high=None)
    assert told(found) == [(0, 1, "16")]
    assert sorted(codes(found)) == [
        "contradicts_itself",
        "contradicts_itself",
        "sent_twice",
        "time_without_zone",
    ]
    with pytest.raises(ValueError, match="swap them"):
        find_breaches([], meter=METER, rules=RULES, low=Decimal(9), high=Decimal(1))


def test_degree_hours_of_a_meter_reach_the_bill() -> None:
    # 10:00 to 14:00 Moscow time: 2 + 2 + 1.5 + 1 degrees below 18.
    found = find(["19", "16", "16", "16.5", "17", "19"])
    owed = recalculate(
        Charge("b1/1", "heating", date(2026, 3, 1), Money(Decimal(1000), "RUB")),
        found.breaches,
        norms=load_norms(["ru-354"]),
        time_zone="Europe/Moscow",
    )
    assert owed.lines[0].excess == Decimal("6.5")
    assert owed.amount.amount == Decimal("9.75")


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 400), st.integers(-400, 900).map(lambda n: Decimal(n) / 10)),
        max_size=60,
    )
)
def test_every_minute_is_in_the_norm_a_breach_or_unknown(
    found: list[tuple[int, Decimal]],
) -> None:
    readings = [Reading(START + timedelta(minutes=20 * n), value) for n, value in found]
    result = find_breaches(readings, meter=METER, rules=RULES, low=Decimal(18), high=Decimal(24))
    times = sorted({one.at for one in readings})
    assert len(result.set_aside) <= len(readings)
    edges = sorted(
        [(b.started, b.ended) for b in result.breaches if b.ended is not None] + list(result.gaps)
    )
    for (_, end), (start, _) in pairwise(edges):
        assert end <= start
    for start, end in edges:
        assert times[0] <= start < end <= times[-1]
    for breach in result.breaches:
        assert breach.measured is not None
        assert breach.measured < 18 or breach.measured > 24
        assert RULES.low <= breach.measured <= RULES.high
