"""Words for the codes of programmes: aims, reasons, gates, pins, what was done by hand."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

_OBJECTIVE = {
    "benefit": _("Most benefit for the money there is"),
    "net": _("Most benefit less all costs"),
    "fair_districts": _("The worst-off district first, then the most benefit"),
    "fair_sides": _("The worst-off of the three sides first, then the most benefit"),
    "nash": _("A fair balance between districts (Nash)"),
    "nash_sides": _("A fair balance between the three sides (Nash)"),
    "lexicographic": _("Several aims, one after another"),
}
_AIM = {
    "benefit": _("As much benefit as the money buys, whoever gets it."),
    "net": _("Only what brings more than it costs to build and to keep."),
    "fair_districts": _(
        "The district that gets least of what it could is lifted first; then the most benefit."
    ),
    "fair_sides": _(
        "Of residents, business and municipality, whoever gets least is lifted first; then the"
        " most benefit."
    ),
    "nash": _(
        "Nobody is forgotten: one district's loss of a tenth weighs as much as another's gain of"
        " a tenth."
    ),
    "nash_sides": _(
        "Nobody is forgotten: one side's loss of a tenth weighs as much as another's gain of a"
        " tenth."
    ),
    "lexicographic": _("You say what comes first, second and third; the most benefit comes last."),
}
_CRITERION = {
    "people": _("people reached"),
    "safety": _("safety"),
    "access": _("access without barriers"),
    "greenery": _("greenery"),
    "identity": _("identity of the place"),
    "fair_districts": _("the worst-off district"),
    "fair_sides": _("the worst-off side"),
    "net": _("benefit less all costs"),
}
_MANDATE = {
    "hard": _("They bind: what was voted for is built"),
    "soft": _("They weigh: what was voted for counts more"),
}
_MANDATED = {"hard": _("Mandated by a vote"), "soft": _("Favoured by a vote")}
_CHANGE = {
    "added": pgettext_lazy("change", "Brought in"),
    "edited": pgettext_lazy("change", "Edited"),
    "withdrawn": pgettext_lazy("change", "Taken back"),
    "restored": pgettext_lazy("change", "Let in again"),
    "mandated": pgettext_lazy("change", "Voted on"),
}
_FACT = {
    "title": _("name"),
    "quantity": _("quantity"),
    "cost": _("cost"),
    "benefit": _("benefit a year"),
    "gate": _("heritage gate"),
    "mandate": _("mandate of a vote"),
}
_OFFER = {
    "new": pgettext_lazy("offer", "Waits for a decision"),
    "taken": pgettext_lazy("offer", "Taken in"),
    "declined": pgettext_lazy("offer", "Declined"),
}
_ROBUST = {
    "core": _("Sure: in whatever the errors"),
    "borderline": _("Uncertain: errors of cost or effect decide"),
    "outside": _("Out whatever the errors"),
}
_WORK_GROUP = {
    "earthworks": _("earthworks"),
    "surface": _("surfaces"),
    "small_forms": _("small forms"),
    "lighting": _("lighting"),
    "planting": _("planting"),
    "tree_felling": _("felling of trees"),
    "signage": _("signs"),
    "demolition": _("demolition"),
    "new_building": _("new building"),
    "change_of_height": _("change of height"),
    "linear_network": _("networks"),
    "routine_maintenance": _("routine maintenance"),
}
_RULE_KIND = {
    "floor": _("Least share"),
    "upkeep": _("Limit of upkeep"),
    "crew": _("Crews"),
    "season": _("Crews by season"),
    "closure": _("Closing of a street"),
    "must": _("Must be in"),
    "must_in": _("Pinned to a year"),
    "must_not": _("Must be out"),
    "fund": _("Fund"),
}
_EDITED = {
    "objective": _("the aim"),
    "weights": _("the weights"),
    "funds": _("the money"),
    "upkeep": _("the limits of upkeep"),
    "floors": _("the least shares"),
    "mandates": _("the mandates"),
    "pins": _("the pins"),
}
_PROGRAMME = {
    "draft": pgettext_lazy("programme", "Draft"),
    "published": pgettext_lazy("programme", "Published"),
    "superseded": pgettext_lazy("programme", "Superseded"),
}
_REASON = {
    "chosen": _("Chosen"),
    "mandated": _("Mandated"),
    "budget": _("No money left"),
    "upkeep_unfunded": _("Upkeep is not funded"),
    "heritage_forbidden": _("Heritage: forbidden"),
    "heritage_lead_time": _("Heritage: approval takes too long"),
    "excluded_by": _("Another measure at the place excludes it"),
    "requires_missing": _("What it needs was not chosen"),
    "floor_displaced": _("Gave way to a district's least share"),
    "crew_full": _("No crew free"),
    "no_benefit": _("Benefit does not cover the cost"),
    "pinned_out": _("Taken out by hand"),
    "too_late": _("Cannot begin within the programme"),
    "precedence": _("Another measure must come first"),
    "outweighed": _("Outweighed by works that bring more"),
    "conflict": _("The rules contradict one another"),
    "counted_twice": _("Its benefit is already counted"),
    "closed_once": _("Its street is closed in other years"),
    "priority": _("A criterion that comes first would lose"),
    "stopped": _("Time ran out"),
}
_GATE = {
    "allow": _("May go ahead"),
    "allow_with_conditions": _("May go ahead with conditions"),
    "needs_approval": _("Approval required"),
    "forbid": _("Forbidden at this place"),
}

PLAN_WORDS: dict[str, dict[str, Any]] = {
    "objective": _OBJECTIVE,
    "aim": _AIM,
    "criterion": _CRITERION,
    "mandate": _MANDATE,
    "offer": _OFFER,
    "mandated": _MANDATED,
    "change": _CHANGE,
    "fact": _FACT,
    "robust": _ROBUST,
    "rule_kind": _RULE_KIND,
    "edited": _EDITED,
    "work_group": _WORK_GROUP,
    "programme": _PROGRAMME,
    "reason": _REASON,
    "gate": _GATE,
}
