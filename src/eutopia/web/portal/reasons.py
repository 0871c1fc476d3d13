"""Sentences for the reasons a candidate is in or out: the fullest first, the barest last."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "chosen": (
        _("It is in the programme for {year}: every unit of money brings {ratio} of benefit."),
        _("It is in the programme for {year}."),
        _("It is in the programme."),
    ),
    "mandated": (_("It was decided by a vote and must be built."),),
    "budget": (
        _("The money went to works that bring more for it: {others}."),
        _("The money went to works that bring more for it."),
    ),
    "upkeep_unfunded": (
        _("It would need {upkeep} of upkeep a year; only {left} is left for that."),
        _("The yearly upkeep it would need is not funded."),
    ),
    "heritage_forbidden": (_("Protection of heritage forbids these works at this place."),),
    "heritage_lead_time": (
        _("The approval it needs takes until {year}, beyond the programme's years."),
        _("The approval it needs takes longer than the programme runs."),
    ),
    "excluded_by": (
        _("Another measure chosen at the same place excludes it: {others}."),
        _("Another measure chosen at the same place excludes it."),
    ),
    "requires_missing": (
        _("It cannot be built without {others}, which was not chosen."),
        _("It cannot be built without another measure that was not chosen."),
    ),
    "floor_displaced": (
        _("It gave way so that every district gets its least share of the money."),
    ),
    "crew_full": (_("All crews for such works are taken in the years it could be built."),),
    "no_benefit": (
        _("Its benefit ({value}) does not cover its cost ({cost})."),
        _("Its benefit over its whole life does not cover its cost."),
    ),
    "pinned_out": (_("Planners took it out by hand; the log says who and when."),),
    "too_late": (_("It cannot start within the programme's years."),),
}
