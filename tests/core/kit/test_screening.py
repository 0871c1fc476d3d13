"""Rows that can't be taken at their word are named, and only those."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from eutopia.core.kit.screening import screen_reports
from eutopia.core.kit.words import WordIndex, stems
from eutopia.core.records import Report, Reports

START = datetime(2026, 1, 1, tzinfo=UTC)


def _report(number: int, **changes: object) -> Report:
    values = {
        "id": f"r{number}",
        "opened": START + timedelta(hours=7 * number),
        "problem_type": f"type{number % 7}",
        "lon": 37.6 + number * 1e-4,
        "lat": 55.7,
        "address": f"Street {number}",
    }
    return Report(**{**values, **changes})  # type: ignore[arg-type]


def test_a_default_point_is_named_and_its_place_not_used() -> None:
    """The town hall's point under many addresses; a busy block of flats under one is left alone."""
    rows = [_report(k) for k in range(200)]
    rows += [_report(1000 + k, lon=37.5, lat=55.75) for k in range(80)]
    rows += [_report(2000 + k, lon=37.4, lat=55.75, address="Flats 1") for k in range(80)]
    screening = screen_reports(Reports.from_rows(rows))
    assert [(n.code, n.count, n.treatment) for n in screening.notes] == [
        ("default_point", 80, "placeless")
    ]
    assert screening.notes[0].values == (("lon", "37.500000"), ("lat", "55.750000"))
    assert screening.placed.tolist() == [True] * 200 + [False] * 80 + [True] * 80


def test_ten_thousand_at_one_point_are_crowded_even_under_one_address() -> None:
    rows = [_report(k) for k in range(1000)]
    rows += [_report(1000 + k, lon=37.5, address="") for k in range(10_000)]
    screening = screen_reports(Reports.from_rows(rows))
    assert [(n.code, n.count) for n in screening.notes] == [("crowded_point", 10_000)]


def test_a_flood_is_one_event() -> None:
    """A bot sends one text from everywhere, another one kind at one point, within the hour."""
    text = "Please mend the road at once, all of it"
    rows = [_report(k) for k in range(100)]
    rows += [_report(1000 + k, opened=START + timedelta(seconds=k), text=text) for k in range(300)]
    rows += [
        _report(2000 + k, opened=START, lon=37.5, address="A", problem_type="noise")
        for k in range(60)
    ]
    screening = screen_reports(Reports.from_rows(rows))
    assert [(n.code, n.count, n.treatment) for n in screening.notes] == [
        ("flood", 60, "one_event"),
        ("flood", 300, "one_event"),
    ]
    assert (screening.flood[:100] == -1).all()


def test_rows_without_place_or_time_break_nothing() -> None:
    rows = [_report(k, lon=None, lat=None) for k in range(3)]
    reports = Reports.from_rows(rows)
    reports.opened[0] = np.datetime64("NaT")
    screening = screen_reports(reports)
    assert [(n.code, n.count) for n in screening.notes] == [("no_time", 1), ("no_place", 3)]
    assert screen_reports(Reports.from_rows([])).notes == ()


def test_words_meet_over_inflection_and_case() -> None:
    index = WordIndex(
        np.array(["Выбоина на дороге", "большие выбоины, дорога", "Pothole", ""], dtype=object)
    )
    likeness = index.likeness(np.array([0, 0, 0, 2]), np.array([1, 2, 3, 2]))
    assert 0.5 < likeness[0] < 1
    assert likeness[1] == 0
    assert np.isnan(likeness[2])
    assert abs(likeness[3] - 1) < 1e-12
    assert stems("ёлка") == stems("Елка")
