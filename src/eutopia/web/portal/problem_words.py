"""What is said of problems: their states, evidence, causes, history, the quality of data."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

PROBLEM_WORDS: dict[str, dict[str, str | Promise]] = {
    "state": {
        "found": _("Found by diagnosis"),
        "confirmed": pgettext_lazy("problem", "Confirmed"),
        "rejected": pgettext_lazy("problem", "Rejected"),
        "merged": pgettext_lazy("problem", "Merged with another"),
        "planned": pgettext_lazy("problem", "In the programme"),
        "solved": pgettext_lazy("problem", "Solved"),
    },
    "evidence": {
        "reports": _("Reports"),
        "recurrence": _("It comes back after closing"),
        "cluster": _("A cluster in place and time"),
        "condition": _("Condition of the asset"),
        "inspection": _("Inspection"),
        "interruption": _("Interruptions of a service"),
    },
    "cause": {
        "worn_asset": _("A worn asset"),
        "poor_repair": _("Repairs that do not last"),
        "network_failure": _("A failing network"),
        "drainage": _("Drainage"),
        "behaviour": _("Behaviour"),
        "weather": _("Weather"),
        "works_nearby": _("Works nearby"),
        "unknown": _("Not known"),
    },
    "change": {
        "found": pgettext_lazy("history", "Found"),
        "ended": pgettext_lazy("history", "No longer found"),
        "returned": pgettext_lazy("history", "Found again"),
        "merged": pgettext_lazy("history", "Took in"),
        "split": pgettext_lazy("history", "Split off from"),
        "confirmed": pgettext_lazy("history", "Confirmed"),
        "rejected": pgettext_lazy("history", "Rejected"),
        "corrected": pgettext_lazy("history", "Corrected"),
        "joined": pgettext_lazy("history", "Merged into"),
        "parted": pgettext_lazy("history", "Reports taken apart"),
        "inspected": pgettext_lazy("history", "Inspected"),
    },
    "quality": {
        "no_time": _("No time"),
        "no_place": _("No place"),
        "default_point": _("One point under many addresses: a default place"),
        "crowded_point": _("A crowd at one point"),
        "duplicate": _("A duplicate of an earlier report"),
        "rare_type": _("Of a kind too rare to be scanned"),
        "flood": _("A flood: the same again and again within an hour"),
        "burst": _("Far more than usual at once, everywhere: a bot or a storm"),
        "renamed_type": _("A type renamed half-way"),
        "clock_shift": _("Clocks in another time zone"),
    },
    "treatment": {
        "set_aside": _("set aside"),
        "placeless": _("the place is not used"),
        "one_event": _("taken for one event"),
        "named": _("named, used as it is"),
    },
    "set_right": {
        "problem_type": _("Problem type"),
        "place": _("Place"),
        "owner": _("Whose it is"),
        "radius_m": _("Extent, m"),
        "cause": _("Cause"),
        "condition": _("Condition, of 100"),
        "reports": _("Reports"),
        "confirmed": pgettext_lazy("inspection", "Seen"),
    },
}
