"""Casting, changing and sealing a vote. Nothing here writes a time, a log entry or a name.

Every vote is one transaction: the voter's digest goes into the round's attendance and the sealed
ballot into the box, or neither does. What the attendance row holds does not depend on who came
when, so the two cannot be joined, not even by the transaction that wrote them.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from eutopia.core.decide.receipts import SECRET_BYTES, Receipt, receipt_of
from eutopia.web.dialogue.models import Attendance, Envelope, Proposal, Round
from eutopia.web.dialogue.services.choices import BallotRefused, Choice, check_choice
from eutopia.web.dialogue.services.rolls import Voter
from eutopia.web.dialogue.services.sealing import seal
from eutopia.web.foundation.access import RESIDENT, require
from eutopia.web.foundation.home import read_key

_PASS_LIFE_S = 2 * 3600
_WIDTH = 8


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a voter is handed to fill in: it goes with the form and is nowhere kept.

    Attributes
    ----------
    right
        Sealed: who may vote (or that this is a change). Ends after two hours.
    secret
        The voter's own; the receipt, and any change, follow from it.
    nonce
        Makes each filling a new one, so that sending it twice is told from changing back.
    was
        Mark of the ballot this one replaces; empty for the first.
    """

    right: str
    secret: str
    nonce: str
    was: str = ""


@dataclass(frozen=True, slots=True)
class Cast:
    """The vote is in the box. `receipt.public` may be shown; the secret is the voter's alone."""

    secret: str
    receipt: Receipt
    changed: bool


def _passes() -> Fernet:
    key = read_key(settings.EUTOPIA_HOME, "passes", lambda: Fernet.generate_key().decode())
    return Fernet(key.encode())


def open_round_now(round_id: int) -> Round:
    """Which round is it, voting now?"""
    row = Round.objects.select_related("territory").get(pk=round_id)
    require(RESIDENT, "ballot.cast", row.territory)
    now = timezone.now()
    if row.closed is not None or now >= row.voting_until:
        raise BallotRefused("closed")
    if now < row.voting_from:
        raise BallotRefused("not_open")
    return row


def hand_sheet(round_id: int, voter: Voter | None) -> Sheet:
    """What does somebody who may vote fill in? `voter` None where the town checks nobody.

    Raises
    ------
    BallotRefused
        not_open, closed.
    Round.DoesNotExist
    """
    row = open_round_now(round_id)
    right = {
        "round": row.pk,
        "digest": None if voter is None else voter.digest.hex(),
        "district": "" if voter is None else voter.district,
    }
    if voter is None and row.roll != "nobody":
        raise BallotRefused("wrong_code")
    return _sheet(right, secrets.token_hex(SECRET_BYTES))


def hand_change_sheet(round_id: int, secret: str) -> Sheet:
    """What does somebody fill in who holds the secret of a vote already cast?

    Raises
    ------
    BallotRefused
        bad_secret, not_open, closed.
    """
    row = open_round_now(round_id)
    secret = "".join(ch for ch in secret.lower() if ch.isalnum())
    envelope = Envelope.objects.filter(round=row, row_key=_receipt(row, secret).row_key).first()
    if envelope is None:
        raise BallotRefused("bad_secret")
    return _sheet({"round": row.pk, "change": True}, secret, was=envelope.mark)


def _sheet(right: Mapping[str, Any], secret: str, *, was: str = "") -> Sheet:
    bound = {**right, "secret": _fingerprint(secret)}
    sealed = _passes().encrypt(json.dumps(bound).encode()).decode()
    return Sheet(sealed, secret, secrets.token_hex(16), was)


