"""Weather comes in by the command's service, once, and the next diagnosis weighs it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from eutopia.core.diagnose.problems import find_problems
from eutopia.core.records import WeatherDay
from eutopia.web.foundation.access import RESIDENT, AccessDenied
from eutopia.web.loop.services import operator_for
from eutopia.web.problems import bridge
from eutopia.web.problems.services import diagnose_territory, load_weather
from eutopia.web.territory.models import Territory
from tests.web.problems.test_problems import territory  # noqa: F401

pytestmark = pytest.mark.django_db

OPERATOR = operator_for("hamlet")


def test_the_next_diagnosis_reads_it(
    territory: Territory,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[Any] = []

    def noted(*given: Any, **more: Any) -> Any:
        read.append(more["weather"])
        return find_problems(*given, **more)

    monkeypatch.setattr("eutopia.web.problems.services.finding.find_problems", noted)
    days = tuple(
        WeatherDay(territory.as_of - timedelta(days=k), low_c=-3.0 - k, wind_ms=float(k % 7))
        for k in range(50, -1, -1)
    )
    diagnose_territory(OPERATOR, territory)
    with pytest.raises(AccessDenied):
        load_weather(RESIDENT, territory, days)
    assert bridge.weather(territory.pk) == ()
    assert not diagnose_territory(OPERATOR, territory).fresh
    assert load_weather(OPERATOR, territory, days).inserted == len(days)
    assert diagnose_territory(OPERATOR, territory).fresh
    assert read == [(), days]
    assert not diagnose_territory(OPERATOR, territory).fresh


def test_the_same_days_again_are_replaced(territory: Territory) -> None:  # noqa: F811
    first = WeatherDay(territory.as_of, low_c=-3.0)
    assert load_weather(OPERATOR, territory, [first]).inserted == 1
    assert load_weather(OPERATOR, territory, [first]).updated == 0
    again = load_weather(OPERATOR, territory, [WeatherDay(territory.as_of, rain_mm=3.0)])
    assert (again.inserted, again.updated) == (0, 1)
    assert bridge.weather(territory.pk) == (WeatherDay(territory.as_of, rain_mm=3.0),)
