"""Words in every language: collected from the source, checked, compiled, without system gettext.

Django's own `makemessages` needs GNU gettext, which a bare machine lacks. This does the same with
Babel: Python files are read by Babel's own reader, templates after Django's `templatize` has turned
them into calls of gettext.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation import template, to_locale

_KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
    "Said": None,  # What the core says of rows it cannot use.
}
_TEMPLATE_SUFFIXES = (".html", ".txt", ".xml")


@dataclass(frozen=True, slots=True)
class Gap:
    """What is wrong with one message in one language?

    `fault`: missing (not in the file), untranslated, fuzzy, obsolete (no longer in the source),
    placeholders (the translation lacks or adds one), stale (the compiled file is another).
    """

    language: str
    fault: str
    message: str


def collect_messages(root: Path) -> Catalog:
    """Which messages does the source hold?

    Parameters
    ----------
    root
        Folder of the package; its Python files and its templates are read, vendored files not.
    """
    catalog = Catalog(project="Eutopia", fuzzy=False)
    for path in _source_files(root):
        place = path.relative_to(root).as_posix()
        for message, comments, context in _messages_of(path):
            catalog.add(message, locations=[(place, 1)], auto_comments=comments, context=context)
    return catalog


def _source_files(root: Path) -> list[Path]:
    found = [p for p in root.rglob("*") if p.suffix in (".py", *_TEMPLATE_SUFFIXES)]
    return sorted(p for p in found if p.is_file() and "vendor" not in p.parts)


def _messages_of(path: Path) -> Iterator[tuple[Any, list[str], str | None]]:
    if path.suffix == ".py":
        source, method = path.read_bytes(), "python"
    elif "templates" in path.parts:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            text = template.templatize(path.read_text(encoding="utf-8"), origin=str(path))
        # What templatize makes is no valid Python around its calls; this reader does not mind.
        source, method = text.encode(), "javascript"
    else:
        return
    found = extract(method, io.BytesIO(source), keywords=_KEYWORDS, comment_tags=("Translators:",))
    for _, message, comments, context in found:
        yield message, comments, context


def catalogue_path(locale: Path, language: str) -> Path:
    """Where does a language's file lie?"""
    return locale / to_locale(language) / "LC_MESSAGES" / "django.po"


def read_catalogue(path: Path, language: str) -> Catalog:
    """Read a language's file, or begin it."""
    if not path.exists():
        return Catalog(locale=to_locale(language), project="Eutopia", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=to_locale(language), domain="django", abort_invalid=True)


def update_catalogue(path: Path, language: str, source: Catalog) -> None:
    """Add new messages to a language's file and drop those that are gone; guess nothing."""
    catalog = read_catalogue(path, language)
    catalog.update(source, no_fuzzy_matching=True, update_creation_date=False)
    catalog.obsolete.clear()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(
            file, catalog, width=100, sort_by_file=True, include_lineno=False, ignore_obsolete=True
        )


def compiled(path: Path, language: str) -> bytes:
    """Give the compiled form (.mo) of a language's file."""
    buffer = io.BytesIO()
    write_mo(buffer, read_catalogue(path, language))
    return buffer.getvalue()


def compile_catalogue(path: Path, language: str) -> bool:
    """Write the compiled form beside the file; return whether it changed."""
    target = path.with_suffix(".mo")
    content = compiled(path, language)
    if target.exists() and target.read_bytes() == content:
        return False
    target.write_bytes(content)
    return True


def find_gaps(path: Path, language: str, source: Catalog) -> list[Gap]:
    """What does a language lack?

    Notes
    -----
    The language the messages are written in needs no file; any other needs all of them.
    """
    catalog = read_catalogue(path, language)
    gaps = [
        Gap(language, fault, _words(message))
        for message in source
        if message.id and (fault := _fault(catalog.get(message.id, message.context), catalog))
    ]
    wanted = {(_words(m), m.context) for m in source if m.id}
    gaps += [
        Gap(language, "obsolete", _words(m))
        for m in catalog
        if m.id and (_words(m), m.context) not in wanted
    ]
    target = path.with_suffix(".mo")
    if not target.exists() or target.read_bytes() != compiled(path, language):
        gaps.append(Gap(language, "stale", str(target)))
    return gaps


def _fault(message: Message | None, catalog: Catalog) -> str | None:
    if message is None:
        return "missing"
    if message.fuzzy:
        return "fuzzy"
    strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
    if not all(strings) or (message.pluralizable and len(strings) != catalog.num_plurals):
        return "untranslated"
    if list(message.check(catalog)):
        return "placeholders"
    return None


def _words(message: Message) -> str:
    return message.id if isinstance(message.id, str) else str(message.id[0])