def _fingerprint(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _receipt(row: Round, secret: str) -> Receipt:
    try:
        return receipt_of(secret, election=f"{row.territory.code}/{row.code}")
    except ValueError:
        raise BallotRefused("bad_secret") from None


def _read_right(row: Round, sheet: Sheet) -> dict[str, Any]:
    try:
        right: dict[str, Any] = json.loads(_passes().decrypt(sheet.right.encode(), _PASS_LIFE_S))
    except InvalidToken:
        raise BallotRefused("expired") from None
    if right["round"] != row.pk or right["secret"] != _fingerprint(sheet.secret):
        raise BallotRefused("wrong_code")
    return right


def choice_for(row: Round, given: Mapping[int, str]) -> Choice:
    """Which ballot do the marks make in this round? BallotRefused where they make none."""
    costs = {
        number: Fraction(cost)
        for number, cost in Proposal.objects.filter(round=row, state="feasible").values_list(
            "number", "cost"
        )
    }
    return check_choice(row.vote_type, row.limits, costs, given)


def cast_vote(round_id: int, sheet: Sheet, given: Mapping[int, str]) -> Cast:
    """Put a vote into the box, or another in its place.

    Parameters
    ----------
    given
        What is marked or written at each proposal, by number: see `check_choice`.

    Raises
    ------
    BallotRefused
        Nothing was changed: the marks are no ballot, the right is another's or ended, somebody
        voted with it already, or the sheet is an old one sent again after a change.

    Notes
    -----
    When this returns, the vote is on disk. Sent again (the answer was lost, the program was
    killed) the same sheet is acknowledged again and counts once.
    """
    row = open_round_now(round_id)
    right = _read_right(row, sheet)
    choice = choice_for(row, given)
    receipt = _receipt(row, sheet.secret)
    mark = _mark(sheet, choice)
    with transaction.atomic():
        attendance = Attendance.objects.select_for_update().get(round=row)
        # Closing takes the same lock: whoever holds it knows whether the box is still open.
        open_round_now(round_id)
        here = Envelope.objects.filter(round=row, row_key=receipt.row_key).first()
        if here is not None and here.mark == mark:
            return Cast(sheet.secret, receipt, changed=bool(sheet.was))
        if here is not None and (not sheet.was or here.mark != sheet.was):
            raise BallotRefused("stale")
        if here is None:
            if right.get("change"):
                raise BallotRefused("bad_secret")
            _attend(row, attendance, right)
        _put(row, receipt, mark, choice, right, here)
    return Cast(sheet.secret, receipt, changed=here is not None)


def _attend(row: Round, attendance: Attendance, right: Mapping[str, Any]) -> None:
    if right["digest"] is None:
        if row.roll != "nobody":
            raise BallotRefused("wrong_code")
        return
    note_attendance(attendance, bytes.fromhex(right["digest"]))


def note_attendance(attendance: Attendance, digest: bytes) -> None:
    """Note that somebody has voted; the row must be locked. BallotRefused: voted already."""
    kept = bytes(attendance.digests)
    numbers = range(len(kept) // _WIDTH)
    at = _WIDTH * bisect_left(numbers, digest, key=lambda i: kept[_WIDTH * i : _WIDTH * (i + 1)])
    if kept[at : at + _WIDTH] == digest:
        raise BallotRefused("voted")
    attendance.digests = kept[:at] + digest + kept[at:]
    attendance.save(update_fields=["digests"])


def _mark(sheet: Sheet, choice: Choice) -> str:
    said = json.dumps([sheet.nonce, choice.numbers, choice.points]).encode()
    return hmac.new(sheet.secret.encode(), said, hashlib.sha256).hexdigest()


def _put(
    row: Round,
    receipt: Receipt,
    mark: str,
    choice: Choice,
    right: Mapping[str, Any],
    here: Envelope | None,
) -> None:
    key = bytes(row.box_key)
    sealed = seal(key, ballot_content(choice, receipt.public))
    if here is not None:
        here.sealed, here.mark = sealed, mark
        here.save(update_fields=["sealed", "mark"])
        return
    place = seal(key, {"district": right["district"]})
    Envelope.objects.create(
        round=row, row_key=receipt.row_key, mark=mark, sealed=sealed, place=place
    )


def ballot_content(choice: Choice, receipt: str) -> dict[str, Any]:
    """What is sealed of a ballot? The receipt too: beside the envelope it would lead to it."""
    return {"numbers": choice.numbers, "points": choice.points, "receipt": receipt}
