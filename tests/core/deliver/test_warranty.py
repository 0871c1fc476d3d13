"""Warranty calls: golden rows at the borders, brute force, and no event counted twice."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString

from eutopia.core.deliver.warranty import find_warranty_calls
from eutopia.core.records import Measure, Money, Report, Reports, Text, Work

ONE = Money(Decimal(1), "RUB")
PAVING = Measure(
    code="resurface_road", title=Text.of(en="Resurface"), unit="m2", cost_low=ONE, cost=ONE,
    cost_high=ONE, price_date=date(2026, 1, 1), life_years=20, upkeep_share=Decimal(0),
    effect=(Decimal(0), Decimal(0), Decimal(0)), answers=("pothole",), asset_classes=(),
    work_groups=("surface",),
)  # fmt: skip
MEASURES = {"resurface_road": PAVING}
METRE = 1 / 111_320  # degrees of latitude


def work(name: str = "w", metres: float = 0.0, finished: date | None = date(2025, 6, 1)) -> Work:
    line = LineString([(30.0, 50 + metres * METRE), (30.001, 50 + metres * METRE)])
    return Work(name, "resurface_road", line, "d", date(2025, 5, 1), finished, ONE,
                contractor="c", warranty_until=date(2027, 6, 1))  # fmt: skip


def event(metres: float, day: date, kind: str = "pothole", name: str = "r") -> Report:
    opened = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return Report(name, opened, kind, 30.0005, 50 + metres * METRE)


@pytest.mark.parametrize(
    ("metres", "day", "kind", "counts"),
    [
        (0, date(2025, 6, 1), "pothole", True),  # the day of acceptance
        (0, date(2025, 5, 31), "pothole", False),  # before it
        (0, date(2027, 6, 1), "pothole", True),  # the last day
        (0, date(2027, 6, 2), "pothole", False),  # over
        (14, date(2026, 1, 1), "pothole", True),  # somebody stood beside the road
        (17, date(2026, 1, 1), "pothole", False),  # too far
        (0, date(2026, 1, 1), "graffiti", False),  # not what the works were for
    ],
)
def test_borders(metres: float, day: date, kind: str, counts: bool) -> None:
    """In time, in place and in kind."""
    calls = find_warranty_calls(
        [work()], Reports.from_rows([event(metres, day, kind)]), measures=MEASURES
    )

    assert len(calls) == counts
    if counts:
        assert (calls[0].contractor, calls[0].days_after) == ("c", (day - date(2025, 6, 1)).days)


def test_an_event_counts_once_for_the_nearest_work() -> None:
    """Two streets 20 m apart, a pothole 4 m from the second."""
    calls = find_warranty_calls(
        [work("near"), work("nearer", 20)],
        Reports.from_rows([event(16, date(2026, 1, 1))]),
        measures=MEASURES, reach_m=30,
    )  # fmt: skip

    assert [(c.work, c.distance_m) for c in calls] == [("nearer", pytest.approx(4, abs=0.1))]


def test_without_place_or_warranty_nothing_is_claimed() -> None:
    """Unfinished works, and a report without a point."""
    lost = Report("r", datetime(2026, 1, 1, tzinfo=UTC), "pothole")
    rows = Reports.from_rows([lost, event(0, date(2026, 1, 1), name="s")])

    assert find_warranty_calls([work(finished=None)], rows, measures=MEASURES) == ()
    assert [c.report_id for c in find_warranty_calls([work()], rows, measures=MEASURES)] == ["s"]


def test_a_negative_reach_is_refused() -> None:
    """Rather than finding nothing, silently."""
    with pytest.raises(ValueError, match="negative"):
        find_warranty_calls([], Reports.from_rows([]), measures={}, reach_m=-1)


@given(st.lists(st.tuples(st.floats(-40, 60), st.integers(0, 1000)), max_size=12))
def test_brute_force(rows: list[tuple[float, int]]) -> None:
    """Against measuring every pair by hand on parallel lines."""
    works = [work("a"), work("b", 25)]
    events = [
        event(m, date.fromordinal(date(2025, 3, 1).toordinal() + d), name=str(k))
        for k, (m, d) in enumerate(rows)
    ]
    expected = set()
    for k, (metres, days) in enumerate(rows):
        opened = date.fromordinal(date(2025, 3, 1).toordinal() + days)
        near = min(((abs(metres - at), w.id) for at, w in zip((0, 25), works, strict=True)))
        on_edge = abs(abs(metres) - abs(metres - 25)) < 0.3 or abs(near[0] - 15) < 0.3
        if on_edge:
            return  # the plane and the hand differ by centimetres
        if near[0] <= 15 and date(2025, 6, 1) <= opened <= date(2027, 6, 1):
            expected.add((near[1], str(k)))

    found = find_warranty_calls(works, Reports.from_rows(events), measures=MEASURES)

    assert {(c.work, c.report_id) for c in found} == expected
