"""Shares of a charge against a simulation that goes through the month minute by minute."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eutopia.core.evaluate.exposure import Exposure, measure_exposure
from eutopia.core.evaluate.recalculation import apply_exposure
from eutopia.core.norms import Norms, load_norms
from eutopia.core.records import Charge, Interruption, Money

BERLIN = "Europe/Berlin"
MARCH = date(2026, 3, 1)  # clocks go forward on the 29th: 743 hours
ZONE = ZoneInfo(BERLIN)
START = datetime(2026, 3, 1, tzinfo=ZONE).astimezone(UTC)
MINUTES = 743 * 60
RU = load_norms(["ru-354"])

Span = tuple[int, int, int]
# Start (up to a day before the month), length up to five days, in steps of ten minutes; measured.
spans = st.lists(
    st.tuples(st.integers(-144, 4458), st.integers(1, 720), st.integers(10, 28)), max_size=5
)


def interruptions(
    found: Iterable[Span], service: str, parameter: str, *, measured: bool
) -> list[Interruption]:
    return [
        Interruption(
            f"e{n}",
            service,
            "provider",
            START + timedelta(minutes=10 * start),
            START + timedelta(minutes=10 * (start + length)),
            planned=False,
            parameter=parameter,
            measured=Decimal(value) / 2 + 8 if measured else None,
        )
        for n, (start, length, value) in enumerate(found)
    ]


def expose(events: list[Interruption], service: str, norms: Norms = RU, **options: str) -> Exposure:
    return measure_exposure(
        service, MARCH, events, norms=norms, time_zone=BERLIN, options=options or None
    )


def total(exposure: Exposure) -> Fraction:
    return sum((share.share for share in exposure.shares), Fraction(0))


def minutes_out(found: Iterable[Span]) -> list[tuple[int, int]]:
    """Every minute of the month without service, and for how long it had been out before it."""
    out = {m for s, length, _ in found for m in range(10 * s, 10 * (s + length))}
    minutes, lasted = [], 0
    for minute in range(-10 * 144, MINUTES):
        if minute not in out:
            lasted = 0
            continue
        if minute >= 0:
            minutes.append((minute, lasted))
        lasted += 1
    return minutes


@settings(max_examples=60, deadline=None)
@given(spans)
def test_interruptions_agree_with_the_simulation_under_each_reading(found: list[Span]) -> None:
    minutes = minutes_out(found)
    beyond_single = sum(lasted >= 240 for _, lasted in minutes)
    beyond_total = max(0, len(minutes) - 480)
    rest = max(0, len(minutes) - beyond_single - 480)
    expected = {
        "period_total_only": beyond_total,
        "larger_of_both": max(beyond_total, beyond_single),
        "both": beyond_single + rest,
    }
    events = interruptions(found, "cold_water", "continuity", measured=False)
    for reading, over in expected.items():
        shares = total(expose(events, "cold_water", combination=reading))
        assert shares == Fraction(over, 60) * Fraction(15, 10_000)


@settings(max_examples=20, deadline=None)
@given(spans)
def test_degree_hours_agree_with_the_simulation(found: list[Span]) -> None:
    worst: dict[int, Fraction] = {}
    for start, length, value in found:
        indoor = Fraction(value, 2) + 8
        for minute in range(max(0, 10 * start), min(MINUTES, 10 * (start + length))):
            local = (START + timedelta(minutes=minute)).astimezone(ZONE)
            low = 15 if local.hour < 5 else 18
            off = max(low - indoor, indoor - 22, Fraction(0))
            worst[minute] = max(worst.get(minute, Fraction(0)), off)
    expected = sum(worst.values(), Fraction(0)) / 60 * Fraction(15, 10_000)
    events = interruptions(found, "heating", "temperature", measured=True)
    assert total(expose(events, "heating")) == expected


@settings(max_examples=40, deadline=None)
@given(spans)
def test_days_off_the_composition_agree_with_the_simulation(found: list[Span]) -> None:
    days = {
        (START + timedelta(minutes=minute)).astimezone(ZONE).day for minute, _ in minutes_out(found)
    }
    events = interruptions(found, "cold_water", "composition", measured=False)
    assert total(expose(events, "cold_water")) == Fraction(len(days), 31)


CHANGING = """\
service_norms:
  - path: water.out
    service: cold_water
    parameters: [continuity]
    unit: hours
    description: {en: "Until the 14th: 8 hours, 0.15 %"}
    to: 2026-03-14
    permitted: {month: {scope: period_total, hours: 8, source: SOURCE}}
    remedies: {excess: {kind: percent_per_hours, percent: "0.15", source: SOURCE}}
    source: SOURCE
  - path: water.out
    service: cold_water
    parameters: [continuity]
    unit: hours
    description: {en: "From the 15th: 4 hours, 0.30 %"}
    from: 2026-03-15
    permitted: {month: {scope: period_total, hours: 4, source: SOURCE}}
    remedies: {excess: {kind: percent_per_hours, percent: "0.30", source: SOURCE}}
    source: SOURCE
