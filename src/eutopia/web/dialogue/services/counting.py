"""Writing votes and counting them."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from eutopia.core.decide import standalone_tally
from eutopia.core.decide.equal_shares import equal_shares
from eutopia.core.decide.explanation import (
    ProjectExplanation,
    SatisfactionRow,
    age_band,
    explain,
    satisfaction_of,
)
from eutopia.core.decide.greedy import greedy
from eutopia.core.decide.pabulib import BallotFileError, format_election, parse_election
from eutopia.core.decide.phragmen import phragmen
from eutopia.core.decide.proportionality import neglected_groups
from eutopia.core.decide.receipts import box_hash
from eutopia.core.decide.rules import count_ballots
from eutopia.core.records import Election as ElectionRecord
from eutopia.core.records import Tally as TallyRecord
from eutopia.web.dialogue import bridge
from eutopia.web.dialogue.models import (
    Ballot,
    BallotProject,
    Election,
    PublishedBox,
    Tally,
    TallyStep,
)
from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.foundation.bulk import copy_rows
from eutopia.web.ledger.digests import digest
from eutopia.web.ledger.models import Run
from eutopia.web.ledger.services import (
    Computation,
    PromiseDraft,
    compute,
    find_run,
    make_promises,
    record_run,
)
from eutopia.web.programmes.models import Candidate
from eutopia.web.territory.models import Territory
from eutopia.web.territory.services import territory_row


class AnotherVoteError(ValueError):
    """A vote stands there already, and it is another one."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that ballots are counted by, with its parameters."""

    method: str
    count: Callable[..., TallyRecord]
    parameters: tuple[tuple[str, str], ...]


_LEAST = 10
"""Bands of age with fewer voters are not told."""

RULES: Mapping[str, Rule] = {
    "equal_shares": Rule(
        "eutopia.core.decide.equal_shares:equal_shares",
        equal_shares,
        (("satisfaction", "cost"), ("completion", "add1u")),
    ),
    "equal_shares_add1": Rule(
        "eutopia.core.decide.equal_shares:equal_shares",
        equal_shares,
        (("satisfaction", "cost"), ("completion", "add1")),
    ),
    "equal_shares_compared": Rule(
        "eutopia.core.decide.rules:count_ballots",
        count_ballots,
        (("rule", "equal-shares"), ("satisfaction", "cost"), ("completion", "add1-comparison")),
    ),
    "greedy": Rule("eutopia.core.decide.greedy:greedy", greedy, (("satisfaction", "cost"),)),
    "phragmen": Rule("eutopia.core.decide.phragmen:phragmen", phragmen, (("overshoot", "skip"),)),
}


@transaction.atomic
def load_election(
    actor: Actor,
    territory: Territory,
    election: ElectionRecord,
    *,
    code: str,
    places: Sequence[tuple[str, float, float]] = (),
) -> Election:
    """Which vote is this now? Loaded once: ballots are never changed.

    Parameters
    ----------
    code
        Names the vote in addresses.
    places
        Project, longitude, latitude.

    Raises
    ------
    AnotherVoteError
        Another vote stands under this code.
    AccessDenied
    """
    require(actor, "ballot.open", territory)
    mark = digest(election)
    known = Election.objects.filter(territory=territory, code=code).first()
    if known is not None:
        if known.digest != mark:
            raise AnotherVoteError(f"another vote stands under '{code}'; ballots are never changed")
        return known
    row = Election.objects.create(
        territory=territory,
        code=code,
        title=election.title,
        budget=str(election.budget),
        vote_type=election.vote_type,
        voters=sum(ballot.count for ballot in election.ballots),
        attributes=[list(pair) for pair in election.attributes],
        digest=mark,
    )
    _store_projects(row, election, {project: (lon, lat) for project, lon, lat in places})
    copy_rows(Ballot, _ballot_rows(row.pk, election), key=("election_id", "position"))
    log_act(
        actor,
        "ballot.open",
        row,
        after={"voters": row.voters, "projects": len(election.projects), "digest": mark},
        municipality=territory.code,
    )
    return row


def _store_projects(
    row: Election, election: ElectionRecord, places: Mapping[str, tuple[float, float]]
) -> None:
    votes: Counter[int] = Counter()
    for ballot in election.ballots:
        for position in ballot.approvals:
            votes[position] += ballot.count
    codes = set(Candidate.objects.filter(territory=row.territory).values_list("code", flat=True))
    rows = []
    for position, one in enumerate(election.projects):
        lon, lat = places.get(one.id, (None, None))
        rows.append(
            BallotProject(
                election=row,
                position=position,
                code=one.id,
                name=one.name,
                cost=str(one.cost),
                categories=list(one.categories),
                targets=list(one.targets),
                selected=one.selected,
                attributes=[list(pair) for pair in one.attributes],
                lon=lon,
                lat=lat,
                votes=votes[position],
                candidate=_candidate_of(one.id, codes),
            )
        )
    BallotProject.objects.bulk_create(rows)


