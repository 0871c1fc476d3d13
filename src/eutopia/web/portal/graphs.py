"""Which chart shows which figures, with its finding in words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from eutopia.web.dialogue.selectors import GroupView, ReasonView, StepView, TallyView
from eutopia.web.loop.selectors import AccountView
from eutopia.web.portal import figures, words
from eutopia.web.portal.charts import Chart, Series
from eutopia.web.programmes.selectors import CandidateView, ProgrammeView
from eutopia.web.upkeep.selectors import ClassCondition, UpkeepView
from eutopia.web.works.selectors import MeasureOutcome, OutcomeView


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a ranking: its name, its reading, its share of the longest (0 to 100)."""

    name: str
    reading: str
    share: float
    href: str = ""


def ranking(rows: list[tuple[str, float, str, str]]) -> tuple[Bar, ...]:
    """How do rows of name, value, reading and address rank?"""
    top = max((abs(value) for _name, value, _r, _h in rows), default=0) or 1
    return tuple(
        Bar(name, reading, abs(value) / top * 100, href) for name, value, reading, href in rows
    )


def reports_by_month(by_month: tuple[tuple[date, int, int], ...]) -> Chart:
    """How many reports came and were closed, month by month?"""
    say = ""
    if by_month:
        most = max(by_month, key=lambda row: row[1])
        say = _("Most came in %(month)s: %(n)s.") % {
            "month": figures.month(most[0]),
            "n": figures.count(most[1]),
        }
    return Chart(
        id="by-month",
        kind="lines",
        title=_("Reports by month"),
        say=say,
        over=_("Month"),
        categories=tuple(figures.month(m) for m, _o, _c in by_month),
        short=tuple(figures.month(m, short=True) for m, _o, _c in by_month),
        series=(
            Series(_("Opened"), tuple(float(o) for _m, o, _c in by_month)),
            Series(_("Closed"), tuple(float(c) for _m, _o, c in by_month)),
        ),
        csv=reverse("portal:download", args=["reports"]),
    )


def problem_by_month(by_month: tuple[tuple[date, int], ...]) -> Chart:
    """How many reports spoke for a problem, month by month?"""
    return Chart(
        id="by-month",
        kind="columns",
        title=_("Reports by month"),
        say="",
        over=_("Month"),
        categories=tuple(figures.month(m) for m, _n in by_month),
        short=tuple(figures.month(m, short=True) for m, _n in by_month),
        series=(Series(_("Reports"), tuple(float(n) for _m, n in by_month)),),
    )


def money_by_year(programme: ProgrammeView) -> Chart:
    """Whose money is spent in which year?"""
    years = [y.year for y in programme.years]
    funds = list(dict.fromkeys((bar.fund, bar.title) for bar in programme.funds))
    spent = {(bar.fund, bar.year): float(bar.spent) for bar in programme.funds}
    return Chart(
        id="money",
        kind="stacked",
        title=_("Money by year and fund"),
        say=_("%(cost)s over %(years)s.")
        % {
            "cost": figures.money(programme.cost, programme.currency, short=True),
            "years": ngettext("%(n)s year", "%(n)s years", len(years)) % {"n": len(years)},
        },
        over=_("Year"),
        categories=tuple(str(year) for year in years),
        series=tuple(
            Series(title, tuple(spent.get((fund, year), 0.0) for year in years))
            for fund, title in funds
        ),
        money=programme.currency,
        csv=reverse("portal:download", args=["programme"]),
        how=reverse("portal:run", args=[programme.run_id]),
    )


def upkeep_by_year(programme: ProgrammeView) -> Chart:
    """Can the upkeep of what is built be paid?"""
    return Chart(
        id="upkeep",
        kind="columns",
        title=_("Yearly upkeep of what is built, and what the budget can carry"),
        say=_("A measure whose upkeep nobody will pay is not built."),
        over=_("Year"),
        categories=tuple(str(y.year) for y in programme.years),
        series=(
            Series(_("Upkeep added"), tuple(float(y.upkeep_added) for y in programme.years)),
            Series(
                _("Limit"),
                tuple(
                    None if y.upkeep_limit is None else float(y.upkeep_limit)
                    for y in programme.years
                ),
            ),
        ),
        money=programme.currency,
        how=reverse("portal:run", args=[programme.run_id]),
    )


@dataclass(frozen=True, slots=True)
class BudgetCell:
    """One fund in one year: what it has, what is spent, and how full that makes it."""

    year: int
    available: Decimal
    spent: Decimal
    share: float


@dataclass(frozen=True, slots=True)
class BudgetRow:
    """One fund over the years."""

    title: str
    cells: tuple[BudgetCell, ...]
    available: Decimal
    spent: Decimal


