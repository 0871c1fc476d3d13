"""Writing programmes: what may enter, what is chosen, what is promised."""

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

__all__ = [
    "PlanRefused",
    "Planned",
    "PublishRefused",
    "load_candidates",
    "plan_programme",
    "publish_programme",
    "repin",
    "replay_choice",
    "set_rules",
    "settle_promises",
]
