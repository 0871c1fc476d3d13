"""Figures entered, indices assessed, replayed, shown; what may not be done."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from types import SimpleNamespace as Place
from typing import Any

import pytest
from django.test import Client, override_settings

from eutopia.core.records import Statistic
from eutopia.web.foundation.access import RESIDENT, AccessDenied, Actor, Grant
from eutopia.web.foundation.models import Act
from eutopia.web.ledger.models import Run
from eutopia.web.loop.selectors import area, rows_csv
from eutopia.web.loop.services import operator_for, replay_run
from eutopia.web.quality import models, selectors
from eutopia.web.quality.services import (
    FiguresError,
    assess_indices,
    enter_figure,
    enter_statistics,
    import_statistics,
)
from eutopia.web.reports.services import load_reports
from eutopia.web.territory import selectors as territories
from eutopia.web.territory.models import Territory
from eutopia.web.territory.services import load_territory
from tests.web.look.conftest import PLAIN
from tests.web.towns import hamlet

pytestmark = pytest.mark.django_db

PLANNER = operator_for("hamlet")
INSPECTOR = Actor(5, "Inspector", (Grant("inspector", "hamlet"),))
PACKS = ("ru-urban-quality", "sdg-11-7-1", "iso-37120", "district-care")
TABLE = (
    "indicator;district;day;value;source\n"
    "ru-urban-quality.2;west;2025;81,5;yearbook\n"
    "ru-urban-quality.2;east;2025-12-31;70;yearbook\n"
    "ru-urban-quality.2;;2025;1 078,25;yearbook\n"
)


@pytest.fixture
def town() -> Territory:
    """The hamlet with its reports and the indices' packs."""
    record = hamlet()
    territory, _ = load_territory(PLANNER, record)
    load_reports(PLANNER, territory, record.reports, source="town")
    territory.packs = [*territory.packs, *PACKS]
    territory.save(update_fields=["packs"])
    return territory


def value(view: Any, number: str) -> Any:
    return next(c.shown for row in view.rows for c in row.cells if c.number == number)


def test_indices_are_assessed_once_and_again_when_a_figure_changes(town: Territory) -> None:
    """Unchanged, nothing is computed; a figure makes all indices be asked again."""
    first = assess_indices(PLANNER, town)
    assert [r.parameters["index"] for r in first] == list(PACKS)
    assert assess_indices(PLANNER, town) == first
    import_statistics(PLANNER, town, TABLE)
    second = assess_indices(PLANNER, town)

    assert not {r.pk for r in first} & {r.pk for r in second}
    view = selectors.index(town.pk, "ru-urban-quality", district="west")
    assert view is not None
    assert (value(view, "2").value, value(view, "2").origin, value(view, "2").points) == (
        81.5, "entered", 10.0,
    )  # fmt: skip
    assert value(view, "22").origin == "measured"
    assert value(view, "1").origin == "missing"
    assert view.line.known < view.line.indicators == 36
    west = next(p for p in view.places if p.code == "west")
    assert west.known == sum(c.shown.value is not None for row in view.rows for c in row.cells)


def test_an_assessment_is_replayed_from_its_own_inputs(town: Territory) -> None:
    """The same digest from the values kept, although the figures have moved on since."""
    import_statistics(PLANNER, town, TABLE)
    run = assess_indices(PLANNER, town)[0]
    import_statistics(PLANNER, town, TABLE.replace("81,5", "12"))

    assert replay_run(run.pk).verdict == "same"


def test_the_same_table_twice_is_once_and_bad_rows_are_named(town: Territory) -> None:
    """Each fault by row and field; the good rows are taken; again, nothing changes."""
    bad = TABLE + (
        "nothing.1;;2025;1;x\n"
        "ru-urban-quality.3;north;2025;1;x\n"
        "ru-urban-quality.3;;31.12.2025;1;x\n"
        "ru-urban-quality.3;;2026;1;x\n"
        "ru-urban-quality.3;;2025;many;x\n"
        "ru-urban-quality.3;;2025;inf;x\n"
        "ru-urban-quality.3;;2025;1;\n"
        "ru-urban-quality.2;west;2025;5;again\n"
    )
    told = import_statistics(PLANNER, town, bad)

    assert (told.copied.inserted, [(r.row, r.fault) for r in told.rejected]) == (
        3,
        [
            (5, "unknown_indicator"), (6, "unknown_district"), (7, "bad_day"), (8, "future_day"),
            (9, "bad_number"), (10, "bad_number"), (11, "no_source"), (12, "twice"),
        ],
    )  # fmt: skip
    again = import_statistics(PLANNER, town, TABLE)
    assert (again.copied.inserted, again.copied.updated, again.copied.unchanged) == (0, 0, 3)
    whole = models.Statistic.objects.get(unit="")
    assert (whole.value, whole.as_of) == (Decimal("1078.25"), date(2025, 12, 31))


