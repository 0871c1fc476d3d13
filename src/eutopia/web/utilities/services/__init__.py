"""Writing what was out and who called; recalculating what is owed back."""

from eutopia.web.utilities.models import Call
from eutopia.web.utilities.services.clocks import call_clocks, notice_of
from eutopia.web.utilities.services.correcting import (
    Facts,
    correct_interruption,
    facts_of,
    recalculate_months,
)
from eutopia.web.utilities.services.dispatching import (
    ActRules,
    act_rules,
    answer_call,
    begin_event,
    call_row,
    crew_came,
    end_event,
    event_row,
    fed_with,
    localise,
    promise_end,
    send_crew,
    take_call,
)
from eutopia.web.utilities.services.houses import OwedSoFar, find_houses, owed_so_far
from eutopia.web.utilities.services.recalculating import (
    METHOD,
    Recalculated,
    building_of,
    load_interruptions,
    recalculate_period,
    replay_recalculation,
)
from eutopia.web.utilities.services.register import load_utilities

__all__ = [
    "METHOD",
    "ActRules",
    "Call",
    "Facts",
    "OwedSoFar",
    "Recalculated",
    "act_rules",
    "answer_call",
    "begin_event",
    "building_of",
    "call_clocks",
    "call_row",
    "correct_interruption",
    "crew_came",
    "end_event",
    "event_row",
    "facts_of",
    "fed_with",
    "find_houses",
    "load_interruptions",
    "load_utilities",
    "localise",
    "notice_of",
    "owed_so_far",
    "promise_end",
    "recalculate_months",
    "recalculate_period",
    "replay_recalculation",
    "send_crew",
    "take_call",
]
