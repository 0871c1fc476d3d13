"""Words are collected from Python and templates, checked and compiled."""

from __future__ import annotations

import gettext
import io
from pathlib import Path

import pytest

from eutopia.web.foundation import messages
from eutopia.web.foundation.messages import Gap

REPOSITORY = Path(__file__).resolve().parents[3]
LOCALE = REPOSITORY / "src/eutopia/locale"

PYTHON = """
from django.utils.translation import gettext as _, ngettext, pgettext
_("Log in")
_("Two "
  "parts")
ngettext("%(n)d report", "%(n)d reports", 3)
pgettext("month", "May")
_(variable)
"""
TEMPLATE = """{% load i18n %}{# a comment isn't a message #}
<h1 title="{% translate 'It is' %}">{% translate "Log in" %}</h1>
{% blocktranslate count n=things|length trimmed %}
  One thing {{ n }}
{% plural %}
  {{ n }} things
{% endblocktranslate %}
<script>var x = 'isn't';</script>{{ _("Filter") }}
{% translate "May" context "permission" %}
"""


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "app/templates").mkdir(parents=True)
    (tmp_path / "app/views.py").write_text(PYTHON, encoding="utf-8")
    (tmp_path / "app/templates/page.html").write_text(TEMPLATE, encoding="utf-8")
    (tmp_path / "app/static/vendor").mkdir(parents=True)
    (tmp_path / "app/static/vendor/x.py").write_text("_('vendored')", encoding="utf-8")
    return tmp_path


@pytest.fixture
def russian(tmp_path) -> Path:
    return messages.catalogue_path(tmp_path / "locale", "ru")


def faults(path: Path, source) -> list[tuple[str, str]]:
    return [(gap.fault, gap.message) for gap in messages.find_gaps(path, "ru", source)]


def test_words_of_python_and_of_templates_are_collected(tree):
    found = {(m.id, m.context) for m in messages.collect_messages(tree) if m.id}
    assert found == {
        ("Log in", None),
        ("Two parts", None),
        (("%(n)d report", "%(n)d reports"), None),
        ("May", "month"),
        ("May", "permission"),
        ("It is", None),
        (("One thing %(n)s", "%(n)s things"), None),
        ("Filter", None),
    }


def test_each_kind_of_gap_is_named(tree, russian):
    source = messages.collect_messages(tree)
    assert ("missing", "Log in") in faults(russian, source)
    messages.update_catalogue(russian, "ru", source)
    assert ("untranslated", "Log in") in faults(russian, source)

    catalog = messages.read_catalogue(russian, "ru")
    for message in catalog:
        if message.id:
            message.string = (
                (message.id[0], message.id[1], message.id[1])
                if message.pluralizable
                else f"по-русски {message.id}"
            )
    save(russian, catalog)
    assert faults(russian, source) == [("stale", str(russian.with_suffix(".mo")))]
    messages.compile_catalogue(russian, "ru")
    assert faults(russian, source) == []

    catalog["Log in"].flags.add("fuzzy")
    catalog["Filter"].string = ""
    catalog["%(n)d report"].string = ("%(n)d", "%(m)d", "%(n)d")
    catalog.add("Gone", "Нет")
    save(russian, catalog)
    assert set(faults(russian, source)) == {
        ("fuzzy", "Log in"),
        ("untranslated", "Filter"),
        ("placeholders", "%(n)d report"),
        ("obsolete", "Gone"),
        ("stale", str(russian.with_suffix(".mo"))),
    }


def save(path: Path, catalog) -> None:
    with path.open("wb") as file:
        messages.write_po(file, catalog)


def test_updating_keeps_translations_and_drops_what_is_gone(tree, russian):
    messages.update_catalogue(russian, "ru", messages.collect_messages(tree))
    catalog = messages.read_catalogue(russian, "ru")
    catalog["Log in"].string = "Войти"
    save(russian, catalog)
    (tree / "app/views.py").write_text('_("Log in")', encoding="utf-8")
    messages.update_catalogue(russian, "ru", messages.collect_messages(tree))
    text = russian.read_text(encoding="utf-8")
    assert 'msgstr "Войти"' in text
    assert "Two parts" not in text
    before = russian.read_bytes()
    messages.update_catalogue(russian, "ru", messages.collect_messages(tree))
    assert russian.read_bytes() == before


def test_what_is_compiled_is_what_pythons_own_gettext_reads(tree, russian):
    messages.update_catalogue(russian, "ru", messages.collect_messages(tree))
    catalog = messages.read_catalogue(russian, "ru")
    catalog["%(n)d report"].string = ("%(n)d сообщение", "%(n)d сообщения", "%(n)d сообщений")
    save(russian, catalog)
    assert messages.compile_catalogue(russian, "ru") is True
    assert messages.compile_catalogue(russian, "ru") is False
    words = gettext.GNUTranslations(io.BytesIO(russian.with_suffix(".mo").read_bytes()))
    spoken = [words.ngettext("%(n)d report", "%(n)d reports", n) % {"n": n} for n in (1, 2, 5, 21)]
    assert spoken == ["1 сообщение", "2 сообщения", "5 сообщений", "21 сообщение"]


@pytest.mark.parametrize("path", sorted(LOCALE.rglob("*.po")), ids=lambda p: p.parts[-3])
def test_the_compiled_words_of_the_site_are_those_of_the_source_file(path):
    language = path.parts[-3]
    assert path.with_suffix(".mo").read_bytes() == messages.compiled(path, language)


def test_a_gap_says_language_fault_and_words():
    assert Gap("ru", "missing", "Log in").language == "ru"
