"""Paper ballots: handed out to people on the roll, keyed twice by two people, put into the box.

Neither clerk sees what the other keyed, and nobody can look it up: what is keyed is kept as a
digest under the installation's key until two keyings agree.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from eutopia.core.decide.receipts import SECRET_BYTES
from eutopia.web.dialogue.models import Attendance, Envelope, PaperBallot, Round
from eutopia.web.dialogue.services.casting import (
    ballot_content,
    choice_for,
    note_attendance,
    open_round_now,
)
from eutopia.web.dialogue.services.choices import BallotRefused, Choice
from eutopia.web.dialogue.services.rolls import find_voter, new_code
from eutopia.web.dialogue.services.sealing import keyed_digest, seal
from eutopia.web.foundation.access import Actor, require

_SERIAL = 32


@transaction.atomic
def hand_out_paper(actor: Actor, round_id: int, words: str) -> int:
    """Strike somebody off the roll who takes a paper ballot; how many were handed out by now?

    Raises
    ------
    BallotRefused
        wrong_code, expired, voted, not_open, closed.
    AccessDenied
    """
    attendance = Attendance.objects.select_for_update().get(round_id=round_id)
    row = open_round_now(round_id)
    require(actor, "ballot.assist", row.territory)
    note_attendance(attendance, find_voter(row, words).digest)
    row.papers += 1
    row.save(update_fields=["papers"])
    return row.papers


def new_serials(count: int) -> tuple[str, ...]:
    """Which serials may be printed on so many papers? Kept nowhere: the roll knows none of them."""
    return tuple(new_code()[:9].replace("-", "") for _ in range(count))


@transaction.atomic
def key_paper(actor: Actor, round_id: int, serial: str, given: Mapping[int, str]) -> str:
    """Which state is this paper ballot in after it was keyed once more?

    Parameters
    ----------
    serial
        Printed on the paper; the roll does not know who got which.

    Returns
    -------
    str
        once (somebody else must key it), differs (a third keying decides), agreed (it is in the
        box).

    Raises
    ------
    BallotRefused
        The marks are no ballot; same_clerk (two people must key), keyed (it is in the box
        already), more_papers (more than were handed out), no_serial.
    AccessDenied
    """
    # The lock that closing takes.
    Attendance.objects.select_for_update().get(round_id=round_id)
    row = Round.objects.select_related("territory").get(pk=round_id)
    require(actor, "ballot.key", row.territory)
    # Papers are still keyed when nobody can vote any more, until the box is opened.
    if row.closed is not None or timezone.now() < row.voting_from:
        raise BallotRefused("closed" if row.closed else "not_open")
    serial = serial.strip().upper()
    if not serial or len(serial) > _SERIAL:
        raise BallotRefused("no_serial")
    choice = choice_for(row, given)
    papers = PaperBallot.objects.filter(round=row)
    paper = papers.filter(serial=serial).first()
    if paper is None:
        if papers.count() >= row.papers:
            raise BallotRefused("more_papers")
        paper = PaperBallot(round=row, serial=serial)
    if paper.state == "agreed":
        raise BallotRefused("keyed")
    clerk = actor.account or 0
    if clerk in paper.keyed_by:
        raise BallotRefused("same_clerk")
    mark = _mark(row, serial, choice)
    agreed = mark in paper.marks
    if agreed:
        _put(row, choice)
    paper.state = "agreed" if agreed else "differs" if paper.marks else "once"
    paper.marks = [] if agreed else [*paper.marks, mark]
    paper.keyed_by = [*paper.keyed_by, clerk]
    paper.save()
    return paper.state


def _mark(row: Round, serial: str, choice: Choice) -> str:
    said = json.dumps([choice.numbers, choice.points])
    return keyed_digest("paper", str(row.pk), serial, said).hex()


def _put(row: Round, choice: Choice) -> None:
    key = bytes(row.box_key)
    Envelope.objects.create(
        round=row,
        row_key=secrets.token_hex(SECRET_BYTES),
        mark="",
        sealed=seal(key, ballot_content(choice, "")),
        place=seal(key, {"district": ""}),
    )
