"""People's word on problems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from eutopia.core.records import CAUSES
from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.problems.models import Cause, Problem, ProblemChange, Ruling
from eutopia.web.problems.services.history import role_of
from eutopia.web.problems.services.people import set_right
from eutopia.web.reports.selectors import type_titles
from eutopia.web.territory.models import Organisation, Territory
from eutopia.web.territory.services import territory_row

LONGEST_RADIUS_M = 2_000.0


class MergeRefused(ValueError):  # noqa: N818 - a verdict on the merge.
    """These problems cannot be one."""


class CorrectionRefused(ValueError):  # noqa: N818 - a verdict on the correction.
    """This cannot be set so; `field` says what."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


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
    _remember(actor, action, row, state, reason=reason)
    log_act(
        actor,
        action,
        row,
        before={"state": before},
        after={"state": state},
        reason=reason,
        municipality=row.territory.code,
    )


def _remember(
    actor: Actor,
    action: str,
    row: Problem,
    kind: str,
    *,
    reason: str = "",
    others: Sequence[int] = (),
    fields: Mapping[str, Any] | None = None,
) -> None:
    ProblemChange.objects.create(
        problem=row,
        kind=kind,
        on=row.territory.as_of,
        others=list(others),
        fields=dict(fields or {}),
        reason=reason,
        role=role_of(actor, action),
    )


@transaction.atomic
def correct_problem(
    actor: Actor,
    territory: Territory | int,
    number: int,
    changes: Mapping[str, Any],
    *,
    reason: str,
) -> None:
    """Set right what the engine has wrong: type, place, owner, extent or cause.

    Parameters
    ----------
    changes
        By name: `problem_type` and `owner` codes, `place` in words, `radius_m` of the extent,
        `cause` a code. An empty value takes the correction back, and the engine's word is seen
        again after the next diagnosis.

    Raises
    ------
    CorrectionRefused
        An unknown name, type, owner or cause; an extent outside 1 to 2,000 m; no change; no
        reason.
    AccessDenied, Problem.DoesNotExist

    Notes
    -----
    The correction stands above what is found, in every diagnosis to come, and a cause so named
    teaches the engine. The cost stays that of the type it was found under.
    """
    row = _locked(territory, number)
    require(actor, "problem.correct", row)
    if not reason.strip():
        raise CorrectionRefused("reason", "a problem is corrected for a reason; give it")
    told = {name: _checked(row, name, value) for name, value in changes.items()}
    after = {**row.corrected, **told}
    after = {name: value for name, value in after.items() if value not in ("", None)}
    if after == row.corrected:
        raise CorrectionRefused("reason", "nothing was changed")
    before, row.corrected = row.corrected, after
    row.record = record = set_right(row.record, {k: v for k, v in told.items() if v})
    for name in ("problem_type", "place", "owner", "radius_m"):
        setattr(row, name, getattr(record, name))
    row.save(update_fields=["corrected", "record", "problem_type", "place", "owner", "radius_m"])
    row.causes.all().delete()
    Cause.objects.bulk_create(
        Cause(problem=row, cause=c.cause, likelihood=c.likelihood, asset=c.asset_id or "")
        for c in record.causes
    )
    _remember(actor, "problem.correct", row, "corrected", reason=reason, fields=told)
    log_act(
        actor,
        "problem.correct",
        row,
        before=before,
        after=after,
        reason=reason,
        municipality=row.territory.code,
    )


def _checked(row: Problem, name: str, value: Any) -> Any:
    if value in ("", None):
        return ""
    if name == "problem_type" and value not in type_titles(row.territory_id):
        raise CorrectionRefused(name, f"no problem type {value}")
    if name == "cause" and value not in CAUSES:
        raise CorrectionRefused(name, f"no cause {value}; one of {', '.join(CAUSES)}")
    if name == "owner":
        owners = Organisation.objects.filter(territory_id=row.territory_id, code=value)
        if not owners.exists():
            raise CorrectionRefused(name, f"no organisation {value}")
    if name == "radius_m" and not 1 <= float(value) <= LONGEST_RADIUS_M:
        raise CorrectionRefused(name, "an extent is from 1 to 2,000 m")
    if name not in ("problem_type", "cause", "owner", "radius_m", "place"):
        raise CorrectionRefused(name, f"{name} can't be corrected")
    return float(value) if name == "radius_m" else str(value)


@transaction.atomic
def merge_problems(
    actor: Actor,
    territory: Territory | int,
    numbers: Sequence[int],
    *,
    into: int,
    reason: str = "",
) -> None:
    """Say that several problems are one: the others are planned for no more.

    Notes
    -----
    The reports of all of them are ruled together, so that the next diagnosis finds one problem
    with the evidence and the cost of all.

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
    reports = list(target.record.report_ids)
    for number in sorted(set(numbers)):
        row = _locked(territory, number)
        require(actor, "problem.confirm", row)
        before, row.state, row.merged_into = row.state, "merged", target
        row.save(update_fields=["state", "merged_into"])
        # Whatever went into this one goes on into the target.
        Problem.objects.filter(merged_into=row).update(merged_into=target)
        reports += row.record.report_ids
        _remember(actor, "problem.confirm", row, "joined", reason=reason, others=[into])
        log_act(
            actor,
            "problem.confirm",
            row,
            before={"state": before},
            after={"state": "merged", "into": target.number},
            reason=reason,
            municipality=target.territory.code,
        )
    _rule(target.territory, "together", reports, reason)
    others = sorted(set(numbers))
    _remember(actor, "problem.confirm", target, "merged", reason=reason, others=others)


@transaction.atomic
def split_problem(
    actor: Actor, territory: Territory | int, number: int, report_ids: Sequence[int], *, reason: str
) -> None:
    """Say that some of a problem's reports are a problem of their own.

    Notes
    -----
    The ruling holds from the next diagnosis on: the part with more of the reports keeps the number,
    the other gets its own, if it still goes on and is more than chance.

    Raises
    ------
    MergeRefused
        None or all of the reports, reports of another problem, or no reason.
    AccessDenied, Problem.DoesNotExist
    """
    row = _locked(territory, number)
    require(actor, "problem.confirm", row)
    own, meant = set(row.record.report_ids), {str(one) for one in report_ids}
    if not meant or not meant < own:
        raise MergeRefused("name some of the problem's own reports, and not all of them")
    if not reason.strip():
        raise MergeRefused("a problem is split for a reason; give it")
    ordered = [one for one in row.record.report_ids if one in meant]
    _rule(row.territory, "apart", ordered, reason)
    told = {"reports": len(ordered)}
    _remember(actor, "problem.confirm", row, "parted", reason=reason, fields=told)
    log_act(
        actor,
        "problem.confirm",
        row,
        after={"apart": len(ordered)},
        reason=reason,
        municipality=row.territory.code,
    )


def _rule(territory: Territory, kind: str, report_ids: Sequence[str], reason: str) -> None:
    ids = list(dict.fromkeys(report_ids))
    Ruling.objects.create(
        territory=territory, kind=kind, report_ids=ids, on=territory.as_of, reason=reason
    )
