"""What pages read about a vote that is going on. None of it says how anybody voted.

Envelopes are sealed and no function here reads them: until closing there is no count to be told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

import shapely
from django.db.models import Count, Q
from django.utils import timezone

from eutopia.web.dialogue.models import PaperBallot, Proposal, RollBatch, Round, Tally, TallyStep
from eutopia.web.territory.selectors import district_names, feature_collection, wording

PHASES = ("announced", "proposals", "feasibility", "voting", "closing", "counted", "delivered")
SHOWN = ("new", "feasible", "refused", "merged")
"""States of proposals that everybody sees; of hidden ones the number and the reason alone."""


@dataclass(frozen=True, slots=True)
class RoundView:
    """A round with its phases."""

    id: int
    code: str
    title: str
    lead: str
    budget: Fraction
    vote_type: str
    limits: Mapping[str, int]
    rule: str
    roll: str
    smallest_group: int
    proposals_from: datetime
    proposals_until: datetime
    voting_from: datetime
    voting_until: datetime
    phase: str
    """One of `PHASES`; delivered only where the works of the winners are known (see `loop`)."""
    proposals: int
    on_ballot: int
    papers: int
    counted: bool
    moved: tuple[tuple[date, str], ...] = ()
    """When the dates were moved, and why."""

    @property
    def checked(self) -> bool:
        """Whether it is checked who votes."""
        return self.roll != "nobody"


@dataclass(frozen=True, slots=True)
class ProposalView:
    """A proposal: what, where, what staff said of it, what came of it."""

    id: int
    number: int
    title: str
    text: str
    category: str
    lon: float
    lat: float
    district: str
    made: date
    state: str
    merged_into: int | None
    backing: int
    cost: Fraction | None
    reason: str
    checked: date | None
    """When staff said whether it can be built."""
    gate: str
    """Outcome of the heritage gate; empty where nobody has looked yet."""
    conditions: tuple[str, ...]
    unknown: tuple[str, ...]
    won: bool | None
    """Whether it won the vote; None where the votes are not counted."""
    candidate: str
    """Code of the programme's candidate it became."""
    contact: UUID | None


@dataclass(frozen=True, slots=True)
class ProposalResult:
    """What the vote said of a proposal.

    `more` supporters, or a cost of `cost`, would have been enough; None where that is not known.
    """

    project_id: int
    on: date | None
    voters: int
    votes: int
    won: bool
    more: int | None
    cost: Fraction | None


@dataclass(frozen=True, slots=True)
class ProposalPlace:
    """Where a proposal is found: its round's code, its number there."""

    code: str
    number: int
    title: str


@dataclass(frozen=True, slots=True)
class BatchView:
    """Codes printed together, or people listed together."""

    id: int
    made: date
    size: int
    district: str
    expired: bool


@dataclass(frozen=True, slots=True)
class PaperView:
    """How far a paper ballot is; not what it says."""

    serial: str
    state: str
    keyings: int


def _phase(row: Round, now: datetime) -> str:
    if row.closed is not None:
        return "counted"
    starts = (row.proposals_from, row.proposals_until, row.voting_from, row.voting_until)
    return PHASES[sum(now >= start for start in starts)]


def _view(row: Any) -> RoundView:
    return RoundView(
        id=row.pk,
        code=row.code,
        title=wording(row.title),
        lead=wording(row.lead),
        budget=Fraction(row.budget),
        vote_type=row.vote_type,
        limits=dict(row.limits),
        rule=row.rule,
        roll=row.roll,
        smallest_group=row.smallest_group,
        proposals_from=row.proposals_from,
        proposals_until=row.proposals_until,
        voting_from=row.voting_from,
        voting_until=row.voting_until,
        phase=_phase(row, timezone.now()),
        proposals=row.shown,
        on_ballot=row.feasible,
        papers=row.papers,
        counted=row.election_id is not None,
        moved=tuple((date.fromisoformat(one["on"]), one["reason"]) for one in row.moved),
    )


def _rounds(territory_id: int) -> Any:
    return Round.objects.filter(territory_id=territory_id).annotate(
        shown=Count("proposals", filter=Q(proposals__state__in=SHOWN)),
        feasible=Count("proposals", filter=Q(proposals__state="feasible")),
    )


def rounds(territory_id: int) -> tuple[RoundView, ...]:
    """Which rounds are there, those that go on first?"""
    views = [_view(row) for row in _rounds(territory_id).order_by("-voting_until", "code")]
    return tuple(sorted(views, key=lambda one: one.phase == "counted"))


def round_of(territory_id: int, code: str) -> RoundView | None:
    """Which round has this code? None where there is none."""
    row = _rounds(territory_id).filter(code=code).first()
    return None if row is None else _view(row)


