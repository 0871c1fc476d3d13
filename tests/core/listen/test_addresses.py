"""An address is found in either alphabet, begun or misspelt; a wrong number finds nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eutopia.core.listen.addresses import AddressBook, edit_distance, fold_address

BOOK = AddressBook.of(
    [
        ("s5", ["Садовая ул., 5", "5 Garden Street"]),
        ("s5a", ["Садовая ул., 5а", "5a Garden Street"]),
        ("s15", ["Садовая ул., 15", "15 Garden Street"]),
        ("sh", ["ул. Щорса, д. 12, корп. 2"]),
        ("v14", ["край. Приморский, г. Владивосток, пр-кт. 100-летия Владивостока, д. 14"]),
        ("l3", ["Лесная улица, 3", "3 Forest Street"]),
        ("k1", ["Коммунистическая ул., 1"]),
        ("p30", ["край. Приморский, г. Владивосток, ул. Поселковая 2-я, д. 30"]),
        ("r59", ["ул. Русская, д. 59, к. 1"]),
        ("v40", ["ул. Верхнепортовая, д. 40, к. а"]),
        ("d42", ["ул. Давыдова, д. 42"]),
    ]
)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("Садовая 5", ("s5", "s5a")),
        ("САДОВАЯ УЛ Д.5", ("s5", "s5a")),
        ("sadovaya 5a", ("s5a",)),
        ("садовая, 5 А", ("s5a",)),
        ("garden 15", ("s15",)),
        ("садовая", ("s5", "s5a", "s15")),
        ("сад 1", ("s15",)),
        ("Садовоя 5", ("s5", "s5a")),
        ("shchorsa 12 korp 2", ("sh",)),
        ("schorsa 12", ("sh",)),
        ("Щорса 12 кв. 7", ("sh",)),
        ("100 летия владивостока 14", ("v14",)),
        ("lesnaja 3", ("l3",)),
        ("комунистическая 1", ("k1",)),
        ("коммунестичиская 1", ("k1",)),
        ("пр-т 100-летия Владивостока 14", ("v14",)),  # Kinds are written in many ways,
        ("проспект 100 лет Владивостоку, дом 14", ("v14",)),
        ("14 Prospect 100-letiya Vladivostoka", ("v14",)),
        ("42 Davydova Street", ("d42",)),  # also in English, where a double letter is folded,
        ("2-ая Поселковая 30", ("p30",)),  # ordinals with any ending or none,
        ("2 поселковая д. 30", ("p30",)),
        ("Русская 59/1", ("r59",)),  # parts of a house with a word, a slash or nothing.
        ("Русская 59к1", ("r59",)),
        ("русская 59 корпус 1", ("r59",)),
        ("Верхнепортовая 40а", ("v40",)),
        ("Верхнепортовая 40/А", ("v40",)),
        ("садовая 6", ()),
        ("никакая", ()),
        ("", ()),
        ("!!!", ()),
    ],
)
def test_found(words: str, found: tuple[str, ...]) -> None:
    assert BOOK.find(words) == found


def test_a_number_that_is_not_there_leads_to_its_street() -> None:
    assert BOOK.find("Садовая 77") == ()
    assert BOOK.street("Садовая 77") == ("s5", "s5a", "s15")
    assert BOOK.street("77") == BOOK.street("Марсианская 5") == ()


@given(st.text(max_size=60))
def test_anything_may_be_typed(words: str) -> None:
    assert set(BOOK.find(words)) <= {code for code, _, _ in BOOK.entries}
    assert fold_address(fold_address(words)) == fold_address(words) or words


@given(st.text("abcd", max_size=6), st.text("abcd", max_size=6))
def test_distance_is_symmetric_and_bounded(one: str, other: str) -> None:
    away = edit_distance(one, other, most=6)
    assert away == edit_distance(other, one, most=6)
    assert (away == 0) == (one == other)
    assert abs(len(one) - len(other)) <= away <= max(len(one), len(other))
    for most in range(7):
        assert edit_distance(one, other, most=most) == min(away, most + 1)
