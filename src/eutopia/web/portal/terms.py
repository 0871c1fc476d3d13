"""The glossary: the words of the site in every language, from one file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import get_language

GLOSSARY = Path(__file__).resolve().parents[2] / "locale" / "glossary.yaml"


@dataclass(frozen=True, slots=True)
class Term:
    """One word of the site, in the reader's language and in the other."""

    code: str
    word: str
    other: str
    other_language: str
    meaning: str


@cache
def _read() -> tuple[dict[str, Any], ...]:
    with GLOSSARY.open(encoding="utf-8") as file:
        return tuple(yaml.safe_load(file)["terms"])


def terms() -> tuple[Term, ...]:
    """Which words does the site use, in the alphabet of the reader's language?"""
    language = "ru" if (get_language() or "en").startswith("ru") else "en"
    other = "en" if language == "ru" else "ru"
    found = [
        Term(
            t["code"],
            t[f"ui_{language}"],
            t[f"ui_{other}"],
            other,
            t.get("meaning", {}).get(language, ""),
        )
        for t in _read()
    ]
    return tuple(sorted(found, key=lambda t: t.word.casefold().replace("ё", "е")))
