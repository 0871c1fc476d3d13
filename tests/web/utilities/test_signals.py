"""Reports, calls, meters and providers joined into events, and what a dispatcher says of them."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eutopia.core.records import (
    Charge,
    Connection,
    Meter,
    Money,
    Reading,
    Report,
    Text,
    UtilityRegister,
)
from eutopia.web.foundation.access import OPERATOR, RESIDENT, AccessDenied, Actor, Grant
from eutopia.web.foundation.models import Act
from eutopia.web.loop.services import operator_for
from eutopia.web.reports.services import load_reports
from eutopia.web.territory.models import Territory
from eutopia.web.territory.services import load_territory
from eutopia.web.utilities import models, selectors, services
from eutopia.web.utilities.services import join_territory
from eutopia.web.utilities.tasks import join_signals
from tests.web.towns import hamlet

pytestmark = pytest.mark.django_db

ACTOR = operator_for("hamlet")
PROVIDER = Actor(None, "feed", (Grant("provider", "hamlet", "works"),))
# The town's midnight after its last day, 30 June in Moscow.
END = datetime(2026, 6, 30, 21, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOMES = ("b1", "b2", "b3")
NIGHT = END - timedelta(days=3)


def cold_night() -> tuple[Reading, ...]:
    """62 °C by day, and one night of 50 °C from 22:00 to 04:00 UTC."""
    hours = range(-48, 48)
    return tuple(
        Reading(NIGHT + h * HOUR, Decimal(50) if 0 <= h < 6 else Decimal(62 + h % 2)) for h in hours
    )


@pytest.fixture
def territory() -> Territory:
    cache.clear()
    town = hamlet()
    first = town.territory.buildings[0]
    homes = tuple(
        replace(first, id=code, address=Text.of(en=f"{n} Main Street", ru=f"Главная ул., {n}"))
        for n, code in enumerate(HOMES, start=1)
    )
    row, _ = load_territory(
        OPERATOR, replace(town, territory=replace(town.territory, buildings=homes))
    )
    row.packs = [*row.packs, "ru-354"]
    row.save()
    services.load_utilities(
        ACTOR,
        row,
        UtilityRegister(
            connections=tuple(
                Connection(code, service, "works", "works", f"{service}-main")
                for code in HOMES
                for service in ("cold_water", "hot_water")
            ),
            meters=(Meter("m1", "hot_water", "temperature", "works", ("b1",)),),
        ),
    )
    return row


def outages(*rows: dict[str, Any], territory: Territory) -> services.Entered:
    return services.enter_outages(
        PROVIDER, territory, "works", list(enumerate(rows, start=1)), file="feed"
    )


def outage(**more: Any) -> dict[str, Any]:
    start = END - 5 * HOUR
    return {
        "id": "7", "service": "cold_water", "started": start.isoformat(), "buildings": "b1 b2",
    } | more  # fmt: skip


def call(
    territory: Territory, building: str, at: datetime, service: str = "cold_water"
) -> models.Call:
    return models.Call.objects.create(
        territory=territory,
        code=f"c{models.Call.objects.count()}",
        received=at,
        answered=at,
        building=building,
        service=service,
    )


def test_a_cold_night_becomes_an_event_and_money(territory: Territory) -> None:
    """Six hours ten below the norm: 5 °C tolerated till 5:00, 3 after; owed to the kopeck."""
    rows = [
        (n, {"meter": "m1", "at": one.at.isoformat(), "value": str(one.value)})
        for n, one in enumerate(cold_night())
    ]
    done = services.enter_readings(PROVIDER, territory, rows, file="m.csv")
    assert (done.taken, done.refused) == (96, ())
    told = join_territory(territory, since=done.earliest)
    assert (told.begun, told.signals) == (1, 1)
    (event,) = models.Interruption.objects.all()
    assert (event.service, event.parameter, event.measured) == ("hot_water", "temperature", 50)
    assert (event.started, event.ended) == (NIGHT, NIGHT + 6 * HOUR)
    assert (event.buildings, event.confirmed, event.origin) == (["b1"], True, "joined")
    assert event.told_by == [["meter", f"meter/m1/{NIGHT.isoformat()}"]]
    # June's bill of 1,000: local 0:00 to 5:00 is 5 h, 5 °C beyond the tolerance, one whole step of
    # 3; 5:00 to 6:00 is 1 h, 7 °C beyond, two steps: (5 + 2) x 0.1 % = 0.7 % = 7.00.
    charge = Charge("b1/7", "hot_water", event.started.date().replace(day=1),
                    Money(Decimal("1000.00"), "RUB"))  # fmt: skip
    services.load_interruptions(ACTOR, territory, [], [charge])
    owed = services.recalculate_period(ACTOR, territory, charge.period)
    assert owed.owed == Decimal("7.00")
    (line,) = selectors.dwelling(territory.pk, "b1/7")[0].lines
    assert line.interruptions[0].code == event.code
    assert "п. 5" in line.article


def test_what_joining_finds_reaches_the_bill_by_itself(territory: Territory) -> None:
    """A month owed nothing; the provider then tells of 13 hours without water: 5 beyond the eight
    permitted, 0.15 % each. The former sum is kept; joined again, nothing happens."""
    charge = Charge("b1/7", "cold_water", (END - 14 * HOUR).date().replace(day=1),
                    Money(Decimal("1000.00"), "RUB"))  # fmt: skip
    services.load_interruptions(ACTOR, territory, [], [charge])
    assert services.recalculate_period(ACTOR, territory, charge.period).owed == 0
    start, end = ((END - h * HOUR).isoformat() for h in (14, 1))
    done = outages(outage(started=start, ended=end), territory=territory)
    assert done.earliest is not None
    join_signals(territory_id=territory.pk, since=done.earliest.isoformat())
    (told,) = selectors.dwelling(territory.pk, "b1/7")
    assert told.owed == Decimal("7.50")
    assert [one.before for one in told.former] == [Decimal("0.00")]
    join_signals(territory_id=territory.pk)
    assert models.Correction.objects.count() == 1


def test_what_a_meter_takes_back_is_no_event(territory: Territory) -> None:
    """The cold hours are contradicted by the meter itself: the event goes, the hours are named."""
    meters = (Meter("m1", "hot_water", "temperature", "works", ("b1",)),)
    for said in (cold_night(), tuple(Reading(NIGHT + h * HOUR, Decimal(63)) for h in range(6))):
        services.load_utilities(
            ACTOR, territory, UtilityRegister(meters=meters, readings=(("m1", said),))
        )
        done = join_territory(territory)
    assert (done.withdrawn, models.Interruption.objects.count()) == (1, 0)
    named = models.SetAside.objects.filter(kind="reading", code="contradicts_itself")
    assert named.count() == 6


def test_joined_again_nothing_changes(territory: Territory) -> None:
    """Neither events nor acts nor what was set aside."""
    readings = (("m1", (*cold_night(), Reading(NIGHT, Decimal(51)))),)
    meters = (Meter("m1", "hot_water", "temperature", "works", ("b1",)),)
    services.load_utilities(ACTOR, territory, UtilityRegister(meters=meters, readings=readings))
    outages(outage(), territory=territory)
    call(territory, "b2", END - 4 * HOUR)
    join_territory(territory)
    kept = [
        list(model.objects.order_by("pk").values())
        for model in (models.Interruption, models.Signal, models.Call)
    ]
    acts, aside = Act.objects.count(), models.SetAside.objects.values_list("subject", "code")
    named = sorted(aside)
    assert (f"m1 {NIGHT.isoformat()}", "contradicts_itself") in named
    again = join_territory(territory)
    assert (again.begun, again.changed, again.withdrawn) == (0, 0, 0)
    assert kept == [
        list(model.objects.order_by("pk").values())
        for model in (models.Interruption, models.Signal, models.Call)
    ]
    assert (Act.objects.count(), sorted(aside.all())) == (acts, named)


def test_an_event_grows_and_ends_with_its_signals(territory: Territory) -> None:
    """A provider's line, sent again with another house, then with an end; the call joins it."""
    outages(outage(), territory=territory)
    waiting = call(territory, "b2", END - 4 * HOUR)
    join_territory(territory)
    (event,) = models.Interruption.objects.all()
    waiting.refresh_from_db()
    assert (event.ended, event.buildings, waiting.interruption_id) == (None, ["b1", "b2"], event.pk)
    view = selectors.house(territory.pk, "b1", now=END)
    assert view is not None
    assert [one.service for one in view.now] == ["cold_water"]
    ended = (END - HOUR).isoformat()
    outages(outage(buildings="b1 b2 b3", ended=ended), territory=territory)
    join_territory(territory)
    event.refresh_from_db()
    assert (event.ended, event.buildings) == (END - HOUR, ["b1", "b2", "b3"])
    assert models.Interruption.objects.count() == 1
    assert {source for source, _ in event.told_by} == {"provider", "call"}


