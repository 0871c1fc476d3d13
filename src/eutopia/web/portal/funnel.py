"""A funnel plot: providers beside what chance alone would give them, drawn on the server."""

from __future__ import annotations

import math
from dataclasses import dataclass

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from eutopia.web.portal import figures, words
from eutopia.web.portal.charts import WIDTHS, nice_top
from eutopia.web.providers.selectors import ComparisonView, StandingView

HEIGHT = 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 14, 14, 44


@dataclass(frozen=True, slots=True)
class Funnel:
    """One comparison as a picture; `chosen` is the provider whose page it stands on."""

    compared: ComparisonView
    chosen: str = ""

    @property
    def id(self) -> str:
        """Name the picture on its page."""
        return f"funnel-{self.compared.kind}-{self.compared.measure}"

    @property
    def plots(self) -> tuple[tuple[str, SafeString], ...]:
        """The picture for every width of its place, so that its words keep their size."""
        return tuple((name, draw(self, width=width)) for name, width in WIDTHS)


@dataclass(frozen=True, slots=True)
class _Paper:
    """What the funnel is drawn on: expected events across (roots), the ratio upwards."""

    width: int
    most: float
    top: float

    def across(self, expected: float) -> float:
        room = self.width - _LEFT - _RIGHT
        return round(_LEFT + math.sqrt(max(expected, 0) / self.most) * room, 1)

    def up(self, ratio: float) -> float:
        floor = HEIGHT - _BOTTOM
        return round(floor - min(ratio, self.top) / self.top * (floor - _TOP), 1)


def draw(funnel: Funnel, *, width: int) -> SafeString:
    """How does the funnel look, drawn on `width` units?"""
    told = funnel.compared
    most = max([p[0] for p in told.limits] + [s.expected for s in told.standings] + [1.0])
    high = max([s.ratio for s in told.standings] + [1.5])
    paper = _Paper(width, most, nice_top(min(high * 1.15, 6.0))[0])
    parts = [*_scales(paper), *_limits(funnel, paper)]
    parts += [
        _point(one, paper, chosen=one.organisation == funnel.chosen) for one in told.standings
    ]
    return mark_safe(  # noqa: S308 - numbers, and words that were escaped
        f'<svg class="plot" viewBox="0 0 {width} {HEIGHT}" aria-hidden="true" focusable="false">'
        + "".join(parts)
        + "</svg>"
    )


def _scales(paper: _Paper) -> list[str]:
    floor = HEIGHT - _BOTTOM
    right = paper.width - _RIGHT
    parts = []
    for i in range(5):
        ratio = paper.top / 4 * i
        level = paper.up(ratio)
        parts.append(f'<path class="rule" d="M{_LEFT} {level}H{right}"/>')
        parts.append(
            f'<text x="{_LEFT - 8}" y="{level + 4}" text-anchor="end">'
            f"{escape(figures.number(ratio, 2))}</text>"
        )
    parts.append(f'<path class="mark" d="M{_LEFT} {paper.up(1)}H{right}"/>')
    for share in (0.1, 0.4, 1.0):
        expected = _round(paper.most * share)
        parts.append(
            f'<text x="{paper.across(expected)}" y="{floor + 18}"'
            f' text-anchor="{"end" if share == 1 else "middle"}">'
            f"{escape(figures.count(expected))}</text>"
        )
    named = escape(_("expected of anybody"))
    parts.append(
        f'<text x="{(_LEFT + right) / 2}" y="{HEIGHT - 6}" text-anchor="middle">{named}</text>'
    )
    return parts


def _round(value: float) -> float:
    """Round down to one leading figure.

    >>> _round(429.1), _round(7.3)
    (400.0, 7.0)
    """
    power = 10.0 ** math.floor(math.log10(max(value, 1)))
    return math.floor(value / power) * power


def _limits(funnel: Funnel, paper: _Paper) -> list[str]:
    parts = []
    for low, high, name in ((3, 4, "alarm"), (1, 2, "warning")):
        for edge in (low, high):
            points = [(paper.across(p[0]), paper.up(p[edge])) for p in funnel.compared.limits]
            d = "".join(f"{'L' if i else 'M'}{x} {y}" for i, (x, y) in enumerate(points))
            parts.append(f'<path class="limit limit--{name}" d="{d}"/>')
    return parts


def _point(one: StandingView, paper: _Paper, *, chosen: bool) -> str:
    told = f"{one.name}: {figures.number(one.ratio, 2)}, {words.word('standing', one.verdict)}"
    return (
        f'<circle class="dot dot--{words.tone("standing", one.verdict) or "usual"}'
        f'{" dot--chosen" if chosen else ""}" cx="{paper.across(one.expected)}"'
        f' cy="{paper.up(one.ratio)}" r="{8 if chosen else 5.5}">'
        f"<title>{escape(told)}</title></circle>"
    )
