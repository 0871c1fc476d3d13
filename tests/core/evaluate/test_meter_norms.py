"""Which norm bounds a meter, and which stretches are beyond its tolerance."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eutopia.core.evaluate.meter_norms import judge_meter
from eutopia.core.evaluate.recalculation import recalculate
from eutopia.core.norms import load_norms
from eutopia.core.records import Charge, Meter, Money, Reading

NORMS = load_norms(["ru-354"]).at(date(2026, 3, 1))
# 21:00 UTC is midnight in Moscow.
MIDNIGHT = datetime(2026, 3, 9, 21, tzinfo=UTC)
HOUR = timedelta(hours=1)


def judge(service: str, parameter: str, values: list[str], *, step: timedelta = HOUR):
    meter = Meter("m", service, parameter, "o", ("b",))
    said = [Reading(MIDNIGHT + n * step, Decimal(value)) for n, value in enumerate(values)]
    return judge_meter(said, meter=meter, norms=NORMS, time_zone="Europe/Moscow")


@pytest.mark.parametrize(
    ("hour", "value", "beyond"),
    [
        (1, "55", False),  # 60 less 5 by night
        (1, "54.9", True),
        (4, "54", True),  # still night at 4:00
        (5, "56.9", True),  # 60 less 3 by day
        (5, "57", False),
        (12, "78", False),  # 75 and 3
        (12, "78.1", True),
    ],
)
def test_tolerance_by_hour(hour: int, value: str, beyond: bool) -> None:
    """Rules 354, appendix 1, item 5: 60 to 75 °C, five degrees by night, three by day."""
    values = ["65"] * hour + [value] + ["66"]
    assert bool(judge("hot_water", "temperature", values).findings.breaches) == beyond


@pytest.mark.parametrize(
    ("service", "parameter", "values", "norm", "count"),
    [
        ("heating", "temperature", ["18", "14.9", "18.5"], "heating.temperature", 1),
        ("heating", "temperature", ["18", "15.1", "18.5"], "heating.temperature", 0),
        ("cold_water", "pressure", ["0.3", "0.02", "0.31"], "cold_water.pressure", 1),
        ("electricity", "voltage", ["220", "197", "221"], "electricity.voltage", 1),
        ("electricity", "voltage", ["220", "198", "242"], "electricity.voltage", 0),
        ("gas", "temperature", ["5", "0", "5"], "", 0),
    ],
)
def test_which_norm_bounds_it(
    service: str, parameter: str, values: list[str], norm: str, count: int
) -> None:
    """The norm's target, or the pack's bounds; where there is neither nothing is found."""
    told = judge(service, parameter, values)
    assert (told.norm, len(told.findings.breaches)) == (norm, count)


def test_no_meter_measures_removal() -> None:
    """Nobody guesses when such a reading would be believed."""
    with pytest.raises(ValueError, match="removal"):
        judge("solid_waste", "removal", ["1"])


@given(st.lists(st.integers(380, 800), min_size=2, max_size=20))
def test_what_is_left_out_would_owe_nothing(tenths: list[int]) -> None:
    """Whatever a meter says: the breaches kept owe what all stretches off the bounds would owe."""
    from eutopia.core.evaluate.meter_norms import RULES
    from eutopia.core.evaluate.meters import find_breaches

    values = [str(Decimal(n) / 10) for n in tenths]
    told = judge("hot_water", "temperature", values)
    meter = Meter("m", "hot_water", "temperature", "o", ("b",))
    said = [Reading(MIDNIGHT + n * HOUR, Decimal(value)) for n, value in enumerate(values)]
    every = find_breaches(
        said, meter=meter, rules=RULES["hot_water", "temperature"], low=told.low, high=told.high
    )
    assert told.findings.set_aside == every.set_aside
    fee = Charge("f", "hot_water", date(2026, 3, 1), Money(Decimal(100_000), "RUB"))
    owed, naive = (
        recalculate(
            fee, found.breaches, norms=NORMS, time_zone="Europe/Moscow",
            tariffs={"cold_water": Money(Decimal(40), "RUB")},
        ).amount
        for found in (told.findings, every)
    )  # fmt: skip
    assert owed == naive
