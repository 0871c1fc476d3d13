"""The glossary: the words of the site in every language, from one file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from django.utils.translation import get_language

GLOSSARY = Path(__file__).resolve().parents[2] / "locale" / "glossary.yaml"


@dataclass(frozen=True, slots=True)
class Term:
    """One word of the site, in the reader's language and in the other."""

    code: str
    word: str
    other: str
    meaning: str


@dataclass(frozen=True, slots=True)
class TermGroup:
    """Words that belong together."""

    title: str
    terms: tuple[Term, ...]


@cache
def _read() -> list[dict[str, object]]:
    with GLOSSARY.open(encoding="utf-8") as file:
        groups: list[dict[str, object]] = yaml.safe_load(file)["groups"]
    return groups


def groups() -> tuple[TermGroup, ...]:
    """Which words does the site use, group by group, in the reader's order?"""
    language = "ru" if (get_language() or "en").startswith("ru") else "en"
    other = "en" if language == "ru" else "ru"
    found = []
    for group in _read():
        terms = [
            Term(t["code"], t[language], t[other], t.get("meaning", {}).get(language, ""))
            for t in group["terms"]  # type: ignore[attr-defined]
        ]
        terms.sort(key=lambda term: term.word.casefold())
        found.append(TermGroup(group["title"][language], tuple(terms)))  # type: ignore[index]
    return tuple(found)
