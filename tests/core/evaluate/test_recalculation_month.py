"""Many charges at once: equal to one by one, whatever the events, tariffs and buildings."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eutopia.core.evaluate.recalculation import recalculate, recalculate_month
from eutopia.core.evaluate.recalculation_batch import changed_events
from eutopia.core.norms import load_norms
from eutopia.core.records import Charge, Interruption, Money

RU = load_norms(["ru-354"]).at(date(2026, 3, 1))
MOSCOW = "Europe/Moscow"
MARCH = date(2026, 3, 1)
START = datetime(2026, 2, 27, tzinfo=UTC)
SERVICES = ("cold_water", "hot_water", "heating")
BUILDINGS = ("a", "b", "c", "")


def rubles(amount: str) -> Money:
    return Money(Decimal(amount), "RUB")


@st.composite
def events(draw: st.DrawFn) -> list[Interruption]:
    found = []
    for number in range(draw(st.integers(0, 5))):
        start = START + timedelta(hours=draw(st.integers(0, 24 * 36)))
        cool = draw(st.booleans())
        found.append(
            Interruption(
                f"e{number}",
                "hot_water" if cool else draw(st.sampled_from(SERVICES)),
                "p",
                start,
                draw(
                    st.none() | st.integers(-3, 90).map(lambda h, s=start: s + timedelta(hours=h))
                ),
                planned=False,
                parameter="temperature" if cool else "continuity",
                measured=Decimal(draw(st.integers(30, 60))) if cool else None,
                building_ids=tuple(draw(st.sets(st.sampled_from("abc"), min_size=1))),
            )
        )
    return found


@st.composite
def bills(draw: st.DrawFn) -> tuple[list[Charge], list[str]]:
    charges, places = [], []
    for number in range(draw(st.integers(1, 6))):
        building = draw(st.sampled_from(BUILDINGS))
        for service in draw(st.sets(st.sampled_from(SERVICES), min_size=1)):
            tariff = draw(st.none() | st.sampled_from(("40.00", "250.00")).map(rubles))
            fee = rubles(draw(st.sampled_from(("0.00", "0.07", "612.33", "1000.00"))))
            charges.append(Charge(f"{building}/{number}", service, MARCH, fee, None, tariff))
            places.append(building)
    return charges, places


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(events(), bills(), st.none() | st.integers(0, 40))
def test_equal_to_one_by_one(
    known: list[Interruption], billed: tuple[list[Charge], list[str]], day: int | None
) -> None:
    charges, places = billed
    as_of = None if day is None else START + timedelta(days=day)
    together = recalculate_month(charges, places, known, norms=RU, time_zone=MOSCOW, as_of=as_of)
    for charge, building, told in zip(charges, places, together, strict=True):
        tariffs = {
            one.service: one.tariff
            for one in charges
            if one.dwelling == charge.dwelling and one.tariff is not None
        }
        assert told == recalculate(
            charge,
            [one for one in known if building in one.building_ids],
            norms=RU,
            time_zone=MOSCOW,
            tariffs=tariffs,
            as_of=as_of,
        )


def test_a_negative_fee_is_named() -> None:
    bill = Charge("a/1", "heating", MARCH, rubles("-1.00"))
    with pytest.raises(ValueError, match="a/1 is negative"):
        recalculate_month([bill], ["a"], [], norms=RU, time_zone=MOSCOW)


@given(events(), events())
def test_changed_events_are_all_that_differ(
    before: list[Interruption], after: list[Interruption]
) -> None:
    """Whoever puts the changed ones in the place of the old has the new."""
    changed = changed_events(before, after)
    same = [one for one in before if one not in changed]
    assert sorted(o.id for o in same) == sorted(o.id for o in after if o in before)
    assert {*before, *after} == {*same, *changed}
