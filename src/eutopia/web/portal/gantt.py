"""Works in time: years and quarters, drawn as SVG on the server, with a table beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from eutopia.web.portal import figures
from eutopia.web.portal.charts import WIDTHS
from eutopia.web.programmes.selectors import BarRow

_TOP, _ROW, _TALL, _BAR = 26, 26, 42, 14
_LEFT, _RIGHT = 0.36, 6
_BESIDE = 600
"""From this width on, names stand beside their bars; below, above them."""


@dataclass(frozen=True, slots=True)
class Gantt:
    """Works of a programme in time, and the address of each one's page."""

    title: str
    first_year: int
    years: int
    rows: tuple[BarRow, ...]
    href: Callable[[int], str]
    currency: str

    @property
    def plots(self) -> tuple[tuple[str, SafeString], ...]:
        """The picture for every width of its place."""
        return tuple((name, draw(self, width=width)) for name, width in WIDTHS)

    @property
    def table(self) -> tuple[tuple[str, str, str, str, str], ...]:
        """Address, work, district, when and cost of each."""
        return tuple(
            (
                self.href(row.id),
                row.title,
                row.district_name,
                span(row),
                figures.money(row.cost, self.currency, short=True),
            )
            for row in self.rows
        )


def quarters(row: BarRow) -> tuple[int, int]:
    """In which quarters of its year can a work go on, first and last?

    Examples
    --------
    >>> from decimal import Decimal
    >>> quarters(BarRow(1, "", "", "", 2027, 5, 9, Decimal(1), "allow"))
    (2, 3)
    """
    return (row.first_month + 2) // 3, (row.last_month + 2) // 3


def span(row: BarRow) -> str:
    """How does the time of a work read?"""
    first, last = quarters(row)
    if (first, last) == (1, 4):
        return str(row.year)
    if first == last:
        return _("%(year)s, quarter %(first)s") % {"year": row.year, "first": first}
    told = {"year": row.year, "first": first, "last": last}
    return _("%(year)s, quarters %(first)s–%(last)s") % told


def draw(gantt: Gantt, *, width: int) -> SafeString:
    """How do the works look in time, drawn on `width` units?"""
    beside = width >= _BESIDE
    left = round(width * _LEFT) if beside else 0
    step = _ROW if beside else _TALL
    year = (width - left - _RIGHT) / gantt.years
    height = _TOP + step * len(gantt.rows) + 4
    parts = [*_grid(gantt, left, year, height)]
    for i, row in enumerate(gantt.rows):
        parts += _row(gantt, row, _TOP + step * i, left, year, beside=beside)
    return mark_safe(  # noqa: S308 - numbers, and words that were escaped
        f'<svg class="plot gantt" viewBox="0 0 {width} {height}" aria-hidden="true"'
        f' focusable="false">{"".join(parts)}</svg>'
    )


def _grid(gantt: Gantt, left: int, year: float, height: int) -> list[str]:
    parts = []
    for k in range(gantt.years):
        x = left + year * k
        parts.append(
            f'<text x="{x + year / 2:.1f}" y="16" text-anchor="middle">'
            f"{gantt.first_year + k}</text>"
        )
        parts.append(f'<path class="axis" d="M{x:.1f} {_TOP - 4}V{height}"/>')
        parts += [
            f'<path class="rule" d="M{x + year * q / 4:.1f} {_TOP}V{height}"/>' for q in (1, 2, 3)
        ]
    end = left + year * gantt.years
    return [*parts, f'<path class="axis" d="M{end:.1f} {_TOP - 4}V{height}"/>']


def _row(gantt: Gantt, row: BarRow, y: float, left: int, year: float, *, beside: bool) -> list[str]:
    first, last = quarters(row)
    x = left + year * (row.year - gantt.first_year) + year * (first - 1) / 4
    wide = year * (last - first + 1) / 4
    room = int((left - 12) / 7.1) if beside else int((left + year * gantt.years) / 7.1)
    label_y, bar_y = (y + 17, y + 6) if beside else (y + 13, y + 19)
    words = f"{row.title}, {row.district_name}: {span(row)}, "
    words += figures.money(row.cost, gantt.currency, short=True)
    tone = 3 if row.gate in ("needs_approval", "allow_with_conditions") else 1
    return [
        f'<text x="0" y="{label_y:.0f}">{escape(_cut(_place_first(row.title), room))}</text>',
        f'<a href="{escape(gantt.href(row.id))}" tabindex="-1"><rect class="series-{tone}"'
        f' x="{x + 1:.1f}" y="{bar_y:.0f}" width="{max(4.0, wide - 2):.1f}" height="{_BAR}" rx="3">'
        f"<title>{escape(words)}</title></rect></a>",
    ]


def _place_first(title: str) -> str:
    """Where many works are of one kind, the place tells them apart: it comes first.

    Examples
    --------
    >>> _place_first("Rebuild a footway: Main Street, 7")
    'Main Street, 7 · Rebuild a footway'
    """
    measure, colon, place = title.partition(": ")
    return f"{place} · {measure}" if colon and place else title


def _cut(words: str, room: int) -> str:
    return words if len(words) <= room else words[: max(1, room - 1)].rstrip() + "…"
