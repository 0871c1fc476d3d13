"""Tomorrow's reports: groups by what was kept are those of a full run, to the last bit."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from eutopia.core.listen.duplicates import DEFAULT_MODEL, group_duplicates
from eutopia.core.listen.kept_links import KeptLinks, regroup_duplicates
from eutopia.core.records import Report, Reports

START = datetime(2026, 3, 1, tzinfo=UTC)
KINDS = ("leak", "lamp", "pothole", "litter")
WORDS = ("Не горит фонарь", "Яма на дороге", "Leak in the yard", "Мусор у дома 5", "")
STREETS = ("Садовая, 5", "Садовая, 7", "Main St 3", "")
LOOSE = replace(DEFAULT_MODEL, threshold=-3.0)
"""Links more, so that a few reports make many groups."""


def some_report(rng: np.random.Generator, number: int, day: float) -> Report:
    """One on a few streets, some without a place, some closed."""
    opened = START + timedelta(days=day + float(rng.uniform(0, 3)))
    placed = rng.uniform() < 0.8
    return Report(
        f"r{number}", opened.replace(microsecond=0), str(rng.choice(KINDS)),
        lon=37.6 + float(rng.integers(0, 30)) * 1e-4 if placed else None,
        lat=55.75 + float(rng.integers(0, 30)) * 1e-4 if placed else None,
        closed=opened + timedelta(days=2) if rng.uniform() < 0.4 else None,
        text=str(rng.choice(WORDS)), address=str(rng.choice(STREETS)),
    )  # fmt: skip


def tomorrow(rng: np.random.Generator, rows: list[Report], day: int) -> list[Report]:
    """Some come, some are closed or put right, some are taken away."""
    left = [row for row in rows if rng.uniform() > 0.03]
    for k in np.flatnonzero(rng.uniform(size=len(left)) < 0.1).tolist():
        change = (
            {"closed": left[k].opened + timedelta(days=day)},
            {"text": str(rng.choice(WORDS)) + " новое"},
            {"lon": None, "lat": None},
            {"problem_type": str(rng.choice((*KINDS, "ice")))},
        )[int(rng.integers(4))]
        left[k] = replace(left[k], **change)
    number = 1_000 * (day + 1)
    fresh = [some_report(rng, number + k, day) for k in range(int(rng.integers(0, 25)))]
    if rng.uniform() < 0.15:  # A flood.
        head = some_report(rng, number + 100, day)
        fresh += [replace(head, id=f"r{number + 100 + k}") for k in range(60)]
    if rng.uniform() < 0.15:  # The town hall's point, under many addresses.
        fresh += [
            replace(some_report(rng, number + 300 + k, day), lon=37.601, lat=55.751, address=f"{k}")
            for k in range(60)
        ]
    return [*left, *fresh]


def shuffled(rng: np.random.Generator, rows: list[Report]) -> Reports:
    return Reports.from_rows([rows[k] for k in rng.permutation(len(rows)).tolist()])


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_day_by_day_gives_the_groups_of_a_full_run(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = [some_report(rng, k, float(rng.uniform(0, 20))) for k in range(60)]
    done = regroup_duplicates(shuffled(rng, rows), model=LOOSE)
    assert done.groups == group_duplicates(Reports.from_rows(rows), model=LOOSE)
    for day in range(4):
        rows = tomorrow(rng, rows, 20 + day)
        reports = shuffled(rng, rows)
        kept = KeptLinks.from_bytes(done.kept.to_bytes())
        done = regroup_duplicates(reports, model=LOOSE, kept=kept)
        full = group_duplicates(reports, model=LOOSE, words=kept.words)
        assert done.groups == full
        assert {g.score for g in done.groups} == {g.score for g in full}


def test_only_reports_near_a_new_one_are_compared_anew() -> None:
    rng = np.random.default_rng(1)
    rows = [some_report(rng, k, 0) for k in range(50)]
    far = [replace(some_report(rng, 100 + k, 0), lat=55.85, lon=37.6) for k in range(50)]
    first = regroup_duplicates(Reports.from_rows([*rows, *far]))
    assert first.compared == 100
    new = replace(rows[0], id="new", opened=rows[0].opened + timedelta(hours=1))
    again = Reports.from_rows([*rows, *far, new])
    assert 1 <= regroup_duplicates(again, kept=first.kept).compared <= 51
    assert regroup_duplicates(Reports.from_rows([*rows, *far]), kept=first.kept).compared == 0


def test_what_was_kept_under_another_model_is_not_used() -> None:
    rng = np.random.default_rng(2)
    reports = Reports.from_rows([some_report(rng, k, 0) for k in range(40)])
    kept = regroup_duplicates(reports).kept
    again = regroup_duplicates(reports, model=LOOSE, kept=kept)
    assert again.compared == 40
    assert again.groups == group_duplicates(reports, model=LOOSE)


def test_nothing_kept_of_nothing() -> None:
    none = regroup_duplicates(Reports.from_rows([]))
    kept = KeptLinks.from_bytes(none.kept.to_bytes())
    assert none.groups == regroup_duplicates(Reports.from_rows([]), kept=kept).groups == ()
