"""Files of who serves whom: providers, their crews, what feeds which house."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from eutopia.core.evaluate.serving import serving_on
from eutopia.core.listen.rejections import Rejection, Said
from eutopia.core.listen.serving_tables import read_connections, read_crews, read_providers
from eutopia.core.records import Connection as ConnectionRecord
from eutopia.core.records import Crew as CrewRecord
from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.bulk import copy_rows
from eutopia.web.territory.models import Building, Organisation, Territory
from eutopia.web.territory.services import KEY, forms, territory_row, town_clock
from eutopia.web.utilities import bridge
from eutopia.web.utilities.models import Connection, Crew, SetAside
from eutopia.web.utilities.services.importing import Taken, name_aside, stored_whole, table_rows

CONNECTION_KEY = ("territory_id", "building", "service", "provider")


def import_providers(actor: Actor, territory: Territory | int, path: Path) -> Taken:
    """Which providers of a table are new, which have changed, what was set aside?

    Raises
    ------
    AccessDenied, UnreadableFileError
    FileRefused
        A row cannot be stored although it could be read.
    """
    row = territory_row(territory)
    require(actor, "territory.import", row)
    told, rejected = read_providers(table_rows(path), file=path.name)
    rows = (
        {
            "territory_id": row.pk,
            "code": one.id,
            "name": forms(one.name),
            "kind": one.kind,
            "services": list(one.services),
            "phone": one.phone,
        }
        for one in told
    )
    with stored_whole(actor, row, path, "territory.import", "providers") as done:
        done.copied = copy_rows(Organisation, rows, key=KEY)
    return Taken(done.copied, rejected)


def import_crews(actor: Actor, territory: Territory | int, path: Path) -> Taken:
    """Which crews of a table are new, which have changed, what was set aside?

    Raises
    ------
    As `import_providers`.
    """
    row = territory_row(territory)
    require(actor, "territory.import", row)
    told, rejected = read_crews(table_rows(path), file=path.name, organisations=_bodies(row))
    with stored_whole(actor, row, path, "territory.import", "crews") as done:
        done.copied = copy_rows(Crew, (crew_row(row.pk, one) for one in told), key=KEY)
    return Taken(done.copied, rejected)


def import_connections(actor: Actor, territory: Territory | int, path: Path) -> Taken:
    """Which connections of a table are new, which have changed, what was set aside?

    Notes
    -----
    Known by house, service and provider. A house that two providers claim for one service stays
    with both, is remarked on and named in `SetAside`: nobody guesses which of them it is.

    Raises
    ------
    As `import_providers`.
    """
    row = territory_row(territory)
    require(actor, "territory.import", row)
    buildings = Building.objects.filter(territory=row).order_by("code")
    told, rejected = read_connections(
        table_rows(path),
        file=path.name,
        buildings=buildings.values_list("code", flat=True),
        organisations=_bodies(row),
    )
    with stored_whole(actor, row, path, "territory.import", "connections") as done:
        rows = (connection_row(row.pk, one) for one in told)
        done.copied = copy_rows(Connection, rows, key=CONNECTION_KEY)
        served = serving_on(bridge.connections(row.pk), town_clock(row).date())
        SetAside.objects.filter(territory=row, kind="connection").delete()
        twice = [f"{building} {service}" for building, service in served.two_providers]
        name_aside(row, (("connection", subject, "two_providers") for subject in twice))
    remarks = tuple(
        Rejection(
            path.name, 0, "provider", subject, Said("two providers claim this house: both kept"),
            Said("give the earlier one its last day in `until`"),
        )
        for subject in twice
    )  # fmt: skip
    return Taken(done.copied, rejected, remarks)


def _bodies(territory: Territory) -> frozenset[str]:
    codes = Organisation.objects.filter(territory=territory).values_list("code", flat=True)
    return frozenset(codes)


def crew_row(territory_id: int, one: CrewRecord) -> dict[str, Any]:
    """How is a crew stored?"""
    return {
        "territory_id": territory_id,
        "code": one.id,
        "name": forms(one.name),
        "organisation": one.organisation,
        "services": list(one.services),
    }


def connection_row(territory_id: int, one: ConnectionRecord) -> dict[str, Any]:
    """How is it stored who serves a building?"""
    return {
        "territory_id": territory_id,
        "building": one.building,
        "service": one.service,
        "provider": one.provider,
        "supplier": one.supplier,
        "asset": one.asset_id,
        "boundary": one.boundary,
        "since": one.since,
        "until": one.until,
    }
