"""The log of consequential acts: append-only, each entry chained to the one before by its hash.

An entry is written in the same transaction as the act itself, so neither exists without the
other. The database refuses to change or delete entries; whoever goes around that (its owner can)
is found by `verify_chain`, which recomputes every hash. A chain that was cut short or rewritten as
a whole is found by anchors: heads of the chain that were noted outside the database.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db import connection, models
from django.utils import timezone

from eutopia.web.foundation.access import ACTIONS, Actor
from eutopia.web.foundation.models import Act

GENESIS = "0" * 64
"""What the first entry is chained to."""

_LOCK = 0x45_55_54_4F
"""Key of the advisory lock under which entries are appended one by one."""

_FIELDS = (
    "number",
    "at",
    "account",
    "name",
    "roles",
    "action",
    "municipality",
    "subject_type",
    "subject_id",
    "before",
    "after",
    "reason",
    "previous",
)


@dataclass(frozen=True, slots=True)
class Break:
    """Where does the chain break first, and how?

    `fault`: missing (an entry is gone), altered (its contents do not give its hash), unlinked (it
    names another predecessor), anchor_missing and anchor_differs (the chain no longer holds what
    was once noted outside).
    """

    number: int
    fault: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many entries hold together, what is the last one's hash, where is the first break?"""

    entries: int
    head: str
    broken: Break | None


def log_act(
    actor: Actor,
    action: str,
    subject: models.Model | tuple[str, str],
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    municipality: str = "",
) -> Act:
    """Write that this was done: by whom, to what, what was and what is.

    Parameters
    ----------
    actor
        Who acted; of a resident nothing is kept but the role.
    action
        A key of `access.ACTIONS`.
    subject
        The row acted upon, or a pair of kind and identifier.
    before, after
        What changed: names and values. Never contact data nor free text of residents; the log
        cannot be erased.
    reason
        Why, in the actor's words, where the act needs a reason.
    municipality
        Code of the municipality concerned.

    Raises
    ------
    RuntimeError
        Outside a transaction: the act and its entry would not stand or fall together.
    LookupError
        For an action that is not in the table.

    Notes
    -----
    Writers wait for one another from here until their transaction ends; call it last. An import
    writes one entry, not one a row.
    """
    if action not in ACTIONS:
        raise LookupError(f"no action {action!r} in access.ACTIONS")
    if not connection.in_atomic_block:
        raise RuntimeError("log_act must run in the transaction of the act it tells of")
    kind, identifier = (
        (subject._meta.label_lower, str(subject.pk))
        if isinstance(subject, models.Model)
        else subject
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    last = Act.objects.order_by("-number").values_list("number", "hash").first()
    number, previous = (last[0] + 1, last[1]) if last else (1, GENESIS)
    entry = Act(
        number=number,
        at=timezone.now(),
        account=actor.account,
        name=actor.name,
        roles=" ".join(actor.roles),
        action=action,
        municipality=municipality,
        subject_type=kind,
        subject_id=identifier,
        before=_canonical(before),
        after=_canonical(after),
        reason=reason,
        previous=previous,
    )
    entry.hash = entry_hash(entry_fields(entry))
    entry.save(force_insert=True)
    return entry


def entry_fields(entry: Act) -> dict[str, Any]:
    """Return what is hashed of an entry, in plain values (also the form of an export)."""
    fields = {name: getattr(entry, name) for name in _FIELDS}
    fields["at"] = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    return fields


def entry_hash(fields: Mapping[str, Any]) -> str:
    """Give the SHA-256 of an entry's fields, its predecessor's hash among them.

    The text hashed is a JSON array of the values in the order number, at, account, name, roles,
    action, municipality, subject_type, subject_id, before, after, reason, previous; without
    spaces, in UTF-8. Anybody can recompute it from an export.
    """
    values = [fields[name] for name in _FIELDS]
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _canonical(values: Mapping[str, Any] | None) -> str:
    if values is None:
        return ""
    return json.dumps(
        values, default=_plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal | Fraction):
        return str(value)
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} cannot go into the log: pass plain values")


def verify_chain(
    entries: Iterable[Mapping[str, Any]], *, anchors: Mapping[int, str] | None = None
) -> Verdict:
    """Does the chain hold, from the first entry to the last?

    Parameters
    ----------
    entries
        Fields of each entry with its `hash`, in the order of their numbers.
    anchors
        Hashes noted earlier, by number.

    Notes
    -----
    O(n), one entry in memory at a time. Stops at the first break.
    """
    left = dict(anchors or {})
    number, previous = 0, GENESIS
    for entry in entries:
        number += 1
        fault = _fault(entry, number=number, previous=previous)
        if fault is None and left.pop(number, entry["hash"]) != entry["hash"]:
            fault = "anchor_differs"
        if fault is not None:
            return Verdict(number - 1, previous, Break(number, fault))
        previous = entry["hash"]
    if left:
        return Verdict(number, previous, Break(min(left), "anchor_missing"))
    return Verdict(number, previous, None)


def _fault(entry: Mapping[str, Any], *, number: int, previous: str) -> str | None:
    if entry["number"] != number:
        return "missing"
    if entry_hash(entry) != entry["hash"]:
        return "altered"
    if entry["previous"] != previous:
        return "unlinked"
    return None


def stored_entries() -> Iterable[dict[str, Any]]:
    """Read the whole log in order, a thousand entries at a time."""
    for entry in Act.objects.order_by("number").iterator(chunk_size=1000):
        yield entry_fields(entry) | {"hash": entry.hash}