def proposals(
    territory_id: int, round_id: int, *, states: tuple[str, ...] = SHOWN
) -> tuple[ProposalView, ...]:
    """Which proposals are there, by number?"""
    rows = Proposal.objects.filter(
        round_id=round_id, round__territory_id=territory_id, state__in=states
    ).select_related("merged_into", "round")
    return _proposals(territory_id, list(rows.order_by("number")))


def proposal(territory_id: int, round_id: int, number: int) -> ProposalView | None:
    """Which proposal has this number? None where there is none."""
    rows = Proposal.objects.filter(
        round_id=round_id, round__territory_id=territory_id, number=number
    ).select_related("merged_into", "round")
    return next(iter(_proposals(territory_id, list(rows))), None)


def result_of(territory_id: int, round_id: int, number: int) -> ProposalResult | None:
    """What did the vote say of the proposal? None while votes are not counted, or without it."""
    row = Round.objects.filter(pk=round_id, territory_id=territory_id).first()
    tallies = Tally.objects.filter(election=row.election_id if row else None, binding=True)
    tally = tallies.select_related("election").first()
    if row is None or tally is None:
        return None
    project = tally.election.projects.filter(code=str(number)).first()
    if project is None:
        return None
    won = tally.steps.filter(project=project).exists()
    said = (one for one in tally.reasons if one["project"] == project.position)
    why: dict[str, Any] = next(said, {})
    return ProposalResult(
        project_id=project.pk,
        on=row.closed.date() if row.closed else None,
        voters=tally.election.voters,
        votes=project.votes,
        won=won,
        more=None if won else why.get("more"),
        cost=Fraction(why["cost"]) if not won and why.get("cost") is not None else None,
    )


def proposal_place(territory_id: int, proposal_id: int) -> ProposalPlace | None:
    """Where is the proposal with this key found? None where everybody may not see it."""
    row = (
        Proposal.objects.filter(pk=proposal_id, round__territory_id=territory_id, state__in=SHOWN)
        .select_related("round")
        .first()
    )
    return None if row is None else ProposalPlace(row.round.code, row.number, wording(row.title))


def _proposals(territory_id: int, rows: list[Proposal]) -> tuple[ProposalView, ...]:
    names = district_names(territory_id) if rows else {}
    held = rows[0].round.election_id if rows else None
    won: dict[str, str] = {}
    if held is not None:
        steps = TallyStep.objects.filter(tally__binding=True, tally__election_id=held)
        won = dict(steps.values_list("project__code", "project__candidate"))
    return tuple(_proposal(row, names, held is not None, won) for row in rows)


def _proposal(
    row: Proposal, names: Mapping[str, str], counted: bool, won: Mapping[str, str]
) -> ProposalView:
    hidden = row.state == "hidden"
    code = str(row.number)
    return ProposalView(
        id=row.pk,
        number=row.number,
        title="" if hidden else wording(row.title),
        text="" if hidden else wording(row.text),
        category=row.category,
        lon=row.lon,
        lat=row.lat,
        district=names.get(row.district, row.district),
        made=row.made,
        state=row.state,
        merged_into=None if row.merged_into is None else row.merged_into.number,
        backing=row.backing,
        cost=Fraction(row.cost) if row.cost else None,
        reason=wording(row.reason),
        checked=row.checked,
        gate=row.gate.get("outcome", ""),
        conditions=tuple(wording(text) for text in row.gate.get("conditions", ())),
        unknown=tuple(row.gate.get("unknown", ())),
        won=code in won if counted and row.state == "feasible" else None,
        candidate=won.get(code, ""),
        contact=row.contact,
    )


def proposal_layer(territory_id: int, code: str) -> str:
    """Where are a round's proposals, as GeoJSON points? Properties: number, title, state."""
    rows = Proposal.objects.filter(
        round__territory_id=territory_id, round__code=code, state__in=("new", "feasible", "refused")
    ).order_by("number")
    return feature_collection(
        [shapely.Point(row.lon, row.lat) for row in rows],
        [{"number": r.number, "title": wording(r.title), "state": r.state} for r in rows],
    )


def batches(round_id: int) -> tuple[BatchView, ...]:
    """Which batches does the roll hold?"""
    rows = RollBatch.objects.filter(round_id=round_id).order_by("pk")
    return tuple(BatchView(r.pk, r.made, r.size, r.district, r.expired) for r in rows)


def papers(round_id: int) -> tuple[PaperView, ...]:
    """Which paper ballots wait for another keying?"""
    rows = PaperBallot.objects.filter(round_id=round_id).exclude(state="agreed").order_by("serial")
    return tuple(PaperView(r.serial, r.state, len(r.keyed_by)) for r in rows)