def _candidate_of(project: str, codes: set[str]) -> str:
    """Under which code may the project be a candidate of the programme?"""
    return next((code for code in (project, f"ballot:{project}") if code in codes), "")


def _ballot_rows(election_id: int, election: ElectionRecord) -> Iterator[dict[str, object]]:
    for position, ballot in enumerate(election.ballots):
        yield {
            "election_id": election_id,
            "position": position,
            "approvals": list(ballot.approvals),
            "scores": [str(score) for score in ballot.scores],
            "count": ballot.count,
        }


def count_ballot(actor: Actor, election_id: int, *, rule: str, binding: bool = False) -> Tally:
    """What does a rule choose?

    Parameters
    ----------
    rule
        A key of `RULES`.
    binding
        Whether this is the rule that was announced: its outcome is the result, and every project
        it chooses becomes a public promise.

    Raises
    ------
    KeyError
        No such rule.
    ValueError
        Another rule is binding already: a result is announced once.
    AccessDenied, Election.DoesNotExist
    """
    row = Election.objects.select_related("territory").get(pk=election_id)
    require(actor, "ballot.count", row.territory)
    told = RULES[rule]
    other = row.tallies.filter(binding=True).exclude(rule=rule).first()
    if binding and other is not None:
        raise ValueError(f"{row.code} was counted by {other.rule}; a result is announced once")
    asked = Computation(
        row.territory_id,
        told.method,
        dict(told.parameters),
        (),
        row.digest,
        row.territory.as_of,
    )
    tally = _counted(actor, row, rule, told, asked)
    if binding and not tally.binding:
        _announce(actor, tally)
    return tally


def _counted(actor: Actor, row: Election, name: str, rule: Rule, asked: Computation) -> Tally:
    earlier = find_run(asked)
    known = None if earlier is None else Tally.objects.filter(run=earlier).first()
    if known is not None and known.fairness:
        return known
    record = bridge.election(row.pk)
    if known is not None:
        return _explained(known, rule.count(record, **dict(rule.parameters)), record)
    computed = compute(asked, lambda: rule.count(record, **dict(rule.parameters)))
    with transaction.atomic():
        run = record_run(computed)
        tally = _store(row, run, name, computed.result, record)
        log_act(
            actor,
            "ballot.count",
            row,
            after={"run": run.pk, "rule": name, "selected": len(computed.result.selected)},
            municipality=row.territory.code,
        )
    return tally


def replay_tally(run: Run) -> str:
    """What is the digest of the tally that the same ballots (which never change) give now?"""
    tally = Tally.objects.get(run=run)
    rule = RULES[tally.rule]
    return digest(rule.count(bridge.election(tally.election_id), **run.parameters))


def _store(row: Election, run: Run, name: str, told: TallyRecord, record: ElectionRecord) -> Tally:
    tally = Tally.objects.create(
        election=row,
        run=run,
        rule=name,
        parameters=[list(pair) for pair in told.parameters],
        cost=str(told.cost),
        budget=str(told.budget),
        reasons=[_reason(one) for one in explain(record, told)],
        fairness=_fairness(record, told.selected),
    )
    projects = {one.position: one for one in row.projects.all()}
    steps = {step.project: step for step in told.steps}
    TallyStep.objects.bulk_create(
        TallyStep(
            tally=tally,
            position=position,
            project=projects[project],
            supporters=steps[project].supporters if project in steps else None,
            price=(
                str(steps[project].price)
                if project in steps and steps[project].price is not None
                else None
            ),
            tied_with=list(steps[project].tied_with) if project in steps else [],
        )
        for position, project in enumerate(told.selected, start=1)
    )
    return tally


def _explained(tally: Tally, told: TallyRecord, record: ElectionRecord) -> Tally:
    """Give reasons to a tally that was stored before there were any."""
    tally.reasons = [_reason(one) for one in explain(record, told)]
    tally.fairness = _fairness(record, told.selected)
    tally.save(update_fields=["reasons", "fairness"])
    return tally


def _reason(one: ProjectExplanation) -> dict[str, Any]:
    """Why a project was chosen or not, in plain values; money as text."""
    missing = one.shortfall
    return {
        "project": one.project,
        "code": one.code,
        "supporters": one.supporters,
        "payers": one.payers,
        "payment": None if one.payment is None else str(one.payment),
        "more": None if missing is None else missing.supporters,
        "cost": None if missing is None or missing.cost <= 0 else str(missing.cost),
    }


def _fairness(election: ElectionRecord, selected: Sequence[int]) -> dict[str, Any]:
    """Who got what: everybody, and each district where the box says it; and who was left out."""
    columns = () if election.voters is None else election.voters.columns
    by = next((name for name in ("district", "neighborhood") if name in columns), None)
    rows = list(satisfaction_of(election, selected))
    if by is not None:
        rows += satisfaction_of(election, selected, column=by)
    ages = (
        satisfaction_of(election, selected, column="age", band=age_band) if "age" in columns else ()
    )
    won, shares = satisfaction(
        [(ballot.approvals, ballot.count) for ballot in election.ballots], set(selected)
    )
    left_out = neglected_groups(election, selected)
    return {
        "won": won,
        "shares": str(shares),
        "rows": [_served(row) for row in rows],
        "ages": [_served(row) for row in ages if row.group and row.voters >= _LEAST],
        "left_out": [[group.project, group.voters, str(group.entitlement)] for group in left_out],
    }


