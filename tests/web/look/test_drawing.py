"""Maps and charts as the server draws them, and codes as people read them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from eutopia.web.portal import figures, town_map, words
from eutopia.web.portal.charts import Chart, Paper, Series, draw, nice_top
from eutopia.web.portal.reasons import SENTENCES
from eutopia.web.portal.town_map import Frame


def collection(*features: tuple[dict[str, Any], dict[str, Any]]) -> str:
    return json.dumps(
        {
            "type": "FeatureCollection",
            "features": [{"type": "Feature", "geometry": g, "properties": p} for g, p in features],
        }
    )


@given(
    west=st.floats(-170, 160), south=st.floats(-70, 60), across=st.floats(0.001, 5),
    up=st.floats(0.001, 5), margin=st.floats(0, 0.2),
)  # fmt: skip
def test_a_frame_holds_what_it_was_cut_for(
    west: float, south: float, across: float, up: float, margin: float
) -> None:
    """Every corner of the bounds falls inside the frame, north above south."""
    bounds = (west, south, west + across, south + up)
    frame = Frame.around(bounds, width=800, height=600, margin=margin)
    x0, y0 = frame.place(bounds[0], bounds[1])
    x1, y1 = frame.place(bounds[2], bounds[3])
    assert -0.01 <= x0 < x1 <= 800.01
    assert -0.01 <= y1 < y0 <= 600.01


def test_a_path_in_whole_steps() -> None:
    """Points on the same unit are one; a shape shrunk to a point is left out."""
    frame = Frame(west=0.0, north=0.0, scale=100.0, width=100, height=100)
    line = {"type": "LineString", "coordinates": [[0, 0], [0.001, 0], [0.1, 0], [0.1, 0.2]]}
    assert town_map.path(line, frame) == "M0 0l10 0l0-20"
    dot = {"type": "Polygon", "coordinates": [[[0, 0], [0.001, 0], [0.001, 0.001], [0, 0]]]}
    assert town_map.path(dot, frame) == ""


def test_the_picture_is_colours_and_paths_only() -> None:
    """Names never get into the picture: it needs no escaping and serves every language."""
    frame = Frame(west=0.0, north=1.0, scale=100.0, width=100, height=100)
    square = {"type": "Polygon", "coordinates": [[[0, 0], [0.5, 0], [0.5, 0.5], [0, 0]]]}
    hostile = collection((square, {"name": "<script>", "space_type": "park"}))
    svg = town_map.picture_file({"spaces": hostile, "water": hostile}, frame)
    assert "script" not in svg
    assert svg.count("<path") == 2
    assert 'fill="var(--map-green)"' in svg


def test_labels_do_not_overlap() -> None:
    """Two districts at one place: the first is named. Names are escaped by the template."""
    frame = Frame(west=0.0, north=1.0, scale=700.0, width=800, height=700)
    ring = [[[0.3, 0.3], [0.6, 0.3], [0.6, 0.6], [0.3, 0.6], [0.3, 0.3]]]
    square = {"type": "Polygon", "coordinates": ring}
    layer = collection((square, {"name": "First"}), (square, {"name": "Second"}))
    assert [label.words for label in town_map.labels(layer, frame)] == ["First"]


@given(st.lists(st.integers(1, 10_000), min_size=1))
def test_steps_rise_from_the_least(values: list[int]) -> None:
    """The scale begins at the least value, rises, and has at most five steps."""
    steps = town_map.steps_of(values)
    assert steps[0] == min(values)
    assert list(steps) == sorted(set(steps))
    assert 1 <= len(steps) <= 5


def test_only_the_largest_marks_are_drawn() -> None:
    """A thousand points stay a light page; those without a place are left out."""
    point = {"type": "Point", "coordinates": [0.5, 0.5]}
    nowhere = {"type": "Point", "coordinates": [None, None]}
    layer = collection(*((point, {"n": i}) for i in range(1_000)), (nowhere, {"n": 5_000}))
    frame = Frame(west=0.0, north=1.0, scale=100.0, width=100, height=100)
    spots = town_map.spots(
        layer, frame, radius=lambda p: p["n"], words=lambda p: str(p["n"]), href=lambda _: ""
    )
    assert len(spots) == 300
    assert spots[0].title == "999"


def chart(kind: str, *rows: tuple[float | None, ...], money: str = "") -> Chart:
    return Chart(
        id="c", kind=kind, title="T", say="", over="Year", money=money,
        categories=tuple(str(2020 + i) for i in range(len(rows[0]))),
        series=tuple(Series(f"S{i} & <b>", row) for i, row in enumerate(rows)),
    )  # fmt: skip


@given(st.floats(0.0001, 1e12))
def test_axes_reach_what_they_show(value: float) -> None:
    """The axis is at least as high as the value and at most two and a half times."""
    top, step = nice_top(value)
    assert value <= top * 1.001
    assert top <= 2.5 * value
    assert step == pytest.approx(top / 4)


@pytest.mark.parametrize("kind", ["columns", "stacked", "lines"])
@pytest.mark.parametrize("width", [350, 760])
def test_charts_stay_on_their_paper(kind: str, width: int) -> None:
    """Every mark lies inside the picture, and words are escaped."""
    with override("ru"):
        svg = draw(chart(kind, (1, None, 30), (5, 8, 0), money="RUB"), width=width)
    assert "<b>" not in svg
    for x in re.findall(r' x="(-?[\d.]+)"', svg):
        assert 0 <= float(x) <= width
    for y in re.findall(r' y="(-?[\d.]+)"', svg):
        assert 0 <= float(y) <= 260


def test_a_stack_is_as_high_as_its_sum() -> None:
    """The highest bar's top is where the sum stands."""
    stacked = chart("stacked", (10, 20), (30, 60))
    assert stacked.top == 80
    paper = Paper.cut(stacked, 760)
    tops = [float(y) for y in re.findall(r'<rect class="series-2" x="[\d.]+" y="([\d.]+)"',
                                         draw(stacked, width=760))]  # fmt: skip
    assert tops == [paper.up(40), paper.up(80)]


