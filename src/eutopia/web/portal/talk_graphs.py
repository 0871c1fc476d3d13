"""Charts of what sides weigh and what a compromise gives each."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from eutopia.web.consultations.selectors import (
    DealView,
    MediationView,
    OptionView,
    SettlementView,
)
from eutopia.web.portal import figures, words
from eutopia.web.portal.charts import Chart, Series

_PER_CENT = 100.0


@dataclass(frozen=True, slots=True)
class WeightRow:
    """A criterion with each side's weight and bounds, and where they stand on it."""

    name: str
    cells: tuple[tuple[str, str], ...]
    """Weight and bounds, by side."""
    verdict: str


def weights_by_side(view: MediationView, told: SettlementView) -> Chart:
    """How much does each kind of work count for each side?"""
    first = told.agreement[0]
    order = [view.criteria.index(one.criterion) for one in told.agreement]
    say = _("Furthest apart: %(criterion)s. %(high)s weigh it most, %(low)s least.") % {
        "criterion": words.word("criterion", first.criterion),
        "high": words.word("side", first.highest),
        "low": words.word("side", first.lowest),
    }
    return Chart(
        id="weights",
        kind="columns",
        title=_("What counts how much, of 100"),
        say=say,
        over=_("Kind of work"),
        categories=tuple(words.word("criterion", view.criteria[at]) for at in order),
        short=tuple(str(number) for number in range(1, len(order) + 1)),
        series=tuple(
            Series(words.word("side", one.side), tuple(one.values[at] * _PER_CENT for at in order))
            for one in told.sides
        ),
        digits=1,
        csv=reverse("portal:download", args=["weighings"]),
        how=reverse("portal:run", args=[told.run_id]),
    )


def weight_rows(view: MediationView, told: SettlementView) -> tuple[WeightRow, ...]:
    """Where do the sides agree and differ, the furthest apart first?"""
    place = {criterion: i for i, criterion in enumerate(view.criteria)}
    rows = []
    for one in told.agreement:
        at = place[one.criterion]
        cells = []
        for side in told.sides:
            bounds = ""
            if side.low is not None and side.high is not None and not side.speaks_as_one:
                bounds = f"{figures.percent(side.low[at])} – {figures.percent(side.high[at])}"
            cells.append((figures.percent(side.values[at]), bounds))
        rows.append(
            WeightRow(
                words.word("criterion", one.criterion),
                tuple(cells),
                one.verdict,
            )
        )
    return tuple(rows)


def option_name(option: OptionView) -> str:
    """What is a programme at hand called?"""
    key = option.key
    shown = words.word("side_like", key) if option.kind == "favourite" else key
    return words.word("option", option.kind) % {"key": shown}


def deal_name(deal: DealView) -> str:
    """Of which programmes does a deal consist?"""
    return " + ".join(
        option_name(option) + (f" ({figures.percent(share)})" if share < 1 else "")
        for option, share in deal.parts
    )


@dataclass(frozen=True, slots=True)
class StepRow:
    """What all would gain and lose by going over to one side's favourite."""

    favours: str
    name: str
    changes: tuple[tuple[str, str], ...]
    """Side and change of its gain."""


def step_rows(told: SettlementView) -> tuple[StepRow, ...]:
    """What does each side give for the compromise?"""
    return tuple(
        StepRow(
            step.favours,
            option_name(step.option),
            tuple(
                (side.side, _signed(change))
                for side, change in zip(told.sides, step.changes, strict=True)
            ),
        )
        for step in told.steps
        if (step.option,) != tuple(option for option, _ in told.nash.parts)
    )


def _signed(change: float | None) -> str:
    if change is None:
        return "–"
    sign = "+" if change > 0 else "−" if change < 0 else ""
    return sign + figures.percent(abs(change), 1)


def options_by_side(told: SettlementView) -> Chart:
    """How good is each programme at hand for each side?"""
    deal = told.nash
    say = ""
    if deal.parts:
        say = _("The compromise gives each side at least %(share)s of the best it could have.") % {
            "share": figures.percent(min(deal.achieved))
        }
    return Chart(
        id="options",
        kind="columns",
        title=_("What each programme gives each side, of 100"),
        say=say,
        over=_("Programme"),
        categories=tuple(option_name(one) for one in told.options),
        short=tuple(str(i) for i, _one in enumerate(told.options, start=1)),
        series=tuple(
            Series(
                words.word("side", side.side),
                tuple(one.utilities[place] * _PER_CENT for one in told.options),
            )
            for place, side in enumerate(told.sides)
        ),
        digits=1,
        csv=reverse("portal:download", args=["compromises"]),
        how=reverse("portal:run", args=[told.run_id]),
    )
