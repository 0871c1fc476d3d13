"""What pages read about votes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import shapely
from django.db.models import Count

from eutopia.web.dialogue.models import BallotProject, Election, PublishedBox, Tally, TallyStep
from eutopia.web.territory.selectors import feature_collection, wording


@dataclass(frozen=True, slots=True)
class ElectionLine:
    """A vote in a list."""

    id: int
    code: str
    title: str
    voters: int
    projects: int
    budget: Fraction
    counted: bool


@dataclass(frozen=True, slots=True)
class ProjectView:
    """What could be voted for, and which rules chose it."""

    id: int
    position: int
    code: str
    name: str
    cost: Fraction
    votes: int
    """Voters who approved it or gave it points."""
    categories: tuple[str, ...]
    lon: float | None
    lat: float | None
    chosen_by: tuple[str, ...]
    """Names of the rules, as in `TallyView.rule`."""
    official: bool | None
    """Whether the official outcome had it, where the source says so."""
    candidate: str
    """Code of the programme's candidate it became."""


@dataclass(frozen=True, slots=True)
class StepView:
    """One choice of a rule."""

    position: int
    project: ProjectView
    supporters: int | None
    price: Fraction | None
    """Money for a unit of satisfaction, or the load reached."""
    tied_with: tuple[str, ...]
    """Names of the projects the tie was with."""
    spent: Fraction
    """Money spent up to and with this step."""


@dataclass(frozen=True, slots=True)
class ReasonView:
    """Why a project was chosen or not. `code` as in `core.decide.explanation`."""

    project: ProjectView
    code: str
    supporters: int
    payers: int | None
    payment: Fraction | None
    more: int | None
    """So many more supporters would have been enough."""
    cost: Fraction | None
    """At this cost it would have been chosen."""

    @property
    def cheaper_by(self) -> Fraction | None:
        """By how much less it would have had to cost."""
        return None if self.cost is None else self.project.cost - self.cost


@dataclass(frozen=True, slots=True)
class GroupView:
    """How well a group of voters is served; the group of all has no name."""

    name: str
    voters: int
    with_nothing: int
    projects: Fraction
    cost: Fraction

    @property
    def share_with_nothing(self) -> float:
        """Share of the group none of whose projects was chosen."""
        return self.with_nothing / max(1, self.voters)


@dataclass(frozen=True, slots=True)
class LeftOutView:
    """A group that agrees on a project and was owed more."""

    project: ProjectView
    voters: int
    entitlement: Fraction


@dataclass(frozen=True, slots=True)
class TallyView:
    """What a rule chose, step by step."""

    id: int
    rule: str
    parameters: tuple[tuple[str, str], ...]
    binding: bool
    cost: Fraction
    budget: Fraction
    selected: int
    voters_with_a_win: int
    """Voters of whose approved projects at least one was chosen."""
    mean_share: Fraction
    """Mean share of a voter's approved projects that was chosen."""
    steps: tuple[StepView, ...]
    reasons: tuple[ReasonView, ...]
    """Of each project, in the order of the file."""
    groups: tuple[GroupView, ...]
    """All voters first, then each district where the file says it."""
    ages: tuple[GroupView, ...]
    """Each band of ages, youngest first, where the file says them."""
    left_out: tuple[LeftOutView, ...]
    """Groups the outcome owes more (EJR+ up to one project); none where it is proportional."""
    run_id: int


@dataclass(frozen=True, slots=True)
class ElectionView:
    """A vote, on its page."""

    line: ElectionLine
    vote_type: str
    attributes: tuple[tuple[str, str], ...]
    projects: tuple[ProjectView, ...]
    binding: TallyView | None
    sha256: str
    """Of the published file; empty where none was published."""
    receipts: int
    receipts_root: str
    together: dict[str, int]
    """Voters whose district is not shown, since too few voted there."""
    tallies: tuple[TallyView, ...]
    """Every rule counted, the binding one first: the comparison."""


