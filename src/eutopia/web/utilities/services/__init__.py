"""Writing what was out and who called; recalculating what is owed back."""

from eutopia.web.utilities.services.recalculating import (
    METHOD,
    Recalculated,
    building_of,
    load_interruptions,
    recalculate_period,
    replay_recalculation,
)

__all__ = [
    "METHOD",
    "Recalculated",
    "building_of",
    "load_interruptions",
    "recalculate_period",
    "replay_recalculation",
]
