"""The electoral roll: who may vote, kept as digests that nobody can turn back."""

from __future__ import annotations

import csv
import io
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from eutopia.web.dialogue.models import RollBatch, RollEntry, Round
from eutopia.web.dialogue.services.choices import BallotRefused
from eutopia.web.dialogue.services.sealing import keyed_digest
from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.foundation.bulk import copy_rows

ROLLS = ("codes", "list", "provider", "nobody")
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's: no I, L, O, U, so that a printed code is read aright."""
_LENGTH = 16
_SHORT = 8
MOST_CODES = 200_000


class RollRefused(ValueError):  # noqa: N818 - a verdict on what was asked.
    """The roll was not changed. The message names row, field and mend."""


@dataclass(frozen=True, slots=True)
class Voter:
    """Somebody who proved that they may vote: a digest, and the district it was listed under."""

    digest: bytes
    district: str


def _digest(round_: Round, identity: str) -> bytes:
    return keyed_digest("roll", round_.territory.code, round_.code, identity)[:_SHORT]


def new_code() -> str:
    """Make a code of 80 random bits, in four groups."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    return "-".join(letters[i : i + 4] for i in range(0, _LENGTH, 4))


def read_code(words: str) -> str:
    """Which code was meant, however it was typed?

    Examples
    --------
    >>> read_code(" o1il-abcd efgh-0000 ")
    '0111ABCDEFGH0000'
    """
    letters = "".join(ch for ch in words.upper() if ch.isalnum())
    return letters.translate(str.maketrans("OIL", "011"))


def read_identity(words: str) -> str:
    """Which entry of a list was meant: letters and digits alone, in one case, ё as е."""
    return "".join(ch for ch in words.casefold().replace("ё", "е") if ch.isalnum())


@transaction.atomic
def issue_codes(actor: Actor, round_id: int, *, count: int, district: str = "") -> tuple[str, ...]:
    """Which codes were made? They are told once: only their digests are kept.

    Raises
    ------
    RollRefused
        The roll is not one of codes, is closed, or the number is out of bounds.
    AccessDenied
    """
    row = Round.objects.select_related("territory").get(pk=round_id)
    require(actor, "roll.keep", row.territory)
    _check_open(row, "codes")
    if not 1 <= count <= MOST_CODES:
        raise RollRefused(f"count {count}: give 1 to {MOST_CODES}")
    codes = tuple(new_code() for _ in range(count))
    _store(actor, row, [(_digest(row, read_code(code)), district) for code in codes], district)
    return codes


@transaction.atomic
def load_list(actor: Actor, round_id: int, text: str, *, name: str = "list") -> int:
    """How many people were listed?

    Parameters
    ----------
    text
        CSV with a head: `identity` (what a voter will be asked for, such as a document's number)
        and, if wanted, `district`.

    Raises
    ------
    RollRefused
        Naming the row and field; nobody was listed then.
    AccessDenied
    """
    row = Round.objects.select_related("territory").get(pk=round_id)
    require(actor, "roll.keep", row.territory)
    _check_open(row, "list")
    found = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    if "identity" not in (found.fieldnames or ()):
        raise RollRefused(f"{name}, row 1: no column 'identity'; write it into the head")
    unknown = set(found.fieldnames or ()) - {"identity", "district"}
    if unknown:
        raise RollRefused(
            f"{name}, row 1, {sorted(unknown)[0]}: no such column; keep identity and district alone"
        )
    seen: dict[bytes, tuple[int, str]] = {}
    for number, line in enumerate(found, start=2):
        identity = read_identity(line["identity"] or "")
        if len(identity) < 4:
            raise RollRefused(f"{name}, row {number}, identity: too short; give 4 signs or more")
        digest = _digest(row, identity)
        if digest in seen:
            raise RollRefused(
                f"{name}, row {number}, identity: the same as in row {seen[digest][0]}; "
                "leave one of them out"
            )
        seen[digest] = number, (line.get("district") or "").strip()
    _store(actor, row, [(digest, district) for digest, (_, district) in seen.items()], "")
    return len(seen)


def _check_open(row: Round, kind: str) -> None:
    if row.roll != kind:
        raise RollRefused(f"{row.code}: its roll is kept by {row.roll}, not by {kind}")
    if row.closed is not None or timezone.now() >= row.voting_until:
        raise RollRefused(f"{row.code}: voting is over, the roll is closed")


def _store(actor: Actor, row: Round, entries: Sequence[tuple[bytes, str]], district: str) -> None:
    batch = RollBatch.objects.create(
        round=row, made=timezone.localdate(), size=len(entries), district=district
    )
    rows = (
        {"batch_id": batch.pk, "round_id": row.pk, "digest": digest, "district": place}
        for digest, place in sorted(entries)
    )
    done = copy_rows(RollEntry, rows, key=("round_id", "digest"), update=False)
    if done.inserted != len(entries):
        raise RollRefused(f"{len(entries) - done.inserted} of them are on the roll already")
    log_act(
        actor,
        "roll.keep",
        row,
        after={"batch": batch.pk, "entries": len(entries)},
        municipality=row.territory.code,
    )


@transaction.atomic
def expire_batch(actor: Actor, batch_id: int, *, reason: str) -> None:
    """Take no code of this batch from now on: it was lost or printed wrongly.

    Votes cast with it stay: nothing leads from a code to a vote.

    Raises
    ------
    RollRefused
        Without a reason.
    AccessDenied
    """
    batch = RollBatch.objects.select_related("round__territory").get(pk=batch_id)
    require(actor, "roll.keep", batch.round.territory)
    if not reason.strip():
        raise RollRefused("reason: say why, it will be in the log")
    batch.expired = True
    batch.save(update_fields=["expired"])
    log_act(
        actor,
        "roll.keep",
        batch,
        after={"expired": batch.size},
        reason=reason.strip(),
        municipality=batch.round.territory.code,
    )


def find_voter(row: Round, words: str) -> Voter:
    """Who is it that gives this code, or this identity of the list?

    Raises
    ------
    BallotRefused
        wrong_code, expired.
    """
    read = read_code if row.roll == "codes" else read_identity
    digest = _digest(row, read(words))
    entry = RollEntry.objects.select_related("batch").filter(round=row, digest=digest).first()
    if entry is None or row.roll not in ("codes", "list"):
        raise BallotRefused("wrong_code")
    if entry.batch.expired:
        raise BallotRefused("expired")
    return Voter(digest, entry.district)


def find_voter_of(round_id: int, words: str) -> Voter:
    """As `find_voter`, by the round's number."""
    return find_voter(Round.objects.select_related("territory").get(pk=round_id), words)


def person_may_vote(round_id: int, *, issuer: str, subject: str, district: str = "") -> Voter:
    """Who is it that the identity provider vouches for?

    Raises
    ------
    BallotRefused
        wrong_code: the round's roll is not kept by a provider.
    """
    row = Round.objects.select_related("territory").get(pk=round_id)
    if row.roll != "provider":
        raise BallotRefused("wrong_code")
    return Voter(_digest(row, f"{issuer}\n{subject}"), district)
