"""Which charts show the systemic indicators and how long closures hold."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from eutopia.web.portal import figures
from eutopia.web.portal.charts import Chart, Series
from eutopia.web.portal.graphs import Bar, ranking
from eutopia.web.problems.selectors import RecurrenceView, SystemicView


def _percent(share: float | None) -> float | None:
    return None if share is None else round(share * 100, 1)


def shares_by_month(view: SystemicView) -> Chart:
    """Which share of the reports has a known problem behind it, which of the events repeats?"""
    return Chart(
        id="shares",
        kind="lines",
        title=_("Explained and repeated, per cent"),
        say="",
        over=_("Month"),
        categories=tuple(figures.month(m.month) for m in view.months),
        short=tuple(figures.month(m.month, short=True) for m in view.months),
        series=(
            Series(
                _("Reports that a known problem explains"),
                tuple(_percent(m.explained_share) for m in view.months),
            ),
            Series(
                _("Events that repeat what was closed"),
                tuple(_percent(m.repetition_rate) for m in view.months),
            ),
        ),
        digits=1,
        csv=reverse("portal:download", args=["systemic"]),
        how=reverse("portal:run", args=[view.run_id]),
    )


def repeats_by_month(view: SystemicView, currency: str) -> Chart:
    """What did answering repeats take, month by month?"""
    return Chart(
        id="repeats",
        kind="columns",
        title=_("What answering repeats took"),
        say="",
        over=_("Month"),
        categories=tuple(figures.month(m.month) for m in view.months),
        short=tuple(figures.month(m.month, short=True) for m in view.months),
        series=(Series(_("Cost of repetition"), tuple(float(m.repeat_cost) for m in view.months)),),
        money=currency,
        csv=reverse("portal:download", args=["systemic"]),
        how=reverse("portal:run", args=[view.run_id]),
    )


def holding(view: RecurrenceView) -> Chart:
    """Which share of closures still holds after so many days?"""
    say = _("%(share)s of closures came back within 180 days (95 %% certain: %(low)s to %(high)s).")
    told = say % {
        "share": figures.percent(view.share),
        "low": figures.percent(view.low),
        "high": figures.percent(view.high),
    }
    if view.median_days is not None:
        told += " " + ngettext(
            "Half are back within %(n)s day.", "Half are back within %(n)s days.",
            round(view.median_days),
        ) % {"n": figures.count(round(view.median_days))}  # fmt: skip
    return Chart(
        id="holding",
        kind="lines",
        title=_("Closures that still hold, per cent"),
        say=told,
        over=_("Days after closing"),
        categories=tuple(figures.count(round(day)) for day in view.days),
        series=(
            Series(_("Still hold"), tuple(_percent(v) for v in view.holding)),
            Series(_("At least (95 %)"), tuple(_percent(low) for low, _h in view.band)),
            Series(_("At most (95 %)"), tuple(_percent(high) for _l, high in view.band)),
        ),
        digits=1,
        csv=reverse("portal:download", args=["recurrence"]),
        how=reverse("portal:run", args=[view.run_id]),
    )


def by_organisation(rows: Sequence[RecurrenceView]) -> tuple[Bar, ...]:
    """At whose hands do closures come back most often? Those with twenty closures or more."""
    told = sorted(
        (r for r in rows if r.closures >= 20 and r.code), key=lambda r: (-r.share, r.title)
    )
    return ranking(
        [
            (
                r.title,
                r.share,
                f"{figures.percent(r.share)} ({figures.percent(r.low)}–{figures.percent(r.high)})",
                "",
            )
            for r in told
        ]
    )
