"""A vote and what follows from it: opened, counted, its winners handed to the programme."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction

from eutopia.web.dialogue.models import BallotProject, Election, Round
from eutopia.web.dialogue.services import (
    close_voting,
    count_ballot,
    issue_codes,
    link_candidates,
)
from eutopia.web.foundation.access import OPERATOR, Actor, Grant, require
from eutopia.web.programmes.services import (
    CandidateRefused,
    Workshop,
    candidate_from_proposal,
    set_mandates,
)
from eutopia.web.territory.models import Territory

COMPARED = ("equal_shares", "greedy", "phragmen")
"""Rules that every vote is counted by, besides the one that binds."""

MEASURE_OF_CATEGORY = {
    "play": "renew_playground",
    "sport": "build_sports_ground",
    "lighting": "new_lighting_line",
    "greenery": "plant_trees",
    "furniture": "replace_benches",
    "safety": "build_crossing",
    "access": "build_ramps",
    "roads": "rebuild_footway",
    "embankment": "renew_embankment",
}
"""Which measure of the catalogue a winner is; what has none is a renewal of the square."""


def operator_of_votes(code: str) -> Actor:
    """Who closes votes at the machine when their time has come, in one town."""
    grants = tuple(Grant(role, municipality=code) for role in ("administrator", "planner"))
    return Actor(OPERATOR.account, OPERATOR.name, (*OPERATOR.grants, *grants))


def close_round(actor: Actor, round_id: int) -> Election:
    """Which vote came out? The box opened and published, counted, winners given their mandates.

    Raises
    ------
    NotYet
        People may still vote, or papers are not agreed: nothing was done.
    AccessDenied
    """
    with transaction.atomic():
        held = close_voting(actor, round_id)
        rule = Round.objects.values_list("rule", flat=True).get(pk=round_id)
        for name in dict.fromkeys((rule, *COMPARED)):
            count_ballot(actor, held.pk, rule=name, binding=name == rule)
        mandate_winners(actor, held.pk)
    return held


def mandate_winners(actor: Actor, election_id: int) -> dict[str, str]:
    """Which candidates of the programme did the winners of a round become, by project?

    Notes
    -----
    Each has a hard mandate: the next programme builds it or says which rules conflict. What the
    catalogue has no measure for, or heritage forbids, stays a promise without a candidate; so do
    all where nobody has set the rules to plan under.
    """
    held = Election.objects.select_related("territory", "round").get(pk=election_id)
    territory = held.territory
    won = BallotProject.objects.filter(election=held, pk__in=_winners(held))
    asked = {str(one.number): one for one in held.round.proposals.filter(state="feasible")}
    made: dict[str, str] = {}
    try:
        workshop = Workshop(territory)
    except CandidateRefused:
        return made  # Nobody has set the rules to plan under: they stay promises.
    for project in won.order_by("position"):
        proposal = asked[project.code]
        try:
            with transaction.atomic():
                made[project.code] = candidate_from_proposal(
                    actor,
                    territory,
                    proposal=f"{held.code}-{project.code}",
                    measure=MEASURE_OF_CATEGORY.get(proposal.category, "square_renewal"),
                    title=[(code, words) for code, words in proposal.title],
                    lon=proposal.lon,
                    lat=proposal.lat,
                    cost=Decimal(project.cost),
                    reason=f"won the vote {held.code}",
                    workshop=workshop,
                ).code
        except CandidateRefused:
            continue
    if made:
        link_candidates(actor, held.pk, made)
        set_mandates(
            actor, territory, dict.fromkeys(made.values(), "hard"), reason=f"vote {held.code}"
        )
    return made


def _winners(held: Election) -> list[int]:
    steps = held.tallies.filter(binding=True).values_list("steps__project_id", flat=True)
    return [number for number in steps if number is not None]


def code_to_try(territory_id: int, round_id: int) -> str:
    """Which code may a visitor of an invented town try voting with?

    Raises
    ------
    ValueError
        The town is not invented: its codes go to its voters alone.
    """
    territory = Territory.objects.get(pk=territory_id)
    if not territory.synthetic:
        raise ValueError(f"{territory.code} is no invented town")
    (code,) = issue_codes(operator_of_votes(territory.code), round_id, count=1)
    return code


def may_help(actor: Actor, territory_id: int) -> None:
    """Refuse whoever may not help people vote at a desk.

    Raises
    ------
    AccessDenied
    """
    require(actor, "ballot.assist", Territory.objects.get(pk=territory_id))


def count_by_all(actor: Actor, election_id: int, *, rule: str) -> None:
    """Count a vote that was read from a file by its own rule and by the others.

    No rule binds: what it decided was decided elsewhere. Each tally stands as soon as it is done;
    done again, it goes on where it was.

    Raises
    ------
    KeyError
        No such rule.
    AccessDenied
    """
    for one in dict.fromkeys((*COMPARED[1:], rule, *COMPARED)):
        count_ballot(actor, election_id, rule=one)