def budget(programme: ProgrammeView) -> tuple[BudgetRow, ...]:
    """How much has each fund in each year, and how much of it is spent?

    A year has what was carried over into it besides its own money; the row counts own money once.
    """
    funds = dict.fromkeys((bar.fund, bar.title) for bar in programme.funds)
    known = {(bar.fund, bar.year): bar for bar in programme.funds}
    rows = []
    for fund, title in funds:
        cells = []
        for year in programme.years:
            bar = known.get((fund, year.year))
            has, spent = (bar.spent + bar.left, bar.spent) if bar else (Decimal(0), Decimal(0))
            full = min(100.0, float(spent / has * 100)) if has else 100.0 if spent else 0.0
            cells.append(BudgetCell(year.year, has, spent, round(full, 1)))
        rows.append(
            BudgetRow(
                title,
                tuple(cells),
                sum((bar.available for bar in programme.funds if bar.fund == fund), Decimal(0)),
                sum((c.spent for c in cells), Decimal(0)),
            )
        )
    return tuple(rows)


def promises_by_state(account: AccountView) -> tuple[Bar, ...]:
    """How many promises were kept?"""
    p = account.promises
    rows = (
        ("kept", p.kept),
        ("made", p.made),
        ("late", p.late),
        ("broken", p.broken),
        ("withdrawn", p.withdrawn),
    )
    return ranking([(words.word("promise", s), n, figures.count(n), "") for s, n in rows if n])


def refusals(programme: ProgrammeView) -> tuple[Bar, ...]:
    """Why were candidates refused, most frequent first?"""
    page = reverse("portal:projects")
    return ranking(
        [
            (
                words.word("reason", code),
                n,
                f"{figures.count(n)} · {figures.money(cost, programme.currency, short=True)}",
                f"{page}?show=refused&reason={code}",
            )
            for code, n, cost in programme.refusals
        ]
    )


def districts(programme: ProgrammeView) -> tuple[Bar, ...]:
    """How much money goes to which district?"""
    page = reverse("portal:projects")
    return ranking(
        [
            (
                name or code,
                float(money),
                f"{figures.money(money, programme.currency, short=True)} · {figures.count(n)}",
                f"{page}?district={code}",
            )
            for code, name, money, n in programme.by_district
        ]
    )


def forecast(condition: ClassCondition) -> Chart:
    """Where does the condition of a class go if nothing is renewed?"""
    return Chart(
        id=f"forecast-{condition.asset_class}",
        kind="lines",
        title=_("Mean condition if nothing is renewed"),
        say="",
        over=_("Year"),
        categories=tuple(str(year) for year, _m, _w in condition.forecast),
        series=(Series(_("Mean condition, of 100"), tuple(m for _y, m, _w in condition.forecast)),),
        digits=1,
    )


def owed_by_month(periods: tuple[tuple[date, Decimal], ...], currency: str) -> Chart:
    """How much is owed back for each month?"""
    return Chart(
        id="owed",
        kind="columns",
        title=_("Owed back by month"),
        say="",
        over=_("Month"),
        categories=tuple(figures.month(m) for m, _v in periods),
        short=tuple(figures.month(m, short=True) for m, _v in periods),
        series=(Series(_("Owed back"), tuple(float(v) for _m, v in periods)),),
        money=currency,
    )


def sides(view: CandidateView) -> tuple[Bar, ...]:
    """For whom is a project's benefit?"""
    whole = sum((share for _side, share in view.sides), Decimal(0)) or Decimal(1)
    return tuple(
        Bar(
            words.word("side", side),
            f"{figures.percent(share / whole)} · "
            + figures.money(view.line.benefit * share / whole, view.currency, short=True),
            float(share / whole * 100),
        )
        for side, share in view.sides
    )


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a count: what it chose, who paid, how much money is spent by then."""

    step: StepView
    share_before: float
    share: float
    each: str
    """What each supporter paid on average, where the rule makes supporters pay."""


def tally_steps(tally: TallyView | None, currency: str) -> tuple[Rung, ...]:
    """How did a rule come to its choice, step by step?"""
    if tally is None:
        return ()
    paid = {r.project.position: r for r in tally.reasons if r.payers}
    rungs = []
    before = 0.0
    for step in tally.steps:
        after = float(step.spent / tally.budget * 100) if tally.budget else 0.0
        each = ""
        why = paid.get(step.project.position)
        if why is not None and why.payment is not None:
            each = figures.money(why.payment, currency)
        rungs.append(Rung(step, before, max(0.0, after - before), each))
        before = after
    return tuple(rungs)


def served(tally: TallyView, names: dict[str, str]) -> tuple[Bar, ...]:
    """What share of each district's voters got none of theirs, the worst served first?"""
    rows = sorted(
        (g for g in tally.groups if g.name), key=lambda g: (-g.share_with_nothing, g.name)
    )
    named = {g.name: _("Others together") if g.name in "*-" else g.name for g in rows} | names
    return tuple(_with_nothing(g, named[g.name]) for g in rows)


