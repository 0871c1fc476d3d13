"""What providers are compared by, and how they stand, in words."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PROVIDER_WORDS: dict[str, dict[str, str | Promise]] = {
    "compared_by": {
        "complaints": _("Complaints"),
        "late_answers": _("Late answers"),
        "short_lived_closures": _("Closures that did not last"),
    },
    "compared_how": {
        "complaints": _(
            "Complaints about the buildings it keeps, beside those expected of anybody with as"
            " many dwellings in houses of the same age and height."
        ),
        "late_answers": _(
            "Reports not closed by their deadline, beside those expected with reports of the same"
            " kinds: nobody is blamed for being given the slow ones."
        ),
        "short_lived_closures": _(
            "Closures after which the report was sent back, or the same was reported within 50 m"
            " and 30 days, beside those expected with reports of the same kinds."
        ),
    },
    "standing": {
        "as_expected": _("As expected"),
        "more_than_expected": _("More than expected"),
        "far_more_than_expected": _("Far more than expected"),
        "fewer_than_expected": _("Fewer than expected"),
        "far_fewer_than_expected": _("Far fewer than expected"),
    },
    "organisation": {
        "housing_manager": _("Housing managers"),
        "resource_supplier": _("Suppliers"),
        "municipal_service": _("Municipal services"),
        "contractor": _("Contractors"),
        "business": _("Businesses"),
        "department": _("Departments"),
    },
}

PROVIDER_MARKS: dict[str, dict[str, tuple[str, str]]] = {
    "standing": {
        "as_expected": ("", "minus-circle"),
        "more_than_expected": ("wait", "trend-up"),
        "far_more_than_expected": ("bad", "trend-up"),
        "fewer_than_expected": ("good", "trend-down"),
        "far_fewer_than_expected": ("good", "trend-down"),
    },
}
