"""Other witnesses than reports, and staff's word on what is one problem."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from shapely import Point

from eutopia.core.records import (
    Cluster,
    Inspection,
    Interruption,
    Money,
    Ruling,
    WeatherDay,
    Work,
)
from tests.core.diagnose.test_problems import (
    START,
    problems_of,
    town_reports,
)

LEAKS = tuple(f"leak{k:02}" for k in range(16))


def evidence(problem, kind: str):
    return next((e for e in problem.evidence if e.kind == kind), None)


def test_inspections_are_evidence_and_their_condition_counts() -> None:
    visits = (
        Inspection("v2", date(2025, 6, 1), False, asset_id="M00"),
        Inspection("v1", date(2025, 3, 1), True, cause="drainage", asset_id="M00", condition=5.0),
        Inspection("v3", date(2025, 6, 1), True, asset_id="M01"),
        Inspection("v4", date(2025, 6, 1), True, "water_leak", lon=37.5001, lat=55.751),
        Inspection("v5", date(2025, 6, 1), True, "graffiti", lon=37.5001, lat=55.751),
    )
    (problem,) = problems_of(town_reports(), inspections=visits)
    told = evidence(problem, "inspection")
    assert told.subject_ids == ("v1", "v2", "v4")
    assert (told.measure, told.unit) == (2.0, "confirmed")
    assert evidence(problem, "condition").measure == 5.0
    assert "drainage" in {c.cause for c in problem.causes}


def test_a_cluster_that_shares_three_reports_is_evidence() -> None:
    here = Cluster(
        "space_time_permutation", "water_leak", ("a", "b"), 37.5, 55.75, 120.0, date(2024, 1, 1),
        date(2024, 5, 1), 9, 3.0, 8.1, 0.01, None, prospective=False, report_ids=LEAKS[:3],
    )  # fmt: skip
    elsewhere = replace(here, lat=55.0, report_ids=LEAKS[:2])
    chance = replace(here, lat=56.0, p=0.4)
    (problem,) = problems_of(town_reports(), clusters=(elsewhere, chance, here))
    told = evidence(problem, "cluster")
    assert told.subject_ids == (here.id,)
    assert (told.weight, told.measure, told.unit) == (0.99, 3.0, "times expected")
    assert evidence(problems_of(town_reports())[0], "cluster") is None


def test_outages_in_the_houses_beside_a_main_are_its_evidence_and_count_its_people() -> None:
    """House B1 stands at the main; B2, far away, was without water in the same outage."""
    out = Interruption(
        "I1", "cold_water", "W1", START, START + timedelta(hours=5), False,
        building_ids=("B1", "B2"),
    )  # fmt: skip
    other = replace(out, id="I2", service="electricity")
    (problem,) = problems_of(town_reports(), interruptions=(out, other))
    assert evidence(problem, "interruption").subject_ids == ("I1",)
    assert problem.people_affected == 120 + 999


def test_events_on_hard_days_speak_for_weather() -> None:
    """Every leak on a day of a storm; storms are one day in ten."""
    rows = town_reports()
    days = [START.date() + timedelta(days=k) for k in range(731)]
    stormy = {r.opened.date() for r in rows if r.id.startswith("leak")}
    weather = tuple(WeatherDay(d, wind_ms=25.0 if d in stormy else 3.0) for d in days)
    (calm,), (storm,) = problems_of(rows), problems_of(rows, weather=weather)
    likely = [{c.cause: c.likelihood for c in p.by_signs}["weather"] for p in (calm, storm)]
    assert likely[1] > 1.3 * likely[0]
    assert problems_of(rows, weather=weather[::-1]) == (storm,)


def test_works_that_ended_beside_it_before_the_first_event_speak_for_works() -> None:
    """A work in the year before the first leak is a cause weighed; one long ago is none."""
    rows = town_reports()
    (calm,) = problems_of(rows)
    last = calm.first_seen - timedelta(days=20)
    near = Work(
        "W1", "dig", Point(calm.lon, calm.lat), "d", last - timedelta(days=9), last,
        Money(Decimal(1), "RUB"),
    )  # fmt: skip
    long_ago = replace(near, finished=last - timedelta(days=800))
    (dug,) = problems_of(rows, works=(near, long_ago))
    likely = [{c.cause: c.likelihood for c in p.by_signs}.get("works_nearby") for p in (calm, dug)]
    assert likely[0] is None
    assert likely[1] is not None
    assert likely[1] > 0
    assert problems_of(rows, works=(long_ago,)) == (calm,)


def test_taken_apart_and_joined_again() -> None:
    """Every second of the leaks is ruled a problem of their own, then one with the rest."""
    rows = town_reports()
    (whole,) = problems_of(rows)
    apart = Ruling("apart", LEAKS[1::2])
    parts = problems_of(rows, rulings=(apart,))
    assert sorted(p.events for p in parts) == [8, 8]
    assert {p.report_ids for p in parts} == {LEAKS[::2], LEAKS[1::2]}
    assert len({p.id for p in parts}) == 2
    together = Ruling("together", LEAKS)
    (again,) = problems_of(rows, rulings=(apart, together))
    assert (again.report_ids, again.id) == (whole.report_ids, whole.id)
    assert problems_of(rows, rulings=(together,)) == (whole,)
    gone = Ruling("apart", ("no such report",))
    assert problems_of(rows, rulings=(gone,)) == (whole,)
    with pytest.raises(ValueError, match="together or apart"):
        problems_of(rows, rulings=(Ruling("sideways", LEAKS),))


def test_together_takes_in_reports_of_no_problem() -> None:
    """A lone report far away speaks for the problem once staff say so, and for no other."""
    rows = town_reports()
    (whole,) = problems_of(rows)
    lone = next(r.id for r in rows if r.id not in whole.report_ids)
    (joined,) = problems_of(rows, rulings=(Ruling("together", (*LEAKS, lone)),))
    assert set(joined.report_ids) == {*whole.report_ids, lone}
    apart = Ruling("apart", LEAKS[1::2])
    moved = Ruling("together", (*LEAKS[::2], LEAKS[1]))
    parts = {p.report_ids for p in problems_of(rows, rulings=(apart, moved))}
    assert parts == {tuple(sorted((*LEAKS[::2], LEAKS[1]))), LEAKS[3::2]}
    nowhere = Ruling("together", (lone,))
    assert problems_of(rows, rulings=(nowhere,)) == (whole,)


def test_rulings_lose_and_make_no_report() -> None:
    rows = town_reports()
    rng = np.random.default_rng(1)
    (whole,) = problems_of(rows)
    for _ in range(5):
        rulings = [
            Ruling("apart", tuple(rng.choice(LEAKS, size=int(rng.integers(1, 12)), replace=False)))
            for _ in range(3)
        ]
        told = [r for p in problems_of(rows, rulings=rulings) for r in p.report_ids]
        assert len(told) == len(set(told))
        assert set(told) <= set(whole.report_ids)


def test_tomorrows_reports_give_the_same_as_all_at_once() -> None:
    """Day after day added in any order: the last state is that of a full run."""
    rows = sorted(town_reports(), key=lambda r: r.opened)
    rng = np.random.default_rng(2)
    late = [rows[int(k)] for k in rng.permutation(len(rows))]
    end = datetime(2026, 1, 1, tzinfo=UTC).date()
    assert problems_of(late, as_of=end) == problems_of(rows, as_of=end)
