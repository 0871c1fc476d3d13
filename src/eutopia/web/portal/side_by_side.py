"""Variants side by side: the rows of the comparison and its charts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from eutopia.web.portal import figures, words
from eutopia.web.portal.charts import Chart, Series
from eutopia.web.programmes.selectors import Scenario, SideBySide

SIDES = ("residents", "business", "municipality")


@dataclass(frozen=True, slots=True)
class Row:
    """One thing compared: its name and a reading for each variant; the best is marked."""

    name: str
    cells: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the template shows: heads of the variants, rows, charts."""

    names: tuple[str, ...]
    rows: tuple[Row, ...]
    charts: tuple[Chart, ...]


def name_of(one: Scenario) -> str:
    """What is a variant called in a head or a legend?"""
    number = _("Programme %(number)s") % {"number": one.number}
    return f"{one.number} · {one.title}" if one.title else number


def comparison(view: SideBySide) -> Comparison:
    """How do variants read side by side: money, people, problems left, sides, districts?"""
    currency = view.town.currency

    def money(value: Any) -> str:
        return figures.money(value, currency, short=True)

    def row(
        name: str,
        read: Callable[[Scenario], Any],
        show: Callable[[Any], str],
        best: str = "",
        *,
        slack: float = 0.0,
    ) -> Row:
        values = [read(one) for one in view.scenarios]
        wanted = {"most": max, "least": min}[best](values) if best and len(values) > 1 else None
        alike = (
            wanted is None
            or any(v != wanted and abs(v - wanted) <= slack * abs(float(wanted)) for v in values)
            or len(set(values)) == 1
        )
        return Row(name, tuple((show(v), not alike and v == wanted) for v in values))

    # A variant that was searched coarsely may lie so far below what its rules allow.
    coarse = max((one.gap for one in view.scenarios), default=0.0)

    rows = (
        row(_("What it aims at"), lambda s: s.objective, lambda v: words.word("objective", v)),
        row(_("Weights of the three sides"), _weights, str),
        row(_("Money spent"), lambda s: s.cost, money),
        row(_("Benefit over the whole life"), lambda s: s.value, money, "most",
            slack=coarse),
        row(_("Upkeep a year once all is built"), lambda s: s.upkeep, money, "least"),
        row(_("Measures chosen"), lambda s: s.chosen, figures.count, "most"),
        row(_("Reach: residents, once for each work"), lambda s: s.people, figures.count, "most"),
        row(_("Problems left unanswered"), lambda s: s.problems_left, figures.count, "least"),
        row(_("What they go on costing"), lambda s: s.left_cost, money, "least"),
        row(_("Candidates not built, at their cost"), lambda s: s.unbuilt, money),
        row(
            _("At most this far from the best possible"),
            lambda s: s.gap,
            lambda v: figures.percent(v, 2),
            "least",
        ),
    )  # fmt: skip
    return Comparison(tuple(name_of(s) for s in view.scenarios), rows, tuple(_charts(view)))


def _weights(one: Scenario) -> str:
    weights = [one.weights.get(side, Decimal(1)) for side in SIDES]
    return " : ".join(figures.number(weight, 2) for weight in weights)


def _charts(view: SideBySide) -> Iterable[Chart]:
    districts = [code for code, _name in view.districts]
    funds = [code for code, _title in view.funds]
    yield _chart(
        view, "by-side", _("Benefit for each of the three sides"), _("Side"),
        [words.word("side", s) for s in SIDES], lambda s: [s.by_side.get(k) for k in SIDES],
    )  # fmt: skip
    yield _chart(
        view, "by-year", _("Money by year"), _("Year"), [str(y) for y in view.years],
        lambda s: [s.by_year.get(str(y)) for y in view.years],
    )  # fmt: skip
    yield _chart(
        view, "by-district", _("Money by district"), _("District"),
        [name for _code, name in view.districts],
        lambda s: [s.by_district.get(code) for code in districts],
    )  # fmt: skip
    yield _chart(
        view, "by-fund", _("Money by fund"), _("Fund"), [title for _code, title in view.funds],
        lambda s: [s.by_fund.get(code) for code in funds],
    )  # fmt: skip


def _chart(
    view: SideBySide,
    id_: str,
    title: str,
    over: str,
    categories: list[str],
    read: Callable[[Scenario], list[Decimal | None]],
) -> Chart:
    return Chart(
        id=id_,
        kind="columns",
        title=title,
        say="",
        over=over,
        categories=tuple(categories),
        series=tuple(
            Series(name_of(one), tuple(float(v or 0) for v in read(one))) for one in view.scenarios
        ),
        money=view.town.currency,
    )
