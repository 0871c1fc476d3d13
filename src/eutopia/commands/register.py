"""`eutopia register`: the register of communal services from files, all or nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from eutopia.web.foundation.hindrance import Hindrance

if TYPE_CHECKING:
    from eutopia.web.territory.models import Territory
    from eutopia.web.utilities.services import Taken

_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_TOWN = click.option("--town", required=True, help="Code of the municipality.")


@click.group()
def register() -> None:
    """Fill the register of communal services: houses, charges, tariffs.

    Rows that cannot be used are written to FILE.rejects.csv with row, field, reason and mend; rows
    that are kept although something is doubtful, to FILE.remarks.csv. The same file again changes
    nothing. The columns are in docs/reference/imports.md.
    """


@register.command()
@_FILE
@_TOWN
@click.option(
    "--mapping",
    "mapping_name",
    default="reforma-gkh",
    show_default=True,
    help="YAML file, or the name of a mapping that ships.",
)
@click.option("--new", "name", help="Name of the municipality, if it is not there yet.")
@click.option("--currency", default="RUB", show_default=True, help="Of a new municipality.")
@click.option(
    "--time-zone", default="Europe/Moscow", show_default=True, help="Of a new municipality."
)
@click.option(
    "--pack", "packs", multiple=True, help="Pack in force in a new municipality; repeat for more."
)
def houses(
    file: Path,
    town: str,
    mapping_name: str,
    name: str | None,
    currency: str,
    time_zone: str,
    packs: tuple[str, ...],
) -> None:
    """Import houses with their managers from a register of houses."""
    from eutopia.core.listen.house_registers import load_register_mapping
    from eutopia.core.listen.intake import MappingError
    from eutopia.web.config.site import ready_site

    try:
        mapping = load_register_mapping(mapping_name)
    except MappingError as error:
        raise Hindrance(str(error)) from None
    with ready_site():
        from eutopia.commands.import_ import municipality
        from eutopia.web.foundation.access import OPERATOR
        from eutopia.web.utilities.services import import_houses

        territory = municipality(town, name, currency=currency, packs=packs, time_zone=time_zone)
        _run(file, lambda: import_houses(OPERATOR, territory, file, mapping=mapping))


@register.command()
@_FILE
@_TOWN
def charges(file: Path, town: str) -> None:
    """Import what was charged to dwellings: service, month, fee."""
    from eutopia.web.config.site import ready_site

    with ready_site():
        from eutopia.web.foundation.access import OPERATOR
        from eutopia.web.utilities.services import import_charges

        territory = _town(town)
        _run(file, lambda: import_charges(OPERATOR, territory, file))


@register.command()
@_FILE
@_TOWN
def tariffs(file: Path, town: str) -> None:
    """Import tariffs with the days on which they hold."""
    from eutopia.web.config.site import ready_site

    with ready_site():
        from eutopia.web.foundation.access import OPERATOR
        from eutopia.web.utilities.services import import_tariffs

        territory = _town(town)
        _run(file, lambda: import_tariffs(OPERATOR, territory, file))


def _town(code: str) -> Territory:
    from eutopia.commands.import_ import municipality

    return municipality(code, None, currency="", packs=(), time_zone="")


def _run(file: Path, work: Callable[[], Taken]) -> None:
    """Run an import and say what came of it."""
    from eutopia.commands.progress import Stages
    from eutopia.core.listen.intake import MappingError
    from eutopia.core.listen.row_files import UnreadableFileError
    from eutopia.web.utilities.services import FileRefused

    try:
        with Stages().stage(f"Import {file.name}"):
            taken = work()
    except (MappingError, UnreadableFileError, FileRefused) as error:
        raise Hindrance(f"{error}. Nothing was imported.") from None
    except KeyboardInterrupt:
        raise Hindrance("Stopped; nothing was imported. Start it again.") from None
    copied = taken.copied
    click.echo(
        f"{copied.inserted} new, {copied.updated} changed, {copied.unchanged} as before, "
        f"{len(taken.rejected)} set aside, {len(taken.remarks)} remarks"
    )
    if taken.sums is not None:
        sums = taken.sums
        click.echo(
            f"Sums, {sums.currency}: {sums.total:.2f} in the file = {sums.kept:.2f} taken + "
            f"{sums.aside:.2f} set aside"
        )
    for path in taken.write_beside(file):
        click.echo(f"Row by row, with reason and mend: {path}")
