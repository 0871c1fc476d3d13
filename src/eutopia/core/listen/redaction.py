"""Personal data taken out of what people write, before anybody else reads it.

Patterns only: what has the form of a telephone number, an address for letters, a document, a
plate, a flat, a name somebody introduces themselves by. A form that is not listed passes, so the
page says what is taken out, and staff may take out more by hand.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

MARK = "[***]"
"""What stands where something was taken out, in every language."""


@dataclass(frozen=True, slots=True)
class Redaction:
    """What may be shown, and how much of which kind was taken out?

    `removed` are pairs of kind (email, profile, phone, document, bank_card, plate, dwelling,
    name, birth_date) and count, by kind.
    """

    text: str
    removed: tuple[tuple[str, int], ...]


_PLATE_LETTERS = "АВЕКМНОРСТУХABEKMHOPCTYX"
_NAME = r"[A-ZА-ЯЁ][a-zа-яё'’-]+"
# Order matters: a bank card must not be taken for a telephone number.
_PATTERNS: tuple[tuple[str, str], ...] = (
    ("email", r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    ("profile", r"(?:https?://)?(?:www\.)?(?:t\.me|vk\.com|ok\.ru|instagram\.com|facebook\.com|"
                r"twitter\.com|x\.com|wa\.me)/[\w./?=&@-]+"),
    ("profile", r"(?<![\w@])@[A-Za-z][\w.]{3,}"),
    ("birth_date", r"\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\s*(?:года?\s+рождения|г\.\s?р\.?)"),
    ("birth_date", r"\b(?:born|DOB|date of birth)\W{0,3}\d{1,2}[./-]\d{1,2}[./-]\d{2,4}"),
    ("document", r"\b\d{3}-\d{3}-\d{3}[ -]\d{2}\b"),
    ("document", r"\b(?:паспорт\w*|passport)\W{0,3}(?:\w+\W{1,3}){0,2}\d{2}\s?\d{2}\W{0,4}\d{6}\b"),
    ("document", r"\b(?:ИНН|СНИЛС|INN|SSN)\W{0,3}[\d -]{9,14}\d"),
    ("document", r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])"),
    ("bank_card", r"(?<!\d)\d{4}(?:[ -]?\d{4}){3}(?!\d)"),
    ("phone", r"(?<![\d+])\+\d[\d ().-]{7,18}\d(?!\d)"),
    ("phone", r"(?<![\d.,-])[78][ (-]*\d{3}[ )-]*\d{3}[ -]?\d{2}[ -]?\d{2}(?!\d)"),
    ("phone", r"(?<![\d-])(?:\(\d{3}\)[ -]?|\d{3}[-. ])\d{3}[-. ]\d{4}(?![\d-])"),
    ("phone", r"\b(?:тел(?:ефон\w*|\.)?|звон\w+|моб\w*|phone|tel\.?|call|cell|text)"
              r"(?:\W+(?:me|at|on|мне|по|номер\w*)){0,3}\W{0,3}\d[\d -]{4,13}\d(?!\d)"),
    ("plate", rf"(?<!\w)[{_PLATE_LETTERS}]\s?\d{{3}}\s?[{_PLATE_LETTERS}]{{2}}\s?\d{{2,3}}(?!\w)"),
    ("plate", r"\b(?:license\s+)?plates?(?:\s+(?:number|no\.?|is))*\W{1,3}"
              r"(?=\w*\d)[A-Z0-9]{4,8}\b"),
    ("dwelling", r"\b(?:кв(?:артир[аеуы])?\.?|apt\.?|apartment|flat|unit)\s?(?:№|#|no\.?)?\s?"
                 r"\d{1,4}[A-Za-zА-Яа-я]?\b(?!\s*(?:градус|°))"),
    ("name", rf"(?i:\bменя\s+зовут|\bmy\s+name\s+is)\s+{_NAME}(?:\s+{_NAME}){{0,2}}"),
    ("name", rf"(?<=[Уу]важением, )(?:{_NAME}|[А-ЯЁ]\.)(?:\s+(?:{_NAME}|[А-ЯЁ]\.)){{0,2}}"),
    ("name", rf"(?<=[Yy]ours, |gards, )(?:{_NAME}|[A-Z]\.)(?:\s+(?:{_NAME}|[A-Z]\.)){{0,2}}"),
    ("name", r"\b[А-ЯЁ][а-яё]+(?:ов|ова|ев|ева|ёв|ёва|ин|ина|ский|ская|ко|ук|юк)\s+"
             r"[А-ЯЁ]\.\s?[А-ЯЁ]\."),
    ("name", r"\b(?:[А-ЯЁ][а-яё-]+\s+)?[А-ЯЁ][а-яё]+\s+[А-ЯЁ][а-яё]+(?:вич|вна|ична|ьич)\b"
             r"(?:\s+[А-ЯЁ][а-яё]+(?:ов|ова|ев|ева|ин|ина|ский|ская)\b)?"),
)  # fmt: skip
_CASED = frozenset({"name", "plate", "profile"})
_COMPILED = tuple(
    (kind, re.compile(pattern, 0 if kind in _CASED else re.IGNORECASE))
    for kind, pattern in _PATTERNS
)
# Text with none of these can hold nothing of the above: most reports are done here. A house number
# alone is no reason to look further.
_WORTH_A_LOOK = re.compile(
    r"@|t\.me|vk\.com|ok\.ru|\.com/|wa\.me|\d[\d ()./-]{4,}\d"
    r"|(?:кв|apt|apartment|flat|unit)\w*\.?\s?(?:№|#|no\.?)?\s?\d|plates?\W|plates?\s"
    rf"|[{_PLATE_LETTERS}]\s?\d{{3}}\s?[{_PLATE_LETTERS}]{{2}}"
    r"|(?:вич|вна|ична|ьич)\b|зовут|name\s+is|уважением,|yours,|gards,|[А-ЯЁ]\.\s?[А-ЯЁ]\.",
    re.IGNORECASE,
)


def redact(text: str) -> Redaction:
    """What of these words is fit for everybody to read?

    Parameters
    ----------
    text
        As it was written, in Russian, English or both.

    Returns
    -------
    Redaction
        The words with `MARK` for everything taken out, and what was.

    Notes
    -----
    Taken out: e-mail addresses, profiles, telephone numbers (with a country code, in the Russian
    or North American form, or after a word like 'call'), numbers of documents after their name,
    bank cards (sixteen digits that pass the Luhn check), vehicle plates, numbers of flats, names
    by which somebody introduces themselves or signs, Russian names with initials or with a
    patronymic, dates of birth.
    House numbers, case numbers, sums and times stay. A name without an introduction stays: no
    list of names is kept. Redacting twice changes nothing. Linear in the text's length.

    Source: the forms are those of GOST R 50577-2018 (plates), ITU-T E.123 (telephone numbers) and
    ISO/IEC 7812-1 (Luhn).

    Examples
    --------
    >>> redact("Яма у дома 5, кв. 12. Звоните +7 912 345-67-89").text
    'Яма у дома 5, [***]. Звоните [***]'
    >>> redact("Pothole at 15 Main St, case 101001240740").removed
    ()
    """
    if not _WORTH_A_LOOK.search(text):
        return Redaction(text, ())
    removed: Counter[str] = Counter()

    def take_out(found: re.Match[str], kind: str) -> str:
        if kind == "bank_card" and not _passes_luhn(found[0]):
            return found[0]
        removed[kind] += 1
        return MARK

    before = None
    # Taking one thing out can lay bare another that it was glued to.
    while text != before:
        before = text
        for kind, pattern in _COMPILED:
            text = pattern.sub(lambda found, kind=kind: take_out(found, kind), text)  # type: ignore[misc]
    return Redaction(text, tuple(sorted(removed.items())))


def _passes_luhn(digits: str) -> bool:
    """Whether a number has the check digit of a bank card.

    >>> _passes_luhn("4111 1111 1111 1111"), _passes_luhn("4111 1111 1111 1112")
    (True, False)
    """
    total = 0
    for place, digit in enumerate(int(c) for c in reversed(digits) if c.isdigit()):
        doubled = digit * 2 if place % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0
