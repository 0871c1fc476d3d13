"""Links by which people without an account read variants side by side."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.programmes.models import Programme, Share
from eutopia.web.programmes.selectors import share_token
from eutopia.web.programmes.selectors.scenarios import MOST
from eutopia.web.territory.models import Territory
from eutopia.web.territory.services import territory_row

_ACTION = "programme.share"


class ShareRefused(ValueError):  # noqa: N818 - a verdict on what was asked.
    """These cannot be shared; no link was made."""


@transaction.atomic
def share_programmes(actor: Actor, territory: Territory | int, numbers: Sequence[int]) -> str:
    """Which token opens a page with these variants, read-only, for whoever has it?

    Raises
    ------
    ShareRefused
        Fewer than one or more than four variants, or one that does not exist.
    AccessDenied
    """
    territory = territory_row(territory)
    require(actor, _ACTION, territory)
    wanted = sorted(set(numbers))
    rows = list(Programme.objects.filter(territory=territory, number__in=wanted))
    if not 1 <= len(wanted) <= MOST or len(rows) != len(wanted):
        raise ShareRefused(f"choose one to {MOST} variants that are there")
    row = Share.objects.create(territory=territory, by=actor.name, at=timezone.now())
    row.programmes.set(rows)
    told = {"programmes": wanted, "share": row.pk}
    log_act(actor, _ACTION, row, after=told, municipality=territory.code)
    return share_token(row.pk)


@transaction.atomic
def end_share(actor: Actor, share_id: int) -> None:
    """Close a link: whoever opens it finds nothing from now on.

    Raises
    ------
    AccessDenied, Share.DoesNotExist
    """
    row = Share.objects.select_for_update(of=("self",)).select_related("territory").get(pk=share_id)
    require(actor, _ACTION, row)
    if row.ended is not None:
        return
    row.ended = timezone.now()
    row.save(update_fields=["ended"])
    log_act(actor, _ACTION, row, after={"ended": row.pk}, municipality=row.territory.code)
