"""What is said of outages, calls and crews, in words."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

OUTAGE_WORDS: dict[str, dict[str, str | Promise]] = {
    "boundary": {
        "outer_wall": _("up to the outer wall of the building"),
        "building_meter": _("up to the building's meter"),
        "dwelling": _("up to the dwelling"),
        "site": _("at the container site"),
    },
    "story": {
        "begun": _("Begun at the desk"),
        "confirmed": _("Confirmed at the desk"),
        "promised": _("The end is promised"),
        "crew_sent": _("A crew is sent"),
        "crew_arrived": _("The crew is at the place"),
        "crew_done": _("The crew is done"),
        "localised": _("The damage is cut off"),
        "told": _("Callers are told"),
        "ended": _("The service is back"),
        "corrected": _("What is known was corrected"),
        "note": _("Note"),
    },
    "call_clock": {
        "respond": _("Answer the call"),
        "call_back": _("Call back"),
        "inform": _("Tell by when it will be mended"),
        "inspect": _("Look at the place"),
        "temporary_fix": _("Cut the damage off"),
        "resolve": _("Mend it"),
    },
    "span": {
        "1h": _("1 hour"),
        "6h": _("6 hours"),
        "24h": _("24 hours"),
    },
    "outage_cause": {
        "worn_pipe": _("a worn pipe"),
        "burst": _("a burst pipe"),
        "valve": _("a faulty valve"),
        "third_party": _("damage by others"),
        "storm": _("a storm"),
        "equipment": _("faulty equipment"),
        "damaged_cable": _("a damaged cable"),
        "tree_contact": _("a tree on the line"),
        "overload": _("overload"),
        "blockage": _("a blockage"),
        "collapse": _("a collapse"),
        "grease": _("grease in the sewer"),
        "leak": _("a leak"),
        "no_vehicle": _("no vehicle"),
        "blocked_access": _("blocked access"),
        "missed_route": _("a missed route"),
        "maintenance": _("planned upkeep"),
        "meter": _("measured by a meter"),
        "": pgettext_lazy("cause", "not known yet"),
    },
}
