"""Parts of the generator on their own: golden rows and simple oracles."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, Polygon

from eutopia.core.records.text import Text
from eutopia.core.town.furnishing import cut_line, scatter
from eutopia.core.town.names import street_names
from eutopia.core.town.plane import Plane
from eutopia.core.town.rates import draw_lags, read_rates
from eutopia.core.town.services import _month_before, lognormal
from eutopia.core.town.shapes import box_of, largest, nearest_of
from eutopia.core.town.site import lay_out
from eutopia.core.town.streets import NamedStreet, address, along_street
from eutopia.core.town.weather import days_until, draw_clock, draw_times
from eutopia.core.town.wording import cases, misspell, phrase_book, scribes


@pytest.mark.parametrize(
    ("street", "on", "along"),
    [
        ("Садовая улица", "на Садовой улице", "Садовой улице"),
        ("3-я Верхняя улица", "на 3-й Верхней улице", "3-й Верхней улице"),
        ("Тихий переулок", "в Тихом переулке", "Тихому переулку"),
        ("2-й Зимний переулок", "в 2-м Зимнем переулке", "2-му Зимнему переулку"),
        ("Луговой переулок", "в Луговом переулке", "Луговому переулку"),
        ("Кольцевой проспект", "на Кольцевом проспекте", "Кольцевому проспекту"),
        ("Полевое шоссе", "на Полевом шоссе", "Полевому шоссе"),
        ("Зелёная набережная", "на Зелёной набережной", "Зелёной набережной"),
        # Unknown forms stay as they are: clumsy, never wrong.
        ("Бродвей", "на Бродвей", "Бродвей"),
    ],
)
def test_streets_are_declined(street: str, on: str, along: str) -> None:
    """Prepositional with its preposition, and dative."""
    assert cases(street) == (on, along)


def test_street_names_differ() -> None:
    """However many are asked for, in both languages."""
    names = street_names(600, rng=np.random.default_rng(1))
    for column in (0, 1):
        for language in ("ru", "en"):
            assert len({row[column].to(language) for row in names}) == 600


@given(
    x=st.floats(-5_000, 5_000), y=st.floats(-5_000, 5_000), lat=st.floats(-65, 65)
)  # a town's reach
def test_the_plane_goes_there_and_back(x: float, y: float, lat: float) -> None:
    """To the centimetre that coordinates are rounded to."""
    plane = Plane(lon=12.0, lat=lat)
    back = plane.to_metres(*plane.degrees(x, y))
    assert float(np.hypot(back[0] - x, back[1] - y)) < 0.02


def test_the_lognormal_has_its_quantiles() -> None:
    """Median 10 and 90 % quantile 80, as asked."""
    drawn = lognormal(10.0, 80.0, 60_000, np.random.default_rng(1))
    assert np.quantile(drawn, 0.5) == pytest.approx(10.0, rel=0.03)
    assert np.quantile(drawn, 0.9) == pytest.approx(80.0, rel=0.05)


def test_lags_have_the_quantiles_of_real_duplicates() -> None:
    """The pack's own numbers come out again."""
    rates = read_rates(date(2026, 6, 30))
    drawn = draw_lags(rates, 80_000, np.random.default_rng(1))
    for share, log_days in rates.lag_quantiles.T[1:-1].tolist():
        assert np.quantile(drawn, share) == pytest.approx(np.exp(log_days), rel=0.12)


