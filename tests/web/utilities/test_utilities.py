"""What is owed back for a month, by article, once."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from eutopia.core.records import Charge, Interruption, Money
from eutopia.web.foundation.access import OPERATOR, RESIDENT, AccessDenied
from eutopia.web.foundation.models import Act
from eutopia.web.loop.services import operator_for
from eutopia.web.territory.models import Territory
from eutopia.web.territory.services import load_territory
from eutopia.web.utilities import bridge, models, selectors
from eutopia.web.utilities.services import load_interruptions, recalculate_period
from tests.web.towns import hamlet

pytestmark = pytest.mark.django_db

ACTOR = operator_for("hamlet")
MARCH = date(2026, 3, 1)
# Thirty hours without cold water in building b1, eight permitted: 22 x 0.15 % = 3.30 %.
OUT = Interruption(
    "e1",
    "cold_water",
    "keeper",
    datetime(2026, 3, 2, 6, tzinfo=UTC),
    datetime(2026, 3, 3, 12, tzinfo=UTC),
    planned=False,
    building_ids=("b1",),
    customers=40,
)
CHARGES = (
    Charge("b1/7", "cold_water", MARCH, Money(Decimal("1000.00"), "RUB")),
    Charge("b2/1", "cold_water", MARCH, Money(Decimal("1000.00"), "RUB")),
)


@pytest.fixture
def territory() -> Territory:
    row, _ = load_territory(OPERATOR, hamlet())
    row.packs = [*row.packs, "ru-354"]
    row.save()
    load_interruptions(ACTOR, row, [OUT], CHARGES)
    return row


def test_loaded_once_and_read_back(territory: Territory) -> None:
    """A dwelling is put into its building by its number; nothing doubles."""
    done = load_interruptions(ACTOR, territory, [OUT], CHARGES)
    assert (done.inserted, done.updated) == (0, 0)
    assert bridge.interruptions(territory.pk) == (OUT,)
    rows = models.Charge.objects.order_by("dwelling")
    assert bridge.charges(rows) == CHARGES
    # Building b2 is not in the register: nobody guesses where the dwelling is.
    assert [row.building for row in rows] == ["b1", ""]


def test_what_is_owed(territory: Territory) -> None:
    """Only the dwelling that was without water gets money back, with the article and the hours."""
    done = recalculate_period(ACTOR, territory, MARCH)
    assert (done.charges, done.reduced, done.owed) == (2, 1, Decimal("33.00"))
    (told,) = selectors.dwelling(territory.pk, "b1/7")
    (line,) = told.lines
    assert (told.owed, line.percent, line.excess) == (33, Decimal("3.3"), 22)
    assert line.interruptions[0].hours == 30
    assert told.address
    assert selectors.dwellings(territory.pk, MARCH).total == 1
    assert selectors.dwelling(territory.pk, "b2/1")[0].owed == 0
    assert selectors.periods(territory.pk)[0].owed == 33


def test_recalculated_once(territory: Territory) -> None:
    """The same month is not computed twice; a changed interruption makes it fresh."""
    recalculate_period(ACTOR, territory, MARCH)
    assert not recalculate_period(ACTOR, territory, MARCH).fresh
    models.Interruption.objects.update(ended=datetime(2026, 3, 3, 13, tzinfo=UTC))
    again = recalculate_period(ACTOR, territory, MARCH)
    assert again.fresh
    assert again.owed == Decimal("34.50")
    assert models.Recalculation.objects.count() == 2


def test_who_may_not_changes_nothing(territory: Territory) -> None:
    """A resident recalculates nothing."""
    acts = Act.objects.count()
    with pytest.raises(AccessDenied):
        recalculate_period(RESIDENT, territory, MARCH)
    with pytest.raises(AccessDenied):
        load_interruptions(RESIDENT, territory, [OUT])
    assert not models.Recalculation.objects.exists()
    assert Act.objects.count() == acts


def test_interruptions_in_a_list(territory: Territory, django_assert_num_queries: Any) -> None:
    """Five queries, two of them for where; filters by service, building and whether it goes on."""
    with django_assert_num_queries(5):
        page = selectors.interruptions(territory.pk)
    assert page.items[0].where.houses == (("b1", "1 Main Street"),)
    assert page.items[0].hours == 30
    assert selectors.interruptions(territory.pk, building="b2").total == 0
    assert selectors.interruptions(territory.pk, ongoing=True).total == 0
    assert selectors.services(territory.pk) == (("cold_water", 1),)
