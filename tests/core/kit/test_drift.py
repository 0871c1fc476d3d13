"""A type renamed half-way and a clock put wrong are named; nothing else is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from eutopia.core.kit.drift import _circular_median, find_drift
from eutopia.core.listen.rejections import Rejection
from eutopia.core.records import Report, Reports

START = datetime(2025, 1, 1, tzinfo=UTC)


def year(*, renamed: bool = False, shifted: bool = False) -> Reports:
    """Five thousand reports by day, most of them about noon."""
    rng = np.random.default_rng(1)
    rows = []
    for k in range(5000):
        day = int(rng.integers(0, 365))
        hour = float(rng.normal(12, 3)) % 24
        if shifted and 180 <= day < 240:
            hour = (hour - 5) % 24
        kind = str(rng.choice(["pothole", "graffiti", "litter"]))
        if renamed and kind == "graffiti" and day >= 200:
            kind = "graffiti_on_walls"
        rows.append(
            Report(f"r{k}", START + timedelta(days=day, hours=hour), kind,
                   district=str(rng.choice(["A", "B"], p=[0.7, 0.3])))
        )  # fmt: skip
    return Reports.from_rows(rows)


def test_a_quiet_year_has_no_drift() -> None:
    assert find_drift(year()) == ()


def test_a_renamed_type_is_named() -> None:
    (note,) = find_drift(year(renamed=True))
    assert note.code == "renamed_type"
    assert dict(note.values) == {
        "from": "graffiti",
        "to": "graffiti_on_walls",
        "on": "2025-07-20",
    }


def test_a_renamed_type_of_changing_pace_is_named() -> None:
    """Many a day in winter, few in spring, then renamed: only the pace around the change counts."""
    rng = np.random.default_rng(3)
    days = [*rng.integers(0, 60, 3000), *rng.integers(60, 180, 240), *rng.integers(180, 365, 370)]
    rows = [
        Report(f"r{k}", START + timedelta(days=int(day), hours=12), "hole" if day < 180 else "dip")
        for k, day in enumerate(days)
    ]
    (note,) = find_drift(Reports.from_rows(rows))
    assert note.code == "renamed_type"


def test_a_shifted_clock_is_named() -> None:
    notes = find_drift(year(shifted=True))
    assert [(n.code, dict(n.values)["month"]) for n in notes] == [
        ("clock_shift", "2025-07"),
        ("clock_shift", "2025-08"),
    ]
    assert all(float(dict(n.values)["hours"]) < -3.5 for n in notes)


def test_a_clock_wrong_in_one_organisation_is_named() -> None:
    """A third of the reports is from a system whose clock was five hours wrong for two months."""
    rng = np.random.default_rng(2)
    rows = []
    for k in range(13_500):
        day, own = int(rng.integers(0, 365)), k % 3 == 0
        hour = float(rng.normal(12, 3)) - (5 if own and 181 <= day < 243 else 0)
        at = START + timedelta(days=day, hours=hour % 24)
        rows.append(Report(f"r{k}", at, "hole", organisation="water" if own else "roads"))
    notes = find_drift(Reports.from_rows(rows))
    assert {dict(n.values)["month"] for n in notes} == {"2025-07", "2025-08"}
    assert {dict(n.values)["organisation"] for n in notes} == {"water"}
    water = [row for row in rows if row.organisation == "water"]
    always = [replace(row, opened=row.opened - timedelta(hours=12)) for row in water]
    others = [row for row in rows if row.organisation == "roads"]
    (note,) = find_drift(Reports.from_rows([*always, *others]), time_zone="Etc/UTC")[-1:]
    assert dict(note.values)["organisation"] == "water"
    assert "mean_hour" in dict(note.values)


def test_a_clock_wrong_in_a_part_that_is_nobodys_is_named() -> None:
    """Three in ten of one month's reports come eight hours early, whoever's they are."""
    rng = np.random.default_rng(5)
    rows = []
    for k in range(9_000):
        day = int(rng.integers(0, 365))
        hour = float(rng.normal(14, 3))
        hour -= 8 if 151 <= day < 181 and rng.random() < 0.3 else 0
        rows.append(Report(f"r{k}", START + timedelta(days=day, hours=hour % 24), "hole"))
    (note,) = find_drift(Reports.from_rows(rows), time_zone="Etc/UTC")
    values = dict(note.values)
    assert (values["month"], values["hours"]) == ("2025-06", "-8")
    assert 0.2 < int(values["share"][:-1]) / 100 < 0.4
    assert note.count == pytest.approx(0.3 * 9_000 / 12, rel=0.4)


@pytest.mark.real
def test_boston_kept_its_clock(boston_2015: tuple[Report | Rejection, ...]) -> None:
    """A whole real year over two changes of summer time: no false alarm about the clock."""
    reports = Reports.from_rows([r for r in boston_2015 if isinstance(r, Report)])
    notes = (*find_drift(reports), *find_drift(reports, time_zone="America/New_York"))
    assert [n for n in notes if n.code == "clock_shift"] == []


def test_a_whole_file_in_a_wrong_zone_is_named() -> None:
    """Noon at Greenwich is night in Vladivostok: nobody reports most at night."""
    (note,) = find_drift(year(), time_zone="Asia/Vladivostok")
    assert (note.code, note.count, dict(note.values)["mean_hour"][:2]) == (
        "clock_shift",
        5000,
        "22",
    )
    assert find_drift(year(), time_zone="Europe/Moscow") == ()


def test_days_without_an_hour_are_no_night() -> None:
    rows = [Report(f"r{k}", START + timedelta(days=k % 300), "pothole") for k in range(2000)]
    assert find_drift(Reports.from_rows(rows), time_zone="UTC") == ()


def test_two_middle_hours_are_told_apart_by_order_not_by_rounding() -> None:
    """Of -1 and 1 both are medians: the first is taken, however the sums are rounded."""
    hours = np.array([-3.0, 1.0, -1.0, 3.0])
    assert _circular_median(hours) == 1.0
    assert _circular_median(hours + 1e-13 * np.array([0, 1, 0, 0])) == pytest.approx(1.0)
    assert _circular_median(hours[::-1]) == -1.0
