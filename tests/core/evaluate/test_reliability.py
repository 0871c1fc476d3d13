"""IEEE 1366 against the guide's own example, a plain loop and the real log."""

from __future__ import annotations

import csv
import gzip
import math
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import mean, stdev
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from eutopia.cli import main
from eutopia.core.evaluate.reliability import Outages, major_event_threshold, reliability

PACIFIC = "America/Los_Angeles"
FIRST, LAST = date(2025, 1, 1), date(2025, 12, 31)
NEW_YEAR = int(datetime(2025, 1, 1, tzinfo=ZoneInfo(PACIFIC)).timestamp())

rows = st.lists(
    st.tuples(st.integers(0, 364 * 86_400), st.integers(0, 200_000), st.integers(0, 900)),
    max_size=40,
)


def outages_of(found: list[tuple[int, int, int]]) -> Outages:
    table = np.array(found, np.int64).reshape(-1, 3)
    start = NEW_YEAR + table[:, 0]
    return Outages(start, start + table[:, 1], table[:, 2])


@settings(deadline=None)
@given(rows)
def test_the_indices_agree_with_a_plain_loop(found: list[tuple[int, int, int]]) -> None:
    result = reliability(
        outages_of(found), customers_served=1000, first=FIRST, last=LAST, time_zone=PACIFIC
    )
    minutes = hit = brief = 0.0
    daily: dict[date, float] = {}
    for start, seconds, customers in found:
        if seconds <= 300:
            brief += customers
            continue
        minutes += seconds / 60 * customers
        hit += customers
        day = datetime.fromtimestamp(NEW_YEAR + start, ZoneInfo(PACIFIC)).date()
        daily[day] = daily.get(day, 0.0) + seconds / 60 * customers / 1000
    assert result.overall.saidi == pytest.approx(minutes / 1000)
    assert result.overall.saifi == pytest.approx(hit / 1000)
    assert result.overall.maifi == pytest.approx(brief / 1000)
    assert result.overall.caidi == (pytest.approx(minutes / hit) if hit else None)
    logs = [math.log(one) for one in daily.values() if one > 0]
    if len(logs) >= 2:
        limit = math.exp(mean(logs) + 2.5 * stdev(logs))
        assert result.threshold is not None
        assert result.threshold.minutes == pytest.approx(limit)
        major = {day for day, one in daily.items() if one > limit}
        assert {day for day, _ in result.major_event_days} == major
        normal = sum(one for day, one in daily.items() if day not in major)
        assert result.normal.saidi == pytest.approx(normal)


def test_history_sets_the_threshold_and_a_storm_is_set_apart() -> None:
    # Five years of a calm hour for 10 of 1000 customers a day, then a year with one storm.
    start = [NEW_YEAR - 86_400 * n for n in range(1, 1000)]
    calm = [3600 + 600 * (n % 7) for n in range(999)]
    storm = NEW_YEAR + 40 * 86_400
    outages = Outages(
        np.array([*start, storm, storm + 86_400]),
        np.array(
            [*(s + c for s, c in zip(start, calm, strict=True)), storm + 9000, storm + 90_000]
        ),
        np.array([10] * 999 + [900, 10]),
    )
    result = reliability(outages, customers_served=1000, first=FIRST, last=LAST, time_zone=PACIFIC)
    assert not result.threshold_from_period
    assert result.threshold is not None
    assert result.threshold.days == 999
    assert [day for day, _ in result.major_event_days] == [date(2025, 2, 10)]
    assert result.overall.saidi == pytest.approx(135 + 0.6)
    assert result.normal.saidi == pytest.approx(0.6)


def test_what_makes_no_sense_is_refused() -> None:
    one = outages_of([(0, 600, 5)])
    settings_ = {"first": FIRST, "last": LAST, "time_zone": PACIFIC}
    with pytest.raises(ValueError, match="0 customers served"):
        reliability(one, customers_served=0, **settings_)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="swap the days"):
        reliability(one, customers_served=9, first=LAST, last=FIRST, time_zone=PACIFIC)
    with pytest.raises(ValueError, match="ends before it starts"):
        reliability(outages_of([(0, -9, 5)]), customers_served=9, **settings_)  # type: ignore[arg-type]
    assert major_event_threshold({1: 2.0}) is None


