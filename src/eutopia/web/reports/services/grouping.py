"""Which reports tell of one event: suggested by the core, decided by people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.db import connection, transaction

from eutopia.core.kit.screening import screen_reports
from eutopia.core.listen.duplicates import DEFAULT_MODEL, DuplicateModel
from eutopia.core.listen.kept_links import KeptLinks, regroup_duplicates
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
from eutopia.web.reports.models import DuplicateGroup, KeptGrouping, Report
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
    full: bool = False,
) -> GroupsFound:
    """Which reports tell of one event? Suggestions are stored, people's decisions kept.

    Parameters
    ----------
    columns
        The reports if they are at hand already; read otherwise.
    action
        The right this is done under: a diagnosis groups under its own.
    full
        Compare all reports anew, and count anew how rare words are.

    Notes
    -----
    The same reports are not grouped twice; where some are new or have changed since the latest run,
    only these are compared, with the words' rarity and the threshold of the last full run. The
    threshold is learned from staff's yes and no by a full run, which a new decision brings about,
    and stands in the run's parameters. A confirmed group stays as people left it and its reports
    are in no other; a rejected one is not suggested again in the same composition.

    Raises
    ------
    AccessDenied
        The actor may not group reports here.
    """
    territory = territory_row(territory)
    require(actor, action, territory)
    told = bridge.reports(territory.pk) if columns is None else columns
    decided = _decisions(territory)
    before = None if full else _kept(territory, decided)
    model = learn_threshold(told, decided) if before is None else before.model
    parameters = {"model": model.id, "threshold": model.threshold, "decisions": len(decided)}
    whole = Computation(territory.pk, METHOD, parameters, (), digest(told), territory.as_of)
    asked = whole
    if before is not None:
        asked = replace(whole, parameters=parameters | {"full_run": before.full_run_id})
    for computation in (whole, asked):
        earlier = find_run(computation)
        if earlier is not None and still_stands(earlier):
            return _found(territory, earlier, fresh=False)
    links = None if before is None else before.links
    computed = compute(
        asked,
        lambda: regroup_duplicates(told, model=model, kept=links, least=2),
        compared=lambda regrouped: [(one.report_ids, one.score) for one in regrouped.groups],
    )
    with transaction.atomic():
        run = record_run(computed, quality=screen_reports(told).notes)
        _replace_suggestions(territory, run, computed.result.groups)
        KeptGrouping.objects.update_or_create(
            territory=territory,
            defaults={
                "run": run,
                "full_run_id": run.pk if before is None else before.full_run_id,
                "decided": digest(decided),
                "content": computed.result.kept.to_bytes(),
            },
        )
        found = _found(territory, run, fresh=True)
        log_act(
            actor,
            action,
            territory,
            after={
                "run": run.pk,
                "groups": found.groups,
                "reports": found.reports,
                "compared": computed.result.compared,
            },
            municipality=territory.code,
        )
    return found


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is left of the latest run, and by which model the last full run weighed."""

    links: KeptLinks
    model: DuplicateModel
    full_run_id: int


def _kept(territory: Territory, decided: Sequence[MergeDecision]) -> _Kept | None:
    """What the latest run left; None where it is of no use: then a full run is due."""
    row = KeptGrouping.objects.filter(territory=territory).select_related("run", "full_run").first()
    if row is None or row.decided != digest(decided) or not still_stands(row.run):
        return None
    told = row.full_run.parameters
    model = replace(DEFAULT_MODEL, id=told["model"], threshold=told["threshold"])
    links = KeptLinks.from_bytes(bytes(row.content))
    return _Kept(links, model, row.full_run_id) if links.model == repr(model) else None


def _decisions(territory: Territory) -> tuple[MergeDecision, ...]:
    """What did staff say of the groups suggested so far?"""
    rows = DuplicateGroup.objects.filter(
        territory=territory, state__in=("confirmed", "rejected")
    ).order_by("id")
    return tuple(
        MergeDecision(tuple(map(str, row.member_ids)), row.state == "confirmed") for row in rows
    )


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
    join_group({one: row.pk for row in stored for one in row.member_ids})


def join_group(group_of: Mapping[int, int | None]) -> None:
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
