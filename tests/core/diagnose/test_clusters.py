"""Clusters among kinds of reports: a planted one is found, what chance makes seldom is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np

from eutopia.core.diagnose.clusters import (
    ClusterSettings,
    find_clusters,
    find_past_clusters,
    past_weeks,
)
from eutopia.core.records import Report, Reports

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
    """What was found on Monday serves until Sunday: equal to a look at all of it."""
    reports = town(10)
    monday, sunday = past_weeks(AS_OF)
    assert (monday.isoweekday(), sunday.isoweekday()) == (1, 7)
    found = find_past_clusters(reports, as_of=AS_OF)
    for days in range(-2, 6):
        as_of = AS_OF + timedelta(days=days)
        if past_weeks(as_of) != (monday, sunday):
            continue
        known = reports.take(reports.opened < np.datetime64(as_of + timedelta(days=1), "s"))
        assert find_past_clusters(known, as_of=as_of) == found
        whole = find_clusters(known, as_of=as_of)
        assert find_clusters(known, as_of=as_of, past=found) == whole
    assert all(c.end <= sunday for c in found.clusters)
