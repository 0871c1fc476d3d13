"""A building that two claim, a day without a tariff: named, never guessed."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from eutopia.core.evaluate.serving import check_tariffs, serving_on, tariff_on
from eutopia.core.records import Connection, Money, Tariff

START = date(2026, 1, 1)


def day(n: int) -> date:
    return START + timedelta(days=n)


def tariff(since: int, until: int | None) -> Tariff:
    ends = None if until is None else day(until)
    return Tariff("gas", "g", day(since), ends, Money(Decimal(1), "RUB"), "m3")


def test_who_serves_on_a_day() -> None:
    rows = [
        Connection("b1", "gas", "old", "old", "g1", until=day(9)),
        Connection("b1", "gas", "new", "new", "g2", since=day(10)),
        Connection("b2", "gas", "old", "old", "g1"),
        Connection("b2", "gas", "new", "new", "g1"),
    ]
    assert serving_on(rows, day(9)).network == {("b1", "gas"): "g1"}
    assert serving_on(rows, day(10)).network == {("b1", "gas"): "g2"}
    assert serving_on(rows, day(10)).two_providers == (("b2", "gas"),)


SPANS = st.lists(st.tuples(st.integers(0, 30), st.integers(-3, 12)), min_size=1, max_size=5)


@given(SPANS)
def test_a_day_is_clear_exactly_where_one_tariff_holds(spans: list[tuple[int, int]]) -> None:
    rows = [tariff(since, since + length) for since, length in spans]
    good = [row for row in rows if row.until is not None and row.until >= row.since]
    faults = check_tariffs(rows)
    turned = [f for f in faults if f.code == "ends_before_it_starts"]
    assert len(turned) == len(rows) - len(good)
    if not good:
        return
    first, last = min(r.since for r in good), max(r.until or r.since for r in good)
    for n in range((last - first).days + 1):
        at = first + timedelta(days=n)
        holding = sum(r.since <= at <= (r.until or at) for r in good)
        gaps = [f for f in faults if f.code == "tariff_gap" and f.first <= at <= f.last]
        assert bool(gaps) == (holding == 0)
        found = tariff_on(good, service="gas", provider="g", day=at)
        assert (found is not None) == (holding == 1)
