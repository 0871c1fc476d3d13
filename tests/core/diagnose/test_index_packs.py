"""Indices as packs: measures on a register made by hand, points, places, what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, box
from shapely.geometry.base import BaseGeometry

from eutopia.core.diagnose.index import measures
from eutopia.core.diagnose.index.assessment import assess, gather
from eutopia.core.diagnose.index.measures import Evidence, measure
from eutopia.core.kit.spatial import LocalPlane
from eutopia.core.kit.walking import WalkingNet
from eutopia.core.norms import PackError, load_norms, read_pack
from eutopia.core.records import (
    Asset,
    Building,
    CompositeIndex,
    District,
    HeritageAsset,
    IndexIndicator,
    IndicatorValue,
    Interruption,
    PublicSpace,
    Report,
    Reports,
    Statistic,
    Street,
    Territory,
    Text,
)
from eutopia.core.records.indices import MEASURES

DAY = date(2026, 6, 30)
PACKS = ("ru-urban-quality", "sdg-11-7-1", "iso-37120", "district-care")
PLANE = LocalPlane(40.0, 55.0)
NAME = Text.of(en="x")


def globe(shape: BaseGeometry) -> BaseGeometry:
    """Metres around 40 E, 55 N into degrees."""
    import shapely

    return shapely.transform(shape, lambda xy: np.column_stack(PLANE.inverse(xy[:, 0], xy[:, 1])))


def square(x: float, y: float, side: float) -> BaseGeometry:
    return globe(box(x, y, x + side, y + side))


def flats(id_: str, x: float, y: float, district: str, homes: int, people: int) -> Building:
    ground = square(x, y, 10)
    return Building(id_, NAME, ground, district, "residential", dwellings=homes, residents=people)


TOWN = Territory(
    id="t", name=NAME, time_zone="UTC", currency="RUB", synthetic=True,
    districts=(
        District("west", NAME, globe(box(0, 0, 1000, 1000)), 1000),
        District("east", NAME, globe(box(1000, 0, 2000, 1000)), 500),
    ),
    # Along the bottom through both districts, and a way up at x = 500 that meets it.
    streets=(
        Street("a", NAME, globe(LineString([(0, 100), (1000, 100)])), "local", "west"),
        Street("b", NAME, globe(LineString([(1000, 100), (2000, 100)])), "local", "east"),
        Street("c", NAME, globe(LineString([(500, 100), (500, 900)])), "footway", "west"),
    ),
    spaces=(PublicSpace("p", NAME, "park", square(450, 900, 100), "west"),),
    buildings=(
        # 300 m along the street and 800 m up: 1,100 m on foot, 854 m as the crow flies.
        flats("b1", 195, 95, "west", 10, 60),
        # 200 m below the park.
        flats("b2", 495, 695, "west", 20, 40),
        flats("b3", 1495, 95, "east", 30, 9),
    ),
    assets=(
        Asset("l1", "lighting_point", globe(Point(250, 100)), "west", condition=40.0),
        Asset("l2", "lighting_point", globe(Point(1250, 100)), "east", condition=80.0),
        Asset("l3", "lighting_point", globe(Point(1750, 100)), "east"),
    ),
    heritage=(HeritageAsset("h", NAME, "monument", "local", "listed", globe(Point(1500, 500))),),
)  # fmt: skip


def evidence(territory: Territory = TOWN, **given: object) -> Evidence:
    return Evidence(territory, DAY, **given)  # type: ignore[arg-type]


def test_the_table_of_measures_is_the_code() -> None:
    """What packs may name is what is computed, with just these parameters."""
    assert set(MEASURES) == set(measures._MEASURES)
    for name, parameters in MEASURES.items():
        told = measures._MEASURES[name].__kwdefaults__ or {}
        code = measures._MEASURES[name].__code__
        asked = code.co_varnames[1 : 1 + code.co_kwonlyargcount]
        assert (set(asked), told) == (set(parameters), {}), name


def test_ways_are_walked_not_flown() -> None:
    """854 m away as the crow flies, 1,100 m on foot: near within 1,150 m, not within 1,050."""
    near = measures.residents_near_spaces
    for within, expected in ((100, [0, 0, 0]), (1050, [40, 0, 100 * 40 / 109]),
                             (1150, [100, 0, 100 * 100 / 109])):  # fmt: skip
        np.testing.assert_allclose(near(evidence(), spaces=["park"], within_m=within), expected)


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=5))
def test_walking_on_a_grid_is_manhattan(targets: list[tuple[int, int]]) -> None:
    """Independent oracle: on streets of 100 m blocks the way is the sum of the two sides."""
    lines = [LineString([(0, i * 100), (600, i * 100)]) for i in range(7)]
    lines += [LineString([(i * 100, 0), (i * 100, 600)]) for i in range(7)]
    net = WalkingNet(lines)
    places = np.array([(x * 100.0, y * 100.0) for x in range(7) for y in range(7)])
    found = net.distances(places, [Point(x * 100, y * 100) for x, y in targets], within_m=5000)
    expected = [min(abs(x - 100 * a) + abs(y - 100 * b) for a, b in targets) for x, y in places]

    # A target is reached from 20 m away.
    np.testing.assert_allclose(found, np.maximum(np.array(expected) - 20, 0), atol=1e-6)


def test_measures_by_hand() -> None:
    """Each against what can be counted on the fingers; the last number is the whole town's."""
    told = evidence()
    lit = measures.street_length_near_assets(
        told, assets=["lighting_point"], streets=["local"], within_m=25
    )
    np.testing.assert_allclose(lit, [5, 10, 7.5], atol=1.1)
    np.testing.assert_allclose(measures.heritage_per_hectare(told), [0, 0.01, 0.005], rtol=1e-3)
    np.testing.assert_allclose(
        measures.assets_per_hectare(told, assets=["lighting_point"]), [0.01, 0.02, 0.015], rtol=1e-3
    )
    np.testing.assert_allclose(
        measures.asset_condition(told, assets=["lighting_point"]), [40, 80, 60]
    )
    per_head = measures.space_per_resident(told, spaces=["park"], square_metres=1, residents=1)
    np.testing.assert_allclose(per_head, [10, 0, 10000 / 1500], rtol=1e-3)
    near = measures.residents_near_assets(told, assets=["lighting_point"], within_m=260)
    np.testing.assert_allclose(near, [60, 100, 100 * 69 / 109])


