"""Rows copied in bulk are stored whole, once, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
import shapely
from django.db import connection, models, transaction
from django.test.utils import isolate_apps
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eutopia.web.foundation.bulk import Copied, CopyRefused, copy_rows
from eutopia.web.foundation.located import Located, Timestamped, place_columns

KEY = ("source", "number")
MOMENT = datetime(2026, 6, 30, 9, tzinfo=UTC)


@pytest.fixture
def signal(db):
    """A table with the kinds of columns that imports fill."""
    with isolate_apps("eutopia.web.foundation"):

        class Signal(Located, Timestamped):
            source = models.CharField(max_length=8)
            number = models.CharField(max_length=20)
            text = models.TextField(blank=True)
            opened = models.DateTimeField(null=True)
            cost = models.DecimalField(max_digits=12, decimal_places=2, null=True)
            count = models.IntegerField(default=3)
            extra = models.JSONField(default=dict)

            class Meta(Located.Meta):
                app_label = "foundation"
                abstract = False
                constraints = [
                    models.UniqueConstraint(fields=["source", "number"], name="signal_once")
                ]

    with connection.schema_editor() as editor:
        editor.create_model(Signal)
    return Signal


def row(number, **values):
    return {"source": "a", "number": str(number), **values}


def test_rows_are_stored_with_every_kind_of_value(signal):
    text = 'Яма\tна\nдороге \\N \\. "кавычки" 🕳'
    values = row(
        1, text=text, opened=MOMENT, cost=Decimal("12.30"), extra={"a": [1, "б"]},
        **place_columns(shapely.Point(37.6, 55.7)),
    )  # fmt: skip
    assert copy_rows(signal, [values], key=KEY) == Copied(1, 0, 0)
    stored = signal.objects.get()
    assert (stored.text, stored.opened, stored.cost) == (text, MOMENT, Decimal("12.30"))
    assert stored.extra == {"a": [1, "б"]}
    assert stored.geometry == shapely.Point(37.6, 55.7)
    assert stored.count == 3
    assert stored.created_at is not None


def test_a_second_time_changes_nothing(signal):
    rows = [row(n, text=f"t{n}", extra={"n": n}) for n in range(50)]
    assert copy_rows(signal, rows, key=KEY) == Copied(50, 0, 0)
    assert copy_rows(signal, rows, key=KEY) == Copied(0, 0, 50)
    assert signal.objects.count() == 50


def test_what_changed_is_updated_and_stamped_and_nothing_else(signal):
    copy_rows(signal, [row(1, text="a"), row(2, text="b")], key=KEY)
    before = dict(signal.objects.values_list("number", "updated_at"))
    ids = dict(signal.objects.values_list("number", "pk"))
    signal.objects.update(count=9)
    with transaction.atomic(), connection.cursor() as cursor:
        # now() is the transaction's start: have a later one.
        cursor.execute("UPDATE foundation_signal SET updated_at = updated_at - interval '1 day'")
    assert copy_rows(signal, [row(1, text="a"), row(2, text="B")], key=KEY) == Copied(0, 1, 1)
    after = dict(signal.objects.values_list("number", "updated_at"))
    assert after["2"] >= before["2"]
    assert after["1"] < before["1"]
    assert dict(signal.objects.values_list("number", "pk")) == ids
    # A field that was not given keeps its value.
    assert set(signal.objects.values_list("count", flat=True)) == {9}


def test_without_update_rows_that_are_there_stay_as_they_are(signal):
    copy_rows(signal, [row(1, text="a")], key=KEY)
    rows = [row(1, text="b"), row(2, text="c")]
    assert copy_rows(signal, rows, key=KEY, update=False) == Copied(1, 0, 1)
    assert signal.objects.get(number="1").text == "a"


def test_no_rows_are_no_trouble(signal):
    assert copy_rows(signal, [], key=KEY) == Copied(0, 0, 0)


@pytest.mark.parametrize(
    ("bad", "place", "reason"),
    [
        (row(9, text="x", count="many"), "row 3, column count", "invalid input syntax"),
        (row(9 * 10**30, text="x", count=1), "row 3, column number", "too long"),
        (row(9, text="nul \x00", count=1), "row 3", "NUL"),
        (row(9, count=1), "row 3, column text", "missing"),
        (row(9, text="x", count=1, colour="red"), "row 3", "not in the first row: colour"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_stored(signal, bad, place, reason):
    rows = [row(1, text="a", count=1), row(2, text="b", count=1), bad]
    with pytest.raises(CopyRefused, match=place) as refused:
        copy_rows(signal, rows, key=KEY)
    assert reason in str(refused.value)
    assert not signal.objects.exists()


def test_a_time_without_a_zone_is_refused(signal):
    with pytest.raises(CopyRefused, match="row 1, column opened: a time without its zone"):
        copy_rows(signal, [row(1, opened=datetime(2026, 1, 1))], key=KEY)  # noqa: DTZ001


def test_a_repeated_key_is_refused_with_the_key(signal):
    with pytest.raises(CopyRefused, match="the key 'a', '7' occurs more than once"):
        copy_rows(signal, [row(7, text="a"), row(8, text="b"), row(7, text="c")], key=KEY)


def test_an_unknown_field_and_a_key_that_is_none_are_refused(signal):
    with pytest.raises(CopyRefused, match="has no field colour"):
        copy_rows(signal, [row(1, colour="red")], key=KEY)
    with pytest.raises(ValueError, match="no unique constraint"):
        copy_rows(signal, [row(1)], key=("number",))


def test_a_failure_within_a_larger_transaction_leaves_the_rest(signal):
    with transaction.atomic():
        copy_rows(signal, [row(1)], key=KEY)
        with pytest.raises(CopyRefused):
            copy_rows(signal, [row(2), row(2)], key=KEY)
        copy_rows(signal, [row(3)], key=KEY)
    assert set(signal.objects.values_list("number", flat=True)) == {"1", "3"}


def test_a_generator_is_read_once_and_never_held_as_a_whole(signal):
    alive = 0

    class Counted(dict):
        def __init__(self, *args: object) -> None:
            nonlocal alive
            alive += 1
            super().__init__(*args)

        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    def rows():
        for number in range(2000):
            assert alive < 10
            yield Counted(row(number))

    assert copy_rows(signal, rows(), key=KEY).inserted == 2000


batches = st.lists(
    st.dictionaries(st.integers(0, 9), st.sampled_from(["", "x", "ж"]), max_size=8), max_size=4
)


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(batches=batches)
def test_batches_end_like_assignments_to_a_dictionary(signal, batches):
    signal.objects.all().delete()
    expected: dict[str, str] = {}
    for batch in batches:
        copied = copy_rows(signal, [row(n, text=t) for n, t in batch.items()], key=KEY)
        fresh = {str(n): t for n, t in batch.items()}
        assert copied.inserted == len(fresh.keys() - expected.keys())
        assert copied.updated == sum(expected[n] != t for n, t in fresh.items() if n in expected)
        expected |= fresh
    assert dict(signal.objects.values_list("number", "text")) == expected
