"""`eutopia weather`: the days of a municipality, as evidence of what is behind its problems."""

from __future__ import annotations

from pathlib import Path

import click

from eutopia.web.foundation.hindrance import Hindrance


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--town", required=True, help="Code of the municipality the weather is of.")
def weather(file: Path, town: str) -> None:
    """Import daily weather from FILE, so that the next diagnosis weighs it among the causes.

    CSV (or JSON, Parquet) with a column date and one at least of temperature, low, high (degrees
    Celsius), precipitation (mm), wind (m/s, strongest gust); Meteostat's names are known too. The
    same days again are replaced. Nothing is imported from a file with a wrong row.
    """
    from eutopia.core.listen.row_files import UnreadableFileError
    from eutopia.core.listen.weather import read_weather
    from eutopia.web.config.site import ready_site

    try:
        days, passed_over = read_weather(file)
    except UnreadableFileError as error:
        raise Hindrance(f"{error}. Nothing was imported.") from None
    with ready_site():
        from eutopia.web.loop.services import operator_for
        from eutopia.web.problems.services import load_weather
        from eutopia.web.territory.models import Territory

        territory = Territory.objects.filter(code=town).first()
        if territory is None:
            known = ", ".join(Territory.objects.values_list("code", flat=True)) or "none yet"
            raise Hindrance(f"There is no municipality {town!r} (there are: {known}).")
        done = load_weather(operator_for(town), territory, days)
    click.echo(
        f"{len(days)} days from {days[0].day} to {days[-1].day}: "
        f"{done.inserted} new, {done.updated} changed"
    )
    if passed_over:
        click.echo(f"Not read: {', '.join(passed_over)}")