@dataclass(frozen=True, slots=True)
class VoteLink:
    """The vote behind a candidate: for the chain."""

    election: ElectionLine
    project: ProjectView
    won: bool


def elections(territory_id: int) -> tuple[ElectionLine, ...]:
    """Which votes were held?"""
    held = Election.objects.filter(territory_id=territory_id).select_related("round")
    rows = held.annotate(n=Count("projects", distinct=True), counts=Count("tallies", distinct=True))
    return tuple(_line(row, row.n, row.counts) for row in rows.order_by("code"))


def _line(row: Election, projects: int, counts: int) -> ElectionLine:
    # A file has one title; a vote held here has it in the languages of the town.
    held = getattr(row, "round", None)
    return ElectionLine(
        id=row.pk,
        code=row.code,
        title=row.title if held is None else wording(held.title),
        voters=row.voters,
        projects=projects,
        budget=Fraction(row.budget),
        counted=counts > 0,
    )


def election(territory_id: int, code: str) -> ElectionView | None:
    """What was put to the vote and what did each rule choose? None where there is no such vote."""
    held = Election.objects.filter(territory_id=territory_id, code=code)
    row = held.select_related("round").first()
    if row is None:
        return None
    tallies = list(row.tallies.order_by("-binding", "rule"))
    steps = _steps(tallies)
    projects = _projects(row, tallies, steps)
    box = PublishedBox.objects.filter(election=row).defer("packed").first()
    told = tuple(_tally(t, steps[t.pk], projects, row.voters) for t in tallies)
    return ElectionView(
        line=_line(row, len(projects), len(tallies)),
        vote_type=row.vote_type,
        attributes=tuple((k, v) for k, v in row.attributes),
        projects=tuple(projects[p] for p in sorted(projects)),
        binding=next((one for one in told if one.binding), None),
        sha256="" if box is None else box.sha256,
        receipts=0 if box is None else len(box.receipts),
        receipts_root="" if box is None else box.receipts_root,
        together={} if box is None else dict(box.together),
        tallies=told,
    )


def _steps(tallies: list[Tally]) -> dict[int, list[TallyStep]]:
    found: dict[int, list[TallyStep]] = {tally.pk: [] for tally in tallies}
    rows = TallyStep.objects.filter(tally__in=tallies).select_related("project")
    for row in rows.order_by("tally_id", "position"):
        found[row.tally_id].append(row)
    return found


def _projects(
    row: Election, tallies: list[Tally], steps: dict[int, list[TallyStep]]
) -> dict[int, ProjectView]:
    chosen_by: dict[int, list[str]] = defaultdict(list)
    for tally in tallies:
        for step in steps[tally.pk]:
            chosen_by[step.project.position].append(tally.rule)
    return {one.position: _project(one, chosen_by[one.position]) for one in row.projects.all()}


def _project(one: BallotProject, chosen_by: Sequence[str]) -> ProjectView:
    return ProjectView(
        id=one.pk,
        position=one.position,
        code=one.code,
        name=wording(one.forms),
        cost=Fraction(one.cost),
        votes=one.votes,
        categories=tuple(one.categories),
        lon=one.lon,
        lat=one.lat,
        chosen_by=tuple(chosen_by),
        official=one.selected,
        candidate=one.candidate,
    )


def _tally(
    row: Tally,
    steps: list[TallyStep],
    projects: dict[int, ProjectView],
    voters: int,
) -> TallyView:
    spent = Fraction(0)
    views = []
    for step in steps:
        project = projects[step.project.position]
        spent += project.cost
        views.append(
            StepView(
                position=step.position,
                project=project,
                supporters=step.supporters,
                price=None if step.price is None else Fraction(step.price),
                tied_with=tuple(projects[p].name for p in step.tied_with if p in projects),
                spent=spent,
            )
        )
    fair = row.fairness
    return TallyView(
        id=row.pk,
        rule=row.rule,
        parameters=tuple((k, v) for k, v in row.parameters),
        binding=row.binding,
        cost=Fraction(row.cost),
        budget=Fraction(row.budget),
        selected=len(steps),
        voters_with_a_win=fair.get("won", 0),
        mean_share=Fraction(fair.get("shares", "0")) / max(1, voters),
        steps=tuple(views),
        reasons=tuple(_reason(one, projects) for one in row.reasons),
        groups=tuple(_group(one) for one in fair.get("rows", ())),
        ages=tuple(_group(one) for one in fair.get("ages", ())),
        left_out=tuple(
            LeftOutView(projects[p], n, Fraction(share)) for p, n, share in fair.get("left_out", ())
        ),
        run_id=row.run_id,
    )


