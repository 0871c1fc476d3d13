"""Rows of a vote as the core's record."""

from __future__ import annotations

import zlib
from fractions import Fraction

from eutopia.core.decide.pabulib import parse_election
from eutopia.core.records import Ballot, BallotBox, BallotProject, Election
from eutopia.web.dialogue import models


def election(election_id: int) -> Election:
    """What was put to the vote and how did people vote, exactly as it was loaded?

    With the fields of voters where a file was published or read.
    """
    row = models.Election.objects.get(pk=election_id)
    box = models.PublishedBox.objects.filter(election=row).first()
    if box is not None:
        return parse_election(unpacked(box))[0]
    projects = tuple(
        BallotProject(
            id=one.code,
            cost=Fraction(one.cost),
            name=one.name,
            categories=tuple(one.categories),
            targets=tuple(one.targets),
            selected=one.selected,
            attributes=tuple((k, v) for k, v in one.attributes),
        )
        for one in row.projects.order_by("position")
    )
    ballots = BallotBox.of(
        Ballot(tuple(approvals), tuple(map(Fraction, scores)), count)
        for approvals, scores, count in row.ballots.order_by("position").values_list(
            "approvals", "scores", "count"
        )
    )
    return Election(
        projects=projects,
        ballots=ballots,
        budget=Fraction(row.budget),
        vote_type=row.vote_type,
        title=row.title,
        attributes=tuple((k, v) for k, v in row.attributes),
    )


def unpacked(box: models.PublishedBox) -> str:
    """Which text was published?"""
    return zlib.decompress(bytes(box.packed)).decode()