def test_residents_alone_are_a_suggestion(territory: Territory) -> None:
    """Three houses of one main: one unconfirmed event; their calls wait until it is confirmed."""
    calls = [call(territory, code, END - HOUR) for code in HOMES]
    join_territory(territory)
    (event,) = models.Interruption.objects.all()
    assert (event.confirmed, event.organisation) == (False, "works")
    assert sorted(event.buildings) == list(HOMES)
    calls[0].refresh_from_db()
    assert calls[0].interruption_id is None
    services.confirm_event(ACTOR, event)
    calls[0].refresh_from_db()
    assert calls[0].interruption_id == event.pk
    # It is the desk's now: another joining leaves it as it is, and no twin appears.
    join_territory(territory)
    event.refresh_from_db()
    assert (event.confirmed, models.Interruption.objects.count()) == (True, 1)
    with pytest.raises(ValidationError):
        services.confirm_event(ACTOR, event)


def test_confirmed_for_all_that_hang_on_the_main(territory: Territory) -> None:
    """One house told of it; the dispatcher knows that the main is out."""
    call(territory, "b1", END - HOUR)
    join_territory(territory)
    event = models.Interruption.objects.get()
    services.confirm_event(ACTOR, event, wide=True)
    assert event.buildings == list(HOMES)


def test_what_is_undone_stays_undone_until_it_is_used_again(territory: Territory) -> None:
    """The signals are named, the calls wait again; used again, the event is back."""
    call(territory, "b1", END - HOUR)
    join_territory(territory)
    event = models.Interruption.objects.get()
    with pytest.raises(AccessDenied):
        services.undo_event(RESIDENT, event)
    with pytest.raises(AccessDenied):
        services.undo_event(Actor(None, "x", (Grant("provider", "hamlet", "keeper"),)), event)
    assert models.Interruption.objects.count() == 1
    services.undo_event(ACTOR, event)
    join_territory(territory)
    assert not models.Interruption.objects.exists()
    assert models.SetAside.objects.get(kind="signal").code == "undone_at_the_desk"
    services.use_again(ACTOR, territory, models.Signal.objects.get().code)
    join_territory(territory)
    assert models.Interruption.objects.count() == 1
    assert not models.SetAside.objects.filter(kind="signal").exists()


