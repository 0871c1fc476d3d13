"""Which building is meant by an address as people write it, in either alphabet, with slips?"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

_LETTERS = str.maketrans(
    {
        "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ж": "zh", "з": "z", "и": "i",
        "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t",
        "у": "u", "ф": "f", "х": "h", "ц": "c", "ч": "ch", "ш": "sh", "щ": "sh", "ъ": "", "ы": "i",
        "ь": "", "э": "e", "ю": "iu", "я": "ia", "і": "i", "ї": "i", "є": "e", "ґ": "g", "'": "",
    }
)  # fmt: skip
# Different ways to write one sound in Latin letters, brought to one.
_SOUNDS = (
    ("shch", "sh"), ("sch", "sh"), ("kh", "h"), ("ts", "c"), ("tz", "c"), ("ph", "f"), ("w", "v"),
    ("x", "ks"), ("y", "i"), ("j", "i"), ("q", "k"),
)  # fmt: skip
_FLAT = re.compile(r"\b(?:kv|kvartira|apt|flat|of|ofis)\s*\d+[a-z]?")
_ORDINAL = re.compile(r"(\d+)[\s-]*(?:ый|ий|ой|й|ая|я|ое|го|nd|rd|th)\b")
# Kinds of streets that are written with a hyphen: проспект, бульвар, проезд, площадь, набережная.
_HYPHENED = re.compile(r"\b(?:pr k?t|b r|pr zd|pr d|pl d|n b)\b")
_CORPUS = re.compile(r"(\d[a-z]?) ?(?:k|korp|korpus|lit|litera) ?(\d+|[a-z])\b")
_PART = re.compile(r"\d+[a-z]?\b|\d+|[a-z]+")
# A letter of its own before another number is a short word: д. 5, к. 2.
_LETTER = re.compile(r"(\d)\s+([a-z])(?=\s|$)(?!\s+\d)")


def fold_address(words: str) -> str:
    """How does an address read when alphabet, case and ways of spelling no longer matter?

    Examples
    --------
    >>> fold_address("Щорса ул., д. 12 А") == fold_address("shchorsa ul. d.12a")
    True
    """
    text = _ORDINAL.sub(r"\1", words.casefold())
    text = unicodedata.normalize("NFKD", text).translate(_LETTERS)
    text = "".join(c for c in text if not unicodedata.combining(c))
    text = re.sub(r"[^a-z0-9]+", " ", text)
    for written, sound in _SOUNDS:
        text = text.replace(written, sound)
    text = _HYPHENED.sub("ul", _FLAT.sub(" ", text))
    text = _CORPUS.sub(r"\1 \2", text)
    text = re.sub(r"([a-z])\1+", r"\1", text)
    return _LETTER.sub(r"\1\2", text).strip()


_KINDS = frozenset(
    fold_address(kind)
    for kind in (
        "ул", "улица", "street", "st", "str", "д", "дом", "house", "home", "no", "n", "номер",
        "number", "г", "гор", "город", "city", "town", "пр", "прт", "прос", "просп", "проспект",
        "prospect", "avenue", "ave", "пер", "переулок", "lane", "ln", "проезд", "drive", "dr",
        "road", "rd", "бул", "бульв", "бульвар", "boulevard", "blvd", "ш", "шоссе", "highway",
        "пл", "площадь", "площади", "square", "sq", "наб", "набережная", "embankment", "ал",
        "аллея", "alley", "туп", "тупик", "мкр", "микрорайон", "квартал", "край", "обл",
        "область", "п", "пос", "посёлок", "нп", "тер", "корп", "корпус", "к", "строение", "bld",
        "building", "block", "the",
    )
)  # fmt: skip


def _parts(words: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Words and numbers of an address; kinds of streets count only where nothing else is left."""
    found = _PART.findall(fold_address(words))
    names = tuple(part for part in found if not part[0].isdigit())
    telling = tuple(part for part in names if part not in _KINDS)
    return telling or names, tuple(part for part in found if part[0].isdigit())