def test_the_clock_keeps_office_hours() -> None:
    """Ten in the morning is the busiest hour, three at night the quietest."""
    rates = read_rates(date(2026, 6, 30))
    days = days_until(date(2026, 6, 30), years=3, rates=rates, rng=np.random.default_rng(1))
    hours = np.bincount((draw_clock(days, 50_000, np.random.default_rng(2)) // 3600).astype(int))
    assert hours.argmax() in (9, 10)
    assert hours.argmin() in (2, 3, 4)
    assert len(days) == 1096  # 2024 is a leap year
    one = np.zeros(len(days))
    one[5] = 1.0
    drawn = draw_times(days, one, 100, np.random.default_rng(3))
    assert ((drawn - days.start) // 86_400 == 5).all()


def test_houses_are_numbered_odd_and_even() -> None:
    """Odd on the left of the street's direction, even on the right, growing along it."""
    street = NamedStreet(
        "s1", Text.of(en="A", ru="А"), "local", "d01", [LineString([(0, 0), (100, 0)])]
    )
    middles = np.array([[80.0, 5.0], [20.0, 5.0], [20.0, -5.0], [50.0, 5.0]])
    assert address([street], middles).number == [5, 1, 2, 3]


def test_points_along_a_street_keep_their_distance() -> None:
    """Every 25 m from the start asked for, offset to the left."""
    street = NamedStreet(
        "s1", Text.of(en="A", ru="А"), "local", "d01", [LineString([(0, 0), (100, 0)])]
    )
    found = along_street(street, 25.0, 4.0, 10.0)
    assert found == pytest.approx(np.array([[10, 4], [35, 4], [60, 4], [85, 4]]))


def test_a_line_is_cut_into_equal_parts() -> None:
    """A kilometre in sections of about 135 m: seven of 1000/7 m."""
    parts = cut_line(LineString([(0, 0), (1000, 0)]), 135.0)
    assert [p.length for p in parts] == pytest.approx([1000 / 7] * 7)


def test_scattered_points_are_inside() -> None:
    """As many as asked for, all inside a bent polygon."""
    bent = Polygon([(0, 0), (10, 0), (10, 2), (2, 2), (2, 10), (0, 10)])
    spots = scatter(bent, 50, np.random.default_rng(1))
    assert len(spots) == 50
    assert all(bent.covers(LineString([s, s]).centroid) for s in spots)


def test_shapes_helpers() -> None:
    """The largest part, the box, the nearest row."""
    two = Polygon([(0, 0), (1, 0), (1, 1), (0, 1)]).union(Polygon([(5, 0), (9, 0), (9, 3), (5, 3)]))
    assert largest(two).area == pytest.approx(12.0)
    assert sorted(map(tuple, box_of(largest(two)))) == [(5, 0), (5, 3), (9, 0), (9, 3)]
    places, spots = np.array([[0.0, 0.0], [10.0, 0.0]]), np.array([[7.0, 1.0], [1.0, 1.0]])
    assert nearest_of(places, spots).tolist() == [1, 0]
    with pytest.raises(TypeError, match="without area"):
        box_of(Polygon())


@pytest.mark.parametrize(
    ("as_of", "back", "expected"),
    [
        (date(2026, 6, 30), 1, date(2026, 6, 1)),  # June is full on its last day
        (date(2026, 6, 29), 1, date(2026, 5, 1)),
        (date(2026, 6, 30), 12, date(2025, 7, 1)),
        (date(2026, 1, 31), 1, date(2026, 1, 1)),
    ],
)
def test_the_last_full_months(as_of: date, back: int, expected: date) -> None:
    """A month counts once its last day is over."""
    assert _month_before(as_of, back) == expected


def test_sentences_are_many_and_complete() -> None:
    """Each type has at least six wordings in Russian and four in English, each with its place."""
    for language, least in (("ru", 6), ("en", 4)):
        letters = scribes(np.random.default_rng(1))[language]
        book = phrase_book(letters.words)
        for code, sentences in book.items():
            assert len(set(sentences)) >= least, code
            assert all(s.count("{p}") == 1 for s in sentences), code


def test_a_slip_changes_one_letter() -> None:
    """The text keeps its length to a letter."""
    letters = scribes(np.random.default_rng(1))["ru"]
    text = "Не горит фонарь у дома"
    slips = {misspell(text, letters.pen) for _ in range(30)}
    assert all(abs(len(s) - len(text)) <= 1 for s in slips)
    assert len(slips) > 5


@pytest.mark.parametrize("residents", [1_000, 60_000])
def test_districts_part_the_land(residents: int) -> None:
    """Over many seeds: ten districts, none tiny, that together are the land without the river."""
    for seed in range(25):
        site = lay_out(residents=residents, rng=np.random.default_rng([seed, 1]))
        assert [q.id for q in site.quarters] == [f"d{n:02d}" for n in range(1, 11)]
        areas = np.array([q.ground.area for q in site.quarters]) / site.scale**2
        assert areas.min() > 300_000
        land = site.outline.difference(site.river).area / site.scale**2
        assert areas.sum() == pytest.approx(land, rel=0.015)
        assert all(bridge.length > 40 * site.scale for bridge in site.bridges)
