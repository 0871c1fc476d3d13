"""Typed readers of one field: each refuses what it cannot take and says how to mend it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from typing import Any

from eutopia.core.norms.documents import Entry
from eutopia.core.records.money import Money
from eutopia.core.records.norms import Source
from eutopia.core.records.text import Text

_DECIMAL = re.compile(r"[-+]?\d+(\.\d+)?")
_INTEGER = re.compile(r"-?(0|[1-9]\d*)")
_CODE = re.compile(r"[^\s]+")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]+)*")
_CLOCK = re.compile(r"([01]?\d|2[0-4]):[0-5]\d")
GRADES = ("A", "B", "C")


def words(entry: Entry) -> str:
    """Which non-empty wording is written here?"""
    if entry.is_null or not entry.text.strip():
        raise entry.fault("empty", "write the words")
    return entry.text


def code(entry: Entry) -> str:
    """Which code (one word, no spaces) is written here?"""
    if not _CODE.fullmatch(entry.text) or entry.is_null:
        raise entry.fault(f"'{entry.text}' is not a code", "use one word without spaces")
    return entry.text


def codes(entry: Entry) -> tuple[str, ...]:
    """Which list of codes is written here?"""
    return tuple(code(item) for item in entry.items())


def choice(entry: Entry, options: tuple[str, ...]) -> str:
    """Which of the options is chosen?"""
    if entry.text not in options:
        raise entry.fault(f"'{entry.text}' is not known", f"choose one of: {', '.join(options)}")
    return entry.text


def integer(entry: Entry) -> int:
    """Which whole number is written here?"""
    if entry.quoted or not _INTEGER.fullmatch(entry.text):
        raise entry.fault(f"'{entry.text}' is not a whole number", "write it like 8, unquoted")
    return int(entry.text)


def decimal(entry: Entry) -> Decimal:
    """Which exact decimal is written here? Fractions must be quoted, so that no float sneaks in."""
    if not entry.quoted and entry.kind == "float":
        raise entry.fault(f"{entry.text} is a float", f'quote it to be exact: "{entry.text}"')
    if not _DECIMAL.fullmatch(entry.text):
        raise entry.fault(f"'{entry.text}' is not a decimal number", 'write it like "0.15"')
    return Decimal(entry.text)


def boolean(entry: Entry) -> bool:
    """Is it true or false?"""
    if entry.quoted or entry.text not in ("true", "false"):
        raise entry.fault(f"'{entry.text}' is neither true nor false", "write true or false")
    return entry.text == "true"


def day(entry: Entry) -> date:
    """Which calendar day is written here?"""
    try:
        return date.fromisoformat(entry.text)
    except ValueError as error:
        raise entry.fault(f"'{entry.text}' is not a date", "write it like 2025-01-31") from error


def clock(entry: Entry) -> time:
    """Which time of day is written here? '24:00' is the end of the day, kept as 23:59:59.999999."""
    if not _CLOCK.fullmatch(entry.text):
        raise entry.fault(f"'{entry.text}' is not a time of day", 'write it like "08:30"')
    hours, minutes = (int(part) for part in entry.text.split(":"))
    if hours == 24:
        if minutes:
            raise entry.fault(f"'{entry.text}' is past midnight", 'the last time is "24:00"')
        return time.max
    return time(hours, minutes)


def money(entry: Entry) -> Money:
    """How much in which currency, written like "1200.00 RUB"?"""
    amount, _, currency = entry.text.partition(" ")
    if not _DECIMAL.fullmatch(amount) or not re.fullmatch(r"[A-Z]{3}", currency):
        raise entry.fault(f"'{entry.text}' is not money", 'write it like "1200.00 RUB"')
    return Money(Decimal(amount), currency)


def text(entry: Entry) -> Text:
    """Which wording in which languages, written like {en: ..., ru: ...}?"""
    if not entry.is_mapping:
        raise entry.fault("the language is missing", "write it like {en: ..., ru: ...}")
    forms = []
    for language, wording in entry.pairs():
        if not _LANGUAGE.fullmatch(language):
            raise wording.fault(f"'{language}' is not a language code", "use en, ru, de, ...")
        forms.append((language, words(wording)))
    if not forms:
        raise entry.fault("no language given", "write it like {en: ..., ru: ...}")
    return Text(tuple(forms))


def value(entry: Entry) -> Any:
    """Which value is written here: Decimal, int, bool, date, str, or nested tuples of them?

    Notes
    -----
    A quoted number is a Decimal, an unquoted whole number an int; a mapping becomes a tuple of
    pairs in the order written, a list a tuple. Floats and nulls are refused.
    """
    if entry.is_mapping:
        return tuple((key, value(inner)) for key, inner in entry.pairs())
    if entry.is_list:
        return tuple(value(item) for item in entry.items())
    if entry.quoted:
        return Decimal(entry.text) if _DECIMAL.fullmatch(entry.text) else entry.text
    if entry.is_null:
        raise entry.fault("the value is missing", "write it, or leave the row out")
    if entry.kind == "bool":
        return boolean(entry)
    if entry.kind == "timestamp":
        return day(entry)
    if entry.kind in ("int", "float"):
        return integer(entry) if _INTEGER.fullmatch(entry.text) else decimal(entry)
    return entry.text


def source(entry: Entry, acts: Mapping[str, Source]) -> Source:
    """Which act and article, where read, how well verified?

    Notes
    -----
    `from` names an act of the manifest; what is written here wins over what the act says.
    """
    found = entry.fields(("verification",), ("from", "act", "article", "url", "edition"))
    base = Source(act="", article="", url="", verification="")
    if "from" in found:
        name = found["from"].text
        if name not in acts:
            raise found["from"].fault(f"act '{name}' is not in pack.yaml", "add it under 'acts:'")
        base = acts[name]

    def pick(key: str, default: str) -> str:
        return words(found[key]) if key in found else default

    act, url = pick("act", base.act), pick("url", base.url)
    if not act:
        raise entry.fault("'act' is missing", "name the act, or 'from:' an act of pack.yaml")
    if not url:
        raise entry.fault("'url' is missing", "say where it can be read (an address or a place)")
    return Source(
        act=act,
        article=pick("article", base.article),
        url=url,
        verification=choice(found["verification"], GRADES),
        edition=pick("edition", base.edition),
        origin=entry.origin,
    )
