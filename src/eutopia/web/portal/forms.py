"""The report form. What is right and wrong is the service's to say; here its codes get words."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from eutopia.web.reports.selectors import TypeView

REFUSED = {
    ("problem_type", "missing"): _("Choose what kind of problem it is."),
    ("problem_type", "unknown"): _(
        "This kind of problem is not known here: choose one of the list."
    ),
    ("text", "missing"): _("Say in a few words what is wrong."),
    ("text", "too_long"): _("This is too long: 4,000 characters are taken."),
    ("place", "missing"): _("Say where it is: write a street and house, or tap the map."),
    ("place", "outside"): _("This place is outside the town: choose one on the map."),
    ("", "too_many"): _(
        "Too many reports came from here just now: try again in a quarter of an hour."
    ),
}
_FIELD = {"place": "address", "": None}


class ReportForm(forms.Form):
    """What, where, in which words; a contact only from who wants an answer."""

    problem_type = forms.ChoiceField(
        label=_("What kind of problem is it?"),
        error_messages={
            "required": REFUSED["problem_type", "missing"],
            "invalid_choice": REFUSED["problem_type", "unknown"],
        },
    )
    text = forms.CharField(
        label=_("What is wrong?"),
        widget=forms.Textarea(attrs={"rows": 5}),
        max_length=4000,
        error_messages={
            "required": REFUSED["text", "missing"],
            "max_length": REFUSED["text", "too_long"],
        },
    )
    address = forms.CharField(label=_("Where is it?"), max_length=200, required=False)
    lon = forms.FloatField(required=False, widget=forms.HiddenInput)
    lat = forms.FloatField(required=False, widget=forms.HiddenInput)
    contact = forms.CharField(
        label=_("Where may an answer be sent?"), max_length=200, required=False
    )

    def __init__(self, data: Any = None, *, types: tuple[TypeView, ...]) -> None:
        super().__init__(data)
        choice = self.fields["problem_type"]
        assert isinstance(choice, forms.ChoiceField)  # noqa: S101 - tells the type checker
        ranked = sorted(types, key=lambda t: t.title.casefold())
        choice.choices = [("", _("Choose")), *((t.code, t.title) for t in ranked)]

    def take_refusal(self, fields: tuple[tuple[str, str], ...]) -> None:
        """Put the service's codes into words beside their fields."""
        for field, code in fields:
            words = REFUSED.get((field, code), _("This cannot be taken as it is."))
            self.add_error(_FIELD.get(field, field), str(words))
