"""Moving a report along its way."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.reports.models import Report, StatusChange
from eutopia.web.reports.services.intake import public_words
from eutopia.web.reports.workflow import CLOSING, Transition, find_step


class StepRefused(ValueError):  # noqa: N818 - a verdict on the step.
    """The step is not one of the table, or lacks what it takes.

    `code`: no_such_step, note_missing, evidence_missing.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@transaction.atomic
def change_status(
    actor: Actor,
    report_id: int,
    *,
    to: str,
    note: str = "",
    evidence: Mapping[str, str] | None = None,
) -> StatusChange:
    """What step was taken with a report? Refused unless the table of steps allows it.

    Parameters
    ----------
    note
        Words to whoever reported; redacted before they are public.
    evidence
        What was seen at the place and how: name and words or a file's reference.

    Raises
    ------
    AccessDenied
        The actor may not take this step for this report.
    StepRefused
        No such step from here, or what it takes is missing.
    Report.DoesNotExist
        No such report.
    """
    row = Report.objects.select_for_update().select_related("territory").get(pk=report_id)
    step = find_step(row.status, to)
    if step is None:
        raise StepRefused("no_such_step", f"a report that is '{row.status}' can't become '{to}'")
    require(actor, step.action, row)
    _check_given(step, note, evidence)
    change = StatusChange.objects.create(
        report=row,
        before=row.status,
        after=to,
        at=timezone.now(),
        role=actor.roles[-1] if actor.roles else "",
        note=public_words(note),
        evidence=dict(evidence or {}),
    )
    row.status = to
    row.status_changes += 1
    if to in CLOSING:
        row.closed = row.closed or change.at
        row.closing_note = change.note or row.closing_note
    else:
        row.closed = None
    row.save(update_fields=["status", "status_changes", "closed", "closing_note"])
    log_act(
        actor,
        step.action,
        row,
        before={"status": change.before},
        after={"status": to, "evidence": sorted(change.evidence)},
        municipality=row.territory.code,
    )
    return change


def _check_given(step: Transition, note: str, evidence: Mapping[str, str] | None) -> None:
    if "note" in step.needs and not note.strip():
        raise StepRefused("note_missing", f"'{step.after}' takes words to whoever reported")
    if "evidence" in step.needs and not any(v.strip() for v in (evidence or {}).values()):
        raise StepRefused("evidence_missing", f"'{step.after}' takes evidence from the place")
