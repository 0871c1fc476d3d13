"""The threshold follows staff's yes and no, as far as they go."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from eutopia.core.listen.duplicates import DEFAULT_MODEL, group_duplicates
from eutopia.core.listen.merges import MergeDecision, learn_threshold
from eutopia.core.records import Report, Reports

START = datetime(2026, 1, 1, tzinfo=UTC)


def pairs(count: int, metres: float) -> list[Report]:
    """Pairs of dark lamps, far from each other, the two `metres` and a day apart."""
    rows = []
    for k in range(count):
        lat = 55.7 + k * 0.01
        for n, shift in enumerate((0.0, metres / 111_320)):
            when = START + timedelta(days=n)
            rows.append(Report(f"{k}-{n}", when, "street_light_out", 37.6, lat + shift))
    return rows


def test_nothing_decided_nothing_moved() -> None:
    rows = Reports.from_rows(pairs(3, 5))
    assert learn_threshold(rows, ()) is DEFAULT_MODEL
    assert learn_threshold(rows, [MergeDecision(("gone", "0-0"), True)]) is DEFAULT_MODEL


def test_separated_pairs_are_suggested_no_more_and_merged_ones_are() -> None:
    """Twenty pairs 5 m apart all taken apart: the next such pair is no suggestion."""
    rows = Reports.from_rows(pairs(21, 5))
    both = {len(g.report_ids) for g in group_duplicates(rows)}
    assert both == {2}
    no = [MergeDecision((f"{k}-0", f"{k}-1"), False) for k in range(20)]
    stricter = learn_threshold(rows, no)
    assert stricter.threshold > DEFAULT_MODEL.threshold
    assert {len(g.report_ids) for g in group_duplicates(rows, model=stricter)} == {1}
    yes = [replace(one, one_event=True) for one in no]
    assert learn_threshold(rows, yes).threshold < DEFAULT_MODEL.threshold
    assert stricter.id == "general-2+20"


def test_the_threshold_is_the_optimum_of_the_stated_likelihood() -> None:
    """Against a fine grid."""
    rows = Reports.from_rows([*pairs(6, 5), *(replace(r, id=f"f{r.id}", lon=37.7)
                                              for r in pairs(6, 60))])  # fmt: skip
    near = [MergeDecision((f"{k}-0", f"{k}-1"), k != 0) for k in range(6)]
    far = [MergeDecision((f"f{k}-0", f"f{k}-1"), k == 0) for k in range(6)]
    from eutopia.core.listen import merges

    columns = merges.prepare_columns(rows)
    at = {str(v): k for k, v in enumerate(rows.id.tolist())}
    score = [
        merges._weakest(columns, np.array([at[r] for r in d.report_ids]), DEFAULT_MODEL)
        for d in (*near, *far)
    ]
    told = [d.one_event for d in (*near, *far)]
    grid = np.arange(-4, 4, 0.001)
    loss = grid**2 / 2
    for s, yes in zip(score, told, strict=True):
        loss = loss + np.logaddexp(0, -(s - grid) if yes else (s - grid))
    moved = learn_threshold(rows, [*near, *far]).threshold - DEFAULT_MODEL.threshold
    assert abs(moved - grid[int(np.argmin(loss))]) < 0.002


@settings(deadline=None, max_examples=20)
@given(st.lists(st.booleans(), max_size=12), st.integers(0, 99))
def test_order_teaches_nothing_and_a_yes_never_makes_it_stricter(told, seed) -> None:
    rows = Reports.from_rows(pairs(12, 10))
    made = [MergeDecision((f"{k}-0", f"{k}-1"), yes) for k, yes in enumerate(told)]
    order = np.random.default_rng(seed).permutation(len(made))
    model = learn_threshold(rows, made)
    assert model == learn_threshold(rows, [made[int(k)] for k in order])
    kinder = learn_threshold(rows, [replace(d, one_event=True) for d in made])
    assert kinder.threshold <= model.threshold
