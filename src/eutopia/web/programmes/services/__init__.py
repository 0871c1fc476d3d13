"""Writing programmes: what may enter, what is chosen, what is promised."""

from eutopia.web.programmes.services.candidates import (
    Brought,
    add_candidate,
    candidate_from_proposal,
    edit_candidate,
    restore_candidate,
    set_mandates,
    withdraw_candidate,
)
from eutopia.web.programmes.services.planning import (
    Planned,
    PlanRefused,
    load_candidates,
    plan_programme,
    repin,
    replay_choice,
    set_rules,
)
from eutopia.web.programmes.services.publishing import PublishRefused, publish_programme
from eutopia.web.programmes.services.settling import settle_promises
from eutopia.web.programmes.services.workshop import CandidateRefused

__all__ = [
    "Brought",
    "CandidateRefused",
    "PlanRefused",
    "Planned",
    "PublishRefused",
    "add_candidate",
    "candidate_from_proposal",
    "edit_candidate",
    "load_candidates",
    "plan_programme",
    "publish_programme",
    "repin",
    "replay_choice",
    "restore_candidate",
    "set_mandates",
    "set_rules",
    "settle_promises",
    "withdraw_candidate",
]