def test_an_event_with_a_crew_is_ended_not_undone(territory: Territory) -> None:
    """What the desk has sent somebody to did happen."""
    crew = models.Crew.objects.create(
        territory=territory, code="k1", name=[["en", "Crew"]], organisation="works",
        services=["cold_water"],
    )  # fmt: skip
    outages(outage(), territory=territory)
    join_territory(territory)
    event = models.Interruption.objects.get()
    services.send_crew(ACTOR, event, crew.pk)
    with pytest.raises(ValidationError):
        services.undo_event(ACTOR, event)
    # The provider's own end reaches it all the same, and frees the crew.
    outages(outage(ended=(END - HOUR).isoformat()), territory=territory)
    join_territory(territory)
    event.refresh_from_db()
    assert event.ended == END - HOUR
    assert event.call_outs.get().finished == END - HOUR


def test_reports_find_their_house_or_are_named(territory: Territory) -> None:
    """A report beside a house is its signal; one in the field is set aside by name."""
    told = (("r1", "no_water", 40.0022), ("r2", "no_water", 40.019), ("r3", "pothole", 40.0022))
    reports = [
        Report(id=name, opened=END - 2 * HOUR, problem_type=kind, lon=lon, lat=55.0042, source="s")
        for name, kind, lon in told
    ]
    load_reports(ACTOR, territory, reports)
    join_territory(territory)
    event = models.Interruption.objects.get()
    assert (event.service, event.confirmed, len(event.told_by)) == ("cold_water", False, 1)
    assert models.SetAside.objects.get(kind="signal").code == "no_place"


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"ended": (END - 6 * HOUR).isoformat()}, "ends_before_it_starts"),
        ({"ended": (END - 5 * HOUR).isoformat()}, "no_length"),
        ({"started": "2001-01-01T00:00Z"}, "too_old"),
        ({"started": "2090-01-01T00:00Z"}, "in_the_future"),
        ({"started": "2090-01-01T00:00Z", "planned": "yes"}, "in_the_future"),
        ({"started": "yesterday"}, "not_readable"),
        ({"buildings": "b9"}, "not_readable"),
        ({"buildings": ""}, "not_readable"),
        ({"service": "Water"}, "not_readable"),
        ({"service": "moonlight"}, "not_readable"),
        ({"parameter": "colour"}, "not_readable"),
        ({"parameter": "temperature"}, "not_readable"),
        ({"measured": "50"}, "not_readable"),
        ({"promised": (END - 9 * HOUR).isoformat()}, "ends_before_it_starts"),
        ({"notice_given": "2090-01-01T00:00Z"}, "in_the_future"),
        ({"cause": "Ivan did it"}, "not_readable"),
        ({"planned": "perhaps"}, "not_readable"),
        ({"colour": "red"}, "not_readable"),
        ({"conditions": "annual_maintenance"}, "not_readable"),
        ({"conditions": "annual_maintenance=often"}, "not_readable"),
        ({"conditions": "moon=full"}, "not_readable"),
        ({"conditions": "indoor_C=warm"}, "not_readable"),
        ({"started": "2026-03-29T02:30", "service": "x y"}, "not_readable"),
    ],
)
def test_a_provider_is_held_to_what_the_dispatcher_is(
    territory: Territory, row: dict[str, Any], code: str
) -> None:
    """Refused with its reason and named; the good row beside it is taken."""
    done = outages(outage(**row), outage(id="8"), territory=territory)
    assert [one.code for one in done.refused] == [code]
    assert done.refused[0].rejection.mend
    assert done.taken == 1
    named = models.SetAside.objects.get(kind="signal")
    assert (named.subject, named.code) == ("works/7", code)
    join_territory(territory)
    assert models.Interruption.objects.count() == 1


