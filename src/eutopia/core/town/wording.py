"""Texts of reports: sentences filled, greeted, hurried and misspelt as people do."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import ModuleType

import numpy as np
from numpy.random import Generator

from eutopia.core.records.text import Text
from eutopia.core.town import wording_en, wording_ru

_CHOICE = re.compile(r"\{([^{}]*\|[^{}]*)\}")
_INNER = re.compile(r"\{(n|t)\}")


@dataclass(slots=True)
class Pen:
    """A stream of small random numbers: one draw of a generator for many letters."""

    rng: Generator
    stock: list[int]
    at: int = 0

    @classmethod
    def of(cls, rng: Generator) -> Pen:
        """Start a pen."""
        return cls(rng, rng.integers(0, 1 << 30, 1 << 16).tolist())

    def below(self, n: int) -> int:
        """Return a whole number from 0 to n - 1."""
        if self.at >= len(self.stock):
            self.stock = self.rng.integers(0, 1 << 30, 1 << 16).tolist()
            self.at = 0
        self.at += 1
        return self.stock[self.at - 1] % n

    def chance(self, percent: float) -> bool:
        """Return True so many times in a hundred."""
        return self.below(10_000) < percent * 100.0

    def one_of(self, options: tuple[str, ...] | list[str]) -> str:
        """Return one of the options."""
        return options[self.below(len(options))]


def _expand(sentence: str, limit: int = 40) -> tuple[str, ...]:
    """Write a sentence with choices out as plain sentences with slots (a fixed sample)."""
    shielded = _INNER.sub(lambda m: f"<{m[1]}>", sentence)
    done: list[str] = []
    queue = [shielded]
    rng = np.random.default_rng(len(sentence))
    for _ in range(limit * 3):
        text = queue[0]
        while match := _CHOICE.search(text):
            options = match[1].split("|")
            text = (
                text[: match.start()]
                + options[int(rng.integers(0, len(options)))]
                + text[match.end() :]
            )
        if text not in done:
            done.append(text)
        if len(done) >= limit:
            break
    return tuple(re.sub(r"  +", " ", t) for t in done)


def phrase_book(words: ModuleType) -> dict[str, tuple[str, ...]]:
    """Write out all sentences of a language, by problem type."""
    return {
        code: tuple(text for s in sentences for text in _expand(s))
        for code, sentences in words.SENTENCES.items()
    }


def place_ru(street: str, on: str, by: str, number: int, pen: Pen) -> str:
    """Say in Russian where: a street (and it in two cases) and a house in one of the usual ways."""
    way = pen.below(7)
    if way == 0:
        return f"{street}, {number}"
    if way == 1:
        return f"по адресу {street}, д. {number}"
    if way == 2:
        return f"у дома {number} по {by}"
    if way == 3:
        return f"{on}, {number}"
    if way == 4:
        return f"{on}, возле дома {number}"
    if way == 5:
        return f"напротив дома {number} по {by}"
    return f"{street} дом {number}"


def place_en(street: str, number: int, pen: Pen) -> str:
    """Say in English where."""
    way = pen.below(4)
    if way == 0:
        return f"at {number} {street}"
    if way == 1:
        return f"near {number} {street}"
    return f"on {street} by number {number}" if way == 2 else f"opposite {number} {street}"


_WHERE = {
    "улица": ("на", "ой улице", "ой улице"),
    "набережная": ("на", "ой набережной", "ой набережной"),
    "переулок": ("в", "ом переулке", "ому переулку"),
    "проспект": ("на", "ом проспекте", "ому проспекту"),
    "бульвар": ("на", "ом бульваре", "ому бульвару"),
    "шоссе": ("на", "ом шоссе", "ому шоссе"),
}


def cases(street: str) -> tuple[str, str]:
    """Return a street's name with its preposition (on it) and in the dative (along it).

    Examples
    --------
    >>> cases("Садовая улица"), cases("2-й Летний переулок")
    (('на Садовой улице', 'Садовой улице'), ('в 2-м Летнем переулке', '2-му Летнему переулку'))
    """
    words = street.split()
    noun = words[-1]
    if noun not in _WHERE or len(words) < 2:
        return f"на {street}", street
    preposition, on, by = _WHERE[noun]
    adjective = words[-2]
    soft = adjective.endswith(("яя", "ний"))
    stem = adjective[:-2]
    ordinal_on = ordinal_by = ""
    if len(words) == 3:
        ordinal_on = (
            words[0].replace("-я", "-й").replace("-й", "-й" if noun == "улица" else "-м") + " "
        )
        ordinal_by = (
            words[0].replace("-я", "-й").replace("-й", "-й" if noun == "улица" else "-му") + " "
        )
    on_, by_ = ("е" + on[1:], "е" + by[1:]) if soft else (on, by)
    return f"{preposition} {ordinal_on}{stem}{on_}", f"{ordinal_by}{stem}{by_}"


_SLIPS = {
    "о": "а",
    "е": "и",
    "и": "е",
    "а": "о",
    "т": "тт",
    "н": "",
    "с": "",
    "e": "",
    "o": "i",
    "r": "",
    "t": "y",
}


def misspell(text: str, pen: Pen) -> str:
    """Make one slip of the pen."""
    for _ in range(6):
        at = pen.below(len(text))
        if text[at] in _SLIPS:
            return text[:at] + _SLIPS[text[at]] + text[at + 1 :]
    return text


@dataclass(slots=True)
class Letters:
    """Writes reports in one language."""

    words: ModuleType
    book: dict[str, tuple[str, ...]]
    language: str
    pen: Pen
    known: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Streets' names in the cases needed, as they come up."""

    def write(
        self, code: str, street: Text | None, number: int, *, again: bool
    ) -> tuple[str, bool]:
        """Return a text on this type of problem, and whether it holds contact data."""
        pen, words = self.pen, self.words
        place = self._place(street, number)
        text = pen.one_of(self.book[code]).replace("{p}", place)
        if "<" in text:
            text = text.replace("<t>", pen.one_of(words.LASTING)).replace(
                "<n>", str(2 + pen.below(6))
            )
        text = text.strip(" ,")
        if pen.chance(7.0):
            text = misspell(text, pen)
        text = text[:1].upper() + text[1:]
        if text[-1] not in ".?!" and pen.chance(60.0):
            text += "."
        if again and pen.chance(70.0):
            text = pen.one_of(words.AGAIN) + text
        elif pen.chance(16.0):
            text = pen.one_of(words.GREETINGS) + text
        if pen.chance(24.0):
            text += pen.one_of(words.TAILS) if text[-1] in ".?!" else "." + pen.one_of(words.TAILS)
        if pen.chance(9.0):
            text = text.lower()
        if not pen.chance(0.4):
            return text, False
        return text + self._contact(), True

    def _place(self, street: Text | None, number: int) -> str:
        if street is None or self.pen.chance(3.0):
            return self.pen.one_of(self.words.VAGUE)
        name = street.to(self.language)
        if self.language != "ru":
            return place_en(name, number, self.pen)
        if name not in self.known:
            self.known[name] = cases(name)
        return place_ru(name, *self.known[name], number, self.pen)

    def _contact(self) -> str:
        pen = self.pen
        return pen.one_of(self.words.CONTACTS).format(
            a=100 + pen.below(900),
            b=f"{pen.below(100):02d}",
            c=f"{10 + pen.below(90)}",
            name=pen.one_of(self.words.PEOPLE),
            mail=f"resident{pen.below(900) + 100}",
        )


def scribes(rng: Generator) -> dict[str, Letters]:
    """Return a writer for each language."""
    pen = Pen.of(rng)
    return {
        "ru": Letters(wording_ru, phrase_book(wording_ru), "ru", pen),
        "en": Letters(wording_en, phrase_book(wording_en), "en", pen),
    }
