"""The way of a report, as a table.

`closed_at_source` is what an imported closure says: no evidence came with it, so it is neither
`done` nor `confirmed`. Nothing is closed by saying so: `done` takes evidence at the place, and
`confirmed` is somebody else's look at it.
"""

from __future__ import annotations

from dataclasses import dataclass

RECEIVED = "received"
ACCEPTED = "accepted"
SCHEDULED = "scheduled"
ANSWERED = "answered"
DECLINED = "declined"
DONE = "done"
CONFIRMED = "confirmed"
CLOSED_AT_SOURCE = "closed_at_source"

STATUSES = (
    RECEIVED,
    ACCEPTED,
    SCHEDULED,
    ANSWERED,
    DECLINED,
    DONE,
    CONFIRMED,
    CLOSED_AT_SOURCE,
)
"""In the order of the way."""

CLOSING = frozenset({ANSWERED, DECLINED, DONE, CONFIRMED, CLOSED_AT_SOURCE})
"""Statuses in which a report no longer waits."""


@dataclass(frozen=True, slots=True)
class Transition:
    """One allowed step: what it takes, and which right it asks for.

    `needs` are the names of what must be given: `note` (words to the person who reported),
    `evidence` (where and what was seen).
    """

    before: str
    after: str
    action: str
    needs: tuple[str, ...] = ()


TRANSITIONS: tuple[Transition, ...] = (
    Transition(RECEIVED, ACCEPTED, "report.assign"),
    Transition(RECEIVED, ANSWERED, "report.answer", ("note",)),
    Transition(RECEIVED, DECLINED, "report.answer", ("note",)),
    Transition(ACCEPTED, SCHEDULED, "report.assign", ("note",)),
    Transition(ACCEPTED, ANSWERED, "report.answer", ("note",)),
    Transition(ACCEPTED, DECLINED, "report.answer", ("note",)),
    Transition(ACCEPTED, DONE, "report.close", ("evidence",)),
    Transition(SCHEDULED, DONE, "report.close", ("evidence",)),
    Transition(SCHEDULED, DECLINED, "report.answer", ("note",)),
    # An inspector or the person who reported looks at the place.
    Transition(DONE, CONFIRMED, "report.confirm", ("evidence",)),
    Transition(DONE, ACCEPTED, "report.reopen", ("note",)),
    Transition(CONFIRMED, ACCEPTED, "report.reopen", ("note",)),
    Transition(ANSWERED, ACCEPTED, "report.reopen", ("note",)),
    Transition(DECLINED, ACCEPTED, "report.reopen", ("note",)),
    Transition(CLOSED_AT_SOURCE, CONFIRMED, "report.confirm", ("evidence",)),
    Transition(CLOSED_AT_SOURCE, ACCEPTED, "report.reopen", ("note",)),
)


def allowed_steps(status: str) -> tuple[Transition, ...]:
    """Where can a report go from here?

    Examples
    --------
    >>> [step.after for step in allowed_steps("scheduled")]
    ['done', 'declined']
    """
    return tuple(step for step in TRANSITIONS if step.before == status)


def find_step(before: str, after: str) -> Transition | None:
    """Which step leads from one status to the other? None where there is none."""
    for step in TRANSITIONS:
        if (step.before, step.after) == (before, after):
            return step
    return None
