"""Which reports tell of one event: suggested by the core, decided by people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from eutopia.core.kit.screening import screen_reports
from eutopia.core.listen.duplicates import group_duplicates
from eutopia.core.listen.merges import MergeDecision, learn_threshold
from eutopia.core.records import DuplicateGroup as GroupRecord
from eutopia.core.records import Reports
from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.ledger.digests import digest
from eutopia.web.ledger.models import Run
from eutopia.web.ledger.services import (
    Computation,
    compute,
    find_run,
    record_run,
    still_stands,
)
from eutopia.web.reports import bridge
from eutopia.web.reports.models import DuplicateGroup, Report
from eutopia.web.territory.models import Territory
from eutopia.web.territory.services import territory_row

METHOD = "eutopia.core.listen.duplicates:group_duplicates"


@dataclass(frozen=True, slots=True)
class GroupsFound:
    """How many groups of at least two reports there are, how many reports they hold."""

    run_id: int
    groups: int
    reports: int
    fresh: bool
    """False: the same reports had been grouped already, and nothing was computed."""


def find_groups(
    actor: Actor,
    territory: Territory | int,
    *,
    columns: Reports | None = None,
    action: str = "report.group",
) -> GroupsFound:
    """Which reports tell of one event? Suggestions are stored, people's decisions kept.

    Parameters
    ----------
    columns
        The reports if they are at hand already; read otherwise.
    action
        The right this is done under: a diagnosis groups under its own.

    Notes
    -----
    The same reports are not grouped twice. The threshold is learned from staff's yes and no, and
    stands in the run's parameters. A confirmed group stays as people left it and its reports are in
    no other; a rejected one is not suggested again in the same composition.

    Raises
    ------
    AccessDenied
        The actor may not group reports here.
    """
    territory = territory_row(territory)
    require(actor, action, territory)
    told = bridge.reports(territory.pk) if columns is None else columns
    decided = _decisions(territory)
    model = learn_threshold(told, decided)
    parameters = {"model": model.id, "threshold": model.threshold, "decisions": len(decided)}
    asked = Computation(territory.pk, METHOD, parameters, (), digest(told), territory.as_of)
    earlier = find_run(asked)
    if earlier is not None and still_stands(earlier):
        return _found(territory, earlier, fresh=False)
    computed = compute(asked, lambda: group_duplicates(told, model=model), compared=_of_several)
    with transaction.atomic():
        run = record_run(computed, quality=screen_reports(told).notes)
        _replace_suggestions(territory, run, _of_several(computed.result))
        found = _found(territory, run, fresh=True)
        log_act(
            actor,
            action,
            territory,
            after={"run": run.pk, "groups": found.groups, "reports": found.reports},
            municipality=territory.code,
        )
    return found


def _decisions(territory: Territory) -> tuple[MergeDecision, ...]:
    """What did staff say of the groups suggested so far?"""
    rows = DuplicateGroup.objects.filter(
        territory=territory, state__in=("confirmed", "rejected")
    ).order_by("id")
    return tuple(
        MergeDecision(tuple(map(str, row.member_ids)), row.state == "confirmed") for row in rows
    )


def _of_several(groups: Sequence[GroupRecord]) -> tuple[GroupRecord, ...]:
    """Groups of at least two reports: lone ones say nothing."""
    return tuple(group for group in groups if len(group.report_ids) > 1)


def _found(territory: Territory, run: Run, *, fresh: bool) -> GroupsFound:
    groups = DuplicateGroup.objects.filter(territory=territory).exclude(state="rejected")
    reports = Report.objects.filter(group__in=groups)
    return GroupsFound(run.pk, groups.count(), reports.count(), fresh)


def _replace_suggestions(territory: Territory, run: Run, found: Sequence[GroupRecord]) -> None:
    """Store what is suggested now; a suggestion that stands as it was is left as it is."""
    rows = DuplicateGroup.objects.filter(territory=territory)
    decided = list(rows.exclude(state="suggested").values_list("state", "member_ids"))
    rejected = {frozenset(ids) for state, ids in decided if state == "rejected"}
    fixed = {one for state, ids in decided if state == "confirmed" for one in ids}
    wanted: dict[tuple[int, ...], float] = {}
    for group in found:
        left = tuple(one for one in map(int, group.report_ids) if one not in fixed)
        if len(left) > 1 and frozenset(left) not in rejected:
            wanted[left] = group.score
    stale = []
    for pk, ids, score in rows.filter(state="suggested").values_list("pk", "member_ids", "score"):
        if wanted.get(tuple(ids)) == score:
            del wanted[tuple(ids)]
        else:
            stale.append(pk)
    # Deleting a group takes its reports out of it.
    DuplicateGroup.objects.filter(pk__in=stale).delete()
    stored = DuplicateGroup.objects.bulk_create(
        [
            DuplicateGroup(
                territory_id=territory.pk,
                run_id=run.pk,
                first_id=ids[0],
                member_ids=list(ids),
                size=len(ids),
                score=score,
            )
            for ids, score in wanted.items()
        ],
        batch_size=5_000,
    )
    _join({one: row.pk for row in stored for one in row.member_ids})


def _join(group_of: Mapping[int, int | None]) -> None:
    """Set the group of each report; None takes it out of any."""
    if not group_of:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE reports_report AS r SET group_id = pair.group_id "
            "FROM unnest(%s::bigint[], %s::bigint[]) AS pair(report_id, group_id) "
            "WHERE r.id = pair.report_id",
            [list(group_of), list(group_of.values())],
        )


@transaction.atomic
def confirm_group(actor: Actor, group_id: int) -> None:
    """Say that the reports of a group do tell of one event."""
    _decide(actor, group_id, "confirmed")


@transaction.atomic
def reject_group(actor: Actor, group_id: int, *, reason: str = "") -> None:
    """Say that the reports of a group tell of different events."""
    _decide(actor, group_id, "rejected", reason=reason)


def _decide(actor: Actor, group_id: int, state: str, *, reason: str = "") -> None:
    row = DuplicateGroup.objects.select_for_update().select_related("territory").get(pk=group_id)
    require(actor, "report.group", row.territory)
    before, row.state = row.state, state
    row.save(update_fields=["state"])
    _join(dict.fromkeys(row.member_ids, row.pk if state == "confirmed" else None))
    log_act(
        actor,
        "report.group",
        row,
        before={"state": before},
        after={"state": state, "reports": row.size},
        reason=reason,
        municipality=row.territory.code,
    )
