"""`eutopia import`: reports from a file by a mapping, all or nothing, twice is once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from eutopia.web.foundation.hindrance import Hindrance

if TYPE_CHECKING:
    from eutopia.web.territory.models import Territory


@click.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--mapping",
    "mapping_name",
    required=True,
    help="YAML file, or the name of a mapping that ships (boston-311).",
)
@click.option("--town", required=True, help="Code of the municipality the reports are of.")
@click.option("--new", "name", help="Name of the municipality, if it is not there yet.")
@click.option("--currency", default="EUR", show_default=True, help="Of a new municipality.")
@click.option(
    "--pack", "packs", multiple=True, help="Pack in force in a new municipality; repeat for more."
)
@click.option(
    "--rejects",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where rows set aside are written  [default: beside the file]",
)
def import_(
    file: Path,
    mapping_name: str,
    town: str,
    name: str | None,
    currency: str,
    packs: tuple[str, ...],
    rejects: Path | None,
) -> None:
    """Import reports from FILE: CSV, JSON, JSON lines, GeoJSON or Parquet, gzipped or not.

    Rows that can't be used are written to a reject file with row, field, reason and mend; the
    others are imported in one transaction. The same file again changes nothing.
    """
    from eutopia.commands.progress import Stages
    from eutopia.core.listen.intake import MappingError, load_mapping
    from eutopia.core.listen.row_files import UnreadableFileError
    from eutopia.web.config.site import ready_site

    try:
        mapping = load_mapping(mapping_name)
    except MappingError as error:
        raise Hindrance(str(error)) from None
    with ready_site():
        from eutopia.web.foundation.access import OPERATOR
        from eutopia.web.reports.services import ImportRefused, import_reports

        territory = municipality(
            town, name, currency=currency, packs=packs, time_zone=mapping.time_zone
        )
        try:
            with Stages().stage(f"Import {file.name}"):
                done = import_reports(OPERATOR, territory, file, mapping=mapping, rejects=rejects)
        except (MappingError, UnreadableFileError, ImportRefused) as error:
            raise Hindrance(f"{error} Nothing was imported.") from None
        except KeyboardInterrupt:
            raise Hindrance("Stopped; nothing was imported. Start it again.") from None
    click.echo(
        f"{done.read} rows: {done.added} new, {done.changed} changed, {done.unchanged} as before, "
        f"{done.rejected} set aside"
    )
    if done.rejects is not None:
        click.echo(f"Rows set aside, with reason and mend: {done.rejects}")


def municipality(
    code: str,
    name: str | None,
    *,
    currency: str,
    packs: tuple[str, ...],
    time_zone: str,
) -> Territory:
    """Which municipality is meant? With `name`, it is begun where it is not there yet.

    Raises
    ------
    Hindrance
        There is none of this code, and no name to begin it.
    """
    from django.utils import timezone

    from eutopia.core.records import Territory as Record
    from eutopia.core.records import Text, Town
    from eutopia.web.foundation.access import OPERATOR
    from eutopia.web.territory.models import Territory
    from eutopia.web.territory.services import load_territory

    found = Territory.objects.filter(code=code).first()
    if found is not None:
        return found
    if name is None:
        known = ", ".join(Territory.objects.values_list("code", flat=True)) or "none yet"
        raise Hindrance(
            f"There is no municipality {code!r} (there are: {known}). "
            "Give --new NAME to begin it, or the right --town."
        )
    record = Record(
        id=code,
        name=Text.of(en=name),
        time_zone=time_zone,
        currency=currency,
        synthetic=False,
        districts=(),
    )
    today = timezone.localdate()
    row, _ = load_territory(OPERATOR, Town(territory=record, as_of=today, packs=packs, reports=()))
    return row
