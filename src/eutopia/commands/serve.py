"""`eutopia serve`: the site and its background jobs."""

from __future__ import annotations

import click


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen at; keep it local and put a reverse proxy with https in front.",
)
@click.option("--jobs/--no-jobs", default=True, help="Do background jobs too.")
def serve(port: int, host: str, jobs: bool) -> None:
    """Serve the site until Ctrl-C.

    The embedded database is started if need be, its tables are brought up to date, and it is
    stopped at the end if nobody else uses it.
    """
    from eutopia.web.config import server
    from eutopia.web.config.site import ready_site

    listener = server.listening_socket(host, port)
    with ready_site():

        def announce() -> None:
            click.echo(f"Eutopia answers at http://{host}:{port}/ (Ctrl-C stops it)")

        server.serve(listener, jobs=jobs, announce=announce)
    click.echo("Stopped.")