LOG = """\
start,end,customers
2025-01-01T00:00,2025-01-01T01:00,100
2025-01-01 02:00-08:00,2025-01-01T10:04:00Z,50
1735776000,1735779600000,20
2025-01-02T05:00,2025-01-02T04:00,20
2025-01-02T05:00,,20
2025-01-02T05:00,2025-01-02T06:00,many
2025-01-02T05:00,2025-01-02T06:00,0
"""


def test_the_command_reads_a_log_and_names_what_it_sets_aside(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(LOG, encoding="utf-8")
    arguments = ["reliability", str(path), "--customers-served", "1000", "--time-zone", PACIFIC]
    found = CliRunner().invoke(main, [*arguments, "--json"])
    assert found.exit_code == 0, found.output
    import json

    said = json.loads(found.output)
    assert said["overall"]["saidi"] == pytest.approx((60 * 100 + 60 * 20) / 1000)
    assert said["overall"]["maifi"] == pytest.approx(0.05)
    assert [(one["row"], one["field"]) for one in said["set_aside"]] == [
        (5, "end"),
        (6, "end"),
        (7, "customers"),
        (8, "customers"),
    ]
    assert "4 set aside" in CliRunner().invoke(main, arguments).output
    wrong = CliRunner().invoke(main, [*arguments, "--start", "began"])
    assert "no column began; name them with --start" in wrong.output


@pytest.mark.real
def test_the_real_log_agrees_with_a_plain_loop_and_a_sample_by_hand(real_data: Path) -> None:
    path = real_data / "outages" / "pge-outages-2024-2026.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        log = [row for row in csv.DictReader(file) if row["max_customers"] != "0"]
    start = np.array([int(row["OUTAGE_START"]) // 1000 for row in log])
    end = np.array([int(datetime.fromisoformat(row["last_seen"]).timestamp()) for row in log])
    customers = np.array([int(row["max_customers"]) for row in log])
    result = reliability(
        Outages(start, end, customers),
        customers_served=5_600_000,
        first=date(2025, 1, 1),
        last=date(2025, 12, 31),
        time_zone=PACIFIC,
    )
    minutes = hit = 0.0
    for s, e, c in zip(start.tolist(), end.tolist(), customers.tolist(), strict=True):
        began = datetime.fromtimestamp(s, ZoneInfo(PACIFIC))
        if began.year == 2025 and e - s > 300:
            minutes += (e - s) / 60 * c
            hit += c
    assert result.overall.saidi == pytest.approx(minutes / 5_600_000)
    assert result.overall.saifi == pytest.approx(hit / 5_600_000)
    # By hand: the first three lines of the log lasted 117,870, 93,948 and 92,302 seconds for one
    # customer each: 5,068.67 customer-minutes; of a thousand customers SAIDI 5.07, SAIFI 0.003.
    sample = reliability(
        Outages(start[:3], end[:3], customers[:3]),
        customers_served=1000,
        first=date(2024, 2, 3),
        last=date(2024, 2, 4),
        time_zone=PACIFIC,
    )
    assert sample.overall.saidi == pytest.approx(5.068667, abs=1e-6)
    assert sample.overall.saifi == pytest.approx(0.003)
    assert sample.overall.caidi == pytest.approx(1689.5556, abs=1e-4)


def test_a_day_belongs_to_the_local_calendar() -> None:
    at = int(datetime(2025, 1, 2, 7, 30, tzinfo=UTC).timestamp())
    outages = Outages(np.array([at]), np.array([at + 3600]), np.array([10]))
    result = reliability(
        outages,
        customers_served=10,
        first=date(2025, 1, 1),
        last=date(2025, 1, 1),
        time_zone=PACIFIC,
    )
    assert result.overall.sustained == 1
    assert result.overall.asai == pytest.approx(1 - timedelta(hours=1) / timedelta(days=1))