""".replace("SOURCE", "{act: Act, article: '1', url: here, verification: A}")
MANIFEST = "{id: changing, title: {en: T}, edition: '1', jurisdiction: XX, licence: CC0-1.0}"


@pytest.fixture(scope="module")
def changing(tmp_path_factory: pytest.TempPathFactory) -> Norms:
    folder = tmp_path_factory.mktemp("packs") / "changing"
    folder.mkdir()
    (folder / "pack.yaml").write_text(MANIFEST, encoding="utf-8")
    (folder / "service_norms.yaml").write_text(CHANGING, encoding="utf-8")
    return load_norms(["changing"], roots=(folder.parent,))


def test_a_change_in_mid_month_judges_each_hour_by_the_norm_of_its_day(changing: Norms) -> None:
    # 5 hours before the change are within 8; 10 after it: 4 permitted are used up already.
    events = [
        Interruption("a", "cold_water", "p", START, START + timedelta(hours=5), planned=False),
        Interruption(
            "b",
            "cold_water",
            "p",
            START + timedelta(days=20),
            START + timedelta(days=20, hours=10),
            planned=False,
        ),
    ]
    exposure = expose(events, "cold_water", changing)
    assert [share.excess for share in exposure.shares] == [Decimal(10)]
    assert total(exposure) == Fraction(10) * Fraction(30, 10_000)


@settings(max_examples=40, deadline=None)
@given(spans)
def test_a_changing_norm_agrees_with_the_simulation(changing: Norms, found: list[Span]) -> None:
    change = int((datetime(2026, 3, 15, tzinfo=ZONE).astimezone(UTC) - START).total_seconds() / 60)
    expected = Fraction(0)
    for used, (minute, _) in enumerate(minutes_out(found)):
        limit, percent = (480, 15) if minute < change else (240, 30)
        if used >= limit:
            expected += Fraction(percent, 10_000) / 60
    events = interruptions(found, "cold_water", "continuity", measured=False)
    assert total(expose(events, "cold_water", changing)) == expected


@settings(max_examples=60, deadline=None)
@given(spans, st.integers(0, 10**7))
def test_months_add_up_and_lines_add_up(found: list[Span], kopecks: int) -> None:
    events = interruptions(found, "cold_water", "continuity", measured=False)
    fee = Money(Decimal(kopecks).scaleb(-2), "RUB")
    owed = apply_exposure(Charge("d", "cold_water", MARCH, fee), expose(events, "cold_water"))
    assert owed.amount.amount == sum((line.amount.amount for line in owed.lines), Decimal(0))
    assert 0 <= owed.amount.amount <= fee.amount
    assert owed.capped == (total(expose(events, "cold_water")) > 1 and owed.amount == fee)


@settings(deadline=None)
@given(spans, spans)
def test_more_interruptions_never_mean_less_owed(found: list[Span], more: list[Span]) -> None:
    few = interruptions(found, "cold_water", "continuity", measured=False)
    many = interruptions([*found, *more], "cold_water", "continuity", measured=False)
    for reading in ("period_total_only", "larger_of_both", "both"):
        less, greater = (
            total(expose(events, "cold_water", combination=reading)) for events in (few, many)
        )
        assert less <= greater


def test_an_unknown_pack_of_norms_leaves_every_event_named() -> None:
    events = interruptions([(0, 60, 10)], "cold_water", "continuity", measured=False)
    exposure = expose(events, "cold_water", load_norms(["calendar-plain"]))
    assert exposure.shares == ()
    assert exposure.set_aside == (("e0", "no_norm_for:continuity"),)
