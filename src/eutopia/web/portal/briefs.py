"""A problem on paper, for a meeting: what, why, at what cost, what is planned, what to decide."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from eutopia.web.foundation.papers import pdf
from eutopia.web.portal import figures, words
from eutopia.web.problems.selectors import ChangeView, CostView, ProblemView
from eutopia.web.programmes.selectors import CandidateLine
from eutopia.web.territory.selectors import TerritoryView

_MONTHS = 36
_LATEST = 8


def problem_brief(
    town: TerritoryView, view: ProblemView, planned: Sequence[CandidateLine], *, address: str
) -> bytes:
    """Which PDF puts this problem before a meeting, in the reader's language?

    Parameters
    ----------
    planned
        Measures weighed against it.
    address
        Of its page, printed at the end so that everything can be checked.
    """
    line, cost = view.line, view.cost
    months = view.by_month[-_MONTHS:]
    most = max((n for _m, n in months), default=0)
    content = {
        "language": get_language() or "en",
        "label": _("Problem %(label)s") % {"label": line.label},
        "title": line.title,
        "place": ", ".join(part for part in (line.place, line.district_name) if part),
        "cost": figures.money(cost.total, cost.currency, short=True),
        "cost-interval": _("if nothing is done (80%% certain: %(low)s to %(high)s)")
        % {
            "low": figures.money(cost.low, cost.currency, short=True),
            "high": figures.money(cost.high, cost.currency, short=True),
        },
        "cost-how": _(
            "Over %(years)s years at %(repeats)s events a year, discounted by %(rate)s a year:"
            " %(own)s of the municipality's money, %(residents)s of residents' time."
        )
        % {
            "years": cost.horizon_years,
            "repeats": figures.number(cost.repeats_per_year),
            "rate": figures.percent(cost.discount_rate, 1),
            "own": figures.money(cost.response, cost.currency, short=True),
            "residents": figures.money(cost.residents_time, cost.currency, short=True),
        }
        + _outages(cost),
        "facts-title": _("In short"),
        "facts": _facts(view),
        "months-title": _("Reports by month"),
        "months": [n / most if most else 0 for _m, n in months],
        "months-words": _months_words(months),
        **_why(view),
        **_planned(town, planned),
        "history-title": _("History"),
        "history": [_change(one) for one in view.history[-_LATEST:]],
        "decide-title": _("To decide"),
        "decide": [_("What is done"), _("Who does it"), _("By when")],
        "address": address,
        "foot": f"{town.name} · {figures.day(town.as_of)}",
    }
    as_of = datetime.combine(town.as_of, time.min, ZoneInfo(town.time_zone))
    return pdf("problem_brief", content, as_of=as_of)


def _outages(cost: CostView) -> str:
    spent = (cost.given_back or 0) + (cost.call_outs or 0)
    if not spent:
        return ""
    told = figures.money(Decimal(spent), cost.currency, short=True)
    return " " + _("For outages, money back to residents and crews sent: %(sum)s.") % {"sum": told}


def _facts(view: ProblemView) -> list[list[str]]:
    line = view.line
    facts = [
        [_("State"), words.word("state", line.state)],
        [_("Whose it is"), line.owner_name or "–"],
        [_("Reports"), figures.count(line.reports)],
        [_("Events without duplicates"), figures.count(line.events)],
        [_("Came back after closing"), figures.count(line.recurrences)],
        [_("People affected"), figures.count(line.people_affected)],
        [_("First seen"), figures.day(line.first_seen)],
        [_("Last seen"), figures.day(line.last_seen)],
        [_("Change a year"), figures.change(line.trend)],
        [_("Severity"), figures.percent(line.severity)],
    ]
    if view.certainty is not None:
        facts.append([_("Staff would confirm it"), figures.percent(view.certainty)])
    return facts


def _months_words(months: Sequence[tuple[date, int]]) -> str:
    if not months:
        return _("No report has a month.")
    most = max(months, key=lambda row: row[1])
    return _("%(first)s to %(last)s; most in %(month)s: %(n)s.") % {
        "first": figures.month(months[0][0]),
        "last": figures.month(months[-1][0]),
        "month": figures.month(most[0]),
        "n": figures.count(most[1]),
    }


def _why(view: ProblemView) -> dict[str, object]:
    return {
        "evidence-title": _("What speaks for it"),
        "evidence-head": [_("Evidence"), _("Measured"), _("Weight")],
        "evidence": [
            [
                words.word("evidence", e.kind),
                words.measured(e.measure, e.unit),
                figures.percent(e.weight),
            ]
            for e in view.evidence
        ],
        "causes-title": _("What may be behind it"),
        "causes-head": [_("Cause"), _("Likelihood")],
        "causes": [
            [
                words.word("cause", c.cause)
                + (f" ({words.word('asset', c.asset_class)})" if c.asset_class else ""),
                figures.percent(c.likelihood),
            ]
            for c in view.causes
        ],
    }


def _planned(town: TerritoryView, planned: Sequence[CandidateLine]) -> dict[str, object]:
    def said(line: CandidateLine) -> str:
        if line.chosen:
            return _("In the programme for %(year)s") % {"year": line.year}
        if line.main_reason:
            return words.reason(line.main_reason, town.currency)
        return _("Not in the programme")

    return {
        "planned-title": _("What is planned"),
        "planned-none": _("No measure of the catalogue fits this problem at this place."),
        "planned-head": [_("Measure"), _("Cost"), _("Decision")],
        "planned": [
            [one.title, figures.money(one.cost, town.currency, short=True), said(one)]
            for one in planned
        ],
    }


def _change(one: ChangeView) -> list[str]:
    what = " ".join([words.word("change", one.kind), *(f"P-{n}" for n in one.others)])
    by = words.word("role", one.role) if one.role else _("Diagnosis")
    return [figures.day(one.on), ". ".join(part for part in (f"{by}: {what}", one.reason) if part)]
