"""Papers for people without the site: a PDF that a reader aloud can read, a workbook.

A paper is a Typst file in `web/papers/`; its words come from here, translated, so that the file
holds the look alone. The same contents give the same bytes.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "papers"

Cell = str | int | float | Decimal | date | datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet of a workbook: its name, its head, its rows.

    Attributes
    ----------
    widths
        Column widths in characters; by the words in them, 60 at most, where empty.
    """

    name: str
    head: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]
    widths: tuple[int, ...] = ()


def pdf(template: str, content: Mapping[str, object], *, as_of: datetime) -> bytes:
    """Which PDF does a paper make of its contents?

    Parameters
    ----------
    template
        The name of a file in `web/papers/`, without `.typ`. It begins with
        `#import "house.typ": *` and reads `content`.
    content
        What the paper shows: strings, numbers, lists and mappings, in words already.
    as_of
        The moment the paper is dated; it is in the file's metadata.

    Raises
    ------
    typst.TypstError
        The template is broken, or lacks what PDF/UA wants (a title, an image without words).

    Notes
    -----
    The file keeps to PDF/UA-1. Fonts are those inside the wheel, with Cyrillic; the machine's own
    are not looked at. 0.03 to 0.1 s a page.
    """
    import typst

    made = typst.compile(
        FOLDER / f"{template}.typ",
        root=FOLDER,
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"content": json.dumps(content, ensure_ascii=False)},
        pdf_standards=["ua-1"],
        timestamp=int(as_of.timestamp()),
    )
    return bytes(made)


def workbook(sheets: Sequence[Sheet], *, as_of: datetime) -> bytes:
    """Which XLSX holds these sheets?

    Text is written as text: a cell that begins with `=` is no formula and an address no link.
    Decimals become numbers of a double's precision, for reading; exact values are in the CSV.
    """
    import xlsxwriter

    file = io.BytesIO()
    book = xlsxwriter.Workbook(
        file,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "remove_timezone": True,
        },
    )
    book.set_properties({"created": as_of.replace(tzinfo=None)})
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    for sheet in sheets:
        page = book.add_worksheet(sheet.name[:31])
        page.freeze_panes(1, 0)
        for column, words in enumerate(sheet.head):
            page.write_string(0, column, words, head)
            wide = sheet.widths[column] if sheet.widths else _wide(words, sheet.rows, column)
            page.set_column(column, column, wide)
        for number, row in enumerate(sheet.rows, start=1):
            for column, value in enumerate(row):
                if isinstance(value, datetime):
                    page.write_datetime(number, column, value, moment)
                elif isinstance(value, date):
                    page.write_datetime(number, column, value, day)
                elif value is not None:
                    page.write(number, column, value)
    book.close()
    return file.getvalue()


def _wide(head: str, rows: Sequence[Sequence[Cell]], column: int) -> int:
    words = [head, *(str(row[column]) for row in rows if isinstance(row[column], str))]
    return max(12, min(60, max(map(len, words)) + 2))
