"""Works and what they changed; the register's condition and where it goes."""

from __future__ import annotations

from typing import Any

import pytest

from eutopia.web.foundation.access import OPERATOR, RESIDENT, AccessDenied
from eutopia.web.loop.services import operator_for
from eutopia.web.reports.services import load_reports
from eutopia.web.territory.models import Territory
from eutopia.web.territory.services import load_territory
from eutopia.web.upkeep import selectors as upkeep
from eutopia.web.upkeep.models import ConditionForecast
from eutopia.web.upkeep.services import forecast_condition
from eutopia.web.works import bridge, models, selectors
from eutopia.web.works.services import load_works, measure_outcomes
from tests.web.towns import hamlet, hamlet_reports

pytestmark = pytest.mark.django_db

ACTOR = operator_for("hamlet")


@pytest.fixture
def territory() -> Territory:
    row, _ = load_territory(OPERATOR, hamlet())
    row.packs = [*row.packs, "measures-base", "service-lives"]
    row.save()
    load_reports(OPERATOR, row, hamlet_reports())
    load_works(OPERATOR, row, hamlet().works)
    return row


def test_loaded_once_and_read_back(territory: Territory) -> None:
    """Nothing doubles; the record comes back whole."""
    done = load_works(OPERATOR, territory, hamlet().works)
    assert (done.inserted, done.updated) == (0, 0)
    assert bridge.works(territory.pk) == hamlet().works


def test_measured_once(territory: Territory) -> None:
    """The same works and events are measured once; what was measured is replaced, not doubled."""
    run = measure_outcomes(ACTOR, territory)
    assert measure_outcomes(ACTOR, territory).pk in (run.pk, run.pk + 1)
    load_reports(OPERATOR, territory, [hamlet_reports()[0]])
    measure_outcomes(ACTOR, territory)
    assert models.Outcome.objects.filter(work__isnull=False).count() <= 1


def test_a_work_is_found_at_its_place(territory: Territory, django_assert_num_queries: Any) -> None:
    """By box: the lamp's work at the lamp, none a kilometre away; six queries for a list."""
    assert [w.code for w in selectors.works_near(territory.pk, lon=40.005, lat=55.005)] == ["w1"]
    assert selectors.works_near(territory.pk, lon=40.018, lat=55.008) == ()
    with django_assert_num_queries(6):
        page = selectors.works(territory.pk)
    assert page.items[0].under_warranty
    assert selectors.work_figures(territory.pk) == (1, 1)
    assert selectors.work_money(territory.pk) == 45000


def test_the_register_is_forecast_once(territory: Territory) -> None:
    """Twenty-one years a class; a lamp of 1990 is worn out, or has the condition inspected."""
    run = forecast_condition(ACTOR, territory)
    assert forecast_condition(ACTOR, territory).pk == run.pk
    view = upkeep.condition(territory.pk)
    lamps = next(c for c in view.classes if c.asset_class == "lighting_point")
    assert (lamps.assets, lamps.inspected, sum(lamps.bands)) == (2, 2, 2)
    assert len(lamps.forecast) == 21
    means = [mean for _, mean, _ in lamps.forecast if mean is not None]
    assert means == sorted(means, reverse=True)
    assert view.run_id == run.pk


def test_who_may_not_changes_nothing(territory: Territory) -> None:
    """A resident measures, forecasts and loads nothing."""
    for act in (
        lambda: measure_outcomes(RESIDENT, territory),
        lambda: forecast_condition(RESIDENT, territory),
        lambda: load_works(RESIDENT, territory, hamlet().works),
    ):
        with pytest.raises(AccessDenied):
            act()
    assert not models.Outcome.objects.exists()
    assert not ConditionForecast.objects.exists()
