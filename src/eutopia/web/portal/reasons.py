"""Sentences for the reasons a candidate is in or out: the fullest first, the barest last."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "chosen": (
        _("It is in the programme for {year}: every unit of money brings {ratio} of benefit."),
        _("It is in the programme for {year}."),
        _("It is in the programme."),
    ),
    "mandated": (_("It was decided by a vote or put in by hand, and must be built."),),
    "budget": (
        _("The money of {year} falls {missing} short; it went to works that bring more for it."),
        _("No fund may pay for it: {missing} would be needed."),
        _("The money went to works that bring more for it."),
    ),
    "upkeep_unfunded": (
        _("It would need {upkeep} of upkeep a year, and nobody will pay for that."),
        _("The upkeep of {year} is used up by works that bring more."),
        _("The yearly upkeep it would need is not funded."),
    ),
    "heritage_forbidden": (_("Protection of heritage forbids these works at this place."),),
    "heritage_lead_time": (
        _("The approval it needs lets it begin in {first_year}, after the programme's years."),
        _("The approval it needs takes longer than the programme runs."),
    ),
    "excluded_by": (_("Another measure chosen at the same place excludes it."),),
    "requires_missing": (_("It cannot be built without another measure that was not chosen."),),
    "precedence": (_("Another measure at the place must come first, and comes too late for it."),),
    "floor_displaced": (
        _("It gave way so that every district gets its least share of the money."),
    ),
    "crew_full": (
        _("All crews for such works are taken in {year}."),
        _("All crews for such works are taken."),
    ),
    "no_benefit": (
        _("Its benefit of {benefit} a year does not cover its cost."),
        _("Its benefit over its whole life does not cover its cost."),
    ),
    "outweighed": (
        _("It would fit in {year}, but only if works that bring more were left out."),
        _("It would fit only if works that bring more were left out."),
    ),
    "pinned_out": (_("Planners took it out by hand; the log says who and when."),),
    "too_late": (
        _("It cannot begin before {first_year}, after the programme's years."),
        _("It cannot begin within the programme's years."),
    ),
    "conflict": (_("The rules of the programme cannot all hold at once."),),
    "counted_twice": (
        _("Another measure already chosen brings the same benefit; it is not counted twice."),
    ),
    "closed_once": (_("Its street is closed for works in other years only."),),
    "priority": (_("It would take from a criterion that comes first."),),
    "stopped": (_("Time ran out before a programme was found."),),
}
