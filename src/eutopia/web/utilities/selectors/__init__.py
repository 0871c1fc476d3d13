"""What pages read about communal services."""

from eutopia.web.utilities.selectors.owed import (
    ChargeView,
    InterruptionView,
    LineView,
    PeriodView,
    dwelling,
    dwellings,
    interruptions,
    periods,
    services,
)

__all__ = [
    "ChargeView",
    "InterruptionView",
    "LineView",
    "PeriodView",
    "dwelling",
    "dwellings",
    "interruptions",
    "periods",
    "services",
]