def test_open_ground_by_hand() -> None:
    """One block of flats by a street in the middle of its built-up circle: 2 r times the width."""
    town = replace(
        TOWN, buildings=TOWN.buildings[2:], spaces=(
            PublicSpace("q", NAME, "square", square(1490, 90, 20), "east"),
        ),
    )  # fmt: skip
    found = measures.open_ground_share(
        evidence(town), spaces=["square"], built_within_m=100, street_widths=(("local", 10),)
    )
    # The circle is drawn with twelve corners.
    circle = 12 / 2 * 100**2 * np.sin(2 * np.pi / 12)
    np.testing.assert_allclose(found[1:], [100 * (400 + 200 * 10) / circle] * 2, rtol=0.005)
    assert np.isnan(found[0])


def test_reports_and_outages_by_hand() -> None:
    """Two of three reports are closed after 2 and 4 days; b1 and b2 were dark for 3 hours once."""
    noon = datetime(2026, 6, 1, 12, tzinfo=UTC)
    rows = [
        Report(f"r{i}", noon - timedelta(days=i), "pothole", district="west", closed=closed)
        for i, closed in enumerate(
            (noon + timedelta(days=2), noon - timedelta(days=1) + timedelta(days=4), None)
        )
    ] + [Report("old", noon - timedelta(days=500), "pothole", district="west", closed=noon)]
    dark = Interruption(
        "i", "electricity", "o", noon, noon + timedelta(hours=3), False, building_ids=("b1", "b2")
    )
    planned = replace(dark, id="p", planned=True)
    told = evidence(reports=Reports.from_rows(rows), interruptions=(dark, planned))

    np.testing.assert_allclose(measures.reports_per_1000(told, days=365), [3, 0, 2])
    np.testing.assert_allclose(measures.days_to_close(told, days=365), [4, np.nan, 4])
    for name, expected in (("outages_per_home", [1, 0, 0.5]), ("hours_per_outage", [3, np.nan, 3]),
                           ("outage_hours_per_home", [3, 0, 1.5])):  # fmt: skip
        found = getattr(measures, name)(told, service="electricity", days=365)
        np.testing.assert_allclose(found, expected, err_msg=name)
        assert np.isnan(getattr(measures, name)(told, service="gas", days=365)).all()


