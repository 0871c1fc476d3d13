"""Clusters among kinds of reports: a planted one is found, what chance makes seldom is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np

from eutopia.core.diagnose.clusters import (
    ClusterSettings,
    find_clusters,
    first_day,
    past_weeks,
)
from eutopia.core.records import PastScans, Report, Reports

AS_OF = date(2026, 6, 30)
NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)


def town(planted: int) -> Reports:
    """Two kinds over half a year; some potholes more on the last five days at one corner."""
    rng = np.random.default_rng(4)
    rows = [
        Report(
            f"r{k}",
            NOON - timedelta(days=int(rng.integers(0, 180))),
            "pothole" if k % 3 else "litter",
            37.6 + float(rng.uniform(0, 0.1)),
            55.7 + float(rng.uniform(0, 0.06)),
        )
        for k in range(360)
    ]
    rows += [
        Report(f"p{k}", NOON - timedelta(days=k % 5), "pothole", 37.65 + k * 1e-4, 55.73)
        for k in range(planted)
    ]
    return Reports.from_rows(rows)


def test_a_planted_cluster_is_told_once_and_is_alive() -> None:
    survey = find_clusters(town(10), as_of=AS_OF)
    assert survey.scans == 4
    best = survey.clusters[0]
    assert best.problem_type == "pothole"
    assert best.prospective
    assert best.end == AS_OF
    assert best.cases >= 9
    assert best.cases > 2 * best.expected  # A third of the last 28 days is the cluster itself.
    assert sum(name.startswith("p") for name in best.report_ids) >= 9
    assert best.p is not None
    assert best.p <= 0.05
    others = [c for c in survey.clusters[1:] if set(c.report_ids) & set(best.report_ids)]
    assert not others


def test_chance_seldom_makes_one() -> None:
    survey = find_clusters(town(0), as_of=AS_OF)
    assert survey.false_alarms == 4 * 0.05
    assert len(survey.clusters) <= 1


def test_what_is_too_little_is_not_scanned() -> None:
    few = ClusterSettings(least_cases=300)
    assert find_clusters(town(0), as_of=AS_OF, settings=few).scans == 0
    assert find_clusters(Reports.from_rows([]), as_of=AS_OF).clusters == ()


def test_the_days_of_a_week_share_what_is_found_in_past_weeks() -> None:
    """A week of days one after the other, each with what the one before left: as a look at all."""
    reports = town(10)
    days = [AS_OF - timedelta(days=ago) for ago in range(7, -1, -1)]
    kept, scanned = PastScans(), set()
    for as_of in days:
        known = reports.take(reports.opened < np.datetime64(as_of + timedelta(days=1), "s"))
        survey = find_clusters(known, as_of=as_of, kept=kept)
        assert survey == find_clusters(known, as_of=as_of)
        kept = survey.past
        scanned |= {one.asked for one in kept.scans}
    # Two kinds, each with a new week once.
    assert len(scanned) == 4
    assert {past_weeks(day, "pothole") for day in days} == {
        past_weeks(days[0], "pothole"), past_weeks(AS_OF, "pothole"),
    }  # fmt: skip


def test_every_day_some_kind_has_a_new_week() -> None:
    kinds = [f"kind {k}" for k in range(200)]
    for ago in range(7):
        as_of = AS_OF - timedelta(days=ago)
        ended = [past_weeks(as_of, kind)[1] for kind in kinds]
        assert sum(day == as_of for day in ended) in range(15, 45)
        assert all(0 <= (as_of - day).days < 7 for day in ended)
        begun = [past_weeks(as_of, kind)[0] for kind in kinds]
        assert first_day(as_of) == min(begun)