def test_what_norms_ask_besides_comes_with_the_event(territory: Territory) -> None:
    """Told by the provider, kept by the event, in the order of the names."""
    told = "indoor_C = 11,5; annual_maintenance=yes;"
    assert outages(outage(conditions=told), territory=territory).taken == 1
    join_territory(territory)
    event = models.Interruption.objects.get()
    assert event.conditions == [["annual_maintenance", "yes"], ["indoor_C", "11.5"]]
    assert join_territory(territory).changed == 0


def test_a_provider_speaks_for_its_own_houses_only(territory: Territory) -> None:
    """Another provider's house is refused; another's name cannot be used at all."""
    models.Connection.objects.filter(building="b3").update(provider="keeper", supplier="keeper")
    done = outages(outage(buildings="b1 b3"), territory=territory)
    assert [one.code for one in done.refused] == ["served_by_others"]
    with pytest.raises(AccessDenied):
        services.enter_outages(PROVIDER, territory, "keeper", [(1, outage())], file="feed")
    assert not models.Signal.objects.exists()


def test_notice_of_planned_works_is_judged_at_once(territory: Territory) -> None:
    """Ten working days ahead are asked for: two weeks of notice are too few, a month is enough."""
    start = END + timedelta(days=20)

    def planned(name: str, days: int) -> dict[str, Any]:
        return outage(
            id=name, planned=True, started=start.isoformat(),
            ended=(start + 4 * HOUR).isoformat(),
            notice_given=(start - timedelta(days=days)).isoformat(),
        )  # fmt: skip

    done = outages(planned("a", 21), planned("b", 30), territory=territory)
    assert done.taken == 2
    assert dict(done.notices)["works/b"] is True
    late = outages(outage(id="c", planned=True, started=start.isoformat()), territory=territory)
    assert late.notices == (("works/c", False),)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"meter": "m9"}, "unknown_meter"),
        ({"at": "2090-01-01T00:00Z"}, "in_the_future"),
        ({"at": "2001-01-01T00:00Z"}, "too_old"),
        ({"at": "noon"}, "not_readable"),
        ({"value": "hot"}, "not_readable"),
        ({"value": "1e9"}, "not_readable"),
        ({"value": "9999999999"}, "not_readable"),
        ({"colour": "red"}, "not_readable"),
    ],
)
def test_a_reading_that_cannot_be_used_is_named(
    territory: Territory, row: dict[str, Any], code: str
) -> None:
    """By its code, in `SetAside` too; nothing of it is stored."""
    good = {"meter": "m1", "at": NIGHT.isoformat(), "value": "50"}
    done = services.enter_readings(
        PROVIDER, territory, [(1, good | row), (2, good), (3, good)], file="m.csv"
    )
    assert [one.code for one in done.refused] == [code]
    assert (done.taken, done.known) == (1, 1)
    assert models.SetAside.objects.get(kind="reading").code == code
    assert models.Reading.objects.count() == 1


