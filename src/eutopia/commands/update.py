"""`eutopia update`: what do the reports that came in since the last time change?"""

from __future__ import annotations

from datetime import datetime

import click

from eutopia.web.foundation.hindrance import Hindrance


@click.command()
@click.option("--town", required=True, help="Code of the municipality.")
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Today: reports up to this day are looked at  [default: the day of the last time]",
)
@click.option("--full", is_flag=True, help="Compare all reports anew, as is done every night.")
def update(town: str, as_of: datetime | None, full: bool) -> None:
    """Group and diagnose what came in since the last time, after an import.

    Only reports that are new or have changed are compared with others; what stands as it was is
    kept. The result is that of a full run which takes the rarity of words from the last one.
    """
    from eutopia.commands.progress import Stages
    from eutopia.web.config.site import ready_site

    with ready_site():
        from eutopia.commands.wording import stage_words
        from eutopia.web.loop.services import update_town
        from eutopia.web.territory.models import Territory

        stages = Stages().reporter(stage_words)
        try:
            day = None if as_of is None else as_of.date()
            done = update_town(town, as_of=day, full=full, progress=stages)
        except Territory.DoesNotExist:
            known = ", ".join(Territory.objects.values_list("code", flat=True)) or "none yet"
            raise Hindrance(f"There is no municipality {town!r} (there are: {known}).") from None
        except ValueError as error:
            raise Hindrance(str(error)) from None
        stages.end()
    click.echo(f"{done.problems} problems: {done.new} new, {done.gone} no longer found")