@pytest.mark.parametrize(
    "code", [i.code for i in load_norms(PACKS).at(DAY).indicators() if i.measure]
)
def test_an_empty_register_gives_nothing_rather_than_zero(code: str) -> None:
    """Nothing known is missing, for every measure that a built-in pack names."""
    indicator = next(i for i in load_norms(PACKS).at(DAY).indicators() if i.code == code)
    bare = replace(TOWN, streets=(), spaces=(), buildings=(), assets=(), heritage=())

    assert np.isnan(measure(indicator, evidence(bare))).all()


def index(**changes: object) -> tuple[CompositeIndex, tuple[IndexIndicator, ...]]:
    norms = load_norms(["ru-urban-quality"]).at(DAY)
    told = norms.index("ru-urban-quality")
    return replace(told, **changes), norms.indicators(told.code)  # type: ignore[arg-type]


def values(table: Sequence[Sequence[float | None]], codes: Sequence[str]) -> list[IndicatorValue]:
    units = [*(f"u{i}" for i in range(len(table) - 1)), ""]
    return [
        IndicatorValue(code, unit, value, "missing" if value is None else "entered")
        for unit, row in zip(units, table, strict=True)
        for code, value in zip(codes, row, strict=True)
    ]


def test_points_places_and_what_is_missing() -> None:
    """Two indicators of 36, three districts: 10 points the best, 0 the worst, lower is better."""
    told, all_ = index()
    # 1 is better low (unsafe housing), 2 better high.
    two = all_[:2]
    found = assess(
        told, two, values([[0, 50], [5, 100], [10, None], [4, 60]], [i.code for i in two])
    )
    points = {(v.unit, v.indicator): v.points for v in found.values}
    scores = {s.unit: s for s in found.scores}

    assert points["u0", two[0].code] == 10
    assert points["u1", two[0].code] == 5
    assert points["u2", two[1].code] is None
    assert points["", two[0].code] is None
    assert [scores[u].rank for u in ("u0", "u1", "u2", "")] == [2, 1, 3, 0]
    assert (scores["u2"].known, scores["u2"].of, scores["u2"].possible) == (1, 2, 10.0)
    assert (scores["u1"].points, scores["u1"].share) == (15.0, 0.75)
    assert scores["u1"].low is not None
    assert [p.share for p in scores["u0"].columns[:2]] == [1.0, 0.0]
    assert scores["u0"].rows[0].known == 2
    assert scores["u0"].rows[1].share is None


def test_scorings() -> None:
    """Bins give whole points; bands score the whole town too; none judges nothing."""
    told, all_ = index(scoring="quantile_bins")
    one = all_[1:2]
    table = [[v] for v in (10.0, 20.0, 30.0, 40.0, 25.0)]
    codes = [one[0].code]

    bins = assess(told, one, values(table, codes))
    assert [v.points for v in bins.values] == [0.0, 3.0, 6.0, 10.0, None]
    bands = (replace(one[0], bands=((Decimal(20), Decimal(4)), (Decimal(30), Decimal(9)))),)
    fixed = assess(replace(told, scoring="fixed_bands"), bands, values(table, codes))
    assert [v.points for v in fixed.values] == [0.0, 4.0, 9.0, 9.0, 4.0]
    none = assess(replace(told, scoring="none"), one, values(table, codes))
    assert {s.rank for s in none.scores} == {0}
    assert {v.points for v in none.values} == {None}


def test_rows_first_and_a_geometric_mean() -> None:
    """Rows are joined after their own mean: 0.01 + 0.99 x of the points, by hand."""
    told, all_ = index(aggregation="geometric", through="rows")
    three = (all_[1], all_[2], all_[7])
    found = assess(
        told, three, values([[1, 1, 1], [3, 3, 3], [2, 2, 3], [1, 1, 1]], [i.code for i in three])
    )
    half = 0.01 + 0.99 * 0.5

    assert found.scores[2].share == pytest.approx((half * 1.0) ** 0.5)


@given(st.lists(st.lists(st.one_of(st.none(), st.floats(0, 100)), min_size=3, max_size=3),
                min_size=2, max_size=6))  # fmt: skip
def test_places_are_sound(table: list[list[float | None]]) -> None:
    """Points within 0 and 10, known counted, intervals in order, the same twice."""
    told, all_ = index()
    three = all_[1:4]
    given_values = values([*table, [1.0, None, 2.0]], [i.code for i in three])
    found = assess(told, three, given_values, replicates=20)

    assert found == assess(told, three, given_values, replicates=20)
    for score in found.scores:
        known = [v for v in found.values if v.unit == score.unit and v.value is not None]
        assert score.known == len(known)
        assert all(v.points is None or 0 <= v.points <= 10 for v in known)
        if score.low is not None and score.high is not None:
            assert 1 <= score.low <= score.high <= len(table)


