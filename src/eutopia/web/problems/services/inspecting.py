"""What those who went there saw: loaded from the town's book, or written at the desk."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from eutopia.core.records import CAUSES
from eutopia.core.records import Inspection as InspectionRecord
from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.foundation.bulk import Copied, copy_rows
from eutopia.web.problems.models import Inspection, Problem, ProblemChange
from eutopia.web.problems.services.history import role_of
from eutopia.web.territory.models import Asset, Territory
from eutopia.web.territory.services import territory_row


@transaction.atomic
def load_inspections(
    actor: Actor, territory: Territory, inspections: Sequence[InspectionRecord]
) -> Copied:
    """How many of these inspections are new, how many have changed?

    Raises
    ------
    AccessDenied
        The actor may not load this municipality's register.
    """
    require(actor, "territory.import", territory)
    rows = (
        {
            "territory_id": territory.pk,
            "code": one.id,
            "on": one.day,
            "confirmed": one.confirmed,
            "problem_type": one.problem_type,
            "cause": one.cause,
            "asset": one.asset_id or "",
            "condition": one.condition,
            "lon": one.lon,
            "lat": one.lat,
        }
        for one in inspections
    )
    done = copy_rows(Inspection, rows, key=("territory_id", "code"))
    if done.inserted or done.updated:
        log_act(
            actor,
            "territory.import",
            territory,
            after={"inspections": done.inserted, "changed": done.updated},
            municipality=territory.code,
        )
    return done


@transaction.atomic
def record_inspection(
    actor: Actor,
    territory: Territory | int,
    number: int,
    *,
    confirmed: bool,
    cause: str = "",
    condition: float | None = None,
    note: str = "",
) -> str:
    """Write what was seen at a problem's place today; return the inspection's code.

    Raises
    ------
    ValueError
        An unknown cause, a condition outside 0 to 100 or of a problem at no thing of the register,
        a cause where nothing was seen.
    AccessDenied, Problem.DoesNotExist
    """
    territory = territory_row(territory)
    row = Problem.objects.select_for_update().get(territory=territory, number=number)
    require(actor, "inspection.record", row)
    asset = row.asset_links.order_by("asset").values_list("asset", flat=True).first() or ""
    if cause and (cause not in CAUSES or not confirmed):
        raise ValueError("a cause is one of the list, and of a problem that was seen")
    if condition is not None and not (asset and 0 <= condition <= 100):
        raise ValueError("a condition is from 0 to 100, of a thing of the register")
    # A condition is the thing's own from now on: planning and upkeep read the register.
    if condition is not None:
        Asset.objects.filter(territory=territory, code=asset).update(condition=condition)
    earlier = Inspection.objects.filter(territory=territory, code__startswith=f"P{number}-").count()
    code = f"P{number}-{earlier + 1}"
    Inspection.objects.create(
        territory=territory, code=code, on=territory.as_of, confirmed=confirmed,
        problem_type=row.problem_type, cause=cause, asset=asset, condition=condition,
        lon=None if asset else row.lon, lat=None if asset else row.lat, note=note,
    )  # fmt: skip
    seen = {"confirmed": confirmed, "cause": cause, "condition": condition}
    ProblemChange.objects.create(
        problem=row, kind="inspected", on=territory.as_of, fields=seen, reason=note,
        role=role_of(actor, "inspection.record"),
    )  # fmt: skip
    log_act(
        actor,
        "inspection.record",
        row,
        after={"code": code, **seen},
        reason=note,
        municipality=territory.code,
    )
    return code
