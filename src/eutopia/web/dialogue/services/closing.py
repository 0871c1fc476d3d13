"""Closing: the box is opened once, published with its hash, and counted by the announced rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.utils import timezone

from eutopia.core.decide.grouping import group_small
from eutopia.core.decide.pabulib import format_election, parse_election
from eutopia.core.decide.receipts import tree_root
from eutopia.core.records import Ballot, BallotBox, BallotProject, VoterColumns
from eutopia.core.records import Election as ElectionRecord
from eutopia.web.dialogue.models import Attendance, Election, Envelope, PaperBallot, Round
from eutopia.web.dialogue.services.choices import BallotRefused, check_choice
from eutopia.web.dialogue.services.counting import RULES, load_election, store_box
from eutopia.web.dialogue.services.sealing import open_all
from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.territory.selectors import wording

NOWHERE = "-"
"""The published district of voters whose roll names none."""


class NotYet(ValueError):  # noqa: N818 - a verdict on what was asked.
    """The box stays sealed. `code`: voting (people may still vote), papers (some paper ballots
    are not agreed), closed (it was opened already)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class _Opened:
    """One valid ballot out of its envelope."""

    row_key: str
    district: str
    receipt: str
    ballot: Ballot


@transaction.atomic
def close_voting(actor: Actor, round_id: int) -> Election:
    """Which vote came out of the box? Opened, published, its hash in the log; not yet counted.

    Raises
    ------
    NotYet
        Nothing was opened.
    AccessDenied

    Notes
    -----
    Takes the lock that every vote takes: a vote is in the published box or was refused. In the
    file rows are in the order of keys that follow from the voters' secrets, receipts in their own
    order. Districts from which fewer than the round's smallest group voted, or where all voted
    alike, are shown together.
    """
    Attendance.objects.select_for_update().get(round_id=round_id)
    row = Round.objects.select_for_update(of=("self",)).select_related("territory").get(pk=round_id)
    require(actor, "ballot.close", row.territory)
    _check_over(row)
    projects = list(row.proposals.filter(state="feasible").order_by("number"))
    opened, refused = _open_box(row, projects)
    text, together = box_text(_record(row, projects, opened), least=row.smallest_group)
    election, _faults = parse_election(text, name=row.code)
    places = [(str(one.number), one.lon, one.lat) for one in projects]
    held = load_election(actor, row.territory, election, code=row.code, places=places)
    publish_box(
        actor,
        row,
        held,
        text,
        receipts=sorted(one.receipt for one in opened if one.receipt),
        together=together,
        refused=refused,
    )
    Envelope.objects.filter(round=row).delete()
    return held


def box_text(cast: ElectionRecord, *, least: int) -> tuple[str, dict[str, int]]:
    """Which file may be published, with nobody given away by a district, and who is not shown?

    Parameters
    ----------
    cast
        With the district of every voter.
    least
        So many voters at least share a district that is shown.

    Returns
    -------
    (str, dict)
        Pabulib; voters whose value was put together with others, by column.
    """
    grouped = group_small(cast, columns=("district",), least=least)
    return format_election(grouped.election), dict(grouped.hidden)


@transaction.atomic
def publish_box(
    actor: Actor,
    row: Round,
    held: Election,
    text: str,
    *,
    receipts: Sequence[str] = (),
    together: Mapping[str, int] | None = None,
    refused: int = 0,
) -> None:
    """Close a round with this vote: its file is published, the hash is in the log for ever.

    Parameters
    ----------
    receipts
        In their own order.
    together
        Voters whose district is not shown, by column.
    refused
        Envelopes that held no valid ballot.

    Raises
    ------
    AccessDenied
    """
    require(actor, "ballot.close", row.territory)
    box = store_box(
        held,
        text,
        receipts=list(receipts),
        receipts_root=tree_root(receipts),
        together=dict(together or {}),
        refused=refused,
    )
    row.closed, row.election = timezone.now(), held
    row.save(update_fields=["closed", "election"])
    log_act(
        actor,
        "ballot.close",
        row,
        after={
            "sha256": box.sha256,
            "receipts_root": box.receipts_root,
            "ballots": held.voters,
            "refused": refused,
            "rule": row.rule,
            "parameters": dict(RULES[row.rule].parameters),
        },
        municipality=row.territory.code,
    )


def _check_over(row: Round) -> None:
    if row.closed is not None:
        raise NotYet("closed")
    if timezone.now() < row.voting_until:
        raise NotYet("voting")
    if PaperBallot.objects.filter(round=row).exclude(state="agreed").exists():
        raise NotYet("papers")


