"""People's word on which reports tell of one event: it stands above what is suggested."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.reports.models import DuplicateGroup, Report
from eutopia.web.reports.services.grouping import join_group
from eutopia.web.territory.models import Territory
from eutopia.web.territory.services import territory_row

MOST_MERGED = 500


class GroupRefused(ValueError):  # noqa: N818 - a verdict on the decision.
    """This cannot be said of these reports; `code` says why.

    Codes: alone (fewer than two reports), done (it stands so already), too_many, unknown, reason.
    """

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code


@transaction.atomic
def confirm_group(actor: Actor, group_id: int) -> None:
    """Say that the reports of a group do tell of one event."""
    _decide(actor, _locked(group_id), "confirmed")


@transaction.atomic
def reject_group(actor: Actor, group_id: int, *, reason: str = "") -> None:
    """Say that the reports of a group tell of different events.

    Raises
    ------
    GroupRefused
        People said that they are one event, and no reason is given for the opposite.
    AccessDenied, DuplicateGroup.DoesNotExist
    """
    row = _locked(group_id)
    if row.state == "confirmed" and not reason.strip():
        raise GroupRefused("reason", "what was confirmed is taken apart for a reason; give it")
    _decide(actor, row, "rejected", reason=reason)


@transaction.atomic
def merge_reports(
    actor: Actor, territory: Territory | int, report_ids: Sequence[int], *, reason: str
) -> int:
    """Say that these reports tell of one event, whatever was suggested; which group are they now?

    Parameters
    ----------
    report_ids
        With each come the other reports of its event.

    Notes
    -----
    The group is a confirmed one: it stays in every grouping to come, and teaches the threshold. It
    takes the place of the groups it is made of and of separations it contradicts. It is undone by
    `reject_group`.

    Raises
    ------
    GroupRefused
        Fewer than two reports, more than 500 in all, reports that are not known here, no reason, or
        people said so already. Nothing is changed.
    AccessDenied
        The actor may not group reports here.
    """
    territory = territory_row(territory)
    require(actor, "report.group", territory)
    meant = set(report_ids)
    own = Report.objects.select_for_update().filter(territory=territory)
    rows = list(own.filter(pk__in=meant))
    if len(rows) < len(meant):
        raise GroupRefused("unknown", "a report is not known here")
    if len(meant) < 2:
        raise GroupRefused("alone", "one event takes two reports or more; name another")
    if not reason.strip():
        raise GroupRefused("reason", "reports are merged for a reason; give it")
    groups = {row.group_id for row in rows if row.group_id is not None}
    whole = list(own.filter(group_id__in=groups) | own.filter(pk__in=meant))
    whole.sort(key=lambda row: (row.opened, row.pk))
    if len(whole) > MOST_MERGED:
        raise GroupRefused("too_many", f"one event has {MOST_MERGED} reports at most")
    before = list(DuplicateGroup.objects.filter(pk__in=groups))
    if len(before) == 1 and before[0].state == "confirmed" and before[0].size == len(whole):
        raise GroupRefused("done", "people said so already")
    members = [row.pk for row in whole]
    row = _replace(territory, members, groups)
    _decide(actor, row, "confirmed", reason=reason)
    return row.pk


def _replace(territory: Territory, members: list[int], groups: set[int]) -> DuplicateGroup:
    """Make one group of several, and forget separations of reports that are all in it."""
    DuplicateGroup.objects.filter(pk__in=groups).delete()
    DuplicateGroup.objects.filter(
        territory=territory, state="rejected", member_ids__contained_by=members
    ).delete()
    return DuplicateGroup.objects.create(
        territory=territory, first_id=members[0], member_ids=members, size=len(members), score=1.0
    )


def _locked(group_id: int) -> DuplicateGroup:
    rows = DuplicateGroup.objects.select_for_update().select_related("territory")
    return rows.get(pk=group_id)


def _decide(actor: Actor, row: DuplicateGroup, state: str, *, reason: str = "") -> None:
    require(actor, "report.group", row.territory)
    before, row.state, row.reason = row.state, state, reason.strip()
    row.save(update_fields=["state", "reason"])
    join_group(dict.fromkeys(row.member_ids, row.pk if state == "confirmed" else None))
    log_act(
        actor,
        "report.group",
        row,
        before={"state": before},
        after={"state": state, "reports": row.size},
        reason=reason,
        municipality=row.territory.code,
    )
