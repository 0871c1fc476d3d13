"""Papers: readable PDF, workbooks whose cells are what was given."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pypdf
import pytest

from eutopia.web.foundation import papers

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "house.typ").write_text((papers.FOLDER / "house.typ").read_text("utf-8"), "utf-8")
    (tmp_path / "probe.typ").write_text(
        '#import "house.typ": *\n'
        '#show: paper.with(title: content.title, language: "ru", foot: "foot")\n'
        "= #content.title\n"
        "#fields(content.pairs)\n#rows(content.head, content.rows, numeric: (1,))\n"
        '#to-write("подпись")\n',
        "utf-8",
    )
    monkeypatch.setattr(papers, "FOLDER", tmp_path)
    return tmp_path


CONTENT = {
    "title": "Акт осмотра № 7",
    "pairs": [["Адрес", "улица Садовая, 3"], ["Температура", "16,5 °C"]],
    "head": ["Что", "Сколько"],
    "rows": [["#let x = 1", "1 234,50"], ["=1+1", "2"]],
}


def test_a_pdf_has_its_words_and_says_its_language_and_title(folder):
    read = pypdf.PdfReader(io.BytesIO(papers.pdf("probe", CONTENT, as_of=NOON)))
    words = read.pages[0].extract_text()
    for expected in ("Акт осмотра № 7", "улица Садовая, 3", "1 234,50", "#let x = 1", "=1+1"):
        assert expected in words
    assert read.metadata.title == "Акт осмотра № 7"
    assert read.trailer["/Root"]["/Lang"].startswith("ru")
    # Tagged, or a reader aloud is lost.
    assert read.trailer["/Root"]["/MarkInfo"]["/Marked"]


def test_the_same_contents_give_the_same_bytes(folder):
    assert papers.pdf("probe", CONTENT, as_of=NOON) == papers.pdf("probe", CONTENT, as_of=NOON)
    other = CONTENT | {"title": "Акт осмотра № 8"}
    assert papers.pdf("probe", other, as_of=NOON) != papers.pdf("probe", CONTENT, as_of=NOON)


def test_a_workbook_keeps_text_as_text_and_days_as_days():
    made = papers.workbook(
        [
            papers.Sheet(
                name="Программа",
                head=("код", "сумма", "день", "пусто"),
                rows=[("=cmd|' /C calc'!A0", Decimal("12.50"), date(2026, 5, 4), None)],
            )
        ],
        as_of=NOON,
    )
    page = openpyxl.load_workbook(io.BytesIO(made))["Программа"]
    first, money, day, nothing = page[2]
    assert (first.data_type, first.value) == ("s", "=cmd|' /C calc'!A0")
    assert (money.value, day.value.date()) == (12.5, date(2026, 5, 4))
    assert nothing.value is None
    assert [cell.value for cell in page[1]] == ["код", "сумма", "день", "пусто"]
