"""Forms of the desk. What is allowed is the services' to say; here their codes get words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from eutopia.web.reports.workflow import Transition

_REFUSED = {
    "no_such_step": ("to", _("A report in this status cannot take this step: reload the page.")),
    "note_missing": ("note", _("This step needs words to whoever reported.")),
    "evidence_missing": ("evidence", _("This step needs evidence from the place.")),
}


def refusal(code: str) -> tuple[str | None, str]:
    """Which field is at fault, in which words?"""
    field, words = _REFUSED.get(code, (None, _("This cannot be taken as it is.")))
    return field, str(words)


class StepForm(forms.Form):
    """One step of a report's way."""

    to = forms.ChoiceField(
        label=_("Next step"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a step.")},
    )
    note = forms.CharField(
        label=_("Words to whoever reported"),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=2000,
        required=False,
    )
    evidence = forms.CharField(
        label=_("What was seen at the place"), max_length=1000, required=False
    )

    def __init__(self, data: Any = None, *, steps: Sequence[Transition]) -> None:
        super().__init__(data)
        to = self.fields["to"]
        assert isinstance(to, forms.ChoiceField)  # noqa: S101 - tells the type checker
        to.choices = [(step.after, step.after) for step in steps]


class ReasonForm(forms.Form):
    """Why a decision was taken."""

    reason = forms.CharField(
        label=_("Reason (it will be public)"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=1000,
        required=False,
    )


class ReplyForm(forms.Form):
    """What a provider says to what is told of it."""

    measure = forms.ChoiceField(label=_("What the reply speaks of"), required=False)
    text = forms.CharField(
        label=_("Reply (it will be public as it stands)"),
        widget=forms.Textarea(attrs={"rows": 8}),
        max_length=4000,
        error_messages={"required": _("Write what you want to be read beside the figures.")},
    )

    def __init__(self, data: Any = None, *, subjects: Sequence[str]) -> None:
        super().__init__(data)
        measure = self.fields["measure"]
        assert isinstance(measure, forms.ChoiceField)  # noqa: S101 - tells the type checker
        measure.choices = [("", ""), *((code, code) for code in subjects)]


Choices = Sequence[tuple[str, str]]


class CorrectionForm(forms.Form):
    """What the engine has wrong of a problem. An empty field leaves the engine's word."""

    problem_type = forms.ChoiceField(label=_("Problem type"), required=False)
    cause = forms.ChoiceField(label=_("Cause"), required=False)
    owner = forms.ChoiceField(label=_("Whose it is"), required=False)
    place = forms.CharField(label=_("Place"), max_length=300, required=False)
    radius_m = forms.FloatField(label=_("Extent, m"), min_value=1, max_value=2_000, required=False)
    why = forms.CharField(
        label=_("Reason (it will be public)"),
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=1000,
        error_messages={"required": _("A problem is corrected for a reason: give it.")},
    )

    def __init__(
        self, data: Any = None, *, types: Choices, causes: Choices, owners: Choices, **given: Any
    ) -> None:
        super().__init__(data, **given)
        for name, choices in (("problem_type", types), ("cause", causes), ("owner", owners)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - tells the type checker
            field.choices = [("", _("as found")), *choices]


def numbers_in(given: str) -> list[str]:
    """Which numbers of reports stand in these words, each once?"""
    return list(dict.fromkeys(word for word in re.split(r"[\s,;]+", given) if word))


class MergeForm(forms.Form):
    """Which problems are one, and which other reports speak for it."""

    numbers = forms.CharField(
        label=_("Numbers of the problems"),
        max_length=1000,
        error_messages={"required": _("Give the numbers of the problems.")},
    )
    reports = forms.CharField(
        label=_("Numbers of reports that speak for it as well"), max_length=1000, required=False
    )
    why = forms.CharField(
        label=_("Reason (it will be public)"),
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=1000,
        error_messages={"required": _("Problems are merged for a reason: give it.")},
    )

    def clean_numbers(self) -> list[int]:
        """Numbers in the order given, each once; P-12, п-12 and 12 are the same."""
        words = re.split(r"[\s,;]+", str(self.cleaned_data["numbers"]).strip(" ,;"))
        found = [re.fullmatch(r"(?:[PpПп]-?)?(\d{1,9})", word) for word in words]
        for word, match in zip(words, found, strict=True):
            if match is None:
                raise forms.ValidationError(
                    _("“%(word)s” is no number of a problem: they read P-12."),
                    params={"word": word},
                )
        return list(dict.fromkeys(int(match[1]) for match in found if match))

    def clean_reports(self) -> list[str]:
        """Numbers as they were given, each once."""
        return numbers_in(self.cleaned_data["reports"])


class SameEventForm(forms.Form):
    """Which other reports tell of the same event, and why."""

    numbers = forms.CharField(label=_("Numbers of other reports"), max_length=1000, required=False)
    why = forms.CharField(
        label=_("Reason"),
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=1000,
        error_messages={"required": _("Reports are merged for a reason: give it.")},
    )

    def clean_numbers(self) -> list[str]:
        """Numbers as they were given, each once."""
        return numbers_in(self.cleaned_data["numbers"])


class InspectionForm(forms.Form):
    """What was seen at the place."""

    seen = forms.ChoiceField(
        label=_("Was the problem seen?"),
        choices=[("yes", _("Yes")), ("no", _("No"))],
        error_messages={"required": _("Say whether it was seen.")},
    )
    seen_cause = forms.ChoiceField(label=_("Cause"), required=False)
    condition = forms.FloatField(
        label=_("Condition of the thing, 0 to 100"), min_value=0, max_value=100, required=False
    )
    note = forms.CharField(
        label=_("What was seen at the place"),
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=1000,
        required=False,
    )

    def __init__(self, data: Any = None, *, causes: Choices) -> None:
        super().__init__(data)
        field = self.fields["seen_cause"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - tells the type checker
        field.choices = [("", _("not known")), *causes]
