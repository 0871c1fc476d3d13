"""A problem keeps its number; merges, splits and ends are told."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from eutopia.core.diagnose.identity import track_problems
from eutopia.core.diagnose.indicators import indicators_by_month, systemic_indicators
from eutopia.core.diagnose.problems import find_problems
from eutopia.core.diagnose.recurrence import count_recurrences
from eutopia.core.records import Money, Problem, Reports
from tests.core.diagnose.test_problems import (
    AS_OF,
    TERRITORY,
    TYPES,
    problems_of,
    town_reports,
)

(LEAK,) = problems_of(town_reports())


def problem(number: str, *reports: str) -> Problem:
    return replace(LEAK, id=number, report_ids=reports)


def kinds(before: list[Problem], after: list[Problem]) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(c.kind, c.problem, c.others) for c in track_problems(before, after).changes]


def test_a_moved_middle_keeps_the_number() -> None:
    """Two more reports, one gone, another id by place: the same problem."""
    tracked = track_problems([problem("P-1", "a", "b", "c")], [problem("P-2", "b", "c", "d", "e")])
    assert [p.id for p in tracked.problems] == ["P-1"]
    assert tracked.changes == ()


def test_two_become_one() -> None:
    before = [problem("P-1", "a", "b", "c"), problem("P-2", "d", "e")]
    assert kinds(before, [problem("P-9", "a", "b", "c", "d", "e")]) == [("merged", "P-1", ("P-2",))]


def test_one_becomes_two() -> None:
    before = [problem("P-1", "a", "b", "c", "d", "e")]
    after = [problem("P-1", "d", "e"), problem("P-9", "a", "b", "c")]
    tracked = track_problems(before, after)
    # The larger part keeps the number; the smaller one may not take it even if its place gives it.
    assert [p.id for p in tracked.problems] == ["P-1-2", "P-1"]
    assert [(c.kind, c.problem, c.others) for c in tracked.changes] == [
        ("split", "P-1-2", ("P-1",))
    ]


def test_new_and_ended() -> None:
    assert kinds([problem("P-1", "a")], [problem("P-2", "b")]) == [
        ("ended", "P-1", ()),
        ("new", "P-2", ()),
    ]


@given(st.lists(st.sets(st.integers(0, 30), min_size=1), max_size=6), st.integers(0, 99))
def test_the_same_run_changes_nothing(parts: list[set[int]], seed: int) -> None:
    """Any disjoint problems tracked against themselves keep their numbers, in any order."""
    seen: set[int] = set()
    problems = []
    for k, part in enumerate(parts):
        own = part - seen
        seen |= own
        if own:
            problems.append(problem(f"P-{k}", *(str(r) for r in sorted(own))))
    tracked = track_problems(problems, problems[::-1])
    assert tracked.changes == ()
    assert tracked.problems == tuple(problems[::-1])


def test_a_year_of_growing_reports_keeps_one_number() -> None:
    """Month by month, the leak is one problem with one number."""
    rows = sorted(town_reports(), key=lambda r: r.opened)
    known: tuple[Problem, ...] = ()
    numbers = set()
    for count in range(60, len(rows) + 1, 15):
        found = problems_of(rows[:count], as_of=rows[count - 1].opened.date())
        known = track_problems(known, found).problems or known
        numbers |= {p.id for p in found and known}
    assert len(numbers) == 1


def test_indicators_say_what_is_in_hand() -> None:
    rows = Reports.from_rows(town_reports())
    problems = find_problems(
        rows, groups=(), territory=TERRITORY, interruptions=(), problem_types=TYPES, as_of=AS_OF
    )
    table = count_recurrences(rows, groups=())
    none = systemic_indicators(problems, table=table, as_of=AS_OF)
    assert none.explained_share == 16 / 166
    assert (none.problems, none.funded_share) == (1, 0.0)
    assert none.cost_of_repetition is not None
    yearly = none.cost_of_repetition.amount
    assert abs(float(yearly) / 5000 / problems[0].cost.repeats_per_year - 1) < 1e-3
    funded = systemic_indicators(problems, table=table, as_of=AS_OF, funded={problems[0].id})
    assert funded.funded_share == 1.0
    empty = systemic_indicators((), table=table, as_of=AS_OF)
    assert (empty.median_age_days, empty.cost_of_repetition) == (None, None)
    assert isinstance(none.as_pairs()["cost_of_repetition"], str)
    assert Money.zero("RUB") < none.cost_of_repetition


def test_months_are_those_of_a_slow_count() -> None:
    """Reports, explained, events, repeats and their cost by month and district, one by one."""
    rows = town_reports()
    reports = Reports.from_rows([replace(r, district="D1" if r.lon < 37.55 else "") for r in rows])
    table = count_recurrences(reports, groups=())
    (leak,) = problems_of(rows)
    told = indicators_by_month(
        (leak,), reports=reports, table=table, response_cost={"water_leak": Decimal("7.50")},
        as_of=AS_OF, funded={leak.id}, months=30,
    )  # fmt: skip
    assert {m.district for m in told} == {"", "D1"}
    for m in told:
        here = [
            k for k in range(len(reports))
            if str(reports.opened[k])[:7] == f"{m.month:%Y-%m}"
            and (not m.district or reports.district[k] >= 0)
        ]  # fmt: skip
        repeats = [k for k in here if table.repeat[table.events.event_of[k]]]
        kinds = [reports.problem_types[reports.problem_type[k]] for k in repeats]
        cost = Decimal("7.50") * kinds.count("water_leak")
        assert (m.reports, m.events) == (len(here), len(here))
        assert m.explained == sum(str(reports.id[k]) in leak.report_ids for k in here)
        assert (m.repeats, m.repeat_cost) == (len(repeats), cost)
        assert m.problems == m.funded == int((m.month.year, m.month.month) >= (2024, 1))
    assert told[-1].median_age_days is None or told[-1].median_age_days > 0
