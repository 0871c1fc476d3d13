"""The core speaks in codes; here they get words, in the reader's language."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy, pgettext_lazy

from eutopia.web.portal import figures, vote_words
from eutopia.web.portal.meter_words import METER_WORDS
from eutopia.web.portal.outage_words import OUTAGE_WORDS
from eutopia.web.portal.plan_words import PLAN_WORDS
from eutopia.web.portal.problem_words import PROBLEM_WORDS
from eutopia.web.portal.provider_words import PROVIDER_MARKS, PROVIDER_WORDS
from eutopia.web.portal.reasons import SENTENCES
from eutopia.web.portal.talk_words import TALK_MARKS, TALK_WORDS

_STATUS = {
    "received": _("Received"),
    "accepted": _("Accepted"),
    "scheduled": _("Scheduled"),
    "answered": _("Answered"),
    "declined": _("Declined with a reason"),
    "done": _("Done, awaiting confirmation"),
    "confirmed": _("Confirmed by inspection"),
    "closed_at_source": _("Closed at the source, unproved"),
    "open": _("Open"),
    "closed": _("Closed"),
    "overdue": _("Overdue"),
}
_STAGE = {
    "listen": _("Listen"),
    "diagnose": _("Diagnose"),
    "plan": _("Plan"),
    "decide": _("Decide"),
    "deliver": _("Deliver"),
    "maintain": _("Maintain"),
    "evaluate": _("Evaluate"),
}
_LIFE = {
    **_STAGE,
    "proposed": _("Proposed"),
    "checked": _("Checked"),
    "discussed": _("Discussed"),
    "decide": _("Voted on"),
    "promised": _("Promised"),
}
_VERDICT = {
    "better": _("Better"),
    "worse": _("Worse"),
    "unclear": _("Unclear"),
    "too_early": _("Too early to tell"),
}
_PROMISE = {
    "made": pgettext_lazy("promise", "Running"),
    "kept": pgettext_lazy("promise", "Kept"),
    "late": pgettext_lazy("promise", "Kept late"),
    "broken": pgettext_lazy("promise", "Broken"),
    "withdrawn": pgettext_lazy("promise", "Withdrawn"),
}
_PROMISE_KIND = {
    "work": pgettext_lazy("promise", "Work"),
    "vote": pgettext_lazy("promise", "Vote"),
    "deadline": pgettext_lazy("promise", "Deadline"),
    "warranty": pgettext_lazy("promise", "Warranty"),
}
_SERVICE = {
    "cold_water": _("Cold water supply"),
    "hot_water": _("Hot water supply"),
    "sewage": _("Sewerage"),
    "electricity": _("Electricity"),
    "gas": _("Gas"),
    "heating": _("Heating"),
    "solid_waste": _("Solid waste"),
}
_PARAMETER = {
    "continuity": _("no supply"),
    "temperature": _("temperature off the norm"),
    "pressure": _("pressure off the norm"),
    "voltage": _("voltage off the norm"),
    "removal": _("not taken away"),
}
_CLOCK = {
    "respond": _("Respond by"),
    "fence_off": _("Fence off hazard"),
    "temporary_fix": _("Temporary fix"),
    "resolve": _("Resolve by"),
}
_COUNTING = {
    "calendar_hours": _("calendar hours"),
    "working_hours": _("working hours"),
    "calendar_days": _("calendar days"),
    "working_days": _("working days"),
}
_SIDE = {
    "residents": _("Residents"),
    "business": _("Business"),
    "municipality": _("Municipality"),
}
_ORIGIN = {
    "problem": _("From a problem"),
    "condition": _("From the condition of assets"),
    "index": _("From the quality index"),
    "proposal": _("Proposed by residents"),
    "business": _("Proposed by business"),
    "staff": _("Brought in by staff"),
    "mandate": _("Mandated by a vote"),
    "capital_plan": _("From the capital plan"),
}
_GROUP = {
    "suggested": _("Suggested, not yet checked by staff"),
    "confirmed": _("Checked by staff"),
    "rejected": _("Taken apart by staff"),
}
_ASSET = {
    "lighting_point": _("Lighting point"),
    "bench": _("Bench"),
    "litter_bin": _("Litter bin"),
    "tree": _("Tree"),
    "road_section": _("Road section"),
    "footway": _("Footway"),
    "water_main": _("Water main"),
    "heat_main": _("Heat main"),
    "gas_main": _("Gas main"),
    "sewer": _("Sewer"),
    "storm_sewer": _("Storm sewer"),
    "power_line": _("Power line"),
    "playground": _("Playground"),
    "sports_ground": _("Sports ground"),
    "container_site": _("Waste container site"),
    "traffic_sign": _("Traffic sign"),
    "traffic_signal": _("Traffic signal"),
    "crossing": _("Crossing"),
    "bridge": _("Bridge"),
    "hydrant": _("Hydrant"),
    "manhole": _("Manhole"),
    "drain_inlet": _("Drain inlet"),
    "bus_stop": _("Bus stop"),
    "ramp": _("Ramp"),
    "storm_drain": _("Storm drain"),
    "road_sign": _("Road sign"),
    "bike_rack": _("Bicycle rack"),
    "transformer": _("Transformer"),
    "pump_station": _("Pumping station"),
    "fence": _("Fence"),
    "stairs": _("Stairs"),
}
_CHANNEL = {
    "web": _("Website"),
    "app": _("Mobile app"),
    "phone": _("Telephone"),
    "mobile_app": _("Mobile app"),
    "messenger": _("Messenger"),
    "employee": _("City staff"),
    "walk_in": _("In person"),
    "email": _("Email"),
    "inspection": _("Inspection"),
    "constituent_call": _("Telephone"),
    "citizens_connect_app": _("Mobile app"),
    "self_service": _("Website"),
    "city_worker_app": _("City worker's app"),
    "employee_generated": _("City staff"),
}
_ROLE = {
    "resident": _("Resident"),
    "moderator": _("Moderator"),
    "case_officer": _("Case officer"),
    "inspector": _("Inspector"),
    "planner": _("Planner"),
    "provider": _("Provider"),
    "contractor": _("Contractor"),
    "auditor": _("Auditor"),
    "administrator": _("Administrator"),
    "system": _("The system"),
    "source": _("The source"),
}
_UNIT = {
    "m": _("m"),
    "m2": _("m²"),
    "m3": _("m³"),
    "km": _("km"),
    "hours": pgettext_lazy("unit", "h"),
    "hour": pgettext_lazy("unit", "h"),
    "h": pgettext_lazy("unit", "h"),
    "d": pgettext_lazy("unit", "days"),
    "degree-h": pgettext_lazy("unit", "degree-hours"),
    "step-h": pgettext_lazy("unit", "step-hours"),
    "degree_hours": pgettext_lazy("unit", "degree-hours"),
    "days": pgettext_lazy("unit", "days"),
    "condition": pgettext_lazy("unit", "of 100"),
    "points": pgettext_lazy("unit", "of 100"),
    "ratio": pgettext_lazy("unit", "times the usual"),
    "times expected": pgettext_lazy("unit", "times the usual"),
    "times_expected": pgettext_lazy("unit", "times the usual"),
    "share": pgettext_lazy("unit", "share"),
}
# Things that are counted, in the plural form that their number asks for.
_COUNTED = {
    "place": ngettext_lazy("%d place", "%d places"),
    "site": ngettext_lazy("%d site", "%d sites"),
    "piece": ngettext_lazy("%d piece", "%d pieces"),
    "item": ngettext_lazy("%d piece", "%d pieces"),
    "reports": ngettext_lazy("%d report", "%d reports"),
    "events": ngettext_lazy("%d event", "%d events"),
    "recurrences": ngettext_lazy("%d return", "%d returns"),
    "interruptions": ngettext_lazy("%d outage", "%d outages"),
    "confirmed": ngettext_lazy("seen %d time", "seen %d times"),
}
_ORDER = {
    "newest": _("Newest first"),
    "oldest": _("Oldest first"),
    "due": _("By deadline"),
    "cost": _("Costliest first"),
    "recurrences": _("Most returns first"),
    "people": _("Most people first"),
    "severity": _("Most severe first"),
    "value": _("Most benefit first"),
    "year": _("By year"),
    "ratio": _("Most benefit for the money first"),
}
_SHOWN = {"chosen": _("In the programme"), "refused": _("Not in the programme")}
_TABLE = {
    "reports": _("Reports"),
    "problems": _("Problems"),
    "systemic": _("Systemic indicators"),
    "recurrence": _("What comes back"),
    "programme": _("Programme"),
    "works": _("Works"),
    "clusters": _("Clusters of reports"),
    "promises": _("Promises"),
    "interruptions": _("Outages"),
    "providers": _("Providers compared"),
    "reliability": _("Reliability of supply"),
    "owed": _("Owed back, by month"),
    "comments": _("Comments of consultations"),
    "weighings": _("Weights given by the three sides"),
    "compromises": _("Programmes at hand for a compromise, and what each gives a side"),
    "pledges": _("Pledges"),
    "indicators": _("Indicators of the indices, by district"),
    "places": _("Places of the districts"),
}
_VALUE_ORIGIN = {
    "measured": _("measured in the register"),
    "entered": _("entered"),
    "missing": _("missing"),
}
_FIGURE_FAULT = {
    "unknown_indicator": _("no index here has this indicator"),
    "unknown_district": _("no district has this code; leave it empty for the whole town"),
    "bad_day": _("no day; write it like 2025-12-31, or a year"),
    "future_day": _("this day has not come yet"),
    "bad_number": _("no number; write it like 12.5"),
    "no_source": _("say where the figure is from"),
    "twice": _("it stands in the table twice; the first is taken"),
}
_AUTHORITY = {
    "heritage_authority": _("heritage authority"),
    "regional_heritage_authority": _("regional heritage authority"),
    "federal_heritage_authority": _("federal heritage authority"),
    "heritage_commission": _("heritage commission"),
    "historical_commission": _("historical commission"),
    "heritage_body": _("heritage protection body"),
    "local_planning_authority": _("local planning authority"),
    "municipality": _("municipality"),
}
_METHOD = {
    "group_duplicates": _("Which reports tell of one and the same event?"),
    "count_recurrences": _("What came back after it was closed?"),
    "find_clusters": _("Where do reports pile up more than chance lets them?"),
    "find_problems": _("What keeps coming back, where and why?"),
    "derive_candidates": _("Which measures could answer the problems?"),
    "assess_robustness": _("What would be chosen whatever the errors, and what does a rule cost?"),
    "choose_programme": _("Which measures fit the money and bring most?"),
    "equal_shares": _("Counting a vote by equal shares"),
    "greedy": _("Counting a vote by most votes first"),
    "phragmen": _("Counting a vote by Phragmén's rule"),
    "recalculate": _("What is owed back for services that were off?"),
    "bargain": _("Which programme is a fair compromise between the sides?"),
    "measure_outcome": _("Did the works help?"),
    "forecast_condition": _("Where does the condition of assets go?"),
    "assess": _("How do the districts stand in an index, and how sure is that?"),
    "compare_providers": _("Who does worse than what they were given explains?"),
    "reliability": _("How often and how long was a service out?"),
}
_SET_ASIDE = {
    "norm_not_in_force": _("no norm was in force then"),
    "outside_period": _("it lies outside the month"),
    "no_norm_for": _("no norm judges it"),
    "not_measured": _("nothing was measured"),
    "target_unknown": _("the norm's target is not known"),
    "norm_does_not_apply": _("the norm does not apply here"),
    "permitted_length_unknown": _("the permitted length is not known"),
    "set_by_other_act": _("another act sets it"),
    "tariff_missing": _("the tariff is not known"),
    "given_twice": _("it was given twice"),
    "time_without_zone": _("its time has no time zone"),
    "ends_before_it_starts": _("it ends before it begins"),
    "no_length": _("it has no length"),
}
_QUEUE = {
    "new": pgettext_lazy("queue", "New"),
    "overdue": pgettext_lazy("queue", "Overdue"),
    "due_soon": pgettext_lazy("queue", "Due within two days"),
    "working": pgettext_lazy("queue", "In work"),
}
_NEEDS = {
    "note": _("needs words to whoever reported"),
    "evidence": _("needs evidence from the place"),
}
_FAULT = {
    "missing": _("an entry is gone"),
    "altered": _("an entry was changed"),
    "unlinked": _("an entry names another predecessor"),
    "anchor_missing": _("an entry noted outside is gone"),
    "anchor_differs": _("an entry noted outside is another"),
}
_SOLVED = {
    "complete": _("Solved to the end"),
    "time_limit": _("Stopped by the time limit"),
    "infeasible": _("No programme meets the rules"),
}
_LANGUAGE = {"en": _("English"), "ru": _("Russian")}

WORDS: dict[str, dict[str, Any]] = {
    **PLAN_WORDS,
    "status": _STATUS,
    "stage": _STAGE,
    "life": _LIFE,
    "verdict": _VERDICT,
    "promise": _PROMISE,
    "promise_kind": _PROMISE_KIND,
    "service": _SERVICE,
    "parameter": _PARAMETER,
    "clock": _CLOCK,
    "counting": _COUNTING,
    "side": _SIDE,
    "origin": _ORIGIN,
    "group": _GROUP,
    "asset": _ASSET,
    "channel": _CHANNEL,
    "role": _ROLE,
    "unit": _UNIT,
    "language": _LANGUAGE,
    "order": _ORDER,
    "shown": _SHOWN,
    "table": _TABLE,
    "value_origin": _VALUE_ORIGIN,
    "figure_fault": _FIGURE_FAULT,
    "authority": _AUTHORITY,
    "set_aside": _SET_ASIDE,
    "queue": _QUEUE,
    "needs": _NEEDS,
    "fault": _FAULT,
    "solved": _SOLVED,
    "method": _METHOD,
    **vote_words.KINDS,
    **TALK_WORDS,
    **PROBLEM_WORDS,
    **PROVIDER_WORDS,
    **OUTAGE_WORDS,
    **METER_WORDS,
}

# kind: {code: (tone, icon)}; a code without a line gets a plain tag.
_MARKS: dict[str, dict[str, tuple[str, str]]] = {
    "status": {
        "received": ("river", "tray"),
        "accepted": ("lead", "eye"),
        "scheduled": ("lead", "calendar-blank"),
        "answered": ("", "chats-circle"),
        "declined": ("", "prohibit"),
        "done": ("good", "check"),
        "confirmed": ("good", "seal-check"),
        "closed_at_source": ("", "minus-circle"),
        "overdue": ("bad", "clock-counter-clockwise"),
    },
    "state": {
        "found": ("wait", "stethoscope"),
        "confirmed": ("lead", "seal-check"),
        "rejected": ("", "prohibit"),
        "merged": ("", "git-merge"),
    },
    "offer": {
        "new": ("wait", "hourglass-medium"),
        "taken": ("good", "check-circle"),
        "declined": ("", "prohibit"),
    },
    "gate": {
        "allow": ("good", "check-circle"),
        "allow_with_conditions": ("wait", "list-checks"),
        "needs_approval": ("wait", "hourglass-medium"),
        "forbid": ("bad", "prohibit"),
    },
    "verdict": {
        "better": ("good", "trend-down"),
        "worse": ("bad", "trend-up"),
        "unclear": ("", "question"),
        "too_early": ("wait", "hourglass-medium"),
    },
    "promise": {
        "made": ("river", "clock"),
        "kept": ("good", "check-circle"),
        "late": ("wait", "clock-counter-clockwise"),
        "broken": ("bad", "x-circle"),
        "withdrawn": ("", "minus-circle"),
    },
    "robust": {
        "core": ("good", "seal-check"),
        "borderline": ("wait", "scales"),
        "outside": ("", "minus-circle"),
    },
    "programme": {"draft": ("wait", "note-pencil"), "published": ("good", "seal-check")},
    "group": {
        "suggested": ("wait", "git-merge"),
        "confirmed": ("lead", "seal-check"),
        "rejected": ("", "x"),
    },
    **vote_words.MARKS,
    **TALK_MARKS,
    **PROVIDER_MARKS,
}


def word(kind: str, code: str) -> str:
    """What is a code called?

    Notes
    -----
    A code without words (of a pack or a source this edition does not know) is shown as it is, its
    underscores as spaces: unfamiliar words are better than none.
    """
    found: str | Promise | None = WORDS[kind].get(code.partition(":")[0])
    return str(found) if found is not None else code.replace("_", " ")


def method(path: str) -> str:
    """What does a method of the core answer, by its path `module:function`?"""
    return word("method", path.rpartition(":")[2])


def measured(value: Any, unit: str) -> str:
    """How does a number with its unit read?"""
    if value is None:
        return figures.number(None)
    if unit in _COUNTED and float(value) == int(value):
        return str(_COUNTED[unit] % int(value))
    reading = figures.number(value, 2 if abs(value) < 10 else 1)
    return f"{reading}\N{NO-BREAK SPACE}{word('unit', unit)}"


def tone(kind: str, code: str) -> str:
    """Which tone has a code's tag?"""
    return _MARKS.get(kind, {}).get(code, ("", ""))[0]


def sign(kind: str, code: str) -> str:
    """Which icon has a code's tag?"""
    return _MARKS.get(kind, {}).get(code, ("", ""))[1]


def reason(view: Any, currency: str) -> str:
    """How does a reason for or against a candidate read as a sentence?

    Parameters
    ----------
    view
        Has `code`, `values` (name to printed number) and `candidates` (id, title).

    Notes
    -----
    The fullest sentence is taken of those whose numbers are all there.
    """
    values = {name: _reading(name, value, currency) for name, value in view.values.items()}
    for sentence in SENTENCES.get(view.code, ()):
        try:
            return str(sentence).format(**values)
        except KeyError:
            continue
    return word("reason", view.code)


_MONEY_NAMES = frozenset({"missing", "upkeep", "benefit", "npv", "cost"})


def _reading(name: str, value: str, currency: str) -> str:
    """How does one number of a reason read, by its name?"""
    try:
        amount = float(value)
    except ValueError:
        return value
    if name in _MONEY_NAMES:
        return figures.money(amount, currency, short=True)
    if "year" in name:
        return f"{amount:.0f}"
    return figures.number(amount, 2)
