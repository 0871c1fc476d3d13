"""What is owed back: cases a lawyer can check with a pencil."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eutopia.core.evaluate.recalculation import portion, recalculate
from eutopia.core.norms import load_norms
from eutopia.core.records import Charge, Interruption, Money, Recalculation

NORMS = load_norms(["ru-354"])
MOSCOW = "Europe/Moscow"
FEE = Decimal("1000.00")


def event(
    service: str,
    start: str,
    end: str | None,
    *,
    name: str = "e1",
    parameter: str = "continuity",
    measured: str | None = None,
    zone: str = MOSCOW,
) -> Interruption:
    def utc(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)

    return Interruption(
        id=name,
        service=service,
        organisation="provider",
        started=utc(start),
        ended=None if end is None else utc(end),
        planned=False,
        parameter=parameter,
        measured=None if measured is None else Decimal(measured),
    )


def cold_room(start: str, end: str, measured: str, *, name: str = "e1") -> Interruption:
    return event("heating", start, end, name=name, parameter="temperature", measured=measured)


def owed(
    service: str,
    *events: Interruption,
    fee: Decimal = FEE,
    month: date = date(2026, 3, 1),
    zone: str = MOSCOW,
    **settings: object,
) -> Recalculation:
    charge = Charge("flat 1", service, month, Money(fee, "RUB"))
    return recalculate(charge, events, norms=NORMS, time_zone=zone, **settings)  # type: ignore[arg-type]


def test_the_readings_of_single_and_monthly_limits_are_options() -> None:
    events = [
        event("cold_water", "2026-03-02 00:00", "2026-03-02 10:00"),  # 6 beyond 4
        event("cold_water", "2026-03-09 00:00", "2026-03-09 01:00", name="e2"),
    ]
    percents = {
        option: owed("cold_water", *events, options={"combination": option}).lines[0].percent
        for option in ("period_total_only", "larger_of_both", "both")
    }
    # 11 - 8 = 3 hours; 10 - 4 = 6 hours; 6 hours, then 4 + 1 against 8 give none.
    assert percents["period_total_only"] == Decimal("0.45")
    assert percents["larger_of_both"] == Decimal("0.9")
    assert percents["both"] == Decimal("0.9")
    with pytest.raises(ValueError, match="choose one of period_total_only"):
        owed("cold_water", *events, options={"combination": "sum"})


def test_overlapping_events_count_once() -> None:
    found = owed(
        "cold_water",
        event("cold_water", "2026-03-02 06:00", "2026-03-03 06:00"),
        event("cold_water", "2026-03-02 18:00", "2026-03-03 12:00", name="e2"),
    )
    assert found.lines[0].excess == 22
    assert found.lines[0].interruption_ids == ("e1", "e2")
    assert found.notes == (("e2", "overlaps:e1"),)


def test_of_overlapping_measurements_the_worst_counts() -> None:
    found = owed(
        "heating",
        cold_room("2026-03-02 08:00", "2026-03-02 18:00", "17"),
        cold_room("2026-03-02 12:00", "2026-03-02 14:00", "15", name="e2"),
    )
    assert found.lines[0].excess == 8 * 1 + 2 * 3


def test_an_event_over_the_turn_of_the_month_is_split() -> None:
    out = event("cold_water", "2026-03-31 12:00", "2026-04-01 20:00")
    march = owed("cold_water", out)
    april = owed("cold_water", out, month=date(2026, 4, 1))
    assert march.lines[0].excess == 12 - 8
    assert april.lines[0].excess == 20 - 8


def test_clock_changes_count_real_hours() -> None:
    berlin = "Europe/Berlin"
    spring = event("cold_water", "2026-03-28 12:00", "2026-03-29 12:00", zone=berlin)
    autumn = event("cold_water", "2026-10-24 12:00", "2026-10-25 12:00", zone=berlin)
    assert owed("cold_water", spring, zone=berlin).lines[0].excess == 23 - 8
    october = owed("cold_water", autumn, zone=berlin, month=date(2026, 10, 1))
    assert october.lines[0].excess == 25 - 8


def test_what_cannot_be_used_is_named() -> None:
    found = owed(
        "hot_water",
        event("hot_water", "2026-03-02 06:00", "2026-03-01 06:00", name="backwards"),
        event("hot_water", "2026-03-02 06:00", "2026-03-02 06:00", name="empty"),
        event("hot_water", "2026-02-02 06:00", "2026-02-03 06:00", name="earlier"),
        event("hot_water", "2026-03-02 06:00", "2026-03-02 09:00", name="odd", parameter="colour"),
        replace(
            event("hot_water", "2026-03-05 06:00", "2026-03-05 09:00", name="unmeasured"),
            parameter="temperature",
        ),
        event("heating", "2026-03-02 06:00", "2026-03-02 09:00", name="other service"),
    )
    assert dict(found.set_aside) == {
        "backwards": "ends_before_it_starts",
        "empty": "no_length",
        "odd": "no_norm_for:colour",
        "unmeasured": "not_measured",
    }
    assert found.amount.amount == 0


def test_an_event_sent_twice_counts_once() -> None:
    one = event("cold_water", "2026-03-02 06:00", "2026-03-03 12:00")
    found = owed("cold_water", one, one)
    assert found.set_aside == (("e1", "given_twice"),)
    assert found.lines[0].percent == Decimal("3.3")


def test_an_event_still_going_on_counts_up_to_the_day_asked() -> None:
    going_on = event("cold_water", "2026-03-02 00:00", None)
    as_of = datetime(2026, 3, 3, tzinfo=ZoneInfo(MOSCOW))
    found = owed("cold_water", going_on, as_of=as_of)
    assert found.lines[0].excess == 16
    assert found.notes == (("e1", "still_going_on"),)
    assert owed("cold_water", going_on).lines[0].excess == 30 * 24 - 8


def test_the_length_set_by_another_act_is_not_guessed() -> None:
    out = event("cold_water", "2026-03-02 06:00", "2026-03-04 06:00")
    found = owed("cold_water", replace(out, conditions=(("accident_in_central_network", "yes"),)))
    assert found.set_aside == (("e1", "set_by_other_act:СНиП 2.04.02-84*"),)


def test_no_reduction_exceeds_the_fee() -> None:
    bad = [
        cold_room("2026-03-01 00:00", "2026-04-01 00:00", "5"),
        event("heating", "2026-03-01 00:00", "2026-04-01 00:00", name="e2"),
    ]
    found = owed("heating", *bad, fee=Decimal("2500.55"))
    assert found.capped
    assert found.amount.amount == Decimal("2500.55")
    assert sum(line.amount.amount for line in found.lines) == Decimal("2500.55")


def test_circumstances_taken_for_granted_are_named() -> None:
    cold = event(
        "heating", "2026-03-02 08:00", "2026-03-02 18:00", parameter="temperature", measured="16"
    )
    assert dict(owed("heating", cold).assumed) == {
        "cold_region": "no",
        "room": "living_room",
        "season": "heating",
    }
    known = {"cold_region": True, "room": "corner_room", "season": "heating"}
    found = owed("heating", cold, circumstances=known)
    assert found.assumed == ()
    assert found.lines[0].excess == (22 - 16) * 10
    summer = owed("heating", cold, circumstances={"season": "summer"})
    assert summer.set_aside == (("e1", "norm_does_not_apply"),)


def test_each_line_names_article_grade_and_edition() -> None:
    found = owed("cold_water", event("cold_water", "2026-03-02 06:00", "2026-03-03 12:00"))
    (line,) = found.lines
    assert line.article == "Приложение № 1, п. 1"
    assert line.verification == "A"
    assert line.permitted == 8
    assert line.supplied == "2026-03-02T06:00:00+03:00/2026-03-03T12:00:00+03:00"
    assert found.edition.startswith("ru-354@2024-05-24#")


def test_a_negative_fee_is_refused() -> None:
    with pytest.raises(ValueError, match="is negative"):
        owed("cold_water", fee=Decimal(-1))


@pytest.mark.parametrize(
    ("fee", "numerator", "denominator", "expected"),
    [
        ("0.01", 1, 2, "0.01"),  # half a kopeck goes up
        ("0.01", 49, 100, "0.00"),
        ("100.00", 1, 3, "33.33"),
        ("100.00", 2, 3, "66.67"),
        ("1234.565", 1, 1, "1234.57"),
    ],
)
def test_rounding_is_half_up_to_the_kopeck(
    fee: str, numerator: int, denominator: int, expected: str
) -> None:
    found = portion(Money(Decimal(fee), "RUB"), Fraction(numerator, denominator))
    assert found.amount == Decimal(expected)


hours = st.integers(0, 31 * 24)


@settings(deadline=None)
@given(
    st.lists(st.tuples(hours, hours, st.sampled_from(["continuity", "composition"])), max_size=6),
    st.decimals(0, 20_000, places=2),
    st.sampled_from(["period_total_only", "larger_of_both", "both"]),
)
def test_sums_add_up_and_stay_within_the_fee(
    spans: list[tuple[int, int, str]], fee: Decimal, combination: str
) -> None:
    base = datetime(2026, 2, 28, 21, tzinfo=UTC).timestamp()
    events = [
        Interruption(
            f"e{n}",
            "cold_water",
            "provider",
            datetime.fromtimestamp(base + 3600 * start, UTC),
            datetime.fromtimestamp(base + 3600 * end, UTC),
            planned=False,
            parameter=parameter,
        )
        for n, (start, end, parameter) in enumerate(spans)
    ]
    found = owed("cold_water", *events, fee=fee, options={"combination": combination})
    assert found.amount.amount == sum((line.amount.amount for line in found.lines), Decimal(0))
    assert 0 <= found.amount.amount <= fee
    assert all(line.amount.amount >= 0 for line in found.lines)
    named = {name for name, _ in found.set_aside}
    assert named == {f"e{n}" for n, (start, end, _) in enumerate(spans) if end <= start}
    reverse = owed("cold_water", *reversed(events), fee=fee, options={"combination": combination})
    assert reverse.lines == found.lines
