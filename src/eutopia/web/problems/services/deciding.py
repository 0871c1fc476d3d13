"""People's word on problems."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.problems.models import Problem
from eutopia.web.territory.models import Territory
from eutopia.web.territory.services import territory_row


class MergeRefused(ValueError):  # noqa: N818 - a verdict on the merge.
    """These problems cannot be one."""


def _locked(territory: Territory | int, number: int) -> Problem:
    territory = territory_row(territory)
    rows = Problem.objects.select_for_update().select_related("territory")
    return rows.get(territory=territory, number=number)


@transaction.atomic
def confirm_problem(
    actor: Actor, territory: Territory | int, number: int, *, reason: str = ""
) -> None:
    """Say that a problem is one: somebody looked.

    Raises
    ------
    AccessDenied, Problem.DoesNotExist
    """
    _decide(actor, _locked(territory, number), "problem.confirm", "confirmed", reason)


@transaction.atomic
def reject_problem(actor: Actor, territory: Territory | int, number: int, *, reason: str) -> None:
    """Say that a problem is none; it is planned for no more. The reason is public.

    Raises
    ------
    ValueError
        No reason given.
    AccessDenied, Problem.DoesNotExist
    """
    if not reason.strip():
        raise ValueError("a problem is rejected for a reason; give it")
    _decide(actor, _locked(territory, number), "problem.dismiss", "rejected", reason)


def _decide(actor: Actor, row: Problem, action: str, state: str, reason: str) -> None:
    require(actor, action, row)
    before, row.state, row.merged_into = row.state, state, None
    row.save(update_fields=["state", "merged_into"])
    log_act(
        actor,
        action,
        row,
        before={"state": before},
        after={"state": state},
        reason=reason,
        municipality=row.territory.code,
    )


@transaction.atomic
def merge_problems(
    actor: Actor, territory: Territory | int, numbers: Sequence[int], *, into: int
) -> None:
    """Say that several problems are one: the others are planned for no more.

    Raises
    ------
    MergeRefused
        Into itself, into one that is itself merged or rejected, or of none.
    AccessDenied, Problem.DoesNotExist
    """
    target = _locked(territory, into)
    if not numbers or into in numbers:
        raise MergeRefused("name the other problems, and not the one they go into")
    if target.state in ("merged", "rejected"):
        raise MergeRefused(f"{target} is {target.state}; choose one that stands")
    for number in sorted(set(numbers)):
        row = _locked(territory, number)
        require(actor, "problem.confirm", row)
        before, row.state, row.merged_into = row.state, "merged", target
        row.save(update_fields=["state", "merged_into"])
        # Whatever went into this one goes on into the target.
        Problem.objects.filter(merged_into=row).update(merged_into=target)
        log_act(
            actor,
            "problem.confirm",
            row,
            before={"state": before},
            after={"state": "merged", "into": target.number},
            municipality=target.territory.code,
        )
