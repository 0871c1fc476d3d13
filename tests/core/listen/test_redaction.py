"""What is taken out of people's words, what stays, and that the quick look misses nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eutopia.core.listen import redaction
from eutopia.core.listen.redaction import MARK, redact

TAKEN = [
    ("Пишите на ivanov.p@mail.example", "email"),
    ("see t.me/some_body", "profile"),
    ("ответьте @someone_here", "profile"),
    ("+7 912 345-67-89", "phone"),
    ("8 (912) 345 67 89", "phone"),
    ("call me at 345-67-89", "phone"),
    ("(617) 555-0123", "phone"),
    ("паспорт 45 06 123456", "document"),
    ("СНИЛС 112-233-445 95", "document"),
    ("123-45-6789", "document"),
    ("4111 1111 1111 1111", "bank_card"),
    ("машина А123ВС 77 во дворе", "plate"),
    ("white van, plate 7ABC123", "plate"),
    ("дом 5, кв. 12", "dwelling"),
    ("apt 4B, no heat", "dwelling"),
    ("меня зовут Пётр", "name"),
    ("my name is Mary Ann", "name"),
    ("сосед Иван Петрович шумит", "name"),
    ("01.02.1960 года рождения", "birth_date"),
    ("born 1/2/1960", "birth_date"),
]
KEPT = [
    "Яма у дома 15, корпус 2",
    "Pothole at 15 Main St, case 101001240740",
    "не горит с 23:30 до 5:00, ждём уже 3 дня",
    "счёт 4111 1111 1111 1112 за воду",  # fails the check digit of a card
    "подъезд 3, этаж 7",
    "сумма 12 500 рублей",
]


@pytest.mark.parametrize(("text", "kind"), TAKEN)
def test_personal_data_are_taken_out(text: str, kind: str) -> None:
    """One row a form; the mark stands in its place."""
    found = redact(text)

    assert dict(found.removed) == {kind: 1}
    assert MARK in found.text


@pytest.mark.parametrize("text", KEPT)
def test_what_a_crew_needs_stays(text: str) -> None:
    """House numbers, case numbers, times and sums are no personal data."""
    assert redact(text).text == text


def kept_or_marked(found: str, kind: str) -> str:
    """A number that fails the check digit is no bank card."""
    return found if kind == "bank_card" and not redaction._passes_luhn(found) else MARK


parts = st.sampled_from([t for t, _ in TAKEN] + KEPT + ["двор", " ", ", ", "\n", "12", "А", "-"])


@given(st.lists(parts | st.text(max_size=6), max_size=8).map("".join))
def test_the_quick_look_misses_nothing_and_twice_is_once(text: str) -> None:
    """With the quick look switched off the result is the same; redacting again changes nothing."""
    found = redact(text)
    slow, before = text, None
    while slow != before:
        before = slow
        for kind, pattern in redaction._COMPILED:
            slow = pattern.sub(lambda m, kind=kind: kept_or_marked(m[0], kind), slow)

    assert found.text == slow
    assert redact(found.text).text == found.text
