"""A whole town at once comes to what each dwelling comes to alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eutopia.core.evaluate.recalculation import portion, recalculate
from eutopia.core.evaluate.recalculation_batch import (
    Dwellings,
    portions,
    recalculate_town,
    touched_dwellings,
)
from eutopia.core.norms import load_norms
from eutopia.core.records import Charge, Interruption, Money

BERLIN = "Europe/Berlin"
MONTHS = (date(2026, 3, 1), date(2026, 4, 1))
START = datetime(2026, 3, 1, tzinfo=ZoneInfo(BERLIN)).astimezone(UTC)
RU = load_norms(["ru-354"])
BUILDINGS = ("a", "b", "c")
CIRCUMSTANCES: tuple[dict[str, str], ...] = (
    {},
    {"room": "corner_room", "independent_sources": "2"},
)
DWELLINGS = Dwellings(
    buildings=BUILDINGS,
    building=np.array([0, 0, 1, 2, 2]),
    circumstances=CIRCUMSTANCES,
    circumstance=np.array([0, 1, 0, 0, 1]),
)
TARIFFS = {
    "hot_water": Money(Decimal("214.37"), "RUB"),
    "cold_water": Money(Decimal("51.93"), "RUB"),
}
KINDS = [
    ("cold_water", "continuity", None),
    ("cold_water", "composition", None),
    ("cold_water", "pressure", ("0.02", "0.025", "0.3", "0.7", "0.9")),
    ("hot_water", "continuity", None),
    ("hot_water", "temperature", ("36", "39.5", "44.3", "51", "58.5", "82")),
    ("heating", "continuity", None),
    ("heating", "temperature", ("9", "14.25", "16", "18", "21.5", "27.4")),
    ("electricity", "continuity", None),
    ("solid_waste", "removal", None),
]
CONDITIONS = [
    (),
    (("accident_on_dead_end_main", "yes"),),
    (("accident_in_central_network", "yes"),),
    (("indoor_C", "11"), ("outdoor_mean_C", "3")),
    (("indoor_C", "13"), ("outdoor_mean_C", "9")),
    (("season", "summer"),),
]


@st.composite
def events(draw: st.DrawFn) -> Interruption:
    service, parameter, values = draw(st.sampled_from(KINDS))
    start = draw(st.integers(-200, 6200))
    length = draw(st.integers(1, 900))
    return Interruption(
        id=str(draw(st.integers(0, 10**9))),
        service=service,
        organisation="provider",
        started=START + timedelta(minutes=13 * start),
        ended=START + timedelta(minutes=13 * (start + length)),
        planned=draw(st.booleans()),
        parameter=parameter,
        measured=None if values is None else Decimal(draw(st.sampled_from(values))),
        building_ids=tuple(draw(st.sets(st.sampled_from(BUILDINGS), min_size=1))),
        conditions=draw(st.sampled_from(CONDITIONS)),
    )


@settings(max_examples=150, deadline=None)
@given(
    st.lists(events(), max_size=9, unique_by=lambda event: event.id),
    st.sampled_from(["cold_water", "hot_water", "heating", "electricity", "solid_waste"]),
    st.sampled_from(["period_total_only", "larger_of_both", "both"]),
    st.sampled_from(["touched", "full"]),
    st.lists(st.integers(0, 3_000_000), min_size=10, max_size=10),
)
def test_the_town_equals_its_dwellings(
    found: list[Interruption], service: str, combination: str, days: str, kopecks: list[int]
) -> None:
    fees = np.array(kopecks, np.int64).reshape(5, 2)
    options = {"combination": combination, "days_counted": days}
    (town,) = recalculate_town(
        [service],
        MONTHS,
        found,
        dwellings=DWELLINGS,
        fees={service: fees},
        norms=RU,
        time_zone=BERLIN,
        tariffs=TARIFFS,
        options=options,
    )
    assert DWELLINGS.circumstance is not None
    named: set[tuple[str, str]] = set()
    for dwelling in range(5):
        building = BUILDINGS[DWELLINGS.building[dwelling]]
        for month, first in enumerate(MONTHS):
            fee = Money(Decimal(int(fees[dwelling, month])).scaleb(-2), "RUB")
            alone = recalculate(
                Charge("d", service, first, fee),
                [event for event in found if building in event.building_ids],
                norms=RU,
                time_zone=BERLIN,
                circumstances=CIRCUMSTANCES[DWELLINGS.circumstance[dwelling]],
                tariffs=TARIFFS,
                options=options,
            )
            assert town.amounts[dwelling, month] == int(alone.amount.amount * 100)
            assert town.capped[dwelling, month] == alone.capped
            named |= set(alone.set_aside)
            lines = town.lines
            here = (lines.unit == town.unit[dwelling]) & (lines.month == month)
            assert {lines.remedies[r] for r in lines.remedy[here]} == {
                line.norm_path for line in alone.lines
            }
    # Every event set aside for some dwelling is named for the town.
    assert named <= set(town.set_aside)


def town_of(found: list[Interruption], fees: np.ndarray, **settings_: object) -> object:  # type: ignore[type-arg]
    return list(
        recalculate_town(
            ["cold_water"],
            MONTHS,
            found,
            dwellings=DWELLINGS,
            fees={"cold_water": fees},
            norms=RU,
            time_zone=BERLIN,
            **settings_,  # type: ignore[arg-type]
        )
    )


def test_what_cannot_be_computed_is_refused() -> None:
    out = Interruption("1", "cold_water", "p", START, START + timedelta(days=3), planned=False)
    with pytest.raises(ValueError, match="a fee is negative"):
        town_of([out], np.full((5, 2), -1))
    with pytest.raises(ValueError, match="expected \\(5, 2\\)"):
        town_of([], np.zeros((5, 3), np.int64))
    with pytest.raises(ValueError, match="does not follow"):
        list(
            recalculate_town(
                ["cold_water"],
                (MONTHS[0], date(2026, 6, 1)),
                [],
                dwellings=DWELLINGS,
                fees={},
                norms=RU,
                time_zone=BERLIN,
            )
        )
    with pytest.raises(ValueError, match="compute it with `recalculate`"):
        list(
            recalculate_town(
                ["electricity"],
                MONTHS,
                [],
                dwellings=DWELLINGS,
                fees={},
                norms=load_norms(["gb-electricity"]),
                time_zone="Europe/London",
            )
        )


@settings(max_examples=30, deadline=None)
@given(st.lists(events(), min_size=1, max_size=6, unique_by=lambda event: event.id), st.data())
def test_after_a_correction_only_the_dwellings_touched_change(
    found: list[Interruption], data: st.DataObject
) -> None:
    fees = np.full((5, 2), 123_457)

    def amounts(known: list[Interruption], homes: Dwellings, charged: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
        (town,) = recalculate_town(
            ["heating"],
            MONTHS,
            known,
            dwellings=homes,
            fees={"heating": charged},
            norms=RU,
            time_zone=BERLIN,
        )
        return town.amounts

    wrong = data.draw(st.sampled_from(found))
    right = replace(wrong, ended=wrong.started + timedelta(hours=data.draw(st.integers(1, 300))))
    corrected = [right if event is wrong else event for event in found]
    touched = touched_dwellings([wrong, right], DWELLINGS)
    after = amounts(found, DWELLINGS, fees)
    after[touched] = amounts(corrected, DWELLINGS.take(touched), fees[touched])
    assert (after == amounts(corrected, DWELLINGS, fees)).all()


def test_unusable_events_and_unknown_buildings_are_named() -> None:
    elsewhere = Interruption(
        "1", "cold_water", "p", START, START + timedelta(days=3), planned=False, building_ids=("z",)
    )
    backwards = Interruption(
        "2", "cold_water", "p", START, START - timedelta(days=3), planned=False, building_ids=("a",)
    )
    told: list[tuple[str, float]] = []
    (town,) = recalculate_town(
        ["cold_water"],
        MONTHS,
        [elsewhere, backwards],
        dwellings=DWELLINGS,
        fees=lambda _: np.full((5, 2), 100_000),
        norms=RU,
        time_zone=BERLIN,
        progress=lambda service, share: told.append((service, share)),
    )
    assert dict(town.set_aside) == {"1": "no_building_known", "2": "ends_before_it_starts"}
    assert not town.amounts.any()
    assert told == [("cold_water", 1.0)]


@given(st.integers(0, 10**13), st.integers(1, 10**12), st.integers(1, 10**12))
def test_money_is_exact_beyond_62_bits(fee: int, numerator: int, denominator: int) -> None:
    (found,) = portions(np.array([fee]), np.array([numerator]), np.array([denominator]))
    money = Money(Decimal(fee).scaleb(-2), "RUB")
    if fee * numerator // denominator < 2**62:
        exact = portion(money, Fraction(numerator, denominator))
        assert found == int(exact.amount.scaleb(2))
