"""From outage to cause: what repeats at a house, what it gave back, which problem stands behind."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client

from eutopia.core.records import Charge, Interruption, Money, OutageLosses
from eutopia.web.loop.services import diagnose_again, load_town, operator_for
from eutopia.web.problems import selectors as problems
from eutopia.web.problems.models import Evidence, Problem
from eutopia.web.territory.models import Territory
from eutopia.web.utilities import bridge, selectors
from eutopia.web.utilities.models import Call, CallOut, Crew, ReductionLine
from eutopia.web.utilities.models import Interruption as OutageRow
from eutopia.web.utilities.services import recalculate_period
from tests.web.towns import hamlet

pytestmark = pytest.mark.django_db

JUNE = date(2026, 6, 1)
NOW = datetime(2026, 6, 30, 21, tzinfo=UTC)
OUT = Interruption(
    "e1",
    "cold_water",
    "keeper",
    datetime(2026, 6, 2, 6, tzinfo=UTC),
    datetime(2026, 6, 3, 12, tzinfo=UTC),
    planned=False,
    building_ids=("b1",),
    customers=40,
)
LATER = OUT.started + timedelta(days=10)
AGAIN = replace(OUT, id="e2", started=LATER, ended=LATER + timedelta(hours=10))
PLANNED = replace(OUT, id="e3", service="gas", planned=True)


@pytest.fixture
def territory() -> Territory:
    """Thirty hours and ten without water, eight permitted in all: 32 x 0.15 % of 1,000."""
    town = replace(
        hamlet(),
        packs=(*hamlet().packs, "ru-354"),
        interruptions=(OUT, AGAIN, PLANNED),
        charges=(Charge("b1/7", "cold_water", JUNE, Money(Decimal("1000.00"), "RUB")),),
    )
    row, _ = load_town(town)
    recalculate_period(operator_for("hamlet"), row, JUNE)
    return row


def test_what_outages_gave_back(territory: Territory) -> None:
    """One sum rests on both: known whole for the two, as an upper bound for one of them."""
    both = selectors.given_back(territory.pk, ("e1", "e2"))
    one = selectors.given_back(territory.pk, ("e1",))
    assert both is not None
    assert one is not None
    assert (both.low, both.high, both.dwellings) == (Decimal("48.00"), Decimal("48.00"), 1)
    assert (one.low, one.high) == (Decimal(0), Decimal("48.00"))
    assert (both.first, both.last, both.currency) == (JUNE, JUNE, "RUB")
    assert selectors.given_back(territory.pk, ()) is None


def test_what_the_diagnosis_is_told_of_the_money(territory: Territory) -> None:
    """Sums by the outages they rest on, which add up to all that is owed; crews as they went."""
    crew = Crew.objects.create(
        territory=territory, code="c", name=[], organisation="keeper", services=[]
    )
    outage = OutageRow.objects.get(code="e1")
    call = Call.objects.create(
        territory=territory, code="1", received=NOW, building="b1", service="cold_water",
        interruption=outage,
    )  # fmt: skip
    for told in ({"interruption": outage}, {"call": call}):
        CallOut.objects.create(crew=crew, sent=NOW, **told)
    told = bridge.outage_losses(territory.pk, "RUB", call_out=Decimal(3500))
    assert told == OutageLosses(
        given_back=((("e1", "e2"), Money(Decimal("48.00"), "RUB")),),
        months=1,
        call_out=Money(Decimal(3500), "RUB"),
        call_outs=(("e1", 2),),
    )
    assert bridge.outage_losses(territory.pk, "RUB", call_out=None).call_out is None


def test_money_that_is_owed_makes_a_diagnosis_anew(territory: Territory) -> None:
    """The sums are an input: the same are not diagnosed twice, others are."""
    operator = operator_for("hamlet")
    assert diagnose_again(operator, territory.pk).fresh
    assert not diagnose_again(operator, territory.pk).fresh
    ReductionLine.objects.update(amount=Decimal("47.00"))
    assert diagnose_again(operator, territory.pk).fresh


def test_what_repeats_at_a_house(territory: Territory) -> None:
    """Unplanned outages of one service, twice within the year; planned works are no repeat."""
    (water,) = selectors.repeats(territory.pk, "b1", now=NOW)
    assert (water.service, water.times, water.codes) == ("cold_water", 2, ("e1", "e2"))
    assert selectors.repeats(territory.pk, "b1", now=NOW + timedelta(days=350)) == ()
    assert selectors.repeats(territory.pk, "b2", now=NOW) == ()


def test_the_problem_behind(territory: Territory) -> None:
    """Seen from the house and from the problem, with the money; a rejected one is left out."""
    diagnose_again(operator_for("hamlet"), territory.pk)
    row = Problem.objects.filter(current=True).first()
    assert row is not None
    Evidence.objects.create(
        problem=row, kind="interruption", weight=0.75, measure=2, unit="interruptions",
        subject_ids=["e1", "e2"],
    )  # fmt: skip
    assert problems.outages_of_problem(territory.pk, row.number) == ("e1", "e2")
    (line,) = problems.problems_behind(territory.pk, ["e2", "e9"])
    assert line.number == row.number
    house = Client().get("/en/house/b1/").content.decode()
    assert "out 2 times within a year" in house
    assert f"/en/problems/{row.number}/" in house
    page = Client().get(f"/en/problems/{row.number}/").content.decode()
    assert "taken money off the bills of 1 dwelling" in page
    assert "48.00" in page
    assert "Money back to residents for outages" not in page
    cost = replace(row.record.cost, given_back=Money(Decimal(216), "RUB"))
    Problem.objects.filter(pk=row.pk).update(record=replace(row.record, cost=cost))
    page = Client().get(f"/en/problems/{row.number}/").content.decode()
    assert "Money back to residents for outages" in page
    told = problems.cost_of_outages([row.pk])
    assert told is not None
    assert (told.given_back, told.call_outs) == (Decimal(216), Decimal(0))
    Problem.objects.filter(pk=row.pk).update(state="rejected")
    assert problems.problems_behind(territory.pk, ["e2"]) == ()
