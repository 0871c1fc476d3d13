"""The weather of the territory, day by day: a witness of causes."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from eutopia.core.records import WeatherDay as WeatherRecord
from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.foundation.bulk import Copied, copy_rows
from eutopia.web.problems.models import WeatherDay
from eutopia.web.territory.models import Territory


@transaction.atomic
def load_weather(actor: Actor, territory: Territory, days: Sequence[WeatherRecord]) -> Copied:
    """How many of these days are new, how many have changed?

    Raises
    ------
    AccessDenied
        The actor may not load this municipality's register.
    """
    require(actor, "territory.import", territory)
    rows = (
        {
            "territory_id": territory.pk,
            "day": one.day,
            "low_c": one.low_c,
            "high_c": one.high_c,
            "rain_mm": one.rain_mm,
            "wind_ms": one.wind_ms,
        }
        for one in days
    )
    done = copy_rows(WeatherDay, rows, key=("territory_id", "day"))
    if done.inserted or done.updated:
        log_act(
            actor,
            "territory.import",
            territory,
            after={"weather": done.inserted, "changed": done.updated},
            municipality=territory.code,
        )
    return done