def _reason(one: dict[str, Any], projects: dict[int, ProjectView]) -> ReasonView:
    return ReasonView(
        project=projects[one["project"]],
        code=one["code"],
        supporters=one["supporters"],
        payers=one["payers"],
        payment=None if one["payment"] is None else Fraction(one["payment"]),
        more=one["more"],
        cost=None if one["cost"] is None else Fraction(one["cost"]),
    )


def _group(row: Sequence[Any]) -> GroupView:
    name, voters, nothing, projects, cost = row
    return GroupView(name, voters, nothing, Fraction(projects), Fraction(cost))


def receipt_proof(election_id: int, receipt: str) -> tuple[str, ...] | None:
    """Is this receipt on the published list? The whole list where it is, None where not."""
    box = PublishedBox.objects.filter(election_id=election_id).defer("packed").first()
    if box is None or receipt not in box.receipts:
        return None
    return tuple(box.receipts)


def receipts(election_id: int) -> tuple[str, ...]:
    """Which receipts were published, in their own order?"""
    box = PublishedBox.objects.filter(election_id=election_id).defer("packed").first()
    return () if box is None else tuple(box.receipts)


def votes_of_candidates(territory_id: int, codes: Sequence[str]) -> dict[str, VoteLink]:
    """Which vote stands behind each of these candidates, by the candidate's code?"""
    rows = BallotProject.objects.filter(
        election__territory_id=territory_id, candidate__in=[code for code in codes if code]
    ).select_related("election__round")
    return {row.candidate: _link(row) for row in rows}


def vote_of_project(territory_id: int, project_id: int) -> VoteLink | None:
    """Which vote was a project put to?"""
    row = (
        BallotProject.objects.filter(election__territory_id=territory_id, pk=project_id)
        .select_related("election__round")
        .first()
    )
    return None if row is None else _link(row)


def _link(row: BallotProject) -> VoteLink:
    rules = TallyStep.objects.filter(project=row).values_list("tally__rule", "tally__binding")
    chosen = list(rules.order_by("tally__rule"))
    line = _line(row.election, row.election.projects.count(), row.election.tallies.count())
    return VoteLink(line, _project(row, [rule for rule, _ in chosen]), any(b for _, b in chosen))


def winners(territory_id: int) -> int:
    """How many projects won a binding vote?"""
    return TallyStep.objects.filter(
        tally__binding=True, tally__election__territory_id=territory_id
    ).count()


def layer(territory_id: int, election: str) -> str:
    """Where are the projects put to the vote, as GeoJSON points?

    Properties: `id`, `code`, `name`, `cost`, `votes`, `won`.
    """
    rows = list(
        BallotProject.objects.filter(
            election__territory_id=territory_id, election__code=election, lon__isnull=False
        ).order_by("position")
    )
    won = set(
        TallyStep.objects.filter(tally__binding=True, project__in=rows).values_list(
            "project_id", flat=True
        )
    )
    return feature_collection(
        [shapely.Point(row.lon or 0.0, row.lat or 0.0) for row in rows],
        [
            {
                "id": row.pk,
                "code": row.code,
                "name": wording(row.forms),
                "cost": float(Fraction(row.cost)),
                "votes": row.votes,
                "won": row.pk in won,
            }
            for row in rows
        ],
    )
