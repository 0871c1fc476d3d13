"""Charts drawn as SVG on the server; a script may make them live, none is needed to read them."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from eutopia.web.portal import figures

WIDTHS = (("narrow", 350), ("middle", 520), ("wide", 760))
HEIGHT = 260
_RIGHT, _TOP, _BOTTOM = 10, 14, 30
FEW = 5
"""So few categories are all named on the axis."""


@dataclass(frozen=True, slots=True)
class Series:
    """One row of numbers of a chart; None where a category has none."""

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """What is compared, and how it reads without the picture.

    `kind`: columns, stacked, lines. `say` is the finding in words; the table below the chart has
    every number. `money` names the currency of values that are money.
    """

    id: str
    kind: str
    title: str
    say: str
    categories: tuple[str, ...]
    series: tuple[Series, ...]
    unit: str = ""
    money: str = ""
    over: str = ""
    """What the categories are: the table's first heading."""
    csv: str = ""
    """Address of the same numbers as CSV."""
    how: str = ""
    """Address of the page that says how they were computed."""
    digits: int = 0
    mark: tuple[float, str] | None = None
    """A level with its name, drawn across."""
    short: tuple[str, ...] = field(default=())
    """Short category names for the axis; the categories themselves where empty."""

    def shown(self, value: float | None) -> str:
        """How does a value read in the table?"""
        if value is None:
            return figures.count(None)
        if self.money:
            return figures.money(value, self.money)
        return figures.number(value, self.digits)

    def tick(self, value: float) -> str:
        """How does a value read on the axis?"""
        if self.money:
            return figures.money(value, self.money, short=True)
        return figures.number(value, 2)

    @property
    def rows(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The table: category and a reading for each series."""
        return tuple(
            (name, tuple(self.shown(s.values[i]) for s in self.series))
            for i, name in enumerate(self.categories)
        )

    @property
    def top(self) -> float:
        """How high does the axis reach?"""
        if self.kind == "stacked":
            sums = [sum(s.values[i] or 0 for s in self.series) for i in range(len(self.categories))]
        else:
            sums = [v for s in self.series for v in s.values if v is not None]
        return max([*sums, self.mark[0] if self.mark else 0, 0])

    def plot(self, width: int) -> SafeString:
        """How does the chart look at this width?"""
        return draw(self, width=width)

    @property
    def plots(self) -> tuple[tuple[str, SafeString], ...]:
        """The chart for every width of its place, so that its words keep their size."""
        return tuple((name, self.plot(width)) for name, width in WIDTHS)

    @property
    def spec(self) -> str:
        """What the script needs to make it live, as JSON."""
        return json.dumps(
            {
                "kind": self.kind,
                "categories": self.categories,
                "series": [{"name": s.name, "values": s.values} for s in self.series],
                "money": self.money,
                "unit": self.unit,
                "mark": self.mark,
            },
            ensure_ascii=False,
        )


def nice_top(value: float) -> tuple[float, float]:
    """Up to where, and in which steps, does an axis run that must reach `value`?

    Examples
    --------
    >>> nice_top(87), nice_top(0)
    ((100.0, 25.0), (1.0, 0.25))
    """
    if value <= 0:
        return 1.0, 0.25
    power = 10.0 ** math.floor(math.log10(value))
    for step in (1.0, 1.2, 1.6, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0):
        if step * power >= value * 0.999:
            return step * power, step * power / 4
    return 10 * power, 2.5 * power


@dataclass(frozen=True, slots=True)
class Paper:
    """What a chart is drawn on: so wide, so much room on the left, so high for so much."""

    width: int
    left: int
    top: float
    slot: float

    @classmethod
    def cut(cls, chart: Chart, width: int) -> Paper:
        """How is the room shared between the words of the upward axis and the categories?"""
        top, step = nice_top(chart.top)
        left = 16 + round(7.4 * max(len(chart.tick(step * i)) for i in range(5)))
        slot = (width - left - _RIGHT) / max(1, len(chart.categories))
        return cls(width, left, top, slot)

    def up(self, value: float) -> float:
        """How far from the top of the picture does a value stand?"""
        floor = HEIGHT - _BOTTOM
        return round(floor - value / self.top * (floor - _TOP), 1)

    def middle(self, i: int) -> float:
        """Where across is the middle of a category?"""
        return self.left + self.slot * (i + 0.5)


def draw(chart: Chart, *, width: int) -> SafeString:
    """How does a chart look, drawn on `width` units?"""
    paper = Paper.cut(chart, width)
    marks = {"columns": _columns, "stacked": _stacked, "lines": _lines}[chart.kind]
    parts = [*_scale(chart, paper), *marks(chart, paper), *_axis(chart, paper)]
    if chart.mark:
        level = paper.up(chart.mark[0])
        parts.append(f'<path class="mark" d="M{paper.left} {level}H{width - _RIGHT}"/>')
    return mark_safe(  # noqa: S308 - numbers, and words that were escaped
        f'<svg class="plot" viewBox="0 0 {width} {HEIGHT}" aria-hidden="true" focusable="false">'
        + "".join(parts)
        + "</svg>"
    )


def _scale(chart: Chart, paper: Paper) -> list[str]:
    """Draw the rules across and what they mean."""
    parts = []
    for i in range(5):
        value = paper.top / 4 * i
        level = paper.up(value)
        parts.append(f'<path class="rule" d="M{paper.left} {level}H{paper.width - _RIGHT}"/>')
        parts.append(
            f'<text x="{paper.left - 8}" y="{level + 4}" text-anchor="end">'
            f"{escape(chart.tick(value))}</text>"
        )
    return parts


def _axis(chart: Chart, paper: Paper) -> list[str]:
    """Draw the categories' names, as many as there is room for."""
    names = chart.short or chart.categories
    longest = max((len(n) for n in names), default=1) * 7.2 + 14
    every = max(1, math.ceil(longest / paper.slot))
    if every > 1 and len(names) <= FEW:
        # A few names are all told, cut where they must be: the table beside has them whole.
        names, every = tuple(_cut(name, paper.slot) for name in names), 1
    floor = HEIGHT - _BOTTOM
    parts = [f'<path class="axis" d="M{paper.left} {floor}H{paper.width - _RIGHT}"/>']
    parts += [_name(names[i], paper.middle(i), paper.width) for i in range(0, len(names), every)]
    return parts


def _name(name: str, middle: float, width: float) -> str:
    """A category's name under its place; at the edges it is moved in, not cut off."""
    x, anchor, half = middle, "middle", 3.6 * len(name)
    if middle < half:
        x, anchor = 1.0, "start"
    elif middle + half > width:
        x, anchor = width - 1.0, "end"
    return f'<text x="{x:.1f}" y="{HEIGHT - 9}" text-anchor="{anchor}">{escape(name)}</text>'


def _cut(name: str, slot: float) -> str:
    room = max(3, int(slot / 7.2))
    return name if len(name) <= room else name[: room - 1].rstrip() + "…"


def _bar(x: float, y: float, width: float, base: float, series: int, words: str) -> str:
    return (
        f'<rect class="series-{series}" x="{x:.1f}" y="{y}" width="{width:.1f}"'
        f' height="{max(0.0, base - y):.1f}" rx="1.5"><title>{escape(words)}</title></rect>'
    )


def _columns(chart: Chart, paper: Paper) -> list[str]:
    thick = paper.slot * 0.72 / max(1, len(chart.series))
    parts = []
    for s, series in enumerate(chart.series):
        for i, value in enumerate(series.values):
            if value is not None:
                x = paper.middle(i) - paper.slot * 0.36 + s * thick
                words = f"{chart.categories[i]}, {series.name}: {chart.shown(value)}"
                parts.append(_bar(x, paper.up(value), thick * 0.92, paper.up(0), s % 6 + 1, words))
    return parts


def _stacked(chart: Chart, paper: Paper) -> list[str]:
    thick = min(paper.slot * 0.62, 72.0)
    parts = []
    for i, name in enumerate(chart.categories):
        below = 0.0
        for s, series in enumerate(chart.series):
            value = series.values[i] or 0
            if value > 0:
                words = f"{name}, {series.name}: {chart.shown(value)}"
                x = paper.middle(i) - thick / 2
                y, base = paper.up(below + value), paper.up(below)
                parts.append(_bar(x, y, thick, base, s % 6 + 1, words))
                below += value
    return parts


def _lines(chart: Chart, paper: Paper) -> list[str]:
    parts = []
    for s, series in enumerate(chart.series):
        points = [
            (paper.middle(i), paper.up(v)) for i, v in enumerate(series.values) if v is not None
        ]
        if not points:
            continue
        d = "".join(f"{'L' if i else 'M'}{x:.1f} {y}" for i, (x, y) in enumerate(points))
        if len(chart.series) == 1:
            area = f"{d}L{points[-1][0]:.1f} {paper.up(0)}L{points[0][0]:.1f} {paper.up(0)}z"
            parts.append(f'<path class="area series-{s + 1}" d="{area}"/>')
        parts.append(f'<path class="line line-{s % 4 + 1}" d="{d}"/>')
    return parts
