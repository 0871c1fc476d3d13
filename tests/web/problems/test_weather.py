"""Weather comes in by the command's service, once, and the next diagnosis weighs it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from eutopia.core.records import WeatherDay
from eutopia.web.foundation.access import RESIDENT, AccessDenied
from eutopia.web.loop.services import operator_for
from eutopia.web.problems import bridge
from eutopia.web.problems.models import Problem
from eutopia.web.problems.services import diagnose_territory, load_weather
from eutopia.web.reports.models import Report
from eutopia.web.territory.models import Territory
from tests.web.problems.test_problems import territory  # noqa: F401

pytestmark = pytest.mark.django_db

OPERATOR = operator_for("hamlet")


def likelihood() -> float:
    record = Problem.objects.order_by("number")[0].record
    return {c.cause: c.likelihood for c in record.by_signs}["weather"]


def test_hard_days_move_the_causes_of_the_next_diagnosis(territory: Territory) -> None:  # noqa: F811
    """It blew whenever the first problem was reported, and on no other day."""
    diagnose_territory(OPERATOR, territory)
    before = likelihood()
    ids = Problem.objects.order_by("number")[0].record.report_ids
    blown = {row.opened.date() for row in Report.objects.filter(pk__in=ids)}
    first = territory.as_of - timedelta(days=1_000)
    days = [
        WeatherDay(day, wind_ms=25.0 if day in blown else 3.0)
        for day in (first + timedelta(days=k) for k in range(1_001))
    ]
    with pytest.raises(AccessDenied):
        load_weather(RESIDENT, territory, days)
    assert bridge.weather(territory.pk) == ()
    assert load_weather(OPERATOR, territory, days).inserted == len(days)
    assert bridge.weather(territory.pk) == tuple(days)
    assert diagnose_territory(OPERATOR, territory).fresh
    assert likelihood() > before
    again = load_weather(OPERATOR, territory, [*days[:-1], WeatherDay(days[-1].day, rain_mm=3.0)])
    assert (again.inserted, again.updated) == (0, 1)
    assert not load_weather(OPERATOR, territory, [WeatherDay(date(2000, 1, 1))]).updated