def _served(row: SatisfactionRow) -> list[Any]:
    """How well one group is served, in plain values."""
    return [row.group, row.voters, row.with_nothing, str(row.projects), str(row.cost)]


def satisfaction(
    ballots: Sequence[tuple[Sequence[int], int]], won: set[int]
) -> tuple[int, Fraction]:
    """How many voters won something, and what is the sum of their shares of approved projects won?

    Examples
    --------
    >>> satisfaction([((0, 1), 3), ((2,), 1), ((), 1)], {0})
    (3, Fraction(3, 2))
    """
    happy, by_size = 0, Counter[int]()
    for approvals, count in ballots:
        hits = sum(position in won for position in approvals)
        if hits:
            happy += count
            by_size[len(approvals)] += hits * count
    return happy, sum((Fraction(hits, size) for size, hits in by_size.items()), Fraction(0))


@transaction.atomic
def link_candidates(actor: Actor, election_id: int, candidates: Mapping[str, str]) -> None:
    """Note which candidate of the programme each project became, by the project's code."""
    row = Election.objects.select_related("territory").get(pk=election_id)
    require(actor, "ballot.close", row.territory)
    for project in row.projects.filter(code__in=candidates):
        project.candidate = candidates[project.code]
        project.save(update_fields=["candidate"])
    log_act(
        actor,
        "ballot.close",
        row,
        after={"candidates": dict(sorted(candidates.items()))},
        municipality=row.territory.code,
    )


@transaction.atomic
def _announce(actor: Actor, tally: Tally) -> None:
    tally.binding = True
    tally.save(update_fields=["binding"])
    row = tally.election
    held = getattr(row, "round", None)
    closed = None if held is None else held.closed
    drafts = [
        PromiseDraft(
            code=f"vote:{row.code}:{step.project.code}",
            kind="vote",
            subject_kind="ballot_project",
            subject_id=step.project_id,
            title=step.project.forms,
            made=row.territory.as_of if closed is None else timezone.localdate(closed),
            run=tally.run,
        )
        for step in tally.steps.select_related("project").order_by("position")
    ]
    made = make_promises(actor, row.territory, drafts, action="ballot.count")
    log_act(
        actor,
        "ballot.count",
        row,
        after={"binding": tally.rule, "promises": made},
        municipality=row.territory.code,
    )


def election_file(territory_id: int, code: str) -> str | None:
    """What was put to the vote and how did people vote, as a Pabulib file anybody can recount?

    The very bytes that were published or read, where they were; None where there is no such vote.
    """
    row = Election.objects.filter(territory_id=territory_id, code=code).first()
    if row is None:
        return None
    box = PublishedBox.objects.filter(election=row).first()
    return format_election(bridge.election(row.pk)) if box is None else bridge.unpacked(box)


def store_box(row: Election, text: str, **more: Any) -> PublishedBox:
    """Keep a Pabulib file as it is, with its hash."""
    return PublishedBox.objects.create(
        election=row,
        packed=zlib.compress(text.encode(), 6),
        sha256=box_hash(text),
        **{"receipts": [], "receipts_root": "", **more},
    )


def standalone_program() -> str:
    """Which single file counts a box by itself, on any machine with Python?"""
    return Path(standalone_tally.__file__).read_text("utf-8")


@transaction.atomic
def import_election(
    actor: Actor,
    territory: Territory | int,
    text: str,
    *,
    code: str,
    name: str = "file",
    places: Sequence[tuple[str, float, float]] = (),
) -> Election:
    """Which vote is this Pabulib file now?

    Parameters
    ----------
    name
        What messages call the file.

    Raises
    ------
    BallotFileError
        Naming file, line, field and mend of every fault; nothing was stored.
    ValueError
        Another vote stands under the code.
    AccessDenied
    """
    territory = territory_row(territory)
    require(actor, "ballot.open", territory)
    election, faults = parse_election(text, name=name)
    serious = [fault for fault in faults if not fault.warning]
    if serious:
        raise BallotFileError(name, serious)
    row = load_election(actor, territory, election, code=code, places=places or _placed(election))
    if not PublishedBox.objects.filter(election=row).exists():
        store_box(row, text)
    return row


def _placed(election: ElectionRecord) -> tuple[tuple[str, float, float], ...]:
    """Where are projects whose file says it (columns longitude and latitude)?"""
    found = []
    for project in election.projects:
        said = dict(project.attributes)
        try:
            lon, lat = float(said["longitude"]), float(said["latitude"])
        except (KeyError, ValueError):
            continue
        if -180 <= lon <= 180 and -90 <= lat <= 90:
            found.append((project.id, lon, lat))
    return tuple(found)
