"""What an index finds low, and what is proposed for it: by hand, and turned about."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, box

from eutopia.core.plan.benefits import DerivationSettings
from eutopia.core.plan.candidates import derive_candidates
from eutopia.core.plan.gaps import find_gaps, gap_sites
from eutopia.core.plan.places import Ground
from eutopia.core.records import (
    AssessedIndex,
    Assessment,
    Asset,
    Candidate,
    CompositeIndex,
    District,
    IndexGap,
    IndexIndicator,
    IndicatorValue,
    Measure,
    Problem,
    Street,
    Territory,
    Text,
)
from eutopia.core.records.norms import Source
from tests.core.plan.test_candidates import AS_OF, METRE, RULES, measure, problem

SOURCE = Source(act="t", article="1", url="", verification="C")
WORDS = Text.of(en="x")


def indicator(code: str = "care.1", **extra: Any) -> IndexIndicator:
    fields: dict[str, Any] = {
        "index": "care",
        "number": "1",
        "row": "streets",
        "column": "",
        "title": WORDS,
        "unit": WORDS,
        "direction": "higher",
        "formula": WORDS,
        "measure": "",
        "parameters": (),
        "bands": (),
        "weight": Decimal(1),
        "source": SOURCE,
    }
    return IndexIndicator(code=code, **{**fields, **extra})


def assessed(
    one: IndexIndicator, values: dict[str, float | None], *, scoring: str = "minmax"
) -> AssessedIndex:
    index = CompositeIndex(
        code="care", title=WORDS, description=WORDS, rows=(), columns=(), scoring=scoring,
        points=100, aggregation="arithmetic", through="", favourable_share=None, groups=(),
        source=SOURCE,
    )  # fmt: skip
    told = tuple(
        IndicatorValue(one.code, unit, value, "measured") for unit, value in values.items()
    )
    return AssessedIndex(index, (one,), Assessment("care", told, (), None, 0))


def low(told: AssessedIndex, **settings: Any) -> list[IndexGap]:
    return [want.gap for want in find_gaps([told], settings=DerivationSettings(**settings))]


def test_the_worst_quarter_of_the_districts_lags() -> None:
    """Of 10, 20, 30, 40 the quarter's mark is 20 and the median 25: only A is below both. The
    whole town (unit empty) and what nobody knows are no districts."""
    values = {"A": 10.0, "B": 20.0, "C": 30.0, "D": 40.0, "E": None, "": 1.0}
    told = assessed(indicator(), values)
    assert low(told) == [IndexGap("care.1", "A", 10.0, 25.0, "peers")]
    worse_higher = assessed(indicator(direction="lower"), values)
    assert low(worse_higher) == [IndexGap("care.1", "D", 40.0, 25.0, "peers")]
    assert low(assessed(indicator(direction="none"), values)) == []
    assert low(assessed(indicator(), {"A": 1.0, "B": 9.0, "C": 9.0})) == []
    assert low(assessed(indicator(), dict.fromkeys("ABCDE", 5.0))) == []


def test_bands_are_a_target() -> None:
    """From 50 on all 10 points: below it every district is low, however many there are."""
    bands = ((Decimal(0), Decimal(0)), (Decimal(30), Decimal(5)), (Decimal(50), Decimal(10)))
    told = assessed(indicator(bands=bands), {"A": 49.0, "B": 50.0}, scoring="fixed_bands")
    assert low(told) == [IndexGap("care.1", "A", 49.0, 50.0, "target")]
    falling = ((Decimal(0), Decimal(10)), (Decimal(7), Decimal(5)))
    slow = assessed(
        indicator(bands=falling, direction="lower"), {"A": 8.0, "B": 6.0}, scoring="fixed_bands"
    )
    assert low(slow) == [IndexGap("care.1", "A", 8.0, 7.0, "target")]


@given(
    st.lists(st.integers(-50, 50).map(float), min_size=4, max_size=12),
    st.integers(-20, 20),
    st.sampled_from([1.0, 3.0]),
)
def test_no_unit_of_measure_and_no_turn_matters(
    values: list[float], shift: int, scale: float
) -> None:
    """Shifted, scaled or turned upside down with the direction, the same districts are low; at
    most a quarter of the others, rounded up, and never the best."""
    names = [f"d{k:02d}" for k in range(len(values))]
    plain = low(assessed(indicator(), dict(zip(names, values, strict=True))))
    moved = {name: value * scale + shift for name, value in zip(names, values, strict=True)}
    turned = {name: -value for name, value in zip(names, values, strict=True)}
    districts = [gap.district for gap in plain]
    assert districts == [gap.district for gap in low(assessed(indicator(), moved))]
    assert districts == [
        gap.district for gap in low(assessed(indicator(direction="lower"), turned))
    ]
    assert len(districts) <= -(-(len(values) - 1) // 4)
    best = names[values.index(max(values))]
    assert best not in districts


def town() -> Territory:
    """Four districts side by side, each with two streets: a long and a short one, 0.01° tall."""
    districts = tuple(
        District(code, Text.of(en=code), box(30 + k, 60, 31 + k, 60.01), 1000)
        for k, code in enumerate("ABCD")
    )
    streets = tuple(
        Street(
            f"{code}-{name}",
            Text.of(en=f"{name} street"),
            LineString([(30.5 + k, 60.001), (30.5 + k, 60.001 + metres * METRE)]),
            "local",
            code,
        )
        for k, code in enumerate("ABCD")
        for name, metres in (("long", 400), ("short", 100))
    )
    lamp = Asset("lamp", "lighting_point", Point(30.5, 60.001), "A", street="A-long")
    benches = tuple(
        Asset(f"bench-{k}", "bench", Point(30.5, 60.002), "A", street=street, condition=condition)
        for k, (street, condition) in enumerate(
            [("A-long", 20.0), ("A-long", 90.0), ("A-short", 50.0), ("A-short", None)]
        )
    )
    return Territory(
        id="t",
        name=Text.of(en="T"),
        time_zone="UTC",
        currency="RUB",
        synthetic=True,
        districts=districts,
        streets=streets,
        assets=(lamp, *benches),
    )


def derive(problems: tuple[Problem, ...], one: Measure, *told: AssessedIndex) -> list[Candidate]:
    """Candidates of one measure in the town, by title."""
    found = derive_candidates(
        problems,
        measures=(one,),
        territory=town(),
        heritage_rules=(),
        rules=RULES,
        as_of=AS_OF,
        indices=told,
    )
    return sorted(found, key=lambda c: c.title.to("en"))


VALUES: dict[str, float | None] = {"A": 10.0, "B": 40.0, "C": 50.0, "D": 60.0}
LIT = indicator(
    "care.1",
    measure="street_length_near_assets",
    parameters=(("assets", ("lighting_point",)), ("streets", ("local",)), ("within_m", 30)),
)
KEPT = indicator("care.2", measure="asset_condition", parameters=(("assets", ("bench",)),))


def test_dark_stretches_are_lit_where_the_district_is_darkest() -> None:
    """A lamp lights 30 m of the long street: 370 m are left; 70 m of the short one. Nothing that
    has a price is saved, so the benefit is nothing."""
    line = measure("line", answers=(), work_groups=("lighting",), lifts=("care.1",))
    long, short = derive((), line, assessed(LIT, VALUES))
    assert long.title.to("en") == "Line: long street"
    assert short.title.to("en") == "Line: short street"
    assert (long.origin, long.district, long.quantity) == ("index", "A", Decimal(1))
    assert long.benefit == 0
    assert long.gaps == (IndexGap("care.1", "A", 10.0, 45.0, "peers"),)
    assert long.sources == ("care.1",)
    assert long.geometry.length == pytest.approx(370 * METRE, rel=0.01)
    by_metre = replace(line, unit="m")
    assert [c.quantity for c in derive((), by_metre, assessed(LIT, VALUES))] == [370, 70]
    assert derive((), replace(line, unit="piece"), assessed(LIT, VALUES)) == []


def test_worn_things_come_the_worst_street_first() -> None:
    """Against a median of 45 the bench of condition 20 is wanting; the others are not. It is below
    30, so its condition alone proposes it already: the low indicator stands beside."""
    bench = measure("bench", answers=(), unit="piece", asset_classes=("bench",), lifts=("care.2",))
    (only,) = derive((), bench, assessed(KEPT, VALUES))
    assert (only.origin, only.asset_ids) == ("condition", ("bench-0",))
    assert only.gaps == (IndexGap("care.2", "A", 10.0, 45.0, "peers"),)
    # Against a median of 60 the bench of condition 50 is wanting too, on a street of its own.
    higher = {name: value + 15 for name, value in VALUES.items() if value is not None}
    long, short = derive((), bench, assessed(KEPT, dict(higher)))
    assert [long.origin, short.origin] == ["condition", "index"]
    assert (short.asset_ids, short.quantity) == (("bench-2",), Decimal(1))
    assert 0 < short.benefit < long.benefit
    assert short.sides == (("municipality", Decimal(1)),)


def test_what_answers_a_problem_keeps_the_indicator_too() -> None:
    """A lamp line asked for by a problem keeps its origin, with the low indicator beside it; where
    no index says so, or the measure lifts nothing, there is none."""
    line = measure("line", work_groups=("lighting",), lifts=("care.1",))
    dark = problem("p", lon=30.5, lat=60.003)
    found = derive((dark,), line, assessed(LIT, VALUES))
    (own,) = [c for c in found if c.origin == "problem"]
    assert [gap.indicator for gap in own.gaps] == ["care.1"]
    (plain,) = derive((dark,), line)
    assert plain.gaps == ()
    assert own.id == plain.id
    assert own.benefit == plain.benefit
    assert derive((dark,), replace(line, lifts=()), assessed(LIT, VALUES)) == [plain]


def test_the_worst_few_are_proposed() -> None:
    """At most so many places for a district and a measure, the longest stretch first."""
    line = measure("line", answers=(), work_groups=("lighting",), lifts=("care.1",))
    ground = Ground(town())
    (want,) = find_gaps([assessed(LIT, VALUES)])
    ((site, assets),) = gap_sites(want, line, ground, DerivationSettings(most_gap=1))
    assert site.key == "far:lighting_point:A-long"
    assert assets == []


def test_an_indicator_that_does_not_say_where_brings_nothing() -> None:
    """Reports for each thousand residents are low in a district, not at a place."""
    line = measure("line", answers=(), lifts=("care.1",))
    counted = indicator(measure="reports_per_1000", parameters=(("days", 365),))
    assert derive((), line, assessed(counted, VALUES)) == []