def served_by_age(tally: TallyView) -> tuple[Bar, ...]:
    """What share of each band of ages got none of theirs, the youngest first?"""
    return tuple(_with_nothing(g, g.name.replace("-", "–")) for g in tally.ages)


def _with_nothing(group: GroupView, name: str) -> Bar:
    said = _("%(share)s of %(voters)s") % {
        "share": figures.percent(group.share_with_nothing),
        "voters": figures.count(group.voters),
    }
    return Bar(name, said, group.share_with_nothing * 100)


def nearly(tally: TallyView) -> tuple[ReasonView, ...]:
    """Which projects were not chosen, those nearest to it first?"""
    won = {step.project.position for step in tally.steps}
    rest = [one for one in tally.reasons if one.project.position not in won]
    return tuple(
        sorted(rest, key=lambda r: (r.more is None, r.more or 0, -r.supporters, r.project.position))
    )


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """What a measure changed: the change with its interval, and where they lie on a line."""

    title: str
    measure: str
    works: int
    outcome: OutcomeView
    change: str
    interval: str
    at: float
    low: float
    high: float


LEAST, MOST = 0.25, 4.0


def _along(ratio: float) -> float:
    """Where on a line of hundred, logarithmic from a quarter to four times, is a ratio?"""
    held = min(MOST, max(LEAST, ratio))
    return (math.log(held) - math.log(LEAST)) / (math.log(MOST) - math.log(LEAST)) * 100


def outcome_rows(outcomes: tuple[MeasureOutcome, ...]) -> tuple[OutcomeRow, ...]:
    """What did each measure change, on one line to compare?"""
    rows = []
    for o in outcomes:
        r = o.outcome
        known = r.ratio is not None and r.low is not None and r.high is not None
        rows.append(
            OutcomeRow(
                title=o.title,
                measure=o.measure,
                works=o.works,
                outcome=r,
                change=figures.change((r.ratio or 0) - 1) if known else "–",
                interval=f"{figures.change((r.low or 0) - 1)} … {figures.change((r.high or 0) - 1)}"
                if known
                else "",
                at=_along(r.ratio or 1) if known else 50.0,
                low=_along(r.low or LEAST) if known else 0.0,
                high=_along(r.high or MOST) if known else 0.0,
            )
        )
    return tuple(rows)


def before_after(outcome: OutcomeView) -> Chart:
    """How many events a year were there before and after, here and where nothing was done?"""

    def yearly(events: int, days: int) -> float | None:
        return events / days * 365.25 if days else None

    def against(events: int, days: int) -> float | None:
        # The comparison places are many: they are shown as an index, before = what it was here.
        base = yearly(outcome.comparison_before, outcome.days_before)
        here = yearly(outcome.before, outcome.days_before)
        now = yearly(events, days)
        if not base or here is None or now is None:
            return None
        return now / base * here

    return Chart(
        id="before-after",
        kind="columns",
        title=_("Events a year, before and after"),
        say=_("The comparison is scaled to the same start: what would have been without the work."),
        over=_("Period"),
        categories=(_("Before"), _("After")),
        series=(
            Series(
                _("Here"),
                (
                    yearly(outcome.before, outcome.days_before),
                    yearly(outcome.after, outcome.days_after),
                ),
            ),
            Series(
                _("Where nothing was done"),
                (
                    against(outcome.comparison_before, outcome.days_before),
                    against(outcome.comparison_after, outcome.days_after),
                ),
            ),
        ),
        digits=1,
        how=reverse("portal:run", args=[outcome.run_id]),
    )


@dataclass(frozen=True, slots=True)
class ConditionRow:
    """The state of one class: its bands as shares of a hundred, from worn to sound."""

    name: str
    condition: ClassCondition
    bands: tuple[tuple[float, float], ...]
    """Start and width of each band."""


def condition_rows(view: UpkeepView) -> tuple[ConditionRow, ...]:
    """In what condition are the classes, side by side?"""
    rows = []
    for c in view.classes:
        whole = sum(c.bands) or 1
        at = 0.0
        bands = []
        for n in c.bands:
            bands.append((round(at, 2), round(n / whole * 100, 2)))
            at += n / whole * 100
        rows.append(ConditionRow(words.word("asset", c.asset_class), c, tuple(bands)))
    return tuple(rows)