def test_a_stranger_enters_no_readings(territory: Territory) -> None:
    """Another provider's token does not know the meter; a resident may not at all."""
    good = {"meter": "m1", "at": NIGHT.isoformat(), "value": "50"}
    keeper = Actor(None, "x", (Grant("provider", "hamlet", "keeper"),))
    done = services.enter_readings(keeper, territory, [(1, good)], file="m.csv")
    assert [one.code for one in done.refused] == ["unknown_meter"]
    with pytest.raises(AccessDenied):
        services.enter_readings(RESIDENT, territory, [(1, good)], file="m.csv")
    assert not models.Reading.objects.exists()


_SOURCES = st.lists(
    st.tuples(
        st.sampled_from(["call", "provider"]),
        st.sampled_from(HOMES),
        st.integers(1, 60),
        st.one_of(st.none(), st.integers(0, 20)),
    ),
    max_size=7,
)


@given(_SOURCES)
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_every_signal_is_of_an_event_or_named(territory: Territory, told: list[Any]) -> None:
    """Whatever comes in whatever order: nothing is lost, and a second joining changes nothing."""
    models.Interruption.objects.all().delete()
    models.Signal.objects.all().delete()
    models.Call.objects.all().delete()
    models.SetAside.objects.all().delete()
    numbers = itertools.count()
    for source, home, back, length in told:
        at = END - back * HOUR
        if source == "call":
            call(territory, home, at)
            continue
        end = None if length is None else (at + length * HOUR).isoformat()
        outages(
            outage(id=str(next(numbers)), buildings=home, started=at.isoformat(), ended=end),
            territory=territory,
        )
        join_territory(territory)
    join_territory(territory)
    sources = sum(source == "provider" for source, *_ in told)
    calls = len(told) - sources
    named = models.SetAside.objects.filter(kind="signal").count()
    signals = models.Signal.objects.all()
    assert signals.count() + named == sources + calls
    assert all(one.interruption_id is not None for one in signals)
    again = join_territory(territory)
    assert (again.begun, again.changed, again.withdrawn) == (0, 0, 0)


def test_a_night_hour_by_hour_is_one_outage_on_the_house_page(
    territory: Territory, client: Any
) -> None:
    """Three values are three events for the sums, and one line for a resident."""
    said = [
        Reading(NIGHT + h * HOUR, Decimal(value))
        for h, value in enumerate((62, 52, 50, 51, 63, 61, 49, 62))
    ]
    meters = (Meter("m1", "hot_water", "temperature", "works", ("b1",)),)
    services.load_utilities(
        ACTOR, territory, UtilityRegister(meters=meters, readings=(("m1", tuple(said)),))
    )
    join_territory(territory)
    assert models.Interruption.objects.count() == 4
    view = selectors.house(territory.pk, "b1", now=END)
    assert view is not None
    assert [(o.started, o.ended, o.measured) for o in view.past] == [
        (NIGHT + 6 * HOUR, NIGHT + 7 * HOUR, 49),
        (NIGHT + HOUR, NIGHT + 4 * HOUR, 50),
    ]
    assert view.past_total == 2
    page = client.get("/en/house/b1/").content.decode()
    assert "measured by a meter" in page
    assert "50.00" in page or "50" in page
