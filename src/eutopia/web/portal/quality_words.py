"""How indices read: the places with their intervals, the bars of an indicator, words for codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from eutopia.web.portal import figures, words
from eutopia.web.portal.graphs import Bar, ranking
from eutopia.web.quality.selectors import IndicatorView, PlaceView

SCORING: Mapping[str, str | Promise] = MappingProxyType(
    {
        "minmax": _(
            "The best district gets all the points, the worst none, the others in between; "
            "outliers are pulled in before."
        ),
        "quantile_bins": _("Points by place among the districts, in whole steps."),
        "fixed_bands": _("Points by fixed bands, each unit by itself."),
        "none": _("Values are shown, nothing is judged."),
    }
)
MEASURE: Mapping[str, str | Promise] = MappingProxyType(
    {
        "open_ground_share": _("open ground and streets, of the built-up area"),
        "residents_near_spaces": _("residents near such spaces, on foot"),
        "residents_near_assets": _("residents near such things, on foot"),
        "street_length_near_assets": _("length of streets with such things nearby"),
        "space_per_resident": _("area of such spaces by residents"),
        "heritage_per_hectare": _("objects of heritage on a hectare"),
        "assets_per_hectare": _("such things on a hectare"),
        "asset_condition": _("mean condition of such things"),
        "reports_per_1000": _("reports by residents"),
        "days_to_close": _("median of days until closing"),
        "outages_per_home": _("unplanned outages of an average home"),
        "hours_per_outage": _("hours of an average outage"),
        "outage_hours_per_home": _("hours without the service of an average home"),
    }
)
_PARAMETER: Mapping[str, str | Promise] = MappingProxyType(
    {
        "spaces": pgettext_lazy("measure", "spaces"),
        "assets": pgettext_lazy("measure", "things"),
        "streets": pgettext_lazy("measure", "streets"),
        "within_m": pgettext_lazy("measure", "within, m"),
        "built_within_m": pgettext_lazy("measure", "built-up: within, m"),
        "street_widths": pgettext_lazy("measure", "widths of streets, m"),
        "square_metres": pgettext_lazy("measure", "square metres"),
        "residents": pgettext_lazy("measure", "residents"),
        "service": pgettext_lazy("measure", "service"),
        "days": pgettext_lazy("measure", "days"),
    }
)
_CODE: Mapping[str, str | Promise] = MappingProxyType(
    {
        "park": _("park"),
        "pocket_park": _("small garden"),
        "square": _("town square"),
        "embankment": _("riverside"),
        "boulevard": _("boulevard"),
        "arterial": _("main road"),
        "collector": _("district road"),
        "local": _("local street"),
        "driveway": _("driveway"),
        "footway": _("footpath"),
    }
)


def parameters(given: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """How do a measure's parameters read?"""
    return tuple((str(_PARAMETER.get(name, name)), _listed(name, value)) for name, value in given)


def _listed(name: str, value: str) -> str:
    found = []
    for part in value.split(", "):
        code, colon, rest = part.partition(": ")
        if name == "assets":
            word = words.word("asset", code)
        elif name == "service":
            word = words.word("service", code)
        else:
            word = str(_CODE.get(code, code))
        found.append(word + colon + rest)
    return ", ".join(found)


@dataclass(frozen=True, slots=True)
class RankSpan:
    """A district's place with its interval, from the first place (0) to the last (100)."""

    place: PlaceView
    low: float
    high: float
    at: float


def spans(places: Sequence[PlaceView]) -> tuple[RankSpan, ...]:
    """Where on the line do the districts stand? Those with a place and its interval only."""
    ranked = [p for p in places if p.rank and p.low is not None and p.high is not None]
    step = 100 / max(1, len(ranked) - 1)
    return tuple(
        RankSpan(p, ((p.low or 1) - 1) * step, ((p.high or 1) - 1) * step, (p.rank - 1) * step)
        for p in ranked
    )


def bars(view: IndicatorView) -> tuple[Bar, ...]:
    """How do the districts compare in an indicator, the greatest first?"""
    known = [v for v in view.values if v.unit and v.value is not None]
    rows = [
        (v.name, v.value or 0.0, figures.brief(v.value), reverse("portal:area", args=[v.unit]))
        for v in sorted(known, key=lambda v: -(v.value or 0.0))
    ]
    return ranking(rows)
