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
from eutopia.web.problems.services.people import columns_of, hour_value, prices_of, set_right
from eutopia.web.reports.models import Report
from eutopia.web.reports.selectors import type_titles
from eutopia.web.reports.services import norms_of
from eutopia.web.territory.models import Organisation, Territory
from eutopia.web.territory.services import territory_row

LONGEST_RADIUS_M = 2_000.0


class MergeRefused(ValueError):  # noqa: N818 - a verdict on the merge.
    """These cannot be one problem; `code` says why, `what` which of them."""

    def __init__(self, code: str, words: str, what: str = "") -> None:
        super().__init__(words)
        self.code = code
        self.what = what


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
    teaches the engine. Another type brings at once its own price of an event and its severity.
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
    norms = norms_of(row.territory)
    prices = prices_of(norms, hour_value(norms, row.territory.currency))
    given = {name: value for name, value in told.items() if value}
    columns = columns_of(set_right(row.record, given, prices=prices))
    for name, value in columns.items():
        setattr(row, name, value)
    row.save(update_fields=["corrected", *columns])
    row.causes.all().delete()
    Cause.objects.bulk_create(
        Cause(problem=row, cause=c.cause, likelihood=c.likelihood, asset=c.asset_id or "")
        for c in row.record.causes
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
    reason: str,
    report_ids: Sequence[int] = (),
) -> None:
    """Say that several problems are one, and which other reports speak for it.

    Parameters
    ----------
    numbers
        Of the problems that go into the other: wherever they lie, of whatever type.
    report_ids
        Of reports that belong to it, whether the engine sees them in a problem or not.

    Notes
    -----
    The reports of all of them are ruled together, so that the next diagnosis finds one problem
    with the evidence and the cost of all. Whoever says so has looked: the problem is confirmed, and
    the engine learns from it. The others are planned for no more.

    Raises
    ------
    MergeRefused
        Nothing to merge, into itself, of problems that are merged or rejected, of reports that are
        in it already or are not known, or no reason. Nothing is changed.
    AccessDenied, Problem.DoesNotExist
    """
    target = _locked(territory, into)
    require(actor, "problem.confirm", target)
    others = [_locked(territory, number) for number in sorted(set(numbers) - {into})]
    for row in others:
        require(actor, "problem.confirm", row)
    added = _merged_reports(target, report_ids)
    if not others and not added:
        raise MergeRefused("nothing", "name other problems, or reports that are not in it yet")
    for row in (target, *others):
        if row.state in ("merged", "rejected"):
            raise MergeRefused("fallen", f"{row} is {row.state}; choose one that stands", str(row))
    if not reason.strip():
        raise MergeRefused("reason", "problems are merged for a reason; give it")
    reports = [*target.record.report_ids, *added]
    for row in others:
        reports += row.record.report_ids
        _merge(actor, row, target, reason)
    _rule(target.territory, "together", reports, reason)
    told = {"reports": len(added)} if added else {}
    names = [row.number for row in others]
    _remember(actor, "problem.confirm", target, "merged", reason=reason, others=names, fields=told)
    log_act(
        actor,
        "problem.confirm",
        target,
        after={"took": names, "reports": added},
        reason=reason,
        municipality=target.territory.code,
    )
    if target.state != "confirmed":
        _decide(actor, target, "problem.confirm", "confirmed", reason)


def _merged_reports(target: Problem, report_ids: Sequence[int]) -> list[str]:
    """Which of these reports are not in the problem yet?"""
    asked = set(report_ids)
    known = set(
        Report.objects.filter(territory_id=target.territory_id, pk__in=asked).values_list(
            "pk", flat=True
        )
    )
    if unknown := sorted(asked - known):
        raise MergeRefused("report", f"no report {unknown[0]} here", str(unknown[0]))
    own = set(target.record.report_ids)
    return [str(one) for one in sorted(asked) if str(one) not in own]


def _merge(actor: Actor, row: Problem, target: Problem, reason: str) -> None:
    before, row.state, row.merged_into = row.state, "merged", target
    row.save(update_fields=["state", "merged_into"])
    # Whatever went into this one goes on into the target.
    Problem.objects.filter(merged_into=row).update(merged_into=target)
    _remember(actor, "problem.confirm", row, "joined", reason=reason, others=[target.number])
    log_act(
        actor,
        "problem.confirm",
        row,
        before={"state": before},
        after={"state": "merged", "into": target.number},
        reason=reason,
        municipality=target.territory.code,
    )


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
        raise MergeRefused("part", "name some of the problem's own reports, and not all of them")
    if not reason.strip():
        raise MergeRefused("reason", "a problem is split for a reason; give it")
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
