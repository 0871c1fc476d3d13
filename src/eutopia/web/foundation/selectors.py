"""What pages read of the log of acts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from eutopia.web.foundation.access import Actor, municipalities, require
from eutopia.web.foundation.anchors import read_anchors
from eutopia.web.foundation.audit import Verdict, stored_entries, verify_chain
from eutopia.web.foundation.models import Act


@dataclass(frozen=True, slots=True)
class ActLine:
    """One act as the log shows it; `before` and `after` are JSON, empty where nothing changed."""

    number: int
    at: datetime
    name: str
    roles: tuple[str, ...]
    action: str
    municipality: str
    subject: str
    before: str
    after: str
    reason: str
    hash: str


@dataclass(frozen=True, slots=True)
class ActPage:
    """One page of the log: `number` of `pages`, `total` acts in all."""

    items: tuple[ActLine, ...]
    number: int
    pages: int
    total: int

    @property
    def has_previous(self) -> bool:
        """Whether there is a page before."""
        return self.number > 1

    @property
    def has_next(self) -> bool:
        """Whether there is a page after."""
        return self.number < self.pages


def acts(actor: Actor, *, page: int = 1, size: int = 50) -> ActPage:
    """What was done, the latest first, as far as this actor may read?

    Who may read the log of some municipalities sees theirs only; acts that concern the whole
    installation are for those who may read everywhere.

    Raises
    ------
    AccessDenied
        Without the right `log.read`.
    """
    require(actor, "log.read")
    mine = municipalities(actor, "log.read")
    entries = Act.objects.all() if mine is None else Act.objects.filter(municipality__in=mine)
    total = entries.count()
    pages = max(1, -(-total // size))
    number = min(max(1, page), pages)
    rows = entries.order_by("-number")[(number - 1) * size : number * size]
    return ActPage(tuple(_line(row) for row in rows), number, pages, total)


def _line(row: Act) -> ActLine:
    return ActLine(
        number=row.number,
        at=row.at,
        name=row.name,
        roles=tuple(row.roles.split()),
        action=row.action,
        municipality=row.municipality,
        subject=f"{row.subject_type} {row.subject_id}",
        before=row.before,
        after=row.after,
        reason=row.reason,
        hash=row.hash,
    )


def verify_log() -> Verdict:
    """Does the chain of the log hold, from the first entry to the last and to every anchor?"""
    return verify_chain(stored_entries(), anchors=read_anchors())