def test_a_table_without_its_columns_changes_nothing(town: Territory) -> None:
    """Refused as a whole."""
    with pytest.raises(FiguresError, match="no column day, source"):
        import_statistics(PLANNER, town, "indicator,district,value\nru-urban-quality.2,,5\n")
    assert not models.Statistic.objects.exists()


def test_the_log_keeps_what_was_overwritten(town: Territory) -> None:
    """Before and after, by whom."""
    import_statistics(PLANNER, town, TABLE)
    import_statistics(PLANNER, town, TABLE.replace("81,5", "82"))
    act = Act.objects.filter(action="statistic.enter").order_by("-number").first()

    assert act is not None
    assert "81.50000000" in str(act.before)
    assert "82" in str(act.after)


@pytest.mark.parametrize("actor", [RESIDENT, INSPECTOR])
def test_others_may_neither_enter_nor_assess(town: Territory, actor: Actor) -> None:
    """And nothing is changed by trying."""
    figure = Statistic("ru-urban-quality.2", "", date(2025, 1, 1), Decimal(1), "x")
    cells = {"indicator": "ru-urban-quality.2", "district": "", "day": "2025", "value": "1",
             "source": "x"}  # fmt: skip
    acts = Act.objects.count()
    for attempt in (
        lambda: enter_statistics(actor, town, [figure]),
        lambda: import_statistics(actor, town, TABLE),
        lambda: enter_figure(actor, town, cells),
        lambda: assess_indices(actor, town),
    ):
        with pytest.raises(AccessDenied):
            attempt()
    assert not models.Statistic.objects.exists()
    assert not models.Assessment.objects.exists()
    assert not Run.objects.exists()
    assert Act.objects.count() == acts


def test_an_index_that_left_the_packs_is_shown_no_more(town: Territory) -> None:
    """Its runs stay in the ledger."""
    runs = len(assess_indices(PLANNER, town))
    town.packs = [p for p in town.packs if p != "iso-37120"]
    town.save(update_fields=["packs"])
    assess_indices(PLANNER, town)

    assert "iso-37120" not in [one.code for one in selectors.indices(town.pk)]
    assert Run.objects.count() >= runs


def test_pages_and_files_tell_the_same(town: Territory) -> None:
    """List, matrix, indicator, area, both files; unknown ones are not found."""
    import_statistics(PLANNER, town, TABLE)
    assess_indices(PLANNER, town)
    with override_settings(STORAGES=PLAIN):
        client = Client()
        for address, words in (
            ("quality/", "Urban quality index"),
            ("quality/ru-urban-quality/?district=west", "81.5"),
            ("quality/ru-urban-quality/ru-urban-quality.2/", "yearbook"),
            ("quality/iso-37120/", "nothing is judged"),
            ("areas/west/", "In the indices"),
        ):
            answer = client.get(f"/en/{address}")
            assert answer.status_code == 200, address
            assert words in answer.content.decode(), address
        for address in ("quality/none/", "quality/sdg-11-7-1/none/", "areas/north/"):
            assert client.get(f"/en/{address}").status_code == 404, address
    lines = list(rows_csv(town.pk, "indicators"))
    assert any("81.5" in line and "west" in line for line in lines)
    assert len(lines) == 1 + 3 * (36 + 2 + 50 + 6)


def test_an_area_gathers_what_is_of_it(town: Territory) -> None:
    """The lamp that keeps failing is in the west."""
    assess_indices(PLANNER, town)
    shown = territories.territory("hamlet")
    assert shown is not None
    view = area(shown, "west")

    assert view is not None
    assert [d.code for d in view.others] == ["east"]
    assert {s.line.code for s in view.standings} == set(PACKS)
    assert area(shown, "north") is None


@pytest.mark.parametrize(("known", "ranks"), [(2, [0, 0]), (3, [1, 2])])
def test_nobody_has_a_place_where_most_is_missing(known: int, ranks: list[int]) -> None:
    """Of six indicators two known at most: points, but no place and no interval; three: both."""
    scores = [
        Place(unit=code, known=n, of=6, points=4.0, possible=10.0, share=0.4, rank=rank,
              low=1.0, median=1.5, high=2.0)
        for code, n, rank in (("a", known, 1), ("b", 1, 2))
    ]  # fmt: skip
    told = Place(index=Place(favourable_share=None), assessment=Place(scores=scores))
    places = selectors._places(told, {})
    assert [p.rank for p in places] == ranks
    assert [p.low is None for p in places] == [not rank for rank in ranks]
    assert [p.points for p in places] == [4.0, 4.0]
