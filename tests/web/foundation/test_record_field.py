"""Records of the core are read back equal from the database's JSON."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, date, datetime, time
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
import shapely
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eutopia.core.records import Election, Money, NormValue, Source, Text
from eutopia.core.records.elections import Ballot, BallotBox, BallotProject
from eutopia.web.foundation.record_field import from_json, to_json


@dataclasses.dataclass(frozen=True, slots=True)
class Everything:
    """A record with each kind of field that the core uses."""

    text: str
    whole: int
    real: float
    yes: bool
    money: Money
    share: Fraction
    day: date
    moment: datetime
    clock: time
    maybe: Decimal | None
    names: Text | None
    many: tuple[Money, ...]
    pairs: tuple[tuple[str, Decimal], ...]
    span: tuple[date, date] | None
    loose: Any = None


# The database's text holds no NUL.
words = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)
decimals = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15)
monies = st.builds(Money, decimals, st.sampled_from(["RUB", "USD"]))
texts = st.builds(lambda en, ru: Text.of(en=en, ru=ru), words, words)
# In UTC and for a bare clock `fold` means nothing, and ISO texts leave it out.
moments = st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.replace(fold=0))
clocks = st.times().map(lambda clock: clock.replace(fold=0))
loose = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | words
    | decimals
    | st.dates()
    | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3).map(tuple),
    max_leaves=6,
)
everything = st.builds(
    Everything,
    text=words,
    whole=st.integers(-(2**70), 2**70),
    real=st.floats(allow_nan=False),
    yes=st.booleans(),
    money=monies,
    share=st.fractions(),
    day=st.dates(),
    moment=moments,
    clock=clocks,
    maybe=st.none() | decimals,
    names=st.none() | texts,
    many=st.lists(monies, max_size=3).map(tuple),
    pairs=st.lists(st.tuples(words, decimals), max_size=3).map(tuple),
    span=st.none() | st.tuples(st.dates(), st.dates()),
    loose=loose,
)


def exactly(value: Any) -> str:
    """Text of a value that tells 1 from 1.0 from Decimal('1.0')."""
    return repr(value).replace("-0.0", "0.0")


@given(everything)
def test_what_json_keeps_is_read_back_equal(record):
    stored = json.loads(json.dumps(to_json(record)))
    assert exactly(from_json(stored, Everything)) == exactly(record)


@pytest.mark.django_db
@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(record=everything)
def test_the_databases_own_json_changes_nothing(record, db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT (%s::jsonb)::text", [json.dumps(to_json(record))])
        stored = json.loads(cursor.fetchone()[0])
    assert exactly(from_json(stored, Everything)) == exactly(record)


def test_an_election_and_a_norm_survive():
    election = Election(
        projects=(BallotProject("1", Fraction(10, 3), "Сквер", ("green",)),),
        ballots=(Ballot((0,), (Fraction(1, 2),), 7),),
        budget=Fraction(100),
    )
    norm = NormValue(
        path="water/breaks",
        value=(("hours", Decimal("8.0")), ("sum", True)),
        unit="h",
        description=Text.of(en="Breaks", ru="Перерывы"),
        valid_from=date(2011, 9, 1),
        valid_to=None,
        source=Source("354", "1", "https://example.org", "A"),
    )
    for record in (election, norm):
        assert from_json(json.loads(json.dumps(to_json(record))), type(record)) == record


def test_a_sequence_of_records_comes_back_as_a_tuple():
    ballots = (Ballot((0, 1), count=2), Ballot(()))
    election = Election(projects=(), ballots=BallotBox.of(ballots), budget=Fraction(1))
    assert from_json(json.loads(json.dumps(to_json(election))), Election).ballots == ballots


def test_a_geometry_inside_a_record_keeps_every_bit():
    from eutopia.core.records import District

    district = District(
        "c", Text.of(en="C"), shapely.Point(37.123456789012345, 55.1).buffer(0.1), 5
    )
    back = from_json(json.loads(json.dumps(to_json(district))), District)
    assert shapely.to_wkb(back.boundary) == shapely.to_wkb(district.boundary)


def test_another_record_is_refused():
    with pytest.raises(ValueError, match="a Money is stored, not a Text"):
        from_json(to_json(Money(Decimal(1), "RUB")), Text)


def test_a_field_that_the_record_no_longer_has_is_refused():
    stored = to_json(Money(Decimal(1), "RUB"))
    stored["value"]["colour"] = "red"
    with pytest.raises(ValueError, match="no field colour"):
        from_json(stored, Money)


def test_a_value_that_could_not_be_read_back_is_refused_when_written():
    @dataclasses.dataclass(frozen=True)
    class Odd:
        things: Any

    with pytest.raises(TypeError, match="cannot hold a list"):
        to_json(Odd([1]))