def test_measured_goes_before_entered_and_the_latest_counts() -> None:
    """What can be followed is preferred; figures of tomorrow do not count today."""
    _, all_ = index()
    one = all_[17:19]

    def figure(day: date, value: int, indicator: str = one[1].code) -> Statistic:
        return Statistic(indicator, "", day, Decimal(value), "yearbook")

    found = gather(
        one, ("w", ""), {one[0].code: np.array([5.0, np.nan])},
        [figure(date(2025, 1, 1), 7), figure(date(2024, 1, 1), 6), figure(date(2027, 1, 1), 8),
         Statistic(one[0].code, "w", DAY, Decimal(1), "x")],
        as_of=DAY,
    )  # fmt: skip

    assert [(v.value, v.origin) for v in found] == [
        (5.0, "measured"), (None, "missing"), (None, "missing"), (7.0, "entered"),
    ]  # fmt: skip


def test_the_matrix_is_whole() -> None:
    """36 indicators, each in its own cell; the cell follows from the number."""
    told, all_ = index()
    rows, columns = ([h.code for h in part] for part in (told.rows, told.columns))

    assert len(all_) == 36
    for one in all_:
        n = int(one.number) - 1
        assert (one.row, one.column) == (rows[n // 6], columns[n % 6])
    assert {g.climate for g in told.groups} == {"conditionally_comfortable"}


PACK = """id: own
title: {en: "Own"}
edition: "1"
jurisdiction: XX
licence: CC0-1.0
acts:
  a: {act: "Own", url: "https://example.org"}
"""
INDICES = """indices:
  - code: own
    title: {en: "Own"}
    description: {en: "Own"}
    rows: [{code: r, title: {en: "R"}}]
    scoring: minmax
    source: {from: a, verification: B}
"""
INDICATORS = """indicators:
  - code: own.1
    index: own
    number: "1"
    row: r
    title: {en: "One"}
    unit: {en: "%"}
    direction: higher
    formula: {en: "a/b"}
    measure: reports_per_1000
    parameters: {days: 365}
    source: {from: a, verification: B}
"""


def write(folder: Path, indices: str = INDICES, indicators: str = INDICATORS) -> Path:
    folder = folder / "own"
    folder.mkdir()
    (folder / "pack.yaml").write_text(PACK)
    (folder / "indices.yaml").write_text(indices)
    (folder / "indicators.yaml").write_text(indicators)
    return folder


def test_an_index_of_one_s_own_needs_no_python(tmp_path: Path) -> None:
    """A pack by hand is read, measured and assessed."""
    folder = write(tmp_path)
    norms = load_norms(["own"], roots=(folder.parent,)).at(DAY)
    rows = [Report("r", datetime(2026, 6, 1, tzinfo=UTC), "pothole", district="west")]
    told = evidence(reports=Reports.from_rows(rows))
    [one] = norms.indicators("own")
    known = gather([one], told.units, {one.code: measure(one, told)}, (), as_of=DAY)

    assert [s.rank for s in assess(norms.index("own"), [one], known).scores] == [1, 2, 0]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("scoring: minmax", "scoring: best", "'best' is not known"),
        ("scoring: minmax", "scoring: fixed_bands", "'bands' go with"),
        ("scoring: minmax", "scoring: minmax\n    colour: red", "unknown key 'colour'"),
        ("row: r", "row: q", "'q' is no row of own"),
        ("row: r", "row: r\n    column: c", "own has no columns"),
        ("index: own", "index: other", "no index 'other' in this pack"),
        ("direction: higher", "direction: none", "needs a direction"),
        ("reports_per_1000", "reports_per_head", "'reports_per_head' is not known"),
        ("{days: 365}", "{day: 365}", "unknown parameter 'day'"),
        ("    parameters: {days: 365}\n", "", "'days' is missing"),
        ("number: \"1\"", "number: \"1\"\n    weight: 0", "is no weight"),
        ("    source: {from: a, verification: B}\n", "", "'source' is missing"),
    ],
)  # fmt: skip
def test_a_bad_index_is_refused_with_place_and_mend(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    """Nothing of a faulty pack is used; file and line are named."""
    with pytest.raises(PackError, match=said) as told:
        read_pack(write(tmp_path, INDICES.replace(old, new), INDICATORS.replace(old, new)))
    assert "own/indic" in str(told.value)