def due_rounds() -> list[tuple[int, str]]:
    """Which rounds wait for closing, of which municipality?"""
    rows = Round.objects.filter(closed__isnull=True, voting_until__lte=timezone.now())
    return list(rows.order_by("pk").values_list("pk", "territory__code"))


def _open_box(row: Round, projects: Sequence[Any]) -> tuple[list[_Opened], int]:
    """Which valid ballots does the box hold, by their keys, and how many envelopes hold none?"""
    at = {one.number: position for position, one in enumerate(projects)}
    costs = {one.number: Fraction(one.cost) for one in projects}
    rows = list(
        Envelope.objects.filter(round=row)
        .order_by("row_key")
        .values_list("row_key", "sealed", "place")
    )
    code = f"{row.territory.code}/{row.code}"
    ballots = open_all(code, (bytes(sealed) for _, sealed, _ in rows))
    places = open_all(code, (bytes(place) for _, _, place in rows))
    found, refused = [], 0
    for (key, _, _), said, place in zip(rows, ballots, places, strict=True):
        ballot = None if said is None else _valid(row, costs, at, said)
        if ballot is None or said is None:
            refused += 1
            continue
        district = "" if place is None else str(place["district"])
        found.append(_Opened(key, district, str(said["receipt"]), ballot))
    return found, refused


def _valid(
    row: Round, costs: dict[int, Fraction], at: dict[int, int], said: dict[str, Any]
) -> Ballot | None:
    """Which ballot is it by the same rules as at casting? None where it is none."""
    numbers, points = said["numbers"], said["points"]
    if row.vote_type == "ordinal":
        given = {number: str(rank) for rank, number in enumerate(numbers, start=1)}
    elif points:
        given = dict(zip(numbers, map(str, points), strict=True))
    else:
        given = dict.fromkeys(numbers, "1")
    try:
        choice = check_choice(row.vote_type, row.limits, costs, given)
    except BallotRefused:
        return None
    return Ballot(tuple(at[n] for n in choice.numbers), tuple(map(Fraction, choice.points)))


def _record(row: Round, projects: Sequence[Any], opened: Sequence[_Opened]) -> ElectionRecord:
    """Which election came out of the box, with the district of every voter?"""
    place = {ballot: i for i, ballot in enumerate(dict.fromkeys(one.ballot for one in opened))}
    counts = np.bincount([place[one.ballot] for one in opened], minlength=len(place))
    voters = VoterColumns(
        ("voter_id", "district"),
        (
            tuple(one.row_key for one in opened),
            tuple(one.district or NOWHERE for one in opened),
        ),
        np.array([place[one.ballot] for one in opened], dtype=np.int32),
    )
    box = BallotBox.of(
        Ballot(b.approvals, b.scores, int(n)) for b, n in zip(place, counts, strict=True)
    )
    return ElectionRecord(
        projects=tuple(_project(one) for one in projects),
        ballots=box,
        budget=Fraction(row.budget),
        vote_type=row.vote_type,
        title=wording(row.title, "en"),
        attributes=_attributes(row),
        voters=voters,
    )


def _project(one: Any) -> BallotProject:
    more = (
        ("category", one.category),
        ("latitude", f"{one.lat:.6f}"),
        ("longitude", f"{one.lon:.6f}"),
        *((f"name_{code}", words) for code, words in one.title[1:]),
    )
    return BallotProject(
        id=str(one.number), cost=Fraction(one.cost), name=one.title[0][1], attributes=more
    )


def _attributes(row: Round) -> tuple[tuple[str, str], ...]:
    rule = RULES[row.rule]
    said = [
        ("description", wording(row.title, "en")),
        ("country", "-"),
        ("unit", wording(row.territory.name, "en")),
        ("instance", row.code),
        ("date_begin", f"{row.voting_from:%d.%m.%Y}"),
        ("date_end", f"{row.voting_until:%d.%m.%Y}"),
        ("currency", row.territory.currency),
        ("rule", "greedy" if row.rule == "greedy" else "equalshares"),
        ("eutopia_rule", row.rule),
        *((f"eutopia_{name}", value) for name, value in rule.parameters),
    ]
    known = ("min_length", "max_length", "max_sum_cost", "max_points", "max_sum_points")
    said += [(name, str(row.limits[name])) for name in known if name in row.limits]
    return tuple(said)


def sweep_box() -> None:
    """Give back the room of what was deleted, so that old versions of rows are not on the disk.

    Outside a transaction only (VACUUM cannot run in one).
    """
    with connection.cursor() as cursor:
        for model in (Attendance, Envelope):
            cursor.execute(f'VACUUM (FULL) "{model._meta.db_table}"')