def test_the_table_has_what_the_picture_has() -> None:
    """One row a category, a dash where nothing is known."""
    with override("en"):
        rows = chart("lines", (1_234, None)).rows
    assert rows == (("2020", ("1,234",)), ("2021", ("–",)))


@pytest.mark.parametrize(
    ("value", "short", "english", "russian"),
    [
        (Decimal("464123456.70"), True, "₽464M", "464 млн ₽"),
        (Decimal("3270000"), True, "₽3.3M", "3,3 млн ₽"),
        (Decimal(0), True, "₽0", "0 ₽"),
        (Decimal("1300.40"), False, "₽1,300", "1 300 ₽"),
        (Decimal("57.10"), False, "₽57.10", "57,10 ₽"),
        (Fraction(1000, 3), True, "₽333", "333 ₽"),
    ],
)
def test_money(value: Any, short: bool, english: str, russian: str) -> None:
    """Each language writes it its own way, and never breaks it over two lines."""
    with override("en"):
        assert figures.money(value, "RUB", short=short) == english
    with override("ru"):
        told = figures.money(value, "RUB", short=short)
    assert " " not in told
    assert re.sub(r"\s", " ", told) == russian


def test_dates_are_of_the_towns_clock() -> None:
    """A moment near midnight falls on the town's day."""
    late = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)
    with override("ru"):
        assert figures.moment(late, "Europe/Moscow") == "1 июл. 2026 г., 01:30"
        assert figures.day(date(2026, 6, 30)) == "30 июня 2026\u202fг." or "июня" in figures.day(
            date(2026, 6, 30)
        )
    with override("en"):
        assert figures.change(-0.234) == "−23%"


@dataclass(frozen=True)
class Reason:
    """As the selectors give it."""

    code: str
    values: dict[str, str] = field(default_factory=dict)
    candidates: tuple[tuple[int, str], ...] = ()


def test_every_reason_of_the_core_has_its_sentence() -> None:
    """Codes named by the record's docstring are all worded, with numbers and without."""
    from eutopia.core.records import Reason as Record

    told = (Record.__doc__ or "").split("`values`")[0]
    single = "chosen|mandated|budget|precedence|outweighed|conflict|stopped"
    named = set(re.findall(rf"\b([a-z]+(?:_[a-z]+)+|{single})\b", told))
    assert {"budget", "crew_full", "outweighed"} <= named
    assert named <= set(SENTENCES)
    assert set(SENTENCES) == set(words.WORDS["reason"])
    for code in SENTENCES:
        bare = words.reason(Reason(code), "RUB")
        assert bare
        assert "{" not in bare
    told = words.reason(Reason("budget", {"missing": "1200000.00", "year": "2028"}), "RUB")
    assert told.startswith("The money of 2028 falls ₽1.2M short")


def test_an_unknown_code_is_shown_as_it_is() -> None:
    """A source's own word is better than none."""
    assert words.word("channel", "carrier_pigeon") == "carrier pigeon"
    assert words.tone("status", "carrier_pigeon") == ""
    with override("ru"):
        assert words.measured(Decimal(3), "place") == "3 места"
        assert words.measured(2.5, "m2") == "2,5\N{NO-BREAK SPACE}м²"


@pytest.mark.parametrize("width", [350, 520, 760])
def test_works_in_time_stay_on_their_paper(width: int) -> None:
    """Each bar stands in its year's quarters, inside the picture; hostile words are escaped."""
    from eutopia.web.portal.gantt import Gantt, draw
    from eutopia.web.programmes.selectors import BarRow

    rows = tuple(
        BarRow(i, f"<b>{i}</b>: street", "A", "m", 2027 + i, first, last, Decimal(1), "allow")
        for i, (first, last) in enumerate([(1, 12), (5, 9), (12, 12)])
    )
    svg = draw(Gantt("T", 2027, 3, rows, lambda pk: f"/{pk}/", "RUB"), width=width)
    assert "<b>" not in svg
    assert svg.count('href="/') == 3
    bars = re.findall(r'<rect class="series-1" x="([\d.]+)" y="\d+" width="([\d.]+)"', svg)
    spans = [(float(x), float(x) + float(w)) for x, w in bars]
    assert all(0 <= a < b <= width for a, b in spans)
    # A whole year is four quarters wide, May to September two, December one.
    whole, two, one = (b - a + 2 for a, b in spans)
    assert two == pytest.approx(whole / 2, abs=0.3)
    assert one == pytest.approx(whole / 4, abs=0.3)
    assert spans[0][1] < spans[1][0] < spans[1][1] < spans[2][0]
