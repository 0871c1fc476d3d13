"""Writing programmes: what may enter, what is chosen, what is promised."""

from eutopia.web.programmes.services.assessing import ask_assessment, assess_programme
from eutopia.web.programmes.services.candidates import (
    Brought,
    add_candidate,
    candidate_from_proposal,
    edit_candidate,
    restore_candidate,
    set_mandates,
    withdraw_candidate,
)
from eutopia.web.programmes.services.choosing import CHOOSE, Planned, PlanRefused, replay_choice
from eutopia.web.programmes.services.offers import (
    OfferDraft,
    OfferRefused,
    decline_offer,
    submit_offer,
    take_offer,
)
from eutopia.web.programmes.services.planning import load_candidates, plan_programme, set_rules
from eutopia.web.programmes.services.publishing import PublishRefused, publish_programme
from eutopia.web.programmes.services.settling import settle_promises
from eutopia.web.programmes.services.sharing import ShareRefused, end_share, share_programmes
from eutopia.web.programmes.services.turning import ask_turning_point, find_turning_point
from eutopia.web.programmes.services.variants import (
    Wish,
    WishRefused,
    begin_solving,
    choose_variant,
    drop_draft,
    edit_draft,
    edit_what_fits,
    solve,
    stop_solving,
)
from eutopia.web.programmes.services.workshop import CandidateRefused, Workshop

__all__ = [
    "CHOOSE",
    "Brought",
    "CandidateRefused",
    "OfferDraft",
    "OfferRefused",
    "PlanRefused",
    "Planned",
    "PublishRefused",
    "ShareRefused",
    "Wish",
    "WishRefused",
    "Workshop",
    "add_candidate",
    "ask_assessment",
    "ask_turning_point",
    "assess_programme",
    "begin_solving",
    "candidate_from_proposal",
    "choose_variant",
    "decline_offer",
    "drop_draft",
    "edit_candidate",
    "edit_draft",
    "edit_what_fits",
    "end_share",
    "find_turning_point",
    "load_candidates",
    "plan_programme",
    "publish_programme",
    "replay_choice",
    "restore_candidate",
    "set_mandates",
    "set_rules",
    "settle_promises",
    "share_programmes",
    "solve",
    "stop_solving",
    "submit_offer",
    "take_offer",
    "withdraw_candidate",
]
