"""`eutopia register`: the register of communal services from files, all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from eutopia.web.foundation.hindrance import Hindrance

if TYPE_CHECKING:
    from eutopia.web.territory.models import Territory
    from eutopia.web.utilities.services import Entered, JoinDone, Taken

_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_TOWN = click.option("--town", required=True, help="Code of the municipality.")


@click.group()
def register() -> None:
    """Fill the register of communal services, from houses and providers to meters and feeds.

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
def providers(file: Path, town: str) -> None:
    """Import providers with the telephone that residents call."""
    _table(file, town, lambda services: services.import_providers)


@register.command()
@_FILE
@_TOWN
def connections(file: Path, town: str) -> None:
    """Import who serves which houses with what."""
    _table(file, town, lambda services: services.import_connections)


@register.command()
@_FILE
@_TOWN
def crews(file: Path, town: str) -> None:
    """Import the crews that the dispatcher sends."""
    _table(file, town, lambda services: services.import_crews)


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
        taken = _run(file, lambda: import_charges(OPERATOR, territory, file))
        _recalculate(territory, taken.months, "Charges were taken in")


@register.command()
@_FILE
@_TOWN
def tariffs(file: Path, town: str) -> None:
    """Import tariffs with the days on which they hold."""
    _table(file, town, lambda services: services.import_tariffs)


@register.command()
@_FILE
@_TOWN
def meters(file: Path, town: str) -> None:
    """Import which meters hang where, and what they measure."""
    _table(file, town, lambda services: services.import_meters)


@register.command()
@_FILE
@_TOWN
def readings(file: Path, town: str) -> None:
    """Import what meters said; what is beyond the norm becomes an event."""
    from eutopia.web.config.site import ready_site

    with ready_site():
        from eutopia.web.foundation.access import OPERATOR
        from eutopia.web.utilities.services import import_readings

        territory = _town(town)
        _enter(file, territory, lambda: import_readings(OPERATOR, territory, file))


@register.command()
@_FILE
@_TOWN
@click.option("--organisation", required=True, help="Code of the provider whose they are.")
def outages(file: Path, town: str, organisation: str) -> None:
    """Import planned works and outages of a provider."""
    from eutopia.web.config.site import ready_site

    with ready_site():
        from eutopia.web.foundation.access import Actor, Grant
        from eutopia.web.utilities.services import import_outages

        territory = _town(town)
        # At the machine itself the operator speaks for the provider whose file it is.
        actor = Actor(None, "operator", (Grant("provider", territory.code, organisation),))
        _enter(file, territory, lambda: import_outages(actor, territory, organisation, file))


@register.command()
@_TOWN
@click.option("--days", type=click.IntRange(1, 1_000), default=14, show_default=True)
def join(town: str, days: int) -> None:
    """Join the signals of the last days (reports, calls, meters, feeds) into events."""
    from datetime import timedelta

    from eutopia.web.config.site import ready_site

    with ready_site():
        from eutopia.web.territory.services import town_clock
        from eutopia.web.utilities.services import join_territory

        territory = _town(town)
        done = join_territory(territory, since=town_clock(territory) - timedelta(days=days))
    click.echo(_joined(done))


def _joined(done: JoinDone) -> str:
    return (
        f"{done.signals} signals joined: {done.begun} events begun, {done.changed} changed, "
        f"{done.withdrawn} withdrawn, {done.set_aside} signals set aside"
    )


def _enter(file: Path, territory: Territory, work: Callable[[], Entered]) -> None:
    """Take in what a feed says, join it, and say what came of it."""
    from eutopia.web.foundation.bulk import Copied
    from eutopia.web.utilities.services import Taken, join_territory, recalculate_since

    entered: list[Entered] = []

    def take() -> Taken:
        done = work()
        entered.append(done)
        return Taken(Copied(done.taken, 0, done.known), tuple(r.rejection for r in done.refused))

    _run(file, take)
    since = entered[0].earliest
    if since is not None:
        click.echo(_joined(join_territory(territory, since=since)))
        recalculate_since(territory, since, reason="Events became known")


def _town(code: str) -> Territory:
    from eutopia.commands.import_ import municipality

    return municipality(code, None, currency="", packs=(), time_zone="")


def _recalculate(territory: Territory, months: Sequence[date], reason: str) -> None:
    """Compute what is owed back for these months, and say how much that is."""
    from eutopia.commands.progress import Stages
    from eutopia.web.loop.services import operator_for
    from eutopia.web.utilities.services import recalculate_months

    if not months:
        return
    with Stages().stage("Recalculate what is owed back"):
        done = recalculate_months(operator_for(territory.code), territory, months, reason=reason)
    for one in done:
        click.echo(
            f"{one.period:%Y-%m}: {one.owed:.2f} owed back in {one.reduced} of {one.charges} "
            f"charges; {one.touched} computed now"
        )


def _exact(amount: Decimal) -> str:
    """A sum with two decimals at least, and with more where it has more: nothing is rounded."""
    return f"{amount + Decimal('0.00'):f}"


def _table(file: Path, town: str, importer: Callable[[Any], Callable[..., Taken]]) -> None:
    """Run an import that asks for nothing but a file; `importer` finds it among the services."""
    from eutopia.web.config.site import ready_site

    with ready_site():
        from eutopia.web.foundation.access import OPERATOR
        from eutopia.web.utilities import services

        territory = _town(town)
        _run(file, lambda: importer(services)(OPERATOR, territory, file))


def _run(file: Path, work: Callable[[], Taken]) -> Taken:
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
            f"Sums, {sums.currency}: {_exact(sums.total)} in the file = "
            f"{_exact(sums.kept)} taken + {_exact(sums.aside)} set aside"
        )
    for path in taken.write_beside(file):
        click.echo(f"Row by row, with reason and mend: {path}")
    return taken
