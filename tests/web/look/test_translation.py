"""Russian is complete: every message, its plural forms and placeholders, and no bare English."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.template.loader import get_template
from django.utils.translation import gettext, ngettext, override

from eutopia.web.foundation.messages import (
    catalogue_path,
    collect_messages,
    compiled,
    find_gaps,
    read_catalogue,
)

SOURCE = Path(__file__).resolve().parents[3] / "src" / "eutopia"
RUSSIAN = catalogue_path(SOURCE / "locale", "ru")
TAG = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}", re.DOTALL)
BLOCK = re.compile(r"{%\s*blocktranslate.*?endblocktranslate\s*%}", re.DOTALL)
# Names, codes and units that read the same in every language.
SAME = {"Eutopia", "CSV", "English", "Eng", "code", "eutopia", "demo", "desk"}


def test_no_message_is_missing_fuzzy_or_stale() -> None:
    """Everything in the source is in the Russian file, whole, and the compiled file is its own."""
    assert find_gaps(RUSSIAN, "ru", collect_messages(SOURCE)) == []
    assert RUSSIAN.with_suffix(".mo").read_bytes() == compiled(RUSSIAN, "ru")


def test_russian_is_russian() -> None:
    """No translation is the English left as it was, but for names and signs."""
    left = []
    for message in read_catalogue(RUSSIAN, "ru"):
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        for words in strings if message.id else ():
            if not re.search(r"[а-яё]", words, re.IGNORECASE):
                left.append(words)
    assert not [w for w in left if re.search(r"[A-Za-z]{3}", TAG.sub("", w))]


@pytest.mark.parametrize(
    ("number", "words"),
    [(1, "1 сообщение"), (3, "3 сообщения"), (5, "5 сообщений"), (11, "11 сообщений"),
     (21, "21 сообщение"), (112, "112 сообщений")],
)  # fmt: skip
def test_plurals(number: int, words: str) -> None:
    """One, few and many, by the rule of the language."""
    with override("ru"):
        assert ngettext("%(n)s report", "%(n)s reports", number) % {"n": number} == words


def test_words_of_the_glossary_are_kept() -> None:
    """Pages speak the glossary's Russian where it has the same English."""
    import yaml

    terms = yaml.safe_load((SOURCE / "locale" / "glossary.yaml").read_text(encoding="utf-8"))
    catalogue = read_catalogue(RUSSIAN, "ru")
    differing = {
        term["ui_en"]: (term["ui_ru"], message.string)
        for term in terms["terms"]
        if (message := catalogue.get(term["ui_en"])) is not None
        and message.string
        and message.string.casefold() != term["ui_ru"].casefold()
    }
    # The plural, or the shorter form, where the page's place asks for it.
    allowed = {"Accessibility", "Works", "Upkeep", "Outcome", "Report", "Resident", "Duplicate"}
    assert set(differing) <= allowed, differing


class Bare(HTMLParser):
    """Words between tags that no translation passes through."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.inside: list[str] = []
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside.append(tag)
        for name, value in attrs:
            if name in ("aria-label", "title", "placeholder", "alt"):
                self.handle_data(value or "")

    def handle_endtag(self, tag: str) -> None:
        while self.inside and self.inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & set(self.inside):
            self.found += [w for w in re.findall(r"[A-Za-z]{3,}", data) if w not in SAME]


@pytest.mark.parametrize(
    "path", sorted((SOURCE / "web" / "templates").rglob("*.html")), ids=lambda p: p.stem
)
def test_templates_have_no_bare_words(path: Path) -> None:
    """Every word of a template goes through a translation tag, and the template compiles."""
    text = BLOCK.sub("", path.read_text(encoding="utf-8"))
    assert Bare(TAG.sub("", text)).found == []
    get_template(path.relative_to(SOURCE / "web" / "templates").as_posix())


def test_the_page_of_errors_is_translated() -> None:
    """Messages of the log-in and of forms reach the reader too."""
    with override("ru"):
        assert gettext("Too many wrong attempts.") == "Слишком много неверных попыток."
