"""What is said of houses in registers, of meters and feeds, in words."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

METER_WORDS: dict[str, dict[str, str | Promise]] = {
    "house_fact": {
        "updated": pgettext_lazy("house", "register renewed"),
        "managed_since": pgettext_lazy("house", "managed since"),
        "series": pgettext_lazy("house", "series"),
        "house_kind": pgettext_lazy("house", "kind"),
        "repair_fund": pgettext_lazy("house", "fund for major repairs"),
        "dangerous": pgettext_lazy("house", "declared dangerous"),
        "storeys_most": pgettext_lazy("house", "storeys, most"),
        "storeys_least": pgettext_lazy("house", "storeys, fewest"),
        "entrances": pgettext_lazy("house", "entrances"),
        "rooms_all": pgettext_lazy("house", "dwellings and other rooms"),
        "dwellings_lived_in": pgettext_lazy("house", "dwellings lived in"),
        "rooms_not_lived_in": pgettext_lazy("house", "rooms not for living"),
        "area_m2": pgettext_lazy("house", "area, m²"),
        "area_lived_in_m2": pgettext_lazy("house", "area of dwellings, m²"),
        "area_not_lived_in_m2": pgettext_lazy("house", "area not for living, m²"),
        "area_shared_m2": pgettext_lazy("house", "shared area, m²"),
        "area_land_m2": pgettext_lazy("house", "land, m²"),
        "area_parking_m2": pgettext_lazy("house", "parking, m²"),
        "cadastral_number": pgettext_lazy("house", "cadastral number"),
        "energy_class": pgettext_lazy("house", "energy class"),
        "playground": pgettext_lazy("house", "playground"),
        "sports_ground": pgettext_lazy("house", "sports ground"),
        "other_amenities": pgettext_lazy("house", "other amenities"),
        "other": pgettext_lazy("house", "other"),
        "cold_water_meter": pgettext_lazy("house", "meter of cold water"),
        "hot_water_meter": pgettext_lazy("house", "meter of hot water"),
        "address_in_state_register": pgettext_lazy("house", "address in the state register"),
    },
}