@dataclass(frozen=True, slots=True)
class AddressBook:
    """Addresses made ready to be looked up. Make one with `AddressBook.of`."""

    entries: tuple[tuple[str, frozenset[str], tuple[str, ...]], ...]
    """Code, words and numbers of each wording."""
    by_word: dict[str, tuple[int, ...]] = field(repr=False)

    @classmethod
    def of(cls, addresses: Iterable[tuple[str, Iterable[str]]]) -> AddressBook:
        """Which book do these addresses make: pairs of a code and its wordings?"""
        entries: list[tuple[str, frozenset[str], tuple[str, ...]]] = []
        by_word: dict[str, list[int]] = defaultdict(list)
        for code, wordings in addresses:
            for words in dict.fromkeys(wordings):
                names, numbers = _parts(words)
                for name in set(names):
                    by_word[name].append(len(entries))
                entries.append((code, frozenset(names), numbers))
        return cls(tuple(entries), {word: tuple(rows) for word, rows in by_word.items()})

    def find(self, words: str, *, limit: int = 10) -> tuple[str, ...]:
        """Which addresses may be meant, the likeliest first?

        Parameters
        ----------
        words
            As somebody wrote it: Cyrillic or Latin, a street alone or with a house, a word begun,
            a letter wrong (two in a word of eight letters or more); a flat's number is left out.
        limit
            How many codes at most.

        Notes
        -----
        Every word must be found: whole, as a beginning (from two letters) or with the slips
        above, in this order of rank. Every number must be found whole; the last may be a
        beginning, ranked after. Of equals those with fewer other numbers, then lower house
        numbers, then lower codes come first. Words or numbers alone will do. O(v) for v different
        words, and the entries that share them.

        Examples
        --------
        >>> book = AddressBook.of(
        ...     [("u1", ["Садовая ул., 5", "5 Garden Street"]), ("u2", ["Садовая ул., 15"])]
        ... )
        >>> book.find("sadovaya 5"), book.find("Садвая"), book.find("garden")
        (('u1',), ('u1', 'u2'), ('u1',))
        """
        names, numbers = _parts(words)
        return self._found(names, numbers, limit)

    def street(self, words: str, *, limit: int = 10) -> tuple[str, ...]:
        """Which addresses have the words asked for, whatever their numbers? As for `find`.

        Examples
        --------
        >>> AddressBook.of([("u1", ["Садовая ул., 5"])]).street("Садовая 77")
        ('u1',)
        """
        names, _numbers = _parts(words)
        return self._found(names, (), limit)

    def _found(
        self, names: tuple[str, ...], numbers: tuple[str, ...], limit: int
    ) -> tuple[str, ...]:
        if not names and not numbers:
            return ()
        ranks = self._rows_with(names) if names else dict.fromkeys(range(len(self.entries)), 0)
        best: dict[str, tuple[int, int, tuple[int, ...], str]] = {}
        for row, rank in ranks.items():
            code, _, own = self.entries[row]
            missed = _numbers_missed(numbers, own)
            if missed is None:
                continue
            found = (rank + missed, len(own) - len(numbers), tuple(map(_value, own)), code)
            best[code] = min(best.get(code, found), found)
        return tuple(code for _, _, _, code in sorted(best.values())[:limit])

    def _rows_with(self, names: tuple[str, ...]) -> dict[int, int]:
        """Rows that have every word, with how far they are from it."""
        kept: dict[int, int] | None = None
        for name in names:
            near: dict[int, int] = {}
            for word, rows in self.by_word.items():
                away = _away(name, word)
                if away is not None:
                    for row in rows:
                        near[row] = min(near.get(row, away), away)
            kept = (
                near
                if kept is None
                else {row: rank + near[row] for row, rank in kept.items() if row in near}
            )
        return kept or {}


def _value(number: str) -> int:
    return int(re.sub(r"\D", "", number)[:9] or 0)


def _numbers_missed(asked: tuple[str, ...], own: tuple[str, ...]) -> int | None:
    """0 where all numbers are there whole, 20 where the last is a beginning, None otherwise."""
    left = list(own)
    for position, number in enumerate(asked):
        if number in left:
            left.remove(number)
        elif position == len(asked) - 1 and any(one.startswith(number) for one in left):
            return 20
        else:
            return None
    return 0


def _away(asked: str, word: str) -> int | None:
    """How far is a word from the one asked for? None where it is another word."""
    if asked == word:
        return 0
    if len(asked) >= 2 and word.startswith(asked):
        return 1
    slips = 0 if len(asked) < 4 else 1 if len(asked) < 8 else 2
    if not slips or abs(len(asked) - len(word)) > slips:
        return None
    found = edit_distance(asked, word, most=slips)
    return None if found > slips else 1 + found


def edit_distance(one: str, other: str, *, most: int) -> int:
    """How many letters must change (or two neighbours swap) to make one word of the other?

    Parameters
    ----------
    most
        Beyond it counting stops: the answer is then `most + 1`.

    Source: optimal string alignment, Damerau, F. J. (1964), Communications of the ACM 7(3).

    Examples
    --------
    >>> edit_distance("lesnaia", "lesania", most=2), edit_distance("a", "bcd", most=1)
    (1, 2)
    """
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        row = [i]
        for j, b in enumerate(other, start=1):
            cost = min(last[j] + 1, row[-1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
        before, last = last, row
    return min(last[-1], most + 1)
