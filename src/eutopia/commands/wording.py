"""Words for the codes that the command line prints, in the reader's language."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_STAGES: dict[str, Promise] = {
    "load_territory": _("Load the territory and its register"),
    "load_reports": _("Load the reports"),
    "load_works": _("Load works, interruptions and charges"),
    "group": _("Listen: which reports tell of one event"),
    "diagnose": _("Diagnose: what keeps coming back, and what it costs"),
    "plan": _("Plan: the best programme the money allows"),
    "publish": _("Publish the programme with its reasons"),
    "count": _("Decide: count the ballots, exactly"),
    "talk": _("Decide: ask, weigh the three sides, record what is pledged"),
    "recalculate": _("Evaluate: what is owed back for interruptions"),
    "measure": _("Evaluate: did past works help"),
    "forecast": _("Maintain: how the register will stand"),
}


def stage_words(stage: str) -> str:
    """What is a stage called? Its code where it has no words yet."""
    return str(_STAGES.get(stage, stage))
