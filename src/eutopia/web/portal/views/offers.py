"""What businesses propose and help to pay for: everybody reads it, any business can offer."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from eutopia.web.foundation.access import RESIDENT
from eutopia.web.portal import maps
from eutopia.web.portal.request import need_town
from eutopia.web.portal.throttle import OFFERS, once_more
from eutopia.web.programmes import selectors, services
from eutopia.web.programmes.selectors import MeasureChoice

REFUSED = {
    ("organisation", "missing"): gettext_lazy("Say which business offers it."),
    ("title", "missing"): gettext_lazy("Say in a few words what it is."),
    ("text", "missing"): gettext_lazy("Say why, and for whom."),
    ("measure", "unknown"): gettext_lazy("Choose a measure of the list."),
    ("quantity", "invalid"): gettext_lazy("The quantity is a number above zero."),
    ("money", "invalid"): gettext_lazy("What you pay is a number above zero."),
    ("place", "missing"): gettext_lazy(
        "Say where it is: mark the place on the map or give coordinates."
    ),
    ("place", "outside"): gettext_lazy("This place is outside the town: choose one on the map."),
    ("", "too_many"): gettext_lazy(
        "Too many offers came from here just now: try again in a quarter of an hour."
    ),
}
_TOO_LONG = gettext_lazy("This is too long.")


class OfferForm(forms.Form):
    """What, where, how much of it is paid; a contact only where an answer is wanted."""

    organisation = forms.CharField(label=gettext_lazy("Which business?"), required=False)
    title = forms.CharField(label=gettext_lazy("What do you propose?"), required=False)
    text = forms.CharField(
        label=gettext_lazy("Why, and for whom?"),
        widget=forms.Textarea(attrs={"rows": 5}),
        required=False,
    )
    measure = forms.ChoiceField(label=gettext_lazy("Measure"), required=False)
    quantity = forms.DecimalField(required=False, localize=True)
    money = forms.DecimalField(required=False, localize=True)
    lon = forms.FloatField(required=False, widget=forms.HiddenInput)
    lat = forms.FloatField(required=False, widget=forms.HiddenInput)
    contact = forms.EmailField(
        label=gettext_lazy("Where may an answer be sent?"), max_length=200, required=False
    )

    def __init__(self, data: Any = None, *, measures: tuple[MeasureChoice, ...]) -> None:
        super().__init__(data)
        choice = self.fields["measure"]
        assert isinstance(choice, forms.ChoiceField)  # noqa: S101 - tells the type checker
        choice.choices = [("", _("Choose")), *((m.code, m.title) for m in measures)]

    def take_refusal(self, fields: tuple[tuple[str, str], ...]) -> None:
        """Put the service's codes into words beside their fields."""
        for field, code in fields:
            words = _TOO_LONG if code == "too_long" else REFUSED[field, code]
            self.add_error({"place": "lon", "": None}.get(field, field), str(words))


@require_safe
def offers(request: HttpRequest) -> HttpResponse:
    """List the offers of businesses, what was decided on each and why."""
    town = need_town(request)
    context = {
        "trail": [(reverse("portal:programme"), _("Programme")), ("", _("Offers of business"))],
        "offers": selectors.offers(town.id),
        "sent": request.GET.get("sent") == "1",
    }
    return render(request, "portal/offers.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def offer_new(request: HttpRequest) -> HttpResponse:
    """Take an offer in."""
    town = need_town(request)
    measures = selectors.measure_choices(town.id)
    form = OfferForm(request.POST if request.method == "POST" else None, measures=measures)
    if request.method == "POST" and form.is_valid():
        try:
            services.submit_offer(
                RESIDENT,
                town.id,
                _draft(form.cleaned_data),
                contact=form.cleaned_data["contact"],
                allow=lambda: once_more(request, OFFERS),
            )
        except services.OfferRefused as refused:
            form.take_refusal(refused.fields)
        else:
            return redirect(reverse("portal:offers") + "?sent=1")
    context = {
        "trail": [
            (reverse("portal:programme"), _("Programme")),
            (reverse("portal:offers"), _("Offers of business")),
            ("", _("Offer a part of the cost")),
        ],
        "form": form,
        "measures": measures,
        "map": maps.whole_town(
            town, title=_("Map of the town"), pick={"lon": "id_lon", "lat": "id_lat"}
        ),
    }
    return render(request, "portal/offer_new.html", context, status=422 if form.errors else 200)


def _draft(given: dict[str, Any]) -> services.OfferDraft:
    language = get_language() or "en"
    quantity: Decimal | None = given["quantity"]
    return services.OfferDraft(
        organisation=given["organisation"],
        title=((language, given["title"]),),
        text=((language, given["text"]),),
        measure=given["measure"],
        quantity=quantity,
        money=given["money"],
        lon=given["lon"],
        lat=given["lat"],
    )
